"""Administrators: appointed and revoked by the operator, and the first one by the settings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr, ValidationError

from commands.users import RegisterUser, SetActive
from domain.events import OPERATOR, Actor
from domain.personal import login_name_of
from domain.user import User
from mlplatform.cli.accounts import create_admin
from mlplatform.errors import Refused, explained
from mlplatform.server.database import Database
from mlplatform.server.store import Store, ensure_first_admin
from mlplatform.settings import Settings
from tests.mlplatform.conftest import Cli
from tests.samples import ALICE

PASSWORD = "correct horse"
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
FIRST = {
    "first_admin_username": "Ada",
    "first_admin_email": "ada@example.org",
    "first_admin_password": SecretStr(PASSWORD),
}


@pytest.fixture
def with_admin(settings: Settings) -> Settings:
    """Settings that name a first administrator."""
    return settings.model_copy(update=FIRST)


async def user_named(store: Store, name: str) -> User:
    """Load a user from the stream itself: a cached aggregate may be slightly out of date."""
    user = await store.names.find_user(login_name_of(name))
    assert user is not None
    return await store.events.load_as_of(User, user.id, END_OF_TIME)


async def test_the_first_administrator_is_created_once(
    with_admin: Settings, database: Database, store: Store
) -> None:
    await ensure_first_admin(with_admin, database)
    created = await user_named(store, "ada")
    renamed = with_admin.model_copy(update={"first_admin_username": "bob"})
    for again in (with_admin, renamed):
        await ensure_first_admin(again, database)

    assert created.is_admin
    assert await store.names.find_user(login_name_of("bob")) is None
    assert await store.names.find_user(login_name_of("ada@example.org")) == created


async def test_of_several_concurrent_starts_one_creates_the_first_administrator(
    with_admin: Settings, database: Database, store: Store
) -> None:
    await asyncio.gather(*(ensure_first_admin(with_admin, database) for _ in range(4)))

    assert (await user_named(store, "ada")).is_admin
    assert await store.pool.fetchval("SELECT count(*) FROM events WHERE version = 1") == 3


async def test_without_settings_no_administrator_is_created(
    settings: Settings, database: Database, store: Store
) -> None:
    await ensure_first_admin(settings, database)

    assert not await store.users.has_had_admin()


async def test_an_existing_account_of_that_name_gets_no_rights(
    with_admin: Settings, database: Database, store: Store
) -> None:
    taken = RegisterUser(by=OPERATOR, username="ada", email="m@example.org", password=PASSWORD)
    await store.users.register(taken)

    with pytest.raises(Refused, match=r"username.*create-admin"):
        await ensure_first_admin(with_admin, database)
    assert not (await user_named(store, "ada")).is_admin


async def test_a_weak_password_is_refused_without_showing_it(
    with_admin: Settings, database: Database
) -> None:
    with_weak_password = with_admin.model_copy(
        update={"first_admin_password": SecretStr("letmein123")}
    )

    with pytest.raises(
        Refused, match="FIRST_ADMIN_PASSWORD: this is one of the most common passwords"
    ) as refused:
        await ensure_first_admin(with_weak_password, database)
    assert "letmein" not in str(refused.value)


@pytest.mark.parametrize("missing", ["username", "email", "password"])
def test_incomplete_settings_of_an_administrator_are_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in {"username", "email", "password"} - {missing}:
        monkeypatch.setenv(f"FIRST_ADMIN_{name.upper()}", "correct@horse.example")

    with pytest.raises(ValidationError) as refused:
        Settings()
    assert explained(refused.value).endswith("set all of them or none")
    assert settings.first_admin_password is None


def test_the_last_administrator_is_not_revoked(cli: Cli) -> None:
    for name in ("ada", "bob"):
        arguments = ("--email", f"{name}@example.org", "--password-stdin")
        cli("create-admin", name, *arguments, input=f"{PASSWORD}\n")

    revoked = cli("revoke-admin", "bob")
    again = cli("revoke-admin", "bob")
    last = cli("revoke-admin", "ada")
    unknown = cli("revoke-admin", "nobody")

    assert revoked.output == "bob is no longer an administrator\n"
    assert again.output == "bob is not an administrator\n"
    assert (last.exit_code, unknown.exit_code) == (1, 1)
    assert "this is the last administrator" in last.stderr
    assert "there is no user nobody" in unknown.stderr


async def test_a_deactivated_account_is_reactivated_with_the_right(
    settings: Settings, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    command = RegisterUser(by=OPERATOR, username="ada", email="a@example.org", password=PASSWORD)
    ada = await store.users.register(command)
    await store.users.set_active(SetActive(by=Actor(ALICE), user_id=ada.id, is_active=False))

    await create_admin(settings, "ada", None, None)

    assert capsys.readouterr().out == "ada is now an administrator\n"
    reactivated = await user_named(store, "ada")
    assert (reactivated.is_active, reactivated.is_admin) == (True, True)
