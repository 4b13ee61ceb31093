"""The contestants: this store, one commit for each event, and the eventsourcing library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from storage.event_store.group_commit import APPEND
from storage.event_store.mapper import NewEvent
from storage.event_store.recorder import EventRecorder
from storage.postgres.pool import open_pool

WARM_UP_S = 0.5
RATE_MAX = 150_000
"""At most so many events are prepared per second."""


@dataclass
class Latencies:
    """The duration of each append, and of all of them."""

    seconds: list[float] = field(default_factory=list[float])
    elapsed_s: float = 0.0


Encode: TypeAlias = Callable[[int], list[NewEvent]]
Contestant: TypeAlias = Callable[[str, int, float, Encode], Awaitable[Latencies]]


class TimedRun:
    """Events that all callers share, and the clock of the run."""

    def __init__(self, events: Sequence[NewEvent], seconds: float) -> None:
        self.latencies = Latencies()
        self._events = iter(events)
        self._counts_at = time.perf_counter() + WARM_UP_S
        self._ends_at = self._counts_at + seconds

    def __iter__(self) -> Iterator[NewEvent]:
        while time.perf_counter() < self._ends_at:
            yield next(self._events)

    def done(self, began: float) -> None:
        """Record an append that began at that time and has just returned."""
        now = time.perf_counter()
        if began >= self._counts_at:
            self.latencies.seconds.append(now - began)
            self.latencies.elapsed_s = now - self._counts_at


def _count(callers: int, seconds: float) -> int:
    return int(min(RATE_MAX, 5_000 * callers) * (seconds + WARM_UP_S))


async def ours(dsn: str, callers: int, seconds: float, encode: Encode) -> Latencies:
    """Append through the recorder."""
    events = encode(_count(callers, seconds))
    async with open_pool(dsn, min_size=1) as pool, EventRecorder.open(dsn, pool) as recorder:
        timed = TimedRun(events, seconds)

        async def call() -> None:
            for event in timed:
                began = time.perf_counter()
                await recorder.append([event])
                timed.done(began)

        await asyncio.gather(*(call() for _ in range(callers)))
    return timed.latencies


async def one_commit_each(dsn: str, callers: int, seconds: float, encode: Encode) -> Latencies:
    """Append each event in its own statement."""
    events = encode(_count(min(callers, 4), seconds))
    async with open_pool(dsn, min_size=callers, max_size=callers) as pool:
        timed = TimedRun(events, seconds)

        async def call() -> None:
            async with pool.acquire() as connection:
                for e in timed:
                    began = time.perf_counter()
                    key = (e.originator_id.hex, str(e.originator_version), e.topic)
                    texts = (text.decode() for text in (e.state, e.body or b"", e.metadata))
                    await connection.fetchrow(APPEND, *key, *texts, True)
                    timed.done(began)

        await asyncio.gather(*(call() for _ in range(callers)))
    return timed.latencies


async def the_library(dsn: str, callers: int, seconds: float, encode: Encode) -> Latencies:
    """Append the same bytes through the library, a thread for each caller."""
    parts = urlsplit(dsn)
    datastore = PostgresDatastore(
        dbname=parts.path[1:],
        host=parse_qs(parts.query)["host"][0],
        port=5432,
        user=parts.username or "",
        password=unquote(parts.password or ""),
        pool_size=callers,
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
    recorder.create_table()
    timed = TimedRun(encode(_count(min(callers, 4), seconds)), seconds)

    def call() -> None:
        for e in timed:
            state = e.state + (e.body or b"") + e.metadata
            event = StoredEvent(e.originator_id, e.originator_version, e.topic, state)
            began = time.perf_counter()
            recorder.insert_events([event])
            timed.done(began)

    with ThreadPoolExecutor(callers) as threads:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(threads, call) for _ in range(callers)))
    datastore.close()
    return timed.latencies


CONTESTANTS: dict[str, Contestant] = {
    "ours": ours,
    "one commit each": one_commit_each,
    "the library": the_library,
}
