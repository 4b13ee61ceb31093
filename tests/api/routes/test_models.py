"""Models: upload, list, read, change, delete and restore."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import FormData

from tests.api.api_client import Person, form, problem

MEMBERS = {
    "id",
    "name",
    "description",
    "framework",
    "version",
    "version_number",
    "model_type",
    "file_size",
    "input_schema",
    "output_schema",
    "is_active",
    "is_quarantined",
    "usage_count",
    "owner_id",
    "created_at",
    "updated_at",
}


def nested(depth: int) -> dict[str, Any]:
    """An object in an object in a list in an object."""
    schema: dict[str, Any] = {}
    for level in range(depth):
        schema = {"items": [schema] if level % 2 else schema}
    return schema


async def test_an_uploaded_model_is_described(alice: Person, iris: bytes) -> None:
    response = await alice.upload(
        iris, name="iris", description="Flowers.", framework="sklearn", version="2026a"
    )

    assert response.status == 201
    model = await response.json()
    assert model.pop("warnings") == []
    assert set(model) == MEMBERS
    assert (model["name"], model["description"]) == ("iris", "Flowers.")
    assert (model["framework"], model["version"]) == ("sklearn", "2026a")
    assert model["model_type"] == "LogisticRegression"
    assert model["file_size"] == len(iris)
    assert model["owner_id"] == alice.user["id"]
    assert (model["is_active"], model["usage_count"], model["version_number"]) == (True, 0, 1)
    predictions = model["output_schema"]["properties"]["predictions"]
    assert predictions == {"type": "array", "items": {"enum": [0, 1, 2]}}
    assert (await (await alice.get(f"/models/{model['id']}")).json()) == model


async def test_the_file_may_come_first_and_text_fields_in_the_query(
    alice: Person, iris: bytes
) -> None:
    first = FormData()
    first.add_field("file", iris, filename="m")
    first.add_field("name", "file first")
    by_query = await alice.post(
        "/models/upload",
        data=form(iris),
        params={"name": "in query", "description": "a description"},
    )
    file_first = await alice.post("/models/upload", data=first)

    assert (await by_query.json())["name"] == "in query"
    assert (await by_query.json())["description"] == "a description"
    assert (await file_first.json())["name"] == "file first"


async def test_models_are_listed_newest_first_and_page_by_page(alice: Person, iris: bytes) -> None:
    for name in ("one", "two", "three"):
        await alice.model(iris, name)

    first = await alice.get("/models", params={"limit": 2})
    following = first.headers["Link"].partition(">")[0].removeprefix("</api/v1")
    second = await alice.get(following)
    skipped = await alice.get("/models", params={"skip": 1, "limit": 1})

    assert [each["name"] for each in await first.json()] == ["three", "two"]
    assert [each["name"] for each in await second.json()] == ["one"]
    assert [each["name"] for each in await skipped.json()] == ["two"]
    assert {a.headers["X-Total-Count"] for a in (first, second, skipped)} == {"3"}
    assert "Link" not in second.headers


async def test_models_are_searched_and_sorted(alice: Person, iris: bytes) -> None:
    for name in ("Beta 50%", "alpha", "gamma_1"):
        await alice.model(iris, name)

    async def names(**query: str) -> list[str]:
        response = await alice.get("/models", params=query)
        assert response.status == 200, await response.text()
        return [each["name"] for each in await response.json()]

    assert await names(sort="name", order="asc") == ["alpha", "Beta 50%", "gamma_1"]
    assert await names(search="BETA") == await names(search="%") == ["Beta 50%"]
    assert await names(search="_") == ["gamma_1"]
    assert await names(search="logistic", is_active="true", order="asc") == [
        "Beta 50%",
        "alpha",
        "gamma_1",
    ]
    assert await names(is_active="false") == []


async def test_the_next_page_of_models_is_in_the_same_order(alice: Person, iris: bytes) -> None:
    ids = [(await alice.model(iris, name))["id"] for name in ("b", "a", "c")]
    query = {"sort": "name", "order": "asc", "limit": "2", "search": "a"}

    first = await alice.get("/models", params=query | {"search": "logistic"})
    following = first.headers["Link"].partition(">")[0].removeprefix("</api/v1")
    second = await alice.get(following)

    assert [each["name"] for each in await first.json()] == ["a", "b"]
    assert [each["name"] for each in await second.json()] == ["c"]
    assert "Link" not in second.headers
    result = await problem(await alice.get("/models", params=query | {"before": ids[0]}), 422)
    assert "before" in str(result["errors"])
    for wrong in ({"search": "a\x00"}, {"search": ""}, {"search": "x" * 201}, {"sort": "id"}):
        await problem(await alice.get("/models", params=wrong), 422)


async def test_a_model_is_changed_field_by_field(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)
    schema = nested(30) | {"type": "object", "title": "A flower"}
    body = {"name": "irises", "version": "final", "input_schema": schema, "is_active": False}

    changed = await (await alice.request("PUT", f"/models/{model['id']}", json=body)).json()

    assert {name: changed[name] for name in body} == body
    assert changed["output_schema"] == model["output_schema"]
    assert changed["updated_at"] > model["updated_at"]
    same = await (await alice.request("PUT", f"/models/{model['id']}", json=body)).json()
    assert same == changed
    refused = await alice.post(f"/models/{model['id']}/predict", json={"input_data": [1, 2, 3, 4]})
    await problem(refused, 409)


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 200},
        {"name": "a\nb"},
        {"name": 5},
        {"is_active": "yes"},
        {"owner_id": "me"},
        {"input_schema": [1]},
        {"input_schema": nested(51)},
        {"output_schema": nested(300)},
        {"input_schema": {"title": "x" * 70_000}},
    ],
)
async def test_an_invalid_change_is_refused(
    alice: Person, iris: bytes, body: dict[str, Any]
) -> None:
    model = await alice.model(iris)

    result = await problem(await alice.request("PUT", f"/models/{model['id']}", json=body), 422)

    assert next(iter(body)) in result["detail"]


async def test_a_deleted_model_is_not_found_until_it_is_restored(
    alice: Person, iris: bytes
) -> None:
    path = f"/models/{(await alice.model(iris))['id']}"

    assert (await alice.request("DELETE", path)).status == 204
    for response in (
        await alice.get(path),
        await alice.request("DELETE", path),
        await alice.post(f"{path}/predict", json={"input_data": [1, 2, 3, 4]}),
        await alice.get(f"{path}/stats"),
    ):
        await problem(response, 404)
    assert await (await alice.get("/models")).json() == []

    assert (await alice.post(f"{path}/restore")).status == 200
    assert (await alice.get(path)).status == 200
    assert len(await (await alice.get("/models")).json()) == 1


async def test_a_past_state_of_a_model_is_shown(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris, "before")
    path = f"/models/{model['id']}"
    await alice.request("PUT", path, json={"name": "after"})

    former = await (await alice.get(path, params={"as_of": model["updated_at"]})).json()

    assert (former["name"], former["usage_count"]) == ("before", None)
    assert (await (await alice.get(path)).json())["name"] == "after"
    await problem(await alice.get(path, params={"as_of": "2020-01-01T00:00:00"}), 404)
    await problem(await alice.get(path, params={"as_of": "yesterday"}), 422)


async def test_the_events_of_a_model_are_listed_in_order(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)
    path = f"/models/{model['id']}"
    await alice.request("PUT", path, json={"name": "irises"}, headers={"X-Request-ID": "mine"})
    await alice.request("DELETE", path)

    response = await alice.get(f"{path}/events")
    events = await response.json()
    page = await alice.get(f"{path}/events", params={"skip": 1, "limit": 1})

    assert [each["type"] for each in events] == ["Model.Uploaded", "Model.Renamed", "Model.Deleted"]
    assert [each["version"] for each in events] == [1, 2, 3]
    assert events[1]["data"] == {"name": "irises"}
    assert events[1]["request_id"] == "mine"
    assert {each["actor_id"] for each in events} == {alice.user["id"]}
    assert response.headers["X-Total-Count"] == "3"
    assert await page.json() == events[1:2]
    assert page.headers["Link"] == f'</api/v1{path}/events?skip=2&limit=1>; rel="next"'


async def test_versions_are_added_and_promoted(
    alice: Person, iris: bytes, iris_forest: bytes
) -> None:
    path = f"/models/{(await alice.model(iris))['id']}"

    added = await alice.post(f"{path}/versions", data=form(iris_forest, version="forest"))
    assert added.status == 201
    version = await added.json()
    assert (version["number"], version["version"], version["is_serving"]) == (2, "forest", False)
    await problem(await alice.post(f"{path}/versions", data=form(iris)), 409)
    await problem(await alice.post(f"{path}/versions", data=form(b"no model")), 422)

    promoted = await (await alice.post(f"{path}/versions/2/promote")).json()
    assert promoted["is_serving"]
    result = await (await alice.post(f"{path}/predict", json={"input_data": [5, 3, 1, 0.2]})).json()
    assert (result["version_number"], result["model_version"]) == (2, "forest")
    earlier = await alice.post(
        f"{path}/predict", params={"version": "1"}, json={"input_data": [5, 3, 1, 0.2]}
    )
    assert (await earlier.json())["version_number"] == 1

    versions = await (await alice.get(f"{path}/versions")).json()
    assert [each["number"] for each in versions] == [1, 2]
    assert [each["is_serving"] for each in versions] == [False, True]
    assert [each["total_predictions"] for each in versions] == [1, 1]
    first = await alice.get(f"{path}/versions", params={"limit": "1"})
    assert (await first.json(), first.headers["X-Total-Count"]) == (versions[:1], "2")
    assert first.headers["Link"] == f'</api/v1{path}/versions?after=1&limit=1>; rel="next"'
    rest = await alice.get(f"{path}/versions", params={"after": "1"})
    assert (await rest.json(), "Link" in rest.headers) == (versions[1:], False)
    await problem(await alice.post(f"{path}/versions/3/promote"), 404)
    await problem(await alice.post(f"{path}/versions/0/promote"), 422)
