"""The list of models: search, order, deletion; also with a thousand models."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from playwright.async_api import Browser, Locator, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from domain.events import Metadata
from mlplatform.server.database import open_database
from mlplatform.server.store import open_history
from mlplatform.settings import Settings
from tests.page.browser_tab import Account, ErrorMonitor, Tab
from tests.page.model_api import passenger_model, upload_model
from tests.platform_process import serving
from tests.samples import uploaded as model_of

MODELS = 1_000
BATCH = 200
TIMEOUT_S = 90
RETRY_MS = 1_000


async def test_search_and_order_survive_a_reload(user: Tab) -> None:
    for name in ("tulips", "Irises", "roses"):
        await upload_model(user, passenger_model(), name)
    page = user.page
    await user.goto("/models")
    await expect(_names(user)).to_have_text(["roses", "Irises", "tulips"])
    await user.check_accessible()

    await user.button("Name").click()
    await expect(_names(user)).to_have_text(["Irises", "roses", "tulips"])
    await page.keyboard.press("/")
    await page.keyboard.type("SES")
    await expect(_names(user)).to_have_text(["Irises", "roses"])
    await page.reload()

    await expect(_names(user)).to_have_text(["Irises", "roses"])
    await expect(page).to_have_url(re.compile(r"\?sort=name&search=SES$|\?search=SES&sort=name$"))
    await page.get_by_role("searchbox").press("Escape")
    await page.get_by_label("State").select_option("Inactive")
    await expect(user.heading("No matching models")).to_be_visible()
    await user.button("Show all models").click()
    await expect(_names(user)).to_have_count(3)


CHANGE_TWO_FILTERS = """() => {
    const escape = new KeyboardEvent("keydown", { key: "Escape", bubbles: true })
    document.querySelector("input[type=search]").dispatchEvent(escape)
    const state = document.querySelector("select[aria-label=State]")
    state.value = "inactive"
    state.dispatchEvent(new Event("change", { bubbles: true }))
}"""


async def test_of_two_changes_at_once_none_is_lost(user: Tab) -> None:
    await user.goto("/models?search=roses&sort=name")
    await expect(user.page.get_by_role("searchbox")).to_have_value("roses")
    await user.page.evaluate(CHANGE_TWO_FILTERS)
    await expect(user.page).to_have_url(
        re.compile(r"\?(state=inactive&sort=name|sort=name&state=inactive)$")
    )


async def test_the_list_can_be_navigated_by_keyboard(user: Tab) -> None:
    for name in ("tulips", "irises"):
        await upload_model(user, passenger_model(), name)
    await user.goto("/models")
    await expect(_names(user)).to_have_count(2)

    keys = user.page.keyboard
    for key in ("/", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"):
        await keys.press(key)
    await expect(user.page.get_by_role("searchbox")).to_be_focused()
    for key in ("ArrowDown", "j", "Enter"):
        await keys.press(key)
    await expect(user.heading("tulips")).to_be_visible()


async def test_a_deleted_model_disappears_immediately_and_can_be_restored(user: Tab) -> None:
    for name in ("tulips", "irises"):
        await upload_model(user, passenger_model(), name)
    await user.goto("/models")
    await user.button("Delete tulips").click()
    await expect(_names(user)).to_have_text(["irises"])
    await expect(_names(user).first.locator("..")).to_be_focused()
    await user.button("Undo").click()
    await expect(_names(user)).to_have_text(["irises", "tulips"])

    await user.button("Delete irises").click()
    await expect(_names(user)).to_have_text(["tulips"])
    await user.page.reload()
    await expect(_names(user)).to_have_text(["tulips"])


async def test_a_model_that_cannot_be_deleted_reappears_with_an_error(user: Tab) -> None:
    await upload_model(user, passenger_model(), "tulips")
    await user.goto("/models")
    await expect(_names(user)).to_have_count(1)
    user.monitor.expect_status("DELETE", "/models/", 503)
    await user.page.route("**/models/*", lambda route: route.fulfill(status=503, body="{}"))
    await user.button("Delete tulips").click()

    await expect(user.page.get_by_text("tulips: The server is not ready")).to_be_visible()
    await expect(_names(user)).to_have_text(["tulips"])


async def test_a_thousand_models_are_loaded_by_scrolling(browser: Browser, tmp_path: Path) -> None:
    account, monitor = Account.new("ada"), ErrorMonitor()
    with serving(tmp_path) as platform:
        context = await browser.new_context(base_url=platform.url, reduced_motion="reduce")
        monitor.attach(context)
        tab = Tab(await context.new_page(), monitor, account)
        await _create_models(tmp_path, UUID(await tab.register()))
        await tab.sign_in()
        await tab.goto("/models")
        await expect(tab.page.get_by_text(f"of {MODELS:,}")).to_be_visible()
        async with asyncio.timeout(TIMEOUT_S):
            while (shown := await _names(tab).count()) < MODELS:
                # Repeatedly, as the end of the page moves while rows are added.
                await tab.page.keyboard.press("End")
                with suppress(PlaywrightTimeout):
                    await _names(tab).nth(shown).wait_for(state="attached", timeout=RETRY_MS)
        await expect(tab.page.get_by_text(f"{MODELS:,} of {MODELS:,}")).to_be_visible()

        await tab.page.get_by_role("searchbox").fill("0777")
        await expect(_names(tab)).to_have_count(1, timeout=TIMEOUT_S * 1_000)
        await expect(_names(tab)).to_have_text(["Model 0777" + "x" * 100])
        await context.close()
    assert monitor.errors == []


async def _create_models(data_dir: Path, owner_id: UUID) -> None:
    settings = Settings(data_dir=data_dir)
    models = [model_of(owner_id, f"Model {n:04}{'x' * 100}") for n in range(MODELS)]
    async with open_database(settings) as database, open_history(settings, database) as history:
        for start in range(0, MODELS, BATCH):
            await history.events.save(models[start : start + BATCH], Metadata(actor_id=owner_id))


def _names(tab: Tab) -> Locator:
    # Locating by role would be slow with a thousand rows.
    return tab.page.locator("table[aria-label=Models] [data-row-link] > span:first-child")
