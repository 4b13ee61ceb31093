"""Tickets: valid for the feed only, for a minute, in any process."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from api.auth.tokens import TICKET_LIFETIME_S, AccessTokens, FeedTickets
from api.dependencies import Dependencies
from domain.errors import Unauthenticated
from mlplatform.server.keys import load_keys
from mlplatform.settings import Settings
from tests.api.api_client import API, Client, Person, problem
from tests.api.auth.token_requests import verified, verified_ticket
from tests.api.feed_client import FEED, FeedReader, ticket_of

KEY, OLD_KEY = "k" * 43, "o" * 43
WHO = {"user_id": uuid4(), "session_id": uuid4()}


async def test_a_ticket_identifies_its_user_for_a_minute(
    alice: Person, dependencies: Dependencies
) -> None:
    result = await (await alice.post("/feed/ticket")).json()

    claims = await verified_ticket(dependencies.tickets, result["ticket"])

    assert result["expires_in"] == TICKET_LIFETIME_S == 60
    assert claims.user_id == UUID(alice.user["id"])
    assert set(result) == {"ticket", "expires_in"}


async def test_a_ticket_is_valid_in_any_process_and_after_a_key_change() -> None:
    ticket = FeedTickets([OLD_KEY]).issue(**WHO)

    claims = await verified_ticket(FeedTickets([KEY, OLD_KEY]), ticket)

    assert claims.session_id == WHO["session_id"]
    with pytest.raises(Unauthenticated):
        await verified_ticket(FeedTickets([KEY]), ticket)


async def test_tickets_and_access_tokens_are_not_interchangeable() -> None:
    access, tickets = AccessTokens([KEY], lifetime_s=60), FeedTickets([KEY])

    with pytest.raises(Unauthenticated, match="the access token is not valid"):
        await verified(access, tickets.issue(**WHO))
    with pytest.raises(Unauthenticated, match="the ticket is not valid"):
        await verified_ticket(tickets, access.issue(**WHO))


async def test_tickets_and_access_tokens_are_not_interchangeable_over_http(
    client: Client, alice: Person
) -> None:
    ticket = await ticket_of(alice)

    as_token = {"Authorization": f"Bearer {ticket}"}
    await problem(await client.get(f"{API}/auth/me", headers=as_token), 401)
    await problem(await client.get(FEED, headers=as_token), 401)
    as_ticket = {"ticket": alice.tokens["access_token"]}
    await problem(await client.get(FEED, params=as_ticket), 401)
    await problem(await client.get(f"{API}/auth/me", params={"ticket": ticket}), 401)


async def test_an_access_token_in_a_header_opens_the_feed_too(alice: Person) -> None:
    feed = FeedReader(await alice.get("/feed"))

    assert await feed.figures()
    feed.response.close()


@pytest.mark.parametrize("ticket", ["", "x", "a.b.c", "..", "x" * 3_000])
async def test_an_invalid_ticket_is_refused(client: Client, alice: Person, ticket: str) -> None:
    refused = await client.get(FEED, params={"ticket": ticket}, headers=alice.headers)

    await problem(refused, 401)
    assert refused.headers["WWW-Authenticate"].startswith('Bearer realm="mlplatform"')


async def test_an_expired_ticket_is_refused(
    client: Client, alice: Person, dependencies: Dependencies, settings: Settings
) -> None:
    claims = await verified(dependencies.tokens, alice.tokens["access_token"])
    old = FeedTickets([load_keys(settings).secret_key], lifetime_s=-1)
    ticket = old.issue(user_id=claims.user_id, session_id=claims.session_id)

    result = await problem(await client.get(FEED, params={"ticket": ticket}), 401)

    assert "ticket" in result["detail"]


async def test_a_ticket_of_a_closed_session_is_refused(client: Client, alice: Person) -> None:
    ticket = await ticket_of(alice)
    await alice.post("/auth/logout")

    await problem(await client.get(FEED, params={"ticket": ticket}), 401)
