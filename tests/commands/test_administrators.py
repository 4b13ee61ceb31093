"""The platform always has an active administrator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from commands.account_names import AccountNames
from commands.passwords.account_passwords import AccountPasswords
from commands.users import GrantAdmin, RegisterAdmin, RevokeAdmin, SetActive, UserCommands
from domain.errors import Conflict
from domain.events import OPERATOR, Actor
from domain.user import User
from storage.event_store.cross_stream import Administrators
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.conftest import Rounds


@dataclass
class Admins:
    """Two administrators."""

    ada: User
    bob: User


@pytest_asyncio.fixture(loop_scope="session")
async def admins(users: UserCommands) -> Admins:
    """Two administrators with active accounts."""
    ada, bob = [
        await users.register(
            RegisterAdmin(
                by=OPERATOR,
                username=name,
                email=f"{name}@example.org",
                password="correct horse",
            )
        )
        for name in ("ada", "bob")
    ]
    return Admins(ada, bob)


@pytest_asyncio.fixture(loop_scope="session")
async def other_process(
    passwords: AccountPasswords, database_dsn: str, pool: Pool
) -> AsyncIterator[UserCommands]:
    """The handler of commands on accounts in another process."""
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as events:
        names = AccountNames(events, bytes(32))
        yield UserCommands(events, passwords, names, Administrators(pool))


@pytest.mark.rounds
@pytest.mark.parametrize("how", ["revoked", "deactivated"])
async def test_two_concurrent_revocations_of_each_other_do_not_both_succeed(
    users: UserCommands,
    other_process: UserCommands,
    events: EventStore,
    admins: Admins,
    how: str,
    rounds: Rounds,
) -> None:
    """In two processes: one of them may not have followed the latest events of the other."""

    async def remove(commands: UserCommands, user: User, by: User) -> User:
        if how == "revoked":
            return await commands.revoke_admin(RevokeAdmin(by=Actor(by.id), user_id=user.id))
        command = SetActive(by=Actor(by.id), user_id=user.id, is_active=False)
        return await commands.set_active(command)

    refused = 0
    for _ in range(rounds(5, 100)):
        outcomes = await asyncio.gather(
            remove(users, admins.ada, admins.bob),
            remove(other_process, admins.bob, admins.ada),
            return_exceptions=True,
        )
        assert {type(each) for each in outcomes} <= {User, Conflict}
        refused += sum(isinstance(each, Conflict) for each in outcomes)
        assert await administers(events, admins.ada) or await administers(events, admins.bob)
        for user in (admins.ada, admins.bob):
            await users.set_active(SetActive(by=OPERATOR, user_id=user.id, is_active=True))
            await users.grant_admin(GrantAdmin(by=OPERATOR, user_id=user.id))
    assert refused > 0


async def administers(events: EventStore, user: User) -> bool:
    """Read from the stream itself: a cached aggregate may be slightly out of date."""
    recorded = await events.load_as_of(User, user.id, datetime.now(UTC) + timedelta(days=1))
    return recorded.is_admin and recorded.is_active
