"""A model file on its way in: chosen, dropped, stopped, refused, taken in."""

from __future__ import annotations

import re
import subprocess

from playwright.async_api import Route, expect

from tests.api.files import saved
from tests.inference.column_models import LOGISTIC
from tests.page.browsing import Tab
from tests.page.model_files import DROP, passengers, payload, uploaded

CHOOSE = "Choose a model file"


class Hostile:
    """A file that would run a command where it is opened."""

    def __reduce__(self) -> tuple[object, tuple[list[str]]]:
        return subprocess.call, (["true"],)


async def test_a_model_is_uploaded_and_tried(ada: Tab) -> None:
    await ada.goto("/upload")
    await ada.check_accessible()
    await ada.page.get_by_label(CHOOSE).set_input_files(
        payload("titanic_passengers-v2.joblib", passengers())
    )
    await expect(ada.field("Name")).to_have_value("titanic passengers v2")
    await ada.button("Upload").click()

    await expect(ada.heading("titanic passengers v2")).to_be_visible()
    await expect(ada.page.get_by_text("takes 5 columns and answers with one of no")).to_be_visible()
    await ada.check_accessible()
    await ada.page.get_by_role("link", name="Try it").click()
    await ada.button("Predict").click()
    await expect(ada.page.get_by_role("link", name="See it in the history")).to_be_visible()


async def test_a_file_may_be_dropped_anywhere(ada: Tab) -> None:
    await ada.goto("/upload")
    await ada.heading("Upload").wait_for()
    await ada.page.evaluate(DROP, "dropped_forest.h5")

    await expect(ada.field("Name")).to_have_value("dropped forest")
    await expect(ada.page.get_by_text("The content decides.")).to_be_visible()


async def test_a_refused_file_is_told_what_it_named(ada: Tab) -> None:
    ada.watch.expect("POST", "/models/upload$", 422)
    await ada.goto("/upload")
    await ada.page.get_by_label(CHOOSE).set_input_files(payload("bad.joblib", saved(Hostile())))
    await ada.field("Description").fill("kept")
    await ada.button("Upload").click()

    alert = ada.page.get_by_role("alert")
    await expect(alert).to_contain_text("subprocess.call, which is not on the list")
    await expect(alert).to_contain_text("No fitted model has a use for it")
    await expect(ada.field("Description")).to_have_value("kept")
    await ada.check_accessible()


async def test_an_empty_file_is_not_sent(ada: Tab) -> None:
    await ada.goto("/upload")
    await ada.page.get_by_label(CHOOSE).set_input_files(payload("empty.joblib", b""))

    await expect(ada.page.get_by_text("This file is empty.")).to_be_visible()
    await expect(ada.button("Upload")).to_be_disabled()


async def test_an_upload_is_stopped_and_sent_again(ada: Tab) -> None:
    async def hold(_: Route) -> None:
        """Let it be stopped before it is there."""

    await ada.page.route("**/models/upload", hold)
    await ada.goto("/upload")
    await ada.page.get_by_label(CHOOSE).set_input_files(payload("a.joblib", passengers()))
    await ada.button("Upload").click()
    await ada.button("Cancel").click()
    await expect(ada.button("Upload")).to_be_enabled()

    await ada.page.unroute("**/models/upload")
    await ada.button("Upload").click()
    await expect(ada.button("Upload another")).to_be_visible()


async def test_a_file_that_is_a_version_already_is_told_so(ada: Tab) -> None:
    ada.watch.expect("POST", "/versions$", 409)
    file = passengers()
    model_id = await uploaded(ada, file)
    await ada.goto(f"/upload?model={model_id}")
    await ada.page.get_by_label(CHOOSE).set_input_files(payload("again.joblib", file))
    await ada.button("Add the version").click()

    alert = ada.page.get_by_role("alert")
    await expect(alert).to_contain_text("This very file is version 1 of the model.")
    await alert.get_by_role("link").click()
    await ada.page.wait_for_url(re.compile(rf"/models/{model_id}/versions$"))


async def test_a_sample_names_the_columns_of_a_model_that_knows_none(ada: Tab) -> None:
    model = LOGISTIC().fit([[0.0, 1.0], [1.0, 0.0]] * 5, ["a", "b"] * 5)
    await ada.goto("/upload")
    await ada.page.get_by_label(CHOOSE).set_input_files(payload("plain.joblib", saved(model)))
    await ada.page.get_by_text("A sample of its rows").click()
    await ada.field("Rows").fill("width,height\n1.5,2.0\n0.5,1.0")
    await expect(ada.page.get_by_text("2 rows")).to_be_visible()
    await ada.button("Upload").click()

    await ada.page.get_by_role("link", name="Try it").click()
    await expect(ada.field("width")).to_have_value("1.5")
    await expect(ada.field("height")).to_have_value("2")
