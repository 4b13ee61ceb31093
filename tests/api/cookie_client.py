"""A client that signs in as the web page does, and keeps the refresh token in a cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientResponse

from api.auth.refresh_cookie import NAME
from tests.api.api_client import API, PASSWORD, Client, registered

LOGIN, REFRESH, LOGOUT = f"{API}/auth/login", f"{API}/auth/refresh", f"{API}/auth/logout"
PAGE_HEADERS = {"X-Requested-With": "page", "Sec-Fetch-Site": "same-origin"}


@dataclass
class CookieClient:
    """A client that has signed in like the web page, and the response to that."""

    client: Client
    user: dict[str, Any]
    response: ClientResponse
    token: str

    async def refresh(self, *tokens: str, **options: Any) -> ClientResponse:
        """Refresh with these cookies, by default with its own."""
        cookie = "; ".join(f"{NAME}={token}" for token in tokens or (self.token,))
        headers = {"Cookie": f"theme=dark; {cookie}"} | options.pop("headers", PAGE_HEADERS)
        return await self.client.post(REFRESH, headers=headers, **options)


async def sign_in_as_page(client: Client) -> CookieClient:
    """Register, and sign in as a page does."""
    user = await registered(client, f"page{datetime.now(UTC):%H%M%S%f}")
    body = {"username": user["username"], "password": PASSWORD, "use_cookie": True}
    response = await client.post(LOGIN, json=body)
    return CookieClient(client, user, response, cookie_of(response)[0])


def cookie_of(response: ClientResponse) -> tuple[str, set[str]]:
    """Return the value and the attributes of the cookie that a response sets."""
    [line] = response.headers.getall("Set-Cookie")
    pair, *attributes = line.split("; ")
    name, _, value = pair.partition("=")
    assert name == NAME
    return value, set(attributes)


def is_removed(response: ClientResponse) -> bool:
    """Whether a response deletes the cookie, with the same path."""
    value, attributes = cookie_of(response)
    return not value and attributes > {"Max-Age=0", "Path=/api/v1/auth", "HttpOnly"}
