"""The tables of the projections: made where they are missing, compared, shown, dropped."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from projections.engine.projection import Projection, Table
from storage.postgres.pool import Connection

FIRST_GENERATION = 1
LOCK_ID = 5_118_603_274_910

LOCK = "SELECT pg_advisory_xact_lock($1)"
CREATE = "CREATE {kind} {table} ({columns}) {options}"
CREATE_INDEX = "CREATE INDEX ON {table} {index}"
SHOW = "CREATE OR REPLACE VIEW read.{name} AS SELECT * FROM {table}"
HIDE = "DROP VIEW IF EXISTS read.{name}"
DROP = "DROP TABLE IF EXISTS {table} CASCADE"
ROW = "SELECT generation, rule_version FROM projections WHERE name = $1"
EXISTS = "SELECT to_regclass($1) IS NOT NULL"
RESET = """
    INSERT INTO projections (name, rule_version, generation) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET
        rule_version = $2, position = 0, updated_at = clock_timestamp(),
        verified_position = NULL, verified_digest = NULL, is_verified = NULL, verified_at = NULL,
        live_digest = NULL
"""
UNPARK = "DELETE FROM parked_events WHERE projection = $1 AND NOT is_skipped"
LEFTOVERS = """
    SELECT tablename FROM pg_tables
     WHERE schemaname = 'read' AND tablename ~ $1 AND tablename <> $2
"""
FORGET_BUILDS = "DELETE FROM projections WHERE name LIKE $1"
UNPARK_BUILDS = "DELETE FROM parked_events WHERE projection LIKE $1"
DIGEST = """
    SELECT count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)
      FROM {table} t
"""

log = structlog.get_logger(__name__)


async def create_missing(projections: Iterable[Projection], connection: Connection) -> None:
    """Make what is missing of tables, views and checkpoints; twice is as good as once.

    A projection whose tables went missing starts again from the first event. Tables of another
    rule stay as they are: the runner builds those of an older one again.
    """
    for projection in projections:
        async with connection.transaction():
            await connection.execute(LOCK, LOCK_ID)
            row = await connection.fetchrow(ROW, projection.name)
            if row and row["rule_version"] != projection.rule_version:
                continue
            if row and await _is_complete(projection, row["generation"], connection):
                continue
            generation: int = row["generation"] if row else FIRST_GENERATION
            log.info("projection_created", projection=projection.name, generation=generation)
            await drop(projection, generation, connection)
            await create(projection, generation, connection)
            await create_indexes(projection, generation, connection)
            await show(projection, generation, connection)
            await connection.execute(UNPARK, projection.name)
            await connection.execute(RESET, projection.name, projection.rule_version, generation)


async def create(
    projection: Projection, generation: int, connection: Connection, *, is_scratch: bool = False
) -> None:
    """Make a generation's tables, without indexes; scratch ones do not survive a crash."""
    kind = "UNLOGGED TABLE" if is_scratch else "TABLE"
    for table in projection.tables:
        name = table.physical(generation)
        create = CREATE.format(kind=kind, table=name, columns=table.columns, options=table.options)
        await connection.execute(create)


async def create_indexes(projection: Projection, generation: int, connection: Connection) -> None:
    """Make the indexes of a generation's tables."""
    for table in projection.tables:
        for index in table.indexes:
            name = table.physical(generation)
            await connection.execute(CREATE_INDEX.format(table=name, index=index))


async def show(projection: Projection, generation: int, connection: Connection) -> None:
    """Let the views show a generation."""
    for table in projection.tables:
        name = table.physical(generation)
        await connection.execute(SHOW.format(name=table.name, table=name))


async def hide(projection: Projection, connection: Connection) -> None:
    """Drop the views, where the columns of the next generation may be others."""
    for table in projection.tables:
        await connection.execute(HIDE.format(name=table.name))


async def drop(projection: Projection, generation: int, connection: Connection) -> None:
    """Drop a generation's tables, and whatever view still shows them."""
    for table in projection.tables:
        await connection.execute(DROP.format(table=table.physical(generation)))


async def drop_leftovers(projection: Projection, live: int, connection: Connection) -> None:
    """Drop every generation but the live one, and what was noted of builds that were given up."""
    for table in projection.tables:
        pattern, keep = rf"^{table.name}_\d+$", table.physical(live).removeprefix("read.")
        for row in await connection.fetch(LEFTOVERS, pattern, keep):
            await connection.execute(DROP.format(table=f"read.{row['tablename']}"))
    await connection.execute(FORGET_BUILDS, f"{projection.name}@%")
    await connection.execute(UNPARK_BUILDS, f"{projection.name}@%")


async def digest(projection: Projection, generation: int, connection: Connection) -> str:
    """Sum up all rows, whatever their order: count and sum of hashes of each table."""
    return " ".join(
        [f"{t.name}={await _table_digest(t, generation, connection)}" for t in projection.tables]
    )


async def _table_digest(table: Table, generation: int, connection: Connection) -> str:
    return await connection.fetchval(DIGEST.format(table=table.physical(generation)))


async def _is_complete(projection: Projection, generation: int, connection: Connection) -> bool:
    names = [
        name
        for table in projection.tables
        for name in (table.physical(generation), f"read.{table.name}")
    ]
    return all([await connection.fetchval(EXISTS, name) for name in names])
