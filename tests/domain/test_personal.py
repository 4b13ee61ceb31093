"""Addresses and names are normalised before they are compared, stored or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.personal import (
    EMAIL_LENGTH_MAX,
    FULL_NAME_LENGTH_MAX,
    USERNAME_LENGTH_MAX,
    email_of,
    full_name_of,
    login_name_of,
    username_of,
)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("alice@example.com", "alice@example.com"),
        ("  Alice@Example.COM\n", "alice@example.com"),
        ("\uff41\uff4c\uff49\uff43\uff45\uff20example.com", "alice@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("e\u0301@example.com", "é@example.com"),
        ("a+b.c@sub.example.co.uk", "a+b.c@sub.example.co.uk"),
    ],
)
def test_all_spellings_of_an_address_are_equal(text: str, email: str) -> None:
    assert email_of(text) == email


@pytest.mark.parametrize(
    "text",
    [
        *("", "alice", "alice@", "@example.com", "alice@example", "a@b@example.com", "a@b."),
        *("a b@example.com", "a@exam ple.com", "a\0@example.com", "a\u200b@example.com"),
        *("a@example.com\u202e", "\ud800@example.com", "a@example.c\x1bm"),
        "a" * EMAIL_LENGTH_MAX + "@example.com",
    ],
)
def test_an_invalid_address_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match=r"^email: "):
        email_of(text)


@pytest.mark.parametrize(
    ("text", "username"),
    [
        ("Alice", "alice"),
        (" alice ", "alice"),
        ("\uff21\uff2c\uff29\uff23\uff25", "alice"),
        ("ﬁona", "fiona"),
        ("äöü", "äöü"),
    ],
)
def test_all_spellings_of_a_username_are_equal(text: str, username: str) -> None:
    assert username_of(text) == username
    assert login_name_of(text) == username


@pytest.mark.parametrize("length", [0, 1, 2, USERNAME_LENGTH_MAX + 1])
def test_the_length_of_a_username_is_limited(length: int) -> None:
    with pytest.raises(Rejected, match="3 to 100 characters"):
        username_of("a" * length)
    assert username_of("a" * USERNAME_LENGTH_MAX)


@pytest.mark.parametrize(
    "text",
    [
        "alice@home",
        "al ice",
        "al\tice",
        "al\u00a0ice",
        "al\0ice",
        "al\u200dice",
        "al\ud800e",
        "alice\ufe0f",
        "al\u034fice",
        "al\u3164ice",
        "\u115f\u1160\u2800",
        "alice\U000e0100",
    ],
)
def test_a_username_has_no_spaces_invisible_characters_or_at_sign(text: str) -> None:
    with pytest.raises(Rejected, match=r"^username: it has no @"):
        username_of(text)


@pytest.mark.parametrize(
    ("text", "full_name"),
    [(None, None), ("", None), ("   ", None), (" Alice  Liddell ", "Alice  Liddell"), ("李", "李")],
)
def test_a_full_name_is_kept_as_it_is_written(text: str | None, full_name: str | None) -> None:
    assert full_name_of(text) == full_name


@pytest.mark.parametrize("text", ["x" * (FULL_NAME_LENGTH_MAX + 1), "a\nb", "a\0b", "a\ud800"])
def test_a_full_name_out_of_bounds_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match=r"^full_name: "):
        full_name_of(text)


@given(st.text(min_size=3, max_size=20))
def test_a_normalised_username_stays_as_it_is(text: str) -> None:
    try:
        username = username_of(text)
    except Rejected:
        return
    assert username_of(username) == username == login_name_of(username)


@given(st.emails())
def test_a_normalised_address_stays_as_it_is(text: str) -> None:
    try:
        email = email_of(text)
    except Rejected:
        return
    assert email_of(email) == email == login_name_of(f" {email} ")
