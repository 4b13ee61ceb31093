"""The rate of a rebuild of a projection from the first event, in two ranges and in one.

    uv run python benchmarks/rebuild.py [--events 1000000] [--rounds 3] [--name model_stats]

Fills its own PostgreSQL through the import function with predictions of 64 models over 14 days,
lets the runner apply them once (the state before a release with a new rule version), then
rebuilds, and prints medians. The digest must be the same each time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from domain.aggregate import new_id
from projections.engine.checkpoints import status
from projections.engine.projection import Projection
from projections.engine.rebuild import rebuild, verify
from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.embedded.server import EmbeddedPostgres
from storage.event_store.event_store import EventStore
from storage.postgres.migrate import migrate
from storage.postgres.pool import Pool, connect, open_pool

MODELS = 64
DAYS = 14
FAILED = 0.02
KINDS = 20_000
"""The number of different predictions; they are repeated with new ids."""

BATCH = 20_000
IMPORT = """
    SELECT import_events($1::uuid[], $2::int[], $3::text[], $4::json[], $5::json[], $6::json[],
                         $7::timestamptz[])
"""

console = Console(highlight=False)


async def main(count: int, rounds: int, name: str) -> None:
    """Fill, project once, rebuild in one range and in two by turns, verify."""
    projection = PROJECTIONS[name]
    console.print(f"{os.cpu_count()} cores, {count:,} events, projection {name}")
    folder = Path(tempfile.mkdtemp(prefix="mlp-bench-"))
    try:
        async with _store(folder) as (dsn, pool, events):
            _print_rate("import", count, await _seconds(_fill(dsn, count)))
            projected = await _seconds(_project_once(dsn, events, pool, projection))
            _print_rate("runner, from the first event", count, projected)
            durations_s: dict[int, list[float]] = {1: [], 2: []}
            for _ in range(rounds):
                for ranges, times in durations_s.items():
                    times.append(await _seconds(_rebuild(projection, dsn, events, ranges)))
            one, two = (statistics.median(times) for times in durations_s.values())
            _print_rate("rebuild in one range", count, one)
            _print_rate("rebuild in two ranges", count, two)
            console.print(f"{'two ranges over one':<30}{one / two:>10.2f} x")
            _print_rate("verify", count, await _seconds(_verify(projection, dsn, events)))
    finally:
        shutil.rmtree(folder)


def _print_rate(what: str, count: int, seconds: float) -> None:
    console.print(f"{what:<30}{count / seconds:>10,.0f} events/s{seconds:>10.2f} s")


@asynccontextmanager
async def _store(folder: Path) -> AsyncGenerator[tuple[str, Pool, EventStore]]:
    async with EmbeddedPostgres.open(folder) as postgres:
        dsn = postgres.owner_dsn
        await migrate(dsn)
        async with (
            open_pool(dsn) as pool,
            EventStore.open(dsn, pool, sealing_key=bytes(32)) as events,
        ):
            yield dsn, pool, events


async def _fill(dsn: str, count: int) -> None:
    kinds = _kinds()
    began = datetime.now(UTC) - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / count
    connection = await connect(dsn)
    try:
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            topics, states, bodies = zip(*(kinds[n % KINDS] for n in numbers), strict=True)
            size = len(numbers)
            await connection.execute(
                IMPORT,
                [new_id() for _ in numbers],
                [1] * size,
                topics,
                states,
                bodies,
                [b'{"causation":"Predict"}'] * size,
                [began + n * step for n in numbers],
            )
        await connection.execute("VACUUM ANALYZE events")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _kinds() -> list[tuple[str, bytes, bytes]]:
    chance = random.Random(7)
    models = [str(new_id()) for _ in range(MODELS)]
    return [_kind(chance, chance.choice(models)) for _ in range(KINDS)]


def _kind(chance: random.Random, model_id: str) -> tuple[str, bytes, bytes]:
    is_served = chance.random() > FAILED
    state: dict[str, Any] = {
        "model_id": model_id,
        "number": chance.choice((1, 2)),
        "digest": "d" * 64,
        "rows": 1,
        "queue_us": chance.randrange(20, 200),
        "inference_us": round(chance.lognormvariate(6, 0.8)),
    }
    body = {"inputs": [[chance.random() for _ in range(4)]], "outputs": [1]}
    if not is_served:
        state |= {"reason": "refused", "error": "ValueError: the model accepts no such input"}
    topic = "Prediction.Served" if is_served else "Prediction.Failed"
    return topic, _json(state), _json(body)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


async def _project_once(dsn: str, events: EventStore, pool: Pool, projection: Projection) -> None:
    async with Runner.open(dsn, events, {projection.name: projection}) as runner:
        while any(one.lag_events for one in await status(pool, PROJECTIONS)):
            await runner.moved()


async def _rebuild(projection: Projection, dsn: str, events: EventStore, ranges: int) -> None:
    if not (await rebuild(projection, dsn=dsn, events=events, ranges=ranges)).is_same:
        raise SystemExit("the rebuilt tables differ")


async def _verify(projection: Projection, dsn: str, events: EventStore) -> None:
    if not (await verify(projection, dsn=dsn, events=events)).is_same:
        raise SystemExit("the tables differ from the events")


async def _seconds(work: Awaitable[None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--name", choices=sorted(PROJECTIONS), default="model_stats")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.events, arguments.rounds, arguments.name))
