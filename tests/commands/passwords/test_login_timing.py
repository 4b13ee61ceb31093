"""The duration of a failed login does not tell whether the account exists."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from statistics import median

import pytest
import pytest_asyncio

from commands.passwords.hashing import COST, PasswordHasher
from commands.sessions import LogIn, SessionCommands
from commands.users import RegisterUser, UserCommands
from domain.errors import Unauthenticated
from domain.events import OPERATOR
from storage.redis.login_attempts import MemoryLoginAttempts

ROUNDS = 25
NAMES = ("alice", "alice@example.com", "nobody", "nobody@example.com")


@pytest_asyncio.fixture(loop_scope="session")
async def hasher() -> AsyncIterator[PasswordHasher]:
    """A password hasher at the cost of production."""
    async with PasswordHasher.open(b"pepper", cost=COST) as hasher:
        yield hasher


@pytest.fixture
def attempts() -> MemoryLoginAttempts:
    """No waits after failed logins."""
    return MemoryLoginAttempts(0)


async def login_duration_s(sessions: SessionCommands, name: str) -> float:
    """Try a wrong password; return the duration in seconds."""
    started = time.perf_counter()
    with pytest.raises(Unauthenticated):
        await sessions.log_in(LogIn(by=OPERATOR, login=name, password="a wrong one"))
    return time.perf_counter() - started


@pytest.mark.timed
async def test_unknown_names_take_as_long_as_known_ones(
    users: UserCommands, sessions: SessionCommands
) -> None:
    """Names take turns, so that other load on the machine affects all of them."""
    await users.register(
        RegisterUser(
            by=OPERATOR, username="alice", email="alice@example.com", password="correct horse"
        )
    )
    times: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(ROUNDS):
        for name in NAMES:
            times[name].append(await login_duration_s(sessions, name))
    medians = {name: median(values) for name, values in times.items()}
    known_s = (medians["alice"] + medians["alice@example.com"]) / 2
    for name, value in medians.items():
        text = f"{name}: {value * 1e3:.1f} ms, {value / known_s:.3f} of known"
        print(text)  # noqa: T201 — a figure for docs/reliability.md

    for value in medians.values():
        assert 0.9 < value / known_s < 1.1
