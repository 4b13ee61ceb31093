"""Typed endpoints: one signature says what is parsed, what is returned and what is documented.

The parameters of an endpoint's function are told apart by their types and names:

* ``dependencies: Dependencies``: what the platform is made of;
* ``caller: Caller``: who is signed in; ``actor: Actor``: the same for a command, or nobody;
* ``request: web.Request``: the request itself, for what is no parameter;
* ``body``: the members of the JSON object that is sent, a `Body`;
* a name that stands in the path: that part of it; any other name: from the query;
* a `Query`: all of its fields from the query.

What it returns is a dataclass that becomes a JSON object, a `Listed` that becomes a bare
array with its headers, None for an empty answer, or a response of its own making.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, Generic, Literal, TypedDict, TypeVar, Unpack

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from api.dependencies import Dependencies
from api.endpoints.parsing import Body, Parameter
from api.http.rate_limit import Quota
from api.http.request_context import Caller
from domain.api_key import Scope
from domain.events import Actor

T = TypeVar("T")

Function = Callable[..., Awaitable[Any]]
Access = Literal["public", "user", "admin"]


@dataclass(frozen=True)
class Listed(Generic[T]):
    """A page of a list: sent as a bare array, with its measure in the headers."""

    items: Sequence[T]
    total: int | None
    """None where they are too many to be counted."""
    next_query: str | None = None
    """The query that gives the next page; None on the last one."""


@dataclass(frozen=True)
class WithStatus(Generic[T]):
    """An answer whose status depends on what it says."""

    answer: T
    status: HTTPStatus


class Query:
    """A dataclass of parameters of the query that belong together; each has a default."""


class Options(TypedDict, total=False):
    """What a signature does not say."""

    status: HTTPStatus
    raises: tuple[type[Exception], ...]
    """Refusals to document, apart from those that follow from the rest."""
    access: Access
    """Who may call; signed-in users unless told otherwise."""
    scope: Scope | None
    """What an API key has to be good for; None where none is taken, whatever it is good for."""
    quota: Quota | None
    """Which limit a call counts against; by default that of the account or the address."""
    reads: tuple[str, ...]
    """The projections that a call reads, which are brought up to date first."""
    takes_ticket: bool
    """Whether a ticket in the query tells who is asking, where it stands there."""
    takes_form: bool
    """Whether the body may be a form as well, as OAuth 2 has it."""
    media_types: tuple[str, ...]
    """Of a response of the function's own making, for documentation."""
    messages: Mapping[str, type]
    """The data of each kind of server-sent event, by its name, for documentation."""
    upload: type[BaseModel] | None
    """The fields of a multipart form, for documentation: the function reads it itself."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A function that answers one method on one path."""

    method: str
    path: str
    function: Function
    status: HTTPStatus = HTTPStatus.OK
    raises: tuple[type[Exception], ...] = ()
    access: Access = "user"
    scope: Scope | None = None
    quota: Quota | None = "account"
    reads: tuple[str, ...] = ()
    takes_ticket: bool = False
    takes_form: bool = False
    media_types: tuple[str, ...] = ()
    messages: Mapping[str, type] = field(default_factory=dict[str, type])
    upload: type[BaseModel] | None = None
    hints: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(self.function, include_extras=True)
        object.__setattr__(self, "hints", hints)

    @cached_property
    def body(self) -> type[Body] | None:
        """The schema of the request body, where the function takes one."""
        body = self.hints.get("body")
        return next((kind for kind in (body, *typing.get_args(body)) if _is_a(kind, Body)), None)

    @cached_property
    def is_body_optional(self) -> bool:
        """Whether the function can do without its body."""
        return type(None) in typing.get_args(self.hints.get("body"))

    @cached_property
    def answer(self) -> Any:
        """What the function gives: a type, or None."""
        answer = self.hints["return"]
        return None if answer is type(None) else answer

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the function takes from the path and from the query."""
        given = inspect.signature(self.function).parameters.values()
        alone = [each for each in given if self._is_alone(each.name)]
        return (
            *(self._parameter(each, self.hints[each.name]) for each in alone),
            *(each for kind in self.groups.values() for each in self._parameters_in(kind)),
        )

    @cached_property
    def groups(self) -> dict[str, type[Query]]:
        """What the function takes that is made of several parameters, by name."""
        return {name: hint for name, hint in self.hints.items() if _is_a(hint, Query)}

    def injected(self, kind: type) -> str | None:
        """Name the parameter that is given a thing of a kind, if there is one."""
        return next((name for name, hint in self.hints.items() if hint is kind), None)

    def _is_alone(self, name: str) -> bool:
        return name != "body" and self.hints[name] not in INJECTED and name not in self.groups

    def _parameters_in(self, kind: type[Query]) -> Iterator[Parameter]:
        hints = typing.get_type_hints(kind, include_extras=True)
        for each in inspect.signature(kind).parameters.values():
            yield self._parameter(each, hints[each.name])

    def _parameter(self, given: inspect.Parameter, hint: Any) -> Parameter:
        is_required = given.default is given.empty
        return Parameter(
            name=given.name,
            place="path" if f"{{{given.name}}}" in self.path else "query",
            adapter=TypeAdapter(hint),
            default=None if is_required else given.default,
            is_required=is_required,
        )


INJECTED: tuple[type, ...] = (Dependencies, Caller, Actor, web.Request)


class Endpoints:
    """The endpoints of one part of the API, in the order they are written."""

    def __init__(self) -> None:
        self._endpoints: list[Endpoint] = []

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._endpoints)

    def add(
        self, method: str, path: str, **options: Unpack[Options]
    ) -> Callable[[Function], Function]:
        """Register a function."""

        def register(function: Function) -> Function:
            endpoint = Endpoint(method=method, path=path, function=function, **options)
            self._endpoints.append(endpoint)
            return function

        return register


def gives_response(answer: Any) -> bool:
    """Whether what a function gives is a response of its own making."""
    return _is_a(answer, web.StreamResponse)


def _is_a(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)
