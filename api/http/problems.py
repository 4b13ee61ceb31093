"""Problem responses (RFC 9457), and the table from errors to their status."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Any
from uuid import UUID

import msgspec
import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from api.http.access_log import shown_path
from api.http.request_context import REQUEST_CONTEXT
from domain import errors
from storage.postgres.pool import TRANSIENT

CONTENT_TYPE = "application/problem+json"
CREDENTIALS = ("Authorization", "X-API-Key")
RETRY_AFTER_S = 1
"""The default of Retry-After for a status of 503."""

log = structlog.get_logger()


@dataclass(frozen=True)
class FieldError:
    """An error in one field of a request."""

    loc: tuple[str | int, ...]
    msg: str


class Malformed(Exception):
    """The request does not match its schema."""

    def __init__(self, field_errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, f.loc))}: {f.msg}" for f in field_errors))
        self.field_errors = field_errors


class Unreadable(Exception):
    """The body does not match its content type."""


class WrongMediaType(Exception):
    """The content type of the body is not supported."""


class TooSlow(Exception):
    """The body arrives too slowly."""


class MethodNotAllowed(Exception):
    """The address does not support the method."""


STATUS: Mapping[type[Exception], HTTPStatus] = {
    Unreadable: HTTPStatus.BAD_REQUEST,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    WrongMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Malformed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Rejected: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.PredictionFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
}
FAILURE_STATUS: Mapping[errors.FailureReason, HTTPStatus] = {
    "refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "crashed": HTTPStatus.BAD_GATEWAY,
    "timed_out": HTTPStatus.GATEWAY_TIMEOUT,
}
REFUSALS = tuple(STATUS)
AIOHTTP_ERRORS: Mapping[HTTPStatus, tuple[type[Exception], str]] = {
    HTTPStatus.NOT_FOUND: (errors.NotFound, "there is nothing at this address"),
    HTTPStatus.METHOD_NOT_ALLOWED: (MethodNotAllowed, "this address does not support the method"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (errors.TooLarge, "the body is too large"),
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a request failed."""

    type: str
    """The address of a description of this kind of problem."""
    title: str
    status: int
    detail: str
    """An explanation of this occurrence, for people."""
    instance: str
    request_id: str
    errors: Sequence[FieldError] | None = None
    """The invalid fields."""
    prediction_id: UUID | None = None
    """The id under which a failed prediction was recorded."""


def problem_of(request: web.Request, error: Exception) -> web.Response:
    """Make the response to an error; an unexpected one is logged and becomes a 500."""
    match error:
        case web.HTTPException():
            return _aiohttp_problem(request, error)
        case web.RequestPayloadError() | HttpProcessingError():
            return _refusal(request, Unreadable("the body cannot be read"))
        case _ if isinstance(error, REFUSALS):
            return _refusal(request, error)
        case _ if isinstance(error, TRANSIENT):
            return _outage(request, error)
        case _:
            request_id = request[REQUEST_CONTEXT].request_id
            log.error("request_failed", request_id=request_id, exc_info=error)
            detail = "internal error; the log has details under this request_id"
            return _problem(request, Exception, HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def problem_below(error: BaseException | None, request_id: str) -> web.Response:
    """Make the response to a request that could not be parsed, or that the middleware failed on."""
    kind: type[Exception] = Unreadable
    match error:
        case web.HTTPException():
            status = HTTPStatus(error.status)
            detail = status.description or status.phrase
        case LineTooLong():
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            detail = "the first line or a header is too long"
        case HttpProcessingError():
            status, detail = HTTPStatus.BAD_REQUEST, "this is not an HTTP/1.1 request"
        case _:
            kind, status, detail = Exception, HTTPStatus.INTERNAL_SERVER_ERROR, "internal error"
    return _response(kind, status, detail, instance="/", request_id=request_id)


def status_of(kind: type[Exception]) -> HTTPStatus:
    """Return the status of a kind of refusal."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def statuses_of(kind: type[Exception]) -> set[HTTPStatus]:
    """Return all statuses that a kind of refusal may have."""
    if issubclass(kind, errors.PredictionFailed):
        return set(FAILURE_STATUS.values())
    return {status_of(kind)}


def name_of(kind: type[Exception]) -> str:
    """Return the name of a kind of refusal in its address, such as ``not-found``."""
    if kind is Exception:
        return "internal-error"
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def _outage(request: web.Request, error: Exception) -> web.Response:
    """Tell a database that is unavailable from a client that disconnected."""
    if request.transport is None:
        return _refusal(request, Unreadable("the client disconnected"))
    log.warning(
        "database_unavailable", request_id=request[REQUEST_CONTEXT].request_id, error=repr(error)
    )
    return _refusal(request, errors.Unavailable("the database is unavailable at the moment"))


def _refusal(request: web.Request, error: Exception) -> web.Response:
    kind = type(error)
    status = status_of(kind)
    if isinstance(error, errors.PredictionFailed):
        status = FAILURE_STATUS[error.reason]
    response = _problem(
        request,
        kind,
        status,
        str(error),
        errors=error.field_errors if isinstance(error, Malformed) else None,
        prediction_id=getattr(error, "prediction_id", None),
    )
    if status == HTTPStatus.UNAUTHORIZED:
        has_credentials = not request.headers.keys().isdisjoint(CREDENTIALS)
        suffix = ', error="invalid_token"' if has_credentials else ""
        response.headers["WWW-Authenticate"] = 'Bearer realm="mlplatform"' + suffix
    if isinstance(error, TooSlow):
        response.force_close()
    if isinstance(error, errors.TooMany):
        response.headers["Retry-After"] = str(ceil(error.retry_after_s))
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _aiohttp_problem(request: web.Request, error: web.HTTPException) -> web.Response:
    status = HTTPStatus(error.status)
    other = Unreadable, status.description or status.phrase
    kind, detail = AIOHTTP_ERRORS.get(status, other)
    response = _problem(request, kind, status, detail)
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return response


def _problem(
    request: web.Request, kind: type[Exception], status: HTTPStatus, detail: str, **others: Any
) -> web.Response:
    request_id = request[REQUEST_CONTEXT].request_id
    path = shown_path(request)
    return _response(kind, status, detail, instance=path, request_id=request_id, **others)


def _response(
    kind: type[Exception], status: HTTPStatus, detail: str, **others: Any
) -> web.Response:
    problem = Problem(
        type=f"/problems/{name_of(kind)}",
        title=status.phrase,
        status=int(status),
        detail=detail,
        **others,
    )
    members = {name: value for name, value in vars(problem).items() if value is not None}
    body = msgspec.json.encode(members)
    return web.Response(body=body, status=status, content_type=CONTENT_TYPE)
