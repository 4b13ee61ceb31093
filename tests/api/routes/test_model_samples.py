"""Samples of uploads: what is read from them, refusals, and warnings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference.child.libraries import pandas, sklearn_dummy, sklearn_pipeline
from inference.child.libraries import sklearn_linear as linear
from inference.child.libraries import sklearn_preprocessing as preprocessing
from mlplatform.settings import Settings
from tests.api.api_client import Person, form, problem, saved

ROWS = [{"town": "Ulm", "since": "2026-01-05"}, {"town": None, "since": "2026-02-14T10:00:00Z"}]


@pytest.fixture(scope="module")
def without_column_types() -> bytes:
    """The file of a model that does not know whether its columns are strings, dates or numbers."""
    frame = pandas.DataFrame({"town": ["Ulm", "Bonn", "Ulm"], "since": ["a", "b", "c"]})
    return saved(sklearn_dummy.DummyClassifier(strategy="prior").fit(frame, ["x", "y", "x"]))


async def test_an_upload_without_a_sample_gets_a_warning(
    alice: Person, without_column_types: bytes
) -> None:
    model = await alice.model(without_column_types)

    [warning] = model["warnings"]
    assert "'town', 'since'" in warning
    assert "warnings" not in await (await alice.get(f"/models/{model['id']}")).json()
    [listed] = await (await alice.get("/models")).json()
    assert "warnings" not in listed
    refused = await alice.post(f"/models/{model['id']}/predict", json={"input_data": ROWS})
    assert "a number is expected" in (await problem(refused, 422))["detail"]


@pytest.mark.parametrize("sample", [ROWS, {"inputs": ROWS}, {"dataframe_records": ROWS}])
async def test_a_sample_gives_a_model_its_columns(
    alice: Person, without_column_types: bytes, sample: Any
) -> None:
    response = await alice.upload(without_column_types, name="towns", sample=json.dumps(sample))

    assert response.status == 201, await response.text()
    model = await response.json()
    assert model["warnings"] == []
    named, _ = model["input_schema"]["anyOf"]
    assert named["properties"]["town"]["type"] == ["string", "null"]
    assert named["properties"]["since"]["format"] == "date-time"
    assert model["input_schema"]["examples"] == ROWS[:1]
    path = f"/models/{model['id']}/predict"
    response = await alice.post(path, json={"input_data": ROWS})
    assert (await response.json())["predictions"] == ["x", "x"]
    wrong = await alice.post(path, json={"input_data": [{"town": 5, "since": "yesterday"}]})
    assert "column 'town': a number where a text" in (await problem(wrong, 422))["detail"]
    wrong = await alice.post(path, json={"input_data": [{"town": "Ulm", "since": "yesterday"}]})
    assert "a date and time in ISO 8601 is expected" in (await problem(wrong, 422))["detail"]


async def test_a_version_has_its_own_sample(
    alice: Person, without_column_types: bytes, iris: bytes
) -> None:
    path = f"/models/{(await alice.model(iris))['id']}"
    columns = [{"a": 5.1, "b": 3.5, "c": 1.4, "d": 0.2}]

    without_sample = await alice.post(f"{path}/versions", data=form(without_column_types))
    assert len((await without_sample.json())["warnings"]) == 1
    scaled = sklearn_pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear.LinearRegression()
    ).fit([[0.0] * 4, [1.0] * 4], [0.0, 1.0])
    named = await alice.post(
        f"{path}/versions", data=form(saved(scaled), sample=json.dumps(columns))
    )
    assert (await named.json())["warnings"] == []

    await alice.post(f"{path}/versions/3/promote")
    response = await alice.post(f"{path}/predict", json={"input_data": {**columns[0]}})
    assert response.status == 200, await response.text()
    unnamed = {f"x{n}": 1 for n in range(4)}
    refused = await problem(await alice.post(f"{path}/predict", json={"input_data": unnamed}), 422)
    assert "missing columns 'a', 'b', 'c', 'd'" in refused["detail"]


@pytest.mark.parametrize(
    ("sample", "named"),
    [
        ("[[1, 2, 3]]", "the sample does not fit the model: row 0 has 3 values"),
        ('[[1, 2, 3, "four"]]', "column 'x3': text where a number is expected"),
        ('{"inputs": {"a": [1, 2], "b": [3]}}', "the columns differ in length"),
        ("[", "this is not JSON"),
        ("yes", "this is not JSON"),
        ("[" * 5000, "this is not JSON"),
        ('[["\\ud800"]]', "this is not JSON"),
        ("null", "not a row or a list of rows"),
        ('[{"\\u0000": 1, "b": 1, "c": 1, "d": 1}]', "cannot be stored"),
        (f"[[{'1, ' * 6000} 1]]", "too long"),
        (f"[[{'1e15, ' * 2000} 1]]", "too long"),
    ],
)
async def test_an_invalid_sample_is_refused_and_nothing_is_kept(
    alice: Person, iris: bytes, settings: Settings, sample: str, named: str
) -> None:
    folder = settings.data_dir / "artifacts"
    before = files(folder)

    result = await problem(await alice.upload(iris, name="iris", sample=sample), 422)

    assert named in result["detail"]
    assert files(folder) == before
    assert await (await alice.get("/models")).json() == []


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}
