"""The schemas of real models are valid, and fit their training rows and predictions."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.errors import Rejected
from domain.json_schema import input_schema, output_schema
from domain.signature import Column, ColumnType, Signature, check_signature
from inference.child.loading.loader import Loaded
from inference.child.worker import Responder
from inference.inputs.row_encoding import encode_rows
from inference.protocol.messages import FrameReader, PredictRequest
from tests.inference.column_models import SampleModel
from tests.inference.sample_models import NAMES, SampleModels

pytestmark = [
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
    pytest.mark.filterwarnings("ignore:X has feature names"),
]

INVALID_ROWS: list[Any] = [
    [],
    {},
    [[1]],
    {"nobody": 1},
    ["a"] * 9,
    [1.5] * 9,
    None,
    [None] * 9,
    [{}],
]
ALL = (*NAMES, "sparse flags", "chain")


def described(sample: SampleModel) -> Signature:
    """Describe a model with a sample, as only a sample identifies flags."""
    responder = Responder(Loaded(sample.estimator, "1"))
    return responder.inspection(json.dumps(sample.rows)).signature


def prediction_of(sample: SampleModel, signature: Signature) -> dict[str, Any]:
    """Predict the training rows of a model, in the form of the API."""
    responder = Responder(Loaded(sample.estimator, "1"), signature.sampled_columns)
    rows = encode_rows(signature, sample.rows, 1000)
    payload = rows.payload if rows.form == "matrix" else b"[" + rows.payload + b"]"
    request = PredictRequest(
        1, rows.form, rows.count, wants_probabilities=signature.has_probabilities
    )
    [(header, payload_of_reply)] = FrameReader().feed(responder.respond(request, payload))
    assert json.loads(header)["kind"] == "result", header
    members = json.loads(payload_of_reply)
    return {"predictions": members["outputs"], "probabilities": members.get("probabilities")}


def validator(schema: dict[str, Any]) -> Any:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", ALL)
def test_the_training_rows_of_a_model_fit_its_schema(models: SampleModels, name: str) -> None:
    sample = models[name]
    signature = described(sample)
    rows = validator(input_schema(signature))
    check_signature(signature)
    for row in sample.rows:
        rows.validate(row)
        if signature.columns:
            names = [column.name for column in signature.columns]
            rows.validate(dict(zip(names, row, strict=True)))
    for example in input_schema(signature).get("examples", []):
        rows.validate(example)


@pytest.mark.parametrize("name", ALL)
def test_a_row_that_does_not_fit_the_schema_is_refused(models: SampleModels, name: str) -> None:
    signature = described(models[name])
    rows = validator(input_schema(signature))
    refused = [row for row in INVALID_ROWS if not rows.is_valid(row)]
    assert len(refused) >= 5
    for row in refused:
        with pytest.raises(Rejected):
            encode_rows(signature, [row], 10)


values: st.SearchStrategy[Any] = st.sampled_from(
    [0, -3, 1.5, 2.0, "2026-01-05", True, False, None, [], [1], {}]
)
columns = st.lists(
    st.tuples(st.sampled_from(get_args(ColumnType)), st.booleans()), min_size=1, max_size=3
)


@given(columns, st.data())
def test_the_schema_and_the_check_of_rows_agree(
    kinds: list[tuple[ColumnType, bool]], data: st.DataObject
) -> None:
    described = tuple(Column(f"x{n}", *kind) for n, kind in enumerate(kinds))
    is_matrix = all(column.type == "number" for column in described)
    signature = Signature("matrix" if is_matrix else "table", described, False, "regression")
    width = len(kinds)
    fitting = st.lists(values, min_size=width, max_size=width)
    listed = data.draw(fitting | st.lists(values, max_size=4))
    names = data.draw(st.permutations([f"x{n}" for n in range(len(listed))]))
    for row in (listed, dict(zip(names, listed, strict=True))):
        assert validator(input_schema(signature)).is_valid(row) == is_accepted(signature, [row])


def is_accepted(signature: Signature, rows: list[Any]) -> bool:
    try:
        encode_rows(signature, rows, 10)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize("name", ALL)
def test_the_predictions_of_a_model_fit_its_schema(models: SampleModels, name: str) -> None:
    sample = models[name]
    signature = described(sample)
    results = validator(output_schema(signature))
    prediction = prediction_of(sample, signature)
    results.validate(prediction)
    assert not results.is_valid(prediction | {"predictions": [[["another"]]]})
    assert not results.is_valid(prediction | {"probabilities": [["another"]]}) or (
        not signature.has_probabilities
    )
    if signature.has_probabilities:
        fewer = [row[1:] for row in prediction["probabilities"]]
        assert not results.is_valid(prediction | {"probabilities": fewer})
