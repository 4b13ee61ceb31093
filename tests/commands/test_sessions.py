"""Log in, refresh the session, log out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import pytest_asyncio

from commands.sessions import CloseSession, LogIn, RefreshSession, SessionCommands, SignedIn
from commands.users import ChangePassword, RegisterUser, SetActive, UserCommands
from domain.errors import Forbidden, NotFound, Unauthenticated
from domain.events import OPERATOR, Actor
from domain.session import Session
from domain.user import User
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool

PASSWORD = "correct horse"


@pytest_asyncio.fixture(loop_scope="session")
async def alice(users: UserCommands) -> User:
    """A registered user."""
    return await users.register(
        RegisterUser(by=OPERATOR, username="alice", email="alice@example.com", password=PASSWORD)
    )


def login(name: str = "alice", password: str = PASSWORD) -> LogIn:
    """A command that signs in."""
    return LogIn(by=OPERATOR, login=name, password=password, user_agent="test")


def refresh(token: str) -> RefreshSession:
    """A command that exchanges a refresh token."""
    return RefreshSession(by=OPERATOR, refresh_token=token)


async def test_users_sign_in_with_username_or_email(sessions: SessionCommands, alice: User) -> None:
    for name in ("Alice", " alice@EXAMPLE.com "):
        signed_in = await sessions.log_in(login(name))
        assert signed_in.user.id == signed_in.session.user_id == alice.id


async def test_no_repr_shows_a_password_or_a_token(sessions: SessionCommands, alice: User) -> None:
    signed_in = await sessions.log_in(login())
    by = Actor(alice.id)
    commands = [
        RegisterUser(by=by, username="bob", email="bob@example.com", password=PASSWORD),
        ChangePassword(by=by, current_password=PASSWORD, new_password=PASSWORD),
        login(),
        refresh(signed_in.refresh_token),
    ]
    shown = repr([signed_in, *commands])
    assert f"RefreshSession(by={OPERATOR.id})" in shown
    assert PASSWORD not in shown
    assert signed_in.refresh_token not in shown


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD)])
async def test_a_wrong_name_and_a_wrong_password_get_the_same_error(
    sessions: SessionCommands, name: str, password: str
) -> None:
    with pytest.raises(Unauthenticated, match="the username or the password is wrong"):
        await sessions.log_in(login(name, password))


async def test_a_deactivated_user_does_not_sign_in(
    sessions: SessionCommands, users: UserCommands, alice: User
) -> None:
    await users.set_active(SetActive(by=Actor(uuid4()), user_id=alice.id, is_active=False))
    with pytest.raises(Forbidden):
        await sessions.log_in(login())


@pytest.mark.usefixtures("alice")
async def test_a_refresh_token_is_valid_for_one_exchange(sessions: SessionCommands) -> None:
    first = await sessions.log_in(login())
    second = await sessions.refresh(refresh(first.refresh_token))
    third = await sessions.refresh(refresh(second.refresh_token))

    assert len({each.refresh_token for each in (first, second, third)}) == 3
    with pytest.raises(Unauthenticated, match="the session is closed"):
        await sessions.refresh(refresh(first.refresh_token))
    with pytest.raises(Unauthenticated, match="closed"):
        await sessions.refresh(refresh(third.refresh_token))


@pytest.mark.usefixtures("alice")
async def test_of_fifty_concurrent_exchanges_one_succeeds(sessions: SessionCommands) -> None:
    signed_in = await sessions.log_in(login())
    outcomes = await asyncio.gather(
        *(sessions.refresh(refresh(signed_in.refresh_token)) for _ in range(50)),
        return_exceptions=True,
    )

    [refreshed] = [outcome for outcome in outcomes if isinstance(outcome, SignedIn)]
    errors = [str(outcome) for outcome in outcomes if isinstance(outcome, Unauthenticated)]
    assert errors == ["this refresh token has just been used"] * 49
    latest = await sessions.refresh(refresh(refreshed.refresh_token))
    with pytest.raises(Unauthenticated, match="the session is closed"):
        await sessions.refresh(refresh(signed_in.refresh_token))
    with pytest.raises(Unauthenticated, match="closed"):
        await sessions.refresh(refresh(latest.refresh_token))


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("token", ["", "é", "abc", "A" * 64, "A" * 10_000])
async def test_an_invalid_refresh_token_is_refused(sessions: SessionCommands, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await sessions.refresh(refresh(token))


async def test_a_closed_session_is_not_refreshed(sessions: SessionCommands, alice: User) -> None:
    signed_in = await sessions.log_in(login())
    await sessions.close(CloseSession(by=Actor(alice.id), session_id=signed_in.session.id))

    with pytest.raises(Unauthenticated, match="closed"):
        await sessions.refresh(refresh(signed_in.refresh_token))


@pytest.mark.usefixtures("alice")
async def test_a_session_is_only_closed_by_its_user(sessions: SessionCommands) -> None:
    signed_in = await sessions.log_in(login())
    with pytest.raises(NotFound):
        await sessions.close(CloseSession(by=Actor(uuid4()), session_id=signed_in.session.id))


async def test_a_changed_password_ends_the_other_sessions(
    sessions: SessionCommands, users: UserCommands, alice: User
) -> None:
    kept, other = [await sessions.log_in(login()) for _ in range(2)]
    await users.change_password(
        ChangePassword(
            by=Actor(alice.id, access_id=kept.session.id),
            current_password=PASSWORD,
            new_password="battery staple",
        )
    )

    await sessions.refresh(refresh(kept.refresh_token))
    with pytest.raises(Unauthenticated, match="password has changed"):
        await sessions.refresh(refresh(other.refresh_token))
    again = await sessions.log_in(login(password="battery staple"))
    await sessions.refresh(refresh(again.refresh_token))


async def test_a_changed_password_ends_sessions_in_every_process(
    sessions: SessionCommands, users: UserCommands, alice: User, database_dsn: str, pool: Pool
) -> None:
    kept, other = [await sessions.log_in(login()) for _ in range(2)]
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as other_process:
        now = datetime.now(UTC)
        user = await other_process.load(User, alice.id)
        for each in (kept, other):
            user.check_session(await other_process.load(Session, each.session.id), now)

        by = Actor(alice.id, access_id=kept.session.id)
        new = ChangePassword(by=by, current_password=PASSWORD, new_password="battery staple")
        await users.change_password(new)

        async with asyncio.timeout(5):
            while (await other_process.load(User, alice.id)).kept_session_id is None:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        changed = await other_process.load(User, alice.id)
        changed.check_session(await other_process.load(Session, kept.session.id), now)
        with pytest.raises(Unauthenticated, match="password has changed"):
            changed.check_session(await other_process.load(Session, other.session.id), now)


async def test_a_session_opened_with_the_old_password_during_a_change_is_invalid(
    sessions: SessionCommands, users: UserCommands, alice: User
) -> None:
    """The old password is compared before the change, and the session is opened after it."""
    by = Actor(alice.id)
    new = ChangePassword(by=by, current_password=PASSWORD, new_password="battery staple")
    changing = asyncio.create_task(users.change_password(new))
    outcomes = await asyncio.gather(
        *(sessions.log_in(login()) for _ in range(15)), return_exceptions=True
    )
    await changing

    for outcome in outcomes:
        if isinstance(outcome, SignedIn):
            with pytest.raises(Unauthenticated):
                await sessions.refresh(refresh(outcome.refresh_token))
