"""An application behind what it is served with: the platform's own connections."""

from __future__ import annotations

from typing import Any

from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web_runner import BaseRunner

from mlplatform.server.runner import DrainingRunner
from tests.api.people import Client


class _Server(TestServer):
    __test__ = False

    async def _make_runner(self, **_: Any) -> BaseRunner:
        return DrainingRunner(self.app, timeout_s=1.0)


def served(app: web.Application, *, keeps_cookies: bool = True) -> Client:
    """Give somebody who calls it, to be used as a context."""
    return TestClient(_Server(app), cookie_jar=None if keeps_cookies else DummyCookieJar())
