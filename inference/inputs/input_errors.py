"""Finds the invalid value in a refused input, for an error message that names it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, cast

from domain.errors import Rejected
from domain.signature import Column, Signature
from inference.inputs.value_checks import INTEGER_MAX, is_datetime

_NAMES_SHOWN_MAX = 10
_KINDS = {str: "text", bool: "a boolean", list: "a list", dict: "an object", type(None): "null"}
_EXPECTED = {
    "number": "a number",
    "integer": "an integer",
    "text": "a text",
    "boolean": "a boolean",
    "datetime": "a date and time in ISO 8601",
    "any": "a number, text or boolean",
}


def records_error(names: Sequence[str], rows: list[dict[str, Any]]) -> Rejected:
    """Name the missing and the unknown columns of the first invalid row."""
    for index, row in enumerate(rows):
        missing = [name for name in names if name not in row]
        unknown = sorted(set(row) - set(names))
        errors = [
            f"{what} {'column' if len(which) == 1 else 'columns'} {_quoted(which)}"
            for what, which in (("missing", missing), ("unknown", unknown))
            if which
        ]
        if errors:
            return Rejected(f"row {index}: {', '.join(errors)}")
    raise AssertionError("every row has the columns of the model")


def rows_error(signature: Signature, rows: list[list[Any]]) -> Rejected:
    """Name the first row of a wrong width, else the first value that does not fit its column."""
    return _width_error(signature, rows) or _value_error(signature, rows)


def texts_error(texts: list[Any]) -> Rejected:
    """Name the first value that is not a text."""
    index, value = next((i, v) for i, v in enumerate(texts) if type(v) is not str)
    return Rejected(f"row {index}: {_kind(value)} where a text is expected")


def _width_error(signature: Signature, rows: list[list[Any]]) -> Rejected | None:
    expected = signature.width or len(rows[0])
    for index, row in enumerate(rows):
        if not row:
            return Rejected(f"row {index} is empty")
        if len(row) != expected and signature.width:
            return Rejected(f"row {index} has {_values(len(row))}, the model takes {expected}")
        if len(row) != expected:
            return Rejected(f"row {index} has {_values(len(row))}, row 0 has {expected}")
    return None


def _value_error(signature: Signature, rows: list[list[Any]]) -> Rejected:
    for index, row in enumerate(rows):
        for position, value in enumerate(row):
            column = (
                signature.columns[position]
                if signature.columns
                else Column(f"x{position}", "number", nullable=True)
            )
            if error := _error(column, value, flags=signature.is_named):
                return Rejected(f"row {index}, column {_quoted([column.name])}: {error}")
    raise AssertionError("every value is one that its column takes")


def _error(column: Column, value: Any, *, flags: bool) -> str | None:
    if value is None:
        return None if column.nullable else "null is not allowed"
    if type(value) in (int, float) and column.type in ("number", "integer", "any"):
        return _number_error(value) or _fraction_error(column, value)
    if type(value) is str and column.type == "datetime" and is_datetime(value):
        return None
    fits = {
        "text": (str,),
        "boolean": (bool,),
        "any": (str, bool),
        "number": (bool,) if flags else (),
    }.get(column.type, ())
    return (
        None
        if type(value) in fits
        else f"{_kind(value)} where {_EXPECTED[column.type]} is expected"
    )


def _number_error(value: int | float) -> str | None:
    if isinstance(value, float):
        return None if isfinite(value) else "NaN and Infinity are not allowed; use null"
    return None if -INTEGER_MAX <= value <= INTEGER_MAX else "an integer beyond 2**53 is not exact"


def _fraction_error(column: Column, value: int | float) -> str | None:
    if column.type == "integer" and value != int(value):
        return "a number with a fraction where an integer is expected"
    return None


def _kind(value: Any) -> str:
    return _KINDS.get(cast("type[Any]", type(value)), "a number")


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_NAMES_SHOWN_MAX])
    return (
        shown
        if len(names) <= _NAMES_SHOWN_MAX
        else f"{shown} and {len(names) - _NAMES_SHOWN_MAX} more"
    )
