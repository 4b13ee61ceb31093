"""Predictions: every shape of input, every refusal, and what is recorded."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.dependencies import Dependencies
from tests.api.api_client import Person, problem, saved
from tests.inference import sample_models
from tests.inference.faulty_estimators import EXIT, RAISE, SLEEP, FaultyEstimator

SETOSA = [5.1, 3.5, 1.4, 0.2]
VIRGINICA = [6.9, 3.1, 5.4, 2.1]


async def test_an_uploaded_model_predicts(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)

    response = await alice.post(f"/models/{model['id']}/predict", json={"input_data": SETOSA})

    assert response.status == 200
    result: dict[str, Any] = await response.json()
    assert set(result) == {
        "prediction_id",
        "model_id",
        "model_name",
        "model_version",
        "version_number",
        "predictions",
        "probabilities",
        "prediction_time",
        "timestamp",
    }
    assert result["predictions"] == [0]
    assert (result["model_id"], result["model_name"]) == (model["id"], "iris")
    assert (result["model_version"], result["version_number"]) == ("1", 1)
    assert sum(result["probabilities"][0]) == pytest.approx(1)
    assert 0 < result["prediction_time"] < 2


@pytest.mark.parametrize(
    "body",
    [
        {"input_data": [SETOSA, VIRGINICA]},
        {
            "input_data": [
                dict(zip(("x0", "x1", "x2", "x3"), r, strict=True)) for r in (SETOSA, VIRGINICA)
            ]
        },
        {"instances": [SETOSA, VIRGINICA]},
        {"inputs": [SETOSA, VIRGINICA]},
        {"inputs": {f"x{n}": [SETOSA[n], VIRGINICA[n]] for n in range(4)}},
        {"dataframe_split": {"columns": ["x0", "x1", "x2", "x3"], "data": [SETOSA, VIRGINICA]}},
        {
            "dataframe_records": [
                dict(zip(("x0", "x1", "x2", "x3"), r, strict=True)) for r in (SETOSA, VIRGINICA)
            ]
        },
    ],
    ids=["lists", "dicts", "instances", "inputs", "columns", "split", "records"],
)
async def test_rows_are_accepted_in_every_supported_shape(
    alice: Person, iris: bytes, body: dict[str, Any]
) -> None:
    model = await alice.model(iris)

    result = await (await alice.post(f"/models/{model['id']}/predict", json=body)).json()

    assert result["predictions"] == [0, 2]


async def test_a_pipeline_on_mixed_columns_accepts_strings_numbers_and_nulls(alice: Person) -> None:
    fitted = sample_models.SampleModels()["mixed"]
    model = await alice.model(saved(fitted.estimator))
    path = f"/models/{model['id']}/predict"

    result = await (await alice.post(path, json={"input_data": fitted.rows})).json()

    assert result["predictions"] == fitted.estimator.predict(fitted.native).tolist()
    row = dict(zip(("age", "fare", "sex", "port"), fitted.rows[0], strict=False)) | {"size": 1}
    refused = await problem(await alice.post(path, json={"input_data": row}), 422)
    assert "'alone'" in refused["detail"]
    assert "'size'" in refused["detail"]
    for text in ("half \\ud800", "nul \\u0000"):
        raw = f'{{"input_data": [22, 7.25, "{text}", "S", true]}}'
        headers = {"Content-Type": "application/json"}
        assert (await alice.post(path, data=raw, headers=headers)).status in (400, 422)


async def test_concurrent_calls_each_get_their_own_predictions(alice: Person, iris: bytes) -> None:
    path = f"/models/{(await alice.model(iris))['id']}"
    rows = [SETOSA, VIRGINICA] * 40

    responses = await asyncio.gather(
        *(alice.post(f"{path}/predict", json={"input_data": row}) for row in rows)
    )

    results = [await response.json() for response in responses]
    assert [each["predictions"] for each in results] == [[0], [2]] * 40
    history = await (await alice.get(f"{path}/history")).json()
    assert {r["id"] for r in history} == {each["prediction_id"] for each in results}


async def test_a_batch_is_one_prediction(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)
    path = f"/models/{model['id']}/batch-predict"

    result = await (await alice.post(path, json={"inputs": [SETOSA, VIRGINICA]})).json()

    assert (result["predictions"], result["batch_size"]) == ([0, 2], 2)
    record = await (await alice.get(f"/predictions/{result['prediction_id']}")).json()
    assert record["rows"] == 2
    for inputs in ([], [SETOSA] * 101, {"x0": [1]}):
        await problem(await alice.post(path, json={"inputs": inputs}), 422)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "exactly one of"),
        ({"data": SETOSA}, "exactly one of"),
        ({"input_data": SETOSA, "inputs": SETOSA}, "exactly one of"),
        ({"input_data": None}, "row"),
        ({"input_data": []}, "empty"),
        ({"input_data": {}}, "x0"),
        ({"input_data": [1, 2, 3]}, "3 values"),
        ({"input_data": [SETOSA, [1, 2, 3]]}, "row 1"),
        ({"input_data": [SETOSA, 5]}, "mixes"),
        ({"input_data": [1, 2, 3, "four"]}, "text"),
        ({"input_data": [1, 2, 3, True]}, "boolean"),
        ({"input_data": [1, 2, 3, None]}, "null"),
        ({"input_data": [1, 2, 3, [4]]}, "mixes"),
        ({"input_data": {"x0": 1, "x1": 2, "x2": 3}}, "'x3'"),
        ({"input_data": {"x0": 1, "x1": 2, "x2": 3, "x3": 4, "x4": 5}}, "'x4'"),
        ({"input_data": [1, 2, 3, 10**400]}, "x3"),
        ({"input_data": [1, 2, 3, 2**60]}, "x3"),
    ],
)
async def test_an_invalid_input_is_named_and_not_recorded(
    alice: Person, iris: bytes, body: dict[str, Any], named: str
) -> None:
    model = await alice.model(iris)

    result = await problem(await alice.post(f"/models/{model['id']}/predict", json=body), 422)

    assert named in result["detail"]
    history = await alice.get(f"/models/{model['id']}/history")
    assert await history.json() == []


async def test_an_unknown_version_is_named(alice: Person, iris: bytes) -> None:
    path = f"/models/{(await alice.model(iris))['id']}/predict"
    body = {"input_data": SETOSA}

    result = await problem(await alice.post(path, params={"version": "7"}, json=body), 404)

    assert "7" in result["detail"]
    await problem(await alice.post(path, params={"version": "latest"}, json=body), 422)
    await problem(await alice.post(path, params={"version": "0"}, json=body), 422)


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [(RAISE, 422, "refused"), (EXIT, 502, "crashed"), (SLEEP, 504, "timed_out")],
)
async def test_a_call_that_fails_in_the_model_is_recorded_as_failed(
    alice: Person, value: float, status: int, reason: str
) -> None:
    model = await alice.model(saved(FaultyEstimator()))
    path = f"/models/{model['id']}"

    result = await problem(await alice.post(f"{path}/predict", json={"input_data": value}), status)

    record = await (await alice.get(f"/predictions/{result['prediction_id']}")).json()
    assert (record["status"], record["reason"]) == ("error", reason)
    assert record["input_data"] == value
    assert record["output_data"] is None
    stats = (await (await alice.get(f"{path}/stats")).json())["statistics"]
    assert (stats["total_predictions"], stats["failures"]) == (1, 1)


async def test_calls_are_listed_newest_first_and_page_by_page(alice: Person, iris: bytes) -> None:
    path = f"/models/{(await alice.model(iris))['id']}"
    made = [
        (await (await alice.post(f"{path}/predict", json={"input_data": SETOSA})).json())
        for _ in range(3)
    ]

    first = await alice.get(f"{path}/history", params={"limit": 2})
    following = first.headers["Link"].partition(">")[0].removeprefix("</api/v1")
    second = await alice.get(following)
    records = await first.json() + await second.json()

    assert [r["id"] for r in records] == [m["prediction_id"] for m in reversed(made)]
    assert {r["status"] for r in records} == {"success"}
    assert records[0]["input_data"] == SETOSA
    assert records[0]["output_data"]["predictions"] == [0]
    assert records[0]["prediction_time"] == made[-1]["prediction_time"]
    assert records[0]["created_at"] == made[-1]["timestamp"]
    assert first.headers["X-Total-Count"] == "3"


async def test_the_statistics_of_a_model_show_its_calls(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)
    path = f"/models/{model['id']}"
    for _ in range(11):
        await alice.post(f"{path}/predict", json={"input_data": [SETOSA, VIRGINICA]})

    result = await (await alice.get(f"{path}/stats")).json()

    assert result["model_info"]["usage_count"] == 11
    statistics = result["statistics"]
    assert statistics["usage_count"] == statistics["total_predictions"] == 11
    assert statistics["total_rows"] == 22
    assert statistics["failures"] == 0
    assert statistics["upload_date"] == model["created_at"]
    assert 0 < statistics["p50_ms"] <= statistics["p95_ms"] <= statistics["p99_ms"]
    assert [each["calls"] for each in statistics["per_day"]] == [11]
    assert [(each["number"], each["rows"]) for each in statistics["per_version"]] == [(1, 22)]
    assert len(result["recent_predictions"]) == 10
    assert (await (await alice.get(path)).json())["usage_count"] == 11


async def test_a_recorded_prediction_is_for_the_owner_and_administrators(
    alice: Person, bob: Person, admin: Person, iris: bytes
) -> None:
    path = f"/models/{(await alice.model(iris))['id']}/predict"
    made = await (await alice.post(path, json={"input_data": SETOSA})).json()
    record = f"/predictions/{made['prediction_id']}"

    assert (await alice.get(record)).status == 200
    assert (await admin.get(record)).status == 200
    await problem(await bob.get(record), 404)
    await problem(await alice.get(f"/predictions/{uuid4()}"), 404)
    await problem(await alice.get("/predictions/nonsense"), 422)


async def test_a_prediction_names_the_request_that_caused_it(
    alice: Person, iris: bytes, dependencies: Dependencies
) -> None:
    path = f"/models/{(await alice.model(iris))['id']}/predict"
    headers = {"X-Request-ID": "cause-1"}
    made = await (await alice.post(path, json={"input_data": SETOSA}, headers=headers)).json()

    [recorded] = await dependencies.events.history(UUID(made["prediction_id"]))

    assert recorded.metadata.request_id == "cause-1"
    assert recorded.metadata.causation == "Predict"
    assert str(recorded.metadata.actor_id) == alice.user["id"]
