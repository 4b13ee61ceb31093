"""Hashing and comparing: any text, one pepper, the same cost for unknown users."""

from __future__ import annotations

import os
from typing import Any

import bcrypt
import pytest
from structlog.testing import capture_logs

from commands.passwords.hashing import NICENESS, PasswordHasher
from tests.commands.conftest import FAST

PASSWORD = "correct horse"


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("x" * 100 + "a", "x" * 100 + "b"),
        ("before\0after", "before\0afters"),
        ("", " "),
        ("пароль👍", "пароль👎"),
    ],
)
async def test_every_character_of_any_length_counts(
    hasher: PasswordHasher, password: str, other: str
) -> None:
    credential = await hasher.hash(password)

    assert await hasher.matches(password, credential)
    assert not await hasher.matches(other, credential)


async def test_composed_and_decomposed_characters_are_equal(hasher: PasswordHasher) -> None:
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"

    assert await hasher.matches(decomposed, await hasher.hash(composed))


async def test_two_hashes_of_a_password_differ(hasher: PasswordHasher) -> None:
    assert (await hasher.hash(PASSWORD)).hash != (await hasher.hash(PASSWORD)).hash


async def test_a_hash_cannot_be_attacked_without_the_pepper(hasher: PasswordHasher) -> None:
    credential = await hasher.hash(PASSWORD)

    assert not bcrypt.checkpw(PASSWORD.encode(), credential.hash.encode())
    assert credential.hash not in repr(credential)


async def test_an_unknown_user_costs_as_much_as_a_known_one(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []
    compare = bcrypt.checkpw

    def recorded_compare(password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return compare(password, hashed)

    monkeypatch.setattr("commands.passwords.hashing.bcrypt.checkpw", recorded_compare)
    credential = await hasher.hash(PASSWORD)

    assert not await hasher.matches("wrong", credential)
    assert not await hasher.matches("nobody's password", None)
    costs = {hashed.split(b"$")[2] for hashed in compared}
    assert (len(compared), costs) == (2, {b"%02d" % FAST})


async def test_a_hash_under_another_pepper_is_refused_and_logged(
    hasher: PasswordHasher,
) -> None:
    async with PasswordHasher.open(b"another", cost=FAST) as others:
        credential = await others.hash(PASSWORD)
    with capture_logs() as logs:
        assert not await hasher.matches(PASSWORD, credential)

    [line] = logs
    assert line["event"] == "password_made_under_another_pepper"
    assert line["log_level"] == "error"
    assert (line["made_under"], line["current"]) == (credential.pepper_id, hasher.pepper_id)
    assert "PASSWORD_PEPPER" in line["remedy"]
    assert PASSWORD not in str(line)
    assert credential.hash not in str(line)


async def test_only_hashing_runs_at_a_lower_priority(hasher: PasswordHasher) -> None:
    thread: Any = vars(hasher)["_thread"]

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)

    own = niceness()
    assert thread.submit(niceness).result() == min(own + NICENESS, 19)
    assert niceness() == own
