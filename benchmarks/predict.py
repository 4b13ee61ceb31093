"""Predictions per second: this platform compared with the usual design and with model servers.

``uv run python benchmarks/predict.py`` starts its own PostgreSQL, trains two models, starts every
server with one of them and loads the servers in turn with wrk, round after round; it prints the
medians of the rounds. Then it does the same with the other model.

`platform` and `baseline` (the usual design) authenticate each call and respond after it is
durable; the peers in `peers/` only predict. Responses are checked before and after the load, and
records at the end: every call with a response must be recorded, once each, with the labels that
the model itself predicts, and the platform's read tables must show the same number.

Client, servers and database run on the same machine. wrk is a closed loop: each connection sends
its next request only after a response.
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

from lib_contestants import Case, Contestant, Sample, WrongResult
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
"""Before each round, so that the remaining work of one server does not slow down the next."""

SYNCS = 300
SYNC_BYTES = 8192

console = Console(highlight=False)


class InvalidResults(Exception):
    """Calls failed, or their records are wrong, so that the figures are invalid."""


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
    """Train the models in a separate process, which writes their files to the folder."""
    script = str(Path(__file__).with_name("lib_train.py"))
    await run([sys.executable, script, str(folder)])
    return {name: Sample.read(folder / f"{name}.json") for name in MODELS}


@asynccontextmanager
async def running(cases: dict[str, Case]) -> AsyncGenerator[list[Contestant]]:
    """Start the servers, each with the same model, and print their process ids."""
    async with AsyncExitStack() as stack:
        contestants: list[Contestant] = []
        for name, case in cases.items():
            contestant = await stack.enter_async_context(RUNNERS[name](case))
            console.print(f"{name} runs as process {contestant.server.pid}")
            contestants.append(contestant)
        yield contestants


async def compare(contestants: list[Contestant], model: str, arguments: argparse.Namespace) -> None:
    """Load every server in turn, print the medians of the rounds, check the results."""
    checks = {each.name: await check(each) for each in contestants}
    connections_max = max(arguments.connections)
    warm_ups = [await load(each, connections_max, WARM_UP_S) for each in contestants]
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
    """Check the result of a server for each row."""
    with contestant.on_turn():
        return await contestant.check_results()


async def load(contestant: Contestant, connections: int, seconds: int) -> Load:
    """Load one server for a while."""
    await asyncio.sleep(SETTLE_S)
    with contestant.on_turn():
        measured = await contestant.wrk.run(connections, seconds)
    return Load(contestant.name, connections, measured)


async def check_record(contestant: Contestant, loads: list[Load], checks: int) -> None:
    """Compare the responses of a server with its records; raises `InvalidResults`.

    There may be more records than responses that wrk and the checks received: calls in flight at
    the end of a round, at most one for each connection.
    """
    mine = [load for load in loads if load.server == contestant.name]
    if errors := sum(load.measured.errors for load in mine):
        raise InvalidResults(f"{contestant.name}: {errors} errors")
    responses = sum(load.measured.responses for load in mine) + checks
    if contestant.record is None:
        console.print(f"{contestant.name}: {responses} responses")
        return
    in_flight_max = sum(load.connections for load in mine)
    recorded = await contestant.record.calls(contestant.sample)
    counted = await contestant.counted()
    console.print(f"{contestant.name}: {responses} responses, {recorded} recorded, all correct")
    if not 0 <= recorded - responses <= in_flight_max:
        raise InvalidResults(f"{contestant.name}: the records differ from the responses")
    if counted not in (None, recorded):
        raise InvalidResults(f"{contestant.name}: the statistics show {counted} calls")


async def _create_databases(postgres: EmbeddedPostgres, names: list[str]) -> None:
    connection = await connect(postgres.dsn("postgres"))
    try:
        for name in names:
            await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


def _fdatasync_ms(folder: Path) -> float:
    """The median time to make a page durable in the folder of the databases."""
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
    except (Missing, DidNotStart, WrongResult, InvalidResults, Failed) as error:
        sys.exit(f"{type(error).__name__}: {error}")
