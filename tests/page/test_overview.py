"""The overview of a model."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import expect

from tests.api.api_client import saved
from tests.inference.faulty_estimators import EXIT, FaultyEstimator
from tests.page.browser_tab import Tab
from tests.page.model_api import PASSENGER, passenger_model, predict, upload_model

LOSSES_MAX = 5


async def test_the_overview_shows_signature_and_predictions(user: Tab, tmp_path: Path) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto(f"/models/{model_id}")
    await expect(user.heading("Not called yet")).to_be_visible()
    await user.check_accessible()
    await predict(user, model_id, PASSENGER)
    await user.page.reload()

    columns = user.page.get_by_role("table", name="Columns")
    await expect(columns.get_by_role("row")).to_have_count(6)
    await expect(columns.get_by_role("row", name="port")).to_contain_text("text")
    calls = user.page.get_by_role("table", name="Recent predictions")
    await expect(calls.get_by_role("row")).to_have_count(2)
    await user.check_accessible()

    async with user.page.expect_download() as download:
        await user.button("OpenAPI of this model").click()
    await (await download.value).save_as(tmp_path / "openapi.json")
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")


async def test_the_actions_menu_opens_the_upload_of_a_version(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto(f"/models/{model_id}")
    await user.button("Actions").click()
    await user.page.get_by_role("menuitem", name="Add a version").click()

    await expect(user.heading("Add a version")).to_be_visible()
    await expect(user.page.get_by_text("of passengers")).to_be_visible()


async def test_a_quarantined_version_is_released(user: Tab) -> None:
    model_id = await upload_model(user, saved(FaultyEstimator()))
    for _ in range(LOSSES_MAX):
        await predict(user, model_id, EXIT, status=502)
    await user.goto(f"/models/{model_id}")
    await expect(user.heading("Version 1 is quarantined")).to_be_visible()
    await user.check_accessible()

    await user.button("Release it").click()
    await expect(user.page.get_by_text("Version 1 answers calls again.")).to_be_visible()
    await expect(user.heading("Version 1 is quarantined")).to_be_hidden()
