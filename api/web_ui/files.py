"""The web page: files built from `frontend/`, at addresses outside of the API.

All files are read at the start, with the compressed copies that the build makes
(`frontend/vite.config.ts`). A requested path is looked up among them, never opened as a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

from api.http.client_address import ClientAddresses
from api.http.request_context import REQUEST_CONTEXT
from api.http.responses import Handler

FOLDER = Path(__file__).parents[1] / "web"
"""Where `make page` puts the built files."""
ROOT = "/"
INDEX = "/index.html"
ROUTE = "/(page)"
"""The route of the page in metrics."""
HASHED = "/assets/"
"""Names below it contain a hash of the file, so that browsers may cache them forever."""
NOT_PAGES = ("/api/", "/docs", "/metrics", "/health", "/openapi.json", "/problems", HASHED)
HTML = "text/html"
READ_METHODS = (hdrs.METH_GET, hdrs.METH_HEAD)

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
VARY = "Accept-Encoding"
HSTS = "max-age=31536000"
"""For a year, browsers use TLS only."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
CONTENT_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
COMPRESSED: Mapping[str, str] = {"br": ".br", "gzip": ".gz"}
"""The file suffix of each content coding, the best one first."""
IDENTITY = ""

NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>ML Deployment Platform</title>
<h1>The page has not been built</h1>
<p>The API is running: <a href="/docs">documentation</a>, <a href="/health">health</a>.
<p>For the page run <code>make page</code> in the project's folder, and restart the platform.
</html>
"""


@dataclass(frozen=True)
class _File:
    """A file and its headers."""

    bodies: Mapping[str, bytes]
    """By content coding."""
    content_type: str
    caching: str
    etag: str

    @classmethod
    def of(cls, path: str, bodies: Mapping[str, bytes]) -> _File:
        """Make a file from its path below the folder and its contents."""
        digest = hashlib.sha256(bodies[IDENTITY]).hexdigest()[:32]
        return cls(
            bodies,
            CONTENT_TYPES.get(Path(path).suffix, "application/octet-stream"),
            IMMUTABLE if path.startswith(HASHED) else REVALIDATE,
            digest,
        )

    def response(self, request: web.Request) -> web.Response:
        """Make a response with the file, compressed if the client accepts that, or a 304."""
        headers = request[REQUEST_CONTEXT].response_headers
        headers["Cache-Control"] = self.caching
        headers["Content-Security-Policy"] = POLICY
        # Weak: it is the same for every content coding.
        headers["ETag"] = f'W/"{self.etag}"'
        headers["Vary"] = VARY if self.caching is IMMUTABLE else f"Accept, {VARY}"
        if any(each.value in (self.etag, "*") for each in request.if_none_match or ()):
            return web.Response(status=304)
        accepted = _accepted(request, hdrs.ACCEPT_ENCODING)
        coding = next((each for each in self.bodies if each in accepted), IDENTITY)
        if coding:
            headers["Content-Encoding"] = coding
        return web.Response(body=self.bodies[coding], headers={"Content-Type": self.content_type})


class WebUi:
    """Sends the page to browsers, and its files to any client."""

    def __init__(self, folder: Path, addresses: ClientAddresses) -> None:
        self._addresses = addresses
        self._files = {path: _File.of(path, bodies) for path, bodies in _read(folder)}
        self._index = self._files.get(INDEX) or _File.of(INDEX, {IDENTITY: NOT_BUILT})

    def find(self, request: web.Request) -> web.Response | None:
        """Return a file of the page, or None, for a path without a route."""
        path = request.rel_url.raw_path
        if request.method not in READ_METHODS:
            return None
        file = self._files.get(path)
        if file is None and not path.startswith(NOT_PAGES) and _is_browser(request):
            file = self._index
        return None if file is None else self._response(file, request)

    def wrap(self, path: str, handler: Handler) -> Handler:
        """Wrap the handler of the root, which sends browsers the page."""
        if path != ROOT:
            return handler

        async def handle(request: web.Request) -> web.StreamResponse:
            if _is_browser(request):
                return self._response(self._index, request)
            return await handler(request)

        return handle

    def _response(self, file: _File, request: web.Request) -> web.Response:
        context = request[REQUEST_CONTEXT]
        context.route = ROUTE
        if self._addresses.is_tls(request):
            context.response_headers["Strict-Transport-Security"] = HSTS
        return file.response(request)


def _is_browser(request: web.Request) -> bool:
    """Whether a browser opens the address; other programs do not name HTML in Accept."""
    return HTML in _accepted(request, hdrs.ACCEPT)


def _accepted(request: web.Request, header: str) -> set[str]:
    """Parse the values that a header names, without those of weight 0."""
    accepted: set[str] = set()
    for each in ",".join(request.headers.getall(header, ())).split(","):
        name, *parameters = [part.strip().lower() for part in each.split(";")]
        if not any(part.startswith("q=") and not part[2:].strip("0.") for part in parameters):
            accepted.add(name)
    return accepted


def _read(folder: Path) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    """Read each file, by its URL path, with its compressed copies."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.suffix not in COMPRESSED.values():
            compressed = {coding: Path(f"{file}{suffix}") for coding, suffix in COMPRESSED.items()}
            bodies = {name: each.read_bytes() for name, each in compressed.items() if each.exists()}
            yield f"/{file.relative_to(folder).as_posix()}", {**bodies, IDENTITY: file.read_bytes()}
