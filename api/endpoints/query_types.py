"""Types of path and query parameters that several endpoints take."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from domain.model_version import VERSIONS_MAX
from projections.queries import LAST_POSITION
from projections.read_models.model_stats import DAYS_MAX

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _check_iso_8601(text: str) -> str:
    """Refuse a number: it could mean seconds or milliseconds."""
    if _DATE.match(text) is None:
        raise ValueError("use ISO 8601, such as 2026-01-05T12:00:00Z")
    return text


def _to_utc(timestamp: datetime) -> datetime:
    if timestamp.tzinfo is None:
        return timestamp.replace(tzinfo=UTC)
    try:
        return timestamp.astimezone(UTC)
    except OverflowError:
        raise ValueError("it is out of range") from None


def _check_printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return unicodedata.normalize("NFC", text)


Timestamp = Annotated[
    datetime,
    BeforeValidator(_check_iso_8601),
    AfterValidator(_to_utc),
    Field(description="ISO 8601; UTC if it has no offset."),
]
Since = Annotated[Timestamp, Field(description="Only from this time on; UTC without an offset.")]
Until = Annotated[Timestamp, Field(description="Only before this time; UTC without an offset.")]

PlainText = Annotated[str, Field(min_length=1), AfterValidator(_check_printable)]
"""Text that is searched for literally: no character has a special meaning."""

ModelScope = Annotated[
    Literal["own", "all"], Field(description="Whose models; `all` is for administrators.")
]
Number = Annotated[int, Field(ge=1, le=VERSIONS_MAX, description="The number of a version.")]
VersionToCall = Annotated[
    Number, Field(description="The version to call; by default the one that is live.")
]
Position = Annotated[int, Field(ge=1, le=LAST_POSITION)]
Days = Annotated[int, Field(ge=1, le=DAYS_MAX, description="How many days to look back.")]
DAYS = 30
