"""The queue of pending appends: bounded in rows and bytes, taken in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from eventsourcing.persistence import IntegrityError

from domain.errors import Unavailable
from storage.event_store.mapper import NewEvent

BATCH_ROWS_MAX = 1_000
BATCH_BYTES_MAX = 16 * 2**20
QUEUE_ROWS_MAX = 20_000
QUEUE_BYTES_MAX = 256 * 2**20


class AppendResult(msgspec.Struct, frozen=True):
    """Where the events of one request were stored: consecutive positions and one time."""

    first_position: int
    recorded_at: datetime


class AppendRequest:
    """The events that one caller appends: all of them, or none.

    Raises `IntegrityError` if two of the events have the same stream and version.
    """

    __slots__ = ("bytes", "events", "future", "streams")

    def __init__(self, events: Sequence[NewEvent], future: asyncio.Future[AppendResult]) -> None:
        if not events:
            raise ValueError("an append needs at least one event")
        self.events = events
        self.future = future
        # As integers, which are hashed and compared in C.
        self.streams = {event.originator_id.int for event in events}
        self.bytes = 0
        for event in events:
            self.bytes += len(event.state) + len(event.body or b"") + len(event.metadata)
        if len(self.streams) < len(events):
            versions = {(event.originator_id, event.originator_version) for event in events}
            if len(versions) < len(events):
                raise IntegrityError("one append has the same version twice")

    def succeed(self, result: AppendResult) -> None:
        """Give the caller the result, unless the caller was cancelled."""
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Give the caller the error, unless the caller was cancelled."""
        if not self.future.done():
            self.future.set_exception(error)


class AppendQueue:
    """First in, first out; a batch that was taken counts towards the limits until its release."""

    def __init__(self) -> None:
        self._requests: deque[AppendRequest] = deque()
        self._rows = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[AppendRequest]:
        return iter(self._requests)

    def put(self, request: AppendRequest) -> None:
        """Add a request; raises `Unavailable` if the queue is full."""
        rows, size = self._rows + len(request.events), self._bytes + request.bytes
        if rows > QUEUE_ROWS_MAX or size > QUEUE_BYTES_MAX:
            raise Unavailable("too many appends are waiting")
        self._rows, self._bytes = rows, size
        self._requests.append(request)

    def take_batch(self) -> list[AppendRequest]:
        """Take the next batch; a second request for the same stream is left for a later one."""
        batch: list[AppendRequest] = []
        skipped: list[AppendRequest] = []
        streams: set[int] = set()
        rows = size = 0
        for _ in range(min(len(self._requests), BATCH_ROWS_MAX)):
            request = self._requests.popleft()
            if streams.isdisjoint(request.streams):
                batch.append(request)
                rows += len(request.events)
                size += request.bytes
            else:
                skipped.append(request)
            streams |= request.streams
            if rows >= BATCH_ROWS_MAX or size >= BATCH_BYTES_MAX:
                break
        self._requests.extendleft(reversed(skipped))
        return batch

    def release(self, batch: Sequence[AppendRequest]) -> None:
        """Stop counting a batch towards the limits."""
        self._rows -= sum([len(request.events) for request in batch])
        self._bytes -= sum([request.bytes for request in batch])
