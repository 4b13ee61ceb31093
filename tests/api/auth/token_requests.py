"""Requests that carry a token."""

from __future__ import annotations

from aiohttp import hdrs, web
from aiohttp.test_utils import make_mocked_request
from yarl import URL

from api.auth.tokens import AccessTokens, Claims, FeedTickets


def bearing(token: str) -> web.Request:
    """Make a request with a token in its Authorization header."""
    return make_mocked_request("GET", "/", headers={hdrs.AUTHORIZATION: f"Bearer {token}"})


def with_ticket(ticket: str) -> web.Request:
    """Make a request with a ticket in its query."""
    return make_mocked_request("GET", str(URL("/").with_query(ticket=ticket)))


async def verified(tokens: AccessTokens, token: str) -> Claims:
    """Verify an access token; raises `Unauthenticated`."""
    return await tokens.verify(token, bearing(token))


async def verified_ticket(tickets: FeedTickets, ticket: str) -> Claims:
    """Verify a ticket; raises `Unauthenticated`."""
    return await tickets.verify(ticket, with_ticket(ticket))
