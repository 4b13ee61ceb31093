"""The OpenAPI description is complete and valid, and matches the endpoints."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_pydantic import OpenAPI

from api.app import ENDPOINTS, create_app
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoint
from api.endpoints.openapi import describe, refusals_of
from api.http.problems import CONTENT_TYPE, statuses_of
from tests.api.api_client import Client


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return describe(ENDPOINTS, title="Platform", version="1")


def operation(description: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    return description["paths"][endpoint.path][endpoint.method.lower()]


def test_it_is_openapi_3_1(description: dict[str, Any]) -> None:
    assert OpenAPI.model_validate(description).openapi == "3.1.0"


def test_every_reference_has_a_schema(description: dict[str, Any]) -> None:
    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(description)))

    assert references
    assert references <= set(description["components"]["schemas"])


async def test_it_describes_every_route_of_the_application(
    dependencies: Dependencies, description: dict[str, Any]
) -> None:
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in create_app(dependencies).router.routes()
        if route.resource is not None and route.method not in ("OPTIONS", "HEAD")
    }
    described = {(m, path) for path, methods in description["paths"].items() for m in methods}

    assert routes == described


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.function.__name__)
def test_every_refusal_is_described(description: dict[str, Any], endpoint: Endpoint) -> None:
    described = operation(description, endpoint)
    expected = {str(int(endpoint.status))} | {
        str(int(status)) for kind in refusals_of(endpoint) for status in statuses_of(kind)
    }

    assert set(described["responses"]) == expected
    for status, response in described["responses"].items():
        assert response["description"]
        assert status < "400" or list(response["content"]) == [CONTENT_TYPE]
    assert described["summary"].endswith(".")
    in_path = {p["name"] for p in described["parameters"] if p["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", endpoint.path))


def test_every_failure_of_a_model_is_described(description: dict[str, Any]) -> None:
    responses = description["paths"]["/api/v1/models/{model_id}/predict"]["post"]["responses"]

    assert {"422", "502", "504"} <= set(responses)


def test_public_endpoints_are_described_without_security(description: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        is_open = operation(description, endpoint)["security"] == []
        assert is_open == (endpoint.access == "public")


def test_forms_and_examples_are_described(description: dict[str, Any]) -> None:
    login = description["paths"]["/api/v1/auth/login"]["post"]["requestBody"]
    upload = description["paths"]["/api/v1/models/upload"]["post"]["requestBody"]
    lists = description["paths"]["/api/v1/models"]["get"]["responses"]["200"]
    schemas = description["components"]["schemas"]

    assert set(login["content"]) == {"application/json", "application/x-www-form-urlencoded"}
    assert set(upload["content"]) == {"multipart/form-data"}
    assert set(lists["headers"]) == {"X-Total-Count", "Link"}
    assert schemas["PredictBody"]["properties"]["input_data"]["examples"]


async def test_it_is_served_and_displayed_without_external_files(client: Client) -> None:
    described = await client.get("/openapi.json")
    page = await client.get("/docs")
    html = await page.text()

    assert (await described.json())["openapi"] == "3.1.0"
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert links
    for link in links:
        assert link.startswith("/docs/")
        file = await client.get(link)
        assert (file.status, bool(await file.read())) == (200, True)
    assert "unsafe-eval" not in page.headers["Content-Security-Policy"]
    assert "<script>" not in html
    missing = await client.get("/docs/oauth2-redirect.html")
    assert (missing.status, missing.headers["Cache-Control"]) == (404, "no-store")


def test_each_message_of_the_feed_is_described(description: dict[str, Any]) -> None:
    feed = description["paths"]["/api/v1/feed"]["get"]["responses"]["200"]["content"]
    [(media_type, content)] = feed.items()
    messages = {
        message["properties"]["event"]["const"]: message["properties"]["data"]
        for message in content["schema"]["oneOf"]
    }

    assert media_type == "text/event-stream"
    assert messages == {
        "happened": {"$ref": "#/components/schemas/FeedEvent"},
        "figures": {"$ref": "#/components/schemas/FeedFigures"},
        "skipped": {"$ref": "#/components/schemas/FeedSkipped"},
    }
