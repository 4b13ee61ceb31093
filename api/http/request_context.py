"""What middleware and endpoints know of one request, under a typed key."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from api.auth.authenticator import Caller


@dataclass(slots=True)
class Known:
    """What is known of a request apart from what it says itself."""

    request_id: str
    """Names the request in the answer, in the log and beside every event that it causes."""
    address: str
    """Who connected, as limits count it: an address, or the network of one."""
    headers: dict[str, str]
    """What goes into the head of the answer, whatever the answer is."""
    caller: Caller | None = None
    """Set once somebody has shown who is asking."""
    answered_at: float | None = None
    """When a long answer began, by the clock of `perf_counter`: what callers waited for."""


KNOWN = web.RequestKey("known", Known)
