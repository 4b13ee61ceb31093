"""Sessions that expire, end elsewhere or are signed out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Route, expect

from api.auth.refresh_cookie import NAME
from mlplatform.settings import Settings
from tests.api.api_client import API
from tests.page.browser_tab import Account, Tab
from tests.page.conftest import OpenTab
from tests.page.model_api import api_headers

REFRESH_PATH = re.compile("/auth/refresh$")


async def test_an_open_page_refreshes_its_token_in_time(open_tab: OpenTab) -> None:
    tab = await _tab_with_clock(open_tab)
    lifetime = timedelta(minutes=Settings.model_fields["access_token_expire_minutes"].default)
    async with tab.page.expect_response(REFRESH_PATH) as response:
        await tab.page.clock.fast_forward(lifetime // timedelta(milliseconds=1))

    assert (await response.value).ok
    await tab.page.get_by_role("link", name="API keys").click()
    await expect(tab.heading("No key yet")).to_be_visible()


async def test_a_rejected_token_is_refreshed_and_the_call_repeated(
    user: Tab,
) -> None:
    async def with_an_old_token(route: Route) -> None:
        await route.continue_(headers={**route.request.headers, "authorization": "Bearer old"})

    user.monitor.expect_status("GET", "/api-keys", 401)
    await user.goto("/profile")  # it requests no keys
    await user.wait_until_loaded()
    await user.page.route(re.compile("/api/v1/api-keys"), with_an_old_token, times=1)
    async with user.page.expect_response(REFRESH_PATH):
        await user.page.get_by_role("link", name="API keys").click()
    await expect(user.heading("No key yet")).to_be_visible()


async def test_a_session_ended_elsewhere_continues_on_the_same_page_after_signing_in(
    user: Tab,
) -> None:
    user.monitor.expect_status("GET", "/api/v1/", 401)
    user.monitor.expect_status("POST", "/auth/refresh$|/feed/ticket$", 401)
    await user.goto("/api-keys?revoked=true")
    await user.heading("API keys").wait_for()
    program = await api_headers(user)
    await _end_others(user, program)

    await user.page.get_by_role("link", name="Activity").click()
    await expect(user.page.get_by_text("Your session has ended")).to_be_visible()
    await user.check_accessible()
    await user.field("Username or e-mail").fill(user.account.username)
    await user.field("Password").fill(user.account.password)
    await user.button("Sign in").click()
    await expect(user.page).to_have_url(re.compile("/activity$"))
    await expect(user.heading("Activity")).to_be_visible()


@pytest.mark.parametrize("has_run_out", [False, True])
async def test_signing_out_ends_the_session_and_deletes_the_cookie(
    open_tab: OpenTab, has_run_out: bool
) -> None:
    tab = await _tab_with_clock(open_tab)
    if has_run_out:
        await tab.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3.6e6 }")
    async with tab.page.expect_response(re.compile("/auth/logout$")) as response:
        await tab.button("Sign out").click()

    assert (await response.value).ok
    await expect(tab.heading("Sign in")).to_be_visible()
    await expect(tab.page.get_by_text("Your session has ended")).to_be_hidden()
    assert [each for each in await tab.page.context.cookies() if each.get("name") == NAME] == []
    program = await api_headers(tab)
    sessions = await tab.page.request.get(f"{API}/auth/sessions", headers=program)
    assert len(await sessions.json()) == 1


async def _tab_with_clock(open_tab: OpenTab) -> Tab:
    """Sign in as a new user, in a page with a controllable clock."""
    tab = await open_tab(Account.new("ada"))
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
