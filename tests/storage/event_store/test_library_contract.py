"""The eventsourcing library's own test cases for recorders, run against ours.

Its cases are synchronous and know neither metadata nor JSON, so there is a facade: calls go to an
event loop in a thread, states are quoted as JSON strings, and versions, which the library counts
from any number, are moved by one. Each call has its own metadata, as in the platform; with
the same metadata it would be a repetition, which succeeds.

There is no tracking recorder: projections keep their position in a table of their own.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar
from uuid import UUID

import pytest
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent
from eventsourcing.tests import persistence as library

from domain.aggregate import new_id
from storage.event_store.mapper import NewEvent, RecordedEvent
from storage.event_store.recorder import EventRecorder, Subscription
from storage.postgres.pool import open_pool

T = TypeVar("T")


class LoopInAThread:
    """An event loop for callers that cannot await."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.stack = AsyncExitStack()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        self.run(self.stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class SubscriptionFacade:
    """Gives notifications until it is stopped."""

    def __init__(self, loop: LoopInAThread, subscription: Subscription) -> None:
        self._loop = loop
        self._subscription = subscription
        self._is_stopped = False

    def __enter__(self) -> SubscriptionFacade:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._is_stopped = True

    def __iter__(self) -> SubscriptionFacade:
        return self

    def __next__(self) -> Notification:
        if self._is_stopped:
            raise StopIteration
        return notification(self._loop.run(anext(self._subscription)))


class RecorderFacade(ApplicationRecorder):
    """Our recorder with the interface that the library's test cases expect."""

    def __init__(self, loop: LoopInAThread, recorder: EventRecorder) -> None:
        super().__init__()
        self._loop = loop
        self._recorder = recorder

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        call = json.dumps({"request_id": str(new_id())}).encode()
        rows = [new_event(event, metadata=call) for event in stored_events]
        if not rows:
            return []
        first = self._loop.run(self._recorder.append(rows)).first_position
        return list(range(first, first + len(rows)))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        assert isinstance(originator_id, UUID)
        after = None if gt is None else gt + 1
        until = None if lte is None else lte + 1
        reading = self._recorder.select_events(
            originator_id, gt=after, lte=until, desc=desc, limit=limit
        )
        return [stored_event(recorded) for recorded in self._loop.run(reading)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        reading = self._recorder.select_notifications(
            start, limit, stop, topics, inclusive_of_start=inclusive_of_start
        )
        return [notification(recorded) for recorded in self._loop.run(reading)]

    def max_notification_id(self) -> int | None:
        return self._loop.run(self._recorder.max_notification_id())

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Any:
        subscribing = self._recorder.subscribe(gt or 0, topics)
        entering = self._loop.stack.enter_async_context(subscribing)
        return SubscriptionFacade(self._loop, self._loop.run(entering))


def new_event(event: StoredEvent, *, metadata: bytes) -> NewEvent:
    state = json.dumps(event.state.decode()).encode()
    version = event.originator_version + 1
    assert isinstance(event.originator_id, UUID)
    return NewEvent(event.originator_id, version, event.topic, state, None, metadata)


def stored_event(event: RecordedEvent) -> StoredEvent:
    state = json.loads(event.state).encode()
    return StoredEvent(event.originator_id, event.originator_version - 1, event.topic, state)


def notification(event: RecordedEvent) -> Notification:
    return Notification(**vars(stored_event(event)), id=event.position)


class RecorderCase:
    """Gives each case a recorder on an empty database."""

    @pytest.fixture(autouse=True)
    def _database(self, database_dsn: str) -> Iterator[None]:
        self.dsn = database_dsn
        self.loop = LoopInAThread()
        yield
        self.loop.close()

    def create_recorder(self) -> RecorderFacade:
        return RecorderFacade(self.loop, self.loop.run(self._opened()))

    async def _opened(self) -> EventRecorder:
        pool = await self.loop.stack.enter_async_context(open_pool(self.dsn))
        return await self.loop.stack.enter_async_context(EventRecorder.open(self.dsn, pool))


class TestApplicationRecorder(
    RecorderCase, library.ApplicationRecorderTestCase[ApplicationRecorder]
):
    """Inserting, selecting and subscribing, one after the other and at the same time."""

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingPositions(RecorderCase, library.NonInterleavingNotificationIDsBaseCase):
    """The positions of one call follow each other."""
