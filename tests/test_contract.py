"""The platform matches its own description: every response is as described."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from aiohttp_sse import EventSourceResponse
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.app import ENDPOINTS
from api.endpoints.endpoint import Endpoint
from tests.api.access_table import ROW
from tests.api.api_client import saved
from tests.inference import sample_models
from tests.secret_search import API, SearchedPlatform, running_platform

CHECKS: Any = checks
ENDING = [each for each in ENDPOINTS if each.result is not EventSourceResponse]
"""All but the live feed, which does not end; `tests/api/feed/test_routes.py` reads it."""
EXAMPLES = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
ADMIN = {
    "FIRST_ADMIN_USERNAME": "root",
    "FIRST_ADMIN_EMAIL": "root@example.org",
    "FIRST_ADMIN_PASSWORD": uuid4().hex,
}


@pytest.fixture(scope="module")
def platform() -> Generator[SearchedPlatform]:
    """One platform for all tests here."""
    with (
        tempfile.TemporaryDirectory(prefix="mlp-") as folder,
        running_platform(Path(folder), **ADMIN) as platform,
    ):
        yield platform


@pytest.fixture(scope="module")
def description(platform: SearchedPlatform) -> OpenApiSchema:
    """Its OpenAPI description."""
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{platform.port}/openapi.json")


@dataclass
class Visitor:
    """A caller, and the ids of their resources."""

    headers: Mapping[str, str]
    resource_ids: Mapping[str, str]
    """Values of path parameters."""


@pytest.fixture
def stranger() -> Visitor:
    """An anonymous caller."""
    return Visitor({}, {})


@pytest.fixture(scope="module")
def reader(platform: SearchedPlatform) -> Visitor:
    """A user who only reads, shared by all tests that only read."""
    return visitor_with_a_model(platform)


@pytest.fixture
def user(request: pytest.FixtureRequest, platform: SearchedPlatform, endpoint: Endpoint) -> Visitor:
    """A signed-in user with a model that was called."""
    if endpoint.method == "GET":
        return request.getfixturevalue("reader")
    return visitor_with_a_model(platform)


def visitor_with_a_model(platform: SearchedPlatform) -> Visitor:
    name = uuid4().hex
    who = {"username": name, "password": uuid4().hex}
    platform.call("POST", f"{API}/auth/register", who | {"email": f"{name}@example.org"})
    visitor = signed_in(platform, who)
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
        + saved(sample_models.SampleModels()["logistic"].estimator)
        + b"\r\n--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    path = f"{API}/models/upload?name=iris"
    model = platform.call("POST", path, form, {**visitor.headers, **kind}).body["id"]
    path = f"{API}/models/{model}/predict"
    called = platform.call("POST", path, {"input_data": ROW}, visitor.headers).body
    visitor.resource_ids = {
        "model_id": model,
        "prediction_id": called["prediction_id"],
        "number": "1",
    }
    return visitor


@pytest.fixture
def admin(platform: SearchedPlatform) -> Visitor:
    """An administrator."""
    root = {"username": "root", "password": ADMIN["FIRST_ADMIN_PASSWORD"]}
    visitor = signed_in(platform, root)
    visitor.resource_ids = {"name": "users", "projection": "users"}
    return visitor


def signed_in(platform: SearchedPlatform, who: Mapping[str, str]) -> Visitor:
    tokens = platform.call("POST", f"{API}/auth/login", who).body
    return Visitor({"Authorization": f"Bearer {tokens['access_token']}"}, {})


@pytest.mark.parametrize("endpoint", ENDING, ids=lambda each: each.function.__name__)
@pytest.mark.parametrize("who", ["stranger", "user", "admin"])
def test_every_role_gets_responses_as_described(
    request: pytest.FixtureRequest, description: Any, who: str, endpoint: Endpoint
) -> None:
    visitor: Visitor = request.getfixturevalue(who)
    operation = description[endpoint.path][endpoint.method]

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def accept(case: Any) -> None:
        names = {name for name in case.path_parameters if name in visitor.resource_ids}
        case.path_parameters.update({name: visitor.resource_ids[name] for name in names})
        check(case, visitor)

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def refuse(case: Any) -> None:
        check(case, visitor)

    accept()
    with suppress(Unsatisfiable):  # Some operations accept every input.
        refuse()


def check(case: Any, visitor: Visitor) -> None:
    response = case.call(headers=dict(visitor.headers))
    if response.status_code == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return  # aiohttp refused the headers before any endpoint was called.
    # Rules that no schema can express (valid passwords) also give a 422.
    case.validate_response(
        response,
        headers=dict(visitor.headers),
        excluded_checks=[CHECKS.positive_data_acceptance],
    )
