"""The rights of the platform's database role: read events, append events, and little else.

Migrations run as the owner of everything. The platform connects as a role that may read the event
table and call the append functions: it cannot change or delete events, nor choose their positions
or times. On the tables of secrets it has the rights that its commands need, and it owns the read
tables, which can be rebuilt.
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
"""The rights on each table; there are none on any other table."""

FUNCTIONS: Final = ("append_events", "append_events_checked", "position_at")

IS_OWNER = """
    SELECT rolsuper OR pg_has_role(oid, (SELECT relowner FROM pg_class
                                          WHERE oid = 'public.events'::regclass), 'MEMBER')
      FROM pg_roles WHERE rolname = $1
"""
CAN_CHANGE_EVENTS = """
    SELECT has_table_privilege('public.events', 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR pg_has_role(relowner, 'MEMBER')
      FROM pg_class WHERE oid = 'public.events'::regclass
"""
DATABASE = "SELECT quote_ident(current_database())"
FOREIGN_READ_TABLES = """
    SELECT c.oid::regclass::text AS name, c.relkind = 'v' AS is_view
      FROM pg_class c JOIN pg_roles r ON r.rolname = $1
     WHERE c.relnamespace = 'read'::regnamespace AND c.relkind IN ('r', 'v')
       AND c.relowner <> r.oid
"""

log = structlog.get_logger()


class RoleNotGranted(DomainError):
    """The platform's role cannot be created, or not be granted its rights."""


async def grant_platform_role(owner_dsn: str, login: Login) -> None:
    """Grant a role the rights that the platform needs and revoke all others; idempotent.

    The role is created if it does not exist. The owner, or a member of the owner, stays as it is.
    Raises `RoleNotGranted`.
    """
    connection = await connect(owner_dsn, statement_timeout_s=LOCK_WAIT_S)
    try:
        async with connection.transaction():
            await lock_transaction(connection, MIGRATIONS)
            await connection.execute(LIMITS)
            is_owner = await connection.fetchval(IS_OWNER, login.name)
            if is_owner is None:
                await create_login(connection, login)
            if not is_owner:
                await _grant(connection, login)
                await _transfer_read_tables(connection, login)
    except asyncpg.InsufficientPrivilegeError as error:
        raise RoleNotGranted(f"the rights of {login.name} cannot be granted: {error}") from error
    finally:
        await connection.close()


async def create_login(connection: DirectConnection, login: Login) -> None:
    """Create a role that can log in and nothing else."""
    await connection.execute(f"CREATE ROLE {login.quoted} LOGIN {_password(login)}")


async def change_password(connection: DirectConnection, login: Login) -> None:
    """Set the password of a role."""
    await connection.execute(f"ALTER ROLE {login.quoted} LOGIN {_password(login)}")


async def can_change_events(pool: Pool) -> bool:
    """Whether the role of a pool could change recorded events, as the owner can."""
    return await pool.fetchval(CAN_CHANGE_EVENTS)


async def _grant(connection: DirectConnection, login: Login) -> None:
    database = await connection.fetchval(DATABASE)
    for statement in _statements(database, login.quoted):
        await connection.execute(statement)


def _statements(database: str, role: str) -> Iterator[str]:
    # Not in a migration: rights on a database are not copied from its template.
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


async def _transfer_read_tables(connection: DirectConnection, login: Login) -> None:
    """Make the role own the read tables, which the owner created when it was the platform's role.

    An owner who is not a superuser may be unable to transfer them. They are dropped then, and the
    platform rebuilds them.
    """
    rows = await connection.fetch(FOREIGN_READ_TABLES, login.name)
    try:
        async with connection.transaction():
            for row in rows:
                await connection.execute(f"ALTER TABLE {row['name']} OWNER TO {login.quoted}")
    except asyncpg.InsufficientPrivilegeError:
        log.warning("read_tables_dropped", reason="the owner may not transfer them")
        for row in rows:
            kind = "VIEW" if row["is_view"] else "TABLE"
            await connection.execute(f"DROP {kind} IF EXISTS {row['name']} CASCADE")


def _password(login: Login) -> str:
    return "" if login.password is None else f"PASSWORD '{scram_verifier(login.password)}'"
