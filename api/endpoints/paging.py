"""Lists, page by page: as many rows as asked for, and where the next ones are."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import AfterValidator, Field

from api.endpoints.endpoint import Listed, Query
from projections.queries import LIMIT_MAX, SKIP_MAX, Page

R = TypeVar("R")
V = TypeVar("V")

Skip = Annotated[int, Field(ge=0, le=SKIP_MAX, description="Rows to pass over.")]
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="Rows to give at the most.")]

LIMIT = 100


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it has no control characters")
    return unicodedata.normalize("NFC", text)


PlainText = Annotated[str, Field(min_length=1), AfterValidator(_plain)]
"""A text that is looked for as it is written: nothing in it has a meaning of its own."""


@dataclass(frozen=True, kw_only=True)
class Paging(Query):
    """Which part of a list is wanted."""

    skip: Skip = 0
    limit: Limit = LIMIT
    before: UUID | None = None


def listed(
    page: Page[R],
    view: Callable[[R], V],
    *,
    limit: int,
    cursor: Callable[[R], object],
    kept: Mapping[str, object] = {},
) -> Listed[V]:
    """Show the rows of a page; the next page starts behind its last row, or as the page says.

    ``kept`` is what else the query of the next page says; what is None there is left out.
    """
    before: object = page.before
    if before is None and len(page.rows) >= limit:
        before = cursor(page.rows[-1])
    following = None if before is None else query(kept, limit=limit, before=before)
    return Listed([view(row) for row in page.rows], page.total, following)


def listed_by_skip(
    page: Page[R], view: Callable[[R], V], *, skip: int, limit: int, kept: Mapping[str, object]
) -> Listed[V]:
    """Show the rows of a page where rows may change their places; the next page skips these."""
    end = skip + len(page.rows)
    is_last = not page.rows or end >= (page.total or 0) or end > SKIP_MAX
    following = None if is_last else query(kept, skip=end, limit=limit)
    return Listed([view(row) for row in page.rows], page.total, following)


def query(kept: Mapping[str, object], **more: object) -> str:
    """Write a query of what is not None."""
    said = {name: value for name, value in {**kept, **more}.items() if value is not None}
    return urlencode({name: _text(value) for name, value in said.items()})


def _text(value: object) -> object:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case _:
            return value
