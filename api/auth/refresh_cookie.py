"""The cookie that keeps a page's refresh token out of reach of its scripts.

Browsers send it to `/api/v1/auth` alone, from pages of this very site alone, and give it to no
script. What only a page of this origin can do has to be shown besides: neither a form of another
site, nor a page of a neighbour below the same domain, gets anything for it.
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
"""What X-Requested-With says; another origin's page could not send it without being asked."""


class RefreshCookie:
    """What a request has in the cookie, and what its answer puts there."""

    def __init__(self, request: web.Request, addresses: ClientAddresses) -> None:
        self._request = request
        self._given = _values(request.headers.getall(hdrs.COOKIE, ()))
        self._scope = SCOPE + ("; Secure" if addresses.is_https(request) else "")

    def token(self) -> str | None:
        """Give the token, or None where there is no cookie; raises what a forged call meets."""
        if not self._given:
            return None
        self.check_is_own_page()
        if len(self._given) > 1:
            # One of them was set by a neighbour below the same domain. Were the other one
            # removed, the neighbour's would be left, and the page be signed in as somebody else.
            raise Unauthenticated("there is more than one refresh_token cookie")
        return self._given[0]

    def check_is_own_page(self) -> None:
        """Raise `Forbidden` for what a page of another origin may have sent."""
        headers = self._request.headers
        is_marked = (
            self._request.content_type == JSON or headers.get("X-Requested-With") == OWN_PAGE
        )
        if not is_marked or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Forbidden("the cookie is for this site's own page")

    def put(self, token: str, expires_at: datetime) -> None:
        """Have the browser keep a token as long as it is good."""
        lifetime_s = int((expires_at - datetime.now(UTC)).total_seconds())
        self._answer(f"{NAME}={token}; Max-Age={lifetime_s}; {self._scope}")

    def remove(self) -> None:
        """Have the browser forget what it sent."""
        if self._given:
            self._answer(f"{NAME}=; Max-Age=0; {self._scope}")

    def _answer(self, cookie: str) -> None:
        self._request[REQUEST_CONTEXT].response_headers[hdrs.SET_COOKIE] = cookie


def _values(lines: Sequence[str]) -> list[str]:
    """Find every cookie of the name; the usual readers give the last one alone."""
    pairs = (each.strip().partition("=") for line in lines for each in line.split(";"))
    return [value for name, _, value in pairs if name == NAME]
