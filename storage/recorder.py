"""The event table: appending to it, and reading it by stream or in the order of all.

The names, the arguments and the errors are those of the eventsourcing library's recorders
(whose own test cases this one passes); only that every call is awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from storage.append_queue import Appended
from storage.group_commit import OUTAGE_S_MAX, GroupCommitter
from storage.mapper import NewEvent, RecordedEvent
from storage.postgres import Pool, connect

CHANNEL_ALL = "events"
CHANNEL_BUT_PREDICTIONS = "streams"
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
AT = "SELECT {columns} FROM events WHERE position = $1"
HEAD = "SELECT max(position) FROM events"
POSITION_AT = "SELECT position_at($1)"


class EventRecorder:
    """Appends events and reads them back, as rows."""

    def __init__(self, pool: Pool, committer: GroupCommitter) -> None:
        self._pool = pool
        self._committer = committer

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, pool: Pool, *, outage_s_max: float = OUTAGE_S_MAX
    ) -> AsyncGenerator[EventRecorder]:
        """Append on a connection of the recorder's own, read on the pool's."""
        dial = partial(connect, dsn, statement_timeout_s=30, application_name="mlplatform append")
        async with GroupCommitter.open(dial, outage_s_max=outage_s_max) as committer:
            yield cls(pool, committer)

    async def append(self, events: Sequence[NewEvent]) -> Appended:
        """Append the events of one call, all or nothing; see `GroupCommitter.append`."""
        return await self._committer.append(events)

    async def insert_events(self, stored_events: Sequence[NewEvent]) -> Sequence[int]:
        """Append events and say their positions; raises `IntegrityError`."""
        if not stored_events:
            return []
        first = (await self.append(stored_events)).first_position
        return range(first, first + len(stored_events))

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
        rows = await self._pool.fetch(query, originator_id, gt, lte, limit, as_of)
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
        rows = await self._pool.fetch(query, first, stop, list(topics), limit)
        return [recorded_event(row) for row in rows]

    async def select_but_predictions(
        self, after: int, until: int, limit: int = PAGE_ROWS_MAX
    ) -> list[RecordedEvent]:
        """Read what is no prediction, past one position and up to another."""
        query = BUT_PREDICTIONS.format(columns=WITHOUT_BODY)
        rows = await self._pool.fetch(query, after, until, limit)
        return [recorded_event(row) for row in rows]

    async def select_event(self, position: int) -> RecordedEvent | None:
        """Read the event at one position."""
        row = await self._pool.fetchrow(AT.format(columns=COLUMNS), position)
        return None if row is None else recorded_event(row)

    async def max_notification_id(self) -> int | None:
        """Say the position of the newest event; None in an empty store."""
        return await self._pool.fetchval(HEAD)

    async def position_at(self, moment: datetime) -> int:
        """Say the position of the last event recorded by a moment; 0 before the first."""
        return await self._pool.fetchval(POSITION_AT, moment)

    async def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription:
        """Follow the store past a position; close the subscription at the end."""
        connection = await self._pool.acquire()
        subscription = Subscription(self, gt or 0, topics, partial(self._pool.release, connection))
        await connection.add_listener(CHANNEL_ALL, subscription.wake)
        return subscription


class Subscription:
    """Gives every event past a position, for ever, as soon as it is committed.

    NOTIFY only wakes it; that nothing is missed is owed to the poll.
    """

    def __init__(
        self, recorder: EventRecorder, position: int, topics: Sequence[str], release: Any
    ) -> None:
        self._recorder = recorder
        self._position = position
        self._topics = topics
        self._release = release
        self._page: list[RecordedEvent] = []
        self._news = asyncio.Event()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> RecordedEvent:
        while not self._page:
            self._news.clear()
            page = await self._recorder.select_notifications(
                self._position, PAGE_ROWS_MAX, topics=self._topics, inclusive_of_start=False
            )
            self._page = page[::-1]
            if not page:
                await self._wait()
        event = self._page.pop()
        self._position = event.position
        return event

    def wake(self, *_: Any) -> None:
        """Look at once whether there is more."""
        self._news.set()

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._release()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), POLL_S)
        except TimeoutError:
            return


def recorded_event(row: asyncpg.Record) -> RecordedEvent:
    """Read a row that was selected with `COLUMNS`."""
    return RecordedEvent(*row)
