"""A generation of a projection's tables in the making."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from domain.errors import Conflict
from projections.engine.advance import SESSION, Advance
from projections.engine.projection import (
    WINDOW_EVENTS_MAX,
    Projection,
    StreamProjection,
    read_window,
)
from projections.engine.tables import create, create_indexes, digest, drop, drop_leftovers
from storage.event_store.event_store import EventStore
from storage.postgres.pool import DirectConnection, connect

LOCK_SPACE = 1_191_816
TRY_LOCK = "SELECT pg_try_advisory_lock($1, hashtext($2))"
LIVE = "SELECT position, generation, rule_version FROM projections WHERE name = $1"
POSITION = "SELECT position FROM projections WHERE name = $1"
BEGIN = """
    INSERT INTO projections (name, rule_version, generation, position, started_at)
    VALUES ($1, $2, $3, $4, $4)
"""
JOIN = "UPDATE projections SET position = $2, started_at = 0 WHERE name = $1"
FORGET = "DELETE FROM projections WHERE name = $1"
TAKE_PARKED = "UPDATE parked_events SET projection = $1 WHERE projection = $2"


@dataclass(frozen=True)
class Moment:
    """Where live tables stood, and what they held there."""

    position: int
    digest: str | None


@dataclass
class Build:
    """Tables that are filled from the first event on, with a checkpoint of their own."""

    projection: Projection
    connection: DirectConnection
    dsn: str
    events: EventStore
    live_generation: int
    live_rule_version: int
    on_progress: Callable[[int, int], None] | None = None
    is_live: bool = False
    _folded: int = field(default=0, init=False)

    @property
    def generation(self) -> int:
        """The number of the tables in the making."""
        return self.live_generation + 1

    @property
    def key(self) -> str:
        """Under which the checkpoint of the build is kept."""
        return f"{self.projection.name}@{self.generation}"

    async def live_position(self) -> int:
        """Say where the live tables stand by now."""
        return await self.connection.fetchval(POSITION, self.projection.name)

    async def live_at_a_moment(self) -> Moment:
        """Say where the live tables stand and what they hold, both in one snapshot."""
        name = self.projection.name
        async with self.connection.transaction(isolation="repeatable_read", readonly=True):
            position = await self.connection.fetchval(POSITION, name)
            if self.live_rule_version != self.projection.rule_version:
                return Moment(position, None)
            live = await digest(self.projection, self.live_generation, self.connection)
            return Moment(position, live)

    async def digest(self) -> str:
        """Sum up the tables in the making."""
        return await digest(self.projection, self.generation, self.connection)

    async def create_indexes(self) -> None:
        """Make the indexes of the tables, once most rows are in."""
        await create_indexes(self.projection, self.generation, self.connection)

    async def fold_ranges(self, ranges: int) -> None:
        """Fold up to where the live tables stand now, in as many ranges at once as allowed."""
        end = await self.live_position()
        if self.projection.is_ordered or end < ranges * WINDOW_EVENTS_MAX:
            ranges = 1
        edges = [end * number // ranges for number in range(ranges + 1)]
        await self._begin(self.key, self.generation, 0)
        others = [
            asyncio.create_task(self._fold_other(number, edges[number], edges[number + 1], end))
            for number in range(1, ranges)
        ]
        try:
            await self._fold(self.connection, self.key, 0, edges[1], end)
            for number, other in enumerate(others, 1):
                await other
                await self._join(number)
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        await self.connection.execute(JOIN, self.key, end)

    async def fold_to(self, end: int) -> None:
        """Bring the tables further, up to a position."""
        position = await self.connection.fetchval(POSITION, self.key)
        await self._fold(self.connection, self.key, position, end, end)

    async def _fold(
        self, connection: DirectConnection, key: str, after: int, until: int, end: int
    ) -> None:
        advance = Advance({self.projection.name: self.projection}, connection)
        with_rows = isinstance(self.projection, StreamProjection)
        while after < until:
            window = await read_window(self.events, after, until, with_rows=with_rows)
            await advance.apply([key], window)
            self._folded += window.size
            after = window.until
            if self.on_progress:
                self.on_progress(min(self._folded, end), end)

    async def _fold_other(self, number: int, after: int, until: int, end: int) -> None:
        """Fold a later range, into tables of its own where the two have to be added up."""
        generation = self.generation
        connection = await connect(self.dsn, application_name="mlplatform rebuild")
        try:
            await connection.execute(SESSION)
            if self.projection.merge:
                generation += number
                await create(self.projection, generation, connection, is_scratch=True)
            await self._begin(f"{self.key}+{number}", generation, after, connection)
            await self._fold(connection, f"{self.key}+{number}", after, until, end)
        finally:
            connection.terminate()

    async def _join(self, number: int) -> None:
        key = f"{self.key}+{number}"
        async with self.connection.transaction():
            if self.projection.merge:
                other = self.generation + number
                merge = self.projection.merge.format(generation=self.generation, other=other)
                await self.connection.execute(merge)
                await drop(self.projection, other, self.connection)
            await self.connection.execute(TAKE_PARKED, self.key, key)
            await self.connection.execute(FORGET, key)

    async def _begin(
        self, key: str, generation: int, after: int, connection: DirectConnection | None = None
    ) -> None:
        await (connection or self.connection).execute(
            BEGIN, key, self.projection.rule_version, generation, after
        )


@asynccontextmanager
async def building(
    projection: Projection,
    dsn: str,
    events: EventStore,
    *,
    is_scratch: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> AsyncGenerator[Build]:
    """Make empty tables for the next generation, and drop what is left over at the end.

    Raises `Conflict` while the projection is being built already, and where the live tables are
    of a rule that only a newer release knows.
    """
    connection = await connect(dsn, application_name="mlplatform rebuild")
    try:
        await connection.execute(SESSION)
        live = await _locked(projection, connection)
        await drop_leftovers(projection, live["generation"], connection)
        build = Build(
            projection,
            connection,
            dsn,
            events,
            live_generation=live["generation"],
            live_rule_version=live["rule_version"],
            on_progress=on_progress,
        )
        await create(projection, build.generation, connection, is_scratch=is_scratch)
        try:
            yield build
        finally:
            if not connection.is_closed() and not build.is_live:
                await drop_leftovers(projection, build.live_generation, connection)
    finally:
        connection.terminate()


async def _locked(projection: Projection, connection: DirectConnection) -> asyncpg.Record:
    """Keep all others from building the projection, and say what its live tables are."""
    if not await connection.fetchval(TRY_LOCK, LOCK_SPACE, projection.name):
        raise Conflict(f"{projection.name} is being rebuilt or verified already")
    live = await connection.fetchrow(LIVE, projection.name)
    assert live is not None, f"{projection.name} has no tables yet"
    if live["rule_version"] > projection.rule_version:
        raise Conflict(f"the tables of {projection.name} are those of a newer release")
    return live
