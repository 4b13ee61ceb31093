"""Calling a model with a form, JSON or a CSV file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from playwright.async_api import expect

from tests.api.api_client import saved
from tests.inference.column_models import LOGISTIC, texts
from tests.page.browser_tab import Tab
from tests.page.model_api import (
    PASSENGER,
    add_version,
    file_payload,
    passenger_model,
    predict,
    upload_model,
)

HEADER = "name,fare,age,sex,port,alone\n"
IN_HISTORY = "See it in the history"


async def test_form_json_and_code_show_the_same_request(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await predict(user, model_id, PASSENGER)
    await user.goto(f"/models/{model_id}/try")
    await expect(user.field("age")).to_have_value("22.5")
    code = user.page.get_by_label("The call as code")

    await user.field("age").fill("41")
    await expect(code).to_contain_text('"age":41')
    await user.page.get_by_role("tab", name="JSON").click()
    body = user.field("Body of the call")
    await expect(body).to_have_value(re.compile('"age": 41,'))
    await body.fill('[{"age": 3, "fare": 1, "sex": "f", "port": null, "alone": false}]')
    await user.page.get_by_role("tab", name="Python").click()
    await expect(code).to_contain_text('"port": None')
    await user.page.get_by_role("tab", name="Form").click()

    await expect(user.field("age")).to_have_value("3")
    await expect(user.page.get_by_label("alone")).to_have_value("1")


async def test_an_invalid_body_is_an_error_and_not_sent(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto(f"/models/{model_id}/try?view=json")
    await user.field("Body of the call").fill('{"input_data": ')

    await expect(user.page.get_by_text("This is not JSON")).to_be_visible()
    await expect(user.button("Predict")).to_be_disabled()


async def test_an_invalid_value_is_an_error_at_its_field(user: Tab) -> None:
    user.monitor.expect_status("POST", "/predict$", 422)
    model_id = await upload_model(user, passenger_model())
    await predict(user, model_id, PASSENGER)
    await user.goto(f"/models/{model_id}/try")
    await user.field("fare").fill("cheap")
    await user.page.keyboard.press("Control+Enter")

    await expect(user.page.get_by_role("alert")).to_contain_text("Row 1, column 'fare'")
    fare = user.field("fare")
    await expect(fare).to_have_attribute("aria-invalid", "true")
    described = await fare.get_attribute("aria-describedby") or ""
    await expect(user.page.locator(f"[id='{described}']")).to_have_text(
        "text where a number is expected"
    )
    await user.check_accessible()


async def test_the_result_shows_probabilities_and_links_to_its_record(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await predict(user, model_id, PASSENGER)
    await user.goto(f"/models/{model_id}/try")
    await user.page.get_by_role("textbox", name="age").focus()
    await user.page.keyboard.press("Control+Enter")

    result = user.page.get_by_role("region", name="Result")
    await expect(result.get_by_role("definition").filter(has_text="%")).to_have_count(2)
    await expect(result).to_contain_text("in the queue and the model")
    await user.check_accessible()
    await result.get_by_role("link", name=IN_HISTORY).click()
    await user.page.wait_for_url(re.compile(rf"/models/{model_id}/history\?prediction="))


async def test_several_rows_are_predicted_in_one_call(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await predict(user, model_id, PASSENGER)
    await user.goto(f"/models/{model_id}/try")
    await user.button("Add a row").click()
    await user.button("Add a row").click()
    await user.button("Remove row 2").click()
    await user.button("Predict").click()

    rows = user.page.get_by_role("region", name="Result").get_by_role("listitem")
    await expect(rows).to_have_count(2)


async def test_a_recorded_call_is_repeated(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await predict(user, model_id, PASSENGER | {"age": 77})
    await user.goto(f"/models/{model_id}/try")
    await expect(user.field("age")).to_have_value("77")
    await user.button("Predict").click()
    link = user.page.get_by_role("link", name=IN_HISTORY)
    prediction_id = (await link.get_attribute("href") or "").rpartition("=")[2]
    await predict(user, model_id, PASSENGER)
    await user.goto(f"/models/{model_id}/try?prediction={prediction_id}")
    await expect(user.field("age")).to_have_value("77")
    await expect(user.page.get_by_text("The rows are those of a call of version 1")).to_be_visible()


async def test_another_version_is_called(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await add_version(user, model_id, saved(texts(LOGISTIC()).estimator))
    await user.goto(f"/models/{model_id}/try")
    version = user.page.get_by_label("Version", exact=True)
    await version.focus()
    await user.page.keyboard.press("ArrowUp")
    await expect(user.field("text")).to_have_count(1)  # the second version takes a text
    await expect(version).to_be_focused()

    await user.field("text").fill("a good film")
    await user.button("Predict").click()
    await expect(user.page.get_by_role("region", name="Result")).to_contain_text("Version2")
    await expect(user.page.get_by_label("The call as code")).to_contain_text("?version=2")
    await user.page.reload()
    await expect(user.field("text")).to_be_visible()


async def test_a_csv_file_is_predicted_in_chunks_and_saved(user: Tab, tmp_path: Path) -> None:
    model_id = await upload_model(user, passenger_model())
    lines = [f"p{i},{i % 70}.5,{'' if i % 9 == 0 else i % 60},m,S,true" for i in range(230)]
    await user.goto(f"/models/{model_id}/try?view=csv")
    await user.page.get_by_label("Choose a CSV file").set_input_files(
        file_payload("people.csv", (HEADER + "\n".join(lines)).encode())
    )
    await expect(user.page.get_by_text("230 rows, sent in 3 calls.")).to_be_visible()
    await expect(user.page.get_by_text("no such columns: name")).to_be_visible()
    await user.button("Predict 230 rows").click()
    await expect(user.page.get_by_text("230 of 230 predicted")).to_be_visible()
    await user.check_accessible()

    async with user.page.expect_download() as download:
        await user.button("Save as CSV").click()
    file = await download.value
    assert file.suggested_filename == "people-predictions.csv"
    await file.save_as(tmp_path / "saved.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "saved.csv").read_text())))
    assert len(rows) == 230
    assert {row["prediction"] for row in rows} <= {"no", "yes"}
    assert float(rows[1]["probability_no"]) + float(rows[1]["probability_yes"]) > 0.999


async def test_a_csv_file_with_invalid_columns_names_them(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model())
    await user.goto(f"/models/{model_id}/try?view=csv")
    choose = user.page.get_by_label("Choose a CSV file")
    await choose.set_input_files(file_payload("a.csv", b"age,fare,sex,port\n1,2,m,S"))
    await expect(user.page.get_by_role("alert")).to_contain_text("A column is missing: “alone”")
    await choose.set_input_files(file_payload("b.csv", f"{HEADER}a,1,x,m,S,true".encode()))
    await expect(user.page.get_by_role("alert")).to_contain_text("Row 1, age: a number is expected")


async def test_the_pages_fit_a_phone(user: Tab) -> None:
    model_id = await upload_model(user, passenger_model(), "n" * 120)
    await user.page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/upload", f"/models/{model_id}", f"/models/{model_id}/try"):
        await user.goto(path)
        await user.page.get_by_role("heading", level=1).wait_for()
        await user.page.wait_for_load_state("networkidle")
        overflow_px = await user.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow_px <= 0, path
