"""Logs: an event name and its keys per line, as JSON or in colour for a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Any

import asyncpg
import msgspec
import structlog
from aiohttp.http_exceptions import HttpProcessingError

# Local variables may hold passwords, tokens and personal data.
_TRACEBACK = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
REDACTED = "the content of the request is not logged"
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logging(*, log_format: str, level: str) -> None:
    """Send the logs of the platform and of its libraries to standard error."""
    shared: list[Any] = [
        _redact,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_json = log_format == "json"
    last: list[Any] = (
        [_TRACEBACK, structlog.processors.JSONRenderer(serializer=_json_line)]
        if is_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=shared + last,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if is_json
        else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(shared, last, LEVELS[level])


def _configure_libraries(shared: list[Any], last: list[Any], level: int) -> None:
    """Format records of the standard ``logging`` module in the same way."""
    render: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    if last[-1].__class__ is structlog.processors.JSONRenderer:
        render.append(_decoded)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=render)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))


def _redact(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Remove possible secrets from errors: rows of the database and parts of requests."""
    given: Any = event.get("exc_info")
    if given is True:
        given = sys.exc_info()
    pending: list[Any] = [given[1] if isinstance(given, tuple) else given]
    while pending:
        error = pending.pop()
        if isinstance(error, BaseException):
            pending.append(error.__cause__ or error.__context__)
            pending.extend(getattr(error, "exceptions", ()))  # of a group
        if isinstance(error, asyncpg.PostgresError):
            error.detail = None
        if isinstance(error, HttpProcessingError):
            error.message = REDACTED
    return event


def _json_line(event: Any, **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


def _decoded(_: Any, __: str, line: bytes) -> str:
    return line.decode()
