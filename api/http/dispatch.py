"""From a request to its handler, past what aiohttp's own way asks of every request anew."""

from __future__ import annotations

from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from aiohttp.abc import AbstractMatchInfo

from api.http.middleware import Observe
from api.http.problems import Unreadable
from api.http.responses import Answer, Handler
from api.web_ui.files import ROOT, Page

FOUND_MAX = 10_000
FOUND_LENGTH_MAX = 200
"""Of a path; a longer one is found anew each time, so that nobody fills memory with them."""
PREFLIGHT = (
    hdrs.ORIGIN,
    hdrs.ACCESS_CONTROL_REQUEST_METHOD,
    hdrs.ACCESS_CONTROL_REQUEST_HEADERS,
)


class Dispatch:
    """Finds the handler of a request and calls it under observation.

    What is found at an address does not change, so an address that was found is not looked for
    again: that, and calling the one middleware by itself, spares a request a tenth of its time.
    """

    def __init__(self, app: web.Application, observe: Observe, page: Page) -> None:
        self._app = app
        self._observe = observe
        self._page = page
        self._found: dict[tuple[str, str], AbstractMatchInfo] = {}

    async def __call__(self, request: web.BaseRequest) -> Answer:
        """Answer a request; raises nothing."""
        assert isinstance(request, web.Request)
        address = (request.method, request.rel_url.raw_path)
        match_info = self._found.get(address)
        if match_info is None:
            match_info = await self._find(request, address)
        vars(request)["_match_info"] = match_info  # as aiohttp's own dispatch does
        handler = match_info.handler
        if hdrs.EXPECT in request.headers:
            handler = _expecting(match_info)
        if request.version is not HttpVersion11 and request.version < HttpVersion10:
            handler = _without_a_head
        if request.method == hdrs.METH_OPTIONS and not _is_ascii(request):
            handler = _without_characters
        return await self._observe(request, handler)

    async def _find(self, request: web.Request, address: tuple[str, str]) -> AbstractMatchInfo:
        found = await self._app.router.resolve(request)
        match_info = self._page.instead_of(found, request)
        match_info.add_app(self._app)
        match_info.freeze()
        path = address[1]
        # At the root it depends on who asks.
        if match_info.http_exception is None and path != ROOT and len(path) <= FOUND_LENGTH_MAX:
            if len(self._found) >= FOUND_MAX:
                self._found.clear()
            self._found[address] = match_info
        return match_info


def _expecting(match_info: AbstractMatchInfo) -> Handler:
    """Tell a client that waits for it to go on, before its call is answered."""

    async def handle(request: web.Request) -> Answer:
        refusal = await match_info.expect_handler(request)
        return refusal or await match_info.handler(request)

    return handle


async def _without_a_head(_: web.Request) -> web.StreamResponse:
    raise Unreadable("answers have a head since HTTP/1.0")


def _is_ascii(preflight: web.Request) -> bool:
    """Whether what a browser asks can be said again in a refusal, which aiohttp-cors does."""
    values = [each for name in PREFLIGHT for each in preflight.headers.getall(name, ())]
    return all(map(str.isascii, values))


async def _without_characters(_: web.Request) -> web.StreamResponse:
    raise Unreadable("the headers of a preflight hold more than ASCII")


DISPATCH = web.AppKey("dispatch", Dispatch)
"""What whoever serves the application hands requests to."""
