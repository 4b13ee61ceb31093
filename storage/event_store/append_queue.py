"""What waits to be appended, bounded in rows and bytes, and taken in batches."""

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
    """Where the events of one call went: dense positions from the first, and one time."""

    first_position: int
    recorded_at: datetime


class Call:
    """One append that waits: all of its events, or none.

    Raises `IntegrityError` where two of the events are of one version.
    """

    __slots__ = ("bytes", "events", "outcome", "streams")

    def __init__(self, events: Sequence[NewEvent], outcome: asyncio.Future[AppendResult]) -> None:
        if not events:
            raise ValueError("a call appends at least one event")
        self.events = events
        self.outcome = outcome
        # By their numbers, which are hashed and compared in C.
        self.streams = frozenset([event.originator_id.int for event in events])
        self.bytes = sum([len(e.state) + len(e.body or b"") + len(e.metadata) for e in events])
        if len(self.streams) < len(events):
            versions = {(event.originator_id, event.originator_version) for event in events}
            if len(versions) < len(events):
                raise IntegrityError("one call appends the same version twice")

    def succeed(self, appended: AppendResult) -> None:
        """Tell the caller, if it still waits."""
        if not self.outcome.done():
            self.outcome.set_result(appended)

    def fail(self, error: Exception) -> None:
        """Tell the caller, if it still waits."""
        if not self.outcome.done():
            self.outcome.set_exception(error)


class AppendQueue:
    """First come, first served; what was taken counts until it is `done`."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque()
        self._rows = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def put(self, call: Call) -> None:
        """Let a call wait; raises `Unavailable` where there is no room."""
        rows, size = self._rows + len(call.events), self._bytes + call.bytes
        if rows > QUEUE_ROWS_MAX or size > QUEUE_BYTES_MAX:
            raise Unavailable("the event store has more to write than it can take")
        self._rows, self._bytes = rows, size
        self._calls.append(call)

    def take(self) -> list[Call]:
        """Take the next batch; a second call on one stream stays for a later one."""
        taken: list[Call] = []
        held: list[Call] = []
        streams: set[int] = set()
        rows = size = 0
        for _ in range(min(len(self._calls), BATCH_ROWS_MAX)):
            call = self._calls.popleft()
            if streams.isdisjoint(call.streams):
                taken.append(call)
                rows += len(call.events)
                size += call.bytes
            else:
                held.append(call)
            streams |= call.streams
            if rows >= BATCH_ROWS_MAX or size >= BATCH_BYTES_MAX:
                break
        self._calls.extendleft(reversed(held))
        return taken

    def done(self, calls: Sequence[Call]) -> None:
        """Free the room of calls that were taken."""
        self._rows -= sum([len(call.events) for call in calls])
        self._bytes -= sum([call.bytes for call in calls])
