"""Secrets appear nowhere: not in events, logs, errors, metrics, or printed settings."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Generator
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from mlplatform.errors import Refused, explained, reaching_the_database
from mlplatform.server.database import Database
from mlplatform.server.keys import load_keys
from mlplatform.settings import Settings
from storage.postgres.pool import connect
from tests.secret_search import API, SearchedPlatform, find_secrets, running_platform

SECRET_NAMES = re.compile(r"(secret|password|pepper|token|_key|_url)(?!_cost|_expire|_id)")
NOT_SECRET = {"artifact_url"}
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12)
"""Text before the part of a secret that is searched for: any letter, mark, digit or symbol."""


@pytest.fixture(scope="module")
def platform() -> Generator[SearchedPlatform]:
    """One platform for all tests here."""
    with (
        tempfile.TemporaryDirectory(prefix="mlp-") as folder,
        running_platform(Path(folder)) as platform,
    ):
        yield platform


def secret_in(text: str) -> tuple[str, str]:
    """A text, and the part of it that is searched for."""
    core = uuid4().hex
    return f"{text}{core}", core


class Visitor:
    """A user who does everything that involves a secret, correctly and incorrectly."""

    def __init__(self, platform: SearchedPlatform, before: str) -> None:
        self.platform = platform
        self.password, password = secret_in(before)
        self.next_password, next_password = secret_in(before)
        self.wrong_password, wrong_password = secret_in(before)
        self.name = uuid4().hex
        self.full_name, full_name = secret_in("")
        self.secrets = {
            "password": password,
            "next password": next_password,
            "wrong password": wrong_password,
        }
        self.personal = {"username and address": self.name, "full name": full_name}
        self.tokens: dict[str, str] = {}

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def post(self, path: str, body: Any, **options: Any) -> Any:
        return self.platform.call("POST", f"{API}/auth/{path}", body, **options)

    def register(self) -> None:
        body = {
            "username": self.name,
            "email": f"{self.name}@example.org",
            "full_name": self.full_name,
            "password": self.password,
        }
        assert self.post("register", body).status == 201
        assert self.post("register", body).status == 409
        for wrong in ({"password": [self.password]}, {"pass": self.password}, {"email": "none"}):
            assert self.post("register", {**body, "username": "other"} | wrong).status == 422
        half = f'{{"username": "x", "password": "{self.wrong_password}'.encode()
        assert self.post("register", half).status == 400

    def log_in(self) -> None:
        good = {"username": self.name, "password": self.password}
        for password in (self.wrong_password, self.wrong_password * 100, ""):
            assert self.post("login", good | {"password": password}).status in (401, 422)
        assert self.post("login", {"username": self.password, "password": ""}).status in (401, 422)
        response = self.post("login", good)
        assert response.status == 200
        self._use(response.body)

    def refresh(self) -> None:
        former = self.tokens["refresh_token"]
        response = self.post(f"refresh?refresh_token={former}", None)
        assert response.status == 200
        self._use(response.body)
        for token in (f"{former}x", former[:-1], f"x{former}", "x" + self.wrong_password):
            assert self.post("refresh", {"refresh_token": token}).status in (401, 422)

    def send_tokens_incorrectly(self) -> None:
        token = self.tokens["access_token"]
        path = f"{API}/auth/me"
        for shown in (f"Bearer {token}x", f"Basic {token}", f"bearer  {token}", token):
            call = self.platform.call("GET", path, headers={"Authorization": shown})
            assert call.status == 401
        assert self.platform.call("GET", f"{path}?access_token={token}").status == 401
        assert self.platform.call("GET", f"{path}#{token}?token={token}").status in (401, 404)
        for line in ("Authorization: Bearer {}\x00", "Authorization Bearer {}", "\xff{}: x"):
            shown = line.format(token).encode("latin-1")
            self.platform.send_raw(b"GET " + path.encode() + b" HTTP/1.1\r\n" + shown + b"\r\n\r\n")
        self.platform.send_raw(f"GET {path}?{token} HTTP/9.9\r\n\r\n".encode())
        self.platform.send_raw(f"{token} / HTTP/1.1\r\n\r\n".encode())
        wrong = {"Authorization": f"Bearer {self.wrong_password.encode().hex()}"}
        assert self.platform.call("GET", "/metrics", headers=wrong).status == 403

    def call_with_a_key(self) -> None:
        path, body = f"{API}/api-keys", {"name": "nightly", "scopes": ["read"]}
        issued = self.platform.call("POST", path, body, headers=self.headers).body
        key = issued["key"]
        self.secrets[f"key {issued['id']}"] = key[-43:]
        for shown, status in ((key, 200), (f"{key}x", 401), (f"x{key}", 401), (key[:-1], 401)):
            headers = {"X-API-Key": shown}
            assert self.platform.call("GET", f"{API}/models", headers=headers).status == status
        bearer = {"Authorization": f"Bearer {key}"}
        assert self.platform.call("GET", path, headers=bearer).status == 403
        assert self.platform.call("GET", f"{path}?key={key}").status == 401
        assert self.platform.call("GET", f"{path}/{key}", headers=bearer).status in (404, 405)
        assert self.platform.call("DELETE", f"{path}/{key}", headers=self.headers).status == 422
        for wrong in ({"key": key}, {"name": [key]}, {"scopes": [key]}, {"expires_at": key}):
            call = self.platform.call("POST", path, body | wrong, headers=self.headers)
            assert call.status == 422
        ended = self.platform.call("DELETE", f"{path}/{issued['id']}", headers=self.headers)
        assert ended.status == 204
        assert self.platform.call("GET", f"{API}/models", headers=bearer).status == 401

    def change_password(self) -> None:
        body = {"current_password": self.wrong_password, "new_password": self.next_password}
        assert self.post("password", body, headers=self.headers).status in (401, 403, 422)
        body = {"current_password": self.password, "new_password": self.next_password}
        assert self.post("password", body, headers=self.headers).status == 204

    def _use(self, tokens: dict[str, str]) -> None:
        self.tokens = tokens
        for kind in ("access_token", "refresh_token"):
            self.secrets[f"{kind} {len(self.secrets)}"] = tokens[kind][-40:]


def check(platform: SearchedPlatform, visitor: Visitor) -> None:
    """Search all outputs and events for every secret."""
    hashes = platform.as_owner("SELECT hash FROM credentials")
    secrets = platform.secrets | visitor.secrets
    secrets |= {f"hash {number}": row[0] for number, row in enumerate(hashes)}
    for name, text in platform.outputs().items():
        assert find_secrets(secrets | visitor.personal, text) == [], name
    assert find_secrets(secrets | visitor.personal, platform.events()) == []


def test_no_request_reveals_a_secret(platform: SearchedPlatform) -> None:
    @settings(max_examples=10)
    @given(before=TEXTS)
    def visit(before: str) -> None:
        visitor = Visitor(platform, before)
        visitor.register()
        visitor.log_in()
        visitor.refresh()
        visitor.send_tokens_incorrectly()
        visitor.call_with_a_key()
        visitor.change_password()
        check(platform, visitor)

    visit()


ERRORS = {
    "a refused row": (
        "ALTER TABLE credentials ADD CONSTRAINT never CHECK (hash = '') NOT VALID",
        "ALTER TABLE credentials DROP CONSTRAINT never",
    ),
    "a missing table": (
        "ALTER TABLE credentials RENAME TO hidden",
        "ALTER TABLE hidden RENAME TO credentials",
    ),
    "a missing right": (
        "REVOKE ALL ON credentials, user_keys FROM mlplatform_app",
        "GRANT SELECT, INSERT, DELETE ON credentials, user_keys TO mlplatform_app",
    ),
    "an append that fails": (
        "ALTER TABLE events ADD CONSTRAINT never CHECK (topic = '') NOT VALID",
        "ALTER TABLE events DROP CONSTRAINT never",
    ),
}


@pytest.mark.parametrize("error", ERRORS)
def test_an_internal_error_reveals_no_secret(platform: SearchedPlatform, error: str) -> None:
    visitor = Visitor(platform, "")
    visitor.register()
    visitor.log_in()
    break_, repair = ERRORS[error]
    platform.as_owner(break_)
    try:
        other = Visitor(platform, "")
        with pytest.raises(AssertionError):
            other.register()
        body = {"current_password": visitor.password, "new_password": visitor.next_password}
        status = visitor.post("password", body, headers=visitor.headers).status
        assert status in (500, 503)
    finally:
        platform.as_owner(repair)
    assert b'"exception":' in platform.outputs()["out"]
    check(platform, visitor)
    check(platform, other)


def secret_settings() -> list[str]:
    return [
        name
        for name, info in Settings.model_fields.items()
        if SECRET_NAMES.search(name) and name not in NOT_SECRET and info.annotation is not int
    ]


def test_every_setting_with_the_name_of_a_secret_is_secret() -> None:
    for name in secret_settings():
        assert "SecretStr" in str(Settings.model_fields[name].annotation), name


@given(before=TEXTS)
def test_settings_and_objects_made_from_them_print_no_secret(before: str) -> None:
    core = uuid4().hex
    values: dict[str, Any] = {name: SecretStr(f"{before}{core}") for name in secret_settings()}
    values |= dict.fromkeys(("first_admin_username", "first_admin_email"), "ada")
    for name in ("database_url", "database_owner_url", "redis_url"):
        values[name] = SecretStr(f"postgresql://ada:{core}@host/{core}")
    given_settings = Settings(**values)
    dsn = f"postgresql://ada:{core}@host/db"
    for thing in (given_settings, load_keys(given_settings), Database(dsn, dsn)):
        for shown in (repr(thing), str(thing), f"{thing}", f"{[thing]}"):
            assert core not in shown
    assert core not in given_settings.model_dump_json()
    assert not [each for each in fields(Database) if each.repr]


@given(before=st.text("/@?#[]:%,;'\" \\0aä", max_size=6), host=st.sampled_from(["127.0.0.1:1", ""]))
def test_an_unreachable_url_is_refused_without_its_password(before: str, host: str) -> None:
    core = uuid4().hex
    url = f"postgresql://ada:{before}{core}{before}@{host}/db"
    with pytest.raises((ValidationError, Refused)) as refused:
        asyncio.run(reach(Settings(database_url=SecretStr(url))))
    error: BaseException | None = refused.value
    while error is not None:
        assert find_secrets({"password": core}, str(error).encode()) == []
        error = error.__cause__
    assert isinstance(refused.value, Exception)
    assert core not in explained(refused.value)


async def reach(given_settings: Settings) -> None:
    assert given_settings.database_url is not None
    with reaching_the_database("the database"):
        await connect(given_settings.database_url.get_secret_value())
