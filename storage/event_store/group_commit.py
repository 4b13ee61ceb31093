"""Group commit: all pending appends share one statement, one round trip and one commit.

While a commit is in progress, new requests wait in a queue; the next commit takes them together.
Each request is all or nothing: of a batch with version conflicts, only the requests that came too
late fail.

How failures are handled:

* **A version conflict.** The batch is sent again to the checked append function, which rejects
  the conflicting requests and appends the others. If the exact rows of a rejected request are
  already stored, an earlier attempt was committed and its response was lost: the request
  succeeds. This makes retries safe.
* **A lost connection or a transient server error.** Nobody knows whether the batch was committed,
  so it is sent again to the checked function. When an outage has lasted ``outage_s_max``, the
  pending requests fail. Each later batch gets one attempt, until one succeeds.
* **Any other error** is caused by one of the requests: the batch is split into halves until the
  faulty requests are isolated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
import structlog
from eventsourcing.persistence import IntegrityError

from domain.errors import Unavailable
from domain.events import PREDICTIONS
from storage.event_store.append_queue import AppendQueue, AppendRequest, AppendResult
from storage.event_store.mapper import NewEvent
from storage.postgres.pool import TRANSIENT, DirectConnection

Connect: TypeAlias = Callable[[], Awaitable[DirectConnection]]
Batch: TypeAlias = Sequence[AppendRequest]

OUTAGE_S_MAX = 15.0
RESPONSE_TIMEOUT_S = 35.0
"""Longer than the server's statement timeout: only a frozen server exceeds it."""
RETRY_PAUSE_S = 0.1
LOCK_TIMEOUT = "SET lock_timeout = '5s'"

SEPARATOR = "\x1e"
"""Joins the values of a column into one text parameter. asyncpg searches every element of an array
for nested arrays, which costs more than the rest of an append. JSON never contains this character;
a topic that does yields one value too many, and the table rejects it."""
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
    """Appends for all callers of this process, on a connection of its own."""

    def __init__(self, connect: Connect, *, outage_s_max: float) -> None:
        self._connect = connect
        self._outage_s_max = outage_s_max
        self._outage_began_at: float | None = None
        self._connection: DirectConnection | None = None
        self._queue = AppendQueue()
        self._wake_up = asyncio.Event()
        self._is_closing = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, connect: Connect, *, outage_s_max: float = OUTAGE_S_MAX
    ) -> AsyncGenerator[GroupCommitter]:
        """Commit while the context is open; what is pending at the end is still committed."""
        committer = cls(connect, outage_s_max=outage_s_max)
        task = asyncio.create_task(committer._run())
        try:
            yield committer
        finally:
            committer._is_closing = True
            committer._wake_up.set()
            await task

    async def append(self, events: Sequence[NewEvent]) -> AppendResult:
        """Append the events of one request, all or nothing.

        Raises the library's `IntegrityError` if a version is taken, and `Unavailable` if the queue
        is full or the database stays unreachable (the outcome is then unknown). Cancelling the
        caller does not cancel the append.
        """
        request = AppendRequest(events, asyncio.get_running_loop().create_future())
        if self._is_closing:
            raise Unavailable("the event store is closed")
        self._queue.put(request)
        self._wake_up.set()
        return await request.future

    async def _run(self) -> None:
        batch: Batch = ()
        try:
            while await self._wait_for_requests():
                batch = self._queue.take_batch()
                await self._commit(batch)
                self._queue.release(batch)
        finally:
            self._is_closing = True
            self._disconnect()
            _fail_all([*batch, *self._queue], Unavailable("the event store is closed"))

    async def _wait_for_requests(self) -> bool:
        """Wait until the queue has a request; False once it is empty and closing."""
        while not self._queue:
            if self._is_closing:
                return False
            self._wake_up.clear()
            await self._wake_up.wait()
        # Callers that run in the same turn of the event loop join this batch.
        await asyncio.sleep(0)
        return True

    async def _commit(self, batch: Batch) -> None:
        """Complete every request of a batch: appended, or failed with its own error."""
        try:
            await self._append(batch)
        except Unavailable as error:
            _fail_all(batch, error)
        except Exception as error:  # noqa: BLE001 — the callers get it
            if len(batch) == 1:
                return _fail_all(batch, error)
            middle = len(batch) // 2
            await self._commit(batch[:middle])
            await self._commit(batch[middle:])

    async def _append(self, batch: Batch) -> None:
        """Append a batch, retrying through conflicts and outages."""
        columns = _columns(batch)
        is_checked = False  # the unchecked function is faster, and conflicts are rare
        while True:
            started_at = asyncio.get_running_loop().time()
            try:
                connection = await self._connected()
                if is_checked:
                    await _append_checked(connection, batch, columns)
                else:
                    await _append_unchecked(connection, batch, columns)
            except asyncpg.UniqueViolationError:
                if is_checked:
                    raise
                is_checked = True
            except TRANSIENT as error:
                is_checked = True  # this attempt may have been committed
                await self._pause_before_retry(error, started_at)
            else:
                self._outage_began_at = None
                return

    async def _pause_before_retry(self, error: Exception, started_at: float) -> None:
        """Disconnect and pause; raises `Unavailable` once the outage has lasted too long."""
        self._disconnect()
        if self._outage_began_at is None:
            self._outage_began_at = started_at
        cause = error.__cause__ or error
        log.warning("append_retried", error=type(cause).__name__)
        if asyncio.get_running_loop().time() - self._outage_began_at >= self._outage_s_max:
            raise Unavailable("the event store cannot be reached") from error
        await asyncio.sleep(RETRY_PAUSE_S)

    async def _connected(self) -> DirectConnection:
        if self._connection is None or self._connection.is_closed():
            try:
                self._connection = await self._connect()
                await self._connection.execute(LOCK_TIMEOUT, timeout=RESPONSE_TIMEOUT_S)
            except Exception as error:  # whatever the reason, no request caused it
                raise ConnectionError("cannot connect to the event store") from error
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


