"""There is always somebody who may administer the platform."""

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
class Office:
    """Two administrators."""

    ada: User
    bob: User


@pytest_asyncio.fixture(loop_scope="session")
async def office(users: UserCommands) -> Office:
    """Two administrators whose accounts are open."""
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
    return Office(ada, bob)


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(
    passwords: AccountPasswords, database_dsn: str, pool: Pool
) -> AsyncIterator[UserCommands]:
    """The handler of commands on accounts in another process."""
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as events:
        names = AccountNames(events, bytes(32))
        yield UserCommands(events, passwords, names, Administrators(pool))


@pytest.mark.rounds
@pytest.mark.parametrize("how", ["revoked", "closed"])
async def test_two_who_take_each_others_right_away_at_once_do_not_both_succeed(
    users: UserCommands,
    elsewhere: UserCommands,
    events: EventStore,
    office: Office,
    how: str,
    rounds: Rounds,
) -> None:
    """In two processes, one of which may not have heard of what the other has just done."""

    async def taken(commands: UserCommands, user: User, by: User) -> User:
        if how == "revoked":
            return await commands.revoke_admin(RevokeAdmin(by=Actor(by.id), user_id=user.id))
        command = SetActive(by=Actor(by.id), user_id=user.id, is_active=False)
        return await commands.set_active(command)

    refused = 0
    for _ in range(rounds(5, 100)):
        outcomes = await asyncio.gather(
            taken(users, office.ada, office.bob),
            taken(elsewhere, office.bob, office.ada),
            return_exceptions=True,
        )
        assert {type(each) for each in outcomes} <= {User, Conflict}
        refused += sum(isinstance(each, Conflict) for each in outcomes)
        assert await administers(events, office.ada) or await administers(events, office.bob)
        for user in (office.ada, office.bob):
            await users.set_active(SetActive(by=OPERATOR, user_id=user.id, is_active=True))
            await users.grant_admin(GrantAdmin(by=OPERATOR, user_id=user.id))
    assert refused > 0


async def administers(events: EventStore, user: User) -> bool:
    """Say so by the stream itself: what is in memory may be a moment old."""
    recorded = await events.load_as_of(User, user.id, datetime.now(UTC) + timedelta(days=1))
    return recorded.is_admin and recorded.is_active
