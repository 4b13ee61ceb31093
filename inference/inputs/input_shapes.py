"""The shapes in which a request may hold rows, and how each becomes a list of rows."""

from __future__ import annotations

from typing import Any, cast

from domain.errors import Rejected

INPUT_MEMBERS = ("input_data", "inputs", "instances", "dataframe_records", "dataframe_split")


def extract_rows(body: dict[str, Any]) -> object:
    """Extract the rows from a request body, which has our own shape or one of MLflow's.

    ``instances``, ``dataframe_records`` and a list of ``inputs`` hold rows; an object of
    ``inputs`` holds columns; ``dataframe_split`` holds column names and rows separately.
    """
    given = [name for name in body if name in INPUT_MEMBERS]
    if len(given) != 1:
        raise Rejected(f"the body must hold exactly one of {', '.join(INPUT_MEMBERS)}")
    value = body[given[0]]
    if given[0] == "dataframe_split":
        return _rows_of_split(value)
    if given[0] == "inputs" and isinstance(value, dict):
        return _rows_of_columns(cast("dict[str, Any]", value))
    return value


def as_row_list(width: int | None, input_data: object) -> list[Any]:
    """Convert any accepted shape of rows into a list of rows, each a list or a dict.

    ``width`` is how many values a row has, if that is known. Raises Rejected.
    """
    if isinstance(input_data, list):
        values = cast("list[Any]", input_data)
        if not values:
            raise Rejected("the input is empty")
        kinds = set(map(type, values))
        if kinds <= {list} or kinds <= {dict}:
            return values
        if list in kinds or dict in kinds:
            raise Rejected("the input mixes rows with single values, or lists with dicts")
        return [[value] for value in values] if width == 1 else [values]
    if isinstance(input_data, dict):
        return [cast("dict[str, Any]", input_data)]
    if width == 1 and input_data is not None:
        return [[input_data]]
    raise Rejected("the input is not a row or a list of rows")


def _rows_of_split(split: object) -> list[Any]:
    if not isinstance(split, dict):
        raise Rejected("dataframe_split must be an object with columns and data")
    parts = cast("dict[str, Any]", split)
    rows = _lists("dataframe_split: data", parts.get("data"))
    if parts.get("columns") is None:
        return rows
    names = parts["columns"]
    if not isinstance(names, list) or not all(isinstance(n, str) for n in cast("list[Any]", names)):
        raise Rejected("dataframe_split: columns must be a list of names")
    columns = cast("list[str]", names)
    if len(set(columns)) != len(columns):
        raise Rejected("dataframe_split: a column is named twice")
    for index, row in enumerate(rows):
        if len(row) != len(columns):
            raise Rejected(
                f"dataframe_split: row {index} has {len(row)} values for {len(columns)} columns"
            )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _rows_of_columns(columns: dict[str, Any]) -> object:
    lists = [isinstance(values, list) for values in columns.values()]
    if not any(lists):
        return columns
    if not all(lists) or len({len(values) for values in columns.values()}) != 1:
        raise Rejected("inputs: the columns differ in length")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _lists(what: str, value: object) -> list[list[Any]]:
    if not isinstance(value, list) or not all(
        isinstance(r, list) for r in cast("list[Any]", value)
    ):
        raise Rejected(f"{what} must be a list of lists")
    return cast("list[list[Any]]", value)
