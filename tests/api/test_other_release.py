"""Reading while the tables belong to another release."""

from __future__ import annotations

from api.app import create_app
from mlplatform.server.database import Database
from mlplatform.settings import Settings
from mlplatform.wiring import open_dependencies
from projections.read_models.audit_log import AUDIT_LOG
from storage.postgres.pool import connect
from tests.api.api_client import API, problem, served, signed_in


async def test_reading_tables_of_another_release_is_refused_while_they_are_rebuilt(
    settings: Settings, database_dsn: str, owner_dsn: str
) -> None:
    async with open_dependencies(settings, Database(database_dsn, owner_dsn)) as dependencies:
        owner = await connect(owner_dsn)
        async with served(create_app(dependencies)) as client:
            person = await signed_in(client)
            assert (await client.get(f"{API}/activity", headers=person.headers)).status == 200
            # As after a later release: the runner of this one does not lead any more.
            await owner.execute(
                "UPDATE projections SET rule_version = $2 WHERE name = $1",
                AUDIT_LOG.name,
                AUDIT_LOG.rule_version + 1,
            )
            await owner.execute("ALTER VIEW read.activity RENAME COLUMN user_id TO reader_id")

            response = await client.get(f"{API}/activity", headers=person.headers)

            assert "audit_log" in (await problem(response, 503))["detail"]
            assert (await client.get(f"{API}/models", headers=person.headers)).status == 200
        await owner.close()
