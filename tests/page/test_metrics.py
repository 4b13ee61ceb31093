"""How a model was called, over time and by version."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.api.files import saved
from tests.inference.column_models import LOGISTIC, mixed
from tests.page.browsing import Tab
from tests.page.model_files import (
    PASSENGER,
    asked,
    passengers,
    promoted,
    uploaded,
    version_added,
)


async def test_calls_are_counted_timed_and_told_apart_by_version(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto(f"/models/{model_id}/metrics")
    await expect(ada.heading("Not called yet")).to_be_visible()
    await ada.check_accessible()

    for _ in range(3):
        await asked(ada, model_id, PASSENGER)
    await version_added(ada, model_id, saved(mixed(LOGISTIC(C=0.5, max_iter=1000)).estimator))
    await promoted(ada, model_id, 2)
    await asked(ada, model_id, PASSENGER)
    await ada.goto(f"/models/{model_id}/metrics")
    await ada.page.get_by_text("1h", exact=True).click()
    await expect(ada.page).to_have_url(re.compile(r"\?range=1h$"))
    await expect(_calls(ada)).to_have_text("4")
    versions = ada.page.get_by_role("table", name="Versions").get_by_role("row")
    await expect(versions.nth(1)).to_contain_text("Version 2 serves1")
    await expect(versions.nth(2)).to_contain_text("Version 1 3")

    await ada.page.get_by_text("By version", exact=True).first.click()
    await ada.page.reload()
    await expect(ada.page).to_have_url(re.compile("range=1h&by=version"))
    await ada.page.get_by_text("In figures").first.click()
    figures = ada.page.get_by_role("table", name="Calls per minute")
    await expect(figures.get_by_role("columnheader")).to_have_text(
        ["Time", "Version 2", "Version 1"]
    )
    await ada.check_accessible()


async def test_figures_of_the_last_hour_follow_what_happens(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await asked(ada, model_id, PASSENGER)
    await ada.goto(f"/models/{model_id}/metrics?range=1h")
    await expect(_calls(ada)).to_have_text("1")

    await asked(ada, model_id, PASSENGER)
    await expect(_calls(ada)).to_have_text("2", timeout=15_000)


def _calls(tab: Tab) -> Locator:
    tiles = tab.page.get_by_role("region", name="In figures")
    return tiles.locator("dl > div", has_text="Calls").locator("dd").first
