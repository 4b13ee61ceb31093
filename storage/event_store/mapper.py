"""Between events as the domain knows them and rows as the database keeps them.

The vocabulary is that of the eventsourcing library (`Mapper`, `StoredEvent`, upcasting by
``class_version``); the work is done by msgspec, which is told the types by the annotations of
each event class. The state is plain JSON that SQL can read.

* The time of an event is the database's ``recorded_at`` and is not in its state.
* Fields that an event class names in ``BODY`` are kept apart: folds never read them.
* Fields of the type `Personal` are sealed under the key of the user whose stream it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from types import UnionType
from typing import Any, ClassVar, Protocol, TypedDict, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from eventsourcing.domain import AggregateCreated, DomainEvent
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from domain.events import Metadata
from domain.personal import Personal
from domain.prediction import UNRECORDED

HEADER = frozenset({"originator_id", "originator_version", "originator_topic", "timestamp"})

_ENCODE = msgspec.json.Encoder(uuid_format="canonical").encode
_DECODE_METADATA = msgspec.json.Decoder(Metadata).decode


class UnknownTopic(LookupError):
    """The store holds a kind of event that this release does not know."""


class Sealer(Protocol):
    """Whoever holds the users' keys."""

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        """Encrypt a personal value for one place: stream, version and field."""
        ...

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        """Decrypt it again; once the key is gone, say that it was erased."""
        ...


@dataclasses.dataclass(frozen=True)
class NewEvent(StoredEvent):
    """An event on its way into the store; ``state``, ``body`` and ``metadata`` are JSON."""

    originator_id: UUID
    body: bytes | None
    metadata: bytes


@dataclasses.dataclass(frozen=True)
class RecordedEvent(NewEvent):
    """An event as it stands in the store."""

    position: int
    recorded_at: datetime


class EventMapper(Mapper[UUID]):
    """Converts between domain events and stored ones, in 3 to 5 microseconds each."""

    def __init__(self, events: Mapping[str, type[DomainEvent]], sealer: Sealer) -> None:
        super().__init__(JSONTranscoder())
        self._shapes = {topic: _Shape(topic, kind) for topic, kind in events.items()}
        self._shapes_by_kind = {kind: self._shapes[topic] for topic, kind in events.items()}
        self._sealer = sealer

    def to_new_event(self, event: DomainEvent, metadata: bytes) -> NewEvent:
        """Encode an event, with the metadata it is to be recorded with."""
        shape = self._shapes_by_kind[type(event)]
        facts = vars(event)
        state = shape.state.of(facts)
        if shape.personal:
            self._seal(state, shape, event)
        return NewEvent(
            originator_id=facts["originator_id"],
            originator_version=facts["originator_version"],
            topic=shape.topic,
            state=_ENCODE(state),
            body=_ENCODE(shape.body.of(facts)) if shape.body.names else None,
            metadata=metadata,
        )

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Encode an event without metadata."""
        return self.to_new_event(domain_event, b"{}")

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Decode an event; raises `UnknownTopic` or `msgspec.ValidationError`.

        An event read without its body has None for each field of the body.
        """
        try:
            shape = self._shapes[stored_event.topic]
        except KeyError:
            raise UnknownTopic(stored_event.topic) from None
        facts = shape.decode(stored_event.state)
        if shape.personal:
            self._unseal(facts, shape, stored_event)
        if names := shape.body.names:
            body = stored_event.body if isinstance(stored_event, NewEvent) else None
            facts.update(shape.decode_body(body) if body else dict.fromkeys(names))
        facts["originator_id"] = stored_event.originator_id
        facts["originator_version"] = stored_event.originator_version
        facts["timestamp"] = getattr(stored_event, "recorded_at", UNRECORDED)
        if shape.opens:
            facts["originator_topic"] = shape.opens
        return shape.kind(**facts)

    def is_personal(self, topic: str) -> bool:
        """Say whether events of a topic hold sealed values."""
        shape = self._shapes.get(topic)
        return shape is not None and bool(shape.personal)

    def _seal(self, state: msgspec.Struct, shape: _Shape, event: DomainEvent) -> None:
        for name in shape.personal:
            if (text := getattr(state, name)) is not None:
                place = f"{event.originator_id}/{event.originator_version}/{name}"
                setattr(state, name, self._sealer.seal(event.originator_id, place, text))

    def _unseal(self, facts: dict[str, Any], shape: _Shape, stored: StoredEvent) -> None:
        assert isinstance(stored.originator_id, UUID)
        for name in shape.personal:
            if facts[name] is not None:
                place = f"{stored.originator_id}/{stored.originator_version}/{name}"
                facts[name] = self._sealer.unseal(stored.originator_id, place, facts[name])


def encode_metadata(metadata: Metadata) -> bytes:
    """Encode what stands beside an event, leaving out what is not known."""
    return _ENCODE(metadata)


def decode_metadata(metadata: bytes) -> Metadata:
    """Decode what stands beside an event."""
    return _DECODE_METADATA(metadata)


class _Members:
    """Some of an event's facts, on their way into JSON."""

    def __init__(self, topic: str, names: Sequence[str], **constants: Any) -> None:
        self.names = names
        fields = [*names, *((name, Any, value) for name, value in constants.items())]
        self._struct = msgspec.defstruct(topic, fields)
        self._values = itemgetter(*names) if len(names) > 1 else None

    def of(self, facts: Mapping[str, Any]) -> msgspec.Struct:
        """Take them out of all facts."""
        if self._values is None:
            return self._struct(*[facts[name] for name in self.names])
        return self._struct(*self._values(facts))


class _Shape:
    """What the mapper knows of one event class, read from its annotations once."""

    NOT_UPCAST: ClassVar = 1

    def __init__(self, topic: str, kind: type[DomainEvent]) -> None:
        hints = get_type_hints(kind)
        fields = {
            field.name: hints[field.name]
            for field in dataclasses.fields(kind)
            if field.name not in HEADER
        }
        self.topic = topic
        self.kind = kind
        body: tuple[str, ...] = getattr(kind, "BODY", ())
        state = tuple(name for name in fields if name not in body)
        self.class_version: int = getattr(kind, "class_version", self.NOT_UPCAST)
        is_upcast = self.class_version > self.NOT_UPCAST
        version = {"class_version": self.class_version} if is_upcast else {}
        self.state, self.body = _Members(topic, state, **version), _Members(topic, body)
        self.personal = tuple(name for name in state if _is_personal(fields[name]))
        self.opens = topic.partition(".")[0] if issubclass(kind, AggregateCreated) else None
        self._type = _typed_dict(topic, {name: fields[name] for name in state})
        self._decoder = msgspec.json.Decoder(self._type)
        self.decode_body: Callable[[bytes], dict[str, Any]] = msgspec.json.Decoder(
            _typed_dict(topic + ".body", {name: fields[name] for name in body})
        ).decode

    def decode(self, state: bytes) -> dict[str, Any]:
        """Decode a state, brought up to the class as it is now."""
        if self.class_version == self.NOT_UPCAST:
            return self._decoder.decode(state)
        raw = msgspec.json.decode(state)
        for version in range(raw.pop("class_version", self.NOT_UPCAST), self.class_version):
            getattr(self.kind, f"upcast_v{version}_v{version + 1}")(raw)
        return msgspec.convert(raw, self._type)


def _typed_dict(name: str, hints: dict[str, Any]) -> Any:
    make: Any = TypedDict
    return make(name, hints)


def _is_personal(hint: Any) -> bool:
    if get_origin(hint) in (Union, UnionType):
        return any(_is_personal(part) for part in get_args(hint))
    return hint is Personal
