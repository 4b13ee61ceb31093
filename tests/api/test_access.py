"""Permissions: every route of the application, called by every role."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, hdrs

from api.app import ENDPOINTS
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoint
from api.feed.routes import EVENT_STREAM
from domain.api_key import SCOPES
from tests.api.access_table import (
    ADMIN,
    AUDITED,
    FORM,
    OWNED,
    PUBLIC,
    ROW,
    SUCCESS,
    TABLE,
    Role,
    Row,
)
from tests.api.api_client import Client, Person, form, key_headers, new_api_key, problem, signed_in

Headers = Mapping[str, str]
ResourceIds = Mapping[str, str]
"""Ids of the owner's resources, by the name of the path parameter."""


@pytest_asyncio.fixture(loop_scope="session")
async def headers(
    client: Client, alice: Person, bob: Person, admin: Person
) -> Mapping[Role, Headers]:
    """The headers of each role."""
    closed = await signed_in(client)
    await admin.post(f"/admin/users/{closed.user['id']}/toggle", params={"active": "false"})
    return {
        "nobody": {},
        "deactivated": closed.headers,
        "stranger": bob.headers,
        "admin": admin.headers,
        "owner": alice.headers,
    }


@pytest_asyncio.fixture(loop_scope="session")
async def resource_ids(alice: Person, iris: bytes) -> ResourceIds:
    """The owner's resources: a model that was called, a session, an account."""
    model = await alice.model(iris)
    call = await alice.post(f"/models/{model['id']}/predict", json={"input_data": ROW})
    [session] = await (await alice.get("/auth/sessions")).json()
    return {
        "model_id": model["id"],
        "prediction_id": (await call.json())["prediction_id"],
        "session_id": session["id"],
        "key_id": (await new_api_key(alice))["id"],
        "user_id": alice.user["id"],
    }


async def called(
    client: Client, route: str, headers: Headers, resource_ids: ResourceIds, file: bytes
) -> ClientResponse:
    """Call a route as described in its row of the table."""
    row = TABLE[route]
    method, _, path = route.partition(" ")
    body: dict[str, Any] = {} if row.body is None else {"json": row.body}
    if row.body == FORM:
        body = {"data": form(file)}
    path = path.format(**resource_ids, **row.values)
    return await client.request(method, path, params=row.query, headers=headers, **body)


def test_every_route_of_the_application_has_a_rule(client: Client) -> None:
    routes = [(each.method, each.resource) for each in client.app.router.routes()]
    paths = {each.partition(" ")[2] for each in TABLE}
    found = {f"{method} {resource.canonical}" for method, resource in routes if resource}

    preflights = {each for each in found if each.startswith(hdrs.METH_OPTIONS)}
    heads = {each for each in found if each.startswith(hdrs.METH_HEAD)}
    assert found - preflights - heads == set(TABLE)
    assert preflights <= {f"{hdrs.METH_OPTIONS} {path}" for path in paths}
    assert heads <= {each.replace(hdrs.METH_GET, hdrs.METH_HEAD, 1) for each in TABLE}
    assert len(routes) == len(found)


@pytest.mark.parametrize("route", TABLE)
async def test_every_role_gets_the_status_in_the_table(
    client: Client,
    dependencies: Dependencies,
    route: str,
    headers: Mapping[Role, Headers],
    resource_ids: ResourceIds,
    iris_forest: bytes,
) -> None:
    row = TABLE[route]
    statuses: dict[Role, int] = {}
    for role in row.rule:
        await dependencies.background.finished()
        response = await called(client, route, headers[role], resource_ids, iris_forest)
        statuses[role] = response.status
        if response.status == 401:
            assert response.headers["WWW-Authenticate"].startswith('Bearer realm="mlplatform"')
        if response.status >= 400:
            await problem(response, response.status)
        if response.content_type == EVENT_STREAM:
            response.close()  # It would never end.
    await dependencies.background.finished()

    assert statuses == {role: status or row.success for role, status in row.rule.items()}


