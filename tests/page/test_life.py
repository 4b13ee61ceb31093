"""The life of a model in the page: its versions, its past, its end and its return."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.api.files import saved
from tests.inference.column_models import LOGISTIC, mixed
from tests.page.browsing import Tab
from tests.page.model_files import asked, passengers, uploaded, version_added

ROW = {"age": 22.5, "fare": 7.25, "sex": "m", "port": "S", "alone": True}
SLIDER_MS_MAX = 200


async def renamed(tab: Tab, name: str) -> None:
    """Give the model whose settings are open another name."""
    await tab.field("Name").fill(name)
    await tab.button("Save").click()
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(name)


async def test_a_second_version_is_promoted_and_rolled_back(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await version_added(ada, model_id, saved(mixed(LOGISTIC(C=0.5, max_iter=1000)).estimator))
    await ada.goto(f"/models/{model_id}/versions")
    dialog = ada.page.get_by_role("dialog")
    await ada.button("Promote to version 2").click()
    await expect(dialog).to_contain_text("version 2 “2” answers every call that names no version")
    await expect(dialog).to_contain_text("callers need not change")
    await dialog.get_by_role("button", name="Promote", exact=True).click()
    await expect(ada.page.get_by_text("Version 2 serves", exact=True)).to_be_visible()
    await ada.check_accessible()

    await ada.button("Roll back to version 1").click()
    await dialog.get_by_role("button", name="Roll back", exact=True).click()
    await expect(ada.page.get_by_text("Version 1 serves", exact=True)).to_be_visible()

    await ada.goto(f"/models/{model_id}/timeline")
    events = ada.page.get_by_role("list", name="Events").get_by_role("listitem")
    await expect(events.first).to_contain_text("Version 1 serves from now on")
    await expect(events.first).to_contain_text(f"by {ada.account.username}")
    await expect(events.first).to_contain_text("a roll-back")


async def test_two_versions_are_compared(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await version_added(ada, model_id, saved(mixed(LOGISTIC(C=0.5, max_iter=1000)).estimator))
    await ada.goto(f"/models/{model_id}/versions?compare=1-2")

    table = ada.page.get_by_role("table", name="Two versions")
    await expect(table.get_by_role("row", name="Takes")).to_contain_text("the same")
    await expect(table.get_by_role("row", name="SHA-256")).not_to_contain_text("the same")


async def test_the_timeline_shows_the_model_as_it_was(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers(), "titanic")
    await ada.goto(f"/models/{model_id}/settings")
    await renamed(ada, "passengers")
    await ada.goto(f"/models/{model_id}/timeline")
    slider = ada.page.get_by_role("slider", name="Moment")
    await slider.focus()
    await ada.page.keyboard.press("ArrowLeft")
    await ada.page.keyboard.press("ArrowLeft")

    name = ada.page.get_by_role("row", name="Name")
    await expect(name).to_contain_text("titanic")
    await expect(name).to_contain_text("passengers")
    await expect(slider).to_have_attribute("aria-valuetext", re.compile("Uploaded as “titanic”"))
    await expect(ada.page.get_by_text("1 thing is different today.")).to_be_visible()
    await ada.page.wait_for_url(re.compile(r"timeline\?at="))
    await ada.check_accessible()
    await ada.page.reload()
    await expect(name).to_contain_text("titanic")

    await ada.button("Now").click()
    await expect(name).not_to_contain_text("titanic")


@pytest.mark.timed
async def test_the_slider_answers_at_once(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers(), "name 0")
    await ada.goto(f"/models/{model_id}/settings")
    for number in range(1, 5):
        await renamed(ada, f"name {number}")
    await ada.goto(f"/models/{model_id}/timeline")
    await ada.page.get_by_role("slider", name="Moment").focus()
    await ada.page.wait_for_load_state("networkidle")
    took = await ada.page.evaluate(
        """async () => {
            const slider = document.querySelector("input[type=range]");
            const shown = () => document.querySelector("table")?.textContent ?? "";
            const times = [];
            for (const name of ["name 4", "name 3", "name 2", "name 1", "name 0"]) {
                const start = performance.now();
                slider.dispatchEvent(
                    new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
                while (!shown().includes(name)) await new Promise(requestAnimationFrame);
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done, 400));
            }
            return times;
        }"""
    )
    assert max(took) < SLIDER_MS_MAX, took


async def test_a_model_that_was_deleted_comes_back_whole(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers(), "precious")
    await asked(ada, model_id, ROW)
    await ada.goto(f"/models/{model_id}/settings")
    await ada.button("Delete the model").click()
    dialog = ada.page.get_by_role("dialog", name="Delete the model")
    await expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    await dialog.get_by_role("textbox").fill("precious")
    await dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(ada.page.get_by_text("“precious” is deleted.")).to_be_visible()
    await expect(ada.page.get_by_role("link", name="precious")).to_have_count(0)

    await ada.button("Undo").click()
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("precious")
    await ada.page.get_by_role("link", name="History").click()
    await expect(
        ada.page.get_by_role("table", name="Predictions").locator("tbody tr")
    ).to_have_count(1)


async def test_a_model_nobody_called_is_deleted_without_a_word_typed(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers(), "unused")
    await ada.goto(f"/models/{model_id}/settings")
    await ada.button("Delete the model").click()

    await expect(ada.page.get_by_text("“unused” is deleted.")).to_be_visible()


async def test_a_model_is_deactivated_and_documented(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto(f"/models/{model_id}/settings")
    await ada.field("One row of input").fill("{")
    await expect(ada.page.get_by_text("That is no JSON")).to_be_visible()
    await expect(ada.button("Save the documentation")).to_be_disabled()
    await ada.field("One row of input").fill('{"note": "ask Ada"}')
    await ada.button("Save the documentation").click()
    await expect(ada.page.get_by_text("Documented.")).to_be_visible()
    await ada.check_accessible()

    await ada.button("Deactivate").click()
    dialog = ada.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("this model is deactivated")
    await dialog.get_by_role("button", name="Deactivate").click()
    await expect(ada.button("Reactivate")).to_be_visible()
    await asked(ada, model_id, ROW, status=409)
    await ada.button("Reactivate").click()
    await expect(ada.button("Deactivate")).to_be_visible()
