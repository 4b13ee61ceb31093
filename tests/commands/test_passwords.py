"""Hashing and comparing: any text, under one pepper, for nobody at the same price."""

from __future__ import annotations

import os
from typing import Any

import bcrypt
import pytest
from structlog.testing import capture_logs

from commands.passwords.hashing import NICENESS, Passwords
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
    passwords: Passwords, password: str, other: str
) -> None:
    credential = await passwords.hash(password)

    assert await passwords.matches(password, credential)
    assert not await passwords.matches(other, credential)


async def test_a_password_is_what_it_reads_as_however_it_is_typed(passwords: Passwords) -> None:
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"

    assert await passwords.matches(decomposed, await passwords.hash(composed))


async def test_the_same_password_is_never_hashed_to_the_same(passwords: Passwords) -> None:
    assert (await passwords.hash(PASSWORD)).hash != (await passwords.hash(PASSWORD)).hash


async def test_a_hash_alone_cannot_be_guessed_at_without_the_pepper(passwords: Passwords) -> None:
    credential = await passwords.hash(PASSWORD)

    assert not bcrypt.checkpw(PASSWORD.encode(), credential.hash.encode())
    assert credential.hash not in repr(credential)


async def test_where_there_is_nobody_as_much_is_computed(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []
    compare = bcrypt.checkpw

    def noted(password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return compare(password, hashed)

    monkeypatch.setattr("commands.passwords.hashing.bcrypt.checkpw", noted)
    credential = await passwords.hash(PASSWORD)

    assert not await passwords.matches("wrong", credential)
    assert not await passwords.matches("nobody's password", None)
    costs = {hashed.split(b"$")[2] for hashed in compared}
    assert (len(compared), costs) == (2, {b"%02d" % FAST})


async def test_a_hash_under_another_pepper_opens_nothing_and_the_operator_is_told(
    passwords: Passwords,
) -> None:
    async with Passwords.open(b"another", cost=FAST) as others:
        credential = await others.hash(PASSWORD)
    with capture_logs() as logs:
        assert not await passwords.matches(PASSWORD, credential)

    [line] = logs
    assert line["event"] == "password_made_under_another_pepper"
    assert line["log_level"] == "error"
    assert (line["made_under"], line["current"]) == (credential.pepper_id, passwords.pepper_id)
    assert "PASSWORD_PEPPER" in line["remedy"]
    assert PASSWORD not in str(line)
    assert credential.hash not in str(line)


async def test_hashing_gives_way_and_nothing_else_does(passwords: Passwords) -> None:
    thread: Any = vars(passwords)["_thread"]

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)

    own = niceness()
    assert thread.submit(niceness).result() == min(own + NICENESS, 19)
    assert niceness() == own
