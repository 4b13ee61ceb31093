"""Command handlers on a real store, with passwords that are hashed fast."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from commands.passwords import Passwords
from commands.sessions import SessionCommands
from commands.users import UserCommands
from storage.credentials import Credentials
from storage.event_store import EventStore
from storage.postgres import Pool

FAST = 4


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    """Passwords at the lowest cost that bcrypt knows."""
    async with Passwords.open(b"pepper", cost=FAST) as passwords:
        yield passwords


@pytest.fixture
def users(events: EventStore, pool: Pool, passwords: Passwords) -> UserCommands:
    """The handler of commands on accounts."""
    return UserCommands(events, Credentials(pool), passwords, identity_key=bytes(32))


@pytest.fixture
def sessions(
    events: EventStore, pool: Pool, passwords: Passwords, users: UserCommands
) -> SessionCommands:
    """The handler of commands on sessions."""
    return SessionCommands(
        events, users, Credentials(pool), passwords, refresh_lifetime=timedelta(days=7)
    )
