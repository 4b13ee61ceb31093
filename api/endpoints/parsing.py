"""From the bytes of a request to typed values; whatever does not fit is the client's fault.

Only parsing happens here, so that only parsing is answered with 4xx: a fault in our own views
stays a fault of ours.
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

from api.endpoints.json_structure import HOLDERS_MAX, has_too_many_holders, repeated_name
from api.http.body_limits import BodyDeadline
from api.http.problems import FieldError, Malformed, Unreadable, WrongMediaType
from api.http.responses import JSON

FORM = "application/x-www-form-urlencoded"
FORM_FIELDS_MAX = 20
MEMBERS_MAX = 100
IDENTITY = "identity"
VALUES_KEPT_MAX = 1_000
KEPT_LENGTH_MAX = 100
UTF_8 = frozenset((None, "utf-8", "utf8", "us-ascii"))

_DECODER = msgspec.json.Decoder(dict[str, Any])
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")


class Body(BaseModel):
    """What a client sends: exactly these members, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @classmethod
    def of(cls, members: dict[str, Any]) -> Self:
        """Check the members of a JSON object; raises pydantic's `ValidationError`."""
        return cls.model_validate(members)


@dataclass(frozen=True)
class Parameter:
    """One value that stands in the path or the query."""

    name: str
    place: Literal["path", "query"]
    adapter: TypeAdapter[Any]
    default: Any
    is_required: bool

    def parsed(self, text: str) -> Any:
        """Read the value, which is none that can be changed; raises `Malformed`."""
        read = self._read if len(text) <= KEPT_LENGTH_MAX else self.adapter.validate_strings
        try:
            return read(text)
        except ValidationError as error:
            raise malformed(error, self.place, self.name) from None

    @cached_property
    def _read(self) -> Callable[[str], Any]:
        # The same few models are asked for again and again; what is long may be anything.
        return lru_cache(maxsize=VALUES_KEPT_MAX)(self.adapter.validate_strings)


async def body_of(request: web.Request, kind: type[Body], *, takes_form: bool) -> Body:
    """Read and check the body; raises `Malformed`, `Unreadable`, `TooSlow` or `WrongMediaType`."""
    check_is_not_packed(request)
    if takes_form and request.content_type == FORM:
        members = _form(await _bytes_of(request))
    else:
        _check_is_json(request)
        members = json_object(await _bytes_of(request))
    if len(members) > MEMBERS_MAX:
        raise Malformed([FieldError(("body",), f"more than {MEMBERS_MAX} members")])
    try:
        return kind.of(members)
    except ValidationError as error:
        raise malformed(error, "body") from None


def check_is_not_packed(request: web.Request) -> None:
    """Raise `WrongMediaType` for a body that would have to be unpacked."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, IDENTITY)
    if encoding.lower() != IDENTITY:
        raise WrongMediaType("the body has to be sent as it is, without a Content-Encoding")


async def _bytes_of(request: web.Request) -> bytes:
    """Read the whole body; raises `web.HTTPRequestEntityTooLarge`."""
    if not request.content.is_eof():
        return await BodyDeadline().wait(request.read())
    raw = request.content.read_nowait()  # A short body comes with its head.
    if len(raw) > request.client_max_size:
        raise web.HTTPRequestEntityTooLarge(request.client_max_size, len(raw))
    return raw


def json_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object by the letter of RFC 8259, and what PostgreSQL can keep of it."""
    if has_too_many_holders(raw):
        raise Malformed([FieldError(("body",), f"more than {HOLDERS_MAX} lists and objects")])
    try:
        members = _DECODER.decode(raw)
    except msgspec.ValidationError as error:
        raise Malformed([FieldError(("body",), str(error))]) from None
    except msgspec.DecodeError as error:
        raise Unreadable(_fault_of(raw, error)) from None
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    except RecursionError:
        raise Unreadable("the body is nested too deeply") from None
    if (name := repeated_name(raw, members)) is not None:
        raise Malformed([FieldError(("body",), f"the name {name!r} is given twice")])
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Malformed([FieldError(("body",), "the character U+0000 is not allowed")])
    return members


def malformed(error: ValidationError, *place: str) -> Malformed:
    """Say what pydantic found, without the values that it found it in."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return Malformed([FieldError((*place, *fault["loc"]), fault["msg"]) for fault in faults])


def _check_is_json(request: web.Request) -> None:
    if request.headers.get("Content-Type") == JSON:
        return
    if request.content_type != JSON and not request.content_type.endswith("+json"):
        raise WrongMediaType(f"the body has to be {JSON}, not {request.content_type}")
    if (request.charset and request.charset.lower()) not in UTF_8:
        raise WrongMediaType("JSON is UTF-8, no other charset")


def _fault_of(raw: bytes, error: msgspec.DecodeError) -> str:
    if not raw.strip():
        return "the body is empty"
    if _SURROGATE.search(raw):
        return "the body is not JSON: a text holds half of a surrogate pair"
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
