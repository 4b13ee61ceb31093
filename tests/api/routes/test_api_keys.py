"""API keys: created, returned once, listed, used, limited, revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.app import create_app
from api.dependencies import Dependencies
from api.http.rate_limit import RateLimiter
from domain.api_key import key_text, new_secret
from tests.api.api_client import (
    API,
    Client,
    Person,
    key_headers,
    list_models,
    new_api_key,
    problem,
    served,
)

ROW = {"input_data": [5, 3, 1, 0.2]}

Sent = Callable[[str], dict[str, str]]
HEADERS: dict[str, Sent] = {
    "Authorization": lambda key: {"Authorization": f"Bearer {key}"},
    "X-API-Key": lambda key: {"X-API-Key": key},
    "both": lambda key: {"Authorization": f"bearer {key}", "X-API-Key": key},
}


async def test_a_key_is_shown_once_and_listed_without_its_secret(alice: Person) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    first = await new_api_key(alice, "predict")
    second = await new_api_key(alice, "write", "read", expires_at=until, calls_per_minute=7)

    response = await alice.get("/api-keys")
    listed = await response.json()

    assert response.headers["X-Total-Count"] == "2"
    assert listed == [{n: v for n, v in key.items() if n != "key"} for key in (second, first)]
    assert first["key"] not in await response.text()
    assert first["key"].startswith(f"mlp_{UUID(first['id']).hex}_")
    assert (listed[0]["scopes"], listed[0]["calls_per_minute"]) == (["read", "write"], 7)
    assert datetime.fromisoformat(listed[0]["expires_at"]) == datetime.fromisoformat(until)
    assert (listed[1]["expires_at"], listed[1]["last_used_at"]) == (None, None)


@pytest.mark.parametrize("name", HEADERS)
async def test_a_program_calls_with_a_key(alice: Person, iris: bytes, name: str) -> None:
    model = await alice.model(iris)
    key = await new_api_key(alice, "predict", "read")
    headers = HEADERS[name](key["key"])
    path = f"{API}/models/{model['id']}"

    prediction_response = await alice.client.post(f"{path}/predict", json=ROW, headers=headers)
    seen = await alice.client.get(path, headers=headers)

    assert (prediction_response.status, seen.status) == (200, 200)
    assert (await seen.json())["usage_count"] == 1
    [listed] = await (await alice.get("/api-keys")).json()
    assert listed["last_used_at"] == (await prediction_response.json())["timestamp"]


async def test_the_record_of_a_prediction_names_the_key(
    alice: Person, iris: bytes, dependencies: Dependencies
) -> None:
    model = await alice.model(iris)
    key = await new_api_key(alice)
    path = f"{API}/models/{model['id']}"
    response = await alice.client.post(f"{path}/predict", json=ROW, headers=key_headers(key))
    renamed = await alice.client.put(path, json={"name": "irises"}, headers=key_headers(key))

    [prediction] = await dependencies.events.history(UUID((await response.json())["prediction_id"]))
    [*_, rename] = await dependencies.events.history(UUID(model["id"]))

    assert renamed.status == 200
    for recorded in (prediction, rename):
        assert recorded.metadata.access_id == UUID(key["id"])
        assert recorded.metadata.actor_id == UUID(alice.user["id"])


async def test_a_revoked_key_is_refused_and_listed_only_on_request(
    alice: Person, bob: Person
) -> None:
    key, kept = await new_api_key(alice), await new_api_key(alice)
    assert (await list_models(alice.client, key_headers(key))).status == 200

    await problem(await bob.request("DELETE", f"/api-keys/{key['id']}"), 404)
    assert (await list_models(alice.client, key_headers(key))).status == 200
    for _ in range(2):
        assert (await alice.request("DELETE", f"/api-keys/{key['id']}")).status == 204
        await problem(await list_models(alice.client, key_headers(key)), 401)

    assert (await list_models(alice.client, key_headers(kept))).status == 200
    assert [each["id"] for each in await (await alice.get("/api-keys")).json()] == [kept["id"]]
    first = await alice.get("/api-keys?include_revoked=true&limit=1")
    assert [each["id"] for each in await first.json()] == [kept["id"]]
    link = first.headers["Link"].partition(">")[0].removeprefix("<")
    following = await alice.client.get(link, headers=alice.headers)
    [revoked] = await following.json()
    assert (revoked["id"], revoked["revoked_at"] is None) == (key["id"], False)
    assert await (await bob.get("/api-keys?include_revoked=true")).json() == []


async def test_an_expired_key_is_refused(alice: Person) -> None:
    until = datetime.now(UTC) + timedelta(seconds=0.6)
    key = await new_api_key(alice, expires_at=until.isoformat())
    assert (await list_models(alice.client, key_headers(key))).status == 200

    await asyncio.sleep((until - datetime.now(UTC)).total_seconds() + 0.02)

    await problem(await list_models(alice.client, key_headers(key)), 401)


async def test_a_key_of_a_deactivated_account_is_refused_at_once(
    alice: Person, admin: Person
) -> None:
    key = await new_api_key(alice)
    toggle = f"/admin/users/{alice.user['id']}/toggle"
    assert (await list_models(alice.client, key_headers(key))).status == 200

    await admin.post(toggle, params={"active": "false"})
    await problem(await list_models(alice.client, key_headers(key)), 401)
    await admin.post(toggle, params={"active": "true"})
    assert (await list_models(alice.client, key_headers(key))).status == 200


async def limited(dependencies: Dependencies, calls: Callable[[Client], Awaitable[None]]) -> None:
    """Call the platform with small limits."""
    limiter = RateLimiter({"anonymous": 5, "account": 4, "predictions": 3})
    async with served(create_app(replace(dependencies, limiter=limiter))) as client:
        await calls(client)


async def test_each_key_has_its_own_limit_which_may_be_lower(
    dependencies: Dependencies, alice: Person, iris: bytes
) -> None:
    path = f"{API}/models/{(await alice.model(iris))['id']}/predict"
    key, other = await new_api_key(alice), await new_api_key(alice)
    low, high = (
        await new_api_key(alice, calls_per_minute=2),
        await new_api_key(alice, calls_per_minute=1_000),
    )

    async def calls(client: Client) -> None:
        async def statuses(headers: dict[str, str], count: int) -> list[int]:
            return [
                (await client.post(path, json=ROW, headers=headers)).status for _ in range(count)
            ]

        assert await statuses(key_headers(key), 4) == [200, 200, 200, 429]
        assert await statuses(key_headers(other), 1) == [200]
        assert await statuses(alice.headers, 4) == [200, 200, 200, 429]
        assert await statuses(key_headers(high), 4) == [200, 200, 200, 429]
        first = await client.post(path, json=ROW, headers=key_headers(low))
        seen = await list_models(client, key_headers(low))
        assert first.headers["RateLimit-Policy"] == '"key";q=2;w=60'
        assert (seen.status, seen.headers["RateLimit"]) == (200, '"key";r=0;t=60')
        refused = await client.post(path, json=ROW, headers=key_headers(low))
        await problem(refused, 429)
        assert 1 <= int(refused.headers["Retry-After"]) <= 60

    await limited(dependencies, calls)


async def test_guessing_keys_counts_against_the_anonymous_limit(
    dependencies: Dependencies, alice: Person
) -> None:
    key = await new_api_key(alice)

    async def calls(client: Client) -> None:
        guesses = [{"X-API-Key": key_text(uuid4(), new_secret())} for _ in range(6)]
        statuses = [(await list_models(client, each)).status for each in guesses]
        assert statuses == [401] * 5 + [429]
        assert (await list_models(client, key_headers(key))).status == 200

    await limited(dependencies, calls)
