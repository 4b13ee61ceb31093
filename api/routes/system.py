"""The platform itself over HTTP: whether it is well, and its figures."""

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
"""What ::1 is counted as."""
FORWARDING = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP")
"""What a proxy adds to the calls of others, which seem to come from where it stands."""

log = structlog.get_logger()


@dataclass(frozen=True)
class RootView:
    """Where to go from here."""

    message: str
    version: str
    docs: str
    health: str
    max_upload_size: int
    """How many bytes an uploaded model file may have."""


@dataclass(frozen=True)
class HealthView:
    """How the platform is, part by part."""

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
    """Say what this is."""
    return RootView(
        message=dependencies.app_name,
        version=dependencies.version,
        docs="/docs",
        health="/health",
        max_upload_size=dependencies.upload_bytes_max,
    )


@endpoints.add("GET", "/health", access="public", quota=None)
async def read_health(dependencies: Dependencies) -> WithStatus[HealthView]:
    """Say how the platform is; 503 where a part is out of order.

    It is degraded and answers 200 where it can do without the part that is away.
    """
    probes = {**dependencies.probes, "projections": partial(_projections, dependencies)}
    found = await asyncio.gather(*map(_asked, probes.values()))
    is_well = all(is_well for is_well, _ in found)
    answers = {name: answer for name, (_, answer) in zip(probes, found, strict=True)}
    limits = await dependencies.limiter.state()
    view = HealthView(
        "healthy" if is_well and limits != DEGRADED else "degraded",
        dependencies.app_name,
        dependencies.version,
        {**answers, "rate_limits": limits},
    )
    return WithStatus(view, HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE)


@endpoints.add("GET", "/metrics", access="public", quota=None, raises=(Forbidden,))
async def read_metrics(dependencies: Dependencies, request: web.Request) -> web.Response:
    """Show the figures for Prometheus: to who has the token for them, or to this machine."""
    if not _may_read_metrics(request, dependencies.metrics_token):
        raise Forbidden("the figures need the metrics token")
    is_up, stands = await _asked(partial(status, dependencies.pool, PROJECTIONS))
    for each in stands if is_up else ():
        dependencies.metrics.stands(
            each.name, lag_events=each.lag_events, lag_s=each.lag_s, parked=each.parked
        )
    return web.Response(body=dependencies.metrics.render(), headers={"Content-Type": CONTENT_TYPE})


@endpoints.add("GET", "/problems/{name}", access="public", quota=None, raises=(NotFound,))
async def read_problem_kind(name: str) -> ProblemKindView:
    """Say what a kind of problem is, by the name that stands in its ``type``."""
    kinds = {name_of(kind): kind for kind in STATUS}
    if name not in kinds:
        raise NotFound("there is no such kind of problem")
    kind = kinds[name]
    return ProblemKindView(name, status_of(kind), inspect.getdoc(kind) or "")


async def _asked(probe: Probe) -> tuple[bool, Any]:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return True, await probe()
    except Exception as error:  # noqa: BLE001 — whatever it is, the part is out of order
        log.warning("probe_failed", error=type(error).__name__)
        return False, "out of order"


async def _projections(dependencies: Dependencies) -> dict[str, float]:
    """Say how far the read tables are behind; raises where they do not keep up."""
    found = await status(dependencies.pool, PROJECTIONS)
    lag_s = max(each.lag_s for each in found)
    if lag_s > LAG_S_MAX:
        raise Unavailable("the projections do not keep up")
    return {
        "lag_events": max(each.lag_events for each in found),
        "lag_seconds": lag_s,
        "parked": sum(each.parked for each in found),
    }


def _may_read_metrics(request: web.Request, token: str | None) -> bool:
    if token is not None:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode())
    if not request.headers.keys().isdisjoint(FORWARDING):
        return False
    try:
        return ip_address(request[REQUEST_CONTEXT].address).is_loopback
    except ValueError:
        return request[REQUEST_CONTEXT].address == LOOPBACK_V6
