"""A store is opened with the keys it was filled under, or not at all."""

from __future__ import annotations

import asyncio

import pytest

from storage.event_store.sealing import WrongKey, check_fingerprints
from storage.postgres.pool import Pool

KEYS = {"IDENTITY_KEY": b"i" * 32, "SEALING_KEY": b"s" * 32}


async def test_the_first_keys_are_noted_and_good_ever_after(pool: Pool) -> None:
    for _ in range(2):
        await check_fingerprints(pool, KEYS)


async def test_processes_that_start_together_agree(pool: Pool) -> None:
    await asyncio.gather(*(check_fingerprints(pool, KEYS) for _ in range(8)))
    results = await asyncio.gather(
        *(check_fingerprints(pool, {"PASSWORD_PEPPER": bytes([n])}) for n in range(8)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["WrongKey"] * 7


@pytest.mark.parametrize("name", KEYS)
async def test_another_key_is_refused_by_its_name(pool: Pool, name: str) -> None:
    await check_fingerprints(pool, KEYS)
    with pytest.raises(WrongKey, match=name):
        await check_fingerprints(pool, {**KEYS, name: b"x" * 32})
    await check_fingerprints(pool, KEYS)


async def test_a_key_in_the_place_of_another_is_refused(pool: Pool) -> None:
    await check_fingerprints(pool, KEYS)
    with pytest.raises(WrongKey):
        await check_fingerprints(pool, {"IDENTITY_KEY": KEYS["SEALING_KEY"]})


async def test_a_fingerprint_does_not_give_the_key_away(pool: Pool) -> None:
    await check_fingerprints(pool, KEYS)
    rows = await pool.fetch("SELECT fingerprint FROM key_fingerprints")
    for row in rows:
        assert len(row["fingerprint"]) == 64
        assert all(key.hex() not in row["fingerprint"] for key in KEYS.values())
