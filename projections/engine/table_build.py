"""The next generation of a projection's tables, built beside the live one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from domain.errors import Conflict
from projections.engine import checkpoints, parked_events
from projections.engine.advance import SESSION, Advance
from projections.engine.checkpoints import Checkpoint
from projections.engine.projection import (
    WINDOW_EVENTS_MAX,
    Projection,
    StreamProjection,
    read_window,
)
from projections.engine.tables import create, digest, drop, drop_leftovers
from storage.event_store.event_store import EventStore
from storage.postgres.locks import PROJECTION_BUILDS, try_lock_session
from storage.postgres.pool import DirectConnection, connect


@dataclass
class TableBuild:
    """Tables that are filled from the first event on, with a checkpoint of their own."""

    projection: Projection
    connection: DirectConnection
    dsn: str
    events: EventStore
    live: Checkpoint
    """When the build began."""
    on_progress: Callable[[int, int], None] | None = None
    is_live: bool = False
    _folded: int = field(default=0, init=False)

    @property
    def generation(self) -> int:
        """The number of the new tables."""
        return self.live.generation + 1

    @property
    def key(self) -> str:
        """The key of the build's checkpoint."""
        return f"{self.projection.name}@{self.generation}"

    async def live_position(self) -> int:
        """The current position of the live tables."""
        return await self._position(self.projection.name)

    async def live_snapshot(self) -> tuple[int, str | None]:
        """The live tables' position and digest; None if they are of another rule."""
        async with self.connection.transaction(isolation="repeatable_read", readonly=True):
            position = await self.live_position()
            if self.live.rule_version != self.projection.rule_version:
                return position, None
            return position, await digest(self.projection, self.live.generation, self.connection)

    async def digest(self) -> str:
        """Digest the new tables."""
        return await digest(self.projection, self.generation, self.connection)

    async def fold_ranges(self, ranges: int) -> None:
        """Fold up to the current position of the live tables, in parallel where allowed."""
        end = await self.live_position()
        if self.projection.is_ordered or end < ranges * WINDOW_EVENTS_MAX:
            ranges = 1
        edges = [end * number // ranges for number in range(ranges + 1)]
        rule_version = self.projection.rule_version
        await self.connection.execute(checkpoints.BEGIN, self.key, rule_version, self.generation, 0)
        others = [
            asyncio.create_task(self._fold_other(number, edges[number], edges[number + 1], end))
            for number in range(1, ranges)
        ]
        try:
            await self._fold(self.connection, self.key, 0, edges[1], end)
            for number, other in enumerate(others, 1):
                await other
                await self._merge(number)
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        await self.connection.execute(checkpoints.FINISH, self.key, end)

    async def fold_to(self, end: int) -> None:
        """Continue up to a position."""
        position = await self._position(self.key)
        await self._fold(self.connection, self.key, position, end, end)

    async def _position(self, key: str) -> int:
        checkpoint = await checkpoints.find(key, self.connection)
        assert checkpoint is not None
        return checkpoint.position

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
        """Fold a later range, into its own tables if they have to be merged."""
        generation, key = self.generation, f"{self.key}+{number}"
        connection = await connect(self.dsn, application_name="mlplatform rebuild")
        try:
            await connection.execute(SESSION)
            if self.projection.merge:
                generation += number
                await create(self.projection, generation, connection, is_scratch=True)
            rule_version = self.projection.rule_version
            await connection.execute(checkpoints.BEGIN, key, rule_version, generation, after)
            await self._fold(connection, key, after, until, end)
        finally:
            connection.terminate()

    async def _merge(self, number: int) -> None:
        key, connection = f"{self.key}+{number}", self.connection
        async with connection.transaction():
            if self.projection.merge:
                other = self.generation + number
                merge = self.projection.merge.format(generation=self.generation, other=other)
                await connection.execute(merge)
                await drop(self.projection, other, connection)
            await connection.execute(parked_events.RENAME, key, self.key)
            await connection.execute(checkpoints.REMOVE, key)


@asynccontextmanager
async def open_build(
    projection: Projection,
    dsn: str,
    events: EventStore,
    *,
    is_scratch: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> AsyncGenerator[TableBuild]:
    """Create empty tables for the next generation; at the end drop all that are not live.

    Raises `Conflict` while another build of the projection runs, and if the live tables are of a
    newer release's rule.
    """
    connection = await connect(dsn, application_name="mlplatform rebuild")
    try:
        await connection.execute(SESSION)
        live = await _lock(projection, connection)
        await drop_leftovers(projection, live.generation, connection)
        build = TableBuild(projection, connection, dsn, events, live, on_progress)
        await create(projection, build.generation, connection, is_scratch=is_scratch)
        try:
            yield build
        finally:
            if not connection.is_closed() and not build.is_live:
                await drop_leftovers(projection, live.generation, connection)
    finally:
        connection.terminate()


async def _lock(projection: Projection, connection: DirectConnection) -> Checkpoint:
    """Lock the projection against other builds; returns the checkpoint of its live tables."""
    if not await try_lock_session(connection, PROJECTION_BUILDS, projection.name):
        raise Conflict(f"{projection.name} is being rebuilt or verified already")
    live = await checkpoints.find(projection.name, connection)
    assert live is not None, f"{projection.name} has no tables yet"
    if live.rule_version > projection.rule_version:
        raise Conflict(f"the tables of {projection.name} are those of a newer release")
    return live
