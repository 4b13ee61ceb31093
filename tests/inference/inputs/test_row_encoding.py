"""Rows from JSON values: what is accepted, in which shapes, and what a refusal names."""

from __future__ import annotations

import json
from array import array
from math import inf, isnan, nan
from typing import Any

import pytest

from domain.errors import Rejected, TooLarge
from domain.signature import Column, Signature
from inference.child.columns import ColumnFacts
from inference.child.estimator_input import frame_of
from inference.child.introspection import Shape
from inference.inputs.row_encoding import Rows, encode_rows

NUMBERS = Signature(
    "matrix", tuple(Column(n, "number") for n in "abc"), is_named=True, task="regression"
)
WITH_NULLS = Signature(
    "matrix",
    (Column("a", "number"), Column("b", "number", nullable=True)),
    is_named=True,
    task="regression",
)
SINGLE = Signature("matrix", (Column("x0", "number"),), is_named=False, task="regression")
ARRAY = Signature(
    "matrix",
    (Column("x0", "number", nullable=True), Column("x1", "number")),
    is_named=False,
    task="regression",
)
MIXED_ARRAY = Signature(
    "table", (Column("x0", "text"), Column("x1", "number")), is_named=False, task="regression"
)
ANY_WIDTH = Signature("matrix", (), is_named=False, task="regression")
TABLE = Signature(
    "table",
    (
        Column("age", "number", nullable=True),
        Column("sex", "text"),
        Column("alone", "boolean"),
        Column("note", "any", nullable=True),
    ),
    is_named=True,
    task="classification",
)
TEXTS = Signature("texts", (), is_named=False, task="classification")


def numbers(rows: Rows) -> list[float]:
    assert rows.form == "matrix"
    return list(array("d", rows.payload))


def error_of(signature: Signature, given: object) -> str:
    with pytest.raises(Rejected) as refusal:
        encode_rows(signature, given, 10)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("given", "count", "values"),
    [
        ([[1, 2.5, 3]], 1, [1, 2.5, 3]),
        ([[1, 2, 3], [4, 5, 6.5]], 2, [1, 2, 3, 4, 5, 6.5]),
        ([1, 2, 3], 1, [1, 2, 3]),
        ({"c": 3, "a": 1, "b": 2}, 1, [1, 2, 3]),
        ([{"c": 3, "a": 1, "b": 2}, {"a": 4, "b": 5, "c": 6}], 2, [1, 2, 3, 4, 5, 6]),
        ([[1e308, 1e308, -1e308]], 1, [1e308, 1e308, -1e308]),
        ([[2**53, -(2**53), 0]], 1, [2**53, -(2**53), 0]),
        ([[1, 2, True], [False, 5, 6]], 2, [1, 2, 1, 0, 5, 6]),
    ],
)
def test_rows_of_numbers_are_accepted_in_every_usual_shape(
    given: object, count: int, values: list[float]
) -> None:
    rows = encode_rows(NUMBERS, given, 10)
    assert (rows.count, numbers(rows)) == (count, values)


def test_a_flat_list_is_many_rows_if_the_model_takes_one_value() -> None:
    assert encode_rows(SINGLE, [1, 2, 3], 10).count == 3
    assert (
        encode_rows(SINGLE, 7, 10) == encode_rows(SINGLE, [7], 10) == encode_rows(SINGLE, [[7]], 10)
    )


def test_a_model_of_unknown_width_takes_rows_of_any_one_length() -> None:
    assert encode_rows(ANY_WIDTH, [[1, 2], [3, 4]], 10).count == 2
    assert encode_rows(ANY_WIDTH, [1, 2], 10).count == 1
    assert isnan(numbers(encode_rows(ANY_WIDTH, [1, None], 10))[1])
    assert error_of(ANY_WIDTH, [[1, 2], [3]]) == "row 1 has 1 value, row 0 has 2"
    assert error_of(ANY_WIDTH, {"a": 1}).startswith("the model does not know its columns by name")


