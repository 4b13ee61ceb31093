"""A tab of the browser, whose every fault is the test's."""

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

from tests.api.people import API, PASSWORD

THEMES = ("light", "dark")
SAYS_A_STATUS = "Failed to load resource: the server responded with a status of"
LEFT = "net::ERR_ABORTED"
"""What becomes of requests whose page was left."""
HAS_AXE = "() => 'axe' in globalThis"
RUN_AXE = "() => axe.run({ resultTypes: ['violations'] })"
REMEMBERED = """
    if (location.protocol.startsWith("http") && !sessionStorage.getItem("came-in")) {
        sessionStorage.setItem("came-in", "1");
        localStorage.setItem("signed-in", "1");
    }"""
"""What the page keeps of a signing in, once: it is forgotten by signing out."""
LOADED = """() =>
    [...document.querySelectorAll(".bg-sunken.animate-breathe, [aria-busy=true]")]
        .every((each) => !each.checkVisibility())"""
"""Whether no skeleton is to be seen, nor a table or a button that waits."""
SETTLED = """() => Promise.all(
    document.getAnimations()
        .filter((each) => each.timeline === document.timeline)
        .filter((each) => each.effect.getTiming().iterations !== Infinity)
        .map((each) => each.finished.catch(() => undefined))
)"""


@dataclass(frozen=True)
class Account:
    """What somebody signs in with."""

    username: str
    email: str
    password: str = PASSWORD

    @classmethod
    def new(cls, name: str) -> Account:
        """Make one up that nobody has."""
        username = f"{name}{uuid4().hex[:8]}"
        return cls(username, f"{username}@example.org")


@dataclass
class Watch:
    """Notes what goes wrong in a context: in scripts, in requests, and what its consoles say.

    That is also where a browser says what it kept a page from by its policy.
    A refusal that a test is about has to be expected: `watch.expect("POST", "/login$", 401)`.
    """

    faults: list[str] = field(default_factory=list[str])
    _expected: list[tuple[str, re.Pattern[str], int]] = field(
        default_factory=list[tuple[str, re.Pattern[str], int]]
    )

    def over(self, context: BrowserContext) -> None:
        """Begin."""
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def expect(self, method: str, path: str, status: int) -> None:
        """Take an answer for right; `path` is a pattern, found anywhere in the address."""
        self._expected.append((method, re.compile(path), status))

    def _on_console(self, message: ConsoleMessage) -> None:
        is_said_twice = message.text.startswith(SAYS_A_STATUS)
        if message.type in ("error", "warning") and not is_said_twice:
            self.faults.append(f"the console says: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"a script threw: {error.error}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != LEFT:
            self.faults.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        method, url, status = response.request.method, response.url, response.status
        is_expected = any(
            method == of and pattern.search(url) and status == expected
            for of, pattern, expected in self._expected
        )
        if status >= 400 and not is_expected:
            self.faults.append(f"answered {status}: {method} {url}")


@dataclass
class Tab:
    """A tab, and who sits in front of it."""

    page: Page
    watch: Watch
    account: Account

    async def goto(self, path: str) -> None:
        """Go to an address as a link from outside does."""
        await self.page.goto(path)

    def button(self, name: str, **options: Any) -> Locator:
        """Find a button by what it says."""
        return self.page.get_by_role("button", name=name, exact=True, **options)

    def heading(self, name: str) -> Locator:
        """Find a heading by what it says."""
        return self.page.get_by_role("heading", name=name)

    def field(self, label: str) -> Locator:
        """Find a field of a form by its label."""
        return self.page.get_by_role("textbox", name=label)

    async def register(self, full_name: str = "") -> str:
        """Open the account, past the page; gives the user's id."""
        body = {**vars(self.account), "full_name": full_name}
        answer = await self.page.request.post(f"{API}/auth/register", data=body)
        assert answer.status == 201, await answer.text()
        return (await answer.json())["id"]

    async def sign_in(self) -> None:
        """Sign in by the form, from wherever one is."""
        await self.goto("/login")
        await self.field("Username or e-mail").fill(self.account.username)
        await self.field("Password").fill(self.account.password)
        await self.button("Sign in").click()
        await self.button("Sign out").wait_for()

    async def come_in(self) -> None:
        """Sign in past the page, by the cookie that the form asks for; no page is open then yet."""
        body = {"username": self.account.username, "password": self.account.password}
        answer = await self.page.request.post(f"{API}/auth/login", data=body | {"use_cookie": True})
        assert answer.ok, await answer.text()
        await self.page.add_init_script(REMEMBERED)

    async def loaded(self) -> None:
        """Wait until the page has what it was opened for."""
        await self.page.get_by_role("heading", level=1).first.wait_for()
        await self.page.wait_for_function(LOADED)

    async def check_accessible(self) -> None:
        """Fail with what axe finds, in either theme, once there is something to see."""
        await self.loaded()
        if not await self.page.evaluate(HAS_AXE):  # half a megabyte, so once for each page
            await self.page.evaluate(AXE_SCRIPT)
        for theme in THEMES:
            await self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            await self.page.locator(f"html[data-theme={theme}]").wait_for()
            await self.page.evaluate(SETTLED)
            found = AxeResults(await self.page.evaluate(RUN_AXE))
            assert found.violations_count == 0, f"{theme}: {found.generate_report()}"
        await self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
