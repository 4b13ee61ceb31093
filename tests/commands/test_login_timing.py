"""Whoever tries a name learns nothing from how long the answer takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from statistics import median

import pytest
import pytest_asyncio

from commands.passwords.admission import Admission
from commands.passwords.hashing import COST, Passwords
from commands.sessions import LogIn, SessionCommands
from commands.users import RegisterUser, UserCommands
from domain.errors import Unauthenticated
from domain.events import OPERATOR
from storage.redis.login_attempts import MemoryLoginAttempts

ROUNDS = 25
NAMES = ("alice", "alice@example.com", "nobody", "nobody@example.com")


@pytest_asyncio.fixture(loop_scope="session")
async def passwords() -> AsyncIterator[Passwords]:
    """Passwords at the cost that they have in production."""
    async with Passwords.open(b"pepper", cost=COST) as passwords:
        yield passwords


@pytest.fixture
def admission(passwords: Passwords) -> Admission:
    """No waits after failures."""
    return Admission(MemoryLoginAttempts(0), passwords)


async def took_s(sessions: SessionCommands, name: str) -> float:
    """Try a wrong password, and give the seconds until that is known."""
    started = time.perf_counter()
    with pytest.raises(Unauthenticated):
        await sessions.log_in(LogIn(by=OPERATOR, login=name, password="a wrong one"))
    return time.perf_counter() - started


@pytest.mark.timed
async def test_unknown_names_take_as_long_as_known_ones(
    users: UserCommands, sessions: SessionCommands
) -> None:
    """In turns, so that whatever else the machine does counts on all sides."""
    await users.register(
        RegisterUser(
            by=OPERATOR, username="alice", email="alice@example.com", password="correct horse"
        )
    )
    times: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(ROUNDS):
        for name in NAMES:
            times[name].append(await took_s(sessions, name))
    medians = {name: median(values) for name, values in times.items()}
    known_s = (medians["alice"] + medians["alice@example.com"]) / 2
    for name, value in medians.items():
        text = f"{name}: {value * 1e3:.1f} ms, {value / known_s:.3f} of known"
        print(text)  # noqa: T201 — a figure for docs/reliability.md

    for value in medians.values():
        assert 0.9 < value / known_s < 1.1
