"""The platform itself: health, metrics, and kinds of problems."""

from __future__ import annotations

import asyncio
import hmac
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Literal

import structlog
from aiohttp import web

from api.dependencies import Dependencies, Probe
from api.endpoints.endpoint import Endpoints, WithStatus
from api.http.metrics import CONTENT_TYPE
from api.http.problems import STATUS, name_of, status_of
from api.http.rate_limit import DEGRADED
from api.http.request_context import REQUEST_CONTEXT
from domain.errors import Forbidden, NotFound, Unavailable
from projections.engine.checkpoints import status
from projections.registry import PROJECTIONS

endpoints = Endpoints()

PROBE_TIMEOUT_S = 2.0
LAG_S_MAX = 10.0
LOOPBACK_V6 = "::/64"
"""The network of ::1, as clients' addresses are given."""
FORWARDING = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP")
"""Headers of a proxy, whose own address may be a loopback address."""

log = structlog.get_logger()


@dataclass(frozen=True)
class RootView:
    """The name of the platform, and links."""

    message: str
    version: str
    docs: str
    health: str
    max_upload_size: int
    """The largest model file that can be uploaded, in bytes."""


@dataclass(frozen=True)
class HealthView:
    """The health of the platform and of its components."""

    status: Literal["healthy", "degraded"]
    service: str
    version: str
    parts: Mapping[str, Any]


@dataclass(frozen=True)
class ProblemKindView:
    """A kind of problem."""

    name: str
    status: int
    description: str


@endpoints.add("GET", "/", access="public", quota=None)
async def read_root(dependencies: Dependencies) -> RootView:
    """Return the name of the platform, links, and the upload limit."""
    return RootView(
        message=dependencies.app_name,
        version=dependencies.version,
        docs="/docs",
        health="/health",
        max_upload_size=dependencies.upload_bytes_max,
    )


@endpoints.add("GET", "/health", access="public", quota=None)
async def read_health(dependencies: Dependencies) -> WithStatus[HealthView]:
    """Return the health of the platform.

    The status is 503 if a component is out of order, and 200 with `degraded` if the platform
    works without that component.
    """
    probes = {**dependencies.probes, "projections": partial(_projections, dependencies)}
    results = await asyncio.gather(*map(_run_probe, probes.values()))
    is_healthy = all(is_healthy for is_healthy, _ in results)
    parts = {name: result for name, (_, result) in zip(probes, results, strict=True)}
    limits = await dependencies.limiter.state()
    view = HealthView(
        "healthy" if is_healthy and limits != DEGRADED else "degraded",
        dependencies.app_name,
        dependencies.version,
        {**parts, "rate_limits": limits},
    )
    return WithStatus(view, HTTPStatus.OK if is_healthy else HTTPStatus.SERVICE_UNAVAILABLE)


@endpoints.add("GET", "/metrics", access="public", quota=None, raises=(Forbidden,))
async def read_metrics(dependencies: Dependencies, request: web.Request) -> web.Response:
    """Return metrics for Prometheus, to clients with the metrics token or on this machine."""
    if not _may_read_metrics(request, dependencies.metrics_token):
        raise Forbidden("metrics need the metrics token")
    is_up, statuses = await _run_probe(partial(status, dependencies.pool, PROJECTIONS))
    for each in statuses if is_up else ():
        dependencies.metrics.set_projection(
            each.name, lag_events=each.lag_events, lag_s=each.lag_s, parked=each.parked
        )
    return web.Response(body=dependencies.metrics.render(), headers={"Content-Type": CONTENT_TYPE})


@endpoints.add("GET", "/problems/{name}", access="public", quota=None, raises=(NotFound,))
async def read_problem_kind(name: str) -> ProblemKindView:
    """Describe a kind of problem, by the name in its ``type``."""
    kinds = {name_of(kind): kind for kind in STATUS}
    if name not in kinds:
        raise NotFound("there is no such kind of problem")
    kind = kinds[name]
    return ProblemKindView(name, status_of(kind), inspect.getdoc(kind) or "")


async def _run_probe(probe: Probe) -> tuple[bool, Any]:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return True, await probe()
    except Exception as error:  # noqa: BLE001 — any error means that it is out of order
        log.warning("probe_failed", error=type(error).__name__)
        return False, "out of order"


async def _projections(dependencies: Dependencies) -> dict[str, float]:
    """Return how far the projections are behind; raises `Unavailable` if too far."""
    statuses = await status(dependencies.pool, PROJECTIONS)
    lag_s = max(each.lag_s for each in statuses)
    if lag_s > LAG_S_MAX:
        raise Unavailable("the projections are too far behind")
    return {
        "lag_events": max(each.lag_events for each in statuses),
        "lag_seconds": lag_s,
        "parked": sum(each.parked for each in statuses),
    }


def _may_read_metrics(request: web.Request, token: str | None) -> bool:
    if token is not None:
        sent = request.headers.get("Authorization", "")
        return hmac.compare_digest(sent.encode("utf-8", "replace"), f"Bearer {token}".encode())
    if not request.headers.keys().isdisjoint(FORWARDING):
        return False
    try:
        return ip_address(request[REQUEST_CONTEXT].address).is_loopback
    except ValueError:
        return request[REQUEST_CONTEXT].address == LOOPBACK_V6
