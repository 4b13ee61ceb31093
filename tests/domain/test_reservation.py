"""One name, one account."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Conflict
from domain.personal import Personal
from domain.reservation import NameKind, Reservation, reservation_id
from tests.domain.given_when_then import history, replayed, state, then, when

ALICE, BOB = uuid4(), uuid4()
KEY = b"k" * 32
ADDRESS = Personal("alice@example.com")


def taken() -> Reservation:
    """Given an address that Alice holds."""
    return Reservation.open(reservation_id(KEY, "email", ADDRESS), "email", by=ALICE)


def released() -> Reservation:
    """Given an address that Alice has released."""
    reservation = taken()
    reservation.release(by=ALICE)
    return reservation


def test_a_name_is_reserved_in_its_own_stream() -> None:
    reservation = taken()
    assert reservation.id == reservation_id(KEY, "email", ADDRESS)
    assert (reservation.kind, reservation.user_id) == ("email", ALICE)
    assert history(reservation) == then(Reservation.Taken, kind="email", user_id=ALICE)


def test_another_account_cannot_take_it() -> None:
    with pytest.raises(Conflict, match=r"^email: this email is taken$"):
        taken().take(by=BOB)


def test_taking_a_name_again_changes_nothing() -> None:
    assert when(taken(), lambda r: r.take(by=ALICE)) == []


@pytest.mark.parametrize("user_id", [ALICE, BOB])
def test_a_released_name_can_be_taken_by_anybody(user_id: UUID) -> None:
    reservation = released()
    assert reservation.user_id is None
    taking = then(Reservation.Taken, kind="email", user_id=user_id)
    assert when(reservation, lambda r: r.take(by=user_id)) == taking
    assert reservation.user_id == user_id


def test_a_name_is_only_released_by_its_holder() -> None:
    assert when(taken(), lambda r: r.release(by=ALICE)) == then(Reservation.Released)
    assert when(taken(), lambda r: r.release(by=BOB)) == []
    assert when(released(), lambda r: r.release(by=ALICE)) == []


def test_replay_gives_the_same_holder() -> None:
    reservation = released()
    reservation.take(by=BOB)
    assert state(replayed(reservation)) == state(reservation)
    assert (reservation.version, replayed(reservation).user_id) == (3, BOB)


names = st.text(min_size=1).map(Personal)


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["email", "username"]), names)
def test_the_stream_of_a_name_is_always_the_same_uuid(
    key: bytes, kind: NameKind, name: Personal
) -> None:
    stream_id = reservation_id(key, kind, name)
    assert stream_id == reservation_id(key, kind, name)
    assert (stream_id.version, stream_id.variant) == (8, "specified in RFC 4122")


def test_key_kind_and_name_all_determine_the_stream() -> None:
    streams = {
        reservation_id(key, kind, name)
        for key in (KEY, b"x" * 32)
        for kind in ("email", "username")
        for name in (ADDRESS, Personal("bob"))
    }
    assert len(streams) == 8


def test_the_stream_of_a_name_never_changes() -> None:
    expected = UUID("e9fb6a76-ea3c-8ba2-8626-66320100ee35")
    assert reservation_id(KEY, "email", ADDRESS) == expected
