"""Appends of many callers as one statement, one round trip and one commit.

All appends that wait in this process when the former commit returns go together. Each call is
all or nothing; where versions are taken, only the calls that came too late are refused.

What can go wrong, and what is done:

* A version is taken: the batch goes again through the checked function, which rejects whole
  calls. A rejected call whose very rows stand in the store already has succeeded before (its
  answer was lost), so it succeeds again: that is what makes retries safe.
* The connection is lost, or the server cannot take the batch at the moment: the outcome is
  unknown, and the batch goes again through the checked function until ``outage_s_max``.
* The database refuses a row as malformed: the batch is halved until the guilty call is found.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from eventsourcing.persistence import IntegrityError

from domain.errors import Unavailable
from domain.events import PREDICTIONS
from storage.mapper import NewEvent
from storage.postgres import DirectConnection

BATCH_ROWS_MAX = 1_000
QUEUE_ROWS_MAX = 20_000
QUEUE_BYTES_MAX = 256 * 2**20
OUTAGE_S_MAX = 15.0
RETRY_PAUSE_S = 0.1
LOCK_TIMEOUT = "SET lock_timeout = '5s'"

APPEND = """
    SELECT first_position, recorded_at
    FROM append_events($1::uuid[], $2::int[], $3::text[], $4::json[], $5::json[], $6::json[], $7)
"""
APPEND_CHECKED = """
    SELECT first_position, recorded_at, rejected
    FROM append_events_checked(
        $8::int[], $1::uuid[], $2::int[], $3::text[], $4::json[], $5::json[], $6::json[], $7)
"""
STORED = """
    SELECT position, recorded_at, topic, state, body, metadata
    FROM events WHERE stream_id = $1 AND version = $2
