"""The live feed: which events are sent to whom, in order, and until when."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from api.app import create_app
from api.dependencies import Dependencies
from api.feed import hub as feed_hub
from api.http.access_log import Access
from commands.users import GrantAdmin, RevokeAdmin
from domain.events import OPERATOR, Metadata
from tests.api.access_table import ROW
from tests.api.api_client import Client, Person, problem, served, signed_in, signed_in_again
from tests.api.feed_client import FEED, FeedReader, listening, ticket_of
from tests.samples import failed
from tests.samples import served as answered

PAGE = "https://page.example"


async def model_of(person: Person, file: bytes) -> UUID:
    return UUID((await person.model(file))["id"])


async def test_two_subscribers_get_the_same_message_about_a_call(
    alice: Person, dependencies: Dependencies, iris: bytes
) -> None:
    model = await alice.model(iris, "heard")
    async with listening(alice) as one, listening(alice) as two:
        await asyncio.gather(one.figures(), two.figures())
        path = f"/models/{model['id']}/predict"
        call = await (await alice.post(path, json={"input_data": [ROW, ROW]})).json()
        [heard], [again] = await one.happened(1), await two.happened(1)
        figures = await one.figures()

    assert heard == again
    assert heard.pop("position") > 0
    assert heard.pop("latency_ms") > 0
    assert heard.pop("at").startswith("20")
    assert heard == {
        "type": "Prediction.Served",
        "stream_id": call["prediction_id"],
        "version": 1,
        "actor_id": alice.user["id"],
        "model_id": model["id"],
        "model_name": "heard",
        "version_number": 1,
        "status": "success",
        "rows": 2,
        "reason": None,
    }
    assert set(figures) == {
        "at",
        "predictions_per_second",
        "rows_per_second",
        "failures_per_second",
        "p50_ms",
        "p95_ms",
        "p99_ms",
    }
    assert figures["rows_per_second"] == 2 * figures["predictions_per_second"] > 0
    assert figures["p99_ms"] > 0


async def test_events_of_models_are_sent_too(alice: Person, iris: bytes) -> None:
    async with listening(alice) as feed:
        first = await feed.figures()
        model = await alice.model(iris, "young")
        await alice.request("PUT", f"/models/{model['id']}", json={"name": "old"})
        uploaded, renamed = await feed.happened(2)

    assert first["p50_ms"] is None
    assert first["predictions_per_second"] == 0
    assert (uploaded["type"], renamed["type"]) == ("Model.Uploaded", "Model.Renamed")
    assert uploaded["stream_id"] == uploaded["model_id"] == model["id"]
    assert (renamed["version"], renamed["status"], renamed["latency_ms"]) == (2, None, None)
    assert renamed["model_name"] == "old"


async def test_events_are_sent_only_to_the_owner_and_administrators(
    alice: Person, bob: Person, admin: Person, dependencies: Dependencies, iris: bytes
) -> None:
    of_alice, of_bob = await model_of(alice, iris), await model_of(bob, iris)
    async with (
        listening(alice) as feed,
        listening(admin) as own,
        listening(admin, scope="all") as all_of_them,
    ):
        await asyncio.gather(feed.figures(), own.figures(), all_of_them.figures())
        await dependencies.events.append([answered(of_bob) for _ in range(3)], Metadata())
        await dependencies.events.append([failed(of_alice)], Metadata())
        [mine] = await feed.happened(1)
        figures = await feed.figures()
        everybodys = await all_of_them.happened(4)
        nothing = await own.until(lambda heard: heard.event == "figures")

    assert (mine["model_id"], mine["status"], mine["reason"]) == (
        str(of_alice),
        "error",
        "refused",
    )
    assert figures["failures_per_second"] == figures["predictions_per_second"]
    assert [each["model_id"] for each in everybodys] == [str(of_bob)] * 3 + [str(of_alice)]
    assert {each.event for each in nothing} == {"figures"}
    assert nothing[-1].json["predictions_per_second"] == 0


async def test_the_feed_of_all_models_is_for_administrators(alice: Person) -> None:
    await problem(await alice.get("/feed?scope=all"), 403)
    await problem(await alice.get("/feed?scope=others"), 422)


@pytest.mark.parametrize("way", ["query", "header", "header before the query"])
async def test_a_resumed_feed_sends_each_missed_event_once(
    alice: Person, dependencies: Dependencies, iris: bytes, way: str
) -> None:
    model_id = await model_of(alice, iris)
    async with listening(alice) as feed:
        await feed.figures()
        await dependencies.events.append([answered(model_id) for _ in range(3)], Metadata())
        first, *_ = await feed.happened(3)
    last = str(first["position"])
    await dependencies.events.append([answered(model_id) for _ in range(2)], Metadata())
    query: dict[str, Any] = (
        {} if way == "header" else {"last_event_id": "0" if "before" in way else last}
    )
    headers = None if way == "query" else {"Last-Event-ID": last}

    async with listening(alice, headers=headers, **query) as again:
        missed = await again.happened(4)
        await dependencies.events.append([answered(model_id)], Metadata())
        [new] = await again.happened(1)

    positions = [each["position"] for each in missed]
    assert positions == list(range(first["position"] + 1, first["position"] + 5))
    assert new["position"] == positions[-1] + 1


async def test_events_too_far_back_are_counted_as_skipped(
    alice: Person, dependencies: Dependencies, iris: bytes
) -> None:
    model_id = await model_of(alice, iris)
    appended = await dependencies.events.append(
        [answered(model_id) for _ in range(1_200)], Metadata()
    )
    before = appended.first_position - 1

    async with listening(alice, last_event_id=before) as feed:
        heard = await feed.until(lambda each: each.id == str(before + 1_200))

    of_events = [each for each in heard if each.event != "figures"]
    assert (of_events[0].event, of_events[0].json) == ("skipped", {"count": 200})
    assert [each.id for each in of_events[1:]] == [str(before + n) for n in range(201, 1_201)]


async def test_of_two_thousand_calls_the_newest_are_sent_and_all_counted(
    alice: Person, dependencies: Dependencies, iris: bytes
) -> None:
    model_id = await model_of(alice, iris)
    async with listening(alice) as feed:
        await feed.figures()
        appended = await dependencies.events.append(
            [answered(model_id) for _ in range(2_000)], Metadata()
        )
        last = str(appended.first_position + 1_999)
        heard = await feed.until(lambda each: each.id == last)
        figures = await feed.figures()

    told = [each for each in heard if each.event == "happened"]
    skipped = sum(each.json["count"] for each in heard if each.event == "skipped")
    looks = sum(each.event == "skipped" for each in heard)
    assert (len(told) + skipped, len(told)) == (2_000, 50 * looks)
    assert figures["predictions_per_second"] >= 2_000 / 6
    assert figures["p50_ms"] == pytest.approx(0.32, rel=0.2)


async def test_a_poll_that_finds_too_many_events_is_followed_by_another(
    alice: Person, dependencies: Dependencies, iris: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_hub, "EVENTS_MAX", 60)
    model_id = await model_of(alice, iris)
    async with listening(alice) as feed:
        await feed.figures()
        await dependencies.events.append([answered(model_id) for _ in range(180)], Metadata())
        positions = [each["position"] for each in await feed.happened(150)]

    assert positions == sorted(set(positions))


async def test_a_feed_ends_with_its_session(alice: Person, client: Client) -> None:
    again = await signed_in_again(client, alice.user)
    async with listening(again) as feed, listening(alice) as other:
        await feed.figures()
        await again.post("/auth/logout")
        await feed.rest()
        await other.figures()


async def test_a_feed_ends_with_its_account(client: Client, admin: Person) -> None:
    person = await signed_in(client)
    async with listening(person) as feed:
        await feed.figures()
        await admin.post(f"/admin/users/{person.user['id']}/toggle", params={"active": "false"})
        await feed.rest()


async def test_a_former_administrator_loses_the_feed_of_all_models(
    admin: Person, bob: Person, dependencies: Dependencies
) -> None:
    another = GrantAdmin(by=OPERATOR, user_id=UUID(bob.user["id"]))
    await dependencies.users.grant_admin(another)
    async with listening(admin, scope="all") as feed, listening(admin) as own:
        await feed.figures()
        who = UUID(admin.user["id"])
        await dependencies.users.revoke_admin(RevokeAdmin(by=OPERATOR, user_id=who))
        await feed.rest()
        await own.figures()


async def test_a_feed_has_the_usual_headers_and_allows_cors(client: Client, alice: Person) -> None:
    async with listening(alice, headers={"Origin": PAGE, "X-Request-ID": "r-7"}) as feed:
        headers = feed.answer.headers
        await feed.figures()

    assert headers["Content-Type"].startswith("text/event-stream")
    assert (headers["X-Request-ID"], headers["Cache-Control"]) == ("r-7", "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Access-Control-Allow-Origin"] == PAGE
    assert "RateLimit" not in headers
    assert (await client.head(FEED, headers=alice.headers)).status == 405


async def test_a_quiet_feed_is_kept_alive(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.feed.routes.KEEP_ALIVE_S", 0.2)
    async with listening(alice) as feed:
        await feed.figures()
        await feed.figures()

    assert feed.comments[0] == ": ping\n"


async def test_log_and_metrics_contain_a_feed_but_not_its_ticket(
    alice: Person, dependencies: Dependencies
) -> None:
    accesses: list[Access] = []
    app = create_app(replace(dependencies, access_log=accesses.append))
    ticket = await ticket_of(alice)
    with capture_logs() as logs:
        async with served(app) as client:
            feed = FeedReader(await client.get(FEED, params={"ticket": ticket}))
            await feed.figures()
            feed.answer.close()
            async with asyncio.timeout(10):
                while not accesses:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            wrong = await client.get(FEED, params={"ticket": ticket[:-2]})
            said = await problem(wrong, 401)

    lasted, refused = accesses
    assert (lasted.path, lasted.status, str(lasted.user_id)) == (FEED, 200, alice.user["id"])
    assert lasted.duration_ms > 500
    assert refused.status == 401
    assert ticket[:20] not in f"{accesses}{logs}{said}"
    page = dependencies.metrics.render().decode()
    [sum_s] = [
        float(line.rpartition(" ")[2])
        for line in page.splitlines()
        if line.startswith("http_request_duration_seconds_sum") and f'"{FEED}",status="200"' in line
    ]
    assert sum_s < 60


async def test_a_ticket_works_in_another_process(
    client: Client, alice: Person, dependencies: Dependencies
) -> None:
    async with served(create_app(dependencies)) as another, listening(alice, another) as feed:
        await feed.figures()
