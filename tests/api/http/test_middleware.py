"""What every response has, and the responses to invalid requests."""

from __future__ import annotations

import dataclasses
import gc
import io
import json
import tracemalloc
from typing import Any, cast

import pytest
from structlog.testing import capture_logs
from yarl import URL

from api.app import create_app
from api.dependencies import Dependencies
from api.http.access_log import json_lines
from api.http.problems import STATUS, name_of
from projections.engine.freshness import Freshness
from projections.registry import PROJECTIONS
from storage.postgres.pool import open_pool
from tests.api.api_client import API, Client, Person, problem, served
from tests.api.raw_connection import HOST, connected

PAGE = "https://page.example"


@pytest.mark.parametrize("request_id", ["abc", "A-1_b.c", "x" * 64])
async def test_a_request_keeps_the_id_that_its_client_sent(client: Client, request_id: str) -> None:
    response = await client.get("/", headers={"X-Request-ID": request_id})

    assert response.headers["X-Request-ID"] == request_id


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "é", "a;b", '"'])
async def test_an_invalid_request_id_is_replaced(client: Client, request_id: str) -> None:
    response = await client.get("/", headers={"X-Request-ID": request_id})

    assert response.headers["X-Request-ID"] != request_id
    assert len(response.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("path", ["/", "/health", "/docs", "/nowhere", f"{API}/auth/me"])
async def test_every_response_has_a_duration_and_protective_headers(
    client: Client, path: str
) -> None:
    response = await client.get(path)

    assert float(response.headers["X-Process-Time"]) >= 0
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Server"] == "mlplatform"


async def test_an_unknown_address_is_a_problem(client: Client) -> None:
    for path in ("/nowhere", f"{API}/nothing", "/api", "/docs/../etc/passwd"):
        await problem(await client.get(path), 404)


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "TRACE", "PROPFIND"])
async def test_an_unsupported_method_is_a_problem_that_names_the_supported_ones(
    client: Client, method: str
) -> None:
    response = await client.request(method, f"{API}/auth/me")

    result = await problem(response, 405)
    assert result["type"] == "/problems/method-not-allowed"
    assert {"GET", "PUT"} <= set(response.headers["Allow"].split(", "))


async def test_an_internal_error_is_logged_and_reveals_nothing(
    dependencies: Dependencies, alice: Person
) -> None:
    broken = dataclasses.replace(dependencies, freshness=cast("Any", None))
    async with served(create_app(broken)) as client:
        with capture_logs() as logs:
            response = await client.get(f"{API}/models", headers=alice.headers)
        result = await problem(response, 500)

    assert "NoneType" not in json.dumps(result)
    [entry] = [each for each in logs if each["event"] == "request_failed"]
    assert (entry["log_level"], entry["request_id"]) == ("error", result["request_id"])


async def test_an_unavailable_database_is_a_temporary_problem(
    dependencies: Dependencies, alice: Person
) -> None:
    unreachable = "postgresql://nobody:secret@127.0.0.1:1/nothing"
    async with open_pool(unreachable, min_size=0) as pool:
        without_database = dataclasses.replace(dependencies, freshness=Freshness(pool, PROJECTIONS))
        async with served(create_app(without_database)) as client:
            response = await client.get(f"{API}/models", headers=alice.headers)
            result = await problem(response, 503)

    assert response.headers["Retry-After"] == "1"
    assert "secret" not in json.dumps(result)


async def test_a_response_from_tables_that_are_behind_states_its_age(
    dependencies: Dependencies, alice: Person
) -> None:
    async with dependencies.pool.acquire() as connection, connection.transaction():
        # The lock on the checkpoint stops the runner.
        await connection.execute("SELECT FROM projections WHERE name = 'model_list' FOR UPDATE")
        await alice.request("PUT", "/auth/me", json={"full_name": "Alice"})
        response = await alice.get("/models")

    assert response.status == 200
    assert float(response.headers["X-Data-Age"]) > 0


