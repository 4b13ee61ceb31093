"""The description of one model's endpoint: what this very model takes and answers, typed.

The description of the whole API can only say that rows go in; from this one a client can be
generated, or a form be drawn, that knows the columns.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from api.auth.ownership import own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints
from api.endpoints.openapi import REF, SECURITY, SECURITY_SCHEMES, problem_responses
from api.http.problems import Problem
from api.http.request_context import Caller
from api.http.responses import JSON
from api.routes.predictions import PredictionView, VersionNumber
from api.routes.predictions import endpoints as prediction_endpoints
from commands.predictions import ROWS_MAX
from domain.errors import NotFound
from domain.json_schema import example_row, input_schema, output_schema
from domain.model import Model
from domain.model_version import ModelVersion
from domain.signature import Signature

endpoints = Endpoints()

_PREDICT = next(each for each in prediction_endpoints if each.function.__name__ == "predict")


@endpoints.add("GET", "/api/v1/models/{model_id}/openapi.json", scope="read", raises=(NotFound,))
async def read_model_description(
    dependencies: Dependencies, caller: Caller, model_id: UUID, version: VersionNumber | None = None
) -> dict[str, Any]:
    """Describe how one model is asked, as OpenAPI; its serving version, or the one named."""
    model = await own_model(dependencies.events, caller, model_id)
    return describe_model(model, version)


def describe_model(model: Model, number: int | None = None) -> dict[str, Any]:
    """Describe the endpoint of a model; of a version that is named, as the one that is asked for.

    Raises `NotFound` if there is no such version.
    """
    version = model.serving if number is None else model.version_numbered(number)
    path = _PREDICT.path.replace("{model_id}", str(model.id))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": model.name,
            "version": version.label,
            "summary": f"{version.artifact.model_type}, version {version.number}",
            **({"description": model.description} if model.description else {}),
        },
        "paths": {path: {"post": _operation(version, is_named=number is not None)}},
        "components": {
            "schemas": _schemas(version.artifact.signature),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operation(version: ModelVersion, *, is_named: bool) -> dict[str, Any]:
    row = example_row(version.artifact.signature)
    examples = {
        "one": {"summary": "One row.", "value": {"input_data": row}},
        "several": {"summary": "Several rows.", "value": {"input_data": [row, row]}},
    }
    return {
        "operationId": "predict",
        "summary": "Ask the model about one row or many.",
        "security": SECURITY,
        "parameters": [_version_parameter(version, is_named=is_named)],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _reference("Question"), "examples": examples}},
        },
        "responses": {
            "200": {
                "description": "What the model answers.",
                "content": {JSON: {"schema": _reference("Answer")}},
            },
            **problem_responses(_PREDICT, _reference("Problem")),
        },
    }


def _version_parameter(version: ModelVersion, *, is_named: bool) -> dict[str, Any]:
    """Ask for the described version in any case, or only so that it stays when another serves."""
    return {
        "name": "version",
        "in": "query",
        "required": is_named,
        "description": "The version that is described here.",
        "schema": {"type": "integer", "const": version.number},
    }


def _schemas(signature: Signature) -> dict[str, Any]:
    row = _reference("Row")
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": ROWS_MAX}
    return {
        "Row": input_schema(signature),
        "Question": {
            "type": "object",
            "properties": {"input_data": {"anyOf": [row, rows]}},
            "required": ["input_data"],
            "additionalProperties": False,
        },
        "Answer": _answer(signature),
        **_named("Problem", TypeAdapter(Problem)),
    }


def _answer(signature: Signature) -> dict[str, Any]:
    """Describe an answer as for all models, and what this one gives as its signature tells."""
    schema = TypeAdapter(PredictionView).json_schema(mode="serialization")
    given = {"probabilities": {"type": "null"}} | output_schema(signature)["properties"]
    return schema | {"properties": schema["properties"] | given}


def _named(name: str, adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Give a schema under a name, and beside it those that it refers to."""
    schema = adapter.json_schema(mode="serialization", ref_template=REF)
    others = schema.pop("$defs", {})
    return {name: schema, **others}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": REF.replace("{model}", name)}
