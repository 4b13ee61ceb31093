"""The first steps of a new user."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.api.api_client import API
from tests.page.browser_tab import Tab
from tests.page.model_api import DROP_FILE, api_headers, file_payload, passenger_model


async def test_the_first_steps_are_marked_as_done(user: Tab) -> None:
    page = user.page
    await user.goto("/")
    await expect(user.heading("Four steps to your first predictions")).to_be_visible()
    await expect(page.get_by_role("region", name="Your models in figures")).to_have_count(0)
    await user.check_accessible()

    await page.get_by_label("Choose a model file").set_input_files(
        file_payload("passengers.joblib", passenger_model())
    )
    await user.button("Upload").click()
    await page.get_by_role("link", name="Try it").first.wait_for()
    await page.get_by_role("link", name="Dashboard").click()
    await expect(_steps(user).get_by_text("Done:")).to_have_count(1)
    await expect(_steps(user).get_by_text("See its history")).not_to_have_role("link")
    await user.check_accessible()

    await _steps(user).get_by_role("link", name="Call it").click()
    await user.button("Predict").click()
    await page.get_by_role("link", name="See it in the history").wait_for()
    await page.get_by_role("link", name="Dashboard").click()
    await _steps(user).get_by_role("link", name="See its history").click()
    await page.get_by_role("table", name="Predictions").wait_for()
    await page.get_by_role("link", name="Dashboard").click()
    await expect(_steps(user).get_by_text("Done:")).to_have_count(3)

    key = {"name": "nightly", "scopes": ["predict"]}
    response = await page.request.post(f"{API}/api-keys", data=key, headers=await api_headers(user))
    assert response.status == 201, await response.text()
    await page.reload()
    await expect(page.get_by_role("region", name="Your models in figures")).to_be_visible()
    await expect(_steps(user)).to_have_count(0)


async def test_a_file_dropped_on_the_dashboard_opens_the_upload_form(user: Tab) -> None:
    await user.goto("/")
    await user.heading("Four steps to your first predictions").wait_for()
    await user.page.evaluate(DROP_FILE, "dropped_forest.joblib")

    await expect(user.page).to_have_url(re.compile("/upload$"))
    await expect(user.field("Name")).to_have_value("dropped forest")


def _steps(tab: Tab) -> Locator:
    return tab.page.get_by_role("region", name="First steps")
