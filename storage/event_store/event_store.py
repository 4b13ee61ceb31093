"""The event store: append events, load the aggregates replayed from them, read their history."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from domain.aggregate import Aggregate
from domain.errors import Conflict, NotFound
from domain.events import EVENTS, Event, Metadata
from storage.event_store.aggregate_cache import AggregateCache, CacheFollower
from storage.event_store.append_queue import AppendResult
from storage.event_store.mapper import (
    HEADER,
    EventMapper,
    RecordedEvent,
    decode_metadata,
    encode_metadata,
    field_names,
)
from storage.event_store.recorder import EventRecorder
from storage.event_store.sealing import UserKeys
from storage.postgres.pool import Pool

A = TypeVar("A", bound=Aggregate)

CONFLICT_ATTEMPTS_MAX = 5


@dataclass(frozen=True)
class DecodedEvent:
    """An event with its position, its time and its metadata."""

    position: int
    recorded_at: datetime
    event: Any
    metadata: Metadata

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the event, without those that every event has."""
        names = (name for name in field_names(EVENTS[self.event.TOPIC]) if name not in HEADER)
        return {name: getattr(self.event, name) for name in names}


@dataclass(frozen=True)
class _Change(Generic[A]):
    """The new events of one aggregate, and the cached aggregate before them."""

    aggregate: A
    events: Sequence[Any]
    base: Any

    def recorded(self, recorded_at: datetime) -> A | None:
        """The aggregate with the time its events were recorded; None if its base is not cached."""
        if not self.events:
            return self.aggregate
        before = self.events[0].originator_version - 1
        if before and (self.base is None or self.base.version != before):
            return None
        folded: Any = self.base.copy() if before else None
        for event in self.events:
            folded = _with_timestamp(event, recorded_at).mutate(folded)
        return folded


