"""Sessions that run out, that end elsewhere, and that are left."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Route, expect

from api.auth.refresh_cookie import NAME
from mlplatform.settings import Settings
from tests.api.people import API
from tests.page.browsing import Account, Tab
from tests.page.conftest import Opened
from tests.page.model_files import headers

REFRESHED = re.compile("/auth/refresh$")


async def test_a_page_that_stays_open_has_its_token_exchanged_in_time(opened: Opened) -> None:
    tab = await _at_a_clock(opened)
    lifetime = timedelta(minutes=Settings.model_fields["access_token_expire_minutes"].default)
    async with tab.page.expect_response(REFRESHED) as answered:
        await tab.page.clock.fast_forward(lifetime // timedelta(milliseconds=1))

    assert (await answered.value).ok
    await tab.page.get_by_role("link", name="API keys").click()
    await expect(tab.heading("No key yet")).to_be_visible()


async def test_a_token_that_the_server_refuses_is_exchanged_and_the_call_sent_again(
    ada: Tab,
) -> None:
    async def with_an_old_token(route: Route) -> None:
        await route.continue_(headers={**route.request.headers, "authorization": "Bearer old"})

    ada.watch.expect("GET", "/api-keys", 401)
    await ada.goto("/profile")  # it asks for no keys
    await ada.loaded()
    await ada.page.route(re.compile("/api/v1/api-keys"), with_an_old_token, times=1)
    async with ada.page.expect_response(REFRESHED):
        await ada.page.get_by_role("link", name="API keys").click()
    await expect(ada.heading("No key yet")).to_be_visible()


async def test_whose_session_ended_elsewhere_is_told_and_goes_on_where_they_were(ada: Tab) -> None:
    ada.watch.expect("GET", "/api/v1/", 401)
    ada.watch.expect("POST", "/auth/refresh$|/feed/ticket$", 401)
    await ada.goto("/api-keys?revoked=true")
    await ada.heading("API keys").wait_for()
    program = await headers(ada)
    await _end_others(ada, program)

    await ada.page.get_by_role("link", name="Activity").click()
    await expect(ada.page.get_by_text("Your session has ended")).to_be_visible()
    await ada.check_accessible()
    await ada.field("Username or e-mail").fill(ada.account.username)
    await ada.field("Password").fill(ada.account.password)
    await ada.button("Sign in").click()
    await expect(ada.page).to_have_url(re.compile("/activity$"))
    await expect(ada.heading("Activity")).to_be_visible()


@pytest.mark.parametrize("has_run_out", [False, True])
async def test_signing_out_ends_the_session_and_takes_the_cookie(
    opened: Opened, has_run_out: bool
) -> None:
    tab = await _at_a_clock(opened)
    if has_run_out:
        await tab.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3.6e6 }")
    async with tab.page.expect_response(re.compile("/auth/logout$")) as answered:
        await tab.button("Sign out").click()

    assert (await answered.value).ok
    await expect(tab.heading("Sign in")).to_be_visible()
    await expect(tab.page.get_by_text("Your session has ended")).to_be_hidden()
    assert [each for each in await tab.page.context.cookies() if each.get("name") == NAME] == []
    program = await headers(tab)
    sessions = await tab.page.request.get(f"{API}/auth/sessions", headers=program)
    assert len(await sessions.json()) == 1


async def _at_a_clock(opened: Opened) -> Tab:
    """Sign in as somebody new, in a page whose clock can be put forward."""
    tab = await opened(Account.new("ada"))
    await tab.page.clock.install()
    await tab.register()
    await tab.sign_in()
    return tab


async def _end_others(tab: Tab, program: dict[str, str]) -> None:
    listed = await tab.page.request.get(f"{API}/auth/sessions", headers=program)
    for session in await listed.json():
        if not session["is_current"]:
            ended = await tab.page.request.delete(
                f"{API}/auth/sessions/{session['id']}", headers=program
            )
            assert ended.ok
