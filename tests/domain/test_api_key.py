"""API keys: their text, their terms, and when they end."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from typing import cast
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.aggregate import new_id
from domain.api_key import (
    CALLS_PER_MINUTE_MAX,
    LIFETIME_MAX,
    NAME_LENGTH_MAX,
    ApiKey,
    PresentedKey,
    Scope,
    Terms,
    digest_of,
    key_text,
    new_secret,
)
from domain.errors import NotFound, Rejected, Unauthenticated
from tests.domain.given_when_then import history, replayed, state, then, when

ALICE, BOB = uuid4(), uuid4()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = new_secret()


def issued(terms: Terms | None = None, name: str = "nightly") -> ApiKey:
    """Given a key of Alice's, by default for predictions and without expiry."""
    terms = terms or Terms(("predict",))
    return ApiKey.issue(owner_id=ALICE, name=name, secret=SECRET, terms=terms, now=NOW)


def test_a_key_is_issued_and_the_event_holds_the_digest_of_its_secret_only() -> None:
    key = issued(Terms(("write", "read"), NOW + timedelta(days=1), 10), name=" nightly ")
    [(topic, facts)] = history(key)
    assert topic == "ApiKey.Issued"
    assert facts == {
        "owner_id": ALICE,
        "name": "nightly",
        "secret_digest": digest_of(SECRET),
        "scopes": ("read", "write"),
        "expires_at": NOW + timedelta(days=1),
        "calls_per_minute": 10,
    }
    assert SECRET not in repr(facts)


def test_the_text_of_a_key_is_parsed_again() -> None:
    key = issued()
    text = key_text(key.id, SECRET)
    presented = PresentedKey.parsed(text)
    assert text.startswith("mlp_")
    assert presented == PresentedKey(key.id, digest_of(SECRET))
    key.check_secret(presented.digest)


def test_secrets_are_unique() -> None:
    assert len({new_secret() for _ in range(1_000)}) == 1_000
    assert {len(new_secret()) for _ in range(1_000)} == {43}


@given(secret=st.binary(min_size=32, max_size=32))
def test_every_secret_can_be_written_as_a_key(secret: bytes) -> None:
    from_bytes = urlsafe_b64encode(secret).decode().rstrip("=")
    key_id = new_id()
    assert PresentedKey.parsed(key_text(key_id, from_bytes)).key_id == key_id


KEY = key_text(UUID("ab" * 16), SECRET)
INVALID_KEYS = [
    "",
    "mlp_",
    KEY[:-1],
    KEY + "A",
    KEY + "\n",
    " " + KEY,
    KEY[4:],
    KEY.replace("mlp_", "MLP_"),
    KEY[:36] + "-" + KEY[37:],
    KEY[:-1] + "B",
    KEY[:-1] + "=",
    KEY[:-1] + "é",
    KEY[:-1] + "\udcff",
    "mlp_" + "g" * 32 + KEY[36:],
    "mlp_" + KEY[4:36].upper() + KEY[36:],
    "mlp_" + "\u0661" * 32 + KEY[36:],
    KEY + "\x00",
    KEY * 1_000,
]


@pytest.mark.parametrize("text", INVALID_KEYS, ids=range(len(INVALID_KEYS)))
def test_an_invalid_key_text_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated, match="not valid"):
        PresentedKey.parsed(text)


@given(text=st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        PresentedKey.parsed(text)


def test_a_wrong_secret_is_refused_by_a_comparison_in_constant_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[str, str]] = []
    compare = hmac.compare_digest

    def recorded_compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return compare(one, other)

    key, wrong = issued(), digest_of(new_secret())
    monkeypatch.setattr("domain.api_key.hmac.compare_digest", recorded_compare)
    with pytest.raises(Unauthenticated, match="not valid"):
        key.check_secret(wrong)
    key.check_secret(digest_of(SECRET))
    assert compared == [(wrong, key.secret_digest), (digest_of(SECRET), key.secret_digest)]


@pytest.mark.parametrize("name", ["", "  ", "x" * (NAME_LENGTH_MAX + 1), "a\nb", "a\x00b"])
def test_an_invalid_name_of_a_key_is_refused(name: str) -> None:
    with pytest.raises(Rejected, match="name"):
        issued(name=name)


@pytest.mark.parametrize("scopes", [(), ("admin",), ("read", "account")])
def test_an_unknown_scope_is_refused(scopes: tuple[str, ...]) -> None:
    with pytest.raises(Rejected, match="scopes"):
        issued(Terms(cast("tuple[Scope, ...]", scopes)))


def test_a_repeated_scope_is_recorded_once() -> None:
    assert issued(Terms(("read", "predict", "read"))).scopes == ("predict", "read")


@pytest.mark.parametrize(
    "until",
    [
        NOW,
        NOW - timedelta(days=1),
        NOW + LIFETIME_MAX + timedelta(microseconds=1),
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=14))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    ],
)
def test_a_key_expires_after_now_and_within_ten_years(until: datetime) -> None:
    with pytest.raises(Rejected, match="expires_at"):
        issued(Terms(("read",), until))


def test_an_expiry_is_recorded_in_utc() -> None:
    until = NOW + timedelta(days=1)
    other_timezone = until.astimezone(timezone(timedelta(hours=9)))
    assert issued(Terms(("read",), other_timezone)).expires_at == until
    assert str(issued(Terms(("read",), other_timezone)).expires_at) == str(until)


@pytest.mark.parametrize("calls", [0, -1, CALLS_PER_MINUTE_MAX + 1])
def test_an_invalid_limit_is_refused(calls: int) -> None:
    with pytest.raises(Rejected, match="calls_per_minute"):
        issued(Terms(("read",), None, calls))


def test_a_key_is_revoked_once_and_only_by_its_owner() -> None:
    key = issued()
    with pytest.raises(NotFound):
        key.revoke(by=BOB)
    key.check_usable(NOW)
    assert when(key, lambda k: k.revoke(by=ALICE)) == then(ApiKey.Revoked)
    assert when(key, lambda k: k.revoke(by=ALICE)) == []
    with pytest.raises(Unauthenticated, match="revoked"):
        key.check_usable(NOW)


def test_a_key_expires() -> None:
    until = NOW + timedelta(days=1)
    key = issued(Terms(("read",), until))
    key.check_usable(until - timedelta(microseconds=1))
    with pytest.raises(Unauthenticated, match="expired"):
        key.check_usable(until)


def test_replay_gives_the_same_key() -> None:
    key = issued(Terms(("read",), NOW + timedelta(days=1), 5))
    key.revoke(by=ALICE)
    assert state(replayed(key)) == state(key)
