"""Who may call what: every endpoint, by everybody."""

from __future__ import annotations

import dataclasses
import re
from typing import Any
from uuid import uuid4

import pytest

from api.app import ENDPOINTS
from api.endpoint import Endpoint
from tests.api.people import Client, Person, problem

OPEN = {
    "register",
    "login",
    "refresh",
    "read_root",
    "read_health",
    "read_metrics",
    "read_problem_kind",
    "read_description",
    "read_docs",
    "read_docs_file",
}
OF_A_MODEL = [each for each in ENDPOINTS if "{model_id}" in each.path]
FOR_ADMINISTRATORS_TOO = {"list_events"}
VALUES = {"number": "1", "name": "users", "projection": "users", "position": "1"}


def named(endpoint: Endpoint) -> str:
    return endpoint.function.__name__


def path_of(endpoint: Endpoint, **values: str) -> str:
    """Fill in a path."""
    return re.sub(
        r"{(\w+)}", lambda m: values.get(m[1]) or VALUES.get(m[1]) or str(uuid4()), endpoint.path
    )


async def called(client: Client, endpoint: Endpoint, path: str, **options: Any) -> Any:
    body: dict[str, Any] = {"json": {}} if endpoint.body else {}
    return await client.request(endpoint.method, path, **body, **options)


def test_endpoints_are_closed_unless_they_say_otherwise() -> None:
    assert {named(each) for each in ENDPOINTS if each.access == "public"} == OPEN
    assert {each.default for each in dataclasses.fields(Endpoint) if each.name == "access"} == {
        "user"
    }
    admin = {named(e) for e in ENDPOINTS if e.access == "admin"}
    assert admin == {named(e) for e in ENDPOINTS if "/admin/" in e.path}


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.access != "public"], ids=named)
async def test_nobody_calls_without_a_token(client: Client, endpoint: Endpoint) -> None:
    answer = await called(client, endpoint, path_of(endpoint))

    await problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mlplatform"'


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.access == "admin"], ids=named)
async def test_users_do_not_call_what_is_for_administrators(
    alice: Person, endpoint: Endpoint
) -> None:
    answer = await called(alice.client, endpoint, path_of(endpoint), headers=alice.headers)

    await problem(answer, 403)


@pytest.mark.parametrize("endpoint", OF_A_MODEL, ids=named)
async def test_a_model_of_somebody_else_is_not_there(
    alice: Person, bob: Person, admin: Person, iris: bytes, endpoint: Endpoint
) -> None:
    model = await alice.model(iris)
    path = path_of(endpoint, model_id=model["id"])
    body: dict[str, Any] = {"name": "mine"} if endpoint.method == "PUT" else {"inputs": [[1] * 4]}

    for stranger in (bob, admin):
        if stranger is admin and named(endpoint) in FOR_ADMINISTRATORS_TOO:
            continue
        answer = await bob.client.request(
            endpoint.method,
            path,
            json=body if endpoint.body else None,
            headers=stranger.headers,
        )
        said = await problem(answer, 404)
        assert model["name"] not in said["detail"]
    assert (await alice.get(f"/models/{model['id']}")).status == 200


async def test_administrators_look_into_the_past_of_every_model(
    alice: Person, bob: Person, admin: Person, iris: bytes
) -> None:
    model = await alice.model(iris)
    path = f"/models/{model['id']}"
    past = {"as_of": model["created_at"]}

    assert (await admin.get(f"{path}/events")).status == 200
    assert (await admin.get(path, params=past)).status == 200
    await problem(await bob.get(f"{path}/events"), 404)
    await problem(await bob.get(path, params=past), 404)


async def test_a_deactivated_account_is_locked_out_at_once(alice: Person, admin: Person) -> None:
    path = f"/admin/users/{alice.user['id']}/toggle"

    closed = await admin.post(path, params={"active": "false"})

    assert not (await closed.json())["is_active"]
    await problem(await alice.get("/auth/me"), 401)
    await admin.post(path, params={"active": "true"})
    assert (await alice.get("/auth/me")).status == 200
    await problem(await admin.post(path), 422)
    await problem(
        await admin.post(f"/admin/users/{uuid4()}/toggle", params={"active": "true"}), 404
    )
    own = f"/admin/users/{admin.user['id']}/toggle"
    await problem(await admin.post(own, params={"active": "false"}), 409)
