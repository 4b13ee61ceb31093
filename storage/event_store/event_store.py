"""The append-only record of everything that happened, and the aggregates replayed from it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import IntegrityError

from domain.aggregate import Aggregate
from domain.errors import Conflict, NotFound
from domain.events import EVENTS, Metadata
from storage.event_store.aggregate_cache import AggregateCache, Follower
from storage.event_store.append_queue import AppendResult
from storage.event_store.mapper import EventMapper, RecordedEvent, decode_metadata, encode_metadata
from storage.event_store.recorder import EventRecorder
from storage.event_store.sealing import UserKeys
from storage.postgres.pool import Pool

A = TypeVar("A", bound=Aggregate)

CONFLICT_ATTEMPTS_MAX = 5


@dataclass(frozen=True)
class DecodedEvent:
    """An event, its place in the one order that all events have, and who caused it."""

    position: int
    recorded_at: datetime
    event: Any
    metadata: Metadata


@dataclass(frozen=True)
class _Change(Generic[A]):
    """What one aggregate decided, on top of what memory held of it."""

    aggregate: A
    events: Sequence[Any]
    base: Any

    def recorded(self, recorded_at: datetime) -> A | None:
        """Fold the events again with the time they were recorded at, if their base is held."""
        if not self.events:
            return self.aggregate
        before = self.events[0].originator_version - 1
        if before and (self.base is None or self.base.version != before):
            return None
        folded: Any = self.base.copy() if before else None
        for event in self.events:
            folded = _at(event, recorded_at).mutate(folded)
        return folded


class EventStore:
    """Appends events, and gives them back as aggregates or as history."""

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
            async with Follower.open(dsn, recorder, store._cache):
                yield store

    async def append(self, events: Sequence[DomainEvent], metadata: Metadata) -> AppendResult:
        """Append bare events in one call, all or nothing.

        Raises `Conflict` where a version is taken by another event; an append that is repeated
        with the same content succeeds. Raises `Unavailable` where the database stays away.
        """
        encoded = encode_metadata(metadata)
        to_new_event = self.mapper.to_new_event
        try:
            return await self.recorder.append([to_new_event(event, encoded) for event in events])
        except IntegrityError as error:
            raise Conflict("it has changed meanwhile") from error

    async def save(self, aggregates: Sequence[A], metadata: Metadata) -> list[A]:
        """Append what the aggregates decided, in one call, and give them as recorded.

        All of it or nothing: `Conflict` where one of the streams has grown meanwhile. Times
        are the database's, so what is given back was replayed from the recorded events.
        """
        changes = [
            _Change(aggregate, list(aggregate.pending_events), self._cache.get(aggregate.id))
            for aggregate in aggregates
        ]
        events: list[Any] = [event for change in changes for event in change.events]
        if not events:
            return list(aggregates)
        await self._fetch_keys(aggregates, events)
        with ExitStack() as stack:
            watches = [stack.enter_context(self._cache.watch(a.id)) for a in aggregates]
            appended = await self.append(events, metadata)
            recorded = [
                change.recorded(appended.recorded_at) or await self._replayed(change.aggregate)
                for change in changes
            ]
            for change, aggregate, watch in zip(changes, recorded, watches, strict=True):
                if change.events:  # else nobody knows how old it is
                    self._cache.offer(aggregate, watch)
        return [aggregate.copy() for aggregate in recorded]

    async def load(self, kind: type[A], stream_id: UUID) -> A:
        """Give an aggregate as it is now, for the caller to change; raises `NotFound`."""
        return (await self.peek(kind, stream_id)).copy()

    async def peek(self, kind: type[A], stream_id: UUID) -> A:
        """Give an aggregate as it is now, to be looked at only: it is the one that is held.

        For what every call asks, where a copy would be made and thrown away; raises `NotFound`.
        """
        aggregate = self._cache.get(stream_id) or await self._replay(stream_id)
        if not isinstance(aggregate, kind):
            raise NotFound(f"there is no such {kind.noun()}")
        return aggregate

    async def find(self, kind: type[A], stream_id: UUID) -> A | None:
        """Give an aggregate as it is now, or None."""
        try:
            return await self.load(kind, stream_id)
        except NotFound:
            return None

    async def change(
        self, kind: type[A], stream_id: UUID, decide: Callable[[A], object], metadata: Metadata
    ) -> A:
        """Load one aggregate, decide, append; again where another writer was faster."""

        async def decided() -> list[A]:
            aggregate = await self.load(kind, stream_id)
            decide(aggregate)
            return [aggregate]

        [changed] = await self.change_all(decided, metadata)
        return changed

    async def change_all(
        self, decided: Callable[[], Awaitable[Sequence[A]]], metadata: Metadata
    ) -> list[A]:
        """Append what several aggregates decide together, in one call.

        ``decided`` loads them and lets them decide. It is asked again, and then reads the
        streams themselves, where another writer was faster; `Conflict` if that happens too often.
        """
        for attempt in range(1, CONFLICT_ATTEMPTS_MAX + 1):
            aggregates = await decided()
            try:
                return await self.save(aggregates, metadata)
            except Conflict:
                for aggregate in aggregates:
                    self._cache.drop(aggregate.id)
                if attempt == CONFLICT_ATTEMPTS_MAX:
                    raise
        raise AssertionError("unreachable")

    async def load_as_of(self, kind: type[A], stream_id: UUID, moment: datetime) -> A:
        """Give an aggregate as it was at a moment; raises `NotFound` where it was not yet."""
        aggregate: Any = None
        for recorded in await self.history(stream_id, as_of=moment):
            aggregate = recorded.event.mutate(aggregate)
        if not isinstance(aggregate, kind):
            raise NotFound(f"there was no such {kind.noun()} then")
        return aggregate

    async def history(
        self, stream_id: UUID, *, as_of: datetime | None = None
    ) -> list[DecodedEvent]:
        """Give the events of one stream, oldest first, with their bodies."""
        return await self.decode(await self.recorder.select_events(stream_id, as_of=as_of))

    async def history_page(
        self, stream_id: UUID, *, after_version: int, limit: int, bytes_max: int
    ) -> list[DecodedEvent]:
        """Give some of the events of one stream; the first of them comes however large it is."""
        return await self.decode(
            await self.recorder.select_part(
                stream_id, gt=after_version, limit=limit, bytes_max=bytes_max
            )
        )

    async def decode(self, rows: Sequence[RecordedEvent]) -> list[DecodedEvent]:
        """Decode rows, with the keys of the users whose streams they are."""
        await self._keys.fetch(_streams_with_personal_values(rows, self.mapper))
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
        """Make the key that a new user's personal values are sealed under, before all else."""
        await self._keys.make(user_id)

    async def _replay(self, stream_id: UUID) -> Aggregate | None:
        aggregate: Any = None
        with self._cache.watch(stream_id) as watch:
            rows = await self.recorder.select_events(stream_id, with_body=False)
            await self._keys.fetch(_streams_with_personal_values(rows, self.mapper))
            for row in rows:
                event = self.mapper.to_domain_event(row)
                aggregate = event.mutate(aggregate) if hasattr(event, "mutate") else None
            if aggregate is not None:
                self._cache.offer(aggregate, watch)
        return aggregate

    async def _replayed(self, aggregate: A) -> A:
        recorded = await self._replay(aggregate.id)
        assert isinstance(recorded, type(aggregate))
        return recorded

    async def _fetch_keys(self, aggregates: Sequence[Aggregate], events: Sequence[Any]) -> None:
        if any(self.mapper.is_personal(event.TOPIC) for event in events):
            await self._keys.fetch(aggregate.id for aggregate in aggregates)


def _at(event: Any, moment: datetime) -> Any:
    twin: Any = copy(event)
    vars(twin)["timestamp"] = moment
    return twin


def _streams_with_personal_values(rows: Sequence[RecordedEvent], mapper: EventMapper) -> set[UUID]:
    return {row.originator_id for row in rows if mapper.is_personal(row.topic)}
