"""Real models, saved with joblib, and real processes to run them in."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import uvloop

from domain.errors import Unavailable
from inference.child.libraries import joblib
from inference.model_file import ModelFile
from inference.pool import opener
from inference.pool.launcher import Launcher, ZygoteHandle
from inference.pool.limits import PoolLimits
from inference.pool.pool import WorkerPool
from tests.inference import sample_models
from tests.inference.processes import children_of

Save = Callable[[Any], ModelFile]
Pools = Callable[..., AbstractAsyncContextManager[WorkerPool]]


class ModelStore:
    """Model files on disk, by id, like an artifact store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, estimator: Any) -> ModelFile:
        """Save an estimator with joblib."""
        artifact_id = uuid4()
        joblib.dump(estimator, self.path(artifact_id))
        return self._described(artifact_id)

    def put(self, data: bytes) -> ModelFile:
        """Save any bytes as a model file."""
        artifact_id = uuid4()
        self.path(artifact_id).write_bytes(data)
        return self._described(artifact_id)

    def path(self, artifact_id: UUID) -> Path:
        """The path of a file."""
        return self._folder / str(artifact_id)

    async def open(self, artifact_id: UUID) -> int:
        """Open a file for the pool."""
        return os.open(self.path(artifact_id), os.O_RDONLY)

    def _described(self, artifact_id: UUID) -> ModelFile:
        data = self.path(artifact_id).read_bytes()
        return ModelFile(artifact_id, hashlib.sha256(data).hexdigest(), len(data))


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on uvloop, as production does: it implements sockets, processes and timers itself."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return ModelStore(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def models() -> sample_models.SampleModels:
    """Fitted estimators of every kind, by name."""
    return sample_models.SampleModels()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(store: ModelStore) -> AsyncGenerator[WorkerPool]:
    """A pool shared by all tests that leave it intact."""
    async with open_pool(store) as opened:
        await opened.ready()
        yield opened


class SharedLauncher(Launcher):
    """A launcher that uses a zygote which outlives the pool."""

    def __init__(self, owner: Launcher) -> None:
        super().__init__()
        self._owner = owner
        self._is_stopped_here = False

    @property
    def zygote_pid(self) -> int:
        return self._owner.zygote_pid

    async def start(self) -> ZygoteHandle:
        if self._is_stopped_here:
            raise Unavailable("the platform is stopping")
        return await self._owner.start()

    async def stop(self) -> None:
        self._is_stopped_here = True


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def zygote() -> AsyncGenerator[Launcher]:
    """A zygote for one pool after another: starting one takes two seconds of CPU."""
    launcher = Launcher()
    yield launcher
    await launcher.stop()


@pytest.fixture(scope="session")
def pools(store: ModelStore, zygote: Launcher) -> Pools:
    """Opens pools with given limits on a shared zygote; they leave no children behind."""

    @asynccontextmanager
    async def opened(**changed: Any) -> AsyncGenerator[WorkerPool]:
        former = set(children_of(zygote.zygote_pid))
        async with AsyncExitStack() as stack:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(opener, "Launcher", lambda: SharedLauncher(zygote))
                pool = await stack.enter_async_context(open_pool(store, **changed))
            yield pool
        async with asyncio.timeout(10):
            while set(children_of(zygote.zygote_pid)) - former:  # noqa: ASYNC110 — there is no event to wait for
                await asyncio.sleep(0.01)

    return opened


def open_pool(store: ModelStore, **changed: Any) -> Any:
    """Open a pool with limits for tests."""
    settings: dict[str, Any] = {
        "deadline_s": 20.0,
        "load_deadline_s": 20.0,
        "queue_rows_max": 10_000,
        "processes_max": 8,
        "memory_bytes_max": 4 << 30,
        "trusted_modules": ("tests.inference.faulty_estimators",),
    }
    return WorkerPool.open(store.open, PoolLimits(**(settings | changed)))
