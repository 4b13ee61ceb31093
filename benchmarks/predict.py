"""Predictions per second: this platform against the usual design and against model servers.

``uv run python benchmarks/predict.py`` starts a PostgreSQL of its own, trains two models, starts
every server with one of them and loads the servers in turn with wrk, round after round; it prints
the medians of the rounds. Then the same with the other model.

`platform` and `baseline` (the usual design) authenticate each call and answer it after it is
durable; the peers in `peers/` only predict. Answers are checked before and after the load, and
each recorded one at the end: the calls that were answered must be recorded, once each, with the
labels that the model itself gives, and the platform's read tables must show the same number.

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
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from lib_contestants import Case, Contestant, Sample, WrongAnswer
from lib_peers import run_bentoml, run_litserve, run_mlflow, run_mlserver
from lib_process import DidNotStart, Failed, run
from lib_recorders import run_baseline, run_platform
from lib_standings import Load, standings, summary
from lib_wrk import Missing, executable
from rich.console import Console

from storage.embedded.server import EmbeddedPostgres
from storage.postgres.pool import connect

CONNECTIONS = (1, 16, 64)
MODELS = {"iris": "logistic regression on iris", "forest": "forest of 100 trees, 30 columns"}
RUNNERS: dict[str, Callable[[Case], AbstractAsyncContextManager[Contestant]]] = {
    "baseline": run_baseline,
    "mlflow": run_mlflow,
    "bentoml": run_bentoml,
    "litserve": run_litserve,
    "mlserver": run_mlserver,
    "platform": run_platform,
}
WARM_UP_S = 2
SETTLE_S = 0.5
"""Before each round, so that one server's last work is not paid for by the other."""

SYNCS = 300
SYNC_BYTES = 8192

console = Console(highlight=False)


class Unsound(Exception):
    """Calls failed, or are not recorded as they were answered: the figures count for nothing."""


async def main() -> None:
    """Measure each server with each model."""
    arguments = _arguments()
    executable()
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as name:
        folder = Path(name)
        console.print(
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start (best: 0), "
            f"fdatasync of 8 KiB: {_fdatasync_ms(folder):.3f} ms"
        )
        samples = await train(folder)
        async with EmbeddedPostgres.open(folder / "postgres") as postgres:
            for model in arguments.model:
                cases = {
                    name: Case(folder, postgres.dsn(f"{name}_{model}"), model, samples[model])
                    for name in arguments.server
                }
                await _create_databases(postgres, [f"{name}_{model}" for name in cases])
                async with running(cases) as contestants:
                    await compare(contestants, model, arguments)


async def train(folder: Path) -> dict[str, Sample]:
    """Train the models in a process of its own, which leaves their files in the folder."""
    script = str(Path(__file__).with_name("lib_train.py"))
    await run([sys.executable, script, str(folder)])
    return {name: Sample.read(folder / f"{name}.json") for name in MODELS}


@asynccontextmanager
async def running(cases: dict[str, Case]) -> AsyncGenerator[list[Contestant]]:
    """The servers, each with the same model; what they ask of the machine is printed."""
    async with AsyncExitStack() as stack:
        contestants: list[Contestant] = []
        for name, case in cases.items():
            contestant = await stack.enter_async_context(RUNNERS[name](case))
            console.print(f"{name} runs as process {contestant.server.pid}")
            contestants.append(contestant)
        yield contestants


async def compare(contestants: list[Contestant], model: str, arguments: argparse.Namespace) -> None:
    """Load every server in turn, print the medians of the rounds, check what was answered."""
    checks = {each.name: await check(each) for each in contestants}
    most = max(arguments.connections)
    warm_ups = [await load(each, most, WARM_UP_S) for each in contestants]
    loads = [
        await load(each, connections, arguments.seconds)
        for _ in range(arguments.rounds)
        for connections in arguments.connections
        for each in contestants
    ]
    console.print(standings(f"{model}: {MODELS[model]}", loads))
    for line in summary(loads):
        console.print(line)
    for each in contestants:
        checks[each.name] += await check(each)
        await check_record(each, warm_ups + loads, checks[each.name])


async def check(contestant: Contestant) -> int:
    """Have a server answer for each row."""
    with contestant.on_turn():
        return await contestant.check_answers()


async def load(contestant: Contestant, connections: int, seconds: int) -> Load:
    """Load one server for a while."""
    await asyncio.sleep(SETTLE_S)
    with contestant.on_turn():
        measured = await contestant.wrk.run(connections, seconds)
    return Load(contestant.name, connections, measured)


async def check_record(contestant: Contestant, loads: list[Load], checks: int) -> None:
    """Hold what a server answered against what it recorded; raises `Unsound`.

    More is recorded than wrk and our own checks saw answered: calls that were under way when a
    round ended, at most one for each connection.
    """
    mine = [load for load in loads if load.server == contestant.name]
    if errors := sum(load.measured.errors for load in mine):
        raise Unsound(f"{contestant.name}: {errors} errors")
    answered = sum(load.measured.answers for load in mine) + checks
    if contestant.record is None:
        console.print(f"{contestant.name}: {answered} answered")
        return
    under_way_max = sum(load.connections for load in mine)
    recorded = await contestant.record.calls(contestant.sample)
    counted = await contestant.counted()
    console.print(f"{contestant.name}: {answered} answered, {recorded} recorded, all right")
    if not 0 <= recorded - answered <= under_way_max:
        raise Unsound(f"{contestant.name}: the record is not what was answered")
    if counted not in (None, recorded):
        raise Unsound(f"{contestant.name}: the statistics show {counted} calls")


async def _create_databases(postgres: EmbeddedPostgres, names: list[str]) -> None:
    connection = await connect(postgres.dsn("postgres"))
    try:
        for name in names:
            await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


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
    except (Missing, DidNotStart, WrongAnswer, Unsound, Failed) as error:
        sys.exit(f"{type(error).__name__}: {error}")
