"""Predictions per second: this platform against the usual design (`baseline/app.py`).

``uv run python benchmarks/predict.py`` starts a PostgreSQL of its own, trains two models, starts
both servers on that PostgreSQL and loads them in turn with wrk, round after round; it prints the
medians of the rounds. On both sides a prediction is durable before it is answered. Answers are
checked before and after the load, and each recorded one at the end: the calls that were answered
must be recorded, once each, with the labels that the model itself gives, and the platform's read
tables must show the same number.

Client, servers and database share the machine. wrk sends its next request only when it has an
answer, so its percentiles are those of a loop of that many patient clients.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lib_contestants import Contestant, Sample, WrongAnswer, run_baseline, run_platform
from lib_process import DidNotStart
from lib_wrk import Measured, Missing, executable
from rich.console import Console
from rich.table import Table

from storage.embedded import EmbeddedPostgres
from storage.postgres import connect

CONNECTIONS = (1, 16, 64)
MODELS = {"iris": "logistic regression on iris", "forest": "forest of 100 trees, 30 columns"}
RUNNERS = {"baseline": run_baseline, "platform": run_platform}
WARM_UP_S = 2
SETTLE_S = 0.5
"""Before each round, so that one server's last work is not paid for by the other."""

SYNCS = 300
SYNC_BYTES = 8192


@dataclass(frozen=True)
class Load:
    """One round: who was loaded by how many connections, and what wrk saw."""

    server: str
    connections: int
    measured: Measured


console = Console(highlight=False)


class Unsound(Exception):
    """Calls failed, or are not recorded as they were answered: the figures count for nothing."""


async def main() -> None:
    """Measure each model on each server."""
    arguments = _arguments()
    executable()
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as name:
        folder = Path(name)
        console.print(
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start (best: 0), "
            f"fdatasync of 8 KiB: {_fdatasync_ms(folder):.3f} ms"
        )
        samples = await train(folder)
        async with running(folder, samples, arguments.server) as contestants:
            for model in arguments.model:
                await compare(contestants, model, arguments)


async def train(folder: Path) -> dict[str, Sample]:
    """Train the models in a process of its own, which leaves their files in the folder."""
    script = str(Path(__file__).with_name("lib_train.py"))
    process = await asyncio.create_subprocess_exec(sys.executable, script, str(folder))
    if await process.wait():
        raise RuntimeError("training failed")
    return {name: Sample.read(folder / f"{name}.json") for name in MODELS}


@asynccontextmanager
async def running(
    folder: Path, samples: dict[str, Sample], names: list[str]
) -> AsyncGenerator[list[Contestant]]:
    """The servers, on one PostgreSQL, each with a database of its own."""
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(EmbeddedPostgres.open(folder / "postgres"))
        contestants: list[Contestant] = []
        for name in names:
            connection = await connect(postgres.dsn("postgres"))
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()
            server = RUNNERS[name](folder, postgres.dsn(name), samples)
            contestants.append(await stack.enter_async_context(server))
            console.print(f"{name} runs as process {contestants[-1].pid}")
        yield contestants


async def compare(contestants: list[Contestant], model: str, arguments: argparse.Namespace) -> None:
    """Load every server in turn, print the medians of the rounds, check what was answered."""
    checks = {each.name: await each.check_answers(model) for each in contestants}
    most = max(arguments.connections)
    warm_ups = [await load(each, model, most, WARM_UP_S) for each in contestants]
    loads = [
        await load(each, model, connections, arguments.seconds)
        for _ in range(arguments.rounds)
        for connections in arguments.connections
        for each in contestants
    ]
    console.print(table(model, loads))
    for each in contestants:
        checks[each.name] += await each.check_answers(model)
        await check_record(each, model, warm_ups + loads, checks[each.name])


async def load(contestant: Contestant, model: str, connections: int, seconds: int) -> Load:
    """Load one server for a while."""
    await asyncio.sleep(SETTLE_S)
    measured = await contestant.models[model].wrk.run(connections, seconds)
    return Load(contestant.name, connections, measured)


async def check_record(contestant: Contestant, model: str, loads: list[Load], checks: int) -> None:
    """Hold what a server answered against what it recorded; raises `Unsound`.

    More is recorded than wrk and our own checks saw answered: calls that were under way when a
    round ended, at most one for each connection.
    """
    mine = [load for load in loads if load.server == contestant.name]
    answered = sum(load.measured.answers for load in mine) + checks
    under_way_max = sum(load.connections for load in mine)
    recorded = await contestant.recorded(model)
    counted = await contestant.counted(model)
    console.print(
        f"{contestant.name}, {model}: {answered} answered, {recorded} recorded, all right"
    )
    if not 0 <= recorded - answered <= under_way_max:
        raise Unsound(f"{contestant.name}, {model}: the record is not what was answered")
    if counted not in (None, recorded):
        raise Unsound(f"{contestant.name}, {model}: the statistics show {counted} calls")
    if errors := sum(load.measured.errors for load in mine):
        raise Unsound(f"{contestant.name}, {model}: {errors} errors")


def table(model: str, loads: list[Load]) -> Table:
    """The medians, with how the platform stands to the baseline."""
    rounds: dict[tuple[int, str], list[Measured]] = {}
    for each in loads:
        rounds.setdefault((each.connections, each.server), []).append(each.measured)
    figures = {key: Measured.median_of(measured) for key, measured in rounds.items()}
    grid = Table(title=f"{model}: {MODELS[model]}", title_justify="left")
    for heading in (
        "connections",
        "server",
        "req/s",
        "times",
        "p50 ms",
        "p99 ms",
        "times",
        "errors",
    ):
        grid.add_column(heading, justify="left" if heading == "server" else "right")
    for (connections, server), mine in figures.items():
        base = figures.get((connections, "baseline"), mine)
        grid.add_row(
            *(str(connections), server, f"{mine.requests_per_s:,.0f}"),
            f"{mine.requests_per_s / base.requests_per_s:.1f}",
            *(f"{mine.p50_ms:.2f}", f"{mine.p99_ms:.1f}", f"{mine.p99_ms / base.p99_ms:.2f}"),
            str(mine.errors),
        )
    return grid


def _fdatasync_ms(folder: Path) -> float:
    """The median time to make a page durable where the databases lie."""
    times_s: list[float] = []
    with (folder / "sync").open("wb", buffering=0) as file:
        file.write(bytes(SYNCS * SYNC_BYTES))
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(SYNCS):
            file.write(bytes(SYNC_BYTES))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times_s.append(time.perf_counter() - began)
    return statistics.median(times_s) * 1000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--server", nargs="+", choices=RUNNERS, default=list(RUNNERS))
    parser.add_argument("--model", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--connections", nargs="+", type=int, default=CONNECTIONS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each round")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (Missing, DidNotStart, WrongAnswer, Unsound) as error:
        sys.exit(f"{type(error).__name__}: {error}")
