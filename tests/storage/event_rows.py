"""Rows for the event table, and queries that many tests use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

from domain.aggregate import new_id
from storage.event_store.group_commit import OUTAGE_S_MAX, GroupCommitter
from storage.event_store.mapper import NewEvent
from storage.postgres.pool import Pool, connect

TOPIC = "Test.Noted"
TIMEOUT_S = 20.0


def row(stream_id: UUID | None = None, version: int = 1, **facts: Any) -> NewEvent:
    """An encoded event, in a new stream unless one is given."""
    return NewEvent(
        stream_id or new_id(),
        version,
        facts.get("topic", TOPIC),
        facts.get("state", b'{"text": "hello"}'),
        facts.get("body"),
        facts.get("metadata", b"{}"),
    )


@asynccontextmanager
async def committing(
    dsn: str, outage_s_max: float = OUTAGE_S_MAX
) -> AsyncGenerator[GroupCommitter]:
    """A committer on a database."""
    dial = partial(connect, dsn, application_name="committer under test")
    async with GroupCommitter.open(dial, outage_s_max=outage_s_max) as committer:
        yield committer


async def stored(pool: Pool) -> list[tuple[int, UUID, int]]:
    """Position, stream and version of every event, in order."""
    rows = await pool.fetch("SELECT position, stream_id, version FROM events ORDER BY position")
    return [tuple(row) for row in rows]


async def check_dense(pool: Pool) -> int:
    """Check that positions have no gaps; returns the number of events."""
    positions = [position for position, _, _ in await stored(pool)]
    assert positions == list(range(1, len(positions) + 1))
    return len(positions)


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a check is true."""
    for _ in range(4_000):
        if await check():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never became true")
