"""Appends of many callers as one statement, one round trip and one commit.

All appends that wait in this process when the former commit returns go together. Each call is
all or nothing; where versions are taken, only the calls that came too late are refused.

What can go wrong, and what is done:

* A version is taken: the batch goes again through the checked function, which rejects whole
  calls. A rejected call whose very rows stand in the store already has succeeded before (its
  answer was lost), so it succeeds again: that is what makes retries safe.
* The connection is lost, or the server cannot take the batch at the moment: the outcome is
  unknown, and the batch goes again through the checked function. An outage that has lasted
  ``outage_s_max`` refuses what waits; from then on every batch has one attempt, until one
  succeeds.
* Anything else is the fault of some call: the batch is halved until the guilty ones are found.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from eventsourcing.persistence import IntegrityError

from domain.errors import Unavailable
from domain.events import PREDICTIONS
from storage.event_store.append_queue import AppendQueue, AppendResult, Call
from storage.event_store.mapper import NewEvent
from storage.postgres.pool import TRANSIENT, DirectConnection

OUTAGE_S_MAX = 15.0
ANSWER_S_MAX = 35.0
"""More than the server's own limit on a statement: only a frozen server takes this long."""
RETRY_PAUSE_S = 0.1
LOCK_TIMEOUT = "SET lock_timeout = '5s'"

SEPARATOR = "\x1e"
"""Between the values of a column, which go as one text: of lists, asyncpg looks into each value
for further lists, and that costs more than all else it does. JSON has no such character in it, and
a topic that had one would be a value too many, which the table refuses."""
EVENTS = """
    string_to_array($1, E'\\x1e')::uuid[], string_to_array($2, E'\\x1e')::int[],
    string_to_array($3, E'\\x1e'), string_to_array($4, E'\\x1e')::json[],
    string_to_array($5, E'\\x1e', '')::json[], string_to_array($6, E'\\x1e')::json[], $7
"""
APPEND = f"""
    SELECT first_position, recorded_at FROM append_events({EVENTS})
"""  # noqa: S608 — made of the constant above
APPEND_CHECKED = f"""
    SELECT first_position, recorded_at, rejected FROM append_events_checked($8::int[], {EVENTS})
"""  # noqa: S608
STORED = """
    SELECT position, recorded_at, topic, state, body, metadata
    FROM events WHERE stream_id = $1 AND version = $2
"""

log = structlog.get_logger()


