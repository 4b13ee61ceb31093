"""Typed endpoints: one signature says what is parsed, what is returned and what is documented.

The type and the name of a parameter of an endpoint's function decide what is passed:

* a subclass of `BaseDependencies`: the application's dependencies;
* `Caller`: the authenticated caller; `Actor`: the same for a command, also of an anonymous caller;
* `web.Request`: the request itself;
* ``body``, a `Body`: the request body, a JSON object;
* a `Query`: all its fields, from the query;
* a name in the path: that path segment; any other name: a query parameter.

The function returns a dataclass (sent as a JSON object), a `ListPage` (an array, with headers),
None (no body) or a response.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from http import HTTPStatus
from typing import Any, Generic, Literal, TypedDict, TypeVar, Unpack, cast

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from api.endpoints.parsing import Body, Parameter
from api.http.rate_limit import Quota
from api.http.request_context import Caller
from domain.api_key import Scope
from domain.events import Actor
from projections.engine.freshness import Freshness

T = TypeVar("T")

Function = Callable[..., Awaitable[Any]]
Access = Literal["public", "user", "admin"]


@dataclass(frozen=True, kw_only=True)
class BaseDependencies:
    """Base of the dependencies that are passed to endpoints."""

    freshness: Freshness


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """A page of a list: sent as an array, with total and link in the headers."""

    items: Sequence[T]
    total: int | None
    """None if there are too many to count."""
    next_query: str | None = None
    """The query of the next page; None on the last one."""


def view_of(kind: type[T], row: object, **others: Any) -> T:
    """Copy the fields of a row to a view with the same names, besides other values."""
    names = [each.name for each in fields(cast("Any", kind)) if each.name not in others]
    return kind(**{name: getattr(row, name) for name in names}, **others)


@dataclass(frozen=True)
class WithStatus(Generic[T]):
    """A response body with its own status."""

    body: T
    status: HTTPStatus


class Query:
    """Base of dataclasses of query parameters; each field has a default."""


class Options(TypedDict, total=False):
    """What a signature does not contain."""

    status: HTTPStatus
    raises: tuple[type[Exception], ...]
    """Refusals to document, besides those that follow from the other options."""
    access: Access
    """Who may call; by default signed-in users."""
    scope: Scope | None
    """The scope that an API key needs; None if no API key is accepted."""
    quota: Quota | None
    """The rate limit that a call counts against; None for no limit."""
    reads: tuple[str, ...]
    """The projections that a call reads; it waits until they are up to date."""
    takes_ticket: bool
    """Whether a ticket in the query may authenticate the caller."""
    takes_form: bool
    """Whether the body may also be a form, as in OAuth 2."""
    media_types: tuple[str, ...]
    """Media types of a response that the function makes itself, for documentation."""
    messages: Mapping[str, type]
    """The data of each server-sent event, by event name, for documentation."""
    upload: type[BaseModel] | None
    """The fields of a multipart form that the function reads itself, for documentation."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A function that handles one method on one path."""

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
        """The schema of the request body, if the function takes one."""
        body = self.hints.get("body")
        return next((kind for kind in (body, *typing.get_args(body)) if _is_a(kind, Body)), None)

    @cached_property
    def is_body_optional(self) -> bool:
        """Whether the body may be missing."""
        return type(None) in typing.get_args(self.hints.get("body"))

    @cached_property
    def result(self) -> Any:
        """The type that the function returns, or None."""
        result = self.hints["return"]
        return None if result is type(None) else result

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the function takes from the path and the query."""
        all_parameters = inspect.signature(self.function).parameters.values()
        single = [each for each in all_parameters if self._is_single(each.name)]
        return (
            *(self._parameter(each, self.hints[each.name]) for each in single),
            *(each for kind in self.queries.values() for each in self._parameters_in(kind)),
        )

    @cached_property
    def queries(self) -> dict[str, type[Query]]:
        """The function's parameters that are made of several query parameters, by name."""
        return {name: hint for name, hint in self.hints.items() if _is_a(hint, Query)}

    def injected(self, kind: type) -> str | None:
        """Return the name of the parameter of an injected type, if there is one."""
        hints = self.hints.items()
        return next((n for n, hint in hints if n != "return" and _is_a(hint, kind)), None)

    def _is_single(self, name: str) -> bool:
        is_injected = any(_is_a(self.hints[name], kind) for kind in INJECTED)
        return name != "body" and not is_injected and name not in self.queries

    def _parameters_in(self, kind: type[Query]) -> Iterator[Parameter]:
        hints = typing.get_type_hints(kind, include_extras=True)
        for each in inspect.signature(kind).parameters.values():
            yield self._parameter(each, hints[each.name])

    def _parameter(self, declared: inspect.Parameter, hint: Any) -> Parameter:
        is_required = declared.default is declared.empty
        return Parameter(
            name=declared.name,
            location="path" if f"{{{declared.name}}}" in self.path else "query",
            adapter=TypeAdapter(hint),
            default=None if is_required else declared.default,
            is_required=is_required,
        )


INJECTED: tuple[type, ...] = (BaseDependencies, Caller, Actor, web.Request)


class Endpoints:
    """The endpoints of one module, in the order of their definition."""

    def __init__(self) -> None:
        self._endpoints: list[Endpoint] = []

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._endpoints)

    def named(self, function: str) -> Endpoint:
        """Return the endpoint of a function."""
        return next(each for each in self._endpoints if each.function.__name__ == function)

    def add(
        self, method: str, path: str, **options: Unpack[Options]
    ) -> Callable[[Function], Function]:
        """Register a function."""

        def register(function: Function) -> Function:
            endpoint = Endpoint(method=method, path=path, function=function, **options)
            self._endpoints.append(endpoint)
            return function

        return register


def is_response(result: Any) -> bool:
    """Whether the type that a function returns is a response."""
    return _is_a(result, web.StreamResponse)


def _is_a(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)
