"""How refusals look on the wire: one table from error to status, one shape after RFC 9457."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
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
"""When to come back to a part that was down or full."""

log = structlog.get_logger()


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a request."""

    loc: tuple[str | int, ...]
    msg: str


class Malformed(Exception):
    """The request does not fit its schema."""

    def __init__(self, field_errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, f.loc))}: {f.msg}" for f in field_errors))
        self.field_errors = field_errors


class Unreadable(Exception):
    """The body is not what its content type says."""


class WrongMediaType(Exception):
    """The body is of a content type that is not taken here."""


class TooSlow(Exception):
    """The body comes so slowly that it is not waited for."""


class MethodNotAllowed(Exception):
    """The address is one of ours, but takes other methods."""


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
BELOW: Sequence[tuple[type[Exception] | None, type[Exception], HTTPStatus, str]] = (
    (
        LineTooLong,
        Unreadable,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "the first line or a header is too long",
    ),
    (HttpProcessingError, Unreadable, HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1"),
    (None, Exception, HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong on our side"),
)
"""What is answered to whom no request was understood of: not a word of what they sent."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a request was not carried out."""

    type: str
    """Which kind of problem; the address says more about it."""
    title: str
    status: int
    detail: str
    """What is wrong this time, for people to read."""
    instance: str
    request_id: str
    errors: Sequence[FieldError] | None = None
    """Where in the request."""
    prediction_id: UUID | None = None
    """Under which the failed prediction was recorded."""


def problem_of(request: web.Request, error: Exception) -> web.Response:
    """Answer a refusal with a problem; anything unforeseen is a bug: logged, and a 500."""
    match error:
        case web.HTTPException():
            return _refusal_by_aiohttp(request, error)
        case web.RequestPayloadError() | HttpProcessingError():
            return _problem(request, Unreadable, HTTPStatus.BAD_REQUEST, "the body is broken")
        case _ if isinstance(error, REFUSALS):
            return _refusal(request, error)
        case _ if isinstance(error, TRANSIENT):
            return _outage(request, error)
        case _:
            log.error(
                "request_failed", request_id=request[REQUEST_CONTEXT].request_id, exc_info=error
            )
            return _problem(
                request,
                Exception,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "something went wrong on our side; the log says more under this request_id",
            )


def _outage(request: web.Request, error: Exception) -> web.Response:
    """Answer a call that met with a database which is away, unless it is the client who is."""
    if request.transport is None:
        return _problem(request, Unreadable, HTTPStatus.BAD_REQUEST, "the client went away")
    log.warning("database_away", request_id=request[REQUEST_CONTEXT].request_id, error=repr(error))
    return _refusal(request, errors.Unavailable("the database cannot be reached at the moment"))


def status_of(kind: type[Exception]) -> HTTPStatus:
    """Say with which status a kind of refusal is answered."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def statuses_of(kind: type[Exception]) -> set[HTTPStatus]:
    """Say with which statuses a kind of refusal may be answered, according to what brought it."""
    if issubclass(kind, errors.PredictionFailed):
        return set(FAILURE_STATUS.values())
    return {status_of(kind)}


def name_of(kind: type[Exception]) -> str:
    """Name a kind of refusal as its address does: ``not-found``."""
    if kind is Exception:
        return "internal-error"
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def _refusal(request: web.Request, error: Exception) -> web.Response:
    kind = type(error)
    status = status_of(kind)
    if isinstance(error, errors.PredictionFailed):
        status = FAILURE_STATUS[error.reason]
    answer = _problem(
        request,
        kind,
        status,
        str(error),
        field_errors=error.field_errors if isinstance(error, Malformed) else None,
        prediction_id=getattr(error, "prediction_id", None),
    )
    if status == HTTPStatus.UNAUTHORIZED:
        has_credentials = not request.headers.keys().isdisjoint(CREDENTIALS)
        suffix = ', error="invalid_token"' if has_credentials else ""
        answer.headers["WWW-Authenticate"] = 'Bearer realm="mlplatform"' + suffix
    if isinstance(error, TooSlow):
        answer.force_close()
    if isinstance(error, errors.TooMany):
        answer.headers["Retry-After"] = str(ceil(error.retry_after_s))
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _refusal_by_aiohttp(request: web.Request, error: web.HTTPException) -> web.Response:
    status = HTTPStatus(error.status)
    kinds: dict[HTTPStatus, tuple[type[Exception], str]] = {
        HTTPStatus.NOT_FOUND: (errors.NotFound, "there is nothing at this address"),
        HTTPStatus.METHOD_NOT_ALLOWED: (MethodNotAllowed, "this address takes other methods"),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (errors.TooLarge, "the body is too large"),
    }
    kind, detail = kinds.get(status, (Unreadable, status.description or status.phrase))
    answer = _problem(request, kind, status, detail)
    if isinstance(error, web.HTTPMethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return answer


def _problem(
    request: web.Request,
    kind: type[Exception],
    status: HTTPStatus,
    detail: str,
    *,
    field_errors: Sequence[FieldError] | None = None,
    prediction_id: UUID | None = None,
) -> web.Response:
    return _response(
        Problem(
            type=f"/problems/{name_of(kind)}",
            title=status.phrase,
            status=int(status),
            detail=detail,
            instance=shown_path(request),
            request_id=request[REQUEST_CONTEXT].request_id,
            errors=field_errors,
            prediction_id=prediction_id,
        )
    )


def problem_below(error: BaseException | None, request_id: str) -> web.Response:
    """Answer what is no request, or what even the middleware has failed to answer."""
    if isinstance(error, web.HTTPException):
        status = HTTPStatus(error.status)
        kind, detail = Unreadable, status.description or status.phrase
    else:
        kind, status, detail = next(
            (kind, status, detail)
            for of, kind, status, detail in BELOW
            if of is None or isinstance(error, of)
        )
    return _response(
        Problem(
            type=f"/problems/{name_of(kind)}",
            title=status.phrase,
            status=int(status),
            detail=detail,
            instance="/",
            request_id=request_id,
        )
    )


def _response(problem: Problem) -> web.Response:
    members = {name: value for name, value in vars(problem).items() if value is not None}
    body = msgspec.json.encode(members)
    return web.Response(body=body, status=problem.status, content_type=CONTENT_TYPE)
