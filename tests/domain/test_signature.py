"""What a version of a model takes and gives, as JSON Schema."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.signature import Column, Signature, input_schema, output_schema
from tests.samples import IRIS

TABLE = replace(
    IRIS,
    form="table",
    is_named=True,
    columns=(
        Column("age", "number"),
        Column("city", "text", nullable=True),
        Column("is_new", "boolean"),
        Column("code", "any", nullable=True),
    ),
)


def test_a_row_of_a_table_is_an_object_or_a_list() -> None:
    named, positional = input_schema(TABLE)["anyOf"]
    assert named == {
        "type": "object",
        "properties": {
            "age": {"title": "age", "type": "number"},
            "city": {"title": "city", "type": ["string", "null"]},
            "is_new": {"title": "is_new", "type": "boolean"},
            "code": {"title": "code", "type": ["number", "string", "boolean", "null"]},
        },
        "required": ["age", "city", "is_new", "code"],
        "additionalProperties": False,
    }
    assert positional["prefixItems"] == list(named["properties"].values())
    assert (positional["minItems"], positional["maxItems"]) == (4, 4)
    assert TABLE.width == 4


def test_a_text_is_a_text() -> None:
    texts = replace(IRIS, form="texts", columns=())
    assert input_schema(texts) == {"type": "string", "title": "text"}


def test_a_row_of_unknown_width_is_a_list_of_numbers() -> None:
    unknown = replace(IRIS, columns=())
    assert unknown.width is None
    assert input_schema(unknown) == {"type": "array", "items": {"type": "number"}, "minItems": 1}


OUTPUTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"enum": [0, 1, 2]}),
    ({"labels": (("no", "yes"),)}, {"enum": ["no", "yes"]}),
    ({"labels": ()}, {"type": "number"}),
    ({"task": "regression", "labels": ()}, {"type": "number"}),
    ({"task": "clustering", "labels": ()}, {"type": "integer"}),
    ({"task": "outliers", "labels": ()}, {"type": "integer"}),
]


@pytest.mark.parametrize(("facts", "schema"), OUTPUTS)
def test_one_output_is_described_by_itself(facts: dict[str, Any], schema: dict[str, Any]) -> None:
    assert output_schema(replace(IRIS, **facts)) == schema


@pytest.mark.parametrize(
    ("signature", "values"),
    [
        (replace(IRIS, labels=((0, 1), ("a",)), outputs=2), [{"enum": [0, 1]}, {"enum": ["a"]}]),
        (replace(IRIS, task="regression", labels=(), outputs=2), [{"type": "number"}] * 2),
    ],
)
def test_several_outputs_are_a_list(signature: Signature, values: list[dict[str, Any]]) -> None:
    assert output_schema(signature) == {
        "type": "array",
        "prefixItems": values,
        "minItems": 2,
        "maxItems": 2,
    }
