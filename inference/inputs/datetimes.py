"""Which texts are dates and times: ISO 8601 as pandas reads it, and nothing that it would guess."""

from __future__ import annotations

import re
from datetime import datetime

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)


def is_datetime(text: str) -> bool:
    """Whether a text is a date of the calendar, with or without a time and its offset from UTC."""
    if _ISO.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
