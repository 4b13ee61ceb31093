"""Registration, signing in and signing out."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from api.auth.refresh_cookie import NAME
from tests.page.browser_tab import Tab


async def test_a_new_account_stays_signed_in_until_it_signs_out(visitor: Tab) -> None:
    page, account = visitor.page, visitor.account
    await visitor.goto("/register")
    await visitor.field("Username").fill(account.username)
    await visitor.field("E-mail").fill(account.email)
    await visitor.field("Password").fill(account.password)
    await visitor.button("Create the account").click()
    await expect(visitor.button("Sign out")).to_be_visible()

    await page.reload()
    await expect(visitor.button("Sign out")).to_be_visible()

    await visitor.button("Sign out").click()
    await expect(visitor.heading("Sign in")).to_be_visible()
    await page.reload()
    await expect(visitor.heading("Sign in")).to_be_visible()

    await visitor.sign_in()


async def test_repeated_reloads_stay_signed_in(user: Tab) -> None:
    for _ in range(5):
        await user.page.goto("/models", wait_until="commit")
    await expect(user.button("Sign out")).to_be_visible()


async def test_two_tabs_opened_together_stay_signed_in(user: Tab) -> None:
    await user.goto("/")
    await user.button("Sign out").wait_for()
    other = await user.page.context.new_page()
    await other.goto("/models", wait_until="commit")
    await user.page.goto("/", wait_until="commit")

    await expect(other.get_by_role("button", name="Sign out")).to_be_visible()
    await expect(user.button("Sign out")).to_be_visible()


async def test_no_script_can_read_the_refresh_token(user: Tab) -> None:
    await user.goto("/")
    await user.button("Sign out").wait_for()
    [cookie] = [each for each in await user.page.context.cookies() if each.get("name") == NAME]

    assert cookie.get("httpOnly")
    assert cookie.get("sameSite") == "Strict"
    readable = "() => document.cookie + JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert str(cookie.get("value")) not in await user.page.evaluate(readable)


async def test_a_wrong_password_is_an_error(visitor: Tab) -> None:
    visitor.monitor.expect_status("POST", "/auth/login$", 401)
    await visitor.goto("/login")
    await visitor.field("Username or e-mail").fill("nobody")
    await visitor.field("Password").fill("wrong password")
    await visitor.button("Sign in").click()

    await expect(visitor.page.get_by_role("alert")).to_contain_text("wrong")


async def test_only_administrators_see_administration_links(admin: Tab, user: Tab) -> None:
    for tab in (admin, user):
        await tab.goto("/")
        await tab.wait_until_loaded()
    await expect(admin.page.get_by_role("link", name="Users")).to_be_visible()
    await expect(user.page.get_by_role("link", name="Users")).to_have_count(0)


@pytest.mark.parametrize("path", ["/login", "/register"])
async def test_the_entry_pages_are_accessible(visitor: Tab, path: str) -> None:
    await visitor.goto(path)

    await visitor.check_accessible()


async def test_signing_out_forgets_the_current_page(user: Tab) -> None:
    await user.goto("/api-keys?page=2")
    await user.button("Sign out").click()
    await expect(user.page).to_have_url(re.compile("/login$"))


async def test_a_deep_link_is_opened_after_signing_in(user: Tab) -> None:
    await user.goto("/")
    await user.button("Sign out").wait_for()
    await user.page.context.clear_cookies()
    await user.page.evaluate("() => localStorage.clear()")
    await user.goto("/api-keys")
    await expect(user.page).to_have_url(re.compile("/login.next=%2Fapi-keys$"))
    await user.field("Username or e-mail").fill(user.account.username)
    await user.field("Password").fill(user.account.password)
    await user.button("Sign in").click()
    await expect(user.page).to_have_url(re.compile("/api-keys$"))
