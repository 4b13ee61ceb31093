"""Events as former releases wrote them, to the byte: they are read for ever."""

from __future__ import annotations

from uuid import UUID, uuid4

from domain.events import EVENTS
from domain.json_schema import input_schema, output_schema
from domain.model import Model
from domain.signature import Column, Signature
from storage.event_store.mapper import EventMapper, NewEvent


class Sealing:
    """Nothing is sealed here."""

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        return text

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        return sealed


# Before signatures counted probabilities, knew samples, and kept an example.
UPLOADED = (
    b'{"owner_id":"a1998869-5383-4da2-94c5-480262429329","name":"iris","description":"",'
    b'"framework":"scikit-learn","label":"1","artifact":{"artifact_id":'
    b'"01a20b99-1c3d-720d-84c1-238d6a57288f","digest":"dd","size":1000,"format":"joblib",'
    b'"framework":"scikit-learn","framework_version":"1.9.1","model_type":"LogisticRegression",'
    b'"signature":{"form":"matrix","columns":[{"name":"x0","type":"number","nullable":false},'
    b'{"name":"x1","type":"number","nullable":true}],"is_named":false,"task":"classification",'
    b'"labels":[[0,1,2]],"outputs":1,"has_probabilities":true}}}'
)


def test_a_model_that_was_uploaded_before_signatures_told_more_is_read() -> None:
    stored = NewEvent(uuid4(), 1, "Model.Uploaded", UPLOADED, None, b"{}")
    event = EventMapper(EVENTS, Sealing()).to_domain_event(stored)

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


def test_its_schemas_promise_no_more_than_is_known() -> None:
    stored = NewEvent(uuid4(), 1, "Model.Uploaded", UPLOADED, None, b"{}")
    signature = EventMapper(EVENTS, Sealing()).to_domain_event(stored).artifact.signature

    assert "examples" not in input_schema(signature)
    members = output_schema(signature)["properties"]
    assert members["probabilities"] == {"type": "array", "items": {"type": "array"}}
