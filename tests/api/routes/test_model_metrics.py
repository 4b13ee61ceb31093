"""Calls of models over time, and the figures of all models."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from projections.read_models.time_series import RANGES
from tests.api.access_table import ROW
from tests.api.api_client import Person, key_headers, new_api_key, problem

NO_CALLS = {
    "calls": 0,
    "rows": 0,
    "failures": 0,
    "mean_ms": None,
    "p50_ms": None,
    "p95_ms": None,
    "p99_ms": None,
}


async def called(person: Person, file: bytes, name: str = "iris") -> dict[str, Any]:
    """A model with one call of three rows and one that was refused before the model was called."""
    model = await person.model(file, name)
    path = f"/models/{model['id']}/predict"
    assert (await person.post(path, json={"input_data": [ROW] * 3})).status == 200
    assert (await person.post(path, json={"input_data": ["no number"]})).status == 422
    return model


@pytest.mark.parametrize("name", RANGES)
async def test_a_models_figures_have_every_step(alice: Person, iris: bytes, name: str) -> None:
    model = await called(alice, iris)

    response = await alice.get(f"/models/{model['id']}/metrics", params={"range": name})

    result = await response.json()
    assert set(result) == {"range", "step_s", "from", "to", "total", "points", "per_version"}
    assert result["range"] == name
    assert (result["total"]["calls"], result["total"]["rows"], result["total"]["failures"]) == (
        1,
        3,
        0,
    )
    assert result["total"]["p50_ms"] > 0
    times = [datetime.fromisoformat(point["at"]) for point in result["points"]]
    step = timedelta(seconds=result["step_s"])
    assert times[0] == datetime.fromisoformat(result["from"])
    assert times[-1] + step == datetime.fromisoformat(result["to"])
    assert {later - at for at, later in pairwise(times)} == {step}
    assert {key: value for key, value in result["points"][0].items() if key != "at"} == NO_CALLS
    assert result["points"][-1]["calls"] + result["points"][-2]["calls"] == 1
    [version] = result["per_version"]
    assert version == {"number": 1, "total": result["total"], "points": result["points"]}


async def test_a_model_without_calls_has_zeros(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)

    result = await (await alice.get(f"/models/{model['id']}/metrics")).json()

    assert (result["range"], result["step_s"], len(result["points"])) == ("24h", 900, 96)
    assert (result["total"], result["per_version"]) == (NO_CALLS, [])


@pytest.mark.parametrize(
    "query", [{"range": "2h"}, {"range": ""}, {"version": "0"}, {"version": "x"}]
)
async def test_an_unknown_range_is_refused(
    alice: Person, iris: bytes, query: dict[str, str]
) -> None:
    model = await alice.model(iris)

    await problem(await alice.get(f"/models/{model['id']}/metrics", params=query), 422)


async def test_metrics_of_all_models_cover_only_the_callers(
    alice: Person, bob: Person, admin: Person, iris: bytes
) -> None:
    model = await called(alice, iris, "mine")
    other_model = await called(bob, iris, "theirs")

    own = await (await alice.get("/metrics", params={"range": "1h"})).json()
    all_models = await (await admin.get("/metrics?range=1h&scope=all")).json()

    assert set(own) == {"range", "step_s", "from", "to", "total", "points", "per_model"}
    assert own["per_model"] == [{"model_id": model["id"], "name": "mine", "total": own["total"]}]
    assert (own["total"]["calls"], len(own["points"])) == (1, 60)
    assert all_models["total"]["calls"] >= 2
    assert other_model["id"] not in str(own)


async def test_metrics_of_all_owners_are_for_signed_in_administrators(
    alice: Person, admin: Person
) -> None:
    key = await new_api_key(admin)

    await problem(await alice.get("/metrics?scope=all"), 403)
    await problem(
        await admin.client.get("/api/v1/metrics?scope=all", headers=key_headers(key)), 403
    )
    assert (await admin.get("/metrics?scope=all")).status == 200


async def test_the_fleet_has_eleven_figures(alice: Person, bob: Person, iris: bytes) -> None:
    await called(alice, iris)

    result = await (await alice.get("/fleet")).json()
    empty = await (await bob.get("/fleet")).json()

    assert result.pop("p95_ms") > 0
    assert 1 / 6 <= result.pop("requests_per_minute") <= 1 / 5
    assert datetime.fromisoformat(result.pop("last_prediction_at"))
    assert result == {
        "models": 1,
        "active_models": 1,
        "versions": 1,
        "quarantined_versions": 0,
        "total_predictions": 1,
        "total_rows": 3,
        "failures": 0,
        "error_rate": 0.0,
    }
    assert (empty["models"], empty["last_prediction_at"], empty["error_rate"]) == (
        0,
        None,
        None,
    )
