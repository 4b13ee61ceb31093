"""Checks the rows of a request against a signature and encodes them for the model process.

Rows of numbers become raw float64, which the model process need not parse. The common case, a few
short rows of numbers, is checked by built-in loops; only if such a check fails,
`inference.inputs.input_errors` searches for the value to name.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from math import isfinite, nan
from typing import Any, cast

import msgspec

from domain.errors import Rejected, TooLarge
from domain.signature import InputForm, Signature
from inference.inputs.input_errors import records_error, rows_error, texts_error
from inference.inputs.input_shapes import as_row_list
from inference.inputs.value_checks import (
    COLUMN_CHECKS,
    INTEGER_MAX,
    NULL,
    NUMBERS,
    NUMBERS_AND_FLAGS,
    are_numbers,
)

_ESCAPED_NUL = b"\\u0000"


class Rows(msgspec.Struct, frozen=True):
    """Input rows, encoded for a model process."""

    form: InputForm
    count: int
    payload: bytes
    """Of a matrix: float64 in row order; else JSON, a list of rows or texts."""


def encode_rows(signature: Signature, input_data: object, rows_max: int) -> Rows:
    """Check the JSON value of a request against the signature and encode it.

    Accepts one row or many; a row is a list of values or a dict by column name. A flat list is one
    row if the model takes several values, else one row per value. Texts need no list around them.
    Raises Rejected naming the invalid row and column, TooLarge beyond ``rows_max``.
    """
    if signature.form == "texts":
        return _texts(input_data, rows_max)
    rows = _positional(signature, as_row_list(signature.width, input_data), rows_max)
    if signature.form == "table":
        return _table(signature, rows)
    return _matrix(signature, rows)


def _positional(signature: Signature, rows: list[Any], rows_max: int) -> list[list[Any]]:
    """Order the values of each row like the columns of the model."""
    if len(rows) > rows_max:
        raise TooLarge(f"{len(rows)} rows are more than the limit of {rows_max}")
    width = signature.width
    if type(rows[0]) is dict:
        if width is None:
            raise Rejected("the model does not know its columns by name: give each row as a list")
        names = [column.name for column in signature.columns]
        try:
            ordered = [[row[name] for name in names] for row in rows]
        except KeyError:
            raise records_error(names, rows) from None
        if any(len(row) != width for row in rows):
            raise records_error(names, rows)
        return ordered
    expected = len(rows[0]) if width is None else width
    if not expected or set(map(len, rows)) != {expected}:
        raise rows_error(signature, rows)
    return rows


def _matrix(signature: Signature, rows: list[list[Any]]) -> Rows:
    flat: Sequence[Any] = rows[0] if len(rows) == 1 else list(chain.from_iterable(rows))
    types = set(map(type, flat))
    if types <= NUMBERS:
        return Rows("matrix", len(rows), _floats(signature, rows, flat, types))
    if not types <= _numbers_of(signature) | NULL or _has_forbidden_null(signature, rows):
        raise rows_error(signature, rows)
    _floats(signature, rows, [value for value in flat if value is not None], types)
    filled = array("d", [nan if value is None else value for value in flat])
    return Rows("matrix", len(rows), filled.tobytes())


def _numbers_of(signature: Signature) -> frozenset[type]:
    """List the types accepted as numbers.

    A DataFrame may contain flags among the numbers, and a model fitted on it does not record that.
    """
    return NUMBERS_AND_FLAGS if signature.is_named else NUMBERS


def _floats(
    signature: Signature, rows: list[list[Any]], flat: Sequence[Any], types: set[type]
) -> bytes:
    try:
        # A finite sum proves that all are finite; large values may overflow it, so check each.
        if not isfinite(sum(flat)) and not all(map(isfinite, flat)):
            raise rows_error(signature, rows)
        if int in types and not _are_exact(flat):
            raise rows_error(signature, rows)
        return array("d", flat).tobytes()
    except OverflowError:
        raise rows_error(signature, rows) from None


def _are_exact(values: Sequence[Any]) -> bool:
    return all(-INTEGER_MAX <= value <= INTEGER_MAX for value in values if type(value) is int)


def _has_forbidden_null(signature: Signature, rows: list[list[Any]]) -> bool:
    # If the columns are unknown, the model itself decides whether it accepts nulls.
    allowed = [column.nullable for column in signature.columns]
    if not allowed or all(allowed):
        return False
    return any(v is None and not may for row in rows for v, may in zip(row, allowed, strict=True))


def _table(signature: Signature, rows: list[list[Any]]) -> Rows:
    numbers = _numbers_of(signature)
    for column, values in zip(signature.columns, zip(*rows, strict=True), strict=True):
        if column.type == "number":
            fits = are_numbers(values, column.nullable, numbers)
        else:
            fits = COLUMN_CHECKS[column.type](values, column.nullable)
        if not fits:
            raise rows_error(signature, rows)
    return Rows("table", len(rows), _encoded(rows))


def _texts(input_data: object, rows_max: int) -> Rows:
    given = cast("list[Any]", input_data) if isinstance(input_data, list) else [input_data]
    if not given:
        raise Rejected("the input is empty")
    if len(given) > rows_max:
        raise TooLarge(f"{len(given)} rows are more than the limit of {rows_max}")
    texts = [_unwrapped(value) for value in given]
    if set(map(type, texts)) != {str}:
        raise texts_error(texts)
    return Rows("texts", len(texts), _encoded(texts))


def _unwrapped(value: Any) -> Any:
    """Unwrap a text from its row: ``["a"]`` or ``{"text": "a"}``."""
    match value:
        case [str() as text]:
            return text
        case {"text": text} if len(cast("dict[str, Any]", value)) == 1:
            return text
        case _:
            return value


def _encoded(values: object) -> bytes:
    try:
        payload = msgspec.json.encode(values)
    except UnicodeEncodeError:
        raise Rejected("a text holds half of a surrogate pair, which is no character") from None
    if _ESCAPED_NUL in payload:
        raise Rejected("a text holds the character U+0000, which cannot be stored")
    return payload
