"""What other sites, neighbours and thieves may try with the cookie that keeps a page signed in."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from api.app import create_app
from api.auth.refresh_cookie import NAME
from api.dependencies import Dependencies
from api.http.client_address import ClientAddresses
from commands.sessions import RefreshSession
from domain.events import OPERATOR
from domain.session import REUSE_GRACE
from tests.api.api_client import PASSWORD, Client, Person, problem, served
from tests.api.cookie_client import (
    LOGIN,
    LOGOUT,
    OWN,
    REFRESH,
    CookieClient,
    cookie_of,
    is_removed,
    opened,
)


async def test_signing_out_takes_more_than_the_cookie(page: CookieClient) -> None:
    answer = await page.client.post(LOGOUT, headers=OWN | {"Cookie": f"{NAME}={page.token}"})

    await problem(answer, 401)
    assert "Set-Cookie" not in answer.headers
    assert (await page.refresh()).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"X-Requested-With": "XMLHttpRequest"},
        OWN | {"Sec-Fetch-Site": "cross-site"},
        OWN | {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_what_another_site_could_send_gets_nothing_for_the_cookie(
    page: CookieClient, headers: dict[str, str]
) -> None:
    answer = await page.refresh(headers=headers)

    await problem(answer, 403)
    assert "Set-Cookie" not in answer.headers
    assert (await page.refresh()).status == 200


async def test_another_origin_is_never_allowed_to_send_the_cookie(page: CookieClient) -> None:
    preflight = await page.client.options(
        REFRESH,
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    marked = await page.client.options(
        REFRESH,
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-requested-with",
        },
    )

    assert "Access-Control-Allow-Credentials" not in preflight.headers
    await problem(marked, 403)


async def test_no_form_of_another_site_signs_a_browser_in(page: CookieClient) -> None:
    form = {"username": page.user["username"], "password": PASSWORD, "use_cookie": "true"}
    body = form | {"use_cookie": True}
    answers = [
        await page.client.post(LOGIN, data=form),
        await page.client.post(LOGIN, json=body, headers={"Sec-Fetch-Site": "cross-site"}),
    ]

    assert [each.status for each in answers] == [422, 403]
    assert not any("Set-Cookie" in each.headers for each in answers)


async def test_of_two_cookies_neither_counts_and_neither_is_removed(
    page: CookieClient, cookieless_client: Client
) -> None:
    neighbours = (await opened(cookieless_client)).token
    for tokens in ((page.token, neighbours), (neighbours, page.token), (page.token, page.token)):
        answer = await page.refresh(*tokens)
        await problem(answer, 401)
        assert "Set-Cookie" not in answer.headers

    assert (await page.refresh()).status == 200


async def test_a_stolen_cookie_ends_the_session_when_it_is_sent_again(
    page: CookieClient,
) -> None:
    newest, _ = cookie_of(await page.refresh())
    await asyncio.sleep(REUSE_GRACE.total_seconds() + 0.2)
    stolen = await page.refresh()
    answer = await page.refresh(newest)

    await problem(stolen, 401)
    await problem(answer, 401)
    assert is_removed(answer)
    person = Person(page.client, page.user, await page.answer.json())
    await problem(await person.get("/auth/me"), 401)


async def test_who_has_a_token_of_the_body_gets_no_second_one_by_the_cookie(
    dependencies: Dependencies, alice: Person
) -> None:
    first = alice.tokens["refresh_token"]
    await dependencies.sessions.refresh(RefreshSession(by=OPERATOR, refresh_token=first))
    headers = OWN | {"Cookie": f"{NAME}={first}"}

    await problem(await alice.client.post(REFRESH, headers=headers), 401)


async def test_signing_in_takes_no_session_that_was_there_before(
    page: CookieClient, cookieless_client: Client
) -> None:
    planted = (await opened(cookieless_client)).token
    body = {"username": page.user["username"], "password": PASSWORD, "use_cookie": True}
    answer = await cookieless_client.post(LOGIN, json=body, headers={"Cookie": f"{NAME}={planted}"})

    assert cookie_of(answer)[0] != planted
    person = Person(cookieless_client, page.user, await answer.json())
    assert (await (await person.get("/auth/me")).json())["id"] == page.user["id"]


@pytest.mark.parametrize(
    ("headers", "is_secure"),
    [
        ({"X-Forwarded-Proto": "https"}, True),
        ({"X-Forwarded-Proto": "https, http"}, True),
        ({"X-Forwarded-Proto": "http"}, False),
        ({}, False),
        ({"Origin": "https://models.example"}, True),
        ({"Origin": "http://models.example"}, False),
    ],
)
async def test_under_tls_the_cookie_never_leaves_it(
    dependencies: Dependencies, headers: dict[str, str], *, is_secure: bool
) -> None:
    behind = replace(dependencies, addresses=ClientAddresses(["127.0.0.0/8"]))
    async with served(create_app(behind), keeps_cookies=False) as client:
        page = await opened(client)
        answer = await page.refresh(headers=OWN | headers)
        removed = await page.refresh("nonsense", headers=OWN | headers)

    assert ("Secure" in cookie_of(answer)[1]) == is_secure
    assert ("Secure" in cookie_of(removed)[1]) == is_secure


async def test_who_is_no_proxy_of_ours_says_nothing_about_tls(page: CookieClient) -> None:
    answer = await page.refresh(headers=OWN | {"X-Forwarded-Proto": "https"})

    assert "Secure" not in cookie_of(answer)[1]
