"""Events of earlier releases are read with their current meaning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from domain.errors import Unauthenticated
from domain.events import EVENTS
from domain.json_schema import input_schema, output_schema
from domain.model import Model
from domain.personal import Personal
from domain.session import Session, TokenDigests
from domain.signature import Column, Signature
from domain.user import User
from storage.event_store.mapper import EventMapper, NewEvent, RecordedEvent
from tests.storage.event_store.test_mapper import Reversing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAPPER = EventMapper(EVENTS, Reversing())


def recorded(topic: str, stream_id: Any, version: int, **state: Any) -> Any:
    """Decode an event of an earlier release."""
    raw = msgspec.json.encode(state)
    row = RecordedEvent(stream_id, version, topic, raw, None, b"{}", position=1, recorded_at=NOW)
    return MAPPER.to_domain_event(row)


def test_a_session_without_a_credential_id_is_expired() -> None:
    user = User(Personal("alice"), Personal("alice@example.org"), None, uuid4())
    later = NOW.replace(year=2027)
    facts = {"user_id": user.id, "token_digest": "a", "expires_at": later, "user_agent": ""}
    session = recorded("Session.Opened", uuid4(), 1, **facts).mutate(None)

    assert isinstance(session, Session)
    with pytest.raises(Unauthenticated, match="log in again"):
        user.check_session(session, NOW)
    with pytest.raises(Unauthenticated, match="not valid"):
        session.refresh(
            presented=TokenDigests("guessed", "a"), token_digest="b", expires_at=later, now=NOW
        )


def test_a_password_change_without_a_kept_session_keeps_none() -> None:
    changed = recorded("User.PasswordChanged", uuid4(), 2, credential_id=uuid4())

    assert changed.kept_session_id is None


# Before signatures had probability counts, samples and an example.
UPLOADED = (
    b'{"owner_id":"a1998869-5383-4da2-94c5-480262429329","name":"iris","description":"",'
    b'"framework":"scikit-learn","label":"1","artifact":{"artifact_id":'
    b'"01a20b99-1c3d-720d-84c1-238d6a57288f","digest":"dd","size":1000,"format":"joblib",'
    b'"framework":"scikit-learn","framework_version":"1.9.1","model_type":"LogisticRegression",'
    b'"signature":{"form":"matrix","columns":[{"name":"x0","type":"number","nullable":false},'
    b'{"name":"x1","type":"number","nullable":true}],"is_named":false,"task":"classification",'
    b'"labels":[[0,1,2]],"outputs":1,"has_probabilities":true}}}'
)


def test_a_model_uploaded_with_the_first_signature_format_is_read() -> None:
    stored = NewEvent(uuid4(), 1, "Model.Uploaded", UPLOADED, None, b"{}")
    event = EventMapper(EVENTS, Reversing()).to_domain_event(stored)

    assert isinstance(event, Model.Uploaded)
    artifact = event.artifact
    assert artifact.warnings == ()
    assert artifact.signature == Signature(
        form="matrix",
        columns=(Column("x0", "number"), Column("x1", "number", nullable=True)),
        is_named=False,
        task="classification",
        labels=((0, 1, 2),),
        outputs=1,
        has_probabilities=True,
    )
    assert artifact.signature.sampled_columns == ()


def test_schemas_of_the_first_signature_format() -> None:
    stored = NewEvent(uuid4(), 1, "Model.Uploaded", UPLOADED, None, b"{}")
    signature = EventMapper(EVENTS, Reversing()).to_domain_event(stored).artifact.signature

    assert "examples" not in input_schema(signature)
    members = output_schema(signature)["properties"]
    assert members["probabilities"] == {"type": "array", "items": {"type": "array"}}
