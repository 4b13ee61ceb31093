"""Metrics of a model over time and by version."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.api.api_client import saved
from tests.inference.column_models import LOGISTIC, mixed
from tests.page.browser_tab import Tab
from tests.page.model_api import (
    PASSENGER,
    add_version,
    passenger_model,
    predict,
    promote,
    upload_model,
)


async def test_calls_are_counted_and_timed_by_version(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto(f"/models/{model_id}/metrics")
    await expect(user.heading("Not called yet")).to_be_visible()
    await user.check_accessible()

    for _ in range(3):
        await predict(user, model_id, PASSENGER)
    await add_version(user, model_id, saved(mixed(LOGISTIC(C=0.5, max_iter=1000)).estimator))
    await promote(user, model_id, 2)
    await predict(user, model_id, PASSENGER)
    await user.goto(f"/models/{model_id}/metrics")
    await user.page.get_by_text("1h", exact=True).click()
    await expect(user.page).to_have_url(re.compile(r"\?range=1h$"))
    await expect(_calls(user)).to_have_text("4")
    versions = user.page.get_by_role("table", name="Versions").get_by_role("row")
    await expect(versions.nth(1)).to_contain_text("Version 2 live1")
    await expect(versions.nth(2)).to_contain_text("Version 1 3")

    await user.page.get_by_text("By version", exact=True).first.click()
    await user.page.reload()
    await expect(user.page).to_have_url(re.compile("range=1h&by=version"))
    await user.page.get_by_text("In figures").first.click()
    figures = user.page.get_by_role("table", name="Calls per minute")
    await expect(figures.get_by_role("columnheader")).to_have_text(
        ["Time", "Version 2", "Version 1"]
    )
    await user.check_accessible()


async def test_metrics_of_the_last_hour_are_updated(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await predict(user, model_id, PASSENGER)
    await user.goto(f"/models/{model_id}/metrics?range=1h")
    await expect(_calls(user)).to_have_text("1")

    await predict(user, model_id, PASSENGER)
    await expect(_calls(user)).to_have_text("2", timeout=15_000)


def _calls(tab: Tab) -> Locator:
    tiles = tab.page.get_by_role("region", name="In figures")
    return tiles.locator("dl > div", has_text="Calls").locator("dd").first
