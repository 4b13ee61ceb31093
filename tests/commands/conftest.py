"""Command handlers on a real event store, with a fast password hasher.

Each test has its own database. All tests share the model processes, because a zygote takes seconds
to start; the pool identifies models by file ids, which are unique to a test.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from commands.account_names import AccountNames
from commands.models import ModelCommands
from commands.passwords.account_passwords import AccountPasswords
from commands.passwords.hashing import PasswordHasher
from commands.passwords.rules import PasswordRules
from commands.predictions import PredictionCommands
from commands.sessions import RefreshTokens, SessionCommands
from commands.users import UserCommands
from inference.pool.limits import PoolLimits
from inference.pool.pool import WorkerPool
from storage.artifacts import ArtifactStore
from storage.credentials import Credentials
from storage.event_store.cross_stream import Administrators
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool, open_pool
from storage.redis.login_attempts import MemoryLoginAttempts

FAST = 4
LIMITS = PoolLimits(
    deadline_s=10.0,
    load_deadline_s=20.0,
    queue_rows_max=1_000,
    processes_max=4,
    memory_bytes_max=4 << 30,
    trusted_modules=("tests.inference.faulty_estimators",),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder on the event loop of the model processes."""
    here = Path(__file__).parent
    for item in items:
        is_async = inspect.iscoroutinefunction(getattr(item, "function", None))
        if is_async and here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """A pool on the test's own database."""
    async with open_pool(database_dsn, min_size=1, max_size=4) as pool:
        yield pool


@pytest_asyncio.fixture(loop_scope="session")
async def owner_pool(owner_dsn: str) -> AsyncIterator[Pool]:
    """A pool that connects as the owner."""
    async with open_pool(owner_dsn, min_size=1, max_size=2) as pool:
        yield pool


@pytest_asyncio.fixture(loop_scope="session")
async def events(database_dsn: str, pool: Pool) -> AsyncIterator[EventStore]:
    """An empty event store."""
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as events:
        yield events


@pytest_asyncio.fixture(loop_scope="session")
async def hasher() -> AsyncIterator[PasswordHasher]:
    """A password hasher at the lowest cost of bcrypt."""
    async with PasswordHasher.open(b"pepper", cost=FAST) as hasher:
        yield hasher


@pytest.fixture
def attempts() -> MemoryLoginAttempts:
    """Waits of up to an hour after failed logins."""
    return MemoryLoginAttempts(3_600)


@pytest.fixture
def passwords(
    pool: Pool, attempts: MemoryLoginAttempts, hasher: PasswordHasher
) -> AccountPasswords:
    """The passwords of accounts."""
    rules = PasswordRules("ML Deployment Platform")
    return AccountPasswords(Credentials(pool), attempts, hasher, rules)


@pytest.fixture
def names(events: EventStore) -> AccountNames:
    """The names of accounts."""
    return AccountNames(events, bytes(32))


@pytest.fixture
def users(
    events: EventStore, pool: Pool, passwords: AccountPasswords, names: AccountNames
) -> UserCommands:
    """The handler of commands on accounts."""
    return UserCommands(events, passwords, names, Administrators(pool))


@pytest.fixture
def sessions(
    events: EventStore, pool: Pool, passwords: AccountPasswords, names: AccountNames
) -> SessionCommands:
    """The handler of commands on sessions."""
    refresh_tokens = RefreshTokens(timedelta(days=7), bytes(32))
    return SessionCommands(events, passwords, names, refresh_tokens)


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    """A folder of model files."""
    folder = tmp_path_factory.mktemp("artifacts")
    return ArtifactStore.at(str(folder / "artifacts"), cache_dir=folder / "cache")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(artifacts: ArtifactStore) -> AsyncIterator[WorkerPool]:
    """Real model processes."""
    async with WorkerPool.open(artifacts.open_file, LIMITS) as engine:
        yield engine


@pytest.fixture
def models(events: EventStore, engine: WorkerPool) -> ModelCommands:
    """The handler of commands on models."""
    return ModelCommands(events, engine)


@pytest.fixture
def predictions(events: EventStore, engine: WorkerPool) -> PredictionCommands:
    """The handler of calls of models."""
    return PredictionCommands(events, engine)
