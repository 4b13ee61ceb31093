"""The live feed over HTTP, as server-sent events, and the tickets that open it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Final

import structlog
from aiohttp import web
from aiohttp_sse import EventSourceResponse
from pydantic import Field

from api.auth.authenticator import signed_in_user
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints
from api.endpoints.query_types import ModelScope
from api.feed.hub import FEED_HUB
from api.feed.messages import MESSAGES, Message
from api.feed.subscribers import Subscriber
from api.http.request_context import REQUEST_CONTEXT, Caller
from api.http.responses import PROTECTION
from domain.errors import Forbidden, TooMany, Unauthenticated, Unavailable
from projections.queries import LAST_POSITION
from projections.read_models.live_events import ALL_OWNERS
from storage.postgres.pool import TRANSIENT

endpoints = Endpoints()

log = structlog.get_logger()

KEEP_ALIVE_S: Final = 15.0
SEND_S_MAX: Final = 10.0
"""How long a client may stop reading."""
MESSAGES_AT_ONCE: Final = 20
ADMINISTRATORS_ONLY: Final = "only administrators may read the feed of all models"
DIGITS_MAX: Final = 20
EVENT_STREAM: Final = "text/event-stream"
LAST_EVENT_ID: Final = "Last-Event-ID"
"""Sent by a browser that reconnects by itself; it is newer than the id in the query."""

Ticket = Annotated[
    str, Field(description="From `POST /api/v1/feed/ticket`, if no header can be sent.")
]
Position = Annotated[
    int, Field(ge=0, le=LAST_POSITION, description="The last event id received; resumes after it.")
]


@dataclass(frozen=True)
class TicketView:
    """A ticket for the feed, sent as `?ticket=`; it is not valid anywhere else."""

    ticket: str
    expires_in: int
    """Seconds."""


@endpoints.add("POST", "/api/v1/feed/ticket", status=HTTPStatus.CREATED)
async def issue_feed_ticket(dependencies: Dependencies, caller: Caller) -> TicketView:
    """Issue a ticket for the feed, because browsers cannot send it an Authorization header."""
    tickets = dependencies.tickets
    ticket = tickets.issue(user_id=caller.id, session_id=caller.session_id)
    return TicketView(ticket, tickets.lifetime_s)


@endpoints.add(
    "GET",
    "/api/v1/feed",
    quota=None,
    takes_ticket=True,
    media_types=(EVENT_STREAM,),
    messages=MESSAGES,
    raises=(TooMany, Unavailable),
)
async def read_feed(
    request: web.Request,
    dependencies: Dependencies,
    caller: Caller,
    ticket: Ticket | None = None,  # noqa: ARG001 — read by authorization
    last_event_id: Position | None = None,
    scope: ModelScope = "own",
) -> EventSourceResponse:
    """Stream the events and figures of the caller's models, or of all models.

    The stream ends with the caller's session. A client that resumes with `Last-Event-ID` or
    `last_event_id` first gets the events that it missed.
    """
    if scope == "all" and not caller.is_admin:
        raise Forbidden(ADMINISTRATORS_ONLY)
    since = _last_event_id(request, last_event_id)
    owner = ALL_OWNERS if scope == "all" else caller.id
    with request.app[FEED_HUB].subscribed(caller.id, owner) as subscriber:
        response = await _started(request)
        async with response:
            await _stream(response, request, dependencies, caller, subscriber, since)
    return response


def _last_event_id(request: web.Request, in_query: int | None) -> int | None:
    in_header = request.headers.get(LAST_EVENT_ID, "")
    if in_header.isascii() and in_header.isdigit():
        return min(int(in_header[:DIGITS_MAX]), LAST_POSITION)
    return in_query


async def _started(request: web.Request) -> EventSourceResponse:
    """Send the headers, with those that the middleware would add too late."""
    context = request[REQUEST_CONTEXT]
    response = EventSourceResponse(sep="\n", send_timeout=SEND_S_MAX, ping_interval=KEEP_ALIVE_S)
    response.headers.update({**PROTECTION, **context.response_headers})
    await response.prepare(request)
    context.answered_at = perf_counter()
    return response


async def _stream(
    response: EventSourceResponse,
    request: web.Request,
    dependencies: Dependencies,
    caller: Caller,
    subscriber: Subscriber,
    since: int | None,
) -> None:
    """Send until the client, the session or the platform ends the stream."""
    try:
        async with subscriber.until_closed():
            if since is not None:
                await _send(response, await request.app[FEED_HUB].missed(subscriber, since))
            while True:
                batch = await subscriber.next_batch()
                await _check_access(dependencies, caller, subscriber)
                await _send(response, batch)
    except (*TRANSIENT, Unauthenticated, Forbidden):
        pass
    except Exception:
        log.exception("feed_aborted", request_id=request[REQUEST_CONTEXT].request_id)
    if request.transport is not None and request.transport.get_write_buffer_size():
        request.transport.abort()  # A client that does not read would block the end as well.


async def _check_access(dependencies: Dependencies, caller: Caller, subscriber: Subscriber) -> None:
    user = await signed_in_user(dependencies.events, caller.id, caller.session_id)
    if subscriber.scope == ALL_OWNERS and not user.is_admin:
        raise Forbidden(ADMINISTRATORS_ONLY)


async def _send(response: EventSourceResponse, messages: Sequence[Message]) -> None:
    for number, message in enumerate(messages, 1):
        await response.send(message.data, id=message.id, event=message.event)
        if number % MESSAGES_AT_ONCE == 0:
            await asyncio.sleep(0)  # `send` may never suspend; let other requests run.
