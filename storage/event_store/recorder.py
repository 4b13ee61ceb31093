"""The event table: append to it, and read it by stream or in the order of positions.

Names, arguments and errors are those of the eventsourcing library's recorders, whose own test
cases pass; the methods are coroutines.
"""
# ruff: noqa: S608 — the queries are made of the constants of this module only

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from storage.event_store.group_commit import Connect, GroupCommitter
from storage.event_store.mapper import RecordedEvent
from storage.postgres.pool import DirectConnection, Pool, connect

CHANNEL_ALL = "events"
CHANNEL_NON_PREDICTIONS = "streams"
POLL_S = 0.25
PAGE_ROWS_MAX = 5_000

COLUMNS = "stream_id, version, topic, state, body, metadata, position, recorded_at"
WITHOUT_BODY = "stream_id, version, topic, state, NULL::json, metadata, position, recorded_at"
IN_STREAM = """
    FROM events
    WHERE stream_id = $1 AND ($2::int IS NULL OR version > $2)
      AND ($3::int IS NULL OR version <= $3)
      AND ($5::timestamptz IS NULL OR recorded_at <= $5)
"""
STREAM = f"SELECT {COLUMNS} {IN_STREAM} ORDER BY version LIMIT $4"
STREAM_DESC = f"SELECT {COLUMNS} {IN_STREAM} ORDER BY version DESC LIMIT $4"
STREAM_WITHOUT_BODIES = f"SELECT {WITHOUT_BODY} FROM events WHERE stream_id = $1 ORDER BY version"
# Walks event by event until the bytes are used up, so that later events are not decompressed.
STREAM_PAGE = f"""
    WITH RECURSIVE walked AS (
        SELECT $2::int AS version, 0::bigint AS bytes
     UNION ALL
        SELECT e.version, w.bytes + e.bytes
          FROM walked w CROSS JOIN LATERAL (
               SELECT e.version,
                      octet_length(e.state::text) + coalesce(octet_length(e.body::text), 0) AS bytes
                 FROM events e WHERE e.stream_id = $1 AND e.version = w.version + 1 OFFSET 0) e
         WHERE w.bytes <= $4 AND w.version < $2 + $3)
    SELECT {COLUMNS} FROM walked JOIN events USING (version)
     WHERE stream_id = $1 AND version > $2 AND (bytes <= $4 OR version = $2 + 1)
     ORDER BY version
"""
ALL = f"""
    SELECT {COLUMNS} FROM events
    WHERE position >= $1 AND ($2::bigint IS NULL OR position <= $2)
      AND (cardinality($3::text[]) = 0 OR topic = ANY($3))
    ORDER BY position LIMIT $4
"""
NON_PREDICTIONS = f"""
    SELECT {WITHOUT_BODY} FROM events
    WHERE position > $1 AND position <= $2
      AND topic NOT IN ('Prediction.Served', 'Prediction.Failed')
    ORDER BY position LIMIT $3
"""
HEAD = "SELECT max(position) FROM events"
NOW = "SELECT clock_timestamp()"


async def wait_for(event: asyncio.Event, timeout_s: float = POLL_S) -> None:
    """Wait until an event is set, but not longer than until the next poll."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()


class EventReader:
    """Reads rows of the event table, over a pool or one connection."""

    def __init__(self, source: Pool | DirectConnection) -> None:
        self._source = source

    async def select_events(
        self,
        originator_id: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> list[RecordedEvent]:
        """Read one stream, between two versions and up to a time."""
        query = STREAM_DESC if desc else STREAM
        return await self._fetch(query, originator_id, gt, lte, limit, as_of)

    async def select_without_bodies(self, originator_id: UUID) -> list[RecordedEvent]:
        """Read one stream for a replay, which needs no bodies."""
        return await self._fetch(STREAM_WITHOUT_BODIES, originator_id)

    async def select_page(
        self, originator_id: UUID, *, gt: int, limit: int, bytes_max: int
    ) -> list[RecordedEvent]:
        """Read one stream after a version, up to a number of bytes, but at least one event."""
        return await self._fetch(STREAM_PAGE, originator_id, gt, limit, bytes_max)

    async def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[RecordedEvent]:
        """Read all streams in the order of positions."""
        first = 0 if start is None else start + (not inclusive_of_start)
        return await self._fetch(ALL, first, stop, list(topics), limit)

    async def select_non_predictions(
        self, after: int, until: int, limit: int = PAGE_ROWS_MAX
    ) -> list[RecordedEvent]:
        """Read the events that are not predictions, after one position and up to another."""
        return await self._fetch(NON_PREDICTIONS, after, until, limit)

    async def max_notification_id(self) -> int | None:
        """The position of the newest event; None in an empty store."""
        return await self._source.fetchval(HEAD)

    async def now(self) -> datetime:
        """The time by the database's clock."""
        return await self._source.fetchval(NOW)

    async def _fetch(self, query: str, *arguments: Any) -> list[RecordedEvent]:
        return [RecordedEvent(*row) for row in await self._source.fetch(query, *arguments)]


class EventRecorder(EventReader):
    """Appends events, and reads them over a pool."""

    def __init__(self, pool: Pool, committer: GroupCommitter, connect: Connect) -> None:
        super().__init__(pool)
        self._connect = connect
        self.append: Final = committer.append

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, pool: Pool) -> AsyncGenerator[EventRecorder]:
        """Append on a connection of the recorder's own, read on those of the pool."""
        append = partial(connect, dsn, statement_timeout_s=30, application_name="mlplatform append")
        listen = partial(connect, dsn, statement_timeout_s=30, application_name="mlplatform listen")
        async with GroupCommitter.open(append) as committer:
            yield cls(pool, committer, listen)

    @asynccontextmanager
    async def subscribe(
        self, gt: int = 0, topics: Sequence[str] = ()
    ) -> AsyncGenerator[Subscription]:
        """Follow the store after a position, on a connection of the subscription's own."""
        connection = await self._connect()
        try:
            subscription = Subscription(EventReader(connection), gt, topics)
            await connection.add_listener(CHANNEL_ALL, subscription.notify)
            yield subscription
        finally:
            connection.terminate()


class Subscription:
    """An endless iterator over all events after a position, as soon as they are committed.

    NOTIFY only shortens the wait; polling guarantees that nothing is missed. A lost connection
    raises; the subscriber may then subscribe again after the last event it received.
    """

    def __init__(self, reader: EventReader, position: int, topics: Sequence[str]) -> None:
        self._reader = reader
        self._position = position
        self._topics = topics
        self._page: deque[RecordedEvent] = deque()
        self._notified = asyncio.Event()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> RecordedEvent:
        while not self._page:
            self._notified.clear()
            await self._fetch_page()
        return self._page.popleft()

    def notify(self, *_: Any) -> None:
        """Poll at once."""
        self._notified.set()

    async def _fetch_page(self) -> None:
        """Read up to the head, so that events of other topics are not scanned twice."""
        head = await self._reader.max_notification_id() or 0
        if head <= self._position:
            await wait_for(self._notified)
            return
        page = await self._reader.select_notifications(
            self._position + 1, PAGE_ROWS_MAX, head, self._topics
        )
        self._page.extend(page)
        self._position = page[-1].position if len(page) == PAGE_ROWS_MAX else head
