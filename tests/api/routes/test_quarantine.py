"""Quarantine of a version whose processes fail too often, as its owner sees it."""

from __future__ import annotations

from tests.api.api_client import Person, form, problem, saved
from tests.inference.faulty_estimators import EXIT, FaultyEstimator

LOSSES_MAX = 5


async def test_a_version_is_quarantined_and_released(alice: Person, bob: Person) -> None:
    path = f"/models/{(await alice.model(saved(FaultyEstimator())))['id']}"
    for _ in range(LOSSES_MAX):
        failed = await alice.post(f"{path}/predict", json={"input_data": EXIT})
        await problem(failed, 502)

    result = await problem(await alice.post(f"{path}/predict", json={"input_data": 1.0}), 503)
    assert "version 1 is quarantined" in result["detail"]
    assert "versions/1/release" in result["detail"]
    [version] = await (await alice.get(f"{path}/versions")).json()
    assert version["is_quarantined"]
    assert "processes were lost" in version["quarantine_reason"]
    assert await _quarantined(alice) == [path]
    events = await (await alice.get(f"{path}/events")).json()
    assert events[-1]["type"] == "Model.Quarantined"
    assert events[-1]["actor_id"] is None
    stats = (await (await alice.get(f"{path}/stats")).json())["statistics"]
    assert (stats["total_predictions"], stats["failures"]) == (LOSSES_MAX, LOSSES_MAX)

    await problem(await bob.post(f"{path}/versions/1/release"), 404)
    await problem(await alice.post(f"{path}/versions/2/release"), 404)
    released = await (await alice.post(f"{path}/versions/1/release")).json()
    assert (released["is_quarantined"], released["quarantine_reason"]) == (False, None)
    assert await _quarantined(alice) == []
    response = await alice.post(f"{path}/predict", json={"input_data": 1.0})
    assert (await response.json())["predictions"] == [1.0]


async def test_another_version_is_promoted_while_one_is_quarantined(
    alice: Person, iris: bytes
) -> None:
    path = f"/models/{(await alice.model(saved(FaultyEstimator())))['id']}"
    for _ in range(LOSSES_MAX):
        await alice.post(f"{path}/predict", json={"input_data": EXIT})
    await alice.post(f"{path}/versions", data=form(iris))

    assert (await alice.post(f"{path}/versions/2/promote")).status == 200
    assert await _quarantined(alice) == []
    response = await alice.post(f"{path}/predict", json={"input_data": [5, 3, 1, 0.2]})
    assert (await response.json())["version_number"] == 2
    await problem(await alice.post(f"{path}/versions/1/promote"), 409)


async def _quarantined(person: Person) -> list[str]:
    """List the models whose live version is quarantined."""
    found = await (await person.get("/models", params={"is_quarantined": "true"})).json()
    paths = [f"/models/{model['id']}" for model in found]
    assert all(model["is_quarantined"] for model in found)
    assert all([(await (await person.get(path)).json())["is_quarantined"] for path in paths])
    return paths
