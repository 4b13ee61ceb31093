"""Accounts, sign-in and sessions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.app import create_app
from api.dependencies import Dependencies
from commands.sessions import RefreshTokens, SessionCommands
from mlplatform.server.database import Database
from mlplatform.server.store import open_store
from mlplatform.settings import Settings
from tests.api.api_client import (
    API,
    PASSWORD,
    Client,
    Person,
    problem,
    registered,
    served,
    signed_in_again,
)


async def test_a_new_account_is_returned(client: Client) -> None:
    body = {
        "username": f"Ada{uuid4().hex[:8]}",
        "email": f"Ada{uuid4().hex[:8]}@Example.org",
        "password": PASSWORD,
        "full_name": "Ada Lovelace",
    }

    response = await client.post(f"{API}/auth/register", json=body)

    assert response.status == 201
    user = await response.json()
    assert user["username"] == body["username"].lower()
    assert user["email"] == body["email"].lower()
    assert user["full_name"] == "Ada Lovelace"
    assert (user["is_active"], user["is_admin"]) == (True, False)
    assert user["created_at"] == user["updated_at"]
    assert "password" not in user


async def test_a_name_that_is_taken_is_a_conflict(client: Client) -> None:
    name = f"twin{uuid4().hex[:8]}"
    await registered(client, name)
    body = {"username": name.upper(), "email": "other@example.org", "password": PASSWORD}

    result = await problem(await client.post(f"{API}/auth/register", json=body), 409)

    assert "username" in result["detail"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"username": "ab"}, "username"),
        ({"username": "a@b"}, "username"),
        ({"email": "nobody"}, "email"),
        ({"email": 5}, "email"),
        ({"password": "short"}, "password"),
        ({"password": None}, "password"),
        ({"is_admin": True}, "is_admin"),
        ({"full_name": "x" * 300}, "full_name"),
    ],
)
async def test_an_invalid_account_is_refused_with_the_field(
    client: Client, changed: dict[str, Any], named: str
) -> None:
    body = {"username": "somebody", "email": "some@example.org", "password": PASSWORD} | changed

    result = await problem(await client.post(f"{API}/auth/register", json=body), 422)

    assert named in result["detail"]


async def test_users_sign_in_with_username_email_or_form(client: Client) -> None:
    user = await registered(client, f"form{uuid4().hex[:8]}")
    by_form = {"grant_type": "password", "username": user["username"], "password": PASSWORD}

    responses = [
        await client.post(
            f"{API}/auth/login", json={"username": user["email"].upper(), "password": PASSWORD}
        ),
        await client.post(f"{API}/auth/login", data=by_form | {"scope": "", "client_id": "x"}),
    ]

    for response in responses:
        tokens = await response.json()
        assert response.status == 200
        assert tokens["token_type"] == "bearer"
        assert tokens["expires_in"] == 1800
        assert (await Person(client, user, tokens).get("/auth/me")).status == 200


async def test_a_wrong_password_and_an_unknown_name_get_the_same_response(alice: Person) -> None:
    details = [
        (
            await problem(
                await alice.client.post(
                    f"{API}/auth/login", json={"username": name, "password": "wrong password"}
                ),
                401,
            )
        )["detail"]
        for name in (alice.user["username"], "nobody-of-this-name")
    ]

    assert details[0] == details[1]


async def test_a_malformed_form_is_refused(client: Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for raw in (b"username=%ff", b"username=a&username=b", b"&".join([b"a=1"] * 50)):
        await problem(await client.post(f"{API}/auth/login", data=raw, headers=headers), 400)


async def test_tokens_are_refreshed_from_the_body_and_from_the_query(alice: Person) -> None:
    first = alice.tokens["refresh_token"]
    by_body = await alice.client.post(f"{API}/auth/refresh", json={"refresh_token": first})
    second = (await by_body.json())["refresh_token"]
    by_query = await alice.client.post(f"{API}/auth/refresh", params={"refresh_token": second})

    assert (by_body.status, by_query.status) == (200, 200)
    renewed = await by_query.json()
    assert len({first, second, renewed["refresh_token"]}) == 3
    assert (await Person(alice.client, alice.user, renewed).get("/auth/me")).status == 200


@pytest.mark.parametrize("token", ["", "nonsense", "AAAA", "é", "x" * 900])
async def test_an_invalid_refresh_token_is_refused(client: Client, token: str) -> None:
    response = await client.post(f"{API}/auth/refresh", json={"refresh_token": token})

    await problem(response, 401 if token else 422)


async def test_a_missing_refresh_token_is_named(client: Client) -> None:
    result = await problem(await client.post(f"{API}/auth/refresh"), 422)

    assert "refresh_token" in result["detail"]


async def test_a_profile_is_changed_field_by_field(alice: Person) -> None:
    named = await alice.request("PUT", "/auth/me", json={"full_name": "Alice"})
    email = f"new{uuid4().hex[:8]}@example.org"
    moved = await alice.request("PUT", "/auth/me", json={"email": email})

    assert (await named.json())["full_name"] == "Alice"
    assert (await moved.json())["email"] == email
    assert (await moved.json())["full_name"] == "Alice"
    assert (await (await alice.get("/auth/me")).json())["email"] == email


async def test_after_signing_out_neither_token_is_valid(alice: Person) -> None:
    assert (await alice.post("/auth/logout")).status == 204

    await problem(await alice.get("/auth/me"), 401)
    refresh = {"refresh_token": alice.tokens["refresh_token"]}
    await problem(await alice.client.post(f"{API}/auth/refresh", json=refresh), 401)


async def test_a_new_password_ends_the_other_sessions(alice: Person) -> None:
    other = await signed_in_again(alice.client, alice.user)
    body = {"current_password": PASSWORD, "new_password": "another horse entirely"}

    assert (await alice.post("/auth/password", json=body)).status == 204

    assert (await alice.get("/auth/me")).status == 200
    [left] = await (await alice.get("/auth/sessions")).json()
    assert left["is_current"]
    await problem(await other.get("/auth/me"), 401)
    refresh = {"refresh_token": other.tokens["refresh_token"]}
    await problem(await alice.client.post(f"{API}/auth/refresh", json=refresh), 401)
    old = {"username": alice.user["username"], "password": PASSWORD}
    await problem(await alice.client.post(f"{API}/auth/login", json=old), 401)


@pytest.mark.parametrize(
    ("current", "new", "named"),
    [
        ("not the password", "another horse entirely", "current_password"),
        (PASSWORD, "letmein123", "password: this is one of the most common passwords"),
        (PASSWORD, "short", "password: it has 8"),
    ],
)
async def test_an_invalid_password_changes_nothing(
    alice: Person, current: str, new: str, named: str
) -> None:
    other = await signed_in_again(alice.client, alice.user)
    body = {"current_password": current, "new_password": new}

    result = await problem(await alice.post("/auth/password", json=body), 422)

    assert named in result["detail"]
    assert (await other.get("/auth/me")).status == 200
    await signed_in_again(alice.client, alice.user)


async def test_only_the_right_password_reveals_that_an_account_is_deactivated(
    alice: Person, admin: Person
) -> None:
    await admin.post(f"/admin/users/{alice.user['id']}/toggle", params={"active": "false"})
    body = {"username": alice.user["username"], "password": PASSWORD}
    refresh = {"refresh_token": alice.tokens["refresh_token"]}

    await problem(await alice.client.post(f"{API}/auth/login", json=body), 403)
    wrong = body | {"password": "wrong password"}
    await problem(await alice.client.post(f"{API}/auth/login", json=wrong), 401)
    await problem(await alice.client.post(f"{API}/auth/refresh", json=refresh), 401)


async def test_one_of_fifty_concurrent_refreshes_succeeds_and_the_session_stays_open(
    alice: Person,
) -> None:
    url, body = f"{API}/auth/refresh", {"refresh_token": alice.tokens["refresh_token"]}
    responses = await asyncio.gather(*(alice.client.post(url, json=body) for _ in range(50)))

    assert sorted(each.status for each in responses) == [200] + [401] * 49
    [won] = [await each.json() for each in responses if each.status == 200]
    again = await alice.client.post(url, json={"refresh_token": won["refresh_token"]})
    assert again.status == 200
    await problem(await alice.client.post(url, json=body), 401)
    newest = {"refresh_token": (await again.json())["refresh_token"]}
    await problem(await alice.client.post(url, json=newest), 401)
    await problem(await alice.get("/auth/me"), 401)


async def test_failed_logins_have_to_wait_for_retry_after(
    dependencies: Dependencies, settings: Settings, database: Database
) -> None:
    with_waits = settings.model_copy(update={"login_wait_s_max": 60.0})
    body = {"username": "nobody-at-all", "password": "wrong password"}
    async with open_store(with_waits, database) as store:
        sessions = SessionCommands(
            store.events,
            store.passwords,
            store.names,
            RefreshTokens(timedelta(days=7), bytes(32)),
        )
        app = create_app(replace(dependencies, sessions=sessions))
        async with served(app) as client:
            responses = [await client.post(f"{API}/auth/login", json=body) for _ in range(6)]

            assert [each.status for each in responses] == [401] * 5 + [429]
            await problem(responses[-1], 429)
            assert responses[-1].headers["Retry-After"] == "1"


async def test_sessions_are_listed_and_closed_one_by_one(alice: Person, bob: Person) -> None:
    headers = {"User-Agent": "Other/1.0"}
    body = {"username": alice.user["username"], "password": PASSWORD}
    await alice.client.post(f"{API}/auth/login", json=body, headers=headers)

    sessions = await (await alice.get("/auth/sessions")).json()
    [current] = [each for each in sessions if each["is_current"]]
    [other] = [each for each in sessions if not each["is_current"]]

    assert other["user_agent"] == "Other/1.0"
    await problem(await bob.request("DELETE", f"/auth/sessions/{other['id']}"), 404)
    assert (await alice.request("DELETE", f"/auth/sessions/{other['id']}")).status == 204
    left = await (await alice.get("/auth/sessions")).json()
    assert [each["id"] for each in left] == [current["id"]]
