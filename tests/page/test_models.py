"""The list of models: found, put in order, deleted; a thousand of them, too."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from playwright.async_api import Browser, Locator, expect
from playwright.async_api import TimeoutError as TookTooLong

from domain.metadata import Metadata
from mlplatform.server.database import open_database
from mlplatform.server.store import open_history
from mlplatform.settings import Settings
from tests.mlplatform.platforms import serving
from tests.page.browsing import Account, Tab, Watch
from tests.page.model_files import passengers, uploaded
from tests.samples import uploaded as model_of

MANY = 1_000
BATCH = 200
PATIENCE_S = 90
RETRY_MS = 1_000


async def test_what_was_searched_and_its_order_are_there_again_after_a_reload(ada: Tab) -> None:
    for name in ("tulips", "Irises", "roses"):
        await uploaded(ada, passengers(), name)
    page = ada.page
    await ada.goto("/models")
    await expect(_names(ada)).to_have_text(["roses", "Irises", "tulips"])
    await ada.check_accessible()

    await ada.button("Name").click()
    await expect(_names(ada)).to_have_text(["Irises", "roses", "tulips"])
    await page.keyboard.press("/")
    await page.keyboard.type("SES")
    await expect(_names(ada)).to_have_text(["Irises", "roses"])
    await page.reload()

    await expect(_names(ada)).to_have_text(["Irises", "roses"])
    await expect(page).to_have_url(re.compile(r"\?sort=name&search=SES$|\?search=SES&sort=name$"))
    await page.get_by_role("searchbox").press("Escape")
    await page.get_by_label("State").select_option("Inactive")
    await expect(ada.heading("No model is like that")).to_be_visible()
    await ada.button("Show all models").click()
    await expect(_names(ada)).to_have_count(3)


async def test_the_list_is_gone_through_by_keys(ada: Tab) -> None:
    for name in ("tulips", "irises"):
        await uploaded(ada, passengers(), name)
    await ada.goto("/models")
    await expect(_names(ada)).to_have_count(2)

    keys = ada.page.keyboard
    for key in ("/", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"):
        await keys.press(key)
    await expect(ada.page.get_by_role("searchbox")).to_be_focused()
    for key in ("ArrowDown", "j", "Enter"):
        await keys.press(key)
    await expect(ada.heading("tulips")).to_be_visible()


async def test_a_deleted_model_is_gone_at_once_and_comes_back(ada: Tab) -> None:
    for name in ("tulips", "irises"):
        await uploaded(ada, passengers(), name)
    await ada.goto("/models")
    await ada.button("Delete tulips").click()
    await expect(_names(ada)).to_have_text(["irises"])
    await expect(_names(ada).first.locator("..")).to_be_focused()
    await ada.button("Undo").click()
    await expect(_names(ada)).to_have_text(["irises", "tulips"])

    await ada.button("Delete irises").click()
    await expect(_names(ada)).to_have_text(["tulips"])
    await ada.page.reload()
    await expect(_names(ada)).to_have_text(["tulips"])


async def test_a_model_that_cannot_be_deleted_comes_back_with_the_reason(ada: Tab) -> None:
    await uploaded(ada, passengers(), "tulips")
    await ada.goto("/models")
    await expect(_names(ada)).to_have_count(1)
    ada.watch.expect("DELETE", "/models/", 503)
    await ada.page.route("**/models/*", lambda route: route.fulfill(status=503, body="{}"))
    await ada.button("Delete tulips").click()

    await expect(ada.page.get_by_text("tulips: The server is not ready")).to_be_visible()
    await expect(_names(ada)).to_have_text(["tulips"])


async def test_a_thousand_models_are_listed_while_one_scrolls(
    browser: Browser, tmp_path: Path
) -> None:
    account, watch = Account.new("ada"), Watch()
    with serving(tmp_path) as platform:
        context = await browser.new_context(base_url=platform.url, reduced_motion="reduce")
        watch.over(context)
        tab = Tab(await context.new_page(), watch, account)
        await _given(tmp_path, UUID(await tab.register()))
        await tab.sign_in()
        await tab.goto("/models")
        await expect(tab.page.get_by_text(f"of {MANY:,}")).to_be_visible()
        async with asyncio.timeout(PATIENCE_S):
            while (shown := await _names(tab).count()) < MANY:
                # Again and again: the end moves away from where it was as rows come in.
                await tab.page.keyboard.press("End")
                with suppress(TookTooLong):
                    await _names(tab).nth(shown).wait_for(state="attached", timeout=RETRY_MS)
        await expect(tab.page.get_by_text(f"{MANY:,} of {MANY:,}")).to_be_visible()

        await tab.page.get_by_role("searchbox").fill("0777")
        await expect(_names(tab)).to_have_count(1, timeout=PATIENCE_S * 1_000)
        await expect(_names(tab)).to_have_text(["Model 0777" + "x" * 100])
        await context.close()
    assert watch.faults == []


async def _given(data_dir: Path, owner_id: UUID) -> None:
    settings = Settings(data_dir=data_dir)
    models = [model_of(owner_id, f"Model {n:04}{'x' * 100}") for n in range(MANY)]
    async with open_database(settings) as database, open_history(settings, database) as history:
        for start in range(0, MANY, BATCH):
            await history.events.save(models[start : start + BATCH], Metadata(actor_id=owner_id))


def _names(tab: Tab) -> Locator:
    # By roles, a thousand rows would be gone through for each look.
    return tab.page.locator("table[aria-label=Models] [data-row-link] > span:first-child")