class GroupCommitter:
    """The one writer of this process, on a connection of its own."""

    def __init__(
        self, connect: Callable[[], Awaitable[DirectConnection]], *, outage_s_max: float
    ) -> None:
        self._connect = connect
        self._outage_s_max = outage_s_max
        self._outage_began: float | None = None
        self._connection: DirectConnection | None = None
        self._queue = AppendQueue()
        self._wake = asyncio.Event()
        self._is_closing = False

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
            committer._is_closing = True
            committer._wake.set()
            await task

    async def append(self, events: Sequence[NewEvent]) -> AppendResult:
        """Append events of one call, all or nothing.

        Raises the library's `IntegrityError` where a version is taken, and `Unavailable` where
        the queue is full or the database stays away (the outcome is then unknown). A caller
        that is cancelled does not take its append back.
        """
        call = Call(events, asyncio.get_running_loop().create_future())
        if self._is_closing:
            raise Unavailable("the event store is closed")
        self._queue.put(call)
        self._wake.set()
        return await call.outcome

    async def _run(self) -> None:
        calls: Sequence[Call] = ()
        try:
            while await self._is_wanted():
                calls = self._queue.take()
                await self._commit(calls)
                self._queue.done(calls)
        finally:
            self._is_closing = True
            self._disconnect()
            _refuse([*calls, *self._queue], Unavailable("the event store is closed"))

    async def _is_wanted(self) -> bool:
        """Wait for calls; False once there will be no more."""
        while not self._queue:
            if self._is_closing:
                return False
            self._wake.clear()
            await self._wake.wait()
        # Whoever became ready in the same turn of the loop joins this batch.
        await asyncio.sleep(0)
        return True

    async def _commit(self, calls: Sequence[Call]) -> None:
        """Settle every call: append it, or refuse it for what is wrong with it."""
        try:
            await self._append(calls)
        except Unavailable as error:
            _refuse(calls, error)
        except Exception as error:  # noqa: BLE001 — the caller is told
            if len(calls) == 1:
                return _refuse(calls, error)
            middle = len(calls) // 2
            await self._commit(calls[:middle])
            await self._commit(calls[middle:])

    async def _append(self, calls: Sequence[Call]) -> None:
        """Append the calls whose versions are free, whatever it takes; refuse the others."""
        columns = _columns(calls)
        append = self._append_all
        while True:
            began = asyncio.get_running_loop().time()
            try:
                connection = await self._connected()
                await append(connection, calls, columns)
            except asyncpg.UniqueViolationError:
                if append == self._append_checked:
                    raise
                append = self._append_checked
            except TRANSIENT as error:
                append = self._append_checked
                await self._sit_out(error, began)
            else:
                self._outage_began = None
                return

    async def _append_all(
        self, connection: DirectConnection, calls: Sequence[Call], columns: tuple[Any, ...]
    ) -> None:
        row = await connection.fetchrow(APPEND, *columns, timeout=ANSWER_S_MAX)
        _settle(calls, row, ())

    async def _append_checked(
        self, connection: DirectConnection, calls: Sequence[Call], columns: tuple[Any, ...]
    ) -> None:
        numbers = [number for number, call in enumerate(calls) for _ in call.events]
        row: Any = await connection.fetchrow(
            APPEND_CHECKED, *columns, numbers, timeout=ANSWER_S_MAX
        )
        rejected: list[int] = row["rejected"]
        _settle(calls, row, rejected)
        for number in rejected:
            former = await _former(connection, calls[number])
            if former is None:
                calls[number].fail(IntegrityError("a version of the stream is taken"))
            else:
                calls[number].succeed(former)

    async def _sit_out(self, error: Exception, began: float) -> None:
        """Pause before the next attempt; `Unavailable` once the outage has lasted too long."""
        self._disconnect()
        if self._outage_began is None:
            self._outage_began = began
        cause = error.__cause__ or error
        log.warning("append_retried", error=type(cause).__name__)
        if asyncio.get_running_loop().time() - self._outage_began >= self._outage_s_max:
            raise Unavailable("the event store cannot be reached") from error
        await asyncio.sleep(RETRY_PAUSE_S)

    async def _connected(self) -> DirectConnection:
        if self._connection is None or self._connection.is_closed():
            try:
                self._connection = await self._connect()
                await self._connection.execute(LOCK_TIMEOUT, timeout=ANSWER_S_MAX)
            except Exception as error:  # whatever keeps us out, it is no call's fault
                raise ConnectionError("the event store lets nobody in") from error
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _refuse(calls: Sequence[Call], error: Exception) -> None:
    for call in calls:
        call.fail(error)


def _columns(calls: Sequence[Call]) -> tuple[Any, ...]:
    events = [event for call in calls for event in call.events]
    topics = [event.topic for event in events]
    return (
        SEPARATOR.join([event.originator_id.hex for event in events]),
        SEPARATOR.join([str(event.originator_version) for event in events]),
        SEPARATOR.join(topics),
        _joined([event.state for event in events]),
        _joined([event.body or b"" for event in events]),
        _joined([event.metadata for event in events]),
        set(topics).issubset(PREDICTIONS),
    )


def _joined(texts: Sequence[bytes]) -> str:
    return SEPARATOR.encode().join(texts).decode()


def _settle(calls: Sequence[Call], row: Any, rejected: Sequence[int]) -> None:
    """Tell each call that went through where its events stand."""
    position, recorded_at = row["first_position"], row["recorded_at"]
    absent = frozenset(rejected)
    for number, call in enumerate(calls):
        if number not in absent:
            call.succeed(AppendResult(position, recorded_at))
            position += len(call.events)


async def _former(connection: DirectConnection, call: Call) -> AppendResult | None:
    """Find where this very call was appended before, if it was."""
    first: Any = None
    for event in call.events:
        row = await connection.fetchrow(
            STORED, event.originator_id, event.originator_version, timeout=ANSWER_S_MAX
        )
        if row is None or (event.topic, event.state, event.body, event.metadata) != tuple(row)[2:]:
            return None
        first = first or row
    return AppendResult(first["position"], first["recorded_at"])
