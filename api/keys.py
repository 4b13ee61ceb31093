"""What middleware and endpoints know of one request, by typed keys."""

from __future__ import annotations

from aiohttp import web

from api.security import Caller

REQUEST_ID = web.RequestKey("request_id", str)
"""Names the request in the answer, in the log and beside every event that it causes."""

ADDRESS = web.RequestKey("address", str)
"""Who connected, as limits count it: an address, or the network of one."""

CALLER = web.RequestKey("caller", Caller)
"""Set once somebody has shown who is asking."""

HEADERS = web.RequestKey("headers", dict[str, str])
"""What goes into the head of the answer, whatever the answer is."""
