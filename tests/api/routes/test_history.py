"""The recorded calls of a model: search and export."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from api.dependencies import Dependencies
from api.routes.history import COLUMNS, escape_formula, safe_name
from domain.events import Metadata
from domain.prediction import Prediction
from tests.api.api_client import Person, problem
from tests.samples import failed, served

ROWS = [[5.1, 3.5], [6.2, None]]


@pytest_asyncio.fixture(loop_scope="session")
async def path(alice: Person, iris: bytes) -> str:
    """A model of Alice, whose name is not allowed in a header."""
    return "/models/" + (await alice.model(iris, 'Ünser "Iris"; v=1'))["id"]


async def recorded(
    dependencies: Dependencies, *calls: Prediction.Served | Prediction.Failed
) -> list[dict[str, Any]]:
    """Have a model called, one call after the other."""
    for call in calls:
        await dependencies.events.append([call], Metadata())
    return [{"id": str(call.originator_id)} for call in calls]


def model_of(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


async def ids(person: Person, path: str, **query: str) -> list[str]:
    response = await person.get(f"{path}/history", params=query)
    assert response.status == 200, await response.text()
    return [each["id"] for each in await response.json()]


async def test_calls_are_found_by_each_filter(
    alice: Person, path: str, dependencies: Dependencies
) -> None:
    model = model_of(path)
    quick, slow, second, broken = [
        each["id"]
        for each in await recorded(
            dependencies,
            served(model, queue_us=0, inference_us=1_000),
            served(model, queue_us=400_000, inference_us=100_000),
            served(model, number=2, queue_us=0, inference_us=2_000),
            failed(model, number=2, queue_us=0, inference_us=3_000),
        )
    ]

    assert await ids(alice, path) == [broken, second, slow, quick]
    assert await ids(alice, path, status="error") == [broken]
    assert await ids(alice, path, status="success") == [second, slow, quick]
    assert await ids(alice, path, version="1") == [slow, quick]
    assert await ids(alice, path, min_ms="500") == [slow]
    assert await ids(alice, path, min_ms="2", max_ms="3") == [broken, second]
    assert await ids(alice, path, status="error", version="2", max_ms="2.9") == []
    assert await ids(alice, path, status="error", version="2", min_ms="2.9") == [broken]
    assert await ids(alice, path, status="success", version="2") == [second]


async def test_a_time_range_includes_its_start_and_excludes_its_end(
    alice: Person, path: str, dependencies: Dependencies
) -> None:
    model = model_of(path)
    await recorded(dependencies, *(served(model) for _ in range(3)))
    newest, middle, oldest = await (await alice.get(f"{path}/history")).json()
    at = middle["created_at"]

    assert await ids(alice, path, since=at) == [newest["id"], middle["id"]]
    assert await ids(alice, path, until=at) == [oldest["id"]]
    assert await ids(alice, path, since=at, until=newest["created_at"]) == [middle["id"]]
    assert await ids(alice, path, since=at, until=at) == []
    without_offset = at.removesuffix("Z")
    assert await ids(alice, path, since=without_offset, until=newest["created_at"]) == [
        middle["id"]
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "failed"),
        ("version", "0"),
        ("since", "yesterday"),
        ("since", "-1120"),
        ("until", "0001-01-01T00:00:00+14:00"),
        ("min_ms", "-1"),
        ("max_ms", "nan"),
        ("format", "xlsx"),
    ],
)
async def test_an_invalid_filter_is_named(alice: Person, path: str, name: str, value: str) -> None:
    refused = await alice.get(f"{path}/history/export", params={name: value})

    assert name in str((await problem(refused, 422))["errors"])


async def test_the_next_page_has_the_same_filter(
    alice: Person, path: str, dependencies: Dependencies
) -> None:
    model = model_of(path)
    calls = [make(model) for _ in range(3) for make in (served, failed)]
    made = await recorded(dependencies, *calls)
    query = {"status": "error", "limit": "2", "min_ms": "0.1", "since": "2020-01-01T00:00:00+02:00"}

    first = await alice.get(f"{path}/history", params=query)
    following = str(first.links["next"]["url"]).partition("/api/v1")[2]
    second = await alice.get(following)

    found = [each["id"] for each in await first.json() + await second.json()]
    assert found == [each["id"] for each in reversed(made[1::2])]
    assert first.headers["X-Total-Count"] == second.headers["X-Total-Count"] == "3"
    assert "Link" not in second.headers


async def test_a_csv_file_has_a_row_for_each_call(
    alice: Person, path: str, dependencies: Dependencies
) -> None:
    model = model_of(path)
    await recorded(
        dependencies,
        served(model, rows=2, inputs=ROWS, outputs=["a, b", 'c"'], probabilities=None),
        failed(model, inputs=-5, error="=cmd|' /C calc'!A0"),
    )

    response = await alice.get(f"{path}/history/export")

    assert response.content_type == "text/csv"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="nser-Iris-v-1-history.csv"'
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-ID"]
    head, broken, whole = csv.reader(io.StringIO(await response.text()))
    assert tuple(head) == COLUMNS
    one = dict(zip(head, whole, strict=True))
    other = dict(zip(head, broken, strict=True))
    listed = await (await alice.get(f"{path}/history")).json()
    assert [one["id"], one["created_at"]] == [listed[1]["id"], listed[1]["created_at"]]
    assert json.loads(one["input_data"]) == ROWS
    assert json.loads(one["output_data"]) == listed[1]["output_data"]
    assert (one["status"], one["rows"], one["reason"]) == ("success", "2", "")
    assert float(one["prediction_time"]) == listed[1]["prediction_time"]
    assert (other["error"], other["input_data"]) == ("'=cmd|' /C calc'!A0", "-5")
    assert (other["status"], other["output_data"]) == ("error", "")


async def test_json_lines_equal_the_listed_records(
    alice: Person, path: str, dependencies: Dependencies
) -> None:
    model = model_of(path)
    await recorded(
        dependencies, served(model, inputs=["two\nlines", "ü"]), failed(model), served(model)
    )

    response = await alice.get(f"{path}/history/export", params={"format": "jsonl"})
    errors = await alice.get(
        f"{path}/history/export", params={"format": "jsonl", "status": "error"}
    )

    lines = (await response.text()).splitlines()
    assert [json.loads(line) for line in lines] == await (await alice.get(f"{path}/history")).json()
    assert [json.loads(line)["status"] for line in (await errors.text()).splitlines()] == ["error"]
    assert response.content_type == "application/x-ndjson"


async def test_a_model_that_was_never_called_gives_an_empty_file(alice: Person, path: str) -> None:
    table = await alice.get(f"{path}/history/export")
    lines = await alice.get(f"{path}/history/export", params={"format": "jsonl"})
    head = await alice.request("HEAD", f"{path}/history/export")

    assert await table.text() == ",".join(COLUMNS) + "\r\n"
    assert await lines.text() == ""
    assert (head.status, await head.text()) == (200, "")
    assert "attachment" in head.headers["Content-Disposition"]


async def test_large_records_are_exported_one_by_one(
    alice: Person, path: str, dependencies: Dependencies
) -> None:
    model = model_of(path)
    large = "x" * 900_000
    made = await recorded(
        dependencies, *(served(model, inputs=large) for _ in range(5)), served(model)
    )

    response = await alice.get(f"{path}/history/export", params={"format": "jsonl"})

    records = [json.loads(line) for line in (await response.text()).splitlines()]
    assert [each["id"] for each in records] == [each["id"] for each in reversed(made)]
    assert records[1]["input_data"] == large


async def test_an_account_may_run_two_exports_at_once(
    alice: Person, bob: Person, path: str, dependencies: Dependencies
) -> None:
    await recorded(dependencies, *(served(model_of(path), inputs="x" * 2**20) for _ in range(20)))
    export = f"{path}/history/export"

    first, second = [await alice.get(export) for _ in range(2)]
    refused = await alice.get(export)
    result = await problem(refused, 429)
    assert "2 exports" in result["detail"]
    assert int(refused.headers["Retry-After"]) >= 1
    await problem(await bob.get(export), 404)
    first.close()  # A client that disconnects ends its export,
    assert len(await second.read()) > 20 * 2**20  # and so does one that reads to the end.
    async with asyncio.timeout(10):
        while (await alice.get(export)).status == 429:  # noqa: ASYNC110 — no event to wait for
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("iris", "iris"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"; filename="b', "a-filename-b"),
        ("模型", "model"),
        ("x" * 120, "x" * 60),
    ],
)
def test_a_model_name_becomes_a_safe_file_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(1)"],  # noqa: RUF001
)
def test_text_that_looks_like_a_formula_is_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}"
    assert escape_formula(f" {text}") == f" {text}"
