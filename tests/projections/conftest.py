"""A runner of all projections on the test's event store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from projections.engine.freshness import Freshness
from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import TIMEOUT_S, CatchUp, catching_up


@pytest.fixture
async def runner(database_dsn: str, events: EventStore) -> AsyncIterator[Runner]:
    """A runner of all projections."""
    async with Runner.open(database_dsn, events, PROJECTIONS) as runner:
        yield runner


@pytest.fixture
def catch_up(pool: Pool) -> CatchUp:
    """Wait until all checkpoints are at the head."""
    return catching_up(pool)


@pytest.fixture
def freshness(pool: Pool, runner: Runner) -> Freshness:
    """Reads that wait long enough for a busy machine."""
    return Freshness(pool, PROJECTIONS, runner, wait_s_max=TIMEOUT_S)
