"""The login of a DSN, and SCRAM verifiers."""

from __future__ import annotations

import re

import pytest

from storage.postgres.logins import Login, parse_login, scram_verifier


@pytest.mark.parametrize(
    ("dsn", "login"),
    [
        ("postgresql://ada:secret@host:5432/events", Login("ada", "secret")),
        ("postgresql+asyncpg://ada:secret@host/events", Login("ada", "secret")),
        ("postgresql://ada@host/events", Login("ada", None)),
        ("postgresql://a%40b:p%2Fw%3A@/events?host=/run/postgresql", Login("a@b", "p/w:")),
        ("postgresql://host/events?user=ada&password=secret", Login("ada", "secret")),
        ("postgresql://host/events", None),
        ("postgresql:///events", None),
    ],
)
def test_a_login_is_read_from_a_dsn(dsn: str, login: Login | None) -> None:
    assert parse_login(dsn) == login


def test_a_name_is_quoted_for_sql() -> None:
    assert Login('a"; DROP ROLE b; --').quoted == '"a""; DROP ROLE b; --"'


def test_a_password_is_not_in_the_repr() -> None:
    assert "secret" not in repr(Login("ada", "secret"))


def test_a_verifier_is_salted_and_needs_no_quoting() -> None:
    verifier = scram_verifier("it's")
    assert re.fullmatch(r"SCRAM-SHA-256\$4096:[\w+/=]+\$[\w+/=]+:[\w+/=]+", verifier)
    assert verifier != scram_verifier("it's")
