"""What the platform itself may do in its database: read events, append them, and little else.

Migrations run as the owner of everything. The platform connects as a role that reads the table
of events and calls the functions that append to it: it cannot change or remove what is recorded,
nor choose a position or a time. It writes the tables of secrets as far as its commands need it,
and owns the read tables, which can be built again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import asyncpg
import structlog

from domain.errors import DomainError
from storage.postgres.locks import MIGRATIONS, lock_transaction
from storage.postgres.logins import Login, scram_verifier
from storage.postgres.migrate import LIMITS, LOCK_WAIT_S
from storage.postgres.pool import DirectConnection, Pool, connect

TABLES: Final[Mapping[str, str]] = {
    "events": "SELECT",
    "schema_migrations": "SELECT",
    "user_keys": "SELECT, INSERT (user_id, sealed_key), DELETE",
    "credentials": "SELECT, INSERT (credential_id, user_id, hash, pepper_id), DELETE",
    "key_fingerprints": "SELECT, INSERT",
    "projections": "SELECT, INSERT, UPDATE, DELETE",
    "parked_events": "SELECT, INSERT, UPDATE, DELETE",
}
"""What is granted on each table; on any other table it is nothing."""

FUNCTIONS: Final = ("append_events", "append_events_checked", "position_at")

STANDING = """
    SELECT rolsuper OR pg_has_role(oid, (SELECT relowner FROM pg_class
                                          WHERE oid = 'public.events'::regclass), 'MEMBER')
      FROM pg_roles WHERE rolname = $1
"""
MAY_CHANGE_EVENTS = """
    SELECT has_table_privilege('public.events', 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR pg_has_role(relowner, 'MEMBER')
      FROM pg_class WHERE oid = 'public.events'::regclass
"""
DATABASE = "SELECT quote_ident(current_database())"
READ_TABLES_OF_OTHERS = """
    SELECT c.oid::regclass::text AS name, c.relkind = 'v' AS is_view
      FROM pg_class c JOIN pg_roles r ON r.rolname = $1
     WHERE c.relnamespace = 'read'::regnamespace AND c.relkind IN ('r', 'v')
       AND c.relowner <> r.oid
"""
HAND_OVER = "ALTER TABLE {name} OWNER TO {role}"
DROP = "DROP {kind} IF EXISTS {name} CASCADE"

log = structlog.get_logger()


class RoleNotGranted(DomainError):
    """The platform's role cannot be made, or be given what it needs."""


async def grant_platform_role(owner_dsn: str, login: Login) -> None:
    """Give a role what the platform needs and take all else from it; twice is as good as once.

    The role is made if there is none. One that is the owner, or may become it, stays as it is.
    """
    connection = await connect(owner_dsn, statement_timeout_s=LOCK_WAIT_S)
    try:
        async with connection.transaction():
            await lock_transaction(connection, MIGRATIONS)
            await connection.execute(LIMITS)
            standing = await connection.fetchval(STANDING, login.name)
            if standing is None:
                await create_login(connection, login)
            if not standing:
                await _grant(connection, login)
                await _hand_over_read_tables(connection, login)
    except asyncpg.InsufficientPrivilegeError as error:
        raise RoleNotGranted(f"the rights of {login.name} cannot be granted: {error}") from error
    finally:
        await connection.close()


async def create_login(connection: DirectConnection, login: Login) -> None:
    """Make a role that can log in and nothing else."""
    await connection.execute(f"CREATE ROLE {login.quoted} LOGIN {_password(login)}")


async def change_password(connection: DirectConnection, login: Login) -> None:
    """Let a role in by the password that it has here."""
    await connection.execute(f"ALTER ROLE {login.quoted} LOGIN {_password(login)}")


async def can_change_events(pool: Pool) -> bool:
    """Whether the role of a pool could change what is recorded, as the owner can."""
    return await pool.fetchval(MAY_CHANGE_EVENTS)


async def _grant(connection: DirectConnection, login: Login) -> None:
    database = await connection.fetchval(DATABASE)
    for statement in _statements(database, login.quoted):
        await connection.execute(statement)


def _statements(database: str, role: str) -> Iterator[str]:
    # Not in a migration: a database that is made from a template does not get its rights.
    yield f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"
    yield f"REVOKE ALL ON DATABASE {database} FROM {role}"
    yield f"GRANT CONNECT ON DATABASE {database} TO {role}"
    yield f"REVOKE ALL ON SCHEMA public FROM {role}"
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"GRANT USAGE, CREATE ON SCHEMA read TO {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    for table, rights in TABLES.items():
        yield f"GRANT {rights} ON public.{table} TO {role}"
    yield f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM {role}"
    for function in FUNCTIONS:
        yield f"GRANT EXECUTE ON FUNCTION public.{function} TO {role}"


async def _hand_over_read_tables(connection: DirectConnection, login: Login) -> None:
    """Let the role own the read tables that the owner has made, when it was the platform's role.

    An owner who is no superuser may be unable to give them away. They are dropped then, and
    the platform builds them again.
    """
    rows = await connection.fetch(READ_TABLES_OF_OTHERS, login.name)
    try:
        async with connection.transaction():
            for row in rows:
                await connection.execute(HAND_OVER.format(name=row["name"], role=login.quoted))
    except asyncpg.InsufficientPrivilegeError:
        log.warning("read_tables_dropped", reason="they cannot be given to the platform's role")
        for row in rows:
            kind = "VIEW" if row["is_view"] else "TABLE"
            await connection.execute(DROP.format(kind=kind, name=row["name"]))


def _password(login: Login) -> str:
    return "" if login.password is None else f"PASSWORD '{scram_verifier(login.password)}'"
