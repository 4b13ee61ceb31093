"""Lists, page by page: as many rows as asked for, and where the next ones are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from pydantic import Field

from api.endpoint import Listed
from projections.page import LIMIT_MAX, SKIP_MAX, Page

R = TypeVar("R")
V = TypeVar("V")

Skip = Annotated[int, Field(ge=0, le=SKIP_MAX, description="Rows to pass over.")]
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="Rows to give at the most.")]

LIMIT = 100


def listed(
    page: Page[R],
    view: Callable[[R], V],
    *,
    limit: int,
    cursor: Callable[[R], object],
    is_cut: bool = False,
    kept: Mapping[str, object] = {},
) -> Listed[V]:
    """Show the rows of a page; the next page starts behind its last row.

    ``is_cut`` tells of pages that may be short without being the last, ``kept`` what else the
    query of the next page says; what is None there is left out.
    """
    is_last = not page.rows or (len(page.rows) < limit and not is_cut)
    following = None if is_last else _query(page.rows, limit, cursor, kept)
    return Listed([view(row) for row in page.rows], page.total, following)


def _query(
    rows: Sequence[R], limit: int, cursor: Callable[[R], object], kept: Mapping[str, object]
) -> str:
    said = {name: value for name, value in kept.items() if value is not None}
    return urlencode({**said, "limit": limit, "before": cursor(rows[-1])})
