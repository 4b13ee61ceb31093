"""The event table: appending to it, and reading it by stream or in the order of all.

The names, the arguments and the errors are those of the eventsourcing library's recorders
(whose own test cases this one passes); only that every call is awaited.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from storage.event_store.append_queue import AppendResult
from storage.event_store.group_commit import OUTAGE_S_MAX, GroupCommitter
from storage.event_store.mapper import NewEvent, RecordedEvent
from storage.postgres.pool import DirectConnection, Pool, connect

CHANNEL_ALL = "events"
CHANNEL_NON_PREDICTIONS = "streams"
POLL_S = 0.25
PAGE_ROWS_MAX = 5_000

COLUMNS = "stream_id, version, topic, state, body, metadata, position, recorded_at"
WITHOUT_BODY = "stream_id, version, topic, state, NULL::json, metadata, position, recorded_at"
STREAM = """
    SELECT {columns} FROM events
    WHERE stream_id = $1 AND ($2::int IS NULL OR version > $2)
      AND ($3::int IS NULL OR version <= $3)
      AND ($5::timestamptz IS NULL OR recorded_at <= $5)
    ORDER BY version {order} LIMIT $4
"""
# One event after the other, until there are more bytes than may be: the rest is not unpacked.
PART = """
    WITH RECURSIVE walked AS (
        SELECT $2::int AS version, 0::bigint AS bytes
     UNION ALL
        SELECT e.version, w.bytes + e.bytes
          FROM walked w CROSS JOIN LATERAL (
               SELECT e.version,
                      octet_length(e.state::text) + coalesce(octet_length(e.body::text), 0) AS bytes
                 FROM events e WHERE e.stream_id = $1 AND e.version = w.version + 1 OFFSET 0) e
         WHERE w.bytes <= $4 AND w.version < $2 + $3)
    SELECT {columns} FROM walked JOIN events USING (version)
     WHERE stream_id = $1 AND version > $2 AND (bytes <= $4 OR version = $2 + 1)
     ORDER BY version
"""
ALL = """
    SELECT {columns} FROM events
    WHERE position >= $1 AND ($2::bigint IS NULL OR position <= $2)
      AND (cardinality($3::text[]) = 0 OR topic = ANY($3))
    ORDER BY position LIMIT $4
"""
BUT_PREDICTIONS = """
    SELECT {columns} FROM events
    WHERE position > $1 AND position <= $2
      AND topic NOT IN ('Prediction.Served', 'Prediction.Failed')
    ORDER BY position LIMIT $3
"""
HEAD = "SELECT max(position) FROM events"
NOW = "SELECT clock_timestamp()"


class EventReader:
    """Reads events back, as rows, over a pool or one connection."""

    def __init__(self, source: Pool | DirectConnection) -> None:
        self._source = source

    async def select_events(  # noqa: PLR0913 — the library's arguments, and the moment
        self,
        originator_id: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
        as_of: datetime | None = None,
        with_body: bool = True,
    ) -> list[RecordedEvent]:
        """Read one stream, between two versions and up to a moment."""
        columns = COLUMNS if with_body else WITHOUT_BODY
        query = STREAM.format(columns=columns, order="DESC" if desc else "ASC")
        rows = await self._source.fetch(query, originator_id, gt, lte, limit, as_of)
        return [recorded_event(row) for row in rows]

    async def select_part(
        self, originator_id: UUID, *, gt: int, limit: int, bytes_max: int
    ) -> list[RecordedEvent]:
        """Read one stream from a version on, as much as there is room for, one event at least."""
        query = PART.format(columns=COLUMNS)
        rows = await self._source.fetch(query, originator_id, gt, limit, bytes_max)
        return [recorded_event(row) for row in rows]

    async def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
        with_body: bool = True,
    ) -> list[RecordedEvent]:
        """Read all streams in the order of positions."""
        first = 0 if start is None else start + (not inclusive_of_start)
        query = ALL.format(columns=COLUMNS if with_body else WITHOUT_BODY)
        rows = await self._source.fetch(query, first, stop, list(topics), limit)
        return [recorded_event(row) for row in rows]

    async def select_non_predictions(
        self, after: int, until: int, limit: int = PAGE_ROWS_MAX
    ) -> list[RecordedEvent]:
        """Read what is no prediction, past one position and up to another."""
        query = BUT_PREDICTIONS.format(columns=WITHOUT_BODY)
        rows = await self._source.fetch(query, after, until, limit)
        return [recorded_event(row) for row in rows]

    async def max_notification_id(self) -> int | None:
        """Say the position of the newest event; None in an empty store."""
        return await self._source.fetchval(HEAD)

    async def now(self) -> datetime:
        """The time by the database's clock."""
        return await self._source.fetchval(NOW)


