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

    answer = await alice.get(f"/models/{model['id']}/metrics", params={"range": name})

    said = await answer.json()
    assert set(said) == {"range", "step_s", "from", "to", "total", "points", "per_version"}
    assert said["range"] == name
    assert (said["total"]["calls"], said["total"]["rows"], said["total"]["failures"]) == (1, 3, 0)
    assert said["total"]["p50_ms"] > 0
    moments = [datetime.fromisoformat(point["at"]) for point in said["points"]]
    step = timedelta(seconds=said["step_s"])
    assert moments[0] == datetime.fromisoformat(said["from"])
    assert moments[-1] + step == datetime.fromisoformat(said["to"])
    assert {later - at for at, later in pairwise(moments)} == {step}
    assert {key: value for key, value in said["points"][0].items() if key != "at"} == NO_CALLS
    assert said["points"][-1]["calls"] + said["points"][-2]["calls"] == 1
    [version] = said["per_version"]
    assert version == {"number": 1, "total": said["total"], "points": said["points"]}


async def test_a_model_without_calls_has_zeros(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)

    said = await (await alice.get(f"/models/{model['id']}/metrics")).json()

    assert (said["range"], said["step_s"], len(said["points"])) == ("24h", 900, 96)
    assert (said["total"], said["per_version"]) == (NO_CALLS, [])


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
    theirs = await called(bob, iris, "theirs")

    own = await (await alice.get("/metrics", params={"range": "1h"})).json()
    everybodys = await (await admin.get("/metrics?range=1h&scope=all")).json()

    assert set(own) == {"range", "step_s", "from", "to", "total", "points", "per_model"}
    assert own["per_model"] == [{"model_id": model["id"], "name": "mine", "total": own["total"]}]
    assert (own["total"]["calls"], len(own["points"])) == (1, 60)
    assert everybodys["total"]["calls"] >= 2
    assert theirs["id"] not in str(own)


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

    said = await (await alice.get("/fleet")).json()
    nothing = await (await bob.get("/fleet")).json()

    assert said.pop("p95_ms") > 0
    assert 1 / 6 <= said.pop("requests_per_minute") <= 1 / 5
    assert datetime.fromisoformat(said.pop("last_prediction_at"))
    assert said == {
        "models": 1,
        "active_models": 1,
        "versions": 1,
        "quarantined_versions": 0,
        "total_predictions": 1,
        "total_rows": 3,
        "failures": 0,
        "error_rate": 0.0,
    }
    assert (nothing["models"], nothing["last_prediction_at"], nothing["error_rate"]) == (
        0,
        None,
        None,
    )
