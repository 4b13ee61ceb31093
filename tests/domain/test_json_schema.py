"""Signatures as JSON Schema: valid and invalid rows, and responses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from domain.json_schema import example_row, input_schema, output_schema
from domain.signature import Column, Signature
from tests.samples import IRIS

TABLE = replace(
    IRIS,
    form="table",
    is_named=True,
    columns=(
        Column("age", "number"),
        Column("city", "text", nullable=True),
        Column("is_new", "boolean"),
        Column("since", "datetime"),
        Column("code", "any", nullable=True),
    ),
)
TEXTS = replace(IRIS, form="texts", columns=())
UNKNOWN = replace(IRIS, columns=())
ROW = [1.5, "Ulm", True, "2026-01-01T00:00:00Z", None]


def fits(schema: dict[str, Any], value: Any) -> bool:
    Draft202012Validator.check_schema(schema)
    validator: Any = Draft202012Validator(schema)
    return validator.is_valid(value)


def test_a_row_of_a_table_is_an_object_or_a_list() -> None:
    named, positional = input_schema(TABLE)["anyOf"]
    assert named == {
        "type": "object",
        "properties": {
            "age": {"title": "age", "type": "number"},
            "city": {"title": "city", "type": ["string", "null"]},
            "is_new": {"title": "is_new", "type": "boolean"},
            "since": {"title": "since", "type": "string", "format": "date-time"},
            "code": {"title": "code", "type": ["number", "string", "boolean", "null"]},
        },
        "required": ["age", "city", "is_new", "since", "code"],
        "additionalProperties": False,
    }
    assert positional["prefixItems"] == list(named["properties"].values())
    assert (positional["minItems"], positional["maxItems"]) == (5, 5)
    assert fits(input_schema(TABLE), ROW)
    assert fits(input_schema(TABLE), dict(zip(named["required"], ROW, strict=True)))


@pytest.mark.parametrize(
    "row",
    [
        ROW[:4],
        [*ROW, 1],
        ["1.5", *ROW[1:]],
        [None, *ROW[1:]],
        [*ROW[:4], []],
        {"age": 1},
        "text",
        [],
    ],
)
def test_a_row_that_does_not_fit_the_columns_is_invalid(row: Any) -> None:
    assert not fits(input_schema(TABLE), row)


def test_an_integer_is_a_number_without_a_fraction() -> None:
    schema = input_schema(replace(IRIS, columns=(Column("n", "integer", nullable=True),)))
    assert all(fits(schema, row) for row in ([1], [1.0], [None]))
    assert not any(fits(schema, row) for row in ([1.5], ["1"], [True]))


def test_a_single_value_needs_no_list() -> None:
    schema = input_schema(replace(IRIS, columns=IRIS.columns[:1]))
    assert all(fits(schema, row) for row in ([1], {"x0": 1}, 1))
    assert not any(fits(schema, row) for row in ("1", [1, 2], {"x1": 1}, None))


def test_a_row_of_a_text_model_is_a_text() -> None:
    assert input_schema(TEXTS) == {"type": "string", "title": "text"}


def test_a_row_of_unknown_width_is_a_list_of_numbers() -> None:
    schema = input_schema(UNKNOWN)
    assert all(fits(schema, row) for row in ([1], [1.5, None]))
    assert not any(fits(schema, row) for row in ([], ["a"], 1, {"x0": 1}))


@pytest.mark.parametrize(
    ("signature", "row"),
    [
        (TABLE, {"age": 0.0, "city": "text", "is_new": False, "since": "2026-01-01T00:00:00"}),
        (TEXTS, "text"),
        (UNKNOWN, [0.0]),
        (IRIS, [0.0] * 4),
        (replace(TEXTS, example=("good",)), "good"),
        (replace(IRIS, example=(1.0, 2.0, 3.0, 4.0)), [1.0, 2.0, 3.0, 4.0]),
        (replace(IRIS, is_named=True), {"x0": 0.0, "x1": 0.0, "x2": 0.0, "x3": 0.0}),
        (replace(UNKNOWN, example=(1.0, None)), [1.0, None]),
    ],
)
def test_an_example_fits_whether_the_model_gave_one_or_not(signature: Signature, row: Any) -> None:
    example = example_row(signature)
    assert example == (row | {"code": 0.0} if signature is TABLE else row)
    assert fits(input_schema(signature), example)
    assert input_schema(signature).get("examples") == ([example] if signature.example else None)


NUMBER: dict[str, Any] = {"type": ["number", "null"]}
OUTPUTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"enum": [0, 1, 2]}),
    ({"labels": (("no", "yes"),)}, {"enum": ["no", "yes"]}),
    ({"labels": ()}, {"type": ["number", "string", "boolean"]}),
    ({"task": "regression", "labels": ()}, NUMBER),
    ({"task": "clustering", "labels": ()}, {"type": "integer"}),
    ({"task": "outliers", "labels": ()}, {"type": "integer"}),
]


@pytest.mark.parametrize(("facts", "schema"), OUTPUTS)
def test_one_output_is_described_by_itself(facts: dict[str, Any], schema: dict[str, Any]) -> None:
    described = output_schema(replace(IRIS, **facts))
    assert described["properties"]["predictions"] == {"type": "array", "items": schema}


@pytest.mark.parametrize(
    ("signature", "values"),
    [
        (replace(IRIS, labels=((0, 1), ("a",)), outputs=2), [{"enum": [0, 1]}, {"enum": ["a"]}]),
        (replace(IRIS, task="regression", labels=(), outputs=2), [NUMBER] * 2),
    ],
)
def test_several_outputs_are_a_list(signature: Signature, values: list[dict[str, Any]]) -> None:
    assert output_schema(signature)["properties"]["predictions"]["items"] == {
        "type": "array",
        "prefixItems": values,
        "minItems": 2,
        "maxItems": 2,
    }


@pytest.mark.parametrize(
    ("counts", "right", "wrong"),
    [
        (3, [0.1, 0.2, 0.7], [0.3, 0.7]),
        (3, [None, None, None], [[0.1], [0.2], [0.7]]),
        ((2, 3), [[0.5, 0.5], [0.1, 0.2, 0.7]], [0.5, 0.5]),
        ((2,), [[0.5, 0.5]], [0.5, 0.5]),
        (None, [0.5], 0.5),
    ],
)
def test_the_number_of_probabilities_is_that_of_the_signature(
    counts: Any, right: Any, wrong: Any
) -> None:
    schema = output_schema(replace(IRIS, probabilities=counts))
    assert fits(schema, {"predictions": [1], "probabilities": [right], "model_name": "iris"})
    assert not fits(schema, {"predictions": [1], "probabilities": [wrong]})
    assert not fits(schema, {"predictions": [1]})


def test_probabilities_may_be_null_if_there_are_none() -> None:
    schema = output_schema(replace(IRIS, has_probabilities=False))
    assert fits(schema, {"predictions": [1, 2], "probabilities": None})
    assert not fits(schema, {"predictions": [3]})
