"""Appended events per second: this store compared with the recorder of the eventsourcing library.

``uv run --group bench python benchmarks/append.py`` starts its own PostgreSQL and appends the
same encoded predictions in three ways, by 1, 16 and 64 callers that each wait for their commit;
it prints the medians of the rounds. Contestants take turns within a round.

* ours: `EventRecorder`, where concurrent calls share a commit
* one commit each: the same function under the same lock, called once per event on as many
  connections as there are callers
* the library: its unmodified `PostgresApplicationRecorder`, with one thread per caller

``--events 5000000`` also measures the rate in a store that has grown to that size.
Client and server run on the same machine, so every contestant pays for both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import uvloop
from lib_append import CONTESTANTS, Contestant, Latencies, ours
from rich.console import Console
from rich.table import Table

from domain.aggregate import new_id
from domain.events import EVENTS, Metadata
from domain.prediction import Prediction
from storage.embedded.server import EmbeddedPostgres
from storage.event_store.mapper import EventMapper, NewEvent, Sealer, encode_metadata
from storage.postgres.migrate import migrate
from storage.postgres.pool import connect

CALLERS = (1, 16, 64)
SECONDS = {1: 2.0, 16: 2.0, 64: 3.0}
SMALL_STORE = 100_000
FILL_ROWS = 50_000
GROWTH_ROUNDS = 3
TEMPLATE = "template_append"

SYNCS = 300
SYNC_BYTES = 8192
WARM_UP = (
    "CREATE TABLE warm AS SELECT repeat('x', 2000) || g AS x FROM generate_series(1, 350000) g"
)
FILL = """
    SELECT import_events(
        array_agg(uuidv7(-past)), array_agg(1), array_agg($1::text), array_agg($2::json),
        array_agg($3::json), array_agg($4::json), array_agg(now() - past))
    FROM (SELECT ($7::int - $5::int + 1 - n) * interval '100 ms' AS past
          FROM generate_series(1, $6::int) n) rows
"""

console = Console(highlight=False)


@dataclass(frozen=True)
class Measured:
    """One round of one contestant."""

    rate: float
    p50_ms: float
    p99_ms: float


async def main() -> None:
    """Measure every contestant, and growth if it is requested."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as name:
        console.print(f"{os.cpu_count()} cores, fdatasync of 8 KiB: {fdatasync_ms(name):.3f} ms")
        async with EmbeddedPostgres.open(Path(name)) as server:
            await prepare(server)
            await compare(server, arguments.rounds)
            if arguments.events:
                await grow(server, arguments.events, arguments.rounds)


async def compare(server: EmbeddedPostgres, rounds: int) -> None:
    """Let the contestants take turns, and print the medians and the ratios to the library."""
    results: dict[tuple[str, int], list[Measured]] = {}
    for _ in range(rounds):
        for callers in CALLERS:
            for name, contestant in CONTESTANTS.items():
                async with database(server) as dsn:
                    measured = await measure(contestant, dsn, callers)
                results.setdefault((name, callers), []).append(measured)
    table = Table("", "callers", "events/s", "p50 ms", "p99 ms", "times the library")
    for callers in CALLERS:
        library = results["the library", callers]
        for name in CONTESTANTS:
            measured = results[name, callers]
            table.add_row(name, str(callers), *cells(measured), f"{ratio(measured, library):.1f}")
    console.print(table)


async def grow(server: EmbeddedPostgres, events: int, rounds: int) -> None:
    """Measure 64 callers in a small and in a large store, in turns."""
    results: dict[int, list[Measured]] = {SMALL_STORE: [], events: []}
    async with database(server) as small, database(server) as large:
        for dsn, size in ((small, SMALL_STORE), (large, events)):
            await fill(dsn, size)
            await measure(ours, dsn, 64)  # recently written data still causes disk writes
        for _ in range(GROWTH_ROUNDS * rounds):
            for dsn, size in ((small, SMALL_STORE), (large, events)):
                results[size].append(await measure(ours, dsn, 64))
    table = Table(
        "events in the store", "events/s", "p50 ms", "p99 ms", "of the small store's rate"
    )
    for size, measured in results.items():
        of_small = f"{ratio(measured, results[SMALL_STORE]):.2f}"
        table.add_row(f"{size:,}", *cells(measured), of_small)
    console.print(table)


