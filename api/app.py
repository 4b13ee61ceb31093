"""The application: routes every endpoint, behind one middleware."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import aiohttp_cors
import msgspec
from aiohttp import hdrs, web

from api.auth.authenticator import Authenticator
from api.auth.authorization import Authorizer
from api.dependencies import MIB, Dependencies
from api.endpoints.endpoint import Endpoint
from api.endpoints.handler import make_handler
from api.endpoints.openapi import describe
from api.feed import routes as feed
from api.feed.hub import FEED_HUB, FeedHub
from api.http.in_flight import IN_FLIGHT, InFlight
from api.http.middleware import request_middleware
from api.http.request_context import REQUEST_CONTEXT
from api.routes import (
    accounts,
    admin,
    api_keys,
    audit,
    documentation,
    history,
    model_metrics,
    models,
    predictions,
    projection_admin,
    statistics,
    system,
    versions,
)
from api.routes.documentation import DESCRIPTION
from api.web_ui.files import FOLDER, WebUi

JSON_BYTES_MAX = MIB
CORS_MAX_AGE_S = 600
CORS_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
CORS_REQUEST_HEADERS = ("Authorization", "Content-Type", "X-API-Key", "X-Request-ID")
CORS_RESPONSE_HEADERS = (
    "Content-Disposition",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Data-Age",
    "X-Process-Time",
    "X-Request-ID",
    "X-Total-Count",
)

# The router tries paths in this order: those that are called most often come first.
ENDPOINTS: Sequence[Endpoint] = [
    endpoint
    for module in (
        predictions,
        history,
        models,
        versions,
        statistics,
        model_metrics,
        feed,
        accounts,
        api_keys,
        admin,
        audit,
        projection_admin,
        system,
        documentation,
    )
    for endpoint in module.endpoints
]


def create_app(dependencies: Dependencies, *, page_folder: Path = FOLDER) -> web.Application:
    """Create the application; the dependencies must be open, and stay open until it is closed."""
    in_flight = InFlight()
    web_ui = WebUi(page_folder, dependencies.addresses)
    middleware = request_middleware(
        dependencies.addresses,
        dependencies.metrics,
        dependencies.access_log,
        in_flight,
        web_ui.find,
    )
    app = web.Application(client_max_size=JSON_BYTES_MAX, middlewares=[middleware])
    app[IN_FLIGHT] = in_flight
    app[FEED_HUB] = hub = FeedHub(dependencies.pool)
    in_flight.on_drain(hub.end)
    app[DESCRIPTION] = description(title=dependencies.app_name, version=dependencies.version)
    authorizer = Authorizer(
        Authenticator(dependencies.tokens, dependencies.tickets, dependencies.events),
        dependencies.limiter,
    )
    routes = [
        app.router.add_route(method, endpoint.path, cast("Any", handler))
        for endpoint in ENDPOINTS
        for own in [make_handler(endpoint, dependencies, authorizer.authorize)]
        for handler in [web_ui.wrap(endpoint.path, own)]
        for method in _methods_of(endpoint)
    ]
    app.on_shutdown.append(in_flight.abort_streams)
    app.on_cleanup.append(lambda _: dependencies.background.close())
    app.on_cleanup.append(lambda _: hub.close())
    if dependencies.cors_origins:
        _allow_origins(app, routes, dependencies.cors_origins)
    return app


def description(*, title: str, version: str) -> bytes:
    """Return the OpenAPI description as JSON."""
    return msgspec.json.encode(describe(ENDPOINTS, title=title, version=version))


def _methods_of(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the methods of an endpoint: HEAD too for GET."""
    method = endpoint.method
    return (method, hdrs.METH_HEAD) if method == hdrs.METH_GET else (method,)


def _allow_origins(
    app: web.Application, routes: Sequence[web.AbstractRoute], origins: Sequence[str]
) -> None:
    """Allow CORS for exactly these origins, without cookies: tokens are sent in a header."""
    options = aiohttp_cors.ResourceOptions(
        allow_credentials=False,
        expose_headers=CORS_RESPONSE_HEADERS,
        allow_headers=CORS_REQUEST_HEADERS,
        allow_methods=CORS_METHODS,
        max_age=CORS_MAX_AGE_S,
    )
    cors = aiohttp_cors.setup(app, defaults=dict.fromkeys(origins, options))
    for route in routes:
        cors.add(route)
    add_cors_headers = app.on_response_prepare.pop()

    async def add_to_cross_origin(request: web.Request, response: web.StreamResponse) -> None:
        """Skip requests without an Origin, and responses that are the page itself."""
        if hdrs.ORIGIN in request.headers and request[REQUEST_CONTEXT].route is None:
            await add_cors_headers(request, response)

    app.on_response_prepare.append(add_to_cross_origin)
