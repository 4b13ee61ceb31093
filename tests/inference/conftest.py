"""Real models, saved with joblib as their owners would, and real processes to run them in."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import uvloop

from inference.child.libraries import joblib
from inference.engine import ModelFile
from inference.limits import PoolLimits
from inference.pool import WorkerPool
from tests.inference import zoo

Save = Callable[[Any], ModelFile]


class Shelf:
    """Model files on disk, under ids, as the artifact store will hold them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, estimator: Any) -> ModelFile:
        """Save an estimator with joblib."""
        artifact_id = uuid4()
        joblib.dump(estimator, self.path(artifact_id))
        return self._described(artifact_id)

    def put(self, data: bytes) -> ModelFile:
        """Keep any bytes as if they were a model."""
        artifact_id = uuid4()
        self.path(artifact_id).write_bytes(data)
        return self._described(artifact_id)

    def path(self, artifact_id: UUID) -> Path:
        """Where a file lies."""
        return self._folder / str(artifact_id)

    async def open(self, artifact_id: UUID) -> int:
        """Open a file as the pool wants it."""
        return os.open(self.path(artifact_id), os.O_RDONLY)

    def _described(self, artifact_id: UUID) -> ModelFile:
        data = self.path(artifact_id).read_bytes()
        return ModelFile(artifact_id, hashlib.sha256(data).hexdigest(), len(data))


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the loop that serves: sockets, processes and timers are its own implementation."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def models() -> zoo.Zoo:
    """Fitted estimators of every kind, by name."""
    return zoo.Zoo()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(shelf: Shelf) -> AsyncGenerator[WorkerPool]:
    """One pool for all tests that do not break it."""
    async with open_pool(shelf) as opened:
        await opened.ready()
        yield opened


def open_pool(shelf: Shelf, **changed: Any) -> Any:
    """Open a pool with limits fit for tests."""
    settings: dict[str, Any] = {
        "deadline_s": 20.0,
        "load_deadline_s": 20.0,
        "queue_rows_max": 10_000,
        "children_max": 8,
        "memory_bytes_max": 4 << 30,
        "trusted_modules": ("tests.inference.misbehaving",),
    }
    return WorkerPool.open(shelf.open, PoolLimits(**(settings | changed)))
