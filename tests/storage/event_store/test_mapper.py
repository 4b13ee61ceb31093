"""Events become rows, and rows of any release become the same events."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.domain import AggregateCreated, DomainEvent
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from domain.aggregate import Aggregate
from domain.events import EVENTS, PREDICTIONS, Metadata
from domain.model import Model
from domain.personal import email_of, username_of
from domain.prediction import UNRECORDED, Prediction
from domain.user import User
from storage.event_store.mapper import (
    HEADER,
    EventMapper,
    NewEvent,
    RecordedEvent,
    UnknownTopic,
    decode_metadata,
    encode_metadata,
    field_names,
)
from storage.event_store.recorder import EventRecorder
from storage.postgres.pool import Pool
from tests.samples import served, uploaded

RECORDED_AT = datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)
RARE = ["", "é", "\u2028", '"\\', "😀", "a\nb", "1e5"]

texts = st.sampled_from(RARE) | st.text(max_size=20)
integers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | integers | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    Any: json_values,
    type(None): st.none(),
    bool: st.booleans(),
    int: integers,
    float: floats,
    str: texts,
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in SIMPLE:
        found = SIMPLE[hint]
    elif isinstance(hint, NewType):
        found = values(hint.__supertype__)
    elif origin is Literal:
        found = st.sampled_from(arguments)
    elif origin in (Union, UnionType):
        found = st.one_of([values(argument) for argument in arguments])
    elif origin is tuple:
        found = st.lists(values(arguments[0]), max_size=3).map(tuple)
    elif origin is dict:
        found = st.dictionaries(texts, values(arguments[1]), max_size=3)
    else:
        found = st.builds(hint, **{name: values(h) for name, h in get_type_hints(hint).items()})
    return found


@st.composite
def events(draw: st.DrawFn) -> Any:
    """Any event of any kind."""
    topic = draw(st.sampled_from(sorted(EVENTS)))
    kind = EVENTS[topic]
    facts: dict[str, Any] = {
        "originator_id": draw(st.uuids()),
        "originator_version": draw(st.integers(1, 2**31 - 1)),
        "timestamp": RECORDED_AT,
    }
    if issubclass(kind, AggregateCreated):
        facts["originator_topic"] = topic.partition(".")[0]
    hints = get_type_hints(kind)
    for name in field_names(kind):
        if name not in HEADER:
            facts[name] = draw(values(hints[name]))
    return kind(**facts)


class Reversing:
    """Reverses the text instead of encrypting it, so that the mapper is tested alone."""

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        return f"{user_id}/{place}:{text[::-1]}"

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        assert sealed.startswith(f"{user_id}/{place}:")
        return sealed.removeprefix(f"{user_id}/{place}:")[::-1]


MAPPER = EventMapper(EVENTS, Reversing())


def first_event(aggregate: Aggregate) -> Any:
    return aggregate.pending_events[0]


def recorded(row: NewEvent) -> RecordedEvent:
    return RecordedEvent(**asdict(row), position=7, recorded_at=RECORDED_AT)


@given(events())
def test_every_kind_of_event_is_decoded_equal_and_encoded_to_the_same_bytes(event: Any) -> None:
    row = MAPPER.to_new_event(event, b"{}")
    again = MAPPER.to_domain_event(recorded(row))
    assert type(again) is type(event)
    names = field_names(EVENTS[row.topic])
    assert [getattr(again, n) for n in names] == [getattr(event, n) for n in names]
    assert MAPPER.to_new_event(again, b"{}") == row


async def test_rows_are_read_byte_for_byte(database_dsn: str, pool: Pool) -> None:
    odd = b'{"b":  -0.0, "a": 1e2, "b": 1.50}'
    row = replace(MAPPER.to_new_event(served(uuid4()), odd), state=odd, body=odd)
    async with EventRecorder.open(database_dsn, pool) as recorder:
        await recorder.append([row])
        [back] = await recorder.select_notifications(None, 2)
    assert back == RecordedEvent(
        **asdict(row), position=back.position, recorded_at=back.recorded_at
    )


def test_the_time_of_an_event_is_the_one_it_was_recorded_at() -> None:
    row = MAPPER.to_new_event(first_event(uploaded()), b"{}")
    assert b"timestamp" not in row.state
    assert MAPPER.to_domain_event(recorded(row)).timestamp == RECORDED_AT
    assert MAPPER.to_domain_event(row).timestamp == UNRECORDED


def test_the_body_is_encoded_separately_from_the_state() -> None:
    prediction = served(uuid4())
    row = MAPPER.to_new_event(prediction, b"{}")
    assert row.body is not None
    assert set(msgspec.json.decode(row.body)) == {"inputs", "outputs", "probabilities"}
    assert not set(msgspec.json.decode(row.state)) & {"inputs", "outputs", "probabilities"}

    without = MAPPER.to_domain_event(replace(recorded(row), body=None))
    assert isinstance(without, Prediction.Served)
    assert (without.inputs, without.outputs, without.probabilities) == (None, None, None)
    assert without.model_id == prediction.model_id


def test_only_predictions_have_a_body() -> None:
    assert {topic for topic, kind in EVENTS.items() if hasattr(kind, "BODY")} == set(PREDICTIONS)


def test_only_names_and_addresses_are_personal() -> None:
    assert {topic for topic in EVENTS if MAPPER.is_personal(topic)} == {
        "User.Registered",
        "User.ProfileChanged",
    }
    assert not MAPPER.is_personal("User.OfALaterRelease")


def test_a_missing_name_is_not_sealed() -> None:
    user = User.register(
        uuid4(),
        username=username_of("alice"),
        email=email_of("alice@example.com"),
        full_name=None,
        credential_id=uuid4(),
    )
    row = MAPPER.to_new_event(first_event(user), b"{}")
    state = msgspec.json.decode(row.state)
    assert state["full_name"] is None
    assert state["username"] == f"{user.id}/{user.id}/1/username:ecila"


@pytest.mark.parametrize("topic", ["os.system", "antigravity:fly", "domain.model:Model", ""])
def test_an_unknown_topic_is_an_error_and_imports_nothing(topic: str) -> None:
    before = set(sys.modules)
    row = replace(MAPPER.to_new_event(served(uuid4()), b"{}"), topic=topic)
    with pytest.raises(UnknownTopic):
        MAPPER.to_domain_event(recorded(row))
    assert set(sys.modules) == before


def test_a_state_cannot_name_the_class_to_create() -> None:
    row = MAPPER.to_new_event(first_event(uploaded()), b"{}")
    state = msgspec.json.decode(row.state) | {"originator_topic": "os:system", "timestamp": 0}
    event = MAPPER.to_domain_event(replace(recorded(row), state=msgspec.json.encode(state)))
    assert event.originator_topic == "Model"
    assert isinstance(event.mutate(None), Model)


@pytest.mark.parametrize("state", [b"{}", b'{"number": "1"}', b'{"number": 1.5}', b"[]", b"{"])
def test_a_state_of_another_shape_is_an_error(state: bytes) -> None:
    row = NewEvent(uuid4(), 2, Model.Promoted.TOPIC, state, None, b"{}")
    with pytest.raises(msgspec.DecodeError):
        MAPPER.to_domain_event(recorded(row))


def test_an_unknown_field_is_ignored() -> None:
    row = NewEvent(uuid4(), 2, Model.Promoted.TOPIC, b'{"number": 2, "why": "?"}', None, b"{}")
    assert vars(MAPPER.to_domain_event(recorded(row)))["number"] == 2


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        MAPPER.to_new_event(served(uuid4(), inputs=["\ud800"]), b"{}")


def test_metadata_omits_missing_values() -> None:
    metadata = Metadata(actor_id=uuid4(), request_id="r-1")
    assert decode_metadata(encode_metadata(metadata)) == metadata
    assert set(msgspec.json.decode(encode_metadata(metadata))) == {"actor_id", "request_id"}
    assert encode_metadata(Metadata()) == b"{}"


@dataclass(frozen=True)
class Painted(DomainEvent):
    """An event whose fields changed twice."""

    TOPIC = "Wall.Painted"
    class_version = 3
    colour: str
    coats: int

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Use the British spelling of colour."""
        state["colour"] = state.pop("color")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        """Add the number of coats, which was one."""
        state["coats"] = 1


@pytest.mark.parametrize(
    ("state", "coats"),
    [
        (b'{"color": "red"}', 1),
        (b'{"colour": "red", "class_version": 2}', 1),
        (b'{"colour": "red", "coats": 2, "class_version": 3}', 2),
    ],
)
def test_events_of_earlier_releases_are_upcast(state: bytes, coats: int) -> None:
    mapper = EventMapper({Painted.TOPIC: Painted}, Reversing())
    row = NewEvent(uuid4(), 1, Painted.TOPIC, state, None, b"{}")
    event = mapper.to_domain_event(recorded(row))
    assert (event.colour, event.coats) == ("red", coats)
    written = msgspec.json.decode(mapper.to_stored_event(event).state)
    assert written == {"colour": "red", "coats": coats, "class_version": 3}
