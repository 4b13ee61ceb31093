"""Request bodies in the shapes of other model servers."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Rejected
from inference.inputs.input_shapes import extract_rows

ROWS = [[1, 2], [3, 4]]
RECORDS = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


@pytest.mark.parametrize(
    ("body", "input_data"),
    [
        ({"input_data": ROWS}, ROWS),
        ({"input_data": {"a": 1}}, {"a": 1}),
        ({"instances": ROWS}, ROWS),
        ({"inputs": ROWS}, ROWS),
        ({"inputs": {"a": [1, 3], "b": [2, 4]}}, RECORDS),
        ({"inputs": {"a": 1, "b": 2}}, {"a": 1, "b": 2}),
        ({"dataframe_records": RECORDS}, RECORDS),
        ({"dataframe_split": {"columns": ["a", "b"], "index": [0, 1], "data": ROWS}}, RECORDS),
        ({"dataframe_split": {"data": ROWS}}, ROWS),
    ],
)
def test_every_shape_becomes_rows(body: dict[str, Any], input_data: object) -> None:
    assert extract_rows(body) == input_data


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "exactly one of input_data, inputs"),
        ({"inputs": ROWS, "instances": ROWS}, "exactly one of"),
        ({"dataframe_split": ROWS}, "must be an object"),
        ({"dataframe_split": {"columns": ["a"]}}, "data must be a list of lists"),
        ({"dataframe_split": {"columns": ["a"], "data": [1]}}, "data must be a list of lists"),
        ({"dataframe_split": {"columns": [1], "data": ROWS}}, "columns must be a list of names"),
        ({"dataframe_split": {"columns": "ab", "data": ROWS}}, "columns must be a list of names"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": ROWS}}, "named twice"),
        ({"dataframe_split": {"columns": ["a"], "data": ROWS}}, "row 0 has 2 values for 1 col"),
        ({"inputs": {"a": [1, 2], "b": [3]}}, "the columns differ in length"),
        ({"inputs": {"a": [1, 2], "b": 3}}, "the columns differ in length"),
    ],
)
def test_a_body_without_valid_rows_is_refused(body: dict[str, Any], message: str) -> None:
    with pytest.raises(Rejected, match=message):
        extract_rows(body)
