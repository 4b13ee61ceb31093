"""From an account to signing out."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from api.auth.refresh_cookie import NAME
from tests.page.browsing import Tab


async def test_who_makes_an_account_stays_signed_in_until_they_sign_out(visitor: Tab) -> None:
    page, account = visitor.page, visitor.account
    await visitor.goto("/register")
    await visitor.field("Username").fill(account.username)
    await visitor.field("E-mail").fill(account.email)
    await visitor.field("Password").fill(account.password)
    await visitor.button("Make the account").click()
    await expect(visitor.button("Sign out")).to_be_visible()

    await page.reload()
    await expect(visitor.button("Sign out")).to_be_visible()

    await visitor.button("Sign out").click()
    await expect(visitor.heading("Sign in")).to_be_visible()
    await page.reload()
    await expect(visitor.heading("Sign in")).to_be_visible()

    await visitor.sign_in()


async def test_a_page_that_is_loaded_again_and_again_stays_signed_in(ada: Tab) -> None:
    for _ in range(5):
        await ada.page.goto("/models", wait_until="commit")
    await expect(ada.button("Sign out")).to_be_visible()


async def test_two_tabs_that_are_opened_at_once_stay_signed_in(ada: Tab) -> None:
    await ada.goto("/")
    await ada.button("Sign out").wait_for()
    other = await ada.page.context.new_page()
    await other.goto("/models", wait_until="commit")
    await ada.page.goto("/", wait_until="commit")

    await expect(other.get_by_role("button", name="Sign out")).to_be_visible()
    await expect(ada.button("Sign out")).to_be_visible()


async def test_no_script_can_read_the_refresh_token(ada: Tab) -> None:
    await ada.goto("/")
    await ada.button("Sign out").wait_for()
    [cookie] = [each for each in await ada.page.context.cookies() if each.get("name") == NAME]

    assert cookie.get("httpOnly")
    assert cookie.get("sameSite") == "Strict"
    readable = "() => document.cookie + JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert str(cookie.get("value")) not in await ada.page.evaluate(readable)


async def test_a_wrong_password_is_told(visitor: Tab) -> None:
    visitor.watch.expect("POST", "/auth/login$", 401)
    await visitor.goto("/login")
    await visitor.field("Username or e-mail").fill("nobody")
    await visitor.field("Password").fill("wrong password")
    await visitor.button("Sign in").click()

    await expect(visitor.page.get_by_role("alert")).to_contain_text("wrong")


async def test_an_administrator_is_shown_what_is_for_administrators(admin: Tab, ada: Tab) -> None:
    for tab in (admin, ada):
        await tab.goto("/")
        await tab.loaded()
    await expect(admin.page.get_by_role("link", name="Users")).to_be_visible()
    await expect(ada.page.get_by_role("link", name="Users")).to_have_count(0)


@pytest.mark.parametrize("path", ["/login", "/register"])
async def test_whoever_comes_in_can_read_it(visitor: Tab, path: str) -> None:
    await visitor.goto(path)

    await visitor.check_accessible()


async def test_who_signs_in_next_does_not_go_on_where_the_last_one_was(ada: Tab) -> None:
    await ada.goto("/api-keys?page=2")
    await ada.button("Sign out").click()
    await expect(ada.page).to_have_url(re.compile("/login$"))


async def test_who_comes_by_a_link_is_led_to_it_once_signed_in(ada: Tab) -> None:
    await ada.goto("/")
    await ada.button("Sign out").wait_for()
    await ada.page.context.clear_cookies()
    await ada.page.evaluate("() => localStorage.clear()")
    await ada.goto("/api-keys")
    await expect(ada.page).to_have_url(re.compile("/login.next=%2Fapi-keys$"))
    await ada.field("Username or e-mail").fill(ada.account.username)
    await ada.field("Password").fill(ada.account.password)
    await ada.button("Sign in").click()
    await expect(ada.page).to_have_url(re.compile("/api-keys$"))
