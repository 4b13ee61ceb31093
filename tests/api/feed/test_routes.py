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
from tests.api.feed_client import FEED, FeedReader, open_feed, ticket_of
from tests.samples import failed
from tests.samples import served as served_call

PAGE = "https://page.example"


async def model_of(person: Person, file: bytes) -> UUID:
    return UUID((await person.model(file))["id"])


async def test_two_subscribers_get_the_same_message_about_a_call(
    alice: Person, dependencies: Dependencies, iris: bytes
) -> None:
    model = await alice.model(iris, "watched")
    async with open_feed(alice) as one, open_feed(alice) as two:
        await asyncio.gather(one.figures(), two.figures())
        path = f"/models/{model['id']}/predict"
        call = await (await alice.post(path, json={"input_data": [ROW, ROW]})).json()
        [event], [same_event] = await one.events(1), await two.events(1)
        figures = await one.figures()

    assert event == same_event
    assert event.pop("position") > 0
    assert event.pop("latency_ms") > 0
    assert event.pop("at").startswith("20")
    assert event == {
        "type": "Prediction.Served",
        "stream_id": call["prediction_id"],
        "version": 1,
        "actor_id": alice.user["id"],
        "model_id": model["id"],
        "model_name": "watched",
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
    async with open_feed(alice) as feed:
        first = await feed.figures()
        model = await alice.model(iris, "new")
        await alice.request("PUT", f"/models/{model['id']}", json={"name": "old"})
        uploaded, renamed = await feed.events(2)

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
        open_feed(alice) as feed,
        open_feed(admin) as own,
        open_feed(admin, scope="all") as all_models,
    ):
        await asyncio.gather(feed.figures(), own.figures(), all_models.figures())
        await dependencies.events.append([served_call(of_bob) for _ in range(3)], Metadata())
        await dependencies.events.append([failed(of_alice)], Metadata())
        [mine] = await feed.events(1)
        figures = await feed.figures()
        all_events = await all_models.events(4)
        nothing = await own.until(lambda message: message.event == "figures")

    assert (mine["model_id"], mine["status"], mine["reason"]) == (
        str(of_alice),
        "error",
        "refused",
    )
    assert figures["failures_per_second"] == figures["predictions_per_second"]
    assert [each["model_id"] for each in all_events] == [str(of_bob)] * 3 + [str(of_alice)]
    assert {each.event for each in nothing} == {"figures"}
    assert nothing[-1].json["predictions_per_second"] == 0


async def test_the_feed_of_all_models_is_for_administrators(alice: Person) -> None:
    await problem(await alice.get("/feed?scope=all"), 403)
    await problem(await alice.get("/feed?scope=others"), 422)


@pytest.mark.parametrize("source", ["query", "header", "header before the query"])
async def test_a_resumed_feed_sends_each_missed_event_once(
    alice: Person, dependencies: Dependencies, iris: bytes, source: str
) -> None:
    model_id = await model_of(alice, iris)
    async with open_feed(alice) as feed:
        await feed.figures()
        await dependencies.events.append([served_call(model_id) for _ in range(3)], Metadata())
        first, *_ = await feed.events(3)
    last = str(first["position"])
    await dependencies.events.append([served_call(model_id) for _ in range(2)], Metadata())
    query: dict[str, Any] = (
        {} if source == "header" else {"last_event_id": "0" if "before" in source else last}
    )
    headers = None if source == "query" else {"Last-Event-ID": last}

    async with open_feed(alice, headers=headers, **query) as resumed:
        missed = await resumed.events(4)
        await dependencies.events.append([served_call(model_id)], Metadata())
        [new] = await resumed.events(1)

    positions = [each["position"] for each in missed]
    assert positions == list(range(first["position"] + 1, first["position"] + 5))
    assert new["position"] == positions[-1] + 1


async def test_events_too_far_back_are_counted_as_skipped(
    alice: Person, dependencies: Dependencies, iris: bytes
) -> None:
    model_id = await model_of(alice, iris)
    appended = await dependencies.events.append(
        [served_call(model_id) for _ in range(1_200)], Metadata()
    )
    before = appended.first_position - 1

    async with open_feed(alice, last_event_id=before) as feed:
        messages = await feed.until(lambda each: each.id == str(before + 1_200))

    without_figures = [each for each in messages if each.event != "figures"]
    assert (without_figures[0].event, without_figures[0].json) == ("skipped", {"count": 200})
    assert [each.id for each in without_figures[1:]] == [str(before + n) for n in range(201, 1_201)]


