"""Sample objects for many tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from domain.aggregate import new_id
from domain.api_key import ApiKey, Terms
from domain.model import Model
from domain.model_version import Artifact
from domain.prediction import Prediction
from domain.session import Session, TokenDigests
from domain.signature import Column, Signature

ALICE, BOB = uuid4(), uuid4()

IRIS = Signature(
    form="matrix",
    columns=tuple(Column(f"x{n}", "number") for n in range(4)),
    is_named=False,
    task="classification",
    labels=((0, 1, 2),),
    has_probabilities=True,
)


def artifact(digest: str = "d" * 64) -> Artifact:
    """An inspected file."""
    return Artifact(
        artifact_id=new_id(),
        digest=digest,
        size=1_000,
        format="joblib",
        framework="scikit-learn",
        framework_version="1.9.1",
        model_type="LogisticRegression",
        signature=IRIS,
    )


def opened(
    user_id: UUID = ALICE,
    credential_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Session:
    """A session, for a week by default; the digests of its refresh token are "family" and "a"."""
    return Session.open(
        user_id=user_id,
        credential_id=credential_id or new_id(),
        token=TokenDigests("family", "a"),
        expires_at=expires_at or datetime.now(UTC) + timedelta(days=7),
        user_agent="curl",
    )


def issued(by: UUID = ALICE, terms: Terms | None = None, secret: str = "secret") -> ApiKey:
    """An API key, by default for predictions and without expiry."""
    return ApiKey.issue(
        owner_id=by,
        name="nightly",
        secret=secret,
        terms=terms or Terms(("predict",)),
        now=datetime.now(UTC),
    )


def uploaded(by: UUID = ALICE, name: str = "iris", digest: str = "d" * 64) -> Model:
    """A model of Alice's."""
    return Model.upload(by=by, name=name, artifact=artifact(digest))


def served(model_id: UUID, *, stream_id: UUID | None = None, **facts: Any) -> Prediction.Served:
    """A successful prediction."""
    prediction = Prediction.Served(
        originator_id=stream_id or new_id(),
        model_id=model_id,
        number=1,
        digest="d" * 64,
        rows=1,
        queue_us=20,
        inference_us=300,
        inputs=[[5.1, 3.5, 1.4, 0.2]],
        outputs=[0],
        probabilities=[[0.9, 0.1, 0.0]],
    )
    return msgspec.structs.replace(prediction, **facts)


def failed(model_id: UUID, **facts: Any) -> Prediction.Failed:
    """A prediction that a model refused."""
    prediction = Prediction.Failed(
        originator_id=new_id(),
        model_id=model_id,
        number=1,
        digest="d" * 64,
        rows=1,
        queue_us=20,
        inference_us=300,
        reason="refused",
        error="ValueError: no",
        inputs=[[5.1, 3.5, 1.4, 0.2]],
    )
    return msgspec.structs.replace(prediction, **facts)
