"""Command handlers on a real store, with passwords that are hashed fast.

Each test has a database of its own. The model processes are of all tests here: what a pool keeps
it keeps by the ids of files, which are no two tests', and a zygote takes seconds to start.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from commands.models import ModelCommands
from commands.passwords.admission import Admission
from commands.passwords.hashing import Passwords
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
    """Run the tests of this folder on the loop that the model processes are talked to from."""
    here = Path(__file__).parent
    for item in items:
        is_async = inspect.iscoroutinefunction(getattr(item, "function", None))
        if is_async and here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """A pool on a database of the test's own."""
    async with open_pool(database_dsn, min_size=1, max_size=4) as pool:
        yield pool


@pytest_asyncio.fixture(loop_scope="session")
async def owner_pool(owner_dsn: str) -> AsyncIterator[Pool]:
    """A pool of the owner's, for what the platform may not do."""
    async with open_pool(owner_dsn, min_size=1, max_size=2) as pool:
        yield pool


@pytest_asyncio.fixture(loop_scope="session")
async def events(database_dsn: str, pool: Pool) -> AsyncIterator[EventStore]:
    """An empty event store."""
    async with EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as events:
        yield events


@pytest_asyncio.fixture(loop_scope="session")
async def passwords() -> AsyncIterator[Passwords]:
    """Passwords at the lowest cost that bcrypt knows."""
    async with Passwords.open(b"pepper", cost=FAST) as passwords:
        yield passwords


@pytest.fixture
def admission(passwords: Passwords) -> Admission:
    """Waits of up to an hour after failed logins."""
    return Admission(MemoryLoginAttempts(3_600), passwords)


@pytest.fixture
def users(events: EventStore, pool: Pool, admission: Admission) -> UserCommands:
    """The handler of commands on accounts."""
    return UserCommands(
        events,
        Credentials(pool),
        admission,
        PasswordRules("ML Deployment Platform"),
        Administrators(pool),
        identity_key=bytes(32),
    )


@pytest.fixture
def sessions(
    events: EventStore, pool: Pool, admission: Admission, users: UserCommands
) -> SessionCommands:
    """The handler of commands on sessions."""
    return SessionCommands(
        events,
        users,
        Credentials(pool),
        admission,
        RefreshTokens(timedelta(days=7), bytes(32)),
    )


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
def models(events: EventStore, artifacts: ArtifactStore, engine: WorkerPool) -> ModelCommands:
    """The handler of commands on models."""
    return ModelCommands(events, artifacts, engine)


@pytest.fixture
def predictions(events: EventStore, engine: WorkerPool) -> PredictionCommands:
    """The handler of calls of models."""
    return PredictionCommands(events, engine)
