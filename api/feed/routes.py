"""The live feed: what happens to one's models and how they are doing, as it happens."""

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
from api.feed.hub import FEED, Listener, Message
from api.http.request_context import REQUEST_CONTEXT, Caller
from api.http.responses import PROTECTION
from api.routes.model_metrics import Scope
from domain.errors import Forbidden, TooMany, Unauthenticated, Unavailable
from projections.read_models.live_events import ALL_OWNERS
from storage.postgres.pool import TRANSIENT

endpoints = Endpoints()

log = structlog.get_logger()

KEEP_ALIVE_S: Final = 15.0
SEND_S_MAX: Final = 10.0
"""How long a listener may take nothing of what is sent."""
MESSAGES_AT_ONCE: Final = 20
POSITION_MAX: Final = 2**63 - 1
DIGITS_MAX: Final = 20
EVENT_STREAM: Final = "text/event-stream"
LAST_EVENT_ID: Final = "Last-Event-ID"
"""What a browser sends that connects again by itself; its address still says what it said."""

Ticket = Annotated[str, Field(description="From POST /api/v1/feed/ticket, for who has no header.")]
Position = Annotated[int, Field(ge=0, le=POSITION_MAX, description="The id after which to go on.")]


@dataclass(frozen=True)
class TicketView:
    """What opens the feed, as `?ticket=`, and nothing else."""

    ticket: str
    expires_in: int
    """Seconds."""


@endpoints.add("POST", "/api/v1/feed/ticket", status=HTTPStatus.CREATED)
async def draw_ticket(dependencies: Dependencies, caller: Caller) -> TicketView:
    """Draw a ticket for the feed, which a browser cannot send a header with."""
    ticket = dependencies.tickets.issue(user_id=caller.id, session_id=caller.session_id)
    return TicketView(ticket, dependencies.tickets.lifetime_s)


@endpoints.add(
    "GET",
    "/api/v1/feed",
    quota=None,
    takes_ticket=True,
    media_types=(EVENT_STREAM,),
    raises=(TooMany, Unavailable),
)
async def listen(
    request: web.Request,
    dependencies: Dependencies,
    caller: Caller,
    ticket: Ticket | None = None,  # noqa: ARG001 — read where callers are let in
    last_event_id: Position | None = None,
    scope: Scope = "own",
) -> EventSourceResponse:
    """Tell what happens to the caller's models, or to those of all, until their session ends."""
    if scope == "all" and not caller.is_admin:
        raise Forbidden("the feed of all models is for administrators")
    since = _last_event_id(request, last_event_id)
    hears = ALL_OWNERS if scope == "all" else caller.id
    with request.app[FEED].listening(caller.id, hears) as listener:
        response = await _begun(request)
        async with response:
            await _tell(response, request, dependencies, caller, listener, since)
    return response


def _last_event_id(request: web.Request, in_query: int | None) -> int | None:
    told = request.headers.get(LAST_EVENT_ID, "")
    if told.isascii() and told.isdigit():
        return min(int(told[:DIGITS_MAX]), POSITION_MAX)
    return in_query


async def _begun(request: web.Request) -> EventSourceResponse:
    """Send the head, with the lines that every answer has: the middleware sees it too late."""
    context = request[REQUEST_CONTEXT]
    response = EventSourceResponse(sep="\n", send_timeout=SEND_S_MAX, ping_interval=KEEP_ALIVE_S)
    response.headers.update({**PROTECTION, **context.response_headers})
    await response.prepare(request)
    context.answered_at = perf_counter()
    return response


async def _tell(
    response: EventSourceResponse,
    request: web.Request,
    dependencies: Dependencies,
    caller: Caller,
    listener: Listener,
    since: int | None,
) -> None:
    """Go on until somebody ends it: the client, the session, the platform, a stuck connection."""
    try:
        async with listener.until_over():
            if since is not None:
                await _send(response, await request.app[FEED].missed(listener, since))
            while True:
                batch = await listener.batch()
                await _check_standing(dependencies, caller, listener)
                await _send(response, batch)
    except (*TRANSIENT, Unauthenticated, Forbidden):
        pass
    except Exception:
        log.exception("feed_broke_off", request_id=request[REQUEST_CONTEXT].request_id)
    if request.transport is not None and request.transport.get_write_buffer_size():
        request.transport.abort()  # Who does not read would keep the end waiting, too.


async def _check_standing(dependencies: Dependencies, caller: Caller, listener: Listener) -> None:
    user = await signed_in_user(dependencies.events, caller.id, caller.session_id)
    if listener.hears == ALL_OWNERS and not user.is_admin:
        raise Forbidden("the feed of all models is for administrators")


async def _send(response: EventSourceResponse, messages: Sequence[Message]) -> None:
    for number, message in enumerate(messages, 1):
        await response.send(message.data, id=message.id, event=message.event)
        if number % MESSAGES_AT_ONCE == 0:
            await asyncio.sleep(0)  # To send waits for nobody who reads; others have a turn.
