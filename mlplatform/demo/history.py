"""Two weeks in the life of a small platform, made up but for the answers.

The models are real and so is what they answer; only the times are said to lie in the past.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commands.models import file_of
from commands.predictions import event_fields
from domain.aggregate import Aggregate, new_id
from domain.errors import PredictionFailed
from domain.events import OPERATOR, Metadata
from domain.model import Model
from domain.model_version import Artifact
from domain.personal import email_of, full_name_of, username_of
from domain.prediction import Prediction
from domain.reservation import NameKind, Reservation, reservation_id
from domain.user import User
from inference.engine import Engine
from inference.inputs.row_encoding import encode_rows
from mlplatform.server.store import Store
from storage.event_store.importing import PastEvent
from storage.event_store.mapper import encode_metadata

REQUEST_ID = "demo"
"""Stands beside every event of the demo."""

DAYS = 14
USERNAME = "demo"
EMAIL = "demo@example.org"
FULL_NAME = "Demo User"
ROWS_MAX = 100
SHARE_OF_BATCHES = 0.15
ROWS_OF_BATCHES = 5


@dataclass(frozen=True)
class TrainedModel:
    """A file that was taken in, and rows to ask it for."""

    artifact: Artifact
    rows: list[Any]


class DemoHistory:
    """Events in the making, with their times."""

    def __init__(self, store: Store, engine: Engine, *, now: datetime) -> None:
        self._store = store
        self._engine = engine
        self._start = now - timedelta(days=DAYS)
        self._minutes = DAYS * 24 * 60 - 5
        self._chance = random.Random(1)  # noqa: S311 — nothing here is a secret
        self._past: list[PastEvent] = []
        self._user_id = new_id()

    @property
    def events(self) -> list[PastEvent]:
        """What happened, in the order of its times."""
        return sorted(self._past, key=lambda event: event.recorded_at)

    async def register(self, password: str) -> None:
        """Open the account of the demo; it may administer the platform, to show all of it."""
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
        names: list[tuple[NameKind, Any]] = [("username", username), ("email", email)]
        for kind, name in names:
            stream_id = reservation_id(store.keys.identity_key, kind, name)
            self._note(Reservation.open(stream_id, kind, by=self._user_id), 0, "RegisterUser")
        self._note(user, 0, "RegisterUser")
        user.grant_admin()
        self._note(user, 0.01, "GrantAdmin")

    async def iris(self, first: TrainedModel, second: TrainedModel) -> None:
        """A classifier whose second version was added, waited and was promoted."""
        model = self._uploaded(first.artifact, 0.1, "Iris species", "Which iris is it?")
        model.add_version(second.artifact, "forest", by=self._user_id)
        self._note(model, 6.2, "AddVersion")
        await self._ask(model, first.rows, 120, since=0.2, until=7.0)
        model.promote(2, by=self._user_id)
        self._note(model, 7.0, "PromoteVersion")
        await self._ask(model, second.rows, 140, since=7.0)

    async def churn(self, trained: TrainedModel) -> None:
        """A pipeline on a table; it refuses a city that it was not trained on."""
        text = "Will a subscriber leave? A table of text, numbers and gaps goes in."
        model = self._uploaded(trained.artifact, 2.5, "Subscriber churn", text)
        await self._ask(model, trained.rows, 110, since=2.6)
        for _ in range(6):
            await self._predict(model, trained.rows[-1], self._day(3, DAYS))

    async def diabetes(self, trained: TrainedModel) -> None:
        """A regressor, with a name that was given to it later."""
        model = self._uploaded(trained.artifact, 4.0, "diabetes", "Progression after one year.")
        model.rename("Diabetes progression", by=self._user_id)
        self._note(model, 4.3, "UpdateModel")
        await self._ask(model, trained.rows, 60, since=4.1)

    async def _ask(
        self, model: Model, rows: list[Any], calls: int, *, since: float, until: float = DAYS
    ) -> None:
        for _ in range(calls):
            one = self._chance.choice(rows[:-1])
            several = self._chance.sample(rows[:-1], ROWS_OF_BATCHES)
            is_batch = self._chance.random() < SHARE_OF_BATCHES
            await self._predict(model, several if is_batch else one, self._day(since, until))

    async def _predict(self, model: Model, input_data: Any, day: float) -> None:
        version = model.serving
        signature = version.artifact.signature
        rows = encode_rows(signature, input_data, ROWS_MAX)
        fields = event_fields(model.id, version, rows.count)
        try:
            answer = await self._engine.predict(file_of(model, version), signature, rows)
        except PredictionFailed as failure:
            event = Prediction.Failed(
                **fields,
                queue_us=failure.queue_us,
                inference_us=failure.inference_us,
                reason=failure.reason,
                error=str(failure),
                inputs=input_data,
            )
        else:
            event = Prediction.Served(
                **fields,
                queue_us=answer.queue_us,
                inference_us=answer.inference_us,
                inputs=input_data,
                outputs=answer.outputs,
                probabilities=answer.probabilities,
            )
        self._note_event(event, day, "Predict")

    def _uploaded(self, artifact: Artifact, day: float, name: str, description: str) -> Model:
        model = Model.upload(
            by=self._user_id, name=name, artifact=artifact, description=description
        )
        self._note(model, day, "UploadModel")
        return model

    def _day(self, since: float, until: float) -> float:
        """Draw a moment, rather a later one: the platform is used more and more."""
        return since + (until - since) * self._chance.random() ** 0.7

    def _note(self, aggregate: Aggregate, day: float, causation: str) -> None:
        """Take what the aggregate decided, as of a day of these two weeks."""
        for event in aggregate.collect_events():
            self._note_event(event, day, causation)

    def _note_event(self, event: Any, day: float, causation: str) -> None:
        is_operators = causation == "GrantAdmin"
        metadata = Metadata(
            actor_id=None if is_operators or causation == "RegisterUser" else self._user_id,
            request_id=REQUEST_ID,
            causation=causation,
        )
        new = self._store.events.mapper.to_new_event(event, encode_metadata(metadata))
        at = self._start + timedelta(minutes=day / DAYS * self._minutes)
        self._past.append(PastEvent(**vars(new), recorded_at=at))
