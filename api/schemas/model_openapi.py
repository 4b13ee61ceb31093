"""The OpenAPI description of one model: its `predict` endpoint, typed by its signature.

The description of the whole API can only say that `predict` takes rows. From this one a client
or a form with the model's own columns can be generated.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from api.endpoints.endpoint import Endpoint
from api.endpoints.openapi import REF, SECURITY, SECURITY_SCHEMES, problem_responses
from api.http.problems import Problem
from api.http.responses import JSON
from api.schemas.predictions import PredictionView
from commands.predictions import ROWS_MAX
from domain.json_schema import example_row, input_schema, output_schema
from domain.model import Model
from domain.model_version import ModelVersion
from domain.signature import Signature


def describe_model(predict: Endpoint, model: Model, number: int | None = None) -> dict[str, Any]:
    """Describe how to call a model: its live version, or the version with a number.

    ``predict`` is the endpoint that is called. Raises `NotFound` for an unknown version.
    """
    version = model.serving if number is None else model.version_numbered(number)
    path = predict.path.replace("{model_id}", str(model.id))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": model.name,
            "version": version.label,
            "summary": f"{version.artifact.model_type}, version {version.number}",
            **({"description": model.description} if model.description else {}),
        },
        "paths": {path: {"post": _operation(predict, version, is_chosen=number is not None)}},
        "components": {
            "schemas": _schemas(version.artifact.signature),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operation(predict: Endpoint, version: ModelVersion, *, is_chosen: bool) -> dict[str, Any]:
    row = example_row(version.artifact.signature)
    examples = {
        "one": {"summary": "One row.", "value": {"input_data": row}},
        "several": {"summary": "Several rows.", "value": {"input_data": [row, row]}},
    }
    return {
        "operationId": "predict",
        "summary": "Predict for one row or many.",
        "security": SECURITY,
        "parameters": [_version_parameter(version, is_chosen=is_chosen)],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _reference("PredictRequest"), "examples": examples}},
        },
        "responses": {
            "200": {
                "description": "The predictions.",
                "content": {JSON: {"schema": _reference("PredictResponse")}},
            },
            **problem_responses(predict, _reference("Problem")),
        },
    }


def _version_parameter(version: ModelVersion, *, is_chosen: bool) -> dict[str, Any]:
    """Require the described version if it was chosen; else it pins the one that is live now."""
    return {
        "name": "version",
        "in": "query",
        "required": is_chosen,
        "description": "The version that is described here.",
        "schema": {"type": "integer", "const": version.number},
    }


def _schemas(signature: Signature) -> dict[str, Any]:
    row = _reference("Row")
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": ROWS_MAX}
    return {
        "Row": input_schema(signature),
        "PredictRequest": {
            "type": "object",
            "properties": {"input_data": {"anyOf": [row, rows]}},
            "required": ["input_data"],
            "additionalProperties": False,
        },
        "PredictResponse": _response(signature),
        **_named("Problem", TypeAdapter(Problem)),
    }


def _response(signature: Signature) -> dict[str, Any]:
    """Describe a response of any model, narrowed by this model's signature."""
    schema = TypeAdapter(PredictionView).json_schema(mode="serialization")
    outputs = {"probabilities": {"type": "null"}} | output_schema(signature)["properties"]
    return schema | {"properties": schema["properties"] | outputs}


def _named(name: str, adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Name a schema, and add the schemas that it refers to."""
    schema = adapter.json_schema(mode="serialization", ref_template=REF)
    others = schema.pop("$defs", {})
    return {name: schema, **others}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": REF.replace("{model}", name)}
