"""A client of the API: users who are signed in, their API keys, and the model files they upload."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import ClientResponse, DummyCookieJar, FormData, web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web_runner import BaseRunner

from domain.api_key import SCOPES
from inference.child.libraries import joblib
from mlplatform.server.app_runner import DrainingRunner

Client = TestClient[web.Request, web.Application]

API = "/api/v1"
PASSWORD = "correct horse battery"


@dataclass
class Person:
    """A user who is signed in."""

    client: Client
    user: dict[str, Any]
    tokens: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """The header that authenticates the user."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def request(self, method: str, path: str, **options: Any) -> ClientResponse:
        """Send a request as this user."""
        headers = self.headers | options.pop("headers", {})
        return await self.client.request(method, API + path, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> ClientResponse:
        """Send a GET request."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> ClientResponse:
        """Send a POST request."""
        return await self.request("POST", path, **options)

    async def upload(self, file: bytes, **fields: str) -> ClientResponse:
        """Upload a model file."""
        return await self.post("/models/upload", data=form(file, **fields))

    async def model(self, file: bytes, name: str = "iris") -> dict[str, Any]:
        """Upload a valid model file; return the model."""
        response = await self.upload(file, name=name)
        assert response.status == 201, await response.text()
        return await response.json()


def form(file: bytes, **fields: str) -> FormData:
    """Make a form with a file and text fields."""
    data = FormData()
    for name, value in fields.items():
        data.add_field(name, value)
    data.add_field("file", file, filename="model.joblib", content_type="application/octet-stream")
    return data


async def registered(client: Client, name: str) -> dict[str, Any]:
    """Register an account."""
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    response = await client.post(f"{API}/auth/register", json=body)
    assert response.status == 201, await response.text()
    return await response.json()


async def signed_in(client: Client) -> Person:
    """Register an account and sign in."""
    user = await registered(client, f"user{uuid4().hex[:12]}")
    return await signed_in_again(client, user)


async def signed_in_again(client: Client, user: dict[str, Any]) -> Person:
    """Sign in again."""
    body = {"username": user["username"], "password": PASSWORD}
    response = await client.post(f"{API}/auth/login", json=body)
    assert response.status == 200, await response.text()
    return Person(client, user, await response.json())


async def problem(response: ClientResponse, status: int) -> dict[str, Any]:
    """Read a problem, and check its status."""
    text = await response.text()
    assert response.status == status, text
    assert response.content_type == "application/problem+json", text
    body = await response.json()
    assert body["status"] == status
    assert body["detail"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body


class _Server(TestServer):
    __test__ = False

    async def _make_runner(self, **_: Any) -> BaseRunner:
        return DrainingRunner(self.app, timeout_s=1.0)


def served(app: web.Application, *, keeps_cookies: bool = True) -> Client:
    """Serve an application as the platform does; a context manager that gives a client."""
    return TestClient(_Server(app), cookie_jar=None if keeps_cookies else DummyCookieJar())


def saved(estimator: Any) -> bytes:
    """The bytes of an estimator's file, saved with joblib."""
    stream = io.BytesIO()
    joblib.dump(estimator, stream)
    return stream.getvalue()


async def new_api_key(person: Person, *scopes: str, **terms: Any) -> dict[str, Any]:
    """Create an API key, with all scopes by default."""
    body = {"name": "nightly", "scopes": scopes or SCOPES, **terms}
    response = await person.post("/api-keys", json=body)
    assert response.status == 201, await response.text()
    return await response.json()


def key_headers(key: dict[str, Any]) -> dict[str, str]:
    """The headers that send an API key."""
    return {"X-API-Key": key["key"]}


async def list_models(client: Client, headers: Any) -> ClientResponse:
    """Send a request that any API key with the scope `read` may send."""
    return await client.get(f"{API}/models", headers=headers)
