"""Attacks on the refresh cookie: by other sites, by other subdomains, and with a stolen cookie."""

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
    PAGE_HEADERS,
    REFRESH,
    CookieClient,
    cookie_of,
    is_removed,
    sign_in_as_page,
)


async def test_signing_out_needs_more_than_the_cookie(page: CookieClient) -> None:
    response = await page.client.post(
        LOGOUT, headers=PAGE_HEADERS | {"Cookie": f"{NAME}={page.token}"}
    )

    await problem(response, 401)
    assert "Set-Cookie" not in response.headers
    assert (await page.refresh()).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"X-Requested-With": "XMLHttpRequest"},
        PAGE_HEADERS | {"Sec-Fetch-Site": "cross-site"},
        PAGE_HEADERS | {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_requests_that_another_site_can_send_are_refused(
    page: CookieClient, headers: dict[str, str]
) -> None:
    response = await page.refresh(headers=headers)

    await problem(response, 403)
    assert "Set-Cookie" not in response.headers
    assert (await page.refresh()).status == 200


async def test_another_origin_may_never_send_the_cookie(page: CookieClient) -> None:
    preflight = await page.client.options(
        REFRESH,
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    with_header = await page.client.options(
        REFRESH,
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-requested-with",
        },
    )

    assert "Access-Control-Allow-Credentials" not in preflight.headers
    await problem(with_header, 403)


async def test_a_form_of_another_site_cannot_sign_a_browser_in(page: CookieClient) -> None:
    form = {"username": page.user["username"], "password": PASSWORD, "use_cookie": "true"}
    body = form | {"use_cookie": True}
    responses = [
        await page.client.post(LOGIN, data=form),
        await page.client.post(LOGIN, json=body, headers={"Sec-Fetch-Site": "cross-site"}),
    ]

    assert [each.status for each in responses] == [422, 403]
    assert not any("Set-Cookie" in each.headers for each in responses)


async def test_two_cookies_are_neither_used_nor_removed(
    page: CookieClient, cookieless_client: Client
) -> None:
    other = (await sign_in_as_page(cookieless_client)).token
    for tokens in ((page.token, other), (other, page.token), (page.token, page.token)):
        response = await page.refresh(*tokens)
        await problem(response, 401)
        assert "Set-Cookie" not in response.headers

    assert (await page.refresh()).status == 200


async def test_a_stolen_cookie_ends_the_session_when_it_is_sent_again(
    page: CookieClient,
) -> None:
    newest, _ = cookie_of(await page.refresh())
    await asyncio.sleep(REUSE_GRACE.total_seconds() + 0.2)
    stolen = await page.refresh()
    response = await page.refresh(newest)

    await problem(stolen, 401)
    await problem(response, 401)
    assert is_removed(response)
    person = Person(page.client, page.user, await page.response.json())
    await problem(await person.get("/auth/me"), 401)


async def test_a_used_token_from_a_body_is_not_forgiven_in_a_cookie(
    dependencies: Dependencies, alice: Person
) -> None:
    first = alice.tokens["refresh_token"]
    await dependencies.sessions.refresh(RefreshSession(by=OPERATOR, refresh_token=first))
    headers = PAGE_HEADERS | {"Cookie": f"{NAME}={first}"}

    await problem(await alice.client.post(REFRESH, headers=headers), 401)


async def test_signing_in_always_opens_a_new_session(
    page: CookieClient, cookieless_client: Client
) -> None:
    existing = (await sign_in_as_page(cookieless_client)).token
    body = {"username": page.user["username"], "password": PASSWORD, "use_cookie": True}
    response = await cookieless_client.post(
        LOGIN, json=body, headers={"Cookie": f"{NAME}={existing}"}
    )

    assert cookie_of(response)[0] != existing
    person = Person(cookieless_client, page.user, await response.json())
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
async def test_under_tls_the_cookie_is_secure(
    dependencies: Dependencies, headers: dict[str, str], *, is_secure: bool
) -> None:
    behind_proxy = replace(dependencies, addresses=ClientAddresses(["127.0.0.0/8"]))
    async with served(create_app(behind_proxy), keeps_cookies=False) as client:
        page = await sign_in_as_page(client)
        response = await page.refresh(headers=PAGE_HEADERS | headers)
        removed = await page.refresh("nonsense", headers=PAGE_HEADERS | headers)

    assert ("Secure" in cookie_of(response)[1]) == is_secure
    assert ("Secure" in cookie_of(removed)[1]) == is_secure


async def test_an_untrusted_client_cannot_claim_to_use_tls(page: CookieClient) -> None:
    response = await page.refresh(headers=PAGE_HEADERS | {"X-Forwarded-Proto": "https"})

    assert "Secure" not in cookie_of(response)[1]
