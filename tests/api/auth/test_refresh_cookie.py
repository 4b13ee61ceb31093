"""The cookie that keeps a page signed in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from api.app import create_app
from api.auth.refresh_cookie import NAME
from api.dependencies import Dependencies
from tests.api.api_client import API, PASSWORD, Client, Person, problem, registered, served
from tests.api.cookie_client import LOGIN, OWN, REFRESH, CookieClient, cookie_of, is_removed


async def test_a_page_gets_its_refresh_token_where_no_script_reads_it(page: CookieClient) -> None:
    tokens = await page.answer.json()
    value, attributes = cookie_of(page.answer)

    assert tokens["refresh_token"] is None
    assert value not in await page.answer.text()
    age = next(each for each in attributes if each.startswith("Max-Age="))
    assert 0 <= 7 * 86_400 - int(age.removeprefix("Max-Age=")) < 60
    assert attributes - {age} == {"Path=/api/v1/auth", "HttpOnly", "SameSite=Strict"}


async def test_a_page_stays_signed_in_by_its_cookie_alone(page: CookieClient) -> None:
    answer = await page.refresh()

    tokens = await answer.json()
    assert (answer.status, tokens["refresh_token"]) == (200, None)
    assert (await Person(page.client, page.user, tokens).get("/auth/me")).status == 200
    next_one, _ = cookie_of(answer)
    assert next_one != page.token
    assert (await page.refresh(next_one)).status == 200


async def test_a_browser_keeps_the_cookie_for_the_sign_in_alone(dependencies: Dependencies) -> None:
    async with served(create_app(dependencies)) as browser:
        user = await registered(browser, f"jar{datetime.now(UTC):%H%M%S%f}")
        body = {"username": user["username"], "password": PASSWORD, "use_cookie": True}
        tokens = await (await browser.post(LOGIN, json=body)).json()
        jar = browser.session.cookie_jar

        assert NAME not in jar.filter_cookies(browser.make_url(f"{API}/models"))
        assert (await browser.post(REFRESH, headers=OWN)).status == 200
        person = Person(browser, user, tokens)
        assert (await person.post("/auth/logout")).status == 204
        assert NAME not in jar.filter_cookies(browser.make_url(REFRESH))
        await problem(await browser.post(REFRESH, headers=OWN), 422)


async def test_signing_out_ends_the_session_and_removes_the_cookie(page: CookieClient) -> None:
    person = Person(page.client, page.user, await page.answer.json())
    answer = await person.post("/auth/logout", headers={"Cookie": f"{NAME}={page.token}"})

    assert answer.status == 204
    assert is_removed(answer)
    await problem(await page.refresh(), 401)


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}])
async def test_a_page_may_say_that_it_is_one_by_the_type_of_its_body(
    page: CookieClient, body: dict[str, Any] | None
) -> None:
    headers = {"Content-Type": "application/json"}

    assert (await page.refresh(headers=headers, json=body)).status == 200


async def test_a_token_that_is_sent_outright_counts_before_the_cookie(
    page: CookieClient, alice: Person
) -> None:
    sent = alice.tokens["refresh_token"]
    by_body = await page.refresh(json={"refresh_token": sent}, headers={})
    tokens = await by_body.json()
    by_query = await page.refresh(params={"refresh_token": tokens["refresh_token"]}, headers={})
    refused = await page.refresh(json={"refresh_token": "nonsense"})

    assert (by_body.status, by_query.status) == (200, 200)
    assert (await Person(page.client, alice.user, tokens).get("/auth/me")).status == 200
    await problem(refused, 401)
    for answer in (by_body, by_query, refused):
        assert "Set-Cookie" not in answer.headers
    assert (await page.refresh()).status == 200


@pytest.mark.parametrize("token", ["", "nonsense", "AAAA", "x" * 900])
async def test_a_cookie_that_is_no_good_is_removed(page: CookieClient, token: str) -> None:
    answer = await page.refresh(token)

    await problem(answer, 401)
    assert is_removed(answer)


async def test_without_a_cookie_nothing_is_removed(cookieless_client: Client) -> None:
    answer = await cookieless_client.post(REFRESH, headers=OWN)

    await problem(answer, 422)
    assert "Set-Cookie" not in answer.headers


async def test_pages_of_one_browser_that_refresh_at_once_stay_signed_in(page: CookieClient) -> None:
    answers = await asyncio.gather(*(page.refresh() for _ in range(10)))

    assert {each.status for each in answers} == {200}
    [token] = {cookie_of(each)[0] for each in answers}
    assert (await page.refresh(token)).status == 200


async def test_after_a_new_password_the_page_stays_signed_in(
    page: CookieClient,
) -> None:
    person = Person(page.client, page.user, await page.answer.json())
    body = {"current_password": PASSWORD, "new_password": "another horse entirely"}

    assert (await person.post("/auth/password", json=body)).status == 204
    assert (await page.refresh()).status == 200
