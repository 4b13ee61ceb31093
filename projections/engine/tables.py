"""The tables of the projections: created if missing, compared, shown, dropped."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from projections.engine import checkpoints, parked_events
from projections.engine.projection import Projection
from storage.postgres.locks import PROJECTION_TABLES, lock_transaction
from storage.postgres.pool import Connection

FIRST_GENERATION = 1

EXISTS = "SELECT to_regclass($1) IS NOT NULL"
OTHER_GENERATIONS = """
    SELECT tablename FROM pg_tables
     WHERE schemaname = 'read' AND tablename ~ $1 AND tablename <> $2
"""

log = structlog.get_logger(__name__)


async def create_missing(projections: Iterable[Projection], connection: Connection) -> None:
    """Create missing tables, views and checkpoints; does nothing if they are complete.

    A projection whose tables are missing starts again from the first event. Tables of another rule
    are left alone: the runner rebuilds those of an older one.
    """
    for projection in projections:
        async with connection.transaction():
            await lock_transaction(connection, PROJECTION_TABLES)
            await _create_if_missing(projection, connection)


async def _create_if_missing(projection: Projection, connection: Connection) -> None:
    name, rule_version = projection.name, projection.rule_version
    live = await checkpoints.find(name, connection)
    if live is not None:
        is_other_rule = live.rule_version != rule_version
        if is_other_rule or await _is_complete(projection, live.generation, connection):
            return
    generation = live.generation if live else FIRST_GENERATION
    log.info("projection_created", projection=name, generation=generation)
    await drop(projection, generation, connection)
    await create(projection, generation, connection)
    await create_indexes(projection, generation, connection)
    await show(projection, generation, connection)
    await connection.execute(parked_events.CLEAR, name)
    await connection.execute(checkpoints.RESET, name, rule_version, generation)


async def create(
    projection: Projection, generation: int, connection: Connection, *, is_scratch: bool = False
) -> None:
    """Create the tables of a generation, without indexes; a crash empties scratch tables."""
    kind = "UNLOGGED TABLE" if is_scratch else "TABLE"
    for table in projection.tables:
        name = table.physical(generation)
        await connection.execute(f"CREATE {kind} {name} ({table.columns}) {table.options}")


async def create_indexes(projection: Projection, generation: int, connection: Connection) -> None:
    """Create the indexes of a generation's tables."""
    for table in projection.tables:
        for index in table.indexes:
            await connection.execute(f"CREATE INDEX ON {table.physical(generation)} {index}")


async def show(projection: Projection, generation: int, connection: Connection) -> None:
    """Let the views show a generation."""
    for table in projection.tables:
        query = f"SELECT * FROM {table.physical(generation)}"
        await connection.execute(f"CREATE OR REPLACE VIEW read.{table.name} AS {query}")


async def hide(projection: Projection, connection: Connection) -> None:
    """Drop the views, because the next generation may have other columns."""
    for table in projection.tables:
        await connection.execute(f"DROP VIEW IF EXISTS read.{table.name}")


async def drop(projection: Projection, generation: int, connection: Connection) -> None:
    """Drop the tables of a generation, and any view of them."""
    for table in projection.tables:
        await connection.execute(f"DROP TABLE IF EXISTS {table.physical(generation)} CASCADE")


async def drop_leftovers(projection: Projection, live: int, connection: Connection) -> None:
    """Drop all generations but the live one, and the checkpoints of abandoned builds."""
    for table in projection.tables:
        pattern, keep = rf"^{table.name}_\d+$", table.physical(live).removeprefix("read.")
        for row in await connection.fetch(OTHER_GENERATIONS, pattern, keep):
            await connection.execute(f"DROP TABLE IF EXISTS read.{row['tablename']} CASCADE")
    await connection.execute(checkpoints.REMOVE_BUILDS, projection.name)
    await connection.execute(parked_events.CLEAR_BUILDS, projection.name)


async def digest(projection: Projection, generation: int, connection: Connection) -> str:
    """Digest all rows, whatever their order: the count and the sum of hashes of each table."""
    digests: list[str] = []
    for table in projection.tables:
        value = await connection.fetchval(
            f"""
            SELECT count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)
              FROM {table.physical(generation)} t
            """
        )
        digests.append(f"{table.name}={value}")
    return " ".join(digests)


async def _is_complete(projection: Projection, generation: int, connection: Connection) -> bool:
    names = [
        name
        for table in projection.tables
        for name in (table.physical(generation), f"read.{table.name}")
    ]
    return all([await connection.fetchval(EXISTS, name) for name in names])
