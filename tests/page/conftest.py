"""The platform as it is served in production, with its page, and a browser to use it."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from api.web_ui.files import FOLDER
from tests.inference.faulty_estimators import FaultyEstimator
from tests.mlplatform.platforms import Platform, serving
from tests.page.browsing import Account, Tab, Watch
from tests.page.chromium import MISSING, executable, is_root

DESK = (1280, 800)
ADMIN = Account("administrator", "admin@example.org")

Opened = Callable[..., Awaitable[Tab]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the journeys on the loop of their browser; leave them out where there can be none."""
    here = Path(__file__).parent
    journeys = [item for item in items if here in item.path.parents]
    for item in journeys:
        if inspect.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    if executable() is None and not is_root():
        config.hook.pytest_deselected(items=journeys)
        items[:] = [item for item in items if item not in journeys]
        config.stash[LEFT_OUT] = len(journeys)


LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say loudly what was left out."""
    if config.stash.get(LEFT_OUT, 0):
        terminalreporter.section("THE PAGE", red=True, bold=True)
        terminalreporter.line(MISSING, red=True, bold=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform() -> AsyncGenerator[Platform]:
    """A platform with an administrator, on a database of its own."""
    if not (FOLDER / "index.html").exists():
        pytest.fail("there is no page to test: make page")
    with (
        tempfile.TemporaryDirectory(prefix="mlp-page-") as folder,
        serving(
            Path(folder),
            FIRST_ADMIN_USERNAME=ADMIN.username,
            FIRST_ADMIN_EMAIL=ADMIN.email,
            FIRST_ADMIN_PASSWORD=ADMIN.password,
            TRUSTED_MODEL_MODULES=FaultyEstimator.__module__,
        ) as platform,
    ):
        yield platform
        assert platform.stop() == 0


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """A Chromium without a window."""
    if (path := executable()) is None:
        pytest.fail(MISSING)
    # Chromium has no sandbox for root; all that it looks at here is our own.
    arguments = ["--no-sandbox"] if is_root() else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def opened(platform: Platform, browser: Browser) -> AsyncGenerator[Opened]:
    """Open a tab for somebody, in a browser of their own; whatever went wrong in it fails the test.

    `await opened(Account.new("ada"), size=(360, 740))`
    """
    watches: list[Watch] = []
    async with AsyncExitStack() as stack:

        async def open_tab(account: Account, *, size: tuple[int, int] = DESK) -> Tab:
            width, height = size
            context = await browser.new_context(
                base_url=platform.url,
                viewport={"width": width, "height": height},
                color_scheme="light",
                reduced_motion="reduce",
            )
            stack.push_async_callback(context.close)
            watch = Watch()
            watch.over(context)
            watches.append(watch)
            return Tab(await context.new_page(), watch, account)

        yield open_tab
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(opened: Opened) -> Tab:
    """Somebody who is not signed in and has no account."""
    return await opened(Account.new("visitor"))


@pytest_asyncio.fixture(loop_scope="session")
async def ada(opened: Opened) -> Tab:
    """A user who is signed in, and has no page open yet."""
    tab = await opened(Account.new("ada"))
    await tab.register("Ada Lovelace")
    await tab.come_in()
    return tab


@pytest_asyncio.fixture(loop_scope="session")
async def admin(opened: Opened) -> Tab:
    """An administrator who is signed in, and has no page open yet."""
    tab = await opened(ADMIN)
    await tab.come_in()
    return tab
