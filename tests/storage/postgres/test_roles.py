"""The platform's role: exactly its listed rights, and how they are granted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from domain.aggregate import new_id
from storage.embedded.server import EmbeddedPostgres
from storage.postgres.logins import Login, parse_login, scram_verifier
from storage.postgres.migrate import migrate
from storage.postgres.pool import Pool, connect
from storage.postgres.roles import (
    FUNCTIONS,
    TABLES,
    RoleNotGranted,
    can_change_events,
    grant_platform_role,
)

OWNERS_ONLY = {"imported_events"}
"""Tables on which the platform has no rights."""
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
OF_ONE_COLUMN = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
ANY_WRITE = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"

OF_TABLES = """
    SELECT relname AS name, privilege, has_table_privilege(oid, privilege) AS is_given
      FROM pg_class, unnest($1::text[]) privilege
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
"""
OF_COLUMNS = """
    SELECT attrelid::regclass::text AS name, attname, privilege
      FROM pg_attribute, unnest($1::text[]) privilege
     WHERE attrelid IN (SELECT oid FROM pg_class
                         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')
       AND attnum > 0 AND NOT attisdropped
       AND has_column_privilege(attrelid, attnum, privilege)
       AND NOT has_table_privilege(attrelid, privilege)
"""
OF_FUNCTIONS = """
    SELECT proname FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND has_function_privilege(oid, 'EXECUTE')
"""
AS_ANOTHER = """
    SELECT proname, proconfig, pg_get_userbyid(proowner) AS owner FROM pg_proc
     WHERE prosecdef AND has_function_privilege(oid, 'EXECUTE') ORDER BY proname
"""
WRITABLE_CATALOGS = """
    SELECT relname FROM pg_class
     WHERE relnamespace NOT IN ('public'::regnamespace, 'read'::regnamespace)
       AND relkind IN ('r', 'v', 'm', 'p', 'f') AND has_table_privilege(oid, $1)
"""
SCHEMAS = """
    SELECT nspname FROM pg_namespace
     WHERE has_schema_privilege(oid, 'CREATE') AND nspname NOT LIKE 'pg_temp%'
"""
OF_DATABASE = """
    SELECT has_database_privilege(current_database(), 'CONNECT'),
           has_database_privilege(current_database(), 'CREATE'),
           has_database_privilege(current_database(), 'TEMPORARY')
"""
ATTRIBUTES = """
    SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
        OR EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
      FROM pg_roles r WHERE rolname = current_user
"""
ACLS = "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"


def given(rights: str) -> set[str]:
    """The privileges on whole tables among rights."""
    return {right for right in PRIVILEGES if right in rights.split(", ")}


@pytest.fixture
async def granted_pool(pool: Pool, owner_dsn: str, postgres: EmbeddedPostgres) -> Pool:
    """A pool of the platform's role, granted in this database: a template lacks those grants."""
    await grant_platform_role(owner_dsn, postgres.platform)
    return pool


async def test_the_rights_on_every_table_are_exactly_the_listed_ones(pool: Pool) -> None:
    found: dict[str, set[str]] = {}
    for row in await pool.fetch(OF_TABLES, PRIVILEGES):
        found.setdefault(row["name"], set()).update([row["privilege"]] * row["is_given"])
    rules = {name: given(rights) for name, rights in TABLES.items()}
    assert found == rules | {name: set[str]() for name in OWNERS_ONLY}


async def test_only_the_columns_of_secrets_can_be_inserted_and_no_times(pool: Pool) -> None:
    rows = await pool.fetch(OF_COLUMNS, OF_ONE_COLUMN)
    assert {(row["name"], row["attname"], row["privilege"]) for row in rows} == {
        *(("user_keys", name, "INSERT") for name in ("user_id", "sealed_key")),
        *(
            ("credentials", name, "INSERT")
            for name in ("credential_id", "user_id", "hash", "pepper_id")
        ),
    }


async def test_only_the_append_functions_are_called_and_only_they_act_for_the_owner(
    pool: Pool, postgres: EmbeddedPostgres
) -> None:
    callable_ = {row["proname"] for row in await pool.fetch(OF_FUNCTIONS)}
    as_another = await pool.fetch(AS_ANOTHER)

    assert callable_ == set(FUNCTIONS)
    assert [row["proname"] for row in as_another] == ["append_events", "append_events_checked"]
    for row in as_another:
        assert "search_path=pg_catalog, pg_temp" in row["proconfig"]
        assert row["owner"] != postgres.platform.name


async def test_there_are_no_other_rights_in_the_database_or_the_server(granted_pool: Pool) -> None:
    writable = {row["relname"] for row in await granted_pool.fetch(WRITABLE_CATALOGS, ANY_WRITE)}
    assert writable == {"pg_settings"}, "which is SET by another name"
    assert [row["nspname"] for row in await granted_pool.fetch(SCHEMAS)] == ["read"]
    assert tuple(await granted_pool.fetchrow(OF_DATABASE) or ()) == (True, False, False)
    assert await granted_pool.fetchval(ATTRIBUTES) is False
    assert not await can_change_events(granted_pool)


async def acls(pool: Pool) -> dict[str, str | None]:
    return {row["relname"]: row["relacl"] for row in await pool.fetch(ACLS)}


async def test_additional_grants_are_revoked(
    owner_dsn: str, owner_pool: Pool, pool: Pool, postgres: EmbeddedPostgres
) -> None:
    before = await acls(owner_pool)
    name = postgres.platform.quoted
    await owner_pool.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
    await owner_pool.execute(f"GRANT ALL ON ALL FUNCTIONS IN SCHEMA public TO {name}")
    await owner_pool.execute(f"GRANT ALL ON SCHEMA public TO {name}")
    assert await can_change_events(pool)

    await grant_platform_role(owner_dsn, postgres.platform)

    assert not await can_change_events(pool)
    assert await acls(owner_pool) == before


async def test_the_owner_keeps_its_rights(owner_dsn: str, owner_pool: Pool) -> None:
    owner = parse_login(owner_dsn)
    assert owner is not None
    await grant_platform_role(owner_dsn, owner)
    assert await can_change_events(owner_pool)


@dataclass
class Small:
    """An owner without superuser rights, with a database of its own."""

    dsn: str
    login: Login
    platform: Login
    platform_dsn: str


@pytest.fixture
async def small(postgres: EmbeddedPostgres) -> AsyncIterator[Small]:
    suffix = new_id().hex
    name = f"test_{suffix}"
    owner = Login(f"owner_{suffix}", "a password")
    platform = Login(f'The "platform" {suffix}', "päss wörd' \\")
    admin = await connect(postgres.dsn("postgres"))
    await admin.execute(
        f"CREATE ROLE {owner.quoted} LOGIN CREATEROLE PASSWORD '{scram_verifier('a password')}'"
    )
    await admin.execute(f"CREATE DATABASE {name} OWNER {owner.quoted} TEMPLATE template0")
    dsn = postgres.dsn(name, owner)
    yield Small(dsn, owner, platform, postgres.dsn(name, platform))
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE IF EXISTS {platform.quoted}")
    await admin.execute(f"DROP ROLE {owner.quoted}")
    await admin.close()


async def test_an_owner_without_superuser_creates_the_role_and_drops_tables_it_cannot_transfer(
    small: Small,
) -> None:
    await migrate(small.dsn)
    owner = await connect(small.dsn)
    await owner.execute("CREATE TABLE read.users_1 (id int)")
    await owner.execute("CREATE VIEW read.users AS SELECT * FROM read.users_1")

    await grant_platform_role(small.dsn, small.platform)
    await grant_platform_role(small.dsn, small.platform)

    assert await owner.fetchval("SELECT to_regclass('read.users_1')") is None
    assert await owner.fetchval("SELECT to_regclass('read.users')") is None
    await owner.close()
    platform = await connect(small.platform_dsn)
    await platform.execute("CREATE TABLE read.users_1 (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await platform.execute("DELETE FROM events")
    await platform.close()


async def test_an_owner_who_may_not_create_roles_is_refused(
    small: Small, postgres: EmbeddedPostgres
) -> None:
    await migrate(small.dsn)
    admin = await connect(postgres.dsn("postgres"))
    await admin.execute(f"ALTER ROLE {small.login.quoted} NOCREATEROLE")
    await admin.close()
    with pytest.raises(RoleNotGranted, match="permission denied to create role"):
        await grant_platform_role(small.dsn, small.platform)
