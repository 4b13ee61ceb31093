"""Turns the JSON values of a request into what a model process takes, or says what is wrong.

Rows of numbers become raw float64, so that nothing is parsed twice. The common case, a few short
rows of numbers, is checked by the interpreter's own loops; only when such a check fails does
`inference.inputs.input_errors` look for the value to name.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import chain
from math import isfinite, nan
from typing import Any, cast

import msgspec

from domain.errors import Rejected, TooLarge
from domain.signature import InputForm, Signature
from inference.inputs.datetimes import is_datetime
from inference.inputs.input_errors import (
    INTEGER_MAX,
    fault_of_records,
    fault_of_rows,
    fault_of_texts,
)

_NUMBERS = frozenset((float, int))
_NUMBERS_AND_FLAGS = frozenset((float, int, bool))
_NULL = frozenset((type(None),))
_ESCAPED_NUL = b"\\u0000"


class Rows(msgspec.Struct, frozen=True):
    """Input rows as a model process takes them."""

    form: InputForm
    count: int
    payload: bytes
    """Of a matrix float64 in row order; else JSON, a list of rows or texts."""


def rows_of(signature: Signature, input_data: object, rows_max: int) -> Rows:
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
            raise fault_of_records(names, rows) from None
        if any(len(row) != width for row in rows):
            raise fault_of_records(names, rows)
        return listed
    expected = len(rows[0]) if width is None else width
    if not expected or any(len(row) != expected for row in rows):
        raise fault_of_rows(signature, rows)
    return rows


def _matrix(signature: Signature, rows: list[list[Any]]) -> Rows:
    flat: Sequence[Any] = rows[0] if len(rows) == 1 else list(chain.from_iterable(rows))
    types = set(map(type, flat))
    if types <= _NUMBERS:
        return Rows("matrix", len(rows), _floats(signature, rows, flat, types))
    if not types <= _numbers_of(signature) | _NULL or _has_forbidden_null(signature, rows):
        raise fault_of_rows(signature, rows)
    _floats(signature, rows, [value for value in flat if value is not None], types)
    filled = array("d", [nan if value is None else value for value in flat])
    return Rows("matrix", len(rows), filled.tobytes())


def _numbers_of(signature: Signature) -> frozenset[type]:
    """Give the types that may stand for a number.

    Who was fitted on a DataFrame may have been on flags among the numbers, and does not tell.
    """
    return _NUMBERS_AND_FLAGS if signature.is_named else _NUMBERS


def _floats(
    signature: Signature, rows: list[list[Any]], flat: Sequence[Any], types: set[type]
) -> bytes:
    try:
        # The sum is finite only if all are; that of honest large values may not be, so ask again.
        if not isfinite(sum(flat)) and not all(map(isfinite, flat)):
            raise fault_of_rows(signature, rows)
        if int in types and not _are_exact(flat):
            raise fault_of_rows(signature, rows)
        return array("d", flat).tobytes()
    except OverflowError:
        raise fault_of_rows(signature, rows) from None


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
            fits = _are_numbers(values, column.nullable, numbers)
        else:
            fits = _COLUMN_CHECKS[column.type](values, column.nullable)
        if not fits:
            raise fault_of_rows(signature, rows)
    return Rows("table", len(rows), _encoded(rows))


def _texts(input_data: object, rows_max: int) -> Rows:
    given = cast("list[Any]", input_data) if isinstance(input_data, list) else [input_data]
    if not given:
        raise Rejected("the input is empty")
    if len(given) > rows_max:
        raise TooLarge(f"{len(given)} rows are more than the limit of {rows_max}")
    texts = [_bare(value) for value in given]
    if set(map(type, texts)) != {str}:
        raise fault_of_texts(texts)
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


def _are_numbers(values: Sequence[Any], nullable: bool, numbers: frozenset[type]) -> bool:
    types = set(map(type, values))
    if not types <= (numbers | _NULL if nullable else numbers):
        return False
    return all(
        value is None or (isfinite(value) if type(value) is float else abs(value) <= INTEGER_MAX)
        for value in values
    )


def _are_integers(values: Sequence[Any], nullable: bool) -> bool:
    return _are_numbers(values, nullable, _NUMBERS) and all(
        value is None or value == int(value) for value in values
    )


def _are_texts(values: Sequence[Any], nullable: bool) -> bool:
    return set(map(type, values)) <= ({str, type(None)} if nullable else {str})


def _are_booleans(values: Sequence[Any], nullable: bool) -> bool:
    return set(map(type, values)) <= ({bool, type(None)} if nullable else {bool})


def _are_datetimes(values: Sequence[Any], nullable: bool) -> bool:
    return _are_texts(values, nullable) and all(v is None or is_datetime(v) for v in values)


def _are_scalars(values: Sequence[Any], nullable: bool) -> bool:
    rest = [value for value in values if not isinstance(value, str | bool)]
    return _are_numbers(rest, nullable, _NUMBERS)


_COLUMN_CHECKS: dict[str, Callable[[Sequence[Any], bool], bool]] = {
    "integer": _are_integers,
    "text": _are_texts,
    "boolean": _are_booleans,
    "datetime": _are_datetimes,
    "any": _are_scalars,
}