async def test_the_log_has_a_line_for_each_request_and_no_query(
    dependencies: Dependencies, alice: Person
) -> None:
    stream = io.BytesIO()
    logged = dataclasses.replace(dependencies, access_log=json_lines(stream))
    async with served(create_app(logged)) as client:
        await client.get(f"{API}/auth/me?token=secret", headers=alice.headers)
        await client.post(f"{API}/auth/refresh?refresh_token=secret")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert b"secret" not in stream.getvalue()
    assert [(each["path"], each["status"]) for each in lines] == [
        (f"{API}/auth/me", 200),
        (f"{API}/auth/refresh", 401),
    ]
    assert [each["user_id"] for each in lines] == [alice.user["id"], None]
    assert set(lines[0]) == {
        "timestamp",
        "level",
        "event",
        "method",
        "path",
        "status",
        "duration_ms",
        "request_id",
        "client",
        "user_id",
    }


@pytest.mark.parametrize("path", ["/problems/", f"{API}/models/", "/nowhere/"])
async def test_a_secret_in_a_path_is_cut_in_the_log_and_in_responses(
    dependencies: Dependencies, alice: Person, path: str
) -> None:
    stream = io.BytesIO()
    logged = dataclasses.replace(dependencies, access_log=json_lines(stream))
    secrets = [alice.tokens["access_token"], alice.tokens["refresh_token"], "%6dlp_" + "x1" * 40]
    async with served(create_app(logged)) as client:
        for secret in secrets:
            response = await client.get(URL(f"{path}{secret}", encoded=True), headers=alice.headers)
            assert secret[:40] not in await response.text()

    assert len(stream.getvalue().splitlines()) == len(secrets)
    assert not any(secret[:40].encode() in stream.getvalue() for secret in secrets)


@pytest.mark.parametrize("path", ["/problems/", "/docs/", f"{API}/models/"])
async def test_long_urls_use_no_memory_after_the_response(client: Client, path: str) -> None:
    async def send(numbers: range) -> None:
        async with connected(client) as socket:
            for number in numbers:
                address = f"{path}{number}{'x' * 7_000}".encode()
                socket.writer.write(b"GET " + address + b" HTTP/1.1\r\n" + HOST + b"\r\n")
                assert (await socket.read_response())[0] in (401, 404)

    tracemalloc.start()
    try:
        await send(range(200))  # About the last hundred requests are always in memory.
        gc.collect()
        before_bytes, _ = tracemalloc.get_traced_memory()
        await send(range(200, 400))
        gc.collect()
        grown_bytes = tracemalloc.get_traced_memory()[0] - before_bytes
    finally:
        tracemalloc.stop()
    assert grown_bytes < 200 * 7_000 / 2


async def test_a_page_of_an_allowed_origin_may_call(client: Client, alice: Person) -> None:
    preflight = await client.options(
        f"{API}/auth/me",
        headers={
            "Origin": PAGE,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    response = await alice.get("/auth/me", headers={"Origin": PAGE})
    refused = await client.get(f"{API}/auth/me", headers={"Origin": PAGE})

    assert preflight.status == 200
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    for each in (preflight, response, refused):
        assert each.headers["Access-Control-Allow-Origin"] == PAGE
        assert "Access-Control-Allow-Credentials" not in each.headers
    assert "X-Request-ID" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://page.example.org", "http://page.example", "null"])
async def test_a_page_of_another_origin_may_not(client: Client, alice: Person, origin: str) -> None:
    preflight = await client.options(
        f"{API}/auth/me", headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
    )
    response = await alice.get("/auth/me", headers={"Origin": origin})

    await problem(preflight, 403)
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_every_kind_of_problem_is_explained(client: Client) -> None:
    for kind, status in STATUS.items():
        response = await client.get(f"/problems/{name_of(kind)}")
        result = await response.json()
        assert (response.status, result["status"]) == (200, int(status))
        assert result["description"]
    await problem(await client.get("/problems/none"), 404)
