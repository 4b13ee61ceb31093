"""The command line in this process, on the test's own database, and a store with events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from commands.users import RegisterUser
from domain.events import OPERATOR, Metadata
from domain.model import Model
from domain.prediction import Prediction
from mlplatform.cli import run
from mlplatform.cli.main import app
from mlplatform.server.database import Database
from mlplatform.server.store import Store, open_store
from mlplatform.settings import Settings
from tests.samples import artifact, failed, served

Cli = Callable[..., Result]


@dataclass(frozen=True)
class Past:
    """The content of the store: a user, their model that was renamed, and two predictions."""

    user_id: UUID
    model: Model
    served: Prediction.Served


@pytest.fixture
def settings(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, database_dsn: str, owner_dsn: str
) -> Settings:
    """Settings from the environment, of a platform on the test's own database."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(data_dir)  # without a .env file
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setenv("DATABASE_URL", database_dsn)
    monkeypatch.setenv("DATABASE_OWNER_URL", owner_dsn)
    monkeypatch.setenv("PASSWORD_HASH_COST", "4")
    return Settings()


@pytest.fixture
def cli(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run the command line; the logging of the tests is not changed."""

    def keep(**_: str) -> None:
        """Change nothing."""

    monkeypatch.setattr(run, "configure_logging", keep)
    runner = CliRunner()
    return lambda *arguments, **options: runner.invoke(app, [*map(str, arguments)], **options)


@pytest.fixture
def database(database_dsn: str, owner_dsn: str) -> Database:
    """The test's own database."""
    return Database(database_dsn, owner_dsn)


@pytest.fixture
async def store(settings: Settings, database: Database) -> AsyncGenerator[Store]:
    """The event store of the test's own database, with the platform's keys."""
    async with open_store(settings, database) as store:
        yield store


@pytest.fixture
async def past(settings: Settings, database: Database) -> Past:
    """Record some events, in a store that is closed again."""
    async with open_store(settings, database) as store:
        user = await store.users.register(
            RegisterUser(
                by=OPERATOR, username="alice", email="a@example.org", password="correct horse"
            )
        )
        by_alice = Metadata(actor_id=user.id, request_id="r-1")
        model = Model.upload(by=user.id, name="iris", artifact=artifact())
        [model] = await store.events.save([model], by_alice)
        model.rename("irises", by=user.id)
        [model] = await store.events.save([model], by_alice)
        prediction = served(model.id)
        await store.events.append([prediction, failed(model.id)], by_alice)
        return Past(user.id, model, prediction)
