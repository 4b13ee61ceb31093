"""Paging of lists: parameters, and the link to the next page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from api.endpoints.endpoint import ListPage, Query
from projections.queries import LIMIT_MAX, SKIP_MAX, Page

R = TypeVar("R")
V = TypeVar("V")

Skip = Annotated[int, Field(ge=0, le=SKIP_MAX, description="How many rows to skip.")]
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="How many rows to return at most.")]

LIMIT = 100


@dataclass(frozen=True, kw_only=True)
class Paging(Query):
    """The part of a list to return."""

    skip: Skip = 0
    limit: Limit = LIMIT
    before: Annotated[
        UUID | None, Field(description="The id of a row: only rows after it in the list.")
    ] = None


def list_page(
    page: Page[R],
    view: Callable[[R], V],
    *,
    limit: int,
    cursor: Callable[[R], object] = attrgetter("id"),
    kept: Mapping[str, object] = {},
) -> ListPage[V]:
    """Build a page whose link continues after its last row, or after `page.before`.

    ``kept`` are the other parameters of the link; those that are None are left out.
    """
    before: object = page.before
    if before is None and len(page.rows) >= limit:
        before = cursor(page.rows[-1])
    next_query = None if before is None else query(kept, limit=limit, before=before)
    return ListPage([view(row) for row in page.rows], page.total, next_query)


def list_page_by_skip(
    page: Page[R], view: Callable[[R], V], *, skip: int, limit: int, kept: Mapping[str, object] = {}
) -> ListPage[V]:
    """Build a page whose link skips its rows, for a list without a cursor."""
    end = skip + len(page.rows)
    is_last = not page.rows or end >= (page.total or 0) or end > SKIP_MAX
    next_query = None if is_last else query(kept, skip=end, limit=limit)
    return ListPage([view(row) for row in page.rows], page.total, next_query)


def query(kept: Mapping[str, object], **more: object) -> str:
    """Encode the parameters that are not None."""
    parameters = {name: value for name, value in {**kept, **more}.items() if value is not None}
    return urlencode({name: _text(value) for name, value in parameters.items()})


def _text(value: object) -> object:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case _:
            return value
