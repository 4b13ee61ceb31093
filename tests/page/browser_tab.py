"""A browser tab with helpers for tests; any error in it fails the test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebError,
)

from tests.api.api_client import API, PASSWORD

THEMES = ("light", "dark")
STATUS_MESSAGE = "Failed to load resource: the server responded with a status of"
ABORTED = "net::ERR_ABORTED"
"""The failure of requests whose page was left."""
HAS_AXE = "() => 'axe' in globalThis"
RUN_AXE = "() => axe.run({ resultTypes: ['violations'] })"
SET_SIGNED_IN_HINT = """
    if (location.protocol.startsWith("http") && !sessionStorage.getItem("hint-set")) {
        sessionStorage.setItem("hint-set", "1");
        localStorage.setItem("signed-in", "1");
    }"""
"""Sets the page's flag for a signed-in browser, once: signing out removes it."""
IS_LOADED = """() =>
    [...document.querySelectorAll(".bg-sunken.animate-breathe, [aria-busy=true]")]
        .every((each) => !each.checkVisibility())"""
"""Whether no skeleton and no busy table or button is visible."""
ANIMATIONS_FINISHED = """() => Promise.all(
    document.getAnimations()
        .filter((each) => each.timeline === document.timeline)
        .filter((each) => each.effect.getTiming().iterations !== Infinity)
        .map((each) => each.finished.catch(() => undefined))
)"""


@dataclass(frozen=True)
class Account:
    """The credentials of an account."""

    username: str
    email: str
    password: str = PASSWORD

    @classmethod
    def new(cls, name: str) -> Account:
        """Create unique credentials."""
        username = f"{name}{uuid4().hex[:8]}"
        return cls(username, f"{username}@example.org")


@dataclass
class ErrorMonitor:
    """Records errors of a browser context: in scripts, requests and console messages.

    Violations of the Content Security Policy are console messages.
    An error status has to be expected: `monitor.expect_status("POST", "/login$", 401)`.
    """

    errors: list[str] = field(default_factory=list[str])
    _expected: list[tuple[str, re.Pattern[str], int]] = field(
        default_factory=list[tuple[str, re.Pattern[str], int]]
    )

    def attach(self, context: BrowserContext) -> None:
        """Record errors from now on."""
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def expect_status(self, method: str, path: str, status: int) -> None:
        """Accept a status; `path` is a pattern searched for in the URL."""
        self._expected.append((method, re.compile(path), status))

    def _on_console(self, message: ConsoleMessage) -> None:
        is_reported_as_response = message.text.startswith(STATUS_MESSAGE)
        if message.type in ("error", "warning") and not is_reported_as_response:
            self.errors.append(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.errors.append(f"script error: {error.error}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.errors.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        method, url, status = response.request.method, response.url, response.status
        is_expected = any(
            method == of and pattern.search(url) and status == expected
            for of, pattern, expected in self._expected
        )
        if status >= 400 and not is_expected:
            self.errors.append(f"status {status}: {method} {url}")


@dataclass
class Tab:
    """A tab and the account that uses it."""

    page: Page
    monitor: ErrorMonitor
    account: Account

    async def goto(self, path: str) -> None:
        """Load a path as a new document."""
        await self.page.goto(path)

    def button(self, name: str, **options: Any) -> Locator:
        """Locate a button by its name."""
        return self.page.get_by_role("button", name=name, exact=True, **options)

    def heading(self, name: str) -> Locator:
        """Locate a heading by its text."""
        return self.page.get_by_role("heading", name=name)

    def field(self, label: str) -> Locator:
        """Locate a text field by its label."""
        return self.page.get_by_role("textbox", name=label)

    async def register(self, full_name: str = "") -> str:
        """Register the account through the API; returns the user's id."""
        body = {**vars(self.account), "full_name": full_name}
        response = await self.page.request.post(f"{API}/auth/register", data=body)
        assert response.status == 201, await response.text()
        return (await response.json())["id"]

    async def sign_in(self) -> None:
        """Sign in with the form."""
        await self.goto("/login")
        await self.field("Username or e-mail").fill(self.account.username)
        await self.field("Password").fill(self.account.password)
        await self.button("Sign in").click()
        await self.button("Sign out").wait_for()

    async def sign_in_by_api(self) -> None:
        """Sign in through the API, with the cookie that the form requests; opens no page."""
        body = {"username": self.account.username, "password": self.account.password}
        response = await self.page.request.post(
            f"{API}/auth/login", data=body | {"use_cookie": True}
        )
        assert response.ok, await response.text()
        await self.page.add_init_script(SET_SIGNED_IN_HINT)

    async def wait_until_loaded(self) -> None:
        """Wait until the page shows its data."""
        await self.page.get_by_role("heading", level=1).first.wait_for()
        await self.page.wait_for_function(IS_LOADED)

    async def check_accessible(self) -> None:
        """Fail if axe finds a violation in either theme, once the page is loaded."""
        await self.wait_until_loaded()
        if not await self.page.evaluate(HAS_AXE):  # half a megabyte: once per page
            await self.page.evaluate(AXE_SCRIPT)
        for theme in THEMES:
            await self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            await self.page.locator(f"html[data-theme={theme}]").wait_for()
            await self.page.evaluate(ANIMATIONS_FINISHED)
            found = AxeResults(await self.page.evaluate(RUN_AXE))
            assert found.violations_count == 0, f"{theme}: {found.generate_report()}"
        await self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