def test_a_null_is_accepted_if_the_model_accepts_it() -> None:
    first, second, third, fourth = numbers(encode_rows(WITH_NULLS, [[1, None], [2, 3]], 10))
    assert (first, isnan(second), third, fourth) == (1, True, 2, 3)
    assert error_of(WITH_NULLS, [[1, 2], [None, 2]]) == "row 1, column 'a': null is not allowed"


ERRORS: list[tuple[object, str]] = [
    ([[1, 2]], "row 0 has 2 values, the model takes 3"),
    ([[1, 2, 3], [1, 2, 3, 4]], "row 1 has 4 values, the model takes 3"),
    ([[1, 2, 3], []], "row 1 is empty"),
    ([[1, "2", 3]], "row 0, column 'b': text where a number is expected"),
    ([[1, 2, [3]]], "row 0, column 'c': a list where a number is expected"),
    ([[1, {}, 3]], "row 0, column 'b': an object where a number is expected"),
    ([[1, 2, None]], "row 0, column 'c': null is not allowed"),
    ([[1, nan, 3]], "row 0, column 'b': NaN and Infinity are not allowed; use null"),
    ([[1, 2, 3], [inf, -inf, 3]], "row 1, column 'a': NaN and Infinity are not allowed; "),
    ([[1, 2**53 + 1, 3]], "row 0, column 'b': an integer beyond 2**53 is not exact"),
    ([[1, 2, -(10**400)]], "row 0, column 'c': an integer beyond 2**53 is not exact"),
    ({"a": 1, "d": 2}, "row 0: missing columns 'b', 'c', unknown column 'd'"),
    ([{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}], "row 1: missing column 'c'"),
    ({"a": 1, "b": 2, "c": 3, "é": 4}, "row 0: unknown column 'é'"),
    ([], "the input is empty"),
    ({}, "row 0: missing columns 'a', 'b', 'c'"),
    ([[1, 2, 3], 4], "the input mixes rows with single values"),
    ([[1, 2, 3], {"a": 1}], "the input mixes rows with single values"),
    ("text", "the input is not a row or a list of rows"),
    (None, "the input is not a row or a list of rows"),
    (True, "the input is not a row or a list of rows"),
    ({"a": [1, 2], "b": [3, 4], "c": [5, 6]}, "row 0, column 'a': a list where a number"),
]


@pytest.mark.parametrize(("given", "message"), ERRORS)
def test_a_refusal_names_row_column_and_error(given: object, message: str) -> None:
    assert error_of(NUMBERS, given).startswith(message)


def test_flags_are_numbers_only_among_the_columns_of_a_data_frame() -> None:
    assert encode_rows(TABLE, [True, "f", True, 1], 10).count == 1
    assert numbers(encode_rows(WITH_NULLS, [[True, None]], 10))[0] == 1
    for given in ([1, True], [[None, True]]):
        assert "a boolean where a number is expected" in error_of(ARRAY, given)
    assert "a boolean where a number is expected" in error_of(MIXED_ARRAY, [["a", True]])


DATED = Signature(
    "table", (Column("day", "datetime", nullable=True),), is_named=True, task="regression"
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026-01-05T12:30",
        "2026-01-05 12:30:59",
        "2026-01-05T12:30:59.123456789Z",
        "2026-01-05T12:30:59+05:30",
        "2024-02-29",
        None,
    ],
)
def test_a_datetime_is_a_text_in_iso_8601(text: str | None) -> None:
    rows = encode_rows(DATED, [[text]], 10)
    assert json.loads(rows.payload) == [[text]]
    assert frame_of(shape_of_dates(), [[text]])["day"].isna().tolist() == [text is None]


