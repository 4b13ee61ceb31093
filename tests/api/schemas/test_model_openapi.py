"""The OpenAPI description of one model: valid, typed, and correct."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from openapi_pydantic import OpenAPI
from openapi_spec_validator import validate

from api.routes.predictions import PREDICT
from api.schemas.model_openapi import describe_model
from tests.api.api_client import Person, form, problem, saved
from tests.inference import sample_models
from tests.samples import uploaded

NAMES = ("logistic", "mixed", "texts", "forest of two outputs", "linear", "categories", "clusters")


def schema_of(description: dict[str, Any], name: str) -> Any:
    """A validator of one of the schemas, which can refer to the others."""
    document = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    return Draft202012Validator(document)


def request_content_of(description: dict[str, Any]) -> dict[str, Any]:
    [methods] = description["paths"].values()
    content: dict[str, Any] = methods["post"]["requestBody"]["content"]["application/json"]
    return content


async def description_of(person: Person, path: str, **query: str) -> dict[str, Any]:
    response = await person.get(f"{path}/openapi.json", params=query)
    assert response.status == 200, await response.text()
    description = await response.json()
    assert OpenAPI.model_validate(description).openapi == "3.1.0"
    validate(description)
    return description


@pytest.mark.parametrize("name", NAMES)
async def test_the_description_fits_the_models_responses(alice: Person, name: str) -> None:
    fitted = sample_models.SampleModels()[name]
    path = f"/models/{(await alice.model(saved(fitted.estimator), name))['id']}"

    description = await description_of(alice, path)
    requests = schema_of(description, "PredictRequest")
    responses = schema_of(description, "PredictResponse")

    assert list(description["paths"]) == [f"/api/v1{path}/predict"]
    examples = [each["value"] for each in request_content_of(description)["examples"].values()]
    for body in ({"input_data": fitted.rows}, {"input_data": fitted.rows[0]}, *examples):
        assert requests.is_valid(body)
        response = await alice.post(f"{path}/predict", json=body)
        assert response.status == 200, await response.text()
        responses.validate(await response.json())
    invalid_bodies: list[Any] = [
        {"input_data": [[]]},
        {"input_data": {"nobody": 1}},
        {"rows": [1]},
        {},
    ]
    for wrong in invalid_bodies:
        assert not requests.is_valid(wrong)
        refused = await problem(await alice.post(f"{path}/predict", json=wrong), 422)
        assert schema_of(description, "Problem").is_valid(refused)


async def test_each_version_has_its_own_description(alice: Person, iris: bytes) -> None:
    path = f"/models/{(await alice.model(iris))['id']}"
    texts = saved(sample_models.SampleModels()["texts"].estimator)
    added = await alice.post(f"{path}/versions", data=form(texts, version="texts"))
    assert added.status == 201

    first = await description_of(alice, path)
    second = await description_of(alice, path, version="2")

    assert (first["info"]["version"], second["info"]["version"]) == ("1", "texts")
    assert second["components"]["schemas"]["Row"]["type"] == "string"
    [[parameter]] = [m["post"]["parameters"] for m in second["paths"].values()]
    assert (parameter["required"], parameter["schema"]["const"]) == (True, 2)
    example = request_content_of(second)["examples"]["one"]["value"]
    response = await alice.post(f"{path}/predict", params={"version": "2"}, json=example)
    assert response.status == 200
    await problem(await alice.get(f"{path}/openapi.json", params={"version": "3"}), 404)
    await problem(await alice.get(f"{path}/openapi.json", params={"version": "0"}), 422)


async def test_only_the_owner_may_read_it(alice: Person, bob: Person, iris: bytes) -> None:
    path = f"/models/{(await alice.model(iris))['id']}"

    await problem(await bob.get(f"{path}/openapi.json"), 404)
    await problem(await alice.get(f"/models/{uuid4()}/openapi.json"), 404)
    await alice.request("DELETE", path)
    await problem(await alice.get(f"{path}/openapi.json"), 404)


def test_it_contains_the_description_of_the_owner() -> None:
    model = uploaded()
    assert "description" not in describe_model(PREDICT, model)["info"]
    model.describe("Tells flowers apart.", by=model.owner_id)

    description = describe_model(PREDICT, model)

    assert description["info"]["title"] == "iris"
    assert description["info"]["description"] == "Tells flowers apart."
    assert description["components"]["securitySchemes"]
    validate(json.loads(json.dumps(description)))
