"""Times in a query, as whoever asks writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it is out of range") from None


Moment = Annotated[
    datetime,
    AfterValidator(_in_utc),
    Field(description="A time; one without an offset is taken for UTC."),
]
Since = Annotated[Moment, Field(description="Only from this time on; UTC if it has no offset.")]
Until = Annotated[Moment, Field(description="Only before this time; UTC if it has no offset.")]
