"""The cookie with the refresh token of a page.

Browsers hide it from scripts, and send it only to `/api/v1/auth` and only from the same site.
Requests must also carry a header that only a page of the same origin can set, because other
subdomains belong to the same site.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import hdrs, web

from api.http.client_address import ClientAddresses
from api.http.request_context import REQUEST_CONTEXT
from api.http.responses import JSON
from domain.errors import Forbidden, Unauthenticated

NAME = "refresh_token"
SCOPE = "Path=/api/v1/auth; HttpOnly; SameSite=Strict"
OWN_PAGE = "page"
"""The value of X-Requested-With; a page of another origin would need CORS to set it."""


class RefreshCookie:
    """The cookie of one request and of its response."""

    def __init__(self, request: web.Request, addresses: ClientAddresses) -> None:
        self._request = request
        self._tokens = _values(request.headers.getall(hdrs.COOKIE, ()))
        self._scope = SCOPE + ("; Secure" if addresses.is_https(request) else "")

    def token(self) -> str | None:
        """Return the token, or None without a cookie; raises `Forbidden` and `Unauthenticated`."""
        if not self._tokens:
            return None
        self.check_is_own_page()
        if len(self._tokens) > 1:
            # Another subdomain may have set one of them to sign the user in to its own account.
            raise Unauthenticated("there is more than one refresh_token cookie")
        return self._tokens[0]

    def check_is_own_page(self) -> None:
        """Raise `Forbidden` if a page of another origin may have sent the request."""
        headers = self._request.headers
        is_marked = (
            self._request.content_type == JSON or headers.get("X-Requested-With") == OWN_PAGE
        )
        if not is_marked or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Forbidden("the cookie is only accepted from a page of this site")

    def put(self, token: str, expires_at: datetime) -> None:
        """Store a token in the browser until it expires."""
        lifetime_s = int((expires_at - datetime.now(UTC)).total_seconds())
        self._set(f"{NAME}={token}; Max-Age={lifetime_s}; {self._scope}")

    def remove(self) -> None:
        """Delete the cookie from the browser, if it sent one."""
        if self._tokens:
            self._set(f"{NAME}=; Max-Age=0; {self._scope}")

    def _set(self, cookie: str) -> None:
        self._request[REQUEST_CONTEXT].response_headers[hdrs.SET_COOKIE] = cookie


def _values(lines: Sequence[str]) -> list[str]:
    """Return every cookie of this name; parsers usually return only the last one."""
    pairs = (each.strip().partition("=") for line in lines for each in line.split(";"))
    return [value for name, _, value in pairs if name == NAME]
