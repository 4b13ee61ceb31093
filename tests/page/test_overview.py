"""A model at a glance."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import expect

from tests.api.files import saved
from tests.inference.faulty_estimators import EXIT, FaultyEstimator
from tests.page.browsing import Tab
from tests.page.model_files import PASSENGER, asked, passengers, uploaded

LOSSES_MAX = 5


async def test_a_model_is_seen_at_a_glance(ada: Tab, tmp_path: Path) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto(f"/models/{model_id}")
    await expect(ada.heading("Not called yet")).to_be_visible()
    await ada.check_accessible()
    await asked(ada, model_id, PASSENGER)
    await ada.page.reload()

    columns = ada.page.get_by_role("table", name="Columns")
    await expect(columns.get_by_role("row")).to_have_count(6)
    await expect(columns.get_by_role("row", name="port")).to_contain_text("text")
    calls = ada.page.get_by_role("table", name="Recent predictions")
    await expect(calls.get_by_role("row")).to_have_count(2)
    await ada.check_accessible()

    async with ada.page.expect_download() as download:
        await ada.button("OpenAPI of this model").click()
    await (await download.value).save_as(tmp_path / "openapi.json")
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")


async def test_the_actions_lead_on(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto(f"/models/{model_id}")
    await ada.button("Actions").click()
    await ada.page.get_by_role("menuitem", name="Add a version").click()

    await expect(ada.heading("Add a version")).to_be_visible()
    await expect(ada.page.get_by_text("of passengers")).to_be_visible()


async def test_a_quarantined_version_is_released(ada: Tab) -> None:
    model_id = await uploaded(ada, saved(FaultyEstimator()))
    for _ in range(LOSSES_MAX):
        await asked(ada, model_id, EXIT, status=502)
    await ada.goto(f"/models/{model_id}")
    await expect(ada.heading("Version 1 is quarantined")).to_be_visible()
    await ada.check_accessible()

    await ada.button("Release it").click()
    await expect(ada.page.get_by_text("Version 1 answers calls again.")).to_be_visible()
    await expect(ada.heading("Version 1 is quarantined")).to_be_hidden()
