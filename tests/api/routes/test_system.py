"""The platform itself: health and metrics."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from api.app import create_app
from api.dependencies import Dependencies
from api.http.client_address import ClientAddresses
from api.routes.system import FORWARDING
from tests.api.api_client import API, Client, Person, problem, served
from tests.api.conftest import UPLOAD_BYTES_MAX


async def test_the_root_has_links_and_the_upload_limit(client: Client) -> None:
    result = await (await client.get("/")).json()

    assert (result["docs"], result["health"]) == ("/docs", "/health")
    assert result["max_upload_size"] == UPLOAD_BYTES_MAX


async def test_a_healthy_platform_reports_its_components(client: Client) -> None:
    response = await client.get("/health")

    result = await response.json()
    assert (response.status, result["status"]) == (200, "healthy")
    assert result["parts"]["database"] == "up"
    assert result["parts"]["inference"] == "up"
    assert result["parts"]["sandbox"]["level"] in ("full", "reduced")
    assert result["parts"]["rate_limits"] == "off"
    assert result["parts"]["projections"]["parked"] == 0
    assert result["parts"]["projections"]["lag_seconds"] < 10


async def test_a_component_that_fails_is_named(dependencies: Dependencies) -> None:
    async def out_of_order() -> Any:
        raise ConnectionError("postgresql://user:secret@host")

    broken = dataclasses.replace(
        dependencies, probes={**dependencies.probes, "database": out_of_order}
    )
    async with served(create_app(broken)) as client:
        response = await client.get("/health")
        result = await response.json()

    assert (response.status, result["status"]) == (503, "degraded")
    assert result["parts"]["database"] == "out of order"
    assert result["parts"]["inference"] == "up"


async def test_a_component_that_does_not_respond_has_failed(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.system.PROBE_TIMEOUT_S", 0.1)

    async def silent() -> Any:
        await asyncio.sleep(60)

    broken = dataclasses.replace(dependencies, probes={"inference": silent})
    async with served(create_app(broken)) as client:
        assert (await client.get("/health")).status == 503


async def test_projections_that_are_too_far_behind_have_failed(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.system.LAG_S_MAX", -1.0)
    async with served(create_app(dependencies)) as client:
        result = await (await client.get("/health")).json()

    assert result["parts"]["projections"] == "out of order"


async def test_metrics_count_calls_by_route(client: Client, alice: Person) -> None:
    await alice.get("/models/01a20ae5-1356-784c-9e68-2a599afb98e1")

    text = await (await client.get("/metrics")).text()

    counted = 'http_request_duration_seconds_count{method="GET",route="%s",status="404"}'
    assert counted % f"{API}/models/{{model_id}}" in text
    assert "01a20ae5" not in text
    assert 'projection_lag_events{projection="model_stats"} 0.0' in text


async def test_metrics_with_a_token_need_the_token(dependencies: Dependencies) -> None:
    guarded = dataclasses.replace(dependencies, metrics_token="token-for-figures")
    async with served(create_app(guarded)) as client:
        for value in ("", "Bearer wrong", "token-for-figures", "Bearer é"):
            await problem(await client.get("/metrics", headers={"Authorization": value}), 403)
        right = {"Authorization": "Bearer token-for-figures"}
        assert (await client.get("/metrics", headers=right)).status == 200


async def test_metrics_without_a_token_are_for_loopback_clients(dependencies: Dependencies) -> None:
    behind_proxy = dataclasses.replace(dependencies, addresses=ClientAddresses(["127.0.0.1"]))
    async with served(create_app(behind_proxy)) as client:
        assert (await client.get("/metrics")).status == 200
        for address in ("192.0.2.1", "2001:db8::1", "::1", "127.0.0.1", "192.0.2.1:4711", ""):
            headers = {"X-Forwarded-For": address}
            await problem(await client.get("/metrics", headers=headers), 403)


@pytest.mark.parametrize("header", FORWARDING)
async def test_a_request_forwarded_by_an_unknown_proxy_is_not_local(
    client: Client, header: str
) -> None:
    assert (await client.get("/metrics")).status == 200

    await problem(await client.get("/metrics", headers={header: "1.1 192.0.2.1"}), 403)