@pytest.mark.parametrize(
    "value",
    [
        *("05.01.2026", "2026-1-5", "2026-01-05T25:00", "2025-02-29", "20260105", "2026-W02-1"),
        *("now", "", "2026-01-05T12:30+0530", "2026-01-05T12:30:59.1234567890", "\uff12026-01-05"),
        *(20260105, 1.5, True, ["2026-01-05"]),
    ],
)
def test_an_invalid_datetime_is_named(value: Any) -> None:
    message = error_of(DATED, [[value]])
    assert message.startswith("row 0, column 'day': ")
    assert message.endswith("where a date and time in ISO 8601 is expected")


def shape_of_dates() -> Shape:
    return Shape("table", ("day",), is_named=True, facts=(ColumnFacts("datetime", nullable=True),))


def test_many_wrong_columns_are_not_all_listed() -> None:
    wide = {f"c{i}": 1 for i in range(40)}
    assert error_of(NUMBERS, {**wide, "a": 1, "b": 1, "c": 1}).endswith("and 30 more")


def test_more_rows_than_the_limit_are_too_large() -> None:
    with pytest.raises(TooLarge, match="11 rows are more than the limit of 10"):
        encode_rows(NUMBERS, [[1, 2, 3]] * 11, 10)
    with pytest.raises(TooLarge, match="11 rows"):
        encode_rows(TEXTS, ["a"] * 11, 10)


@pytest.mark.parametrize(
    "given",
    [
        [[3.5, "f", True, None]],
        [3.5, "f", True, None],
        {"note": None, "age": 3.5, "sex": "f", "alone": True},
        [{"note": None, "age": 3.5, "sex": "f", "alone": True}],
    ],
)
def test_a_table_is_given_by_name_or_position(given: object) -> None:
    rows = encode_rows(TABLE, given, 10)
    assert (rows.form, json.loads(rows.payload)) == ("table", [[3.5, "f", True, None]])


@pytest.mark.parametrize("note", ["a", 1, 2.5, True, None])
def test_an_unused_column_takes_anything(note: object) -> None:
    assert encode_rows(TABLE, [None, "f", False, note], 10).count == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["3", "f", True, 1], "column 'age': text where a number is expected"),
        ([inf, "f", True, 1], "column 'age': NaN and Infinity are not allowed"),
        ([1, 2, True, 1], "column 'sex': a number where a text is expected"),
        ([1, None, True, 1], "column 'sex': null is not allowed"),
        ([1, "f", 1, 1], "column 'alone': a number where a boolean is expected"),
        ([1, "f", None, 1], "column 'alone': null is not allowed"),
        ([1, "f", True, [1]], "column 'note': a list where a number, text or boolean is expected"),
        ([1, "f", True, 10**17], "column 'note': an integer beyond 2**53 is not exact"),
    ],
)
def test_a_table_refuses_a_value_of_another_type_by_name(row: list[Any], message: str) -> None:
    assert error_of(TABLE, [[1, "f", True, 1], row]).startswith(f"row 1, {message}")


@pytest.mark.parametrize("given", ["a", ["a"], [["a"]], {"text": "a"}, [{"text": "a"}]])
def test_texts_are_accepted_bare_or_in_rows(given: object) -> None:
    assert encode_rows(TEXTS, given, 10) == Rows("texts", 1, b'["a"]')


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a", 1], "row 1: a number where a text is expected"),
        ([["a", "b"]], "row 0: a list where a text is expected"),
        ({"words": "a"}, "row 0: an object where a text is expected"),
        (None, "row 0: null where a text is expected"),
        ([], "the input is empty"),
    ],
)
def test_a_value_that_is_no_text_is_named(given: object, message: str) -> None:
    assert error_of(TEXTS, given) == message


@pytest.mark.parametrize(("text", "what"), [("a\0", "U\\+0000"), ("\ud800", "surrogate")])
def test_texts_that_cannot_be_stored_are_refused(text: str, what: str) -> None:
    for signature, given in ((TEXTS, text), (TABLE, [1, text, True, None])):
        with pytest.raises(Rejected, match=what):
            encode_rows(signature, given, 10)