async def measure(contestant: Contestant, dsn: str, callers: int) -> Measured:
    """Append for some seconds; the first half second does not count."""
    latencies: Latencies = await contestant(dsn, callers, SECONDS[callers], encoded)
    values = sorted(latencies.seconds)
    return Measured(
        len(values) / latencies.elapsed_s,
        values[len(values) // 2] * 1e3,
        values[len(values) * 99 // 100] * 1e3,
    )


def encoded(count: int) -> list[NewEvent]:
    """Encode predictions on four features, each with its own stream."""
    mapper = EventMapper(EVENTS, NoSealer())
    metadata = encode_metadata(Metadata(new_id(), "0123456789abcdef", new_id(), "Predict"))
    model_id = new_id()
    return [
        mapper.to_new_event(
            Prediction.Served(
                originator_id=new_id(),
                model_id=model_id,
                number=1,
                digest="d" * 64,
                rows=1,
                queue_us=20 + number % 50,
                inference_us=300 + number % 700,
                inputs=[[5.1, 3.5, 1.4, 0.2]],
                outputs=[0],
                probabilities=[[0.98, 0.02, 0.0]],
            ),
            metadata,
        )
        for number in range(count)
    ]


class NoSealer(Sealer):
    """Predictions contain no personal values."""

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        """Refuse: nothing here is sealed."""
        raise LookupError(user_id, place, text)

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        """Refuse: nothing here is sealed."""
        raise LookupError(user_id, place, sealed)


async def prepare(server: EmbeddedPostgres) -> None:
    """Migrate a template, and let the server create the log files that it will write to."""
    connection = await connect(server.owner_dsn)
    await connection.execute(f"CREATE DATABASE {TEMPLATE}")
    for statement in (WARM_UP, "DROP TABLE warm", WARM_UP, "DROP TABLE warm", "CHECKPOINT"):
        await connection.execute(statement)
    await connection.close()
    await migrate(server.dsn(TEMPLATE))


@asynccontextmanager
async def database(server: EmbeddedPostgres) -> AsyncGenerator[str]:
    """An empty, migrated database."""
    connection = await connect(server.owner_dsn)
    name = f"append_{new_id().hex}"
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    await connection.execute("CHECKPOINT")
    yield server.dsn(name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def fill(dsn: str, size: int) -> None:
    """Import predictions of the past."""
    connection = await connect(dsn)
    [event] = encoded(1)
    columns = (event.topic, event.state, event.body, event.metadata)
    for begin in range(0, size, FILL_ROWS):
        await connection.execute(FILL, *columns, begin, FILL_ROWS, size)
    await connection.execute("VACUUM ANALYZE events")
    await connection.execute("CHECKPOINT")
    assert await connection.fetchval("SELECT max(position) FROM events") == size
    await connection.close()


def median(measured: Sequence[Measured], value: Callable[[Measured], float]) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(map(value, measured))


def ratio(measured: Sequence[Measured], base: Sequence[Measured]) -> float:
    """The median of the ratios of the rounds; other load on the machine affects both sides."""
    return statistics.median(m.rate / b.rate for m, b in zip(measured, base, strict=True))


def cells(measured: Sequence[Measured]) -> tuple[str, str, str]:
    """The medians, formatted."""
    middle = partial(median, measured)
    return (
        f"{middle(lambda m: m.rate):,.0f}",
        f"{middle(lambda m: m.p50_ms):.2f}",
        f"{middle(lambda m: m.p99_ms):.2f}",
    )


def fdatasync_ms(folder: str) -> float:
    """The time to make 8 KiB durable, which is the minimum duration of a commit."""
    times: list[float] = []
    descriptor = os.open(Path(folder) / "sync", os.O_CREAT | os.O_WRONLY)
    for number in range(SYNCS):
        began = time.perf_counter()
        os.pwrite(descriptor, bytes(SYNC_BYTES), number % 100 * SYNC_BYTES)
        os.fdatasync(descriptor)
        times.append(time.perf_counter() - began)
    os.close(descriptor)
    return statistics.median(times) * 1e3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=0, help="grow a store to this size, too")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
