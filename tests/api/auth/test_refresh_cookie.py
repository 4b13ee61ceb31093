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
from tests.api.cookie_client import (
    LOGIN,
    PAGE_HEADERS,
    REFRESH,
    CookieClient,
    cookie_of,
    is_removed,
)


async def test_a_page_gets_its_refresh_token_in_an_http_only_cookie(page: CookieClient) -> None:
    tokens = await page.response.json()
    value, attributes = cookie_of(page.response)

    assert tokens["refresh_token"] is None
    assert value not in await page.response.text()
    age = next(each for each in attributes if each.startswith("Max-Age="))
    assert 0 <= 7 * 86_400 - int(age.removeprefix("Max-Age=")) < 60
    assert attributes - {age} == {"Path=/api/v1/auth", "HttpOnly", "SameSite=Strict"}


async def test_a_page_stays_signed_in_with_only_its_cookie(page: CookieClient) -> None:
    response = await page.refresh()

    tokens = await response.json()
    assert (response.status, tokens["refresh_token"]) == (200, None)
    assert (await Person(page.client, page.user, tokens).get("/auth/me")).status == 200
    next_one, _ = cookie_of(response)
    assert next_one != page.token
    assert (await page.refresh(next_one)).status == 200


async def test_a_browser_sends_the_cookie_only_to_the_auth_endpoints(
    dependencies: Dependencies,
) -> None:
    async with served(create_app(dependencies)) as browser:
        user = await registered(browser, f"jar{datetime.now(UTC):%H%M%S%f}")
        body = {"username": user["username"], "password": PASSWORD, "use_cookie": True}
        tokens = await (await browser.post(LOGIN, json=body)).json()
        jar = browser.session.cookie_jar

        assert NAME not in jar.filter_cookies(browser.make_url(f"{API}/models"))
        assert (await browser.post(REFRESH, headers=PAGE_HEADERS)).status == 200
        person = Person(browser, user, tokens)
        assert (await person.post("/auth/logout")).status == 204
        assert NAME not in jar.filter_cookies(browser.make_url(REFRESH))
        await problem(await browser.post(REFRESH, headers=PAGE_HEADERS), 422)


async def test_signing_out_ends_the_session_and_removes_the_cookie(page: CookieClient) -> None:
    person = Person(page.client, page.user, await page.response.json())
    response = await person.post("/auth/logout", headers={"Cookie": f"{NAME}={page.token}"})

    assert response.status == 204
    assert is_removed(response)
    await problem(await page.refresh(), 401)


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}])
async def test_a_page_may_send_a_json_content_type_instead_of_the_header(
    page: CookieClient, body: dict[str, Any] | None
) -> None:
    headers = {"Content-Type": "application/json"}

    assert (await page.refresh(headers=headers, json=body)).status == 200


async def test_a_token_in_the_body_or_query_takes_precedence_over_the_cookie(
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
    for response in (by_body, by_query, refused):
        assert "Set-Cookie" not in response.headers
    assert (await page.refresh()).status == 200


@pytest.mark.parametrize("token", ["", "nonsense", "AAAA", "x" * 900])
async def test_an_invalid_cookie_is_removed(page: CookieClient, token: str) -> None:
    response = await page.refresh(token)

    await problem(response, 401)
    assert is_removed(response)


async def test_without_a_cookie_nothing_is_removed(cookieless_client: Client) -> None:
    response = await cookieless_client.post(REFRESH, headers=PAGE_HEADERS)

    await problem(response, 422)
    assert "Set-Cookie" not in response.headers


async def test_concurrent_refreshes_of_one_browser_stay_signed_in(page: CookieClient) -> None:
    responses = await asyncio.gather(*(page.refresh() for _ in range(10)))

    assert {each.status for each in responses} == {200}
    [token] = {cookie_of(each)[0] for each in responses}
    assert (await page.refresh(token)).status == 200


async def test_after_a_new_password_the_page_stays_signed_in(
    page: CookieClient,
) -> None:
    person = Person(page.client, page.user, await page.response.json())
    body = {"current_password": PASSWORD, "new_password": "another horse entirely"}

    assert (await person.post("/auth/password", json=body)).status == 204
    assert (await page.refresh()).status == 200
