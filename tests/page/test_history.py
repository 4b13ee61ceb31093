"""The history of a model: filters, details, repeated calls and exports."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.page.browser_tab import Tab
from tests.page.model_api import passenger_model, predict, upload_model

ROW = {"age": 22.5, "fare": 7.25, "sex": "m", "port": "S", "alone": True}


def prediction_rows(tab: Tab) -> Locator:
    """Locate the rows of the history."""
    return tab.page.get_by_role("table", name="Predictions").locator("tbody tr")


async def called_model(tab: Tab, *ages: int, name: str = "passengers") -> str:
    """Upload a model and call it with these ages; the last one is first in its history."""
    model_id = await upload_model(tab, passenger_model(), name)
    for age in ages:
        await predict(tab, model_id, ROW | {"age": age})
    return model_id


async def test_a_call_is_found_opened_and_repeated(user: Tab) -> None:
    model_id = await called_model(user, 31, 32)
    await user.goto(f"/models/{model_id}/history")
    await expect(prediction_rows(user)).to_have_count(2)
    await prediction_rows(user).nth(1).get_by_role("link").click()

    panel = user.page.get_by_role("dialog", name="Prediction")
    await expect(panel.get_by_role("region", name="Input")).to_contain_text("age: 31")
    await expect(panel.get_by_label("Probabilities")).to_contain_text("%")
    await user.page.wait_for_url(re.compile(r"history\?prediction="))
    await user.check_accessible()
    await user.page.reload()
    await expect(panel.get_by_role("region", name="Input")).to_contain_text("age: 31")

    await panel.get_by_role("link", name="Run again").click()
    await expect(user.field("age")).to_have_value("31")


async def test_the_calls_can_be_navigated_by_keyboard(user: Tab) -> None:
    model_id = await called_model(user, 41, 42, 43)
    await user.goto(f"/models/{model_id}/history")
    await expect(prediction_rows(user)).to_have_count(3)
    keys, page = user.page.keyboard, user.page
    for key in ("j", "ArrowDown", "k", "Enter"):
        await keys.press(key)
    panel = page.get_by_role("dialog", name="Prediction")
    await expect(panel).to_contain_text("age: 43")
    await keys.press("j")
    await expect(panel).to_contain_text("age: 42")

    await keys.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(prediction_rows(user).nth(1).get_by_role("link")).to_be_focused()


async def test_filters_are_kept_in_the_url_and_apply_to_exports(user: Tab, tmp_path: Path) -> None:
    model_id = await called_model(user, 51, 52)
    await user.goto(f"/models/{model_id}/history")
    await user.page.get_by_label("Outcome").select_option("success")
    await user.page.get_by_label("At most, ms").fill("60000")
    await user.page.keyboard.press("Enter")
    await user.page.wait_for_url(re.compile("status=success&max_ms=60000"))
    await user.page.reload()
    await expect(prediction_rows(user)).to_have_count(2)
    await user.button("Export").click()
    async with user.page.expect_download() as download:
        await user.page.get_by_role("menuitem", name="As JSON lines").click()
    file = await download.value
    assert file.suggested_filename == "passengers-history.jsonl"
    await file.save_as(tmp_path / "history.jsonl")
    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["input_data"]["age"] for line in lines] == [52, 51]

    await user.page.get_by_label("Outcome").select_option("error")
    await expect(user.heading("No matching calls")).to_be_visible()
    await user.button("Clear the filters").click()
    await expect(prediction_rows(user)).to_have_count(2)


async def test_new_calls_are_announced_without_moving_rows(user: Tab) -> None:
    model_id = await called_model(user, 61)
    await user.goto(f"/models/{model_id}/history")
    await expect(prediction_rows(user)).to_have_count(1)
    await predict(user, model_id, ROW)
    await predict(user, model_id, ROW)

    await expect(user.page.get_by_text("2 new predictions")).to_be_visible(timeout=15_000)
    await expect(prediction_rows(user)).to_have_count(1)
    await user.button("Show").click()
    await expect(prediction_rows(user)).to_have_count(3)
    await expect(user.page.get_by_text("new predictions")).to_have_count(0)


async def test_an_empty_history_offers_a_call(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto(f"/models/{model_id}/history")

    await expect(user.heading("Not called yet")).to_be_visible()
    await user.check_accessible()


async def test_the_pages_fit_a_phone(user: Tab) -> None:
    model_id = await called_model(user, 71, name="n" * 120)
    await user.page.set_viewport_size({"width": 360, "height": 740})
    for tab in ("history", "versions", "timeline", "settings"):
        await user.goto(f"/models/{model_id}/{tab}")
        await user.page.wait_for_load_state("networkidle")
        wider = await user.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, tab
        await user.check_accessible()
