"""The time from the append of an event until it can be read from the tables, under load.

    uv run python benchmarks/projected.py [--seconds 10]

One process appends at a constant rate and runs all projections, on its own PostgreSQL; the time
is measured from the return of the append to the commit of the batch with the event. At the end,
64 callers append as fast as they can, and the highest lag of the tables is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import uvloop
from rich.console import Console

from domain.aggregate import new_id
from domain.events import Metadata
from domain.prediction import Prediction
from projections.engine.checkpoints import status
from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.embedded.server import EmbeddedPostgres
from storage.event_store.event_store import EventStore
from storage.postgres.migrate import migrate
from storage.postgres.pool import Pool, open_pool

RATES = (100, 2_000)
CALLERS = 64
STEP_S = 0.05
MODELS = [new_id() for _ in range(8)]
METADATA = Metadata(causation="Predict")
POSITION = "SELECT min(position) FROM projections"

console = Console(highlight=False)


async def main(seconds: float) -> None:
    """Measure each rate, then the lag behind saturated writers."""
    folder = Path(tempfile.mkdtemp(prefix="mlp-bench-"))
    try:
        async with _platform(folder) as (pool, events, runner):
            for rate in RATES:
                await _at_rate(rate, seconds, pool, events, runner)
            await _saturated(seconds, pool, events)
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def _platform(folder: Path) -> AsyncGenerator[tuple[Pool, EventStore, Runner]]:
    async with EmbeddedPostgres.open(folder) as postgres:
        dsn = postgres.owner_dsn
        await migrate(dsn)
        async with (
            open_pool(dsn) as pool,
            EventStore.open(dsn, pool, sealing_key=bytes(32)) as events,
            Runner.open(dsn, events, PROJECTIONS) as runner,
        ):
            yield pool, events, runner


async def _at_rate(
    rate: int, seconds: float, pool: Pool, events: EventStore, runner: Runner
) -> None:
    waiting: deque[tuple[int, float]] = deque()
    delays_s: list[float] = []
    watch = asyncio.create_task(_watch(waiting, delays_s, pool, runner))

    async def append(number: int) -> None:
        appended = await events.append([_prediction(MODELS[number % len(MODELS)])], METADATA)
        waiting.append((appended.first_position, time.perf_counter()))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as appends:
        for number in range(round(rate * seconds)):
            await asyncio.sleep(began + number / rate - time.perf_counter())
            appends.create_task(append(number))
    while waiting:  # noqa: ASYNC110 — what it waits for is the other task
        await asyncio.sleep(STEP_S)
    watch.cancel()
    cuts = statistics.quantiles(delays_s, n=100)
    console.print(
        f"{rate:>6,} events/s: projected after p50 {cuts[49] * 1e3:.1f} ms, "
        f"p99 {cuts[98] * 1e3:.1f} ms, max {max(delays_s) * 1e3:.1f} ms"
    )


async def _watch(
    waiting: deque[tuple[int, float]], delays_s: list[float], pool: Pool, runner: Runner
) -> None:
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(runner.moved(), STEP_S)
        position = await pool.fetchval(POSITION)
        now = time.perf_counter()
        while waiting and waiting[0][0] <= position:
            delays_s.append(now - waiting.popleft()[1])


async def _saturated(seconds: float, pool: Pool, events: EventStore) -> None:
    end = time.perf_counter() + seconds
    counts: list[int] = []

    async def caller() -> None:
        count = 0
        while time.perf_counter() < end:
            await events.append([_prediction(MODELS[count % len(MODELS)])], METADATA)
            count += 1
        counts.append(count)

    lag_max = 0
    callers = [asyncio.create_task(caller()) for _ in range(CALLERS)]
    while time.perf_counter() < end:
        await asyncio.sleep(0.05)
        lag_max = max(lag_max, *(one.lag_events for one in await status(pool, PROJECTIONS)))
    await asyncio.gather(*callers)
    console.print(
        f"{CALLERS} callers: {sum(counts) / seconds:,.0f} appends/s, "
        f"at most {lag_max:,} events behind"
    )


def _prediction(model_id: UUID) -> Prediction.Served:
    return Prediction.Served(
        originator_id=new_id(),
        model_id=model_id,
        number=1,
        digest="d" * 64,
        rows=1,
        queue_us=50,
        inference_us=400,
        inputs=[[5.1, 3.5, 1.4, 0.2]],
        outputs=[0],
        probabilities=[[0.9, 0.1, 0.0]],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    uvloop.run(main(parser.parse_args().seconds))
