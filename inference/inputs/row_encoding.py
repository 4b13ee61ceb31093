"""Turns the JSON values of a request into what a model process takes, or says what is wrong.

Rows of numbers become raw float64, so that nothing is parsed twice. The common case, a few short
rows of numbers, is checked by the interpreter's own loops; only when such a check fails does
`inference.inputs.input_errors` look for the value to name.
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
    """Input rows as a model process takes them."""

    form: InputForm
    count: int
    payload: bytes
    """Of a matrix float64 in row order; else JSON, a list of rows or texts."""


def encode_rows(signature: Signature, input_data: object, rows_max: int) -> Rows:
    """Check the JSON value of a request against the signature and encode it.

    Takes one row or many, a row being a list of values or a dict by column name. A flat list is
    one row if the model takes several values, else a row per value. Texts may come bare. Raises
    Rejected naming the row and column at fault, TooLarge beyond ``rows_max``.
    """
    if signature.form == "texts":
        return _texts(input_data, rows_max)
    rows = _positional(signature, listed(signature.width, input_data), rows_max)
    if signature.form == "table":
        return _table(signature, rows)
    return _matrix(signature, rows)


def listed(width: int | None, input_data: object) -> list[Any]:
    """Bring every accepted shape of numbers or columns into a list of rows, each a list or a dict.

    ``width`` is how many values a row has, where that is known. Raises Rejected.
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


def _positional(signature: Signature, rows: list[Any], rows_max: int) -> list[list[Any]]:
    """Give every row its values in the order of the model's columns."""
    if len(rows) > rows_max:
        raise TooLarge(f"{len(rows)} rows are more than the limit of {rows_max}")
    width = signature.width
    if type(rows[0]) is dict:
        if width is None:
            raise Rejected("the model does not know its columns by name: give each row as a list")
        names = [column.name for column in signature.columns]
        try:
            listed = [[row[name] for name in names] for row in rows]
        except KeyError:
            raise records_error(names, rows) from None
        if any(len(row) != width for row in rows):
            raise records_error(names, rows)
        return listed
    expected = len(rows[0]) if width is None else width
    if not expected or any(len(row) != expected for row in rows):
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
    """Give the types that may stand for a number.

    Who was fitted on a DataFrame may have been on flags among the numbers, and does not tell.
    """
    return NUMBERS_AND_FLAGS if signature.is_named else NUMBERS


def _floats(
    signature: Signature, rows: list[list[Any]], flat: Sequence[Any], types: set[type]
) -> bytes:
    try:
        # The sum is finite only if all are; that of honest large values may not be, so ask again.
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
    # Where the columns are not known, the model itself says whether it takes nulls.
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
    texts = [_bare(value) for value in given]
    if set(map(type, texts)) != {str}:
        raise texts_error(texts)
    return Rows("texts", len(texts), _encoded(texts))


def _bare(value: Any) -> Any:
    """Take a text out of its row: ``["a"]`` or ``{"text": "a"}``."""
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
