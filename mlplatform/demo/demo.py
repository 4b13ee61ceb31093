"""The demo: fills an empty store with example models and two weeks of history."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from commands.models import artifact_of
from domain.model import Model
from inference.model_file import ModelFile
from inference.pool.pool import WorkerPool
from mlplatform.demo.history import REQUEST_ID, USERNAME, DemoHistory, TrainedModel
from mlplatform.errors import Refused
from mlplatform.server.database import Database, open_single
from mlplatform.server.keys import load_secret
from mlplatform.server.store import Store, open_store
from mlplatform.settings import Settings
from storage.artifacts import ArtifactStore
from storage.event_store.importing import Importer
from storage.event_store.mapper import decode_metadata
from storage.event_store.recorder import EventReader

TRAINING = "mlplatform.demo.training"
MODEL_BYTES_MAX = 16 * 2**20
PASSWORD_BYTES = 12

CALLS = """\
the demo's account is {username} with the password {password}; call its first model with:

TOKEN=$(curl -s {url}/api/v1/auth/login -H 'Content-Type: application/json' \\
  -d '{{"username": "{username}", "password": "{password}"}}' \\
  | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
curl -s {url}/api/v1/models/{model_id}/predict -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{{"input_data": [5.1, 3.5, 1.4, 0.2]}}'
"""
NOT_EMPTY = "the demo was not created: the store is not empty"
FILE_MISSING = "the demo exists, but {file}, which held its password, is missing"


class Demo:
    """Creates the demo, and gives instructions for its use."""

    def __init__(self, settings: Settings, folder: Path, *, is_requested: bool) -> None:
        self._settings = settings
        self._folder = folder
        self._training: asyncio.subprocess.Process | None = None
        self.is_requested = is_requested

    @property
    def password_file(self) -> Path:
        """The file with the password of the demo's account; only its owner can read it."""
        return self._settings.data_dir / "demo-password"

    async def seed(self, database: Database, artifacts: ArtifactStore, engine: WorkerPool) -> None:
        """Fill the store if the demo is requested and the store is empty."""
        if not self.is_requested:
            return
        async with open_store(self._settings, database) as store:
            if await store.events.recorder.max_notification_id() is not None:
                return
            await self.train()
            await self._seed(store, database, artifacts, engine)

    async def instructions(self, database: Database, url: str) -> list[str]:
        """Give the shell commands that call the demo's first model."""
        if not self.is_requested:
            return []
        model_id = await _first_model(database)
        if model_id is None:
            return [NOT_EMPTY]
        if not self.password_file.exists():
            return [FILE_MISSING.format(file=self.password_file)]
        password = self.password_file.read_text().strip()
        return [CALLS.format(url=url, username=USERNAME, password=password, model_id=model_id)]

    async def start_training(self) -> None:
        """Train the models in another process, without the secrets of the environment."""
        self._training = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", TRAINING, str(self._folder)),
            env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=asyncio.subprocess.DEVNULL,
        )

    async def train(self) -> None:
        """Wait until the models are trained; start the training if needed."""
        if self._training is None:
            await self.start_training()
        assert self._training is not None
        if code := await self._training.wait():
            raise Refused(f"the demo's models could not be trained (code {code})")

    def stop_training(self) -> None:
        """Kill the training process, if it is running."""
        if self._training is not None:
            with suppress(ProcessLookupError):
                self._training.kill()

    async def _seed(
        self, store: Store, database: Database, artifacts: ArtifactStore, engine: WorkerPool
    ) -> None:
        history = DemoHistory(store, engine, now=datetime.now(UTC))
        await history.register(load_secret(self.password_file, PASSWORD_BYTES))

        async def store_model(name: str) -> TrainedModel:
            return await _store_model(self._folder / f"{name}.joblib", artifacts, engine)

        await history.iris(await store_model("iris-1"), await store_model("iris-2"))
        await history.churn(await store_model("churn"))
        await history.diabetes(await store_model("diabetes"))
        async with Importer.open(database.owner_dsn) as importer:
            await importer.add(history.events)


@asynccontextmanager
async def prepare_demo(settings: Settings, *, with_demo: bool) -> AsyncGenerator[Demo]:
    """Train the models while the database starts, if the demo seems to be missing."""
    with tempfile.TemporaryDirectory(prefix="mlplatform-demo-") as folder:
        demo = Demo(settings, Path(folder), is_requested=with_demo)
        if with_demo and not demo.password_file.exists():
            await demo.start_training()
        try:
            yield demo
        finally:
            demo.stop_training()


async def _first_model(database: Database) -> object:
    """Give the id of the first model if it belongs to the demo, else None."""
    async with open_single(database.dsn) as pool:
        uploads = await EventReader(pool).select_notifications(
            None, 1, topics=[Model.Uploaded.TOPIC]
        )
    is_demo = uploads and decode_metadata(uploads[0].metadata).request_id == REQUEST_ID
    return uploads[0].originator_id if is_demo else None


async def _store_model(path: Path, artifacts: ArtifactStore, engine: WorkerPool) -> TrainedModel:
    received = await artifacts.receive(_chunks(path), MODEL_BYTES_MAX)
    file = ModelFile(received.artifact_id, received.digest, received.size)
    artifact = artifact_of(file, await engine.inspect(file))
    return TrainedModel(artifact, msgspec.json.decode(path.with_suffix(".json").read_bytes()))


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    yield await asyncio.to_thread(path.read_bytes)
