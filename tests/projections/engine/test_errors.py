"""Which errors park an event, and which stop the run."""

from __future__ import annotations

import ssl

import asyncpg
import msgspec
import pytest

from projections.engine.errors import is_data_error
from storage.event_store.mapper import UnknownTopic

DATA_ERRORS = [
    ValueError("not a number"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "not a text"),
    KeyError("missing"),
    IndexError("too short"),
    UnknownTopic("Model.Frozen"),
    msgspec.ValidationError("no uuid"),
    msgspec.DecodeError("no JSON"),
    asyncpg.NumericValueOutOfRangeError("too large"),
    asyncpg.InvalidTextRepresentationError("no uuid"),
    asyncpg.NotNullViolationError("null"),
    asyncpg.ProgramLimitExceededError("too long for an index"),
]
OTHER_ERRORS = [
    TypeError("a bug"),
    AttributeError("a bug"),
    AssertionError("a bug"),
    NameError("a bug"),
    UnboundLocalError("a bug"),
    NotImplementedError("a bug"),
    RecursionError("a bug"),
    ImportError("a bug"),
    ZeroDivisionError("a bug"),
    RuntimeError("a bug"),
    asyncpg.UndefinedTableError("the table is missing"),
    asyncpg.PostgresSyntaxError("a bug"),
    asyncpg.ConnectionDoesNotExistError("lost"),
    asyncpg.DeadlockDetectedError("try again"),
    asyncpg.ClientConfigurationError("a ValueError, too"),
    ssl.SSLCertVerificationError("a ValueError, too"),
    OSError("lost"),
    TimeoutError("too slow"),
]


@pytest.mark.parametrize("error", DATA_ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_the_data_parks_an_event(error: Exception) -> None:
    assert is_data_error(error)


@pytest.mark.parametrize("error", OTHER_ERRORS, ids=lambda error: type(error).__name__)
def test_a_bug_or_a_lost_connection_parks_nothing(error: Exception) -> None:
    assert not is_data_error(error)
