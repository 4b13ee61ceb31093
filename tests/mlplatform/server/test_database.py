"""Which database is used: that of the settings, an embedded one, or a running embedded one."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

import migrations
from commands.users import ChangeProfile, RegisterUser
from domain.aggregate import new_id
from domain.events import OPERATOR, Actor
from mlplatform.errors import Refused, explained
from mlplatform.server.database import (
    Database,
    check_data_dir_is_free,
    open_database,
    warn_of_ownership,
)
from mlplatform.server.server import serve
from mlplatform.server.store import Store, open_store
from mlplatform.settings import Settings
from projections.engine.freshness import Freshness
from projections.engine.rebuild import rebuild
from projections.engine.runner import Runner
from projections.engine.tables import create_missing
from projections.read_models.users import UserRow, users_page
from projections.registry import PROJECTIONS
from storage.embedded.data_lock import DataDirInUse
from storage.embedded.server import EmbeddedPostgres
from storage.postgres.migrate import MigrationRefused, migrate
from storage.postgres.pool import Pool, connect, open_pool
from storage.postgres.roles import can_change_events

REGISTER = RegisterUser(
    by=OPERATOR, username="alice", email="alice@example.org", password="correct horse"
)
TABLES = "SELECT count(*) FROM pg_tables WHERE tablename = 'events'"


@pytest.fixture
def embedded(settings: Settings) -> Settings:
    """Settings without a database."""
    return settings.model_copy(update={"database_url": None, "database_owner_url": None})


@pytest.fixture
async def empty(postgres: EmbeddedPostgres) -> str:
    """A database without migrations; it is removed with the server."""
    name = f"test_{new_id().hex}"
    connection = await connect(postgres.dsn("postgres"))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await connection.close()
    return name


async def tables(dsn: str) -> int:
    connection = await connect(dsn)
    try:
        return await connection.fetchval(TABLES)
    finally:
        await connection.close()


async def test_the_embedded_database_is_shared_with_commands_but_not_with_another_server(
    embedded: Settings,
) -> None:
    check_data_dir_is_free(embedded)
    async with open_database(embedded, is_migrated=False) as database:
        assert await tables(database.dsn) == 0
        async with open_database(embedded) as shared:
            assert shared == database
            assert await tables(shared.dsn) == 1
        with pytest.raises(DataDirInUse):
            check_data_dir_is_free(embedded)
        with pytest.raises(DataDirInUse) as taken:
            await serve(embedded, workers=1, with_demo=False)
        assert "stop it, or choose another data directory" in explained(taken.value)
        with pytest.raises(DataDirInUse):
            await opened(embedded, is_shared=False)


async def opened(settings: Settings, **options: bool) -> None:
    async with open_database(settings, **options):
        pass


async def test_the_embedded_platform_is_not_the_owner_of_its_events(embedded: Settings) -> None:
    async with open_database(embedded) as database, open_pool(database.dsn) as pool:
        assert not await can_change_events(pool)
        async with open_pool(database.owner_dsn) as owner_pool:
            assert await can_change_events(owner_pool)


async def test_a_platform_that_connects_as_the_owner_logs_a_warning(
    pool: Pool, owner_pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    await warn_of_ownership(pool)
    assert capsys.readouterr().out == ""
    await warn_of_ownership(owner_pool)
    assert "connected_as_owner" in capsys.readouterr().out


async def test_migrations_run_as_the_owner_who_grants_rights_to_the_platform(
    settings: Settings, empty: str, postgres: EmbeddedPostgres
) -> None:
    two_roles = with_own_role(settings, postgres, empty)
    async with open_database(two_roles) as database:
        assert await tables(database.dsn) == 1
    without_owner = two_roles.model_copy(update={"database_owner_url": None})
    async with open_database(without_owner) as database, open_pool(database.dsn) as pool:
        assert not await can_change_events(pool), "a migrated database needs no owner"


async def test_migrations_without_the_owner_are_refused(
    settings: Settings, empty: str, postgres: EmbeddedPostgres
) -> None:
    without_owner = with_own_role(settings, postgres, empty).model_copy(
        update={"database_owner_url": None}
    )
    with pytest.raises(MigrationRefused) as refused:
        await opened(without_owner)
    assert "run `mlplatform migrate` with DATABASE_OWNER_URL" in explained(refused.value)


async def test_urls_of_different_databases_are_refused(
    settings: Settings, empty: str, postgres: EmbeddedPostgres
) -> None:
    two_databases = settings.model_copy(
        update={"database_owner_url": SecretStr(postgres.dsn(empty))}
    )
    with pytest.raises(Refused, match="name different databases"):
        await opened(two_databases)


async def test_a_platform_url_without_a_user_is_refused(settings: Settings) -> None:
    without_user = settings.model_copy(update={"database_url": SecretStr("postgresql:///events")})
    with pytest.raises(Refused, match="DATABASE_URL has to name a user"):
        await opened(without_user)


async def test_the_repr_of_a_database_shows_no_password(embedded: Settings) -> None:
    async with open_database(embedded, is_migrated=False) as database:
        for dsn in (database.dsn, database.owner_dsn):
            password = urlsplit(dsn).password
            assert password
            assert password not in repr(database)


async def test_a_data_directory_with_one_role_is_migrated(
    embedded: Settings, tmp_path: Path
) -> None:
    """As from an earlier release: the owner has the read tables, the platform has no role."""
    for name in ("0001_events.sql", "0002_secrets.sql", "0003_projections.sql"):
        (tmp_path / name).write_bytes((files(migrations) / name).read_bytes())
    async with open_database(embedded, is_migrated=False) as database:
        await migrate(database.owner_dsn, tmp_path)
        connection = await connect(database.owner_dsn)
        # A column that the code of this release needs and the earlier schema lacks.
        await connection.execute("ALTER TABLE projections ADD COLUMN live_digest text")
        await create_missing(PROJECTIONS.values(), connection)
        one_role = Database(database.owner_dsn, database.owner_dsn)
        async with open_store(embedded, one_role) as store:
            user = await store.users.register(REGISTER)
            async with Runner.open(one_role.dsn, store.events, PROJECTIONS) as runner:
                await caught_up(store, runner)
        await connection.execute("ALTER TABLE projections DROP COLUMN live_digest")
        await connection.close()

    async with (
        open_database(embedded) as database,
        open_store(embedded, database) as store,
        Runner.open(database.dsn, store.events, PROJECTIONS) as runner,
    ):
        assert not await can_change_events(store.pool)
        row = await only_user(store)
        assert row.username == "alice", "the read table exists without a rebuild"
        for projection in PROJECTIONS.values():
            assert (await rebuild(projection, dsn=database.dsn, events=store.events)).is_same
        renamed = ChangeProfile(by=Actor(user.id, "r-1"), full_name="Alice")
        await store.users.change_profile(renamed)
        await caught_up(store, runner)
        row = await only_user(store)
        assert row.full_name == "Alice"


async def only_user(store: Store) -> UserRow:
    [row] = (await users_page(store.pool)).rows
    return row


async def caught_up(store: Store, runner: Runner) -> None:
    async with asyncio.timeout(30):
        while await Freshness(store.pool, PROJECTIONS, runner).wait(*PROJECTIONS) > 0:
            pass


def with_own_role(settings: Settings, postgres: EmbeddedPostgres, name: str) -> Settings:
    """Settings with a separate role for the platform."""
    return settings.model_copy(
        update={
            "database_url": SecretStr(postgres.dsn(name, postgres.platform)),
            "database_owner_url": SecretStr(postgres.dsn(name)),
        }
    )


@pytest.mark.parametrize("place", ["file", "file/data"])
async def test_an_invalid_data_directory_is_refused(
    embedded: Settings, data_dir: Path, place: str
) -> None:
    (data_dir / "file").write_text("no folder")

    with pytest.raises(Refused, match=r"the data directory .* cannot be used: "):
        await opened(embedded.model_copy(update={"data_dir": data_dir / place}))


async def test_an_invalid_address_is_refused_before_anything_starts(settings: Settings) -> None:
    unreachable = settings.model_copy(update={"host": "192.0.2.1", "port": 0})

    with pytest.raises(Refused, match=r"cannot listen on 192\.0\.2\.1:0: "):
        await serve(unreachable, workers=1, with_demo=False)