class EventRecorder(EventReader):
    """Appends events, and reads them back over a pool."""

    def __init__(
        self, pool: Pool, committer: GroupCommitter, dial: Callable[[], Awaitable[DirectConnection]]
    ) -> None:
        super().__init__(pool)
        self._committer = committer
        self._dial = dial

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, pool: Pool, *, outage_s_max: float = OUTAGE_S_MAX
    ) -> AsyncGenerator[EventRecorder]:
        """Append on a connection of the recorder's own, read on the pool's."""
        append = partial(connect, dsn, statement_timeout_s=30, application_name="mlplatform append")
        listen = partial(connect, dsn, statement_timeout_s=30, application_name="mlplatform listen")
        async with GroupCommitter.open(append, outage_s_max=outage_s_max) as committer:
            yield cls(pool, committer, listen)

    def append(self, events: Sequence[NewEvent]) -> Awaitable[AppendResult]:
        """Append the events of one call, all or nothing; see `GroupCommitter.append`."""
        return self._committer.append(events)

    async def insert_events(self, stored_events: Sequence[NewEvent]) -> Sequence[int]:
        """Append events and say their positions; raises `IntegrityError`."""
        if not stored_events:
            return []
        first = (await self.append(stored_events)).first_position
        return range(first, first + len(stored_events))

    @asynccontextmanager
    async def subscribe(
        self, gt: int = 0, topics: Sequence[str] = ()
    ) -> AsyncGenerator[Subscription]:
        """Follow the store past a position, on a connection of the subscription's own."""
        connection = await self._dial()
        try:
            subscription = Subscription(EventReader(connection), gt, topics)
            await connection.add_listener(CHANNEL_ALL, subscription.wake)
            yield subscription
        finally:
            connection.terminate()


class Subscription:
    """Gives every event past a position, for ever, as soon as it is committed.

    NOTIFY only wakes it; that nothing is missed is owed to the poll. A lost connection is an
    error for the subscriber, who can subscribe again past the last event it was given.
    """

    def __init__(self, reader: EventReader, position: int, topics: Sequence[str]) -> None:
        self._reader = reader
        self._position = position
        self._topics = topics
        self._page: deque[RecordedEvent] = deque()
        self._news = asyncio.Event()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> RecordedEvent:
        while not self._page:
            self._news.clear()
            await self._turn_page()
        return self._page.popleft()

    def wake(self, *_: Any) -> None:
        """Look at once whether there is more."""
        self._news.set()

    async def _turn_page(self) -> None:
        """Read what there is up to the head, so that what is passed over is not read again."""
        head = await self._reader.max_notification_id() or 0
        if head <= self._position:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._news.wait()
            return
        page = await self._reader.select_notifications(
            self._position + 1, PAGE_ROWS_MAX, head, self._topics
        )
        self._page.extend(page)
        self._position = page[-1].position if len(page) == PAGE_ROWS_MAX else head


def recorded_event(row: asyncpg.Record) -> RecordedEvent:
    """Read a row that was selected with `COLUMNS`."""
    return RecordedEvent(*row)
