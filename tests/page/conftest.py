"""A platform served as in production, with its page, and a browser."""

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
from tests.page.browser_tab import Account, ErrorMonitor, Tab
from tests.page.chromium import MISSING, executable, is_root
from tests.platform_process import Platform, serving

DESKTOP_SIZE = (1280, 800)
ADMIN = Account("administrator", "admin@example.org")

OpenTab = Callable[..., Awaitable[Tab]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the tests on the event loop of the browser; deselect them if it is missing."""
    here = Path(__file__).parent
    page_tests = [item for item in items if here in item.path.parents]
    for item in page_tests:
        if inspect.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    if executable() is None and not is_root():
        config.hook.pytest_deselected(items=page_tests)
        items[:] = [item for item in items if item not in page_tests]
        config.stash[SKIPPED_COUNT] = len(page_tests)


SKIPPED_COUNT = pytest.StashKey[int]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Warn if the tests were deselected."""
    if config.stash.get(SKIPPED_COUNT, 0):
        terminalreporter.section("THE PAGE", red=True, bold=True)
        terminalreporter.line(MISSING, red=True, bold=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform() -> AsyncGenerator[Platform]:
    """A platform with an administrator, on a database of its own."""
    if not (FOLDER / "index.html").exists():
        pytest.fail("the page is not built: make page")
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
    """A headless Chromium."""
    if (path := executable()) is None:
        pytest.fail(MISSING)
    # Chromium has no sandbox for root; it only loads our own page.
    arguments = ["--no-sandbox"] if is_root() else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(platform: Platform, browser: Browser) -> AsyncGenerator[OpenTab]:
    """Open a tab for an account in a context of its own; any error in it fails the test.

    `await open_tab(Account.new("ada"), size=(360, 740))`
    """
    monitors: list[ErrorMonitor] = []
    async with AsyncExitStack() as stack:

        async def open_tab(account: Account, *, size: tuple[int, int] = DESKTOP_SIZE) -> Tab:
            width, height = size
            context = await browser.new_context(
                base_url=platform.url,
                viewport={"width": width, "height": height},
                color_scheme="light",
                reduced_motion="reduce",
            )
            stack.push_async_callback(context.close)
            monitor = ErrorMonitor()
            monitor.attach(context)
            monitors.append(monitor)
            return Tab(await context.new_page(), monitor, account)

        yield open_tab
    assert [error for monitor in monitors for error in monitor.errors] == []


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(open_tab: OpenTab) -> Tab:
    """A tab without an account."""
    return await open_tab(Account.new("visitor"))


@pytest_asyncio.fixture(loop_scope="session")
async def user(open_tab: OpenTab) -> Tab:
    """A tab of a signed-in user, with no page open yet."""
    tab = await open_tab(Account.new("ada"))
    await tab.register("Ada Lovelace")
    await tab.sign_in_by_api()
    return tab


@pytest_asyncio.fixture(loop_scope="session")
async def admin(open_tab: OpenTab) -> Tab:
    """A tab of a signed-in administrator, with no page open yet."""
    tab = await open_tab(ADMIN)
    await tab.sign_in_by_api()
    return tab
