"""Aggregates in memory, kept equal to their streams.

Every request needs to know who is signed in, whether the account is active and which version of a
model is live, and this rarely changes. So each process keeps aggregates in memory, follows
the event table, and applies what other processes append.

A stale aggregate is kept out by three rules:

* An event is applied to a cached aggregate only if it is the next version. Earlier versions are
  skipped; after a gap the aggregate is evicted.
* Code that reads a stream or appends to it opens a `CacheFill` first. The result enters the cache
  only if the follower has seen no later version of the stream since then.
* When the follower has not caught up for `STALE_AFTER_S`, every look-up is a miss.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from domain.aggregate import Aggregate
from storage.event_store.mapper import RecordedEvent
from storage.event_store.recorder import (
    CHANNEL_NON_PREDICTIONS,
    PAGE_ROWS_MAX,
    POLL_S,
    EventReader,
    EventRecorder,
    wait_for,
)
from storage.lru_dict import LruDict
from storage.postgres.pool import TRANSIENT, connect

STALE_AFTER_S = 1.0
CATCH_UP_TIMEOUT_S = 10.0
AGGREGATES_MAX = 20_000

log = structlog.get_logger()


@dataclass(eq=False)
class CacheFill:
    """A read or an append in progress: the latest version of its stream that was followed."""

    version_seen: int = 0


class AggregateCache:
    """The most recently used aggregates."""

    def __init__(
        self, decode: Callable[[RecordedEvent], Any], *, aggregates_max: int = AGGREGATES_MAX
    ) -> None:
        self._decode = decode
        # By the integer of the id, which is hashed and compared in C.
        self._aggregates: LruDict[int, Aggregate] = LruDict(aggregates_max)
        self._fills: dict[UUID, list[CacheFill]] = {}
        self._current_at = float("-inf")

    def get(self, stream_id: UUID) -> Aggregate | None:
        """The current aggregate, or None; it is shared, so change only a copy."""
        if monotonic() - self._current_at > STALE_AFTER_S:
            return None
        return self._aggregates.get(stream_id.int)

    @contextmanager
    def fill(self, stream_id: UUID) -> Generator[CacheFill]:
        """Note which versions the follower sees while a stream is read or appended to."""
        fill = CacheFill()
        self._fills.setdefault(stream_id, []).append(fill)
        try:
            yield fill
        finally:
            fills = self._fills[stream_id]
            fills.remove(fill)
            if not fills:
                del self._fills[stream_id]

    def put(self, aggregate: Aggregate, fill: CacheFill) -> None:
        """Cache what was read or committed, unless a later version is known."""
        if fill.version_seen > aggregate.version:
            return
        cached = self._aggregates.get(aggregate.id.int)
        if cached is None or cached.version < aggregate.version:
            self._aggregates[aggregate.id.int] = aggregate

    def discard(self, stream_id: UUID) -> None:
        """Evict an aggregate, if it is cached."""
        self._aggregates.discard(stream_id.int)

    def apply(self, events: Sequence[RecordedEvent]) -> None:
        """Apply followed events, in their order, to the aggregates that are cached."""
        for event in events:
            stream_id = event.originator_id
            assert isinstance(stream_id, UUID)
            for fill in self._fills.get(stream_id, ()):
                fill.version_seen = event.originator_version
            cached = self._aggregates.get(stream_id.int)
            if cached is None or event.originator_version <= cached.version:
                continue
            if event.originator_version > cached.version + 1:
                self.discard(stream_id)
                continue
            self._advance(cached, event)

    def mark_current(self, at: float) -> None:
        """Note that everything recorded before a time of the monotonic clock is applied."""
        self._current_at = at

    def _advance(self, cached: Aggregate, event: RecordedEvent) -> None:
        try:
            self._aggregates[cached.id.int] = self._decode(event).mutate(cached.copy())
        except LookupError:  # the topic of a later release, or a user key that is not in memory
            self.discard(cached.id)
        except Exception:
            log.exception("event_not_applied", position=event.position)
            self.discard(cached.id)


class CacheFollower:
    """Follows the event table and applies what every process appends to this process's cache."""

    def __init__(self, dsn: str, cache: AggregateCache, position: int) -> None:
        self._connect = partial(
            connect, dsn, statement_timeout_s=5, application_name="mlplatform follow"
        )
        self._cache = cache
        self._position = position
        self._notified = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, recorder: EventRecorder, cache: AggregateCache
    ) -> AsyncGenerator[CacheFollower]:
        """Follow while the context is open, from the position that is the head at its start."""
        follower = cls(dsn, cache, await recorder.max_notification_id() or 0)
        task = asyncio.create_task(follower._run())
        try:
            yield follower
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except TRANSIENT as error:
                log.warning("follower_lost_connection", error=type(error).__name__)
            except Exception:
                log.exception("follower_failed")
            await asyncio.sleep(POLL_S)

    async def _follow(self) -> None:
        connection = await self._connect()
        try:
            await connection.add_listener(CHANNEL_NON_PREDICTIONS, self._on_notify)
            while not connection.is_closed():
                self._notified.clear()
                async with asyncio.timeout(CATCH_UP_TIMEOUT_S):
                    await self._catch_up(EventReader(connection))
                await wait_for(self._notified)
        finally:
            connection.terminate()

    async def _catch_up(self, reader: EventReader) -> None:
        """Apply everything that was recorded since the last time."""
        started_at = monotonic()
        head = await reader.max_notification_id() or 0
        while self._position < head:
            page = await reader.select_non_predictions(self._position, head)
            self._cache.apply(page)
            self._position = page[-1].position if len(page) == PAGE_ROWS_MAX else head
        self._cache.mark_current(started_at)

    def _on_notify(self, *_: Any) -> None:
        self._notified.set()
