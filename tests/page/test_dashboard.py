"""The dashboard: live events, pauses and server restarts."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from tests.page.browser_tab import Account, ErrorMonitor, Tab
from tests.page.model_api import PASSENGER, PASSENGERS, passenger_model, predict, upload_model
from tests.platform_process import serving

SOON_MS = 15_000


async def test_a_call_by_a_program_appears_live_and_is_counted(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto("/")
    await expect(_live(user).get_by_text("now", exact=True)).to_be_visible()
    await expect(_live(user).get_by_text("No model has been called yet.")).to_be_visible()

    await predict(user, model_id, PASSENGER)

    line = _live(user).get_by_role("listitem")
    await expect(line).to_contain_text([f"{PASSENGERS}v11 row"])
    await expect(_figure(user, "Requests a minute")).not_to_have_text("0", timeout=SOON_MS)
    await expect(_figure(user, "Error rate")).to_have_text("0%")
    await expect(_figure(user, "p95")).to_contain_text("ms")
    await expect(user.page.get_by_role("region", name="Needs attention")).to_contain_text(
        "No problems"
    )
    await user.check_accessible()


async def test_the_live_feed_does_not_move_while_it_is_paused_or_hovered(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto("/")
    await expect(_live(user).get_by_text("now", exact=True)).to_be_visible()
    await predict(user, model_id, PASSENGER)
    lines = _live(user).get_by_role("listitem")
    await expect(lines).to_have_count(1)

    await user.button("Pause").click()
    await predict(user, model_id, PASSENGER)
    await expect(_live(user).get_by_text("paused, 1 new")).to_be_visible()
    await expect(lines).to_have_count(1)

    await user.button("Resume").click()
    await expect(lines).to_have_count(2)
    await lines.first.hover()
    await predict(user, model_id, PASSENGER)
    await expect(_live(user).get_by_text("paused, 1 new")).to_be_visible()


async def test_the_page_recovers_after_a_server_restart(browser: Browser, tmp_path: Path) -> None:
    account, monitor = Account.new("ada"), ErrorMonitor()
    with serving(tmp_path) as platform:
        context = await browser.new_context(base_url=platform.url, reduced_motion="reduce")
        monitor.attach(context)
        monitor.expect_status("GET", "/health$", 503)  # while it starts
        tab = Tab(await context.new_page(), monitor, account)
        await tab.register()
        await tab.sign_in()
        model_id = await upload_model(tab, passenger_model())
        await tab.goto("/")
        await expect(_live(tab).get_by_text("now", exact=True)).to_be_visible()
        platform.kill()
        banner = tab.page.get_by_text("The server does not respond.")
        await expect(banner).to_be_visible(timeout=SOON_MS)
        await expect(_live(tab).get_by_text("connection lost")).to_be_visible()

    port = platform.url.rpartition(":")[2]
    with serving(tmp_path, "--port", port):
        await expect(banner).to_be_hidden(timeout=SOON_MS)
        await expect(_live(tab).get_by_text("now", exact=True)).to_be_visible(timeout=SOON_MS)
        await predict(tab, model_id, PASSENGER)
        await expect(_live(tab).get_by_role("listitem")).to_have_count(1)
        await context.close()
    assert [error for error in monitor.errors if not CONNECTION_ERRORS.search(error)] == []


CONNECTION_ERRORS = re.compile(
    "ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED"
)


def _live(tab: Tab) -> Locator:
    return tab.page.get_by_role("region", name="Live")


def _figure(tab: Tab, label: str) -> Locator:
    tiles = tab.page.get_by_role("region", name="Your models in figures")
    return tiles.locator("dl > div", has_text=label).locator("dd").first
