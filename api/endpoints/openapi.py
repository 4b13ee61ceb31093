"""The OpenAPI description, derived from the endpoints."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from api.endpoints.endpoint import Endpoint, ListPage, WithStatus, is_response
from api.endpoints.multipart import FORM_DATA
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
        "description": "The total number of rows, if it is known.",
        "schema": {"type": "integer"},
    },
    "Link": {
        "description": 'The next page, with `rel="next"`; absent on the last one.',
        "schema": {"type": "string"},
    },
}


def describe(endpoints: Iterable[Endpoint], *, title: str, version: str) -> dict[str, Any]:
    """Describe every endpoint, with its schemas and its refusals."""
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
    """The schemas of all request and response types, each once."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        inputs = {kind for each in endpoints for kind in (each.body, each.upload) if kind}
        outputs = {_json_type(each.result) for each in endpoints if _is_json(each.result)}
        outputs |= {kind for each in endpoints for kind in each.messages.values()} | {Problem}
        modes: list[tuple[JsonSchemaMode, set[Any]]] = [
            ("validation", inputs),
            ("serialization", outputs),
        ]
        adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
            (repr(kind), mode, TypeAdapter[Any](kind))
            for mode, kinds in modes
            for kind in sorted(kinds, key=repr)
        ]
        by_name, definitions = TypeAdapter.json_schemas(adapters, ref_template=REF)
        self._by_name = {name: schema for (name, _), schema in by_name.items()}
        self.components: dict[str, Any] = definitions["$defs"]

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type, or a reference to it."""
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
    response: dict[str, Any] = {"description": endpoint.status.phrase}
    if _is_json(endpoint.result):
        response |= _content([JSON], schemas.of(_json_type(endpoint.result)))
    elif endpoint.messages:
        response |= _content(endpoint.media_types, _event_stream(endpoint, schemas))
    elif endpoint.media_types:
        response |= _content(endpoint.media_types, {"type": "string"})
    if get_origin(endpoint.result) is ListPage:
        response["headers"] = LIST_HEADERS
    return {str(int(endpoint.status)): response} | problem_responses(endpoint, schemas.of(Problem))


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
    """Describe the refusals of an endpoint by status; ``problem`` is the schema of their bodies."""
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
    """List the refusals of an endpoint: declared ones, and those that follow from its options."""
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
        "in": parameter.location,
        "required": parameter.is_required,
        "schema": schema,
        **described,
    }


def _content(kinds: Sequence[str], schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema} for kind in kinds}}


def _is_json(result: Any) -> bool:
    return result is not None and not is_response(result)


def _json_type(result: Any) -> Any:
    """The type that is sent as JSON."""
    if get_origin(result) is ListPage:
        return list[get_args(result)[0]]
    if get_origin(result) is WithStatus:
        return get_args(result)[0]
    return result


def _tag(path: str) -> str:
    segments = path.removeprefix("/api/v1/").split("/")
    return segments[0] if path.startswith("/api/v1/") else "system"
