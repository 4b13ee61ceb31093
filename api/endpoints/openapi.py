"""The OpenAPI description, derived from the endpoints; nothing in it is written by hand."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from api.endpoints.endpoint import Endpoint, Listed, WithStatus, gives_response
from api.endpoints.parsing import FORM, Parameter
from api.http.problems import (
    CONTENT_TYPE,
    Malformed,
    Problem,
    TooSlow,
    Unreadable,
    WrongMediaType,
    statuses_of,
)
from api.http.responses import JSON
from api.routes.uploads import FORM_DATA
from domain.errors import Forbidden, TooLarge, TooMany, Unauthenticated, Unavailable

REF = "#/components/schemas/{model}"
LOGIN = "/api/v1/auth/login"
SECURITY_SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token, or an API key.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "password": {"type": "oauth2", "flows": {"password": {"tokenUrl": LOGIN, "scopes": {}}}},
}
Security = Sequence[dict[str, list[str]]]
SIGNED_IN: Security = ({"bearer": []}, {"password": []})
SECURITY: Security = (*SIGNED_IN, {"apiKey": []})
LIST_HEADERS = {
    "X-Total-Count": {
        "description": "Rows in all, if they could be counted.",
        "schema": {"type": "integer"},
    },
    "Link": {"description": "Where the next page is.", "schema": {"type": "string"}},
}


def describe(endpoints: Iterable[Endpoint], *, title: str, version: str) -> dict[str, Any]:
    """Describe every endpoint, with its schemas and the refusals that it can meet with."""
    endpoints = list(endpoints)
    schemas = _Schemas(endpoints)
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {"schemas": schemas.components, "securitySchemes": SECURITY_SCHEMES},
    }


class _Schemas:
    """The schemas of all types that go in or come out, each written once."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        inputs = {kind for each in endpoints for kind in (each.body, each.upload) if kind}
        outputs = {_shown(each.answer) for each in endpoints if _is_data(each.answer)} | {Problem}
        outputs |= {kind for each in endpoints for kind in each.messages.values()}
        modes: list[tuple[JsonSchemaMode, set[Any]]] = [
            ("validation", inputs),
            ("serialization", outputs),
        ]
        wanted: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
            (repr(kind), mode, TypeAdapter[Any](kind))
            for mode, kinds in modes
            for kind in sorted(kinds, key=repr)
        ]
        by_name, definitions = TypeAdapter.json_schemas(wanted, ref_template=REF)
        self._by_name = {name: schema for (name, _), schema in by_name.items()}
        self.components: dict[str, Any] = definitions["$defs"]

    def of(self, kind: Any) -> dict[str, Any]:
        """Give the schema of a type, or where it is written."""
        return self._by_name[repr(kind)]


def _operation(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Any]:
    doc = inspect.getdoc(endpoint.function) or ""
    operation: dict[str, Any] = {
        "operationId": endpoint.function.__name__,
        "summary": doc.partition("\n")[0],
        "description": doc,
        "tags": [_tag(endpoint.path)],
        "parameters": [_parameter(each) for each in endpoint.parameters],
        "responses": _responses(endpoint, schemas),
        "security": _security(endpoint),
    }
    if endpoint.upload is not None:
        operation["requestBody"] = _content([FORM_DATA], schemas.of(endpoint.upload))
    elif endpoint.body is not None:
        kinds = [JSON, FORM] if endpoint.takes_form else [JSON]
        operation["requestBody"] = _content(kinds, schemas.of(endpoint.body))
        operation["requestBody"]["required"] = not endpoint.is_body_optional
    return operation


def _responses(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": endpoint.status.phrase}
    if _is_data(endpoint.answer):
        answer |= _content([JSON], schemas.of(_shown(endpoint.answer)))
    elif endpoint.messages:
        answer |= _content(endpoint.media_types, _event_stream(endpoint, schemas))
    elif endpoint.media_types:
        answer |= _content(endpoint.media_types, {"type": "string"})
    if get_origin(endpoint.answer) is Listed:
        answer["headers"] = LIST_HEADERS
    return {str(int(endpoint.status)): answer} | problem_responses(endpoint, schemas.of(Problem))


def _event_stream(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Any]:
    """Describe server-sent events, each as an object of its fields."""
    return {
        "description": "Server-sent events; `data` is sent as JSON.",
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "event": {"const": name},
                    "id": {"type": "string"},
                    "data": schemas.of(kind),
                },
                "required": ["event", "data"],
            }
            for name, kind in endpoint.messages.items()
        ],
    }


def problem_responses(endpoint: Endpoint, problem: dict[str, Any]) -> dict[str, Any]:
    """Describe how an endpoint may refuse, by status; ``problem`` is the schema of the bodies."""
    by_status: dict[int, list[str]] = {}
    for kind in refusals_of(endpoint):
        text = (inspect.getdoc(kind) or "").partition("\n")[0]
        for status in statuses_of(kind):
            by_status.setdefault(int(status), []).append(text)
    return {
        str(status): {"description": " ".join(texts), **_content([CONTENT_TYPE], problem)}
        for status, texts in sorted(by_status.items())
    }


def refusals_of(endpoint: Endpoint) -> tuple[type[Exception], ...]:
    """Say how an endpoint may refuse: as it declares, and as follows from what it takes."""
    kinds: list[type[Exception]] = [*endpoint.raises]
    if endpoint.parameters or endpoint.body or endpoint.upload:
        kinds.append(Malformed)
    if endpoint.body or endpoint.upload:
        kinds += [Unreadable, WrongMediaType, TooLarge, TooSlow]
    if endpoint.access != "public":
        kinds += [Unauthenticated, Forbidden]
    if endpoint.reads:
        kinds.append(Unavailable)
    if endpoint.quota is not None:
        kinds.append(TooMany)
    return tuple(dict.fromkeys(kinds))


def _security(endpoint: Endpoint) -> Security:
    if endpoint.access == "public":
        return []
    return SIGNED_IN if endpoint.scope is None else SECURITY


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = parameter.adapter.json_schema()
    if not parameter.is_required and parameter.default is not None:
        schema["default"] = parameter.default
    described = {"description": schema.pop("description")} if "description" in schema else {}
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.is_required,
        "schema": schema,
        **described,
    }


def _content(kinds: Sequence[str], schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema} for kind in kinds}}


def _is_data(answer: Any) -> bool:
    return answer is not None and not gives_response(answer)


def _shown(answer: Any) -> Any:
    """What becomes JSON of what a function gives."""
    if get_origin(answer) is Listed:
        return list[get_args(answer)[0]]
    if get_origin(answer) is WithStatus:
        return get_args(answer)[0]
    return answer


def _tag(path: str) -> str:
    segments = path.removeprefix("/api/v1/").split("/")
    return segments[0] if path.startswith("/api/v1/") else "system"
