"""The other shapes in which clients of model servers send their rows."""

from __future__ import annotations

from typing import Any, cast

from domain.errors import Rejected

INPUT_MEMBERS = ("input_data", "inputs", "instances", "dataframe_records", "dataframe_split")


def extract_rows(body: dict[str, Any]) -> object:
    """Find the rows in a request body, in our own shape or in one of MLflow's.

    ``instances``, ``dataframe_records`` and a listed ``inputs`` hold rows; ``inputs`` as a dict
    holds columns, ``dataframe_split`` the names of the columns apart from the rows.
    """
    given = [shape for shape in INPUT_MEMBERS if shape in body]
    if len(given) != 1:
        raise Rejected(f"the body must hold exactly one of {', '.join(INPUT_MEMBERS)}")
    value = body[given[0]]
    if given[0] == "dataframe_split":
        return _from_split(value)
    if given[0] == "inputs" and isinstance(value, dict):
        return _from_columns(cast("dict[str, Any]", value))
    return value


def _from_split(split: object) -> list[Any]:
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


def _from_columns(columns: dict[str, Any]) -> object:
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