class EventStore:
    """Appends events, loads aggregates and reads history."""

    def __init__(self, recorder: EventRecorder, keys: UserKeys) -> None:
        self.recorder = recorder
        self.mapper = EventMapper(EVENTS, keys)
        self._keys = keys
        self._cache = AggregateCache(self.mapper.to_domain_event)

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, pool: Pool, *, sealing_key: bytes) -> AsyncGenerator[EventStore]:
        """Append and follow while the context is open."""
        async with EventRecorder.open(dsn, pool) as recorder:
            store = cls(recorder, UserKeys(pool, sealing_key))
            async with CacheFollower.open(dsn, recorder, store._cache):
                yield store

    async def append(self, events: Sequence[Event], metadata: Metadata) -> AppendResult:
        """Append events that belong to no loaded aggregate, all or nothing.

        Raises `Conflict` if another event has the version; repeating an append with the same
        content succeeds. Raises `Unavailable` if the database stays unreachable.
        """
        encoded = encode_metadata(metadata)
        to_new_event = self.mapper.to_new_event
        try:
            return await self.recorder.append([to_new_event(event, encoded) for event in events])
        except IntegrityError as error:
            raise Conflict("it was changed in the meantime") from error

    async def save(self, aggregates: Sequence[A], metadata: Metadata) -> list[A]:
        """Append the pending events of aggregates, all or nothing, and return them as recorded.

        Raises `Conflict` if one of the streams has newer events. Timestamps come from the
        database, so the returned aggregates are replayed from the recorded events.
        """
        changes = [
            _Change(aggregate, list(aggregate.pending_events), self._cache.get(aggregate.id))
            for aggregate in aggregates
        ]
        events: list[Any] = [event for change in changes for event in change.events]
        if not events:
            return list(aggregates)
        if any(self.mapper.is_personal(event.TOPIC) for event in events):
            await self._keys.fetch(aggregate.id for aggregate in aggregates)
        with ExitStack() as stack:
            fills = [stack.enter_context(self._cache.fill(a.id)) for a in aggregates]
            appended = await self.append(events, metadata)
            recorded = [
                change.recorded(appended.recorded_at) or await self._replayed(change.aggregate)
                for change in changes
            ]
            for change, aggregate, fill in zip(changes, recorded, fills, strict=True):
                if change.events:  # without new events it may be outdated
                    self._cache.put(aggregate, fill)
        return [aggregate.copy() for aggregate in recorded]

    async def load(self, kind: type[A], stream_id: UUID) -> A:
        """The current aggregate, as a copy that may be changed; raises `NotFound`."""
        return (await self.peek(kind, stream_id)).copy()

    async def peek(self, kind: type[A], stream_id: UUID) -> A:
        """The current aggregate, to be read only: it is the cached object itself.

        Avoids a copy in code that runs for every request; raises `NotFound`.
        """
        aggregate = self._cache.get(stream_id) or await self._replay(stream_id)
        if not isinstance(aggregate, kind):
            raise NotFound(f"there is no such {kind.noun()}")
        return aggregate

    async def find(self, kind: type[A], stream_id: UUID) -> A | None:
        """The current aggregate, as a copy that may be changed, or None."""
        try:
            return await self.load(kind, stream_id)
        except NotFound:
            return None

    async def change(
        self, kind: type[A], stream_id: UUID, decide: Callable[[A], object], metadata: Metadata
    ) -> A:
        """Load an aggregate, decide, append; retried if another writer was faster."""

        async def load_and_decide() -> list[A]:
            aggregate = await self.load(kind, stream_id)
            decide(aggregate)
            return [aggregate]

        [changed] = await self.change_all(load_and_decide, metadata)
        return changed

    async def change_all(
        self, load_and_decide: Callable[[], Awaitable[Sequence[A]]], metadata: Metadata
    ) -> list[A]:
        """Append what several aggregates decide together, all or nothing.

        ``load_and_decide`` runs again, past the cache, if another writer was faster; raises
        `Conflict` if that happens too often.
        """
        for attempt in range(1, CONFLICT_ATTEMPTS_MAX + 1):
            aggregates = await load_and_decide()
            try:
                return await self.save(aggregates, metadata)
            except Conflict:
                for aggregate in aggregates:
                    self._cache.discard(aggregate.id)
                if attempt == CONFLICT_ATTEMPTS_MAX:
                    raise
        raise AssertionError("unreachable")

    async def load_as_of(self, kind: type[A], stream_id: UUID, as_of: datetime) -> A:
        """The aggregate at a time in the past; raises `NotFound` if it did not exist then."""
        aggregate: Any = None
        for recorded in await self.history(stream_id, as_of=as_of):
            aggregate = recorded.event.mutate(aggregate)
        if not isinstance(aggregate, kind):
            raise NotFound(f"there was no such {kind.noun()} then")
        return aggregate

    async def history(
        self, stream_id: UUID, *, as_of: datetime | None = None
    ) -> list[DecodedEvent]:
        """The events of one stream, oldest first, with their bodies."""
        return await self.decode(await self.recorder.select_events(stream_id, as_of=as_of))

    async def history_page(
        self, stream_id: UUID, *, after_version: int, limit: int, bytes_max: int
    ) -> list[DecodedEvent]:
        """Events of one stream after a version, limited in number and bytes, but at least one."""
        return await self.decode(
            await self.recorder.select_page(
                stream_id, gt=after_version, limit=limit, bytes_max=bytes_max
            )
        )

    async def decode(self, rows: Sequence[RecordedEvent]) -> list[DecodedEvent]:
        """Decode rows; fetches the keys of the users whose personal values they hold."""
        await self._fetch_keys_of(rows)
        decode = self.mapper.to_domain_event
        return [
            DecodedEvent(row.position, row.recorded_at, decode(row), decode_metadata(row.metadata))
            for row in rows
        ]

    async def now(self) -> datetime:
        """The time by the database's clock, which also stamps events; costs a round trip.

        Clocks of machines differ by seconds, so what is compared with an event uses this one.
        """
        return await self.recorder.now()

    async def make_user_key(self, user_id: UUID) -> None:
        """Create the key for a new user's personal values, before any event of the user."""
        await self._keys.make(user_id)

    async def _replay(self, stream_id: UUID) -> Aggregate | None:
        aggregate: Any = None
        with self._cache.fill(stream_id) as fill:
            rows = await self.recorder.select_without_bodies(stream_id)
            await self._fetch_keys_of(rows)
            for row in rows:
                event = self.mapper.to_domain_event(row)
                aggregate = event.mutate(aggregate) if hasattr(event, "mutate") else None
            if aggregate is not None:
                self._cache.put(aggregate, fill)
        return aggregate

    async def _replayed(self, aggregate: A) -> A:
        recorded = await self._replay(aggregate.id)
        assert isinstance(recorded, type(aggregate))
        return recorded

    async def _fetch_keys_of(self, rows: Sequence[RecordedEvent]) -> None:
        is_personal = self.mapper.is_personal
        await self._keys.fetch({row.originator_id for row in rows if is_personal(row.topic)})


def _with_timestamp(event: Any, timestamp: datetime) -> Any:
    copied: Any = copy(event)
    vars(copied)["timestamp"] = timestamp  # events are frozen, and `replace` is slower
    return copied
