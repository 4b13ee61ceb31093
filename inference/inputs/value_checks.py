"""Checks the values of one input column: numbers, flags, texts, dates and times."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

INTEGER_MAX = 2**53
"""Beyond this, float64 no longer holds every integer."""

NUMBERS = frozenset((float, int))
NUMBERS_AND_FLAGS = frozenset((float, int, bool))
NULL = frozenset((type(None),))

_ISO_8601 = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)


def is_datetime(text: str) -> bool:
    """Whether a text is a valid ISO 8601 date, with or without a time and an offset from UTC.

    Only forms that pandas reads without guessing.
    """
    if _ISO_8601.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def are_numbers(values: Sequence[Any], nullable: bool, numbers: frozenset[type]) -> bool:
    """Whether all values are finite and exact as float64, their types among ``numbers``."""
    if not set(map(type, values)) <= (numbers | NULL if nullable else numbers):
        return False
    return all(
        value is None or (isfinite(value) if type(value) is float else abs(value) <= INTEGER_MAX)
        for value in values
    )


def _are_integers(values: Sequence[Any], nullable: bool) -> bool:
    return are_numbers(values, nullable, NUMBERS) and all(
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
    return are_numbers(rest, nullable, NUMBERS)


COLUMN_CHECKS: dict[str, Callable[[Sequence[Any], bool], bool]] = {
    "integer": _are_integers,
    "text": _are_texts,
    "boolean": _are_booleans,
    "datetime": _are_datetimes,
    "any": _are_scalars,
}
"""By column type; `are_numbers` checks the type "number"."""
