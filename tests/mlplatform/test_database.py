"""Which database is used: the set one, the embedded one, or the one that runs already."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from mlplatform.database import check_data_dir_is_free, open_database
from mlplatform.failures import Refused, explained
from mlplatform.server import serve
from mlplatform.settings import Settings
from storage.data_lock import DataDirInUse
from storage.postgres import connect

TABLES = "SELECT count(*) FROM pg_tables WHERE tablename = 'events'"


@pytest.fixture
def embedded(settings: Settings) -> Settings:
    """Settings without a database."""
    return settings.model_copy(update={"database_url": None})


async def tables(dsn: str) -> int:
    connection = await connect(dsn)
    try:
        return await connection.fetchval(TABLES)
    finally:
        await connection.close()


async def test_the_embedded_database_is_shared_with_commands_and_with_no_server(
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
        assert "stop that one, or take another data directory" in explained(taken.value)
        with pytest.raises(DataDirInUse):
            await opened(embedded, is_shared=False)


async def opened(settings: Settings, **options: bool) -> None:
    async with open_database(settings, **options):
        pass


async def test_migrations_run_as_the_owner(settings: Settings, database_dsn: str) -> None:
    lesser = settings.model_copy(
        update={
            "database_url": SecretStr("postgresql://lesser@nowhere/none"),
            "database_owner_url": SecretStr(database_dsn),
        }
    )
    async with open_database(lesser) as database:
        assert database.dsn == "postgresql://lesser@nowhere/none"
        assert database.owner_dsn == database_dsn


@pytest.mark.parametrize("place", ["file", "file/data"])
async def test_a_data_directory_that_cannot_be_is_refused(
    embedded: Settings, data_dir: Path, place: str
) -> None:
    (data_dir / "file").write_text("no folder")

    with pytest.raises(Refused, match=r"the data directory .* cannot be used: "):
        await opened(embedded.model_copy(update={"data_dir": data_dir / place}))


async def test_an_address_that_is_none_is_refused_before_all_else(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"host": "192.0.2.1", "port": 0})

    with pytest.raises(Refused, match=r"cannot listen on 192\.0\.2\.1:0: "):
        await serve(nowhere, workers=1, with_demo=False)
