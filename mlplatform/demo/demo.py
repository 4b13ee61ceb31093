"""The demo: where the store is empty, models to try and two weeks of history to look at."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from commands.models import artifact_of
from domain.model import Model
from inference.engine import Engine, ModelFile
from mlplatform.demo.history import REQUEST_ID, USERNAME, DemoHistory, TrainedModel
from mlplatform.errors import Refused
from mlplatform.server.database import Database
from mlplatform.server.store import Store, open_store
from mlplatform.settings import Settings
from storage.artifacts import ArtifactStore
from storage.event_store.importing import Importer
from storage.event_store.mapper import decode_metadata
from storage.event_store.recorder import EventReader
from storage.postgres.pool import connect

TRAINING = "mlplatform.demo.training"
MODEL_BYTES_MAX = 16 * 2**20
PASSWORD_BYTES = 12

CALLS = """\
the demo's account is {username} with the password {password}; ask its first model by:

TOKEN=$(curl -s {url}/api/v1/auth/login -H 'Content-Type: application/json' \\
  -d '{{"username": "{username}", "password": "{password}"}}' \\
  | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
curl -s {url}/api/v1/models/{model_id}/predict -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{{"input_data": [5.1, 3.5, 1.4, 0.2]}}'
"""
NOT_EMPTY = "no demo was made: the store holds other events already"
NO_LONGER_KNOWN = "the demo is there, but its password is not in {file} any more"


class Demo:
    """Makes the demo, and says how to use it."""

    def __init__(self, settings: Settings, folder: Path, *, is_wanted: bool) -> None:
        self._settings = settings
        self._folder = folder
        self._training: asyncio.subprocess.Process | None = None
        self.is_wanted = is_wanted

    @property
    def password_file(self) -> Path:
        """Where the password of the demo's account is kept, for its owner to read."""
        return self._settings.data_dir / "demo-password"

    async def seed(self, database: Database, artifacts: ArtifactStore, engine: Engine) -> None:
        """Fill the store, if it is empty and the demo is wanted."""
        if not self.is_wanted:
            return
        async with open_store(self._settings, database) as store:
            if await store.events.recorder.max_notification_id() is not None:
                return
            await self.train()
            await self._seed(store, database, artifacts, engine)

    async def instructions(self, database: Database, url: str) -> list[str]:
        """Say what to type to ask the demo's first model."""
        if not self.is_wanted:
            return []
        model_id = await _first_model(database)
        if model_id is None:
            return [NOT_EMPTY]
        if not self.password_file.exists():
            return [NO_LONGER_KNOWN.format(file=self.password_file)]
        password = self.password_file.read_text().strip()
        return [CALLS.format(url=url, username=USERNAME, password=password, model_id=model_id)]

    async def start_training(self) -> None:
        """Have the models trained, in a process of its own that knows none of our secrets."""
        self._training = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", TRAINING, str(self._folder)),
            env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=asyncio.subprocess.DEVNULL,
        )

    async def train(self) -> None:
        """Wait for the models."""
        if self._training is None:
            await self.start_training()
        assert self._training is not None
        if code := await self._training.wait():
            raise Refused(f"the demo's models could not be trained (code {code})")

    def give_up(self) -> None:
        """End the training, if it still goes on."""
        if self._training is not None:
            with suppress(ProcessLookupError):
                self._training.kill()

    async def _seed(
        self, store: Store, database: Database, artifacts: ArtifactStore, engine: Engine
    ) -> None:
        history = DemoHistory(store, engine, now=datetime.now(UTC))
        await history.register(_kept_password(self.password_file))
        names = ("iris-1", "iris-2", "churn", "diabetes")
        iris, forest, churn, diabetes = [
            await self._taken_in(name, artifacts, engine) for name in names
        ]
        await history.iris(iris, forest)
        await history.churn(churn)
        await history.diabetes(diabetes)
        async with Importer.open(database.owner_dsn) as importer:
            await importer.add(history.events)

    async def _taken_in(self, name: str, artifacts: ArtifactStore, engine: Engine) -> TrainedModel:
        path = self._folder / f"{name}.joblib"
        file = await artifacts.receive(_chunks(path), MODEL_BYTES_MAX)
        model_file = ModelFile(file.artifact_id, file.digest, file.size)
        artifact = artifact_of(model_file, await engine.inspect(model_file))
        return TrainedModel(artifact, msgspec.json.decode(path.with_suffix(".json").read_bytes()))


@asynccontextmanager
async def prepare_demo(settings: Settings, *, with_demo: bool) -> AsyncGenerator[Demo]:
    """Begin to train if the demo seems to be missing, while the database starts."""
    with tempfile.TemporaryDirectory(prefix="mlplatform-demo-") as folder:
        demo = Demo(settings, Path(folder), is_wanted=with_demo)
        if with_demo and not demo.password_file.exists():
            await demo.start_training()
        try:
            yield demo
        finally:
            demo.give_up()


async def _first_model(database: Database) -> object:
    """Give the id of the demo's first model; None where the first model is no demo."""
    connection = await connect(database.dsn)
    try:
        rows = await EventReader(connection).select_notifications(
            None, 1, topics=[Model.Uploaded.TOPIC]
        )
    finally:
        await connection.close()
    is_demo = rows and decode_metadata(rows[0].metadata).request_id == REQUEST_ID
    return rows[0].originator_id if is_demo else None


def _kept_password(file: Path) -> str:
    """Draw a password and keep it for its owner alone, or take the one that is kept."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(PASSWORD_BYTES) + "\n")
    return file.read_text().strip()


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    yield await asyncio.to_thread(path.read_bytes)
