"""Accounts, totals and projections, as administrators see them."""

from __future__ import annotations

import pytest

from api.dependencies import Dependencies
from projections.read_models.users import USERS
from tests.api.api_client import Person, problem


async def test_administrators_list_the_accounts_newest_first(admin: Person, alice: Person) -> None:
    response = await admin.get("/admin/users", params={"limit": 2})

    users = await response.json()
    assert [each["id"] for each in users] == [alice.user["id"], admin.user["id"]]
    assert users[0]["email"] == alice.user["email"]
    assert int(response.headers["X-Total-Count"]) >= 2
    assert f"before={admin.user['id']}" in response.headers["Link"]
    name = alice.user["username"]
    found = await admin.get("/admin/users", params={"search": name[:-1].upper(), "limit": 1})
    assert [each["username"] for each in await found.json()] == [name]
    assert (await (await admin.get("/admin/users", params={"search": "%"})).json()) == []


async def test_administrators_see_the_figures_of_the_platform(
    admin: Person, alice: Person, iris: bytes
) -> None:
    before = await (await admin.get("/admin/stats")).json()
    model = await alice.model(iris)
    await alice.post(f"/models/{model['id']}/predict", json={"input_data": [5, 3, 1, 0.2]})

    after = await (await admin.get("/admin/stats")).json()
    days = await (await admin.get("/admin/analytics", params={"days": 7})).json()

    assert after["total_models"] == before["total_models"] + 1
    assert after["total_predictions"] == before["total_predictions"] + 1
    assert (days["days"], len(days["per_day"])) == (7, 7)
    assert days["per_day"][-1]["predictions"] == after["total_predictions"]
    await problem(await admin.get("/admin/analytics", params={"days": 0}), 422)


async def test_administrators_see_the_status_of_the_projections(admin: Person) -> None:
    found = {each["name"]: each for each in await (await admin.get("/admin/projections")).json()}

    assert "model_stats" in found
    assert {each["parked"] for each in found.values()} == {0}
    assert {each["progress"] for each in found.values()} == {None}


@pytest.mark.parametrize("task", ["rebuild", "verify"])
async def test_administrators_rebuild_and_verify_a_projection(
    admin: Person, dependencies: Dependencies, task: str
) -> None:
    started = await admin.post(f"/admin/projections/{USERS.name}/{task}")
    again = await admin.post(f"/admin/projections/{USERS.name}/{task}")

    assert started.status == 202
    assert await started.json() == {"name": USERS.name, "task": task}
    await problem(again, 409)
    await dependencies.background.finished()
    found = {each["name"]: each for each in await (await admin.get("/admin/projections")).json()}
    assert found[USERS.name]["is_verified"] is True
    assert found[USERS.name]["digest"] == found[USERS.name]["live_digest"]
    assert found[USERS.name]["verified_position"] <= found[USERS.name]["position"]
    await problem(await admin.post(f"/admin/projections/nothing/{task}"), 404)


async def test_an_event_that_is_not_parked_is_neither_retried_nor_skipped(admin: Person) -> None:
    assert await (await admin.get("/admin/parked")).json() == []
    for task in ("retry", "skip"):
        await problem(await admin.post(f"/admin/parked/users/1/{task}"), 404)
        await problem(await admin.post(f"/admin/parked/nothing/1/{task}"), 404)
        await problem(await admin.post(f"/admin/parked/users/0/{task}"), 422)


async def test_a_parked_event_is_shown_and_retried(
    admin: Person, alice: Person, dependencies: Dependencies
) -> None:
    position = await dependencies.pool.fetchval(
        "SELECT position FROM events WHERE stream_id = $1 AND version = 1", alice.user["id"]
    )
    await dependencies.pool.execute("DELETE FROM read.users WHERE id = $1", alice.user["id"])
    await dependencies.pool.execute(
        "INSERT INTO parked_events (projection, position, stream_id, error) VALUES"
        " ('users', $1, $2, 'a fault')",
        position,
        alice.user["id"],
    )

    [shown] = await (await admin.get("/admin/parked")).json()
    retried = await admin.post(f"/admin/parked/users/{position}/retry")

    assert (shown["type"], shown["error"]) == ("User.Registered", "a fault")
    assert await retried.json() == {"applied": 1}
    assert await (await admin.get("/admin/parked")).json() == []
