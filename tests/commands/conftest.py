"""Command handlers on a real store, with passwords that are hashed fast."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands.admission import Admission
from commands.models import ModelCommands
from commands.password_rules import PasswordRules
from commands.passwords import Passwords
from commands.predictions import PredictionCommands
from commands.sessions import RefreshTokens, SessionCommands
from commands.users import UserCommands
from inference.limits import PoolLimits
from inference.pool import WorkerPool
from storage.administrators import Administrators
from storage.artifacts import ArtifactStore
from storage.attempts import MemoryAttempts
from storage.clock import DatabaseClock
from storage.credentials import Credentials
from storage.event_store import EventStore
from storage.postgres import Pool

FAST = 4


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    """Passwords at the lowest cost that bcrypt knows."""
    async with Passwords.open(b"pepper", cost=FAST) as passwords:
        yield passwords


@pytest.fixture
def admission(passwords: Passwords) -> Admission:
    """Waits of up to an hour after failed logins."""
    return Admission(MemoryAttempts(3_600), passwords)


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
        DatabaseClock(pool),
        RefreshTokens(timedelta(days=7), bytes(32)),
    )


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactStore:
    """An empty folder of model files."""
    return ArtifactStore.at(str(tmp_path / "artifacts"), cache_dir=tmp_path / "cache")


@pytest.fixture
async def engine(artifacts: ArtifactStore) -> AsyncIterator[WorkerPool]:
    """Real model processes."""
    limits = PoolLimits(
        deadline_s=10.0,
        load_deadline_s=20.0,
        queue_rows_max=1_000,
        children_max=4,
        memory_bytes_max=4 << 30,
        trusted_modules=("tests.inference.misbehaving",),
    )
    async with WorkerPool.open(artifacts.open_file, limits) as engine:
        yield engine


@pytest.fixture
def models(events: EventStore, artifacts: ArtifactStore, engine: WorkerPool) -> ModelCommands:
    """The handler of commands on models."""
    return ModelCommands(events, artifacts, engine)


@pytest.fixture
def predictions(events: EventStore, engine: WorkerPool) -> PredictionCommands:
    """The handler of calls of models."""
    return PredictionCommands(events, engine)
