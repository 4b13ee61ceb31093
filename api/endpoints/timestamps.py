"""Times in a query, as whoever asks writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _written_out(text: str) -> str:
    """Refuse a number, which might be seconds or milliseconds of any age."""
    if _DATE.match(text) is None:
        raise ValueError("it is to be written as ISO 8601 has it")
    return text


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it is out of range") from None


Moment = Annotated[
    datetime,
    BeforeValidator(_written_out),
    AfterValidator(_in_utc),
    Field(description="A time; one without an offset is taken for UTC."),
]
Since = Annotated[Moment, Field(description="Only from this time on; UTC if it has no offset.")]
Until = Annotated[Moment, Field(description="Only before this time; UTC if it has no offset.")]
