"""Personal values are readable with the user's key only, and the platform's keys are checked."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from uuid import UUID, uuid4

import pytest

from domain.events import Metadata
from domain.personal import ERASED, Personal
from domain.user import User
from storage.event_store.event_store import EventStore
from storage.event_store.sealing import UserKeys, WrongKey, check_fingerprints
from storage.postgres.pool import Pool

KEY = bytes(32)
PLACE = "stream/1/email"
PLATFORM_KEYS = {"IDENTITY_KEY": b"i" * 32, "SEALING_KEY": b"s" * 32}
DUMP = "SELECT string_agg(to_jsonb(e)::text, E'\n') FROM events e"
BYTES = "SELECT string_agg(e::text, E'\n') FROM events e"
PERSONAL = ("alice.liddell", "alice@example.com", "al@example.org", "Alice Pleasance Liddell")


@pytest.fixture
def keys(pool: Pool) -> UserKeys:
    return UserKeys(pool, KEY)


async def sealed_for(keys: UserKeys, text: str = "alice@example.com") -> tuple[UUID, str]:
    user_id = uuid4()
    await keys.make(user_id)
    return user_id, keys.seal(user_id, PLACE, text)


async def registered(events: EventStore) -> User:
    user = User.register(
        uuid4(),
        username=Personal(PERSONAL[0]),
        email=Personal(PERSONAL[1]),
        full_name=Personal(PERSONAL[3]),
        credential_id=uuid4(),
    )
    await events.make_user_key(user.id)
    user.change_profile(email=Personal(PERSONAL[2]), full_name=Personal(PERSONAL[3]))
    [saved] = await events.save([user], Metadata(actor_id=user.id, request_id="r-1"))
    return saved


async def test_no_personal_value_is_readable_anywhere_in_the_events(
    events: EventStore, pool: Pool
) -> None:
    user = await registered(events)
    assert await events.load(User, user.id) == user
    assert (user.username, user.email, user.full_name) == (PERSONAL[0], PERSONAL[2], PERSONAL[3])

    for dump in (await pool.fetchval(DUMP), await pool.fetchval(BYTES)):
        assert str(user.id) in dump
        for value in PERSONAL:
            for part in (value, b64encode(value.encode()).decode(), value.encode().hex()):
                assert part.casefold() not in dump.casefold()


async def test_another_process_reads_what_this_one_has_sealed(
    events: EventStore, database_dsn: str, pool: Pool
) -> None:
    user = await registered(events)
    async with EventStore.open(database_dsn, pool, sealing_key=KEY) as other:
        assert await other.load(User, user.id) == user
        assert [r.event.email for r in await other.history(user.id)] == [*PERSONAL[1:3]]


async def test_without_its_key_a_user_reads_as_erased(
    events: EventStore, database_dsn: str, pool: Pool
) -> None:
    user = await registered(events)
    await pool.execute("DELETE FROM user_keys")
    async with EventStore.open(database_dsn, pool, sealing_key=KEY) as other:
        erased = await other.load(User, user.id)
    assert (erased.username, erased.email, erased.full_name) == (ERASED, ERASED, ERASED)
    assert erased.credential_id == user.credential_id


async def test_a_key_that_was_tampered_with_erases_its_user_and_no_other(
    events: EventStore, database_dsn: str, pool: Pool, owner_pool: Pool
) -> None:
    alice, bob = await registered(events), await registered(events)
    await owner_pool.execute(
        "UPDATE user_keys SET sealed_key = (SELECT sealed_key FROM user_keys WHERE user_id = $2)"
        " WHERE user_id = $1",
        alice.id,
        bob.id,
    )
    async with EventStore.open(database_dsn, pool, sealing_key=KEY) as other:
        assert (await other.load(User, alice.id)).email == ERASED
        assert (await other.load(User, bob.id)).email == bob.email


async def test_a_value_is_sealed_differently_each_time(keys: UserKeys) -> None:
    user_id, sealed = await sealed_for(keys)
    assert keys.seal(user_id, PLACE, "alice@example.com") != sealed
    assert keys.unseal(user_id, PLACE, sealed) == "alice@example.com"


@pytest.mark.parametrize("place", ["stream/2/email", "stream/1/username", "other/1/email", ""])
async def test_a_value_that_was_moved_reads_as_erased(keys: UserKeys, place: str) -> None:
    user_id, sealed = await sealed_for(keys)
    assert keys.unseal(user_id, place, sealed) == ERASED


async def test_a_value_of_another_user_reads_as_erased(keys: UserKeys) -> None:
    _, sealed = await sealed_for(keys)
    bob, _ = await sealed_for(keys)
    assert keys.unseal(bob, PLACE, sealed) == ERASED


@pytest.mark.parametrize("sealed", ["", "no base64", "AAAA", "é"])
async def test_an_invalid_sealed_value_reads_as_erased(keys: UserKeys, sealed: str) -> None:
    user_id, _ = await sealed_for(keys)
    assert keys.unseal(user_id, PLACE, sealed) == ERASED


async def test_a_flipped_bit_reads_as_erased(keys: UserKeys) -> None:
    user_id, sealed = await sealed_for(keys)
    raw = bytearray(b64decode(sealed))
    raw[-1] ^= 1
    assert keys.unseal(user_id, PLACE, b64encode(raw).decode()) == ERASED


async def test_keys_are_sealed_in_the_table(keys: UserKeys, pool: Pool) -> None:
    user_id, sealed = await sealed_for(keys)
    others = UserKeys(pool, bytes(31) + b"x")
    await others.fetch([user_id])
    assert others.unseal(user_id, PLACE, sealed) == ERASED
    right = UserKeys(pool, KEY)
    await right.fetch([user_id])
    assert right.unseal(user_id, PLACE, sealed) == "alice@example.com"


async def test_nothing_is_sealed_under_a_deleted_key(keys: UserKeys, pool: Pool) -> None:
    user_id, sealed = await sealed_for(keys)
    await pool.execute("DELETE FROM user_keys")
    keys = UserKeys(pool, KEY)
    with pytest.raises(LookupError):
        keys.unseal(user_id, PLACE, sealed)
    await keys.fetch([user_id])
    with pytest.raises(LookupError):
        keys.seal(user_id, PLACE, "alice@example.com")
    assert keys.unseal(user_id, PLACE, sealed) == ERASED


async def test_the_least_recently_used_keys_are_evicted(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.event_store.sealing.KEYS_CACHED_MAX", 2)
    keys = UserKeys(pool, KEY)
    first, sealed = await sealed_for(keys)
    second, other = await sealed_for(keys)
    await keys.fetch([first])
    await sealed_for(keys)
    assert keys.unseal(first, PLACE, sealed) == "alice@example.com"
    with pytest.raises(LookupError):
        keys.unseal(second, PLACE, other)
    await keys.fetch([second])
    assert keys.unseal(second, PLACE, other) == "alice@example.com"


async def test_the_first_keys_are_recorded_and_accepted_later(pool: Pool) -> None:
    for _ in range(2):
        await check_fingerprints(pool, PLATFORM_KEYS)


async def test_processes_that_start_together_agree(pool: Pool) -> None:
    await asyncio.gather(*(check_fingerprints(pool, PLATFORM_KEYS) for _ in range(8)))
    results = await asyncio.gather(
        *(check_fingerprints(pool, {"PASSWORD_PEPPER": bytes([n])}) for n in range(8)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["WrongKey"] * 7


@pytest.mark.parametrize("name", PLATFORM_KEYS)
async def test_another_key_is_refused_by_its_name(pool: Pool, name: str) -> None:
    await check_fingerprints(pool, PLATFORM_KEYS)
    with pytest.raises(WrongKey, match=name):
        await check_fingerprints(pool, {**PLATFORM_KEYS, name: b"x" * 32})
    await check_fingerprints(pool, PLATFORM_KEYS)


async def test_a_key_under_the_name_of_another_is_refused(pool: Pool) -> None:
    await check_fingerprints(pool, PLATFORM_KEYS)
    with pytest.raises(WrongKey):
        await check_fingerprints(pool, {"IDENTITY_KEY": PLATFORM_KEYS["SEALING_KEY"]})


async def test_a_fingerprint_does_not_reveal_the_key(pool: Pool) -> None:
    await check_fingerprints(pool, PLATFORM_KEYS)
    rows = await pool.fetch("SELECT fingerprint FROM key_fingerprints")
    for row in rows:
        assert len(row["fingerprint"]) == 64
        assert all(key.hex() not in row["fingerprint"] for key in PLATFORM_KEYS.values())