async def test_of_two_thousand_calls_the_newest_are_sent_and_all_counted(
    alice: Person, dependencies: Dependencies, iris: bytes
) -> None:
    model_id = await model_of(alice, iris)
    async with open_feed(alice) as feed:
        await feed.figures()
        appended = await dependencies.events.append(
            [served_call(model_id) for _ in range(2_000)], Metadata()
        )
        last = str(appended.first_position + 1_999)
        messages = await feed.until(lambda each: each.id == last)
        figures = await feed.figures()

    sent = [each for each in messages if each.event == "happened"]
    skipped = sum(each.json["count"] for each in messages if each.event == "skipped")
    batches = sum(each.event == "skipped" for each in messages)
    assert (len(sent) + skipped, len(sent)) == (2_000, 50 * batches)
    assert figures["predictions_per_second"] >= 2_000 / 6
    assert figures["p50_ms"] == pytest.approx(0.32, rel=0.2)


async def test_a_poll_that_finds_too_many_events_is_followed_by_another(
    alice: Person, dependencies: Dependencies, iris: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_hub, "EVENTS_MAX", 60)
    model_id = await model_of(alice, iris)
    async with open_feed(alice) as feed:
        await feed.figures()
        await dependencies.events.append([served_call(model_id) for _ in range(180)], Metadata())
        positions = [each["position"] for each in await feed.events(150)]

    assert positions == sorted(set(positions))


async def test_a_feed_ends_with_its_session(alice: Person, client: Client) -> None:
    again = await signed_in_again(client, alice.user)
    async with open_feed(again) as feed, open_feed(alice) as other:
        await feed.figures()
        await again.post("/auth/logout")
        await feed.rest()
        await other.figures()


async def test_a_feed_ends_with_its_account(client: Client, admin: Person) -> None:
    person = await signed_in(client)
    async with open_feed(person) as feed:
        await feed.figures()
        await admin.post(f"/admin/users/{person.user['id']}/toggle", params={"active": "false"})
        await feed.rest()


async def test_a_former_administrator_loses_the_feed_of_all_models(
    admin: Person, bob: Person, dependencies: Dependencies
) -> None:
    grant = GrantAdmin(by=OPERATOR, user_id=UUID(bob.user["id"]))
    await dependencies.users.grant_admin(grant)
    async with open_feed(admin, scope="all") as feed, open_feed(admin) as own:
        await feed.figures()
        admin_id = UUID(admin.user["id"])
        await dependencies.users.revoke_admin(RevokeAdmin(by=OPERATOR, user_id=admin_id))
        await feed.rest()
        await own.figures()


async def test_a_feed_has_the_usual_headers_and_allows_cors(client: Client, alice: Person) -> None:
    async with open_feed(alice, headers={"Origin": PAGE, "X-Request-ID": "r-7"}) as feed:
        headers = feed.response.headers
        await feed.figures()

    assert headers["Content-Type"].startswith("text/event-stream")
    assert (headers["X-Request-ID"], headers["Cache-Control"]) == ("r-7", "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Access-Control-Allow-Origin"] == PAGE
    assert "RateLimit" not in headers
    assert (await client.head(FEED, headers=alice.headers)).status == 405


async def test_a_quiet_feed_is_kept_alive(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.feed.routes.KEEP_ALIVE_S", 0.2)
    async with open_feed(alice) as feed:
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
            feed.response.close()
            async with asyncio.timeout(10):
                while not accesses:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            wrong = await client.get(FEED, params={"ticket": ticket[:-2]})
            result = await problem(wrong, 401)

    accepted, refused = accesses
    assert (accepted.path, accepted.status, str(accepted.user_id)) == (FEED, 200, alice.user["id"])
    assert accepted.duration_ms > 500
    assert refused.status == 401
    assert ticket[:20] not in f"{accesses}{logs}{result}"
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
    async with (
        served(create_app(dependencies)) as other_client,
        open_feed(alice, other_client) as feed,
    ):
        await feed.figures()
