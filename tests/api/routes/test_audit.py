"""The audit log for administrators, and the activity of each user."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from api.dependencies import Dependencies
from api.routes.models import SCHEMA_BYTES_MAX
from domain.events import Metadata
from domain.model import Model
from projections.queries import BYTES_MAX
from tests.api.api_client import Person, problem


async def test_administrators_read_the_audit_log(admin: Person, alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)
    path = f"/models/{model['id']}"
    await alice.request("PUT", path, json={"name": "irises"}, headers={"X-Request-ID": "rename-1"})

    log = await admin.get("/admin/audit-logs", params={"user_id": alice.user["id"]})
    renamed = await admin.get(
        "/admin/audit-logs", params={"user_id": alice.user["id"], "action": "Model.Renamed"}
    )

    assert [each["action"] for each in await log.json()][:2] == ["Model.Renamed", "Model.Uploaded"]
    [entry] = await renamed.json()
    assert (entry["stream_id"], entry["request_id"]) == (model["id"], "rename-1")
    assert (entry["causation"], entry["details"]) == ("UpdateModel", {"name": "irises"})
    assert alice.user["email"] not in await log.text()
    first = await admin.get(
        "/admin/audit-logs",
        params={"user_id": alice.user["id"], "action": "Model.Renamed", "limit": 1},
    )
    following = parse_qs(urlsplit(str(first.links["next"]["url"])).query)
    assert following["user_id"] == [alice.user["id"]]
    assert following["action"] == ["Model.Renamed"]
    await problem(await admin.get("/admin/audit-logs", params={"action": "'; --"}), 422)
    await problem(await admin.get("/admin/audit-logs", params={"before": 2**63}), 422)


async def test_administrators_filter_the_log_by_stream_and_time(
    admin: Person, alice: Person, iris: bytes
) -> None:
    model = await alice.model(iris)
    await alice.request("PUT", f"/models/{model['id']}", json={"name": "irises"})
    query = {"stream_id": model["id"], "limit": "1"}

    first = await admin.get("/admin/audit-logs", params=query)
    second = await admin.get(str(first.links["next"]["url"]).partition("/api/v1")[2])
    before = await admin.get(
        "/admin/audit-logs", params=query | {"until": (await first.json())[0]["created_at"]}
    )

    assert [each["action"] for each in await first.json()] == ["Model.Renamed"]
    assert [each["action"] for each in await second.json()] == ["Model.Uploaded"]
    assert await before.json() == await second.json()
    assert first.headers["X-Total-Count"] == "2"
    later = await admin.get("/admin/audit-logs", params=query | {"since": "2999-01-01T00:00:00Z"})
    assert await later.json() == []
    await problem(await admin.get("/admin/audit-logs", params={"since": "soon"}), 422)


async def test_users_see_only_events_that_concern_them(
    alice: Person, bob: Person, iris: bytes
) -> None:
    model = await alice.model(iris)
    await bob.model(iris)
    headers = {"X-Request-ID": "rename-2"}
    await alice.request("PUT", f"/models/{model['id']}", json={"name": "new"}, headers=headers)

    log = await (await alice.get("/activity")).json()
    renamed = await alice.get("/activity", params={"action": "Model.Renamed"})
    first = await alice.get("/activity", params={"limit": 1})
    second = await alice.get(str(first.links["next"]["url"]).partition("/api/v1")[2])

    assert [each["action"] for each in log] == [
        "Model.Renamed",
        "Model.Uploaded",
        "Session.Opened",
        "User.Registered",
    ]
    assert [each["model_name"] for each in log] == ["new", "new", None, None]
    assert (log[0]["model_id"], log[0]["request_id"]) == (model["id"], "rename-2")
    assert (log[0]["user_id"], log[0]["details"]) == (alice.user["id"], {"name": "new"})
    assert await renamed.json() == log[:1]
    assert await first.json() + await second.json() == log[:2]
    assert first.headers["X-Total-Count"] == "4"
    assert alice.user["email"] not in str(log)
    await problem(await alice.get("/activity", params={"action": "'; --"}), 422)


async def in_pages(person: Person, path: str) -> list[list[dict[str, Any]]]:
    """Read all pages, and check that none is too large."""
    pages: list[list[dict[str, Any]]] = []
    following: str | None = path
    while following:
        response = await person.get(following)
        assert len(await response.read()) < 1.1 * BYTES_MAX
        pages.append(await response.json())
        links = response.links
        following = str(links["next"]["url"]).partition("/api/v1")[2] if "next" in links else None
    return pages


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/activity?action=Model.SchemaDescribed&limit=1000", "details"),
        ("/admin/audit-logs?action=Model.SchemaDescribed&stream_id={id}&limit=1000", "details"),
        ("/models/{id}/events?skip=1&limit=1000", "data"),
    ],
)
async def test_pages_of_large_events_are_short_and_linked(
    admin: Person, iris: bytes, dependencies: Dependencies, path: str, key: str
) -> None:
    model = await admin.model(iris)
    for number in range(40):
        schema = {"title": f"{number:02}" + "x" * (SCHEMA_BYTES_MAX - 100)}
        await dependencies.events.change(
            Model,
            UUID(model["id"]),
            lambda m, s=schema: m.describe_schema(1, s, s, by=UUID(admin.user["id"])),
            Metadata(actor_id=UUID(admin.user["id"])),
        )

    pages = await in_pages(admin, path.format(**model))

    assert len(pages) > 2
    titles = [each[key]["input_schema"]["title"][:2] for page in pages for each in page]
    assert sorted(titles) == [f"{number:02}" for number in range(40)]
