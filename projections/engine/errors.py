"""Which failures are the fault of an event, so that the event is set aside.

All others are the fault of the moment (a lost connection) or of the program or the database (a
table that is not there): nothing is set aside for them.
"""

from __future__ import annotations

from typing import Final

import asyncpg
import msgspec

ERROR_LENGTH_MAX = 500

DATA_ERRORS: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    RecursionError,
    msgspec.MsgspecError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)
NOT_DATA_ERRORS: Final = (asyncpg.InterfaceError,)
"""Some of them are also of a type above."""


class Fenced(Exception):
    """Another process has moved the checkpoint, or the tables are of another rule: give way."""


def described(error: Exception) -> str:
    """Say what failed, as it is kept with a parked event."""
    return f"{type(error).__name__}: {error}"[:ERROR_LENGTH_MAX].replace("\0", "")
