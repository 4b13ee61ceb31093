"""From the bytes of a request to typed values.

Only validation errors that are raised here become a 4xx response; any other one is a bug and
becomes a 500.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, Self
from urllib.parse import parse_qsl

import msgspec
from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from api.endpoints.json_structure import CONTAINERS_MAX, has_too_many_containers, repeated_name
from api.http.problems import FieldError, Malformed, Unreadable, WrongMediaType
from api.http.responses import JSON
from api.http.streaming import BodyDeadline

FORM = "application/x-www-form-urlencoded"
FORM_FIELDS_MAX = 20
MEMBERS_MAX = 100
IDENTITY = "identity"
CACHED_VALUES_MAX = 1_000
CACHED_LENGTH_MAX = 100
UTF_8 = frozenset((None, "utf-8", "utf8", "us-ascii"))

_DECODER = msgspec.json.Decoder(dict[str, Any])
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")


class Body(BaseModel):
    """Base of request bodies: exactly these members, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @classmethod
    def of(cls, members: dict[str, Any]) -> Self:
        """Validate the members of a JSON object; raises pydantic's `ValidationError`."""
        return cls.model_validate(members)


@dataclass(frozen=True)
class Parameter:
    """A parameter in the path or the query."""

    name: str
    location: Literal["path", "query"]
    adapter: TypeAdapter[Any]
    default: Any
    is_required: bool

    def parse(self, text: str) -> Any:
        """Parse an immutable value; raises `Malformed`."""
        read = self._read if len(text) <= CACHED_LENGTH_MAX else self.adapter.validate_strings
        try:
            return read(text)
        except ValidationError as error:
            raise malformed(error, self.location, self.name) from None

    @cached_property
    def _read(self) -> Callable[[str], Any]:
        # Short values, such as the ids of models, are often used again.
        return lru_cache(maxsize=CACHED_VALUES_MAX)(self.adapter.validate_strings)


async def read_body(request: web.Request, kind: type[Body], *, takes_form: bool) -> Body:
    """Read and check the body; raises `Malformed`, `Unreadable`, `TooSlow` or `WrongMediaType`."""
    check_not_compressed(request)
    if takes_form and request.content_type == FORM:
        members = _form(await _bytes_of(request))
    else:
        _check_is_json(request)
        members = parse_json_object(await _bytes_of(request))
    if len(members) > MEMBERS_MAX:
        raise Malformed([FieldError(("body",), f"more than {MEMBERS_MAX} members")])
    try:
        return kind.of(members)
    except ValidationError as error:
        raise malformed(error, "body") from None


def check_not_compressed(request: web.Request) -> None:
    """Raise `WrongMediaType` for a compressed body."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, IDENTITY)
    if encoding.lower() != IDENTITY:
        raise WrongMediaType("the body must be sent uncompressed, without a Content-Encoding")


async def _bytes_of(request: web.Request) -> bytes:
    """Read the whole body; raises `web.HTTPRequestEntityTooLarge`."""
    if not request.content.is_eof():
        return await BodyDeadline().wait(request.read())
    raw = request.content.read_nowait()  # A short body arrives with the headers.
    if len(raw) > request.client_max_size:
        raise web.HTTPRequestEntityTooLarge(request.client_max_size, len(raw))
    return raw


def parse_json_object(raw: bytes) -> dict[str, Any]:
    """Parse a JSON object strictly (RFC 8259), without what PostgreSQL cannot store."""
    if has_too_many_containers(raw):
        raise Malformed([FieldError(("body",), f"more than {CONTAINERS_MAX} lists and objects")])
    try:
        members = _DECODER.decode(raw)
    except msgspec.ValidationError as error:
        raise Malformed([FieldError(("body",), str(error))]) from None
    except msgspec.DecodeError as error:
        raise Unreadable(_json_error(raw, error)) from None
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    except RecursionError:
        raise Unreadable("the body is nested too deeply") from None
    if (name := repeated_name(raw, members)) is not None:
        raise Malformed([FieldError(("body",), f"the name {name!r} is given twice")])
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Malformed([FieldError(("body",), "the character U+0000 is not allowed")])
    return members


def malformed(error: ValidationError, *location: str) -> Malformed:
    """Convert the errors of pydantic, without the invalid values."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return Malformed([FieldError((*location, *each["loc"]), each["msg"]) for each in errors])


def _check_is_json(request: web.Request) -> None:
    if request.headers.get("Content-Type") == JSON:
        return
    if request.content_type != JSON and not request.content_type.endswith("+json"):
        raise WrongMediaType(f"the body must be {JSON}, not {request.content_type}")
    if (request.charset and request.charset.lower()) not in UTF_8:
        raise WrongMediaType("JSON must be in UTF-8")


def _json_error(raw: bytes, error: msgspec.DecodeError) -> str:
    if not raw.strip():
        return "the body is empty"
    if _SURROGATE.search(raw):
        return "the body is not JSON: a string contains half of a surrogate pair"
    return f"the body is not JSON: {str(error).removeprefix('JSON is malformed: ')}"


def _form(raw: bytes) -> dict[str, Any]:
    try:
        fields = parse_qsl(
            raw.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FORM_FIELDS_MAX,
        )
    except ValueError:
        raise Unreadable("the body is not a form in UTF-8") from None
    if len(dict(fields)) < len(fields):
        raise Unreadable("the form gives a field twice")
    return dict(fields)
