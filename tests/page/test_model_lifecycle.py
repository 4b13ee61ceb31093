"""Versions, timeline, deletion and restoration of a model."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.api.api_client import saved
from tests.inference.column_models import LOGISTIC, mixed
from tests.page.browser_tab import Tab
from tests.page.model_api import add_version, passenger_model, predict, upload_model

ROW = {"age": 22.5, "fare": 7.25, "sex": "m", "port": "S", "alone": True}
SLIDER_MS_MAX = 200


async def rename_model(tab: Tab, name: str) -> None:
    """Rename the model whose settings are open."""
    await tab.field("Name").fill(name)
    await tab.button("Save").click()
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(name)


async def test_a_second_version_is_promoted_and_rolled_back(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await add_version(user, model_id, saved(mixed(LOGISTIC(C=0.5, max_iter=1000)).estimator))
    await user.goto(f"/models/{model_id}/versions")
    dialog = user.page.get_by_role("dialog")
    await user.button("Promote to version 2").click()
    await expect(dialog).to_contain_text("version 2 “2” answers every call that names no version")
    await expect(dialog).to_contain_text("callers need not change")
    await dialog.get_by_role("button", name="Promote", exact=True).click()
    await expect(user.page.get_by_text("Version 2 is live", exact=True)).to_be_visible()
    await user.check_accessible()

    await user.button("Roll back to version 1").click()
    await dialog.get_by_role("button", name="Roll back", exact=True).click()
    await expect(user.page.get_by_text("Version 1 is live", exact=True)).to_be_visible()

    await user.goto(f"/models/{model_id}/timeline")
    events = user.page.get_by_role("list", name="Events").get_by_role("listitem")
    await expect(events.first).to_contain_text("Version 1 promoted")
    await expect(events.first).to_contain_text(f"by {user.account.username}")
    await expect(events.first).to_contain_text("a rollback")


async def test_two_versions_are_compared(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await add_version(user, model_id, saved(mixed(LOGISTIC(C=0.5, max_iter=1000)).estimator))
    await user.goto(f"/models/{model_id}/versions?compare=1-2")

    table = user.page.get_by_role("table", name="Two versions")
    await expect(table.get_by_role("row", name="Input")).to_contain_text("the same")
    await expect(table.get_by_role("row", name="SHA-256")).not_to_contain_text("the same")


async def test_the_timeline_shows_the_model_as_it_was(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model(), "titanic")
    await user.goto(f"/models/{model_id}/settings")
    await rename_model(user, "passengers")
    await user.goto(f"/models/{model_id}/timeline")
    slider = user.page.get_by_role("slider", name="Time")
    await slider.focus()
    await user.page.keyboard.press("ArrowLeft")
    await user.page.keyboard.press("ArrowLeft")

    name = user.page.get_by_role("row", name="Name")
    await expect(name).to_contain_text("titanic")
    await expect(name).to_contain_text("passengers")
    await expect(slider).to_have_attribute("aria-valuetext", re.compile("Uploaded as “titanic”"))
    await expect(user.page.get_by_text("1 thing is different today.")).to_be_visible()
    await user.page.wait_for_url(re.compile(r"timeline\?at="))
    await user.check_accessible()
    await user.page.reload()
    await expect(name).to_contain_text("titanic")

    await user.button("Now").click()
    await expect(name).not_to_contain_text("titanic")


@pytest.mark.timed
async def test_the_slider_responds_quickly(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model(), "name 0")
    await user.goto(f"/models/{model_id}/settings")
    for number in range(1, 5):
        await rename_model(user, f"name {number}")
    await user.goto(f"/models/{model_id}/timeline")
    await user.page.get_by_role("slider", name="Time").focus()
    await user.page.wait_for_load_state("networkidle")
    times_ms = await user.page.evaluate(
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
    assert max(times_ms) < SLIDER_MS_MAX, times_ms


async def test_a_deleted_model_is_restored_with_its_history(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model(), "precious")
    await predict(user, model_id, ROW)
    await user.goto(f"/models/{model_id}/settings")
    await user.button("Delete the model").click()
    dialog = user.page.get_by_role("dialog", name="Delete the model")
    await expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    await dialog.get_by_role("textbox").fill("precious")
    await dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(user.page.get_by_text("“precious” is deleted.")).to_be_visible()
    await expect(user.page.get_by_role("link", name="precious")).to_have_count(0)

    await user.button("Undo").click()
    await expect(user.page.get_by_role("heading", level=1)).to_have_text("precious")
    await user.page.get_by_role("link", name="History").click()
    await expect(
        user.page.get_by_role("table", name="Predictions").locator("tbody tr")
    ).to_have_count(1)


async def test_a_model_without_calls_is_deleted_without_confirmation(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model(), "unused")
    await user.goto(f"/models/{model_id}/settings")
    await user.button("Delete the model").click()

    await expect(user.page.get_by_text("“unused” is deleted.")).to_be_visible()


async def test_a_model_is_deactivated_and_documented(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto(f"/models/{model_id}/settings")
    await user.field("One row of input").fill("{")
    await expect(user.page.get_by_text("This is not JSON")).to_be_visible()
    await expect(user.button("Save the documentation")).to_be_disabled()
    await user.field("One row of input").fill('{"note": "ask Ada"}')
    await user.button("Save the documentation").click()
    await expect(user.page.get_by_text("Documented.")).to_be_visible()
    await user.check_accessible()

    await user.button("Deactivate").click()
    dialog = user.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("this model is deactivated")
    await dialog.get_by_role("button", name="Deactivate").click()
    await expect(user.button("Reactivate")).to_be_visible()
    await predict(user, model_id, ROW, status=409)
    await user.button("Reactivate").click()
    await expect(user.button("Deactivate")).to_be_visible()
