"""The OpenAPI description, and Swagger UI for it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from aiohttp import web

from api.endpoints.endpoint import Endpoints
from api.http.request_context import REQUEST_CONTEXT
from api.http.responses import JSON
from domain.errors import NotFound

endpoints = Endpoints()

DESCRIPTION = web.AppKey("description", bytes)
"""The OpenAPI description, as JSON."""

FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
CACHING = "public, max-age=86400"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START_NAME = "start.js"
START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""


@endpoints.add("GET", "/openapi.json", access="public", quota=None)
async def read_description(request: web.Request) -> web.Response:
    """Return this description."""
    return web.Response(body=request.app[DESCRIPTION], content_type=JSON)


@endpoints.add("GET", "/docs", access="public", quota=None)
async def read_docs(request: web.Request) -> web.Response:
    """Show Swagger UI."""
    request[REQUEST_CONTEXT].response_headers["Content-Security-Policy"] = POLICY
    return web.Response(text=PAGE, content_type="text/html")


@endpoints.add("GET", "/docs/{name}", access="public", quota=None, raises=(NotFound,))
async def read_docs_file(request: web.Request, name: str) -> web.Response:
    """Return a file of Swagger UI."""
    if name != START_NAME and name not in FILES:
        raise NotFound("there is no such file")
    request[REQUEST_CONTEXT].response_headers["Cache-Control"] = CACHING
    if name == START_NAME:
        return web.Response(text=START, content_type="text/javascript")
    return web.Response(body=_file(name), content_type=FILES[name])


@cache
def _file(name: str) -> bytes:
    """Read a file, only once."""
    folder = distribution("swagger-ui-py").locate_file("swagger_ui/static")
    return Path(str(folder), name).read_bytes()
