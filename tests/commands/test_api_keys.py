"""Issuing and revoking API keys, from one process and from several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from commands.api_keys import LIVE_KEYS_MAX, ApiKeyCommands, IssueApiKey, IssuedKey, RevokeApiKey
from commands.users import RegisterUser, SetActive, UserCommands
from domain.api_key import ApiKey, PresentedKey, Terms
from domain.errors import Conflict, Forbidden, NotFound, Rejected
from domain.events import OPERATOR, Actor
from domain.user import User
from storage.event_store.cross_stream import IssuedKeys
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.samples import issued

PREDICT = Terms(("predict",))


@pytest.fixture
def keys(events: EventStore, pool: Pool) -> ApiKeyCommands:
    """The handler of commands on API keys."""
    return ApiKeyCommands(events, IssuedKeys(pool))


@pytest_asyncio.fixture(loop_scope="session")
async def other_process(database_dsn: str, pool: Pool) -> AsyncIterator[ApiKeyCommands]:
    """The handler of commands on API keys in another process."""
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as events:
        yield ApiKeyCommands(events, IssuedKeys(pool))


@pytest_asyncio.fixture(loop_scope="session")
async def ada(users: UserCommands) -> User:
    """A user with an account."""
    command = RegisterUser(
        by=OPERATOR, username="ada", email="ada@example.org", password="correct horse"
    )
    return await users.register(command)


def issue(user: User, terms: Terms = PREDICT) -> IssueApiKey:
    return IssueApiKey(by=Actor(user.id, "r-1", uuid4()), name="nightly", terms=terms)


async def issue_many(events: EventStore, user: User, count: int, terms: Terms = PREDICT) -> None:
    """Issue several keys to a user, in one append."""
    await events.save([issued(by=user.id, terms=terms) for _ in range(count)], issue(user).metadata)


async def test_every_decision_is_an_event_with_its_actor(
    keys: ApiKeyCommands, events: EventStore, ada: User
) -> None:
    command = issue(ada)
    issued_key = await keys.issue(command)
    revoke = RevokeApiKey(by=command.by, key_id=issued_key.key.id)
    await keys.revoke(revoke)
    await keys.revoke(revoke)

    history = await events.history(issued_key.key.id)

    assert [each.event.TOPIC for each in history] == ["ApiKey.Issued", "ApiKey.Revoked"]
    assert [each.metadata.causation for each in history] == ["IssueApiKey", "RevokeApiKey"]
    assert {each.metadata.actor_id for each in history} == {ada.id}
    assert {each.metadata.access_id for each in history} == {command.by.access_id}


async def test_the_secret_is_only_in_the_result(
    keys: ApiKeyCommands, pool: Pool, ada: User
) -> None:
    issued_key = await keys.issue(issue(ada))
    stored = await pool.fetch("SELECT state::text || metadata::text AS row FROM events")

    issued_key.key.check_secret(PresentedKey.parsed(issued_key.text).digest)
    assert not [row for row in stored if issued_key.secret in row["row"]]
    assert issued_key.secret not in f"{issued_key!r} {issued_key} {issued_key.key!r}"


async def test_the_number_of_keys_of_an_account_is_limited(
    keys: ApiKeyCommands, events: EventStore, users: UserCommands, ada: User
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    await issue_many(events, ada, LIVE_KEYS_MAX - 2)
    await issue_many(events, ada, 1, Terms(("predict",), soon))
    last = await keys.issue(issue(ada, Terms(("read",), soon + timedelta(days=1))))

    with pytest.raises(Conflict, match="at most 100"):
        await keys.issue(issue(ada))
    await keys.revoke(RevokeApiKey(by=Actor(ada.id), key_id=last.key.id))
    await keys.issue(issue(ada))
    with pytest.raises(Conflict):
        await keys.issue(issue(ada))
    await asyncio.sleep(max(0.0, (soon - datetime.now(UTC)).total_seconds()) + 0.05)
    await keys.issue(issue(ada))
    with pytest.raises(Conflict):
        await keys.issue(issue(ada))
    other = RegisterUser(by=OPERATOR, username="bob", email="b@example.org", password="a horse, b")
    await keys.issue(issue(await users.register(other)))


async def test_concurrent_processes_do_not_exceed_the_limit_of_keys(
    keys: ApiKeyCommands, other_process: ApiKeyCommands, events: EventStore, pool: Pool, ada: User
) -> None:
    await issue_many(events, ada, LIVE_KEYS_MAX - 3)

    outcomes = await asyncio.gather(
        *(each.issue(issue(ada)) for each in [keys, other_process] * 6), return_exceptions=True
    )

    assert sum(isinstance(each, IssuedKey) for each in outcomes) == 3
    assert {type(each) for each in outcomes} == {IssuedKey, Conflict}
    assert await IssuedKeys(pool).count_live(ada.id) == LIVE_KEYS_MAX


async def test_the_count_reads_only_events_of_keys(pool: Pool, owner_pool: Pool) -> None:
    await owner_pool.execute("SET enable_seqscan = off")
    plan = await pool.fetch(
        "EXPLAIN SELECT FROM events WHERE topic = 'ApiKey.Issued' AND state ->> 'owner_id' = 'x'"
    )
    assert "Index Scan" in str(plan)


async def test_only_active_users_issue_keys_and_only_owners_revoke_them(
    keys: ApiKeyCommands, events: EventStore, users: UserCommands, ada: User
) -> None:
    issued_key = await keys.issue(issue(ada))
    for key_id in (issued_key.key.id, ada.id, uuid4()):
        with pytest.raises(NotFound):
            await keys.revoke(RevokeApiKey(by=Actor(uuid4()), key_id=key_id))
    with pytest.raises(Rejected):
        await keys.issue(issue(ada, Terms(())))
    await users.set_active(SetActive(by=OPERATOR, user_id=ada.id, is_active=False))
    with pytest.raises(Forbidden):
        await keys.issue(issue(ada))
    assert not (await events.load(ApiKey, issued_key.key.id)).is_revoked
