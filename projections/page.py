"""A part of a list that is read piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

Row = TypeVar("Row")

SKIP_MAX = 10_000
"""How far `skip` reaches; a cursor reaches everything at the cost of an index look-up."""

LIMIT_MAX = 1_000


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and how many there are in all."""

    rows: Sequence[Row]
    total: int | None
    """None where there are too many to be counted."""
    before: UUID | None = None
    """What the next page comes before, where that is not the last row of this one."""


def bounded(skip: int, limit: int) -> tuple[int, int]:
    """Keep to the limits that every list has."""
    return min(max(skip, 0), SKIP_MAX), min(max(limit, 0), LIMIT_MAX)
