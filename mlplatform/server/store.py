"""Opens the event store and the handlers of commands on accounts."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from commands.account_names import AccountNames
from commands.passwords.account_passwords import AccountPasswords
from commands.passwords.hashing import PasswordHasher
from commands.passwords.rules import PasswordRules
from commands.users import RegisterAdmin, UserCommands
from domain.errors import Conflict, Rejected
from domain.events import OPERATOR
from mlplatform.errors import Refused
from mlplatform.server.database import Database
from mlplatform.server.keys import Keys, load_keys
from mlplatform.settings import Settings
from storage.credentials import Credentials
from storage.event_store.cross_stream import Administrators
from storage.event_store.event_store import EventStore
from storage.event_store.sealing import check_fingerprints
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import RedisClient
from storage.redis.login_attempts import LoginAttempts, MemoryLoginAttempts
from storage.redis.shared_login_attempts import RedisLoginAttempts

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class History:
    """The event store, its pool and its keys."""

    pool: Pool
    events: EventStore
    keys: Keys


@dataclass(frozen=True, kw_only=True)
class Store(History):
    """The event store with everything that commands on accounts need."""

    credentials: Credentials
    passwords: AccountPasswords
    names: AccountNames
    users: UserCommands
    redis: RedisClient | None
    """Shared counters of all processes; None without REDIS_URL."""


@asynccontextmanager
async def open_history(settings: Settings, database: Database) -> AsyncGenerator[History]:
    """Open the event store; raises `WrongKey` if it was written under other keys."""
    keys = load_keys(settings)
    async with (
        open_pool(database.dsn, max_size=settings.database_pool_size) as pool,
        EventStore.open(database.dsn, pool, sealing_key=keys.sealing_key) as events,
    ):
        fixed = {"IDENTITY_KEY": keys.identity_key, "SEALING_KEY": keys.sealing_key}
        await check_fingerprints(pool, fixed)
        yield History(pool=pool, events=events, keys=keys)


@asynccontextmanager
async def open_store(settings: Settings, database: Database) -> AsyncGenerator[Store]:
    """Open the event store with everything that commands on accounts need."""
    async with (
        open_history(settings, database) as history,
        PasswordHasher.open(
            history.keys.password_pepper, cost=settings.password_hash_cost
        ) as hasher,
        _open_redis(settings) as redis,
    ):
        pool, events = history.pool, history.events
        credentials = Credentials(pool)
        rules = PasswordRules(settings.app_name)
        passwords = AccountPasswords(credentials, _attempts(settings, redis), hasher, rules)
        names = AccountNames(events, history.keys.identity_key)
        yield Store(
            pool=pool,
            events=events,
            keys=history.keys,
            credentials=credentials,
            passwords=passwords,
            names=names,
            users=UserCommands(events, passwords, names, Administrators(pool)),
            redis=redis,
        )


async def ensure_first_admin(settings: Settings, database: Database) -> None:
    """Create the administrator of the settings, unless the platform ever had one.

    An existing account of that name gets no rights: any user could have registered it.
    """
    if settings.first_admin_password is None:
        return
    assert settings.first_admin_username, "set together with the password"
    assert settings.first_admin_email, "set together with the password"
    async with open_store(settings, database) as store:
        if await store.users.has_had_admin():
            return
        command = RegisterAdmin(
            by=OPERATOR,
            username=settings.first_admin_username,
            email=settings.first_admin_email,
            password=settings.first_admin_password.get_secret_value(),
        )
        try:
            user = await store.users.register(command)
        except Conflict as taken:
            if await store.users.has_had_admin():
                return  # another process that starts at the same time was faster
            raise Refused(
                f"the first administrator cannot be created ({taken}): change FIRST_ADMIN_USERNAME"
                " and FIRST_ADMIN_EMAIL, or use mlplatform create-admin"
            ) from taken
        except Rejected as error:
            field, _, reason = str(error).partition(": ")
            raise Refused(f"FIRST_ADMIN_{field.upper()}: {reason}") from error
        log.info("first_admin_made", user_id=str(user.id))


@asynccontextmanager
async def _open_redis(settings: Settings) -> AsyncGenerator[RedisClient | None]:
    if settings.redis_url is None:
        yield None
        return
    redis = RedisClient(settings.redis_url.get_secret_value())
    try:
        yield redis
    finally:
        await redis.close()


def _attempts(settings: Settings, redis: RedisClient | None) -> LoginAttempts:
    """Count failed logins in Redis if it is set, else in memory."""
    if redis is None:
        return MemoryLoginAttempts(settings.login_wait_s_max)
    return RedisLoginAttempts(redis, settings.login_wait_s_max)
