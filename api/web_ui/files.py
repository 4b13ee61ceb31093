"""The page: files that were built from `frontend/`, for browsers, where the API has no answer.

The files are read at the start, with what the build packed of them (`frontend/vite.config.ts`).
What a client asks for is looked up among them, and never made the name of a file.
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
"""Where `make page` puts what it builds."""
ROOT = "/"
INDEX = "/index.html"
ROUTE = "/(page)"
"""What metrics count requests for the page as."""
HASHED = "/assets/"
"""Below it names change with contents, so that nobody has to ask again."""
NO_PAGES = ("/api/", "/docs", "/metrics", "/health", "/openapi.json", "/problems", HASHED)
HTML = "text/html"
READING = (hdrs.METH_GET, hdrs.METH_HEAD)

FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
VARY = "Accept-Encoding"
TLS_ONLY = "max-age=31536000"
"""For a year a browser that was here under TLS does not come without it."""
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
PACKED: Mapping[str, str] = {"br": ".br", "gzip": ".gz"}
"""Which content coding ends in which suffix, the best one first."""
PLAIN = ""

NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>ML Deployment Platform</title>
<h1>The page has not been built</h1>
<p>The API is here: <a href="/docs">its documentation</a>, <a href="/health">how it is</a>.
<p>For the page run <code>make page</code> in the project's folder, and start the platform anew.
</html>
"""


@dataclass(frozen=True)
class _File:
    """A file and what is said with it."""

    bodies: Mapping[str, bytes]
    """By content coding."""
    content_type: str
    caching: str
    etag: str

    @classmethod
    def of(cls, path: str, bodies: Mapping[str, bytes]) -> _File:
        """Make a file of its path below the folder and of what is in it."""
        digest = hashlib.sha256(bodies[PLAIN]).hexdigest()[:32]
        return cls(
            bodies,
            CONTENT_TYPES.get(Path(path).suffix, "application/octet-stream"),
            FOR_EVER if path.startswith(HASHED) else ASK_FIRST,
            digest,
        )

    def response(self, request: web.Request) -> web.Response:
        """Give the file, packed as the client takes it, or say that it has not changed."""
        headers = request[REQUEST_CONTEXT].response_headers
        headers["Cache-Control"] = self.caching
        headers["Content-Security-Policy"] = POLICY
        # Weak, for it is the same whatever it is packed in.
        headers["ETag"] = f'W/"{self.etag}"'
        headers["Vary"] = VARY if self.caching is FOR_EVER else f"Accept, {VARY}"
        if any(each.value in (self.etag, "*") for each in request.if_none_match or ()):
            return web.Response(status=304)
        accepted = _accepted(request, hdrs.ACCEPT_ENCODING)
        coding = next((each for each in self.bodies if each in accepted), PLAIN)
        if coding:
            headers["Content-Encoding"] = coding
        return web.Response(body=self.bodies[coding], headers={"Content-Type": self.content_type})


class Page:
    """Answers browsers that look at an address, and whoever asks for a file of the page."""

    def __init__(self, folder: Path, addresses: ClientAddresses) -> None:
        self._addresses = addresses
        self._files = {path: _File.of(path, bodies) for path, bodies in _read(folder)}
        self._index = self._files.get(INDEX) or _File.of(INDEX, {PLAIN: NOT_BUILT})

    def find(self, request: web.Request) -> web.Response | None:
        """Give a file of the page for a path without a route."""
        path = request.rel_url.raw_path
        if request.method not in READING:
            return None
        file = self._files.get(path)
        if file is None and not path.startswith(NO_PAGES) and _is_looking(request):
            file = self._index
        return None if file is None else self._response(file, request)

    def instead_of(self, path: str, handler: Handler) -> Handler:
        """Have the handler of the root give browsers the page."""
        if path != ROOT:
            return handler

        async def handle(request: web.Request) -> web.StreamResponse:
            if _is_looking(request):
                return self._response(self._index, request)
            return await handler(request)

        return handle

    def _response(self, file: _File, request: web.Request) -> web.Response:
        context = request[REQUEST_CONTEXT]
        context.route = ROUTE
        if self._addresses.came_by_tls(request):
            context.response_headers["Strict-Transport-Security"] = TLS_ONLY
        return file.response(request)


def _is_looking(request: web.Request) -> bool:
    """Tell a browser in front of somebody from a program, whatever kind of that may be."""
    return HTML in _accepted(request, hdrs.ACCEPT)


def _accepted(request: web.Request, header: str) -> set[str]:
    """Read what a client names outright; what it gives no weight it does not accept."""
    accepted: set[str] = set()
    for each in ",".join(request.headers.getall(header, ())).split(","):
        name, *parameters = [part.strip().lower() for part in each.split(";")]
        if not any(part.startswith("q=") and not part[2:].strip("0.") for part in parameters):
            accepted.add(name)
    return accepted


def _read(folder: Path) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    """Give each file by the path that it has for clients, with its packed forms."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.suffix not in PACKED.values():
            packed = {coding: Path(f"{file}{suffix}") for coding, suffix in PACKED.items()}
            bodies = {coding: each.read_bytes() for coding, each in packed.items() if each.exists()}
            yield f"/{file.relative_to(folder).as_posix()}", {**bodies, PLAIN: file.read_bytes()}
