"""A newcomer's first steps, which tick themselves off."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.api.people import API
from tests.page.browsing import Tab
from tests.page.model_files import DROP, headers, passengers, payload


async def test_a_newcomer_is_led_from_a_file_to_a_key_by_what_there_is(ada: Tab) -> None:
    page = ada.page
    await ada.goto("/")
    await expect(ada.heading("Four steps to a model that answers")).to_be_visible()
    await expect(page.get_by_role("region", name="Your models in figures")).to_have_count(0)
    await ada.check_accessible()

    await page.get_by_label("Choose a model file").set_input_files(
        payload("passengers.joblib", passengers())
    )
    await ada.button("Upload").click()
    await page.get_by_role("link", name="Try it").first.wait_for()
    await page.get_by_role("link", name="Dashboard").click()
    await expect(_steps(ada).get_by_text("Done:")).to_have_count(1)
    await expect(_steps(ada).get_by_text("See its history")).not_to_have_role("link")
    await ada.check_accessible()

    await _steps(ada).get_by_role("link", name="Call it").click()
    await ada.button("Predict").click()
    await page.get_by_role("link", name="See it in the history").wait_for()
    await page.get_by_role("link", name="Dashboard").click()
    await _steps(ada).get_by_role("link", name="See its history").click()
    await page.get_by_role("table", name="Predictions").wait_for()
    await page.get_by_role("link", name="Dashboard").click()
    await expect(_steps(ada).get_by_text("Done:")).to_have_count(3)

    key = {"name": "nightly", "scopes": ["predict"]}
    answer = await page.request.post(f"{API}/api-keys", data=key, headers=await headers(ada))
    assert answer.status == 201, await answer.text()
    await page.reload()
    await expect(page.get_by_role("region", name="Your models in figures")).to_be_visible()
    await expect(_steps(ada)).to_have_count(0)


async def test_a_file_that_is_dropped_on_the_dashboard_is_brought_to_its_form(ada: Tab) -> None:
    await ada.goto("/")
    await ada.heading("Four steps to a model that answers").wait_for()
    await ada.page.evaluate(DROP, "dropped_forest.joblib")

    await expect(ada.page).to_have_url(re.compile("/upload$"))
    await expect(ada.field("Name")).to_have_value("dropped forest")


def _steps(tab: Tab) -> Locator:
    return tab.page.get_by_role("region", name="First steps")
