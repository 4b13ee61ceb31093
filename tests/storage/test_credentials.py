"""Password hashes are added and deleted."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.events import Metadata
from domain.personal import Personal
from domain.user import User
from storage.credentials import Credential, Credentials
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool

HASHED = Credential("$2b$12$hash", "pepper-1")
NOBODY = Metadata()


@pytest.fixture
def credentials(pool: Pool) -> Credentials:
    return Credentials(pool)


async def age(owner_pool: Pool) -> None:
    """Make all hashes two hours older."""
    await owner_pool.execute("UPDATE credentials SET created_at = created_at - interval '2 hours'")


async def registered(events: EventStore, user_id: UUID, credential_id: UUID) -> User:
    user = User.register(
        user_id,
        username=Personal("alice"),
        email=Personal("alice@example.com"),
        full_name=None,
        credential_id=credential_id,
    )
    await events.make_user_key(user_id)
    [user] = await events.save([user], NOBODY)
    return user


async def test_a_hash_is_returned_for_its_user_only(credentials: Credentials) -> None:
    alice, bob = uuid4(), uuid4()
    credential_id = await credentials.add(alice, HASHED)
    assert await credentials.get(credential_id, alice) == HASHED
    assert await credentials.get(credential_id, bob) is None
    assert await credentials.get(uuid4(), alice) is None


async def test_a_hash_is_not_in_the_repr() -> None:
    assert "$2b$" not in repr(HASHED)


async def test_earlier_hashes_of_a_user_are_deleted(credentials: Credentials) -> None:
    alice, bob = uuid4(), uuid4()
    former, latest = [await credentials.add(alice, HASHED) for _ in range(2)]
    of_bob = await credentials.add(bob, HASHED)
    await credentials.keep_only(latest, alice)
    assert await credentials.get(former, alice) is None
    assert await credentials.get(latest, alice)
    assert await credentials.get(of_bob, bob)


async def test_a_sweep_keeps_hashes_in_use_and_recent_ones(
    credentials: Credentials, events: EventStore, owner_pool: Pool
) -> None:
    alice = uuid4()
    former, latest, orphan = [await credentials.add(alice, HASHED) for _ in range(3)]
    never_registered = uuid4()
    lost = await credentials.add(never_registered, HASHED)
    await registered(events, alice, former)
    await events.change(User, alice, lambda user: user.change_password(latest), NOBODY)
    await events.change(User, alice, lambda user: user.deactivate(), NOBODY)

    await credentials.sweep()
    assert await credentials.get(orphan, alice)
    await age(owner_pool)
    young = await credentials.add(alice, HASHED)
    await credentials.sweep()

    kept = [c for c in (former, latest, orphan, young) if await credentials.get(c, alice)]
    assert kept == [latest, young]
    assert await credentials.get(lost, never_registered) is None
