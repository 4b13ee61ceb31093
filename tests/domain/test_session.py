"""The rules of a session and its refresh tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.errors import Unauthenticated
from domain.session import (
    REUSE_GRACE,
    SESSION_LIFETIME_MAX,
    USER_AGENT_LENGTH_MAX,
    CloseReason,
    Session,
    TokenDigests,
)
from tests.domain.given_when_then import history, replayed, state, then, when

ALICE, CREDENTIAL = uuid4(), uuid4()
WEEK = timedelta(days=7)


def opened(user_agent: str = "curl") -> Session:
    """Given a session of Alice's for a week, whose token is "first"."""
    in_a_week = datetime.now(UTC) + WEEK
    return Session.open(
        user_id=ALICE,
        credential_id=CREDENTIAL,
        token=TokenDigests("family", "first"),
        expires_at=in_a_week,
        user_agent=user_agent,
    )


def refreshed() -> Session:
    """Given a session whose token was exchanged twice, finally for "third"."""
    session = opened()
    refresh(session, "first", "second")
    refresh(session, "second", "third")
    return session


def refresh(
    session: Session,
    presented: str,
    token: str = "next",
    *,
    family: str = "family",
    after: timedelta = timedelta(0),
) -> bool:
    """Present a token some time after the last event."""
    now = session.modified_on + after
    return session.refresh(
        presented=TokenDigests(family, presented),
        token_digest=token,
        expires_at=now + WEEK,
        now=now,
    )


def test_a_user_signs_in() -> None:
    session = opened()
    assert session.is_open
    [(topic, facts)] = history(session)
    assert topic == "Session.Opened"
    assert facts.pop("expires_at") == session.expires_at
    assert facts == {
        "user_id": ALICE,
        "credential_id": CREDENTIAL,
        "family_digest": "family",
        "token_digest": "first",
        "user_agent": "curl",
    }


def test_the_user_agent_is_truncated() -> None:
    assert len(opened("x" * 10_000).user_agent) == USER_AGENT_LENGTH_MAX


def test_a_token_is_exchanged_for_the_next_one() -> None:
    session = opened()
    until = session.modified_on + WEEK
    added = when(session, lambda session: refresh(session, "first", "second"))
    assert added == then(Session.Refreshed, token_digest="second", expires_at=until)
    assert session.token_digest == "second"
    assert refresh(session, "second", "third")


def test_refreshes_do_not_extend_a_session_beyond_its_lifetime() -> None:
    session = opened()
    end = session.created_on + SESSION_LIFETIME_MAX
    for number in range(1, 6):
        now = session.created_on + number * timedelta(days=6)
        if now >= end:
            break
        assert session.refresh(
            presented=TokenDigests("family", session.token_digest),
            token_digest=f"{number}",
            expires_at=now + WEEK,
            now=now,
        )
    assert session.expires_at == end
    with pytest.raises(Unauthenticated, match="expired"):
        session.check_open(end)


@pytest.mark.parametrize("token", ["guessed", "third", "second", "first"])
def test_a_token_of_another_family_is_refused_and_changes_nothing(token: str) -> None:
    session = refreshed()
    with pytest.raises(Unauthenticated, match="not valid"):
        refresh(session, token, family="guessed")
    assert session.is_open
    assert refresh(session, "third")


def test_the_previous_token_does_not_end_the_session_within_the_grace_period() -> None:
    session = refreshed()
    with pytest.raises(Unauthenticated, match="just been used"):
        refresh(session, "second", after=REUSE_GRACE)
    assert session.is_open
    assert refresh(session, "third")


def test_an_exchange_can_be_repeated_within_the_grace_period() -> None:
    session = refreshed()
    assert (
        when(session, lambda session: refresh(session, "second", "third", after=REUSE_GRACE)) == []
    )
    late = REUSE_GRACE + timedelta(microseconds=1)
    assert when(session, lambda session: refresh(session, "second", "third", after=late)) == then(
        Session.ReuseDetected
    )


@pytest.mark.parametrize(
    ("presented", "after"),
    [
        ("second", REUSE_GRACE + timedelta(microseconds=1)),
        ("first", timedelta(0)),
        ("invented with the secret of the family", timedelta(0)),
    ],
)
def test_reuse_of_an_old_token_ends_the_session(presented: str, after: timedelta) -> None:
    session = refreshed()
    assert when(session, lambda session: refresh(session, presented, after=after)) == then(
        Session.ReuseDetected
    )
    assert not session.is_open
    with pytest.raises(Unauthenticated, match="closed"):
        refresh(session, "third")


def test_reuse_is_reported_by_the_result() -> None:
    assert refresh(refreshed(), "first") is False


@pytest.mark.parametrize("reason", ["logout", "revoked", "password_changed", "deactivated"])
def test_a_session_is_closed_once_with_a_reason(reason: CloseReason) -> None:
    session = opened()
    assert when(session, lambda session: session.close(reason)) == then(
        Session.Closed, reason=reason
    )
    assert when(session, lambda session: session.close(reason)) == []
    with pytest.raises(Unauthenticated, match="closed"):
        refresh(session, "first")


def test_a_session_expires() -> None:
    session = opened()
    session.check_open(session.expires_at - timedelta(microseconds=1))
    with pytest.raises(Unauthenticated, match="expired"):
        session.check_open(session.expires_at)
    with pytest.raises(Unauthenticated, match="expired"):
        refresh(session, "first", after=WEEK)


def test_replay_gives_the_same_session() -> None:
    session = refreshed()
    session.close("logout")
    assert state(replayed(session)) == state(session)
    assert session.former_digest == "second"


def test_the_size_of_a_session_does_not_grow_with_refreshes() -> None:
    session = opened()
    sizes: set[int] = set()
    for number in range(1_000):
        refresh(session, session.token_digest, f"{number:03}")
        session.collect_events()
        sizes.add(len(repr(state(session))))
    assert max(sizes) - min(sizes) <= 30  # The texts of times and numbers vary in length.