async def _append_unchecked(
    connection: DirectConnection, batch: Batch, columns: tuple[Any, ...]
) -> None:
    row: Any = await connection.fetchrow(APPEND, *columns, timeout=RESPONSE_TIMEOUT_S)
    _succeed(batch, row["first_position"], row["recorded_at"])


async def _append_checked(
    connection: DirectConnection, batch: Batch, columns: tuple[Any, ...]
) -> None:
    numbers = [number for number, request in enumerate(batch) for _ in request.events]
    row: Any = await connection.fetchrow(
        APPEND_CHECKED, *columns, numbers, timeout=RESPONSE_TIMEOUT_S
    )
    rejected: set[int] = set(row["rejected"])
    appended = [request for number, request in enumerate(batch) if number not in rejected]
    _succeed(appended, row["first_position"], row["recorded_at"])
    for number in rejected:
        request = batch[number]
        if earlier := await _find_earlier_append(connection, request):
            request.succeed(earlier)
        else:
            request.fail(IntegrityError("a version of the stream is taken"))


async def _find_earlier_append(
    connection: DirectConnection, request: AppendRequest
) -> AppendResult | None:
    """Where this very request was stored by an earlier attempt, if it was."""
    first: Any = None
    for event in request.events:
        row = await connection.fetchrow(
            STORED, event.originator_id, event.originator_version, timeout=RESPONSE_TIMEOUT_S
        )
        if row is None or (event.topic, event.state, event.body, event.metadata) != tuple(row)[2:]:
            return None
        first = first or row
    return AppendResult(first["position"], first["recorded_at"])


def _columns(batch: Batch) -> tuple[Any, ...]:
    """The events of a batch as the parameters of `APPEND`."""
    events = [event for request in batch for event in request.events]
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


def _succeed(appended: Batch, position: int, recorded_at: Any) -> None:
    """Complete requests whose events follow each other from a position on."""
    for request in appended:
        request.succeed(AppendResult(position, recorded_at))
        position += len(request.events)


def _fail_all(batch: Batch, error: Exception) -> None:
    for request in batch:
        request.fail(error)
