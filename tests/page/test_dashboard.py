"""What models do at this moment, as it happens, through pauses and restarts."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from tests.mlplatform.platforms import serving
from tests.page.browsing import Account, Tab, Watch
from tests.page.model_files import PASSENGER, PASSENGERS, asked, passengers, uploaded

SOON_MS = 15_000


async def test_a_call_by_a_program_is_seen_at_once_and_counted(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto("/")
    await expect(_live(ada).get_by_text("now", exact=True)).to_be_visible()
    await expect(_live(ada).get_by_text("No model has been called yet.")).to_be_visible()

    await asked(ada, model_id, PASSENGER)

    line = _live(ada).get_by_role("listitem")
    await expect(line).to_contain_text([f"{PASSENGERS}v11 row"])
    await expect(_figure(ada, "Requests a minute")).not_to_have_text("0", timeout=SOON_MS)
    await expect(_figure(ada, "Error rate")).to_have_text("0%")
    await expect(_figure(ada, "p95")).to_contain_text("ms")
    await expect(ada.page.get_by_role("region", name="To look at")).to_contain_text("All is well")
    await ada.check_accessible()


async def test_what_is_read_does_not_move_until_it_is_let_go(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto("/")
    await expect(_live(ada).get_by_text("now", exact=True)).to_be_visible()
    await asked(ada, model_id, PASSENGER)
    lines = _live(ada).get_by_role("listitem")
    await expect(lines).to_have_count(1)

    await ada.button("Pause").click()
    await asked(ada, model_id, PASSENGER)
    await expect(_live(ada).get_by_text("held, 1 new")).to_be_visible()
    await expect(lines).to_have_count(1)

    await ada.button("Go on").click()
    await expect(lines).to_have_count(2)
    await lines.first.hover()
    await asked(ada, model_id, PASSENGER)
    await expect(_live(ada).get_by_text("held, 1 new")).to_be_visible()


async def test_the_page_goes_on_when_its_server_was_away(browser: Browser, tmp_path: Path) -> None:
    account, watch = Account.new("ada"), Watch()
    with serving(tmp_path) as platform:
        context = await browser.new_context(base_url=platform.url, reduced_motion="reduce")
        watch.over(context)
        watch.expect("GET", "/health$", 503)  # while it starts
        tab = Tab(await context.new_page(), watch, account)
        await tab.register()
        await tab.sign_in()
        model_id = await uploaded(tab, passengers())
        await tab.goto("/")
        await expect(_live(tab).get_by_text("now", exact=True)).to_be_visible()
        platform.kill()
        away = tab.page.get_by_text("The server does not answer.")
        await expect(away).to_be_visible(timeout=SOON_MS)
        await expect(_live(tab).get_by_text("connection lost")).to_be_visible()

    port = platform.url.rpartition(":")[2]
    with serving(tmp_path, "--port", port):
        await expect(away).to_be_hidden(timeout=SOON_MS)
        await expect(_live(tab).get_by_text("now", exact=True)).to_be_visible(timeout=SOON_MS)
        await asked(tab, model_id, PASSENGER)
        await expect(_live(tab).get_by_role("listitem")).to_have_count(1)
        await context.close()
    assert [fault for fault in watch.faults if not AWAY.search(fault)] == []


AWAY = re.compile("ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED")


def _live(tab: Tab) -> Locator:
    return tab.page.get_by_role("region", name="Live")


def _figure(tab: Tab, label: str) -> Locator:
    tiles = tab.page.get_by_role("region", name="Your models in figures")
    return tiles.locator("dl > div", has_text=label).locator("dd").first
