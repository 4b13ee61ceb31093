"""Which passwords are accepted, and which are easily guessed."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.passwords.rules import LENGTH_MAX, LENGTH_MIN, PasswordRules
from domain.errors import Rejected

RULES = PasswordRules("ML Deployment Platform")
ALICE = ("alice", "alice.liddell@example.com", "Alice Liddell")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "correct horse battery",
        "tr0ub4dor&3",
        "kx8#mQ2p",
        "日本語のパスワード",
        "platform-giraffe",  # Enough is left without the name of the service.
        "password is a song",
        "xyz" + "y" * 997,
        "no NUL \0 is the end",
    ],
)
def test_a_password_that_is_hard_to_guess_is_accepted(password: str) -> None:
    RULES.check(password, context=ALICE)


@pytest.mark.parametrize("password", ["", "a", "sh0rt!?", "x" * (LENGTH_MAX + 1)])
def test_a_length_out_of_bounds_is_refused_with_the_bounds(password: str) -> None:
    with pytest.raises(Rejected, match=f"password: it has {LENGTH_MIN} to {LENGTH_MAX} characters"):
        RULES.check(password)


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PassWord1",
        "p@ssw0rd!",
        "pa55w0rd2024",
        "$unshine99",
        "letmein123",
        "iloveyou!!",
        "qwertyuiop",
        "1q2w3e4r5t",
        "jennifer1999",
        "Summer2024!",
        "password12345678",
        "12345678",
        "890123456",
        "987654321",
        "abcdefghij",
        "abcabcabc",
        "aaaaaaaaaa",
        "        ",
        "!!!!1111",
    ],
)
def test_a_common_password_is_refused(password: str) -> None:
    with pytest.raises(Rejected, match="password: this is one of the most common passwords"):
        RULES.check(password)


@pytest.mark.parametrize(
    "password",
    [
        "alice.liddell",
        "alice.liddell@example.com",
        "Alice-Alice-9",
        "liddell-1865",
        "mlplatform1",
        "MLPlatform-2024",
        "ML Deployment Platform",
        "mldeploymentplatform",
    ],
)
def test_names_that_others_know_are_refused(password: str) -> None:
    with pytest.raises(Rejected, match="password: it is little more than a name"):
        RULES.check(password, context=ALICE)


@given(st.text(max_size=LENGTH_MAX + 10))
def test_any_text_is_accepted_or_refused(password: str) -> None:
    with suppress(Rejected):
        RULES.check(password, context=(password[:10], *ALICE))
        assert LENGTH_MIN <= len(password) <= LENGTH_MAX


@pytest.mark.parametrize("password", ["a" + "!" * 998 + "a", "a!" * 500, "1" * 999 + "x"])
def test_no_password_takes_long_to_check(password: str) -> None:
    started = time.process_time()  # Other work on the machine does not count.
    for _ in range(10):
        with suppress(Rejected):
            RULES.check(password, context=ALICE)
    assert time.process_time() - started < 1.0
