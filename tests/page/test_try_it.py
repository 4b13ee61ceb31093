"""Asking a model in the page: by a form, by JSON, by a file, again."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from playwright.async_api import expect

from tests.api.files import saved
from tests.inference.column_models import LOGISTIC, texts
from tests.page.browsing import Tab
from tests.page.model_files import (
    PASSENGER,
    asked,
    passengers,
    payload,
    uploaded,
    version_added,
)

HEADER = "name,fare,age,sex,port,alone\n"
IN_HISTORY = "See it in the history"


async def test_form_json_and_code_are_one(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await asked(ada, model_id, PASSENGER)
    await ada.goto(f"/models/{model_id}/try")
    await expect(ada.field("age")).to_have_value("22.5")
    code = ada.page.get_by_label("The call as code")

    await ada.field("age").fill("41")
    await expect(code).to_contain_text('"age":41')
    await ada.page.get_by_role("tab", name="JSON").click()
    body = ada.field("Body of the call")
    await expect(body).to_have_value(re.compile('"age": 41,'))
    await body.fill('[{"age": 3, "fare": 1, "sex": "f", "port": null, "alone": false}]')
    await ada.page.get_by_role("tab", name="Python").click()
    await expect(code).to_contain_text('"port": None')
    await ada.page.get_by_role("tab", name="Form").click()

    await expect(ada.field("age")).to_have_value("3")
    await expect(ada.page.get_by_label("alone")).to_have_value("1")


async def test_a_broken_body_is_told_of_and_not_sent(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto(f"/models/{model_id}/try?view=json")
    await ada.field("Body of the call").fill('{"input_data": ')

    await expect(ada.page.get_by_text("This is not JSON")).to_be_visible()
    await expect(ada.button("Predict")).to_be_disabled()


async def test_a_refused_value_is_told_beside_its_field(ada: Tab) -> None:
    ada.watch.expect("POST", "/predict$", 422)
    model_id = await uploaded(ada, passengers())
    await asked(ada, model_id, PASSENGER)
    await ada.goto(f"/models/{model_id}/try")
    await ada.field("fare").fill("cheap")
    await ada.page.keyboard.press("Control+Enter")

    await expect(ada.page.get_by_role("alert")).to_contain_text("Row 1, column 'fare'")
    fare = ada.field("fare")
    await expect(fare).to_have_attribute("aria-invalid", "true")
    described = await fare.get_attribute("aria-describedby") or ""
    await expect(ada.page.locator(f"[id='{described}']")).to_have_text(
        "text where a number is expected"
    )
    await ada.check_accessible()


async def test_the_answer_shows_its_classes_and_leads_to_its_record(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await asked(ada, model_id, PASSENGER)
    await ada.goto(f"/models/{model_id}/try")
    await ada.page.get_by_role("textbox", name="age").focus()
    await ada.page.keyboard.press("Control+Enter")

    answer = ada.page.get_by_role("region", name="Answer")
    await expect(answer.get_by_role("definition").filter(has_text="%")).to_have_count(2)
    await expect(answer).to_contain_text("in the queue and the model")
    await ada.check_accessible()
    await answer.get_by_role("link", name=IN_HISTORY).click()
    await ada.page.wait_for_url(re.compile(rf"/models/{model_id}/history\?prediction="))


async def test_several_rows_are_asked_at_once(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await asked(ada, model_id, PASSENGER)
    await ada.goto(f"/models/{model_id}/try")
    await ada.button("Add a row").click()
    await ada.button("Add a row").click()
    await ada.button("Remove row 2").click()
    await ada.button("Predict").click()

    rows = ada.page.get_by_role("region", name="Answer").get_by_role("listitem")
    await expect(rows).to_have_count(2)


async def test_a_recorded_call_is_asked_again(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await asked(ada, model_id, PASSENGER | {"age": 77})
    await ada.goto(f"/models/{model_id}/try")
    await expect(ada.field("age")).to_have_value("77")
    await ada.button("Predict").click()
    link = ada.page.get_by_role("link", name=IN_HISTORY)
    prediction_id = (await link.get_attribute("href") or "").rpartition("=")[2]
    await asked(ada, model_id, PASSENGER)
    await ada.goto(f"/models/{model_id}/try?prediction={prediction_id}")
    await expect(ada.field("age")).to_have_value("77")
    await expect(ada.page.get_by_text("The rows are those of a call of version 1")).to_be_visible()


async def test_another_version_is_asked(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await version_added(ada, model_id, saved(texts(LOGISTIC()).estimator))
    await ada.goto(f"/models/{model_id}/try")
    version = ada.page.get_by_label("Version", exact=True)
    await version.focus()
    await ada.page.keyboard.press("ArrowUp")
    await expect(ada.field("text")).to_have_count(1)  # The first version has columns of texts.
    await expect(version).to_be_focused()

    await ada.field("text").fill("a good film")
    await ada.button("Predict").click()
    await expect(ada.page.get_by_role("region", name="Answer")).to_contain_text("Version2")
    await expect(ada.page.get_by_label("The call as code")).to_contain_text("?version=2")
    await ada.page.reload()
    await expect(ada.field("text")).to_be_visible()


async def test_a_file_of_rows_is_asked_in_parts_and_saved(ada: Tab, tmp_path: Path) -> None:
    model_id = await uploaded(ada, passengers())
    lines = [f"p{i},{i % 70}.5,{'' if i % 9 == 0 else i % 60},m,S,true" for i in range(230)]
    await ada.goto(f"/models/{model_id}/try?view=csv")
    await ada.page.get_by_label("Choose a CSV file").set_input_files(
        payload("people.csv", (HEADER + "\n".join(lines)).encode())
    )
    await expect(ada.page.get_by_text("230 rows, asked in 3 calls.")).to_be_visible()
    await expect(ada.page.get_by_text("no such columns: name")).to_be_visible()
    await ada.button("Predict 230 rows").click()
    await expect(ada.page.get_by_text("230 of 230 answered")).to_be_visible()
    await ada.check_accessible()

    async with ada.page.expect_download() as download:
        await ada.button("Save as CSV").click()
    file = await download.value
    assert file.suggested_filename == "people-predictions.csv"
    await file.save_as(tmp_path / "saved.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "saved.csv").read_text())))
    assert len(rows) == 230
    assert {row["prediction"] for row in rows} <= {"no", "yes"}
    assert float(rows[1]["probability_no"]) + float(rows[1]["probability_yes"]) > 0.999


async def test_a_file_with_wrong_columns_is_told_which(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers())
    await ada.goto(f"/models/{model_id}/try?view=csv")
    choose = ada.page.get_by_label("Choose a CSV file")
    await choose.set_input_files(payload("a.csv", b"age,fare,sex,port\n1,2,m,S"))
    await expect(ada.page.get_by_role("alert")).to_contain_text("A column is missing: “alone”")
    await choose.set_input_files(payload("b.csv", f"{HEADER}a,1,x,m,S,true".encode()))
    await expect(ada.page.get_by_role("alert")).to_contain_text("Row 1, age: a number is expected")


async def test_it_fits_a_phone(ada: Tab) -> None:
    model_id = await uploaded(ada, passengers(), "n" * 120)
    await ada.page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/upload", f"/models/{model_id}", f"/models/{model_id}/try"):
        await ada.goto(path)
        await ada.page.get_by_role("heading", level=1).wait_for()
        await ada.page.wait_for_load_state("networkidle")
        wider = await ada.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, path
