"""Which errors come from the data of an event, so that the event is parked.

All others stop the run, are logged and retried, and no event is parked for them: a lost connection,
a table that is missing, or a bug, such as TypeError, AttributeError or AssertionError.
"""

from __future__ import annotations

from typing import Final

import asyncpg
import msgspec
from eventsourcing.domain import DomainEvent

from storage.postgres.pool import TRANSIENT

ERROR_LENGTH_MAX = 500

DATA_ERRORS: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    msgspec.MsgspecError,
    LookupError,
    ValueError,
)


class CheckpointConflict(Exception):
    """Another process has moved the checkpoint, or its tables are of another rule."""


class UnknownEvent(LookupError):
    """A projection does not know an event of its kind of stream."""

    def __init__(self, event: DomainEvent) -> None:
        super().__init__(getattr(event, "TOPIC", type(event).__qualname__))


def is_data_error(error: Exception) -> bool:
    """Whether the data of an event cause the error every time that it is applied."""
    # Some transient errors are ValueErrors too, such as a refused certificate.
    return isinstance(error, DATA_ERRORS) and not isinstance(error, TRANSIENT)


def describe(error: Exception) -> str:
    """Describe an error as it is stored with a parked event."""
    return f"{type(error).__name__}: {error}"[:ERROR_LENGTH_MAX].replace("\0", "")
