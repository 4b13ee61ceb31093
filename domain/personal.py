"""Values that identify a person, and how they are normalised before they are compared."""

from __future__ import annotations

import re
import unicodedata
from typing import NewType

from domain.errors import Rejected

Personal = NewType("Personal", str)
"""Text that is encrypted under the user's key wherever events are stored."""

ERASED = Personal("[erased]")
"""Replaces a personal value whose key was deleted."""

EMAIL_LENGTH_MAX = 254
USERNAME_LENGTH_MIN = 3
USERNAME_LENGTH_MAX = 100
FULL_NAME_LENGTH_MAX = 200

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Printable but invisible characters; with them two different names would look the same."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def email_of(text: str) -> Personal:
    """Normalise an e-mail address (NFKC, case folded); raises `Rejected`."""
    email = _normalised(text)
    if len(email) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(email) or not _is_visible(email):
        raise Rejected("email: this is not an e-mail address")
    return Personal(email)


def username_of(text: str) -> Personal:
    """Normalise a username (NFKC, case folded); raises `Rejected`.

    It has no ``@``, so that it cannot be mistaken for the e-mail address of another user.
    """
    username = _normalised(text)
    if not USERNAME_LENGTH_MIN <= len(username) <= USERNAME_LENGTH_MAX:
        raise Rejected(
            f"username: it has {USERNAME_LENGTH_MIN} to {USERNAME_LENGTH_MAX} characters"
        )
    if "@" in username or not _is_visible(username) or any(map(str.isspace, username)):
        raise Rejected("username: it has no @, no white space and no invisible characters")
    return Personal(username)


def full_name_of(text: str | None) -> Personal | None:
    """Normalise a full name; an empty one becomes None. Raises `Rejected`."""
    name = unicodedata.normalize("NFC", (text or "").strip())
    if len(name) > FULL_NAME_LENGTH_MAX or not name.isprintable():
        raise Rejected(
            f"full_name: it has at most {FULL_NAME_LENGTH_MAX} characters, none of them control"
        )
    return Personal(name) if name else None


def login_name_of(text: str) -> Personal:
    """Normalise a username or an e-mail address for a login."""
    return Personal(_normalised(text))


def _normalised(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())


def _is_visible(text: str) -> bool:
    return text.isprintable() and _INVISIBLE.search(text) is None
