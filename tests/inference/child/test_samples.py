"""What a sample adds to the description of a model, and which samples are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from domain.errors import Rejected
from domain.json_schema import input_schema
from domain.signature import Column, Signature
from inference.child.introspection import shape_of
from inference.child.libraries import pandas
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import Loaded
from inference.child.samples import with_sample_columns
from inference.child.worker import Responder
from inference.inputs.row_encoding import encode_rows
from inference.protocol.messages import FrameReader, PredictRequest
from tests.inference.column_models import SampleModel
from tests.inference.sample_models import NAMES, SampleModels
from tests.inference.undeclared_models import UNDECLARED

pytestmark = [
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
    pytest.mark.filterwarnings("ignore:X has feature names"),
]


def signature(fitted: SampleModel, sample: Any) -> Signature:
    responder = Responder(Loaded(fitted.estimator, "1"))
    return responder.inspection(json.dumps(sample)).signature


def outputs_of(fitted: SampleModel, found: Signature, rows: list[Any]) -> Any:
    """Predict with the columns that were read from the sample, as a serving process does."""
    responder = Responder(Loaded(fitted.estimator, "1"), found.sampled_columns)
    encoded = encode_rows(found, rows, 1000)
    payload = encoded.payload if encoded.form == "matrix" else b"[" + encoded.payload + b"]"
    request = PredictRequest(1, encoded.form, encoded.count, wants_probabilities=False)
    [(_, result)] = FrameReader().feed(responder.respond(request, payload))
    return json.loads(result)["outputs"]


def error_of(found: Signature, rows: list[Any]) -> str:
    with pytest.raises(Rejected) as refused:
        encode_rows(found, rows, 10)
    return str(refused.value)


def refusal(fitted: SampleModel, sample: Any) -> str:
    with pytest.raises(BadModel) as refused:
        signature(fitted, sample)
    return str(refused.value)


COLUMNS: list[tuple[str, tuple[Column, ...]]] = [
    ("dates", (Column("day", "datetime"),)),
    (
        "dates among others",
        (Column("day", "datetime"), Column("town", "text"), Column("price", "number")),
    ),
    ("texts that look like dates", (Column("day", "text"),)),
    ("array of texts", (Column("x0", "text"),)),
    ("ratio", (Column("paid", "number"), Column("due", "number"))),
    ("anything", (Column("town", "text"), Column("price", "number"))),
]


@pytest.mark.parametrize(("name", "columns"), COLUMNS)
def test_a_sample_defines_names_and_types(name: str, columns: tuple[Column, ...]) -> None:
    fitted = UNDECLARED[name]()
    found = signature(fitted, fitted.rows)
    assert (found.form, found.columns) == ("table", columns)
    assert found.is_sampled
    assert found.sampled_columns == columns


@pytest.mark.parametrize("name", UNDECLARED)
def test_a_model_completed_by_a_sample_predicts_as_the_estimator_does(name: str) -> None:
    fitted = UNDECLARED[name]()
    found = signature(fitted, fitted.rows[:3])
    expected = fitted.estimator.predict(fitted.native).tolist()
    assert outputs_of(fitted, found, fitted.rows) == expected


@pytest.mark.parametrize("name", UNDECLARED)
def test_the_example_is_the_first_row_of_the_sample(name: str) -> None:
    fitted = UNDECLARED[name]()
    found = signature(fitted, fitted.rows)
    first: Any = fitted.rows[0]
    assert list(found.example) == (first if isinstance(first, list) else [*first.values()])
    assert input_schema(found)["examples"]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_does_not_change_what_the_model_defines(models: SampleModels, name: str) -> None:
    fitted = models[name]
    bare = Responder(Loaded(fitted.estimator, "1")).inspection().signature
    found = signature(fitted, fitted.rows)
    assert (found.form, found.labels) == (bare.form, bare.labels)
    assert found.columns == bare.columns or found.is_sampled
    for bare_column, column in zip(bare.columns, found.columns, strict=bool(bare.columns)):
        # Models do not distinguish flags from numbers.
        type_ = (
            "number" if column.type == "boolean" and bare_column.type == "number" else column.type
        )
        assert replace(column, type=type_) == bare_column
    assert (found.outputs, found.probabilities) == (bare.outputs, bare.probabilities)


def test_integers_stay_integers_for_a_function_that_formats_them() -> None:
    fitted = UNDECLARED["written numbers"]()
    found = signature(fitted, fitted.rows[:3])
    assert [column.type for column in found.columns] == ["integer"]
    assert "a number with a fraction where an integer is expected" in error_of(
        found, [{"shop": 1.5}]
    )
    assert encode_rows(found, [{"shop": 7.0}], 10).count == 1
    with_null = signature(fitted, [{"shop": 3}, {"shop": None}])
    assert outputs_of(fitted, with_null, [{"shop": 3}]) == [
        fitted.estimator.predict(pandas.DataFrame({"shop": [3]}))[0]
    ]


def test_the_numbers_of_an_array_have_one_type(models: SampleModels) -> None:
    rows = [dict(zip("abcd", (5, 3, 1, 1), strict=True))]
    found = signature(models["logged"], rows)
    assert (found.form, {column.type for column in found.columns}) == ("matrix", {"number"})
    assert found.is_sampled


def test_nulls_in_a_sample_allow_nulls() -> None:
    fitted = UNDECLARED["anything"]()
    found = signature(fitted, [["Ulm", None], [None, 1.0]])
    assert [column.nullable for column in found.columns] == [True, True]
    assert outputs_of(fitted, found, [[None, None]]) == outputs_of(fitted, found, [["Ulm", 2]])


@pytest.mark.parametrize(
    ("sample", "types"),
    [
        ([["a", True]], ["text", "boolean"]),
        ([[1, 2], [1, "a"]], ["integer", "any"]),
        ([[1, 2.0], [1.5, 3]], ["number", "number"]),
        ([[None, "2026-01-01T10:00:00+02:00"]], ["any", "datetime"]),
        ([["2026-01-01", "x"], ["y", "2026-01-01"]], ["text", "text"]),
    ],
)
def test_a_column_is_typed_by_all_values_of_the_sample(sample: Any, types: list[str]) -> None:
    found = signature(UNDECLARED["anything"](), sample)
    assert [column.type for column in found.columns] == types


def test_a_sample_names_the_columns_of_a_model_that_was_fitted_on_an_array(
    models: SampleModels,
) -> None:
    fitted = models["logistic"]
    names = ("a", "b", "c", "d")
    found = signature(fitted, [dict(zip(names, row, strict=True)) for row in fitted.rows])
    assert (found.form, found.is_named, found.is_sampled) == ("matrix", True, True)
    assert tuple(column.name for column in found.columns) == names
    assert outputs_of(fitted, found, fitted.rows) == (
        fitted.estimator.predict(fitted.native).tolist()
    )
    by_number = [{"x3": 0.2, "x0": 5.1, "x1": 3.5, "x2": 1.4}]
    assert signature(fitted, by_number).example == (5.1, 3.5, 1.4, 0.2)


CONTRADICTIONS: list[tuple[str, Any, str]] = [
    ("logistic", [[1, 2, 3]], "row 0 has 3 values, the model takes 4"),
    ("logistic", [[1, 2, 3, "a"]], "column 'x3': text where a number is expected"),
    ("logistic", [[1, 2, 3, None]], "column 'x3': null is not allowed"),
    ("logistic", [{"a": 1, "b": 2}], "missing columns 'x0', 'x1', 'x2', 'x3', unknown columns"),
    ("logistic on columns", [{"a": 1}], "unknown column 'a'"),
    ("mixed", [[22.0, 7.25, "m", "S", "yes"]], "column 'alone': text where a boolean is expected"),
    ("texts", [1.5], "a number where a text is expected"),
    ("logistic", [], "the input is empty"),
    ("logistic", "text", "not a row or a list of rows"),
    ("logistic", [[1, 2, 3, 4], [1, 2]], "row 1 has 2 values"),
    ("logistic", [[1, 2, 3, 4]] * 1001, "1001 rows are more than the limit of 1000"),
]


@pytest.mark.parametrize(("name", "sample", "message"), CONTRADICTIONS)
def test_a_sample_that_contradicts_the_model_is_refused_by_name(
    models: SampleModels, name: str, sample: Any, message: str
) -> None:
    error = refusal(models[name], sample)
    assert error.startswith("the sample does not fit the model: ")
    assert message in error


def test_a_sample_of_ragged_rows_is_refused() -> None:
    assert "row 1: missing column 'due'" in refusal(
        UNDECLARED["ratio"](), [{"paid": 1, "due": 2}, {"paid": 1}]
    )


def test_a_model_that_refuses_its_sample_is_refused_with_its_error(
    models: SampleModels,
) -> None:
    assert refusal(UNDECLARED["ratio"](), [{"paid": 1, "owed": 2}]) == (
        "the model refuses its own sample: KeyError: 'due'"
    )
    message = refusal(models["mixed"], [[22.0, 7.25, "x", "S", True]])
    assert message.startswith(
        "the model refuses its own sample: ValueError: Found unknown categories"
    )


def test_columns_that_differ_from_the_models_are_an_error() -> None:
    shape = shape_of(UNDECLARED["anything"]().estimator)
    with pytest.raises(ValueError, match="argument"):
        with_sample_columns(shape, (Column("town", "text"),))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ratio", "does not define its columns"),
        ("anything", "does not define the type of 'town', 'price', so it is guessed"),
        ("dates among others", "does not define the type of 'day', 'town', so it is guessed"),
    ],
)
def test_the_uploader_is_warned_about_what_a_sample_would_define(name: str, message: str) -> None:
    fitted = UNDECLARED[name]()
    responder = Responder(Loaded(fitted.estimator, "1"))
    [warning] = responder.inspection().warnings
    assert message in warning
    assert responder.inspection(json.dumps(fitted.rows)).warnings == ()


def test_long_texts_and_wide_rows_are_not_kept_as_examples(models: SampleModels) -> None:
    found = signature(models["texts"], ["good " * 300])
    assert found.example == ()
    wide = np.zeros((2, 300))
    model = models["logistic"].estimator.__class__().fit(wide, [0, 1])
    assert signature(SampleModel(model, [], []), wide.tolist()).example == ()