"""

TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)

log = structlog.get_logger()


@dataclass(frozen=True)
class Appended:
    """Where the events of one call went: dense positions from the first, and one time."""

    first_position: int
    recorded_at: datetime


@dataclass(eq=False)
class _Call:
    """One append that waits: all of its events, or none."""

    events: Sequence[NewEvent]
    outcome: asyncio.Future[Appended]
    streams: frozenset[UUID | str] = field(init=False)
    bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.streams = frozenset([event.originator_id for event in self.events])
        self.bytes = sum([len(e.state) + len(e.body or b"") for e in self.events])

    def succeed(self, appended: Appended) -> None:
        if not self.outcome.done():
            self.outcome.set_result(appended)

    def fail(self, error: Exception) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)


class GroupCommitter:
    """The one writer of this process, on a connection of its own."""

    def __init__(
        self, connect: Callable[[], Awaitable[DirectConnection]], *, outage_s_max: float
    ) -> None:
        self._connect = connect
        self._outage_s_max = outage_s_max
        self._connection: DirectConnection | None = None
        self._queue: deque[_Call] = deque()
        self._rows = 0
        self._bytes = 0
        self._wake = asyncio.Event()
        self._is_drained = asyncio.Event()
        self._is_drained.set()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        connect: Callable[[], Awaitable[DirectConnection]],
        *,
        outage_s_max: float = OUTAGE_S_MAX,
    ) -> AsyncGenerator[GroupCommitter]:
        """Commit while the context is open; what waits at the end is still committed."""
        committer = cls(connect, outage_s_max=outage_s_max)
        task = asyncio.create_task(committer._run())
        try:
            yield committer
        finally:
            await committer._is_drained.wait()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await committer._disconnect()

    async def append(self, events: Sequence[NewEvent]) -> Appended:
        """Append events of one call, all or nothing.

        Raises the library's `IntegrityError` where a version is taken, and `Unavailable` where
        the queue is full or the database stays away (the outcome is then unknown). A caller
        that is cancelled does not take its append back.
        """
        call = _Call(events, asyncio.get_running_loop().create_future())
        if self._rows + len(events) > QUEUE_ROWS_MAX or self._bytes + call.bytes > QUEUE_BYTES_MAX:
            raise Unavailable("the event store has more to write than it can take")
        self._rows += len(events)
        self._bytes += call.bytes
        self._queue.append(call)
        self._wake.set()
        self._is_drained.clear()
        return await call.outcome

    async def _run(self) -> None:
        while True:
            if not self._queue:
                self._is_drained.set()
                self._wake.clear()
                await self._wake.wait()
            # Whoever became ready in the same turn of the loop joins this batch.
            await asyncio.sleep(0)
            calls = self._next_batch()
            try:
                await self._commit(calls)
            except Exception as error:
                log.exception("append_failed", calls=len(calls))
                for call in calls:
                    call.fail(error)
            finally:
                self._rows -= sum(len(call.events) for call in calls)
                self._bytes -= sum(call.bytes for call in calls)

    def _next_batch(self) -> list[_Call]:
        """Take what waits; a second append to one stream is held for the next batch."""
        calls: list[_Call] = []
        held: list[_Call] = []
        streams: set[UUID | str] = set()
        rows = 0
        while self._queue and rows < BATCH_ROWS_MAX:
            call = self._queue.popleft()
            if streams.isdisjoint(call.streams):
                calls.append(call)
                rows += len(call.events)
            else:
                held.append(call)
            streams |= call.streams
        self._queue.extendleft(reversed(held))
        return calls

    async def _commit(self, calls: Sequence[_Call]) -> None:
        columns = _columns(calls)
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._outage_s_max
        statement = APPEND
        while True:
            try:
                connection = await self._connected()
                if statement is APPEND:
                    row: Any = await connection.fetchrow(APPEND, *columns)
                    return _settle(calls, row, ())
                return await self._commit_checked(connection, calls, columns)
            except asyncpg.UniqueViolationError:
                statement = APPEND_CHECKED
            except asyncpg.DataError as error:
                return await self._find_guilty(calls, error)
            except TRANSIENT as error:
                statement = APPEND_CHECKED
                await self._disconnect()
                if loop.time() >= give_up_at:
                    raise Unavailable("the event store cannot be reached") from error
                log.warning("append_retried", error=type(error).__name__)
                await asyncio.sleep(RETRY_PAUSE_S)

    async def _commit_checked(
        self, connection: DirectConnection, calls: Sequence[_Call], columns: tuple[Any, ...]
    ) -> None:
        numbers = [number for number, call in enumerate(calls) for _ in call.events]
        row: Any = await connection.fetchrow(APPEND_CHECKED, *columns, numbers)
        rejected: list[int] = row["rejected"]
        outcomes = {number: await _former(connection, calls[number]) for number in rejected}
        for number, former in outcomes.items():
            if former is None:
                calls[number].fail(IntegrityError("a version of the stream is taken"))
            else:
                calls[number].succeed(former)
        _settle(calls, row, outcomes)

    async def _find_guilty(self, calls: Sequence[_Call], error: asyncpg.DataError) -> None:
        if len(calls) == 1:
            calls[0].fail(error)
            return
        middle = len(calls) // 2
        await self._commit(calls[:middle])
        await self._commit(calls[middle:])

    async def _connected(self) -> DirectConnection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
            await self._connection.execute(LOCK_TIMEOUT)
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _columns(calls: Sequence[_Call]) -> tuple[Any, ...]:
    events = [event for call in calls for event in call.events]
    topics = [event.topic for event in events]
    return (
        [event.originator_id for event in events],
        [event.originator_version for event in events],
        topics,
        [event.state for event in events],
        [event.body for event in events],
        [event.metadata for event in events],
        all(topic in PREDICTIONS for topic in topics),
    )


def _settle(calls: Sequence[_Call], row: Any, rejected: Any) -> None:
    """Tell each call that went through where its events stand."""
    position, recorded_at = row["first_position"], row["recorded_at"]
    for number, call in enumerate(calls):
        if number not in rejected:
            call.succeed(Appended(position, recorded_at))
            position += len(call.events)


async def _former(connection: DirectConnection, call: _Call) -> Appended | None:
    """Find where this very call was appended before, if it was."""
    first: Any = None
    for event in call.events:
        row = await connection.fetchrow(STORED, event.originator_id, event.originator_version)
        if row is None or (event.topic, event.state, event.body, event.metadata) != tuple(row)[2:]:
            return None
        first = first or row
    return Appended(first["position"], first["recorded_at"])
