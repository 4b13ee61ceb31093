"""The history of a model in the page: found, read in full, run again, kept as a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.page.browsing import Tab
from tests.page.model_files import asked, passengers, uploaded

ROW = {"age": 22.5, "fare": 7.25, "sex": "m", "port": "S", "alone": True}


def rows_of(tab: Tab) -> Locator:
    """Find the calls that are listed."""
    return tab.page.get_by_role("table", name="Predictions").locator("tbody tr")


async def called(tab: Tab, *ages: int, name: str = "passengers") -> str:
    """Have a model that was called by people of these ages, the last one first in its history."""
    model_id = await uploaded(tab, passengers(), name)
    for age in ages:
        await asked(tab, model_id, ROW | {"age": age})
    return model_id


async def test_a_call_is_found_read_in_full_and_run_again(ada: Tab) -> None:
    model_id = await called(ada, 31, 32)
    await ada.goto(f"/models/{model_id}/history")
    await expect(rows_of(ada)).to_have_count(2)
    await rows_of(ada).nth(1).get_by_role("link").click()

    panel = ada.page.get_by_role("dialog", name="Prediction")
    await expect(panel.get_by_role("region", name="Input")).to_contain_text("age: 31")
    await expect(panel.get_by_label("Probabilities")).to_contain_text("%")
    await ada.page.wait_for_url(re.compile(r"history\?prediction="))
    await ada.check_accessible()
    await ada.page.reload()
    await expect(panel.get_by_role("region", name="Input")).to_contain_text("age: 31")

    await panel.get_by_role("link", name="Run again").click()
    await expect(ada.field("age")).to_have_value("31")


async def test_the_keys_lead_through_the_calls(ada: Tab) -> None:
    model_id = await called(ada, 41, 42, 43)
    await ada.goto(f"/models/{model_id}/history")
    await expect(rows_of(ada)).to_have_count(3)
    keys, page = ada.page.keyboard, ada.page
    for key in ("j", "ArrowDown", "k", "Enter"):
        await keys.press(key)
    panel = page.get_by_role("dialog", name="Prediction")
    await expect(panel).to_contain_text("age: 43")
    await keys.press("j")
    await expect(panel).to_contain_text("age: 42")

    await keys.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(rows_of(ada).nth(1).get_by_role("link")).to_be_focused()


async def test_filters_are_in_the_address_and_hold_for_the_file(ada: Tab, tmp_path: Path) -> None:
    model_id = await called(ada, 51, 52)
    await ada.goto(f"/models/{model_id}/history")
    await ada.page.get_by_label("Outcome").select_option("success")
    await ada.page.get_by_label("At most, ms").fill("60000")
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_url(re.compile("status=success&max_ms=60000"))
    await ada.page.reload()
    await expect(rows_of(ada)).to_have_count(2)
    await ada.button("Export").click()
    async with ada.page.expect_download() as download:
        await ada.page.get_by_role("menuitem", name="As JSON lines").click()
    file = await download.value
    assert file.suggested_filename == "passengers-history.jsonl"
    await file.save_as(tmp_path / "history.jsonl")
    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["input_data"]["age"] for line in lines] == [52, 51]

    await ada.page.get_by_label("Outcome").select_option("error")
    await expect(ada.heading("No call is like that")).to_be_visible()
    await ada.button("Clear the filters").click()
    await expect(rows_of(ada)).to_have_count(2)


async def test_new_calls_are_told_and_no_row_jumps(ada: Tab) -> None:
    model_id = await called(ada, 61)
    await ada.goto(f"/models/{model_id}/history")
    await expect(rows_of(ada)).to_have_count(1)
    await asked(ada, model_id, ROW)
    await asked(ada, model_id, ROW)

    await expect(ada.page.get_by_text("2 new predictions")).to_be_visible(timeout=15_000)
    await expect(rows_of(ada)).to_have_count(1)
    await ada.button("Show").click()
    await expect(rows_of(ada)).to_have_count(3)
    await expect(ada.page.get_by_text("new predictions")).to_have_count(0)


async def test_a_history_that_is_empty_says_what_to_do(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto(f"/models/{model_id}/history")

    await expect(ada.heading("Not called yet")).to_be_visible()
    await ada.check_accessible()


async def test_it_fits_a_phone(ada: Tab) -> None:
    model_id = await called(ada, 71, name="n" * 120)
    await ada.page.set_viewport_size({"width": 360, "height": 740})
    for tab in ("history", "versions", "timeline", "settings"):
        await ada.goto(f"/models/{model_id}/{tab}")
        await ada.page.wait_for_load_state("networkidle")
        wider = await ada.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, tab
        await ada.check_accessible()
