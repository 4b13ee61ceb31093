"""Failed logins have to wait, whether or not the account exists; others never wait."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from commands.sessions import LogIn, SessionCommands, SignedIn
from commands.users import ChangePassword, RegisterUser, UserCommands
from domain.errors import Rejected, TooMany, Unauthenticated, Unavailable
from domain.events import OPERATOR, Actor
from domain.user import User
from storage.postgres.pool import Pool
from storage.redis.login_attempts import FREE_PER_ACCOUNT

PASSWORD = "correct horse"
HOME, OFFICE = Actor(None, address="192.0.2.1"), Actor(None, address="198.51.100.7")


@pytest_asyncio.fixture(loop_scope="session")
async def alice(users: UserCommands) -> User:
    """A registered user."""
    return await users.register(
        RegisterUser(by=OPERATOR, username="alice", email="alice@example.com", password=PASSWORD)
    )


def login(name: str = "alice", password: str = PASSWORD, by: Actor = HOME) -> LogIn:
    """A command that signs in."""
    return LogIn(by=by, login=name, password=password)


async def refusals(sessions: SessionCommands, times: int, name: str = "alice") -> list[str]:
    """Try a wrong password several times; return the names of the errors."""
    kinds: list[str] = []
    for _ in range(times):
        try:
            await sessions.log_in(login(name, "wrong"))
        except (Unauthenticated, TooMany) as refused:
            kinds.append(type(refused).__name__)
    return kinds


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.com", "nobody"])
async def test_failures_delay_logins_whether_or_not_the_account_exists(
    sessions: SessionCommands, name: str
) -> None:
    expected = ["Unauthenticated"] * FREE_PER_ACCOUNT + ["TooMany"] * 3

    assert await refusals(sessions, FREE_PER_ACCOUNT + 3, name) == expected


@pytest.mark.usefixtures("alice")
async def test_after_the_wait_the_right_password_is_accepted(
    sessions: SessionCommands,
) -> None:
    await refusals(sessions, FREE_PER_ACCOUNT)
    with pytest.raises(TooMany) as refused:
        await sessions.log_in(login())
    assert 0 < refused.value.retry_after_s <= 1.0

    await asyncio.sleep(refused.value.retry_after_s)
    await sessions.log_in(login())


@pytest.mark.usefixtures("alice")
async def test_others_cannot_lock_an_owner_out_at_a_known_address(
    sessions: SessionCommands,
) -> None:
    await sessions.log_in(login(by=OFFICE))
    await refusals(sessions, FREE_PER_ACCOUNT + 1)

    await sessions.log_in(login(by=OFFICE))


@pytest.mark.usefixtures("alice")
async def test_concurrent_attempts_count_like_consecutive_ones(sessions: SessionCommands) -> None:
    outcomes = await asyncio.gather(
        *(sessions.log_in(login(password="wrong")) for _ in range(20)), return_exceptions=True
    )

    compared = [each for each in outcomes if isinstance(each, Unauthenticated)]
    assert len(compared) == FREE_PER_ACCOUNT


@pytest.mark.usefixtures("alice")
async def test_successful_logins_never_wait(sessions: SessionCommands) -> None:
    for _ in range(FREE_PER_ACCOUNT * 6):
        assert isinstance(await sessions.log_in(login()), SignedIn)


async def test_a_stolen_session_does_not_help_to_guess_the_password(
    users: UserCommands, alice: User
) -> None:
    async def change(current: str) -> None:
        by = Actor(alice.id, address=HOME.address)
        new = "battery staple"
        await users.change_password(
            ChangePassword(by=by, current_password=current, new_password=new)
        )

    for _ in range(FREE_PER_ACCOUNT):
        with pytest.raises(Rejected):
            await change("wrong")
    with pytest.raises(TooMany):
        await change(PASSWORD)


@pytest.mark.usefixtures("alice")
async def test_failures_leave_no_events(sessions: SessionCommands, pool: Pool) -> None:
    before = await pool.fetchval("SELECT count(*) FROM events")
    await refusals(sessions, FREE_PER_ACCOUNT + 3)
    await refusals(sessions, 2, "nobody")

    assert await pool.fetchval("SELECT count(*) FROM events") == before


@pytest.mark.usefixtures("alice")
async def test_a_refusal_before_the_comparison_does_not_count(
    sessions: SessionCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.passwords.fair_queue.WAITING_MAX", 1)
    outcomes: list[object] = []
    async with asyncio.timeout(60):
        while sum(isinstance(each, Unavailable) for each in outcomes) <= FREE_PER_ACCOUNT:
            calls = (sessions.log_in(login()) for _ in range(4))
            outcomes += await asyncio.gather(*calls, return_exceptions=True)

    assert {type(each) for each in outcomes} == {SignedIn, Unavailable}
