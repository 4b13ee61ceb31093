"""Aggregates in memory, kept equal to their streams.

Who is signed in, whether an account is open, which version of a model serves: every call asks,
and hardly ever is the answer another one than a moment ago. So the answers stay in memory, and
this process follows the event table and applies to them what others record.

The rules that keep a stale aggregate out:

* An event is applied to the held aggregate only as its very next version. One that is there
  already is passed over; after a gap the aggregate is dropped.
* Whoever reads a stream or appends to it first opens a `Watch`, and afterwards offers what came
  out. It is taken only if the follower saw no later version of that stream meanwhile.
* Without a completed look at the table for `STALE_AFTER_S`, nothing is answered from memory.
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
)
from storage.lru_dict import LruDict
from storage.postgres.pool import TRANSIENT, connect

STALE_AFTER_S = 1.0
LOOK_S_MAX = 10.0
AGGREGATES_MAX = 20_000

log = structlog.get_logger()


@dataclass(eq=False)
class Watch:
    """The highest version of one stream that the follower saw while somebody worked on it."""

    version_seen: int = 0


class AggregateCache:
    """The most recently used aggregates, brought up to date as events are seen."""

    def __init__(
        self, decode: Callable[[RecordedEvent], Any], *, aggregates_max: int = AGGREGATES_MAX
    ) -> None:
        self._decode = decode
        # By the number of the id, which is hashed and compared in C.
        self._held: LruDict[int, Aggregate] = LruDict(aggregates_max)
        self._watches: dict[UUID, list[Watch]] = {}
        self._looked_at = float("-inf")

    def get(self, stream_id: UUID) -> Aggregate | None:
        """Give the aggregate as it is now; it is shared, so change a copy only.

        None where it is not held, or where the follower has not looked for too long.
        """
        if monotonic() - self._looked_at > STALE_AFTER_S:
            return None
        return self._held.get(stream_id.int)

    @contextmanager
    def watch(self, stream_id: UUID) -> Generator[Watch]:
        """Note what the follower sees of a stream while it is read or appended to."""
        watch = Watch()
        self._watches.setdefault(stream_id, []).append(watch)
        try:
            yield watch
        finally:
            watches = self._watches[stream_id]
            watches.remove(watch)
            if not watches:
                del self._watches[stream_id]

    def offer(self, aggregate: Aggregate, watch: Watch) -> None:
        """Hold what was read or committed under a watch, unless there is something newer."""
        if watch.version_seen > aggregate.version:
            return
        held = self._held.get(aggregate.id.int)
        if held is not None and held.version >= aggregate.version:
            return
        self._held[aggregate.id.int] = aggregate

    def drop(self, stream_id: UUID) -> None:
        """Hold a stream no longer."""
        self._held.discard(stream_id.int)

    def apply(self, events: Sequence[RecordedEvent]) -> None:
        """Bring what is held up to date with events that were seen, in their order."""
        for event in events:
            stream_id = event.originator_id
            assert isinstance(stream_id, UUID)
            for watch in self._watches.get(stream_id, ()):
                watch.version_seen = event.originator_version
            held = self._held.get(stream_id.int)
            if held is None or event.originator_version <= held.version:
                continue
            if event.originator_version > held.version + 1:
                self.drop(stream_id)
                continue
            self._advance(held, event)

    def looked(self, moment: float) -> None:
        """Note that everything recorded up to a moment of the monotonic clock has been applied."""
        self._looked_at = moment

    def _advance(self, held: Aggregate, event: RecordedEvent) -> None:
        try:
            self._held[held.id.int] = self._decode(event).mutate(held.copy())
        except LookupError:  # of another release, or sealed under a key that is not at hand
            self.drop(held.id)
        except Exception:
            log.exception("event_not_applied", position=event.position)
            self.drop(held.id)


class Follower:
    """Reads what every process records and applies it to this process' cache."""

    def __init__(self, dsn: str, cache: AggregateCache, position: int) -> None:
        self._connect = partial(
            connect, dsn, statement_timeout_s=5, application_name="mlplatform follow"
        )
        self._cache = cache
        self._position = position
        self._news = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, recorder: EventRecorder, cache: AggregateCache
    ) -> AsyncGenerator[Follower]:
        """Follow while the context is open.

        Where to begin is settled before anybody loads: what is recorded after that is seen.
        """
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
            await connection.add_listener(CHANNEL_NON_PREDICTIONS, self._wake)
            while not connection.is_closed():
                self._news.clear()
                async with asyncio.timeout(LOOK_S_MAX):
                    await self._look(EventReader(connection))
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._news.wait()
        finally:
            connection.terminate()

    async def _look(self, reader: EventReader) -> None:
        """Apply everything that has been recorded since the last look."""
        began = monotonic()
        head = await reader.max_notification_id() or 0
        while self._position < head:
            page = await reader.select_non_predictions(self._position, head)
            self._cache.apply(page)
            self._position = page[-1].position if len(page) == PAGE_ROWS_MAX else head
        self._cache.looked(began)

    def _wake(self, *_: Any) -> None:
        self._news.set()