@pytest.mark.parametrize("route", [each for each, row in TABLE.items() if row.rule is not PUBLIC])
async def test_a_key_may_do_only_what_its_scopes_allow(
    client: Client,
    dependencies: Dependencies,
    alice: Person,
    route: str,
    resource_ids: ResourceIds,
    iris_forest: bytes,
) -> None:
    row = TABLE[route]
    others = await new_api_key(alice, *(scope for scope in SCOPES if scope != row.scope))
    refused = await called(client, route, key_headers(others), resource_ids, iris_forest)
    result = await problem(refused, 403)
    if row.scope is None:
        assert result["detail"] == "API keys are not accepted here: sign in"
        return
    assert result["detail"] == f"this API key lacks the scope {row.scope}"
    right = await new_api_key(alice, row.scope)
    allowed = await called(client, route, key_headers(right), resource_ids, iris_forest)
    await dependencies.background.finished()
    assert allowed.status == row.success


@pytest.mark.parametrize("route", [each for each, row in TABLE.items() if row.scope])
async def test_an_administrators_key_does_not_give_access_to_others(
    client: Client,
    dependencies: Dependencies,
    admin: Person,
    route: str,
    resource_ids: ResourceIds,
    iris_forest: bytes,
) -> None:
    row = TABLE[route]
    response = await called(
        client, route, key_headers(await new_api_key(admin)), resource_ids, iris_forest
    )
    await dependencies.background.finished()
    assert response.status == (row.rule["stranger"] or row.success)


def has_owner(row: Row) -> bool:
    return row.rule in (OWNED, AUDITED)


@pytest.mark.parametrize("route", [each for each, row in TABLE.items() if has_owner(row)])
async def test_resources_of_other_users_are_not_found(
    client: Client,
    alice: Person,
    route: str,
    headers: Mapping[Role, Headers],
    resource_ids: ResourceIds,
    iris_forest: bytes,
) -> None:
    model = f"/models/{resource_ids['model_id']}"
    before = await (await alice.get(model)).json()
    missing_ids = {name: str(uuid4()) for name in resource_ids}
    rule = TABLE[route].rule
    for role in rule:
        if rule[role] != 404:
            continue
        refused = await called(client, route, headers[role], resource_ids, iris_forest)
        missing = await called(client, route, headers[role], missing_ids, iris_forest)
        result, of_missing = await problem(refused, 404), await problem(missing, 404)
        assert result["detail"] == of_missing["detail"]

    assert await (await alice.get(model)).json() == before
    assert len(await (await alice.get("/auth/sessions")).json()) == 1


def test_keys_are_refused_by_default() -> None:
    assert {f"{each.method} {each.path}": each.scope for each in ENDPOINTS} == {
        route: row.scope for route, row in TABLE.items()
    }
    for_keys = [each for each in ENDPOINTS if each.scope is not None]
    assert all((each.scope == "read") == (each.method == "GET") for each in for_keys)
    assert all((each.scope == "predict") == (each.quota == "predictions") for each in for_keys)
    scope = next(each for each in dataclasses.fields(Endpoint) if each.name == "scope")
    assert scope.default is None


def test_endpoints_need_a_sign_in_by_default() -> None:
    access_of = {f"{each.method} {each.path}": each.access for each in ENDPOINTS}
    assert {each for each in access_of if access_of[each] == "public"} == rows_of(PUBLIC)
    assert {each for each in access_of if access_of[each] == "admin"} == rows_of(ADMIN)
    assert rows_of(ADMIN) == {each for each in TABLE if "/admin/" in each}
    access = next(each for each in dataclasses.fields(Endpoint) if each.name == "access")
    assert access.default == "user"


def test_no_rule_gives_anonymous_clients_more_than_users() -> None:
    for row in TABLE.values():
        rule = row.rule
        assert (rule["nobody"] == SUCCESS) == (rule["deactivated"] == SUCCESS)
        assert rule["nobody"] in (SUCCESS, 401)
        if rule["stranger"] == SUCCESS:
            assert SUCCESS == rule["owner"] == rule["admin"]


def rows_of(rule: Mapping[Role, int]) -> set[str]:
    return {route for route, row in TABLE.items() if row.rule is rule}


async def test_administrators_read_the_history_of_every_model(
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
