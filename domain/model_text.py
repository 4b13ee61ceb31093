"""Normalisation and limits of the texts that owners write."""

from __future__ import annotations

import unicodedata

from domain.errors import Rejected

NAME_LENGTH_MAX = 120
DESCRIPTION_LENGTH_MAX = 2_000
LABEL_LENGTH_MAX = 50
FRAMEWORK_LENGTH_MAX = 50


def model_name_of(text: str) -> str:
    """Normalise the name of a model; raises `Rejected`."""
    return line_of("name", text, NAME_LENGTH_MAX)


def label_of(text: str) -> str:
    """Normalise the label of a version; raises `Rejected`."""
    return line_of("version", text, LABEL_LENGTH_MAX)


def description_of(text: str) -> str:
    """Normalise a description, which may be empty or have several lines; raises `Rejected`."""
    description = unicodedata.normalize("NFC", text.strip())
    if len(description) > DESCRIPTION_LENGTH_MAX:
        raise Rejected(f"description: it has at most {DESCRIPTION_LENGTH_MAX} characters")
    if not all(char.isprintable() or char in "\n\r\t" for char in description):
        raise Rejected("description: it has no control characters but line breaks and tabs")
    return description


def line_of(field: str, text: str, length_max: int) -> str:
    """Normalise a text of one line; raises `Rejected`, which names the field."""
    line = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(line) <= length_max:
        raise Rejected(f"{field}: it has 1 to {length_max} characters")
    if not line.isprintable():
        raise Rejected(f"{field}: it has no control characters")
    return line
