"""The rules of an account."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.errors import Forbidden, Unauthenticated
from domain.personal import Personal
from domain.user import User
from tests.domain.given_when_then import history, replayed, state, then, when
from tests.samples import opened

FIRST, SECOND = uuid4(), uuid4()
EMAIL, OTHER_EMAIL = Personal("alice@example.com"), Personal("alice@example.org")
NAME = Personal("Alice")


def registered() -> User:
    """Given an account of Alice's."""
    return User.register(
        uuid4(), username=Personal("alice"), email=EMAIL, full_name=NAME, credential_id=FIRST
    )


def admin() -> User:
    """Given an administrator."""
    user = registered()
    user.grant_admin()
    return user


def deactivated() -> User:
    """Given a deactivated account."""
    user = registered()
    user.deactivate()
    return user


def test_an_account_is_registered_with_the_given_id() -> None:
    user_id = uuid4()
    user = User.register(
        user_id, username=Personal("alice"), email=EMAIL, full_name=None, credential_id=FIRST
    )
    assert user.id == user_id
    assert (user.is_active, user.is_admin) == (True, False)
    facts = {"username": "alice", "email": EMAIL, "full_name": None, "credential_id": FIRST}
    assert history(user) == then(User.Registered, **facts)


def test_a_profile_is_changed() -> None:
    user = registered()
    changed = then(User.ProfileChanged, email=OTHER_EMAIL, full_name=None)
    assert when(user, lambda u: u.change_profile(email=OTHER_EMAIL, full_name=None)) == changed
    assert (user.email, user.full_name) == (OTHER_EMAIL, None)


def test_the_same_profile_again_changes_nothing() -> None:
    assert when(registered(), lambda u: u.change_profile(email=EMAIL, full_name=NAME)) == []


def test_a_new_credential_replaces_the_old_one() -> None:
    user = registered()
    changed = then(User.PasswordChanged, credential_id=SECOND, kept_session_id=None)
    assert when(user, lambda u: u.change_password(SECOND)) == changed
    assert user.credential_id == SECOND


def test_a_session_ends_with_its_password_unless_it_is_kept() -> None:
    user = registered()
    now = datetime.now(UTC)
    kept, other = opened(user.id, FIRST), opened(user.id, FIRST)
    user.check_session(other, now)

    user.change_password(SECOND, kept.id)
    user.check_session(kept, now)
    with pytest.raises(Unauthenticated, match="password has changed"):
        user.check_session(other, now)

    later = opened(user.id, SECOND)
    user.check_session(later, now)
    user.change_password(uuid4(), later.id)
    user.check_session(later, now)
    with pytest.raises(Unauthenticated, match="password has changed"):
        user.check_session(kept, now)


def test_a_session_is_valid_for_its_user_while_session_and_account_are_open() -> None:
    user = registered()
    now = datetime.now(UTC)
    session = opened(user.id, FIRST)

    with pytest.raises(Unauthenticated, match="another user"):
        registered().check_session(session, now)
    with pytest.raises(Unauthenticated, match="expired"):
        user.check_session(session, session.expires_at)
    user.deactivate()
    with pytest.raises(Unauthenticated, match="deactivated"):
        user.check_session(session, now)
    user.reactivate()
    session.close("revoked")
    with pytest.raises(Unauthenticated, match="closed"):
        user.check_session(session, now)


def test_the_right_to_administer_is_granted_and_revoked_once() -> None:
    assert when(registered(), lambda u: u.grant_admin()) == then(User.AdminGranted)
    assert when(admin(), lambda u: u.grant_admin()) == []
    assert when(admin(), lambda u: u.revoke_admin()) == then(User.AdminRevoked)
    assert when(registered(), lambda u: u.revoke_admin()) == []


def test_an_account_is_deactivated_and_reactivated_once() -> None:
    assert when(registered(), lambda u: u.deactivate()) == then(User.Deactivated)
    assert when(deactivated(), lambda u: u.deactivate()) == []
    assert when(deactivated(), lambda u: u.reactivate()) == then(User.Reactivated)
    assert when(registered(), lambda u: u.reactivate()) == []


def test_a_deactivated_account_changes_neither_profile_nor_password() -> None:
    user = deactivated()
    with pytest.raises(Forbidden):
        user.change_profile(email=OTHER_EMAIL, full_name=None)
    with pytest.raises(Forbidden):
        user.change_password(SECOND)
    user.reactivate()
    user.check_active()


def test_replay_gives_the_same_account() -> None:
    user = admin()
    user.change_profile(email=OTHER_EMAIL, full_name=None)
    user.change_password(SECOND)
    user.revoke_admin()
    user.deactivate()
    user.reactivate()
    assert state(replayed(user)) == state(user)
    assert user.version == 7
