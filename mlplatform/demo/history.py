"""The history of the demo: two weeks of events with invented times.

The predictions are real: the trained models compute them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from commands.predictions import event_fields, failed_event, served_event
from domain.aggregate import Aggregate, new_id
from domain.errors import PredictionFailed
from domain.events import OPERATOR, Metadata
from domain.model import Model
from domain.model_version import Artifact
from domain.personal import email_of, full_name_of, username_of
from domain.user import User
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile
from inference.pool.pool import WorkerPool
from mlplatform.server.store import Store
from storage.event_store.importing import PastEvent
from storage.event_store.mapper import encode_metadata

REQUEST_ID = "demo"
"""Marks every event of the demo, in its metadata."""

DAYS = 14
USERNAME = "demo"
EMAIL = "demo@example.org"
FULL_NAME = "Demo User"
ROWS_MAX = 100
SHARE_OF_BATCHES = 0.15
ROWS_OF_BATCHES = 5


@dataclass(frozen=True)
class TrainedModel:
    """A model file in the artifact store, and input rows for it."""

    artifact: Artifact
    rows: list[Any]


class DemoHistory:
    """Creates the events of the demo, with their times."""

    def __init__(self, store: Store, engine: WorkerPool, *, now: datetime) -> None:
        self._store = store
        self._engine = engine
        self._start = now - timedelta(days=DAYS)
        self._minutes = DAYS * 24 * 60 - 5
        self._random = random.Random(1)  # noqa: S311 — not for secrets
        self._past: list[PastEvent] = []
        self._user_id = new_id()

    @property
    def events(self) -> list[PastEvent]:
        """All events, ordered by time."""
        return sorted(self._past, key=lambda event: event.recorded_at)

    async def register(self, password: str) -> None:
        """Register the account of the demo, an administrator."""
        store = self._store
        credential_id = await store.passwords.store(self._user_id, password, by=OPERATOR)
        await store.events.make_user_key(self._user_id)
        username, email = username_of(USERNAME), email_of(EMAIL)
        user = User.register(
            self._user_id,
            username=username,
            email=email,
            full_name=full_name_of(FULL_NAME),
            credential_id=credential_id,
        )
        names = await store.names.take(self._user_id, username=username, email=email)
        for reservation in names:
            self._record(reservation, 0, "RegisterUser")
        self._record(user, 0, "RegisterUser")
        user.grant_admin()
        self._record(user, 0.01, "GrantAdmin")

    async def iris(self, first: TrainedModel, second: TrainedModel) -> None:
        """Add a classifier whose second version is promoted after some time."""
        model = self._uploaded(first.artifact, 0.1, "Iris species", "Which iris is it?")
        model.add_version(second.artifact, "forest", by=self._user_id)
        self._record(model, 6.2, "AddVersion")
        await self._call(model, first.rows, 120, since=0.2, until=7.0)
        model.promote(2, by=self._user_id)
        self._record(model, 7.0, "PromoteVersion")
        await self._call(model, second.rows, 140, since=7.0)

    async def churn(self, trained: TrainedModel) -> None:
        """Add a pipeline on a table; it fails for a city that is not in the training data."""
        text = "Will a subscriber leave? A table of text, numbers and gaps goes in."
        model = self._uploaded(trained.artifact, 2.5, "Subscriber churn", text)
        await self._call(model, trained.rows, 110, since=2.6)
        for _ in range(6):
            await self._predict(model, trained.rows[-1], self._day(3, DAYS))

    async def diabetes(self, trained: TrainedModel) -> None:
        """Add a regressor that is renamed after some time."""
        model = self._uploaded(trained.artifact, 4.0, "diabetes", "Progression after one year.")
        model.rename("Diabetes progression", by=self._user_id)
        self._record(model, 4.3, "UpdateModel")
        await self._call(model, trained.rows, 60, since=4.1)

    async def _call(
        self, model: Model, rows: list[Any], calls: int, *, since: float, until: float = DAYS
    ) -> None:
        for _ in range(calls):
            one = self._random.choice(rows[:-1])
            several = self._random.sample(rows[:-1], ROWS_OF_BATCHES)
            is_batch = self._random.random() < SHARE_OF_BATCHES
            await self._predict(model, several if is_batch else one, self._day(since, until))

    async def _predict(self, model: Model, input_data: Any, day: float) -> None:
        version = model.serving
        signature = version.artifact.signature
        rows = encode_rows(signature, input_data, ROWS_MAX)
        fields = event_fields(model.id, version, rows.count, input_data)
        try:
            file = ModelFile.of(model.id, version)
            event = served_event(fields, await self._engine.predict(file, signature, rows))
        except PredictionFailed as failure:
            event = failed_event(fields, failure)
        self._record_event(event, day, "Predict")

    def _uploaded(self, artifact: Artifact, day: float, name: str, description: str) -> Model:
        model = Model.upload(
            by=self._user_id, name=name, artifact=artifact, description=description
        )
        self._record(model, day, "UploadModel")
        return model

    def _day(self, since: float, until: float) -> float:
        """Draw a time; later times are more likely, because usage grows."""
        return since + (until - since) * self._random.random() ** 0.7

    def _record(self, aggregate: Aggregate, day: float, causation: str) -> None:
        """Record the new events of an aggregate with a time on the given day."""
        for event in aggregate.collect_events():
            self._record_event(event, day, causation)

    def _record_event(self, event: Any, day: float, causation: str) -> None:
        is_platform = causation in ("GrantAdmin", "RegisterUser")
        metadata = Metadata(
            actor_id=None if is_platform else self._user_id,
            request_id=REQUEST_ID,
            causation=causation,
        )
        new = self._store.events.mapper.to_new_event(event, encode_metadata(metadata))
        at = self._start + timedelta(minutes=day / DAYS * self._minutes)
        self._past.append(PastEvent(*msgspec.structs.astuple(new), recorded_at=at))
