"""Uploads of model files: chosen, dropped, cancelled, refused, accepted."""

from __future__ import annotations

import re
import subprocess

from playwright.async_api import Route, expect

from mlplatform.settings import Settings
from tests.api.api_client import saved
from tests.inference.column_models import LOGISTIC
from tests.page.browser_tab import Tab
from tests.page.model_api import DROP_FILE, file_payload, passenger_model, upload_model

CHOOSE = "Choose a model file"
LIMIT: int = Settings.model_fields["max_upload_size"].default


class Hostile:
    """An object whose pickle runs a command when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[list[str]]]:
        return subprocess.call, (["true"],)


async def test_a_model_is_uploaded_and_called(user: Tab) -> None:
    await user.goto("/upload")
    await user.check_accessible()
    await user.page.get_by_label(CHOOSE).set_input_files(
        file_payload("titanic_passengers-v2.joblib", passenger_model())
    )
    await expect(user.field("Name")).to_have_value("titanic passengers v2")
    await user.button("Upload").click()

    await expect(user.heading("titanic passengers v2")).to_be_visible()
    await expect(user.page.get_by_text("takes 5 columns and returns one of no")).to_be_visible()
    await user.check_accessible()
    await user.page.get_by_role("link", name="Try it").click()
    await user.button("Predict").click()
    await expect(user.page.get_by_role("link", name="See it in the history")).to_be_visible()


async def test_a_file_can_be_dropped_anywhere(user: Tab) -> None:
    await user.goto("/upload")
    await user.heading("Upload").wait_for()
    await user.page.evaluate(DROP_FILE, "dropped_forest.h5")

    await expect(user.field("Name")).to_have_value("dropped forest")
    await expect(user.page.get_by_text("The content decides.")).to_be_visible()


async def test_a_refused_file_names_the_global(user: Tab) -> None:
    user.monitor.expect_status("POST", "/models/upload$", 422)
    await user.goto("/upload")
    await user.page.get_by_label(CHOOSE).set_input_files(
        file_payload("bad.joblib", saved(Hostile()))
    )
    await user.field("Description").fill("kept")
    await user.button("Upload").click()

    alert = user.page.get_by_role("alert")
    await expect(alert).to_contain_text("subprocess.call, which is not on the list")
    await expect(alert).to_contain_text("No fitted model has a use for it")
    await expect(user.field("Description")).to_have_value("kept")
    await user.check_accessible()


async def test_an_empty_file_is_not_sent(user: Tab) -> None:
    await user.goto("/upload")
    await user.page.get_by_label(CHOOSE).set_input_files(file_payload("empty.joblib", b""))

    await expect(user.page.get_by_text("This file is empty.")).to_be_visible()
    await expect(user.button("Upload")).to_be_disabled()


async def test_a_file_larger_than_the_servers_limit_is_not_sent(user: Tab) -> None:
    async def respond_with_a_small_limit(route: Route) -> None:
        response = await route.fetch()
        await route.fulfill(json=await response.json() | {"max_upload_size": 1_000})

    await user.goto("/upload")
    await expect(user.page.get_by_text(f"up to {round(LIMIT / 1e6)} MB")).to_be_visible()
    await user.page.route(re.compile(r"//[^/]+/$"), respond_with_a_small_limit)
    await user.page.reload()
    await user.page.get_by_label(CHOOSE).set_input_files(file_payload("a.joblib", bytes(1_001)))

    await expect(user.page.get_by_role("alert")).to_contain_text("at most 1 kB are accepted")
    await expect(user.button("Upload")).to_be_disabled()


async def test_an_upload_is_cancelled_and_repeated(user: Tab) -> None:
    async def never_respond(_: Route) -> None:
        """Leave the request pending, so that the upload can be cancelled."""

    await user.page.route("**/models/upload", never_respond)
    await user.goto("/upload")
    await user.page.get_by_label(CHOOSE).set_input_files(
        file_payload("a.joblib", passenger_model())
    )
    await user.button("Upload").click()
    await user.button("Cancel").click()
    await expect(user.button("Upload")).to_be_enabled()

    await user.page.unroute("**/models/upload")
    await user.button("Upload").click()
    await expect(user.button("Upload another")).to_be_visible()


async def test_a_file_that_is_already_a_version_is_refused(user: Tab) -> None:
    user.monitor.expect_status("POST", "/versions$", 409)
    file = passenger_model()
    model_id = await upload_model(user, file)
    await user.goto(f"/upload?model={model_id}")
    await user.page.get_by_label(CHOOSE).set_input_files(file_payload("again.joblib", file))
    await user.button("Add the version").click()

    alert = user.page.get_by_role("alert")
    await expect(alert).to_contain_text("This file is already version 1 of the model.")
    await alert.get_by_role("link").click()
    await user.page.wait_for_url(re.compile(rf"/models/{model_id}/versions$"))


async def test_a_sample_names_the_columns_of_a_model_without_names(user: Tab) -> None:
    model = LOGISTIC().fit([[0.0, 1.0], [1.0, 0.0]] * 5, ["a", "b"] * 5)
    await user.goto("/upload")
    await user.page.get_by_label(CHOOSE).set_input_files(file_payload("plain.joblib", saved(model)))
    await user.page.get_by_text("A sample of its rows").click()
    await user.field("Rows").fill("width,height\n1.5,2.0\n0.5,1.0")
    await expect(user.page.get_by_text("2 rows")).to_be_visible()
    await user.button("Upload").click()

    await user.page.get_by_role("link", name="Try it").click()
    await expect(user.field("width")).to_have_value("1.5")
    await expect(user.field("height")).to_have_value("2")
