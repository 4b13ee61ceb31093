"""One's own account: the profile, the password, and where one is signed in."""

from __future__ import annotations

from dataclasses import replace

from playwright.async_api import expect

from tests.page.browsing import Tab
from tests.page.conftest import Opened

NEW_PASSWORD = "a rather long phrase"


async def again(tab: Tab, opened: Opened) -> Tab:
    """Have the same user at the dashboard in another browser, until that session ends."""
    other = await opened(tab.account)
    # What the dashboard asks for by itself may be the first to hear of the end.
    other.watch.expect("GET", "/api/v1/", 401)
    other.watch.expect("POST", "/auth/refresh$|/feed/ticket$", 401)
    await other.come_in()
    await other.goto("/")
    await other.button("Sign out").wait_for()
    return other


async def expect_signed_out(tab: Tab) -> None:
    """Go to a page, and be asked to sign in."""
    await tab.goto("/models")
    await expect(tab.heading("Sign in")).to_be_visible()


async def test_a_new_password_ends_the_other_sessions_and_opens_the_account(
    ada: Tab, opened: Opened
) -> None:
    other = await again(ada, opened)
    await ada.goto("/profile")
    await expect(ada.page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(3)
    await ada.field("Current password").fill(ada.account.password)
    await ada.field("New password").fill(NEW_PASSWORD)
    await ada.button("Change the password").click()

    await expect(ada.page.get_by_text("Your password is changed")).to_be_visible()
    await expect(ada.page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(2)
    await expect_signed_out(other)
    await replace(other, account=replace(other.account, password=NEW_PASSWORD)).sign_in()


async def test_what_is_wrong_with_a_password_is_said_beside_it(ada: Tab) -> None:
    ada.watch.expect("POST", "/auth/password$", 422)
    await ada.goto("/profile")
    await ada.field("Current password").fill("not this one")
    await ada.field("New password").fill(NEW_PASSWORD)
    await ada.button("Change the password").click()
    await expect(ada.page.get_by_text("This is not your password.")).to_be_visible()
    await expect(ada.field("Current password")).to_be_focused()

    await ada.field("New password").fill("password123")
    await ada.button("Change the password").click()
    await expect(ada.page.get_by_text("one of the first that anybody would try")).to_be_visible()

    await ada.button("Show the password").last.click()
    await expect(ada.field("New password")).to_have_attribute("type", "text")


async def test_one_other_session_is_signed_out(ada: Tab, opened: Opened) -> None:
    other = await again(ada, opened)
    await ada.goto("/profile")
    rows = ada.page.get_by_role("table", name="Sessions").get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("on Linux")
    await expect(rows.nth(1)).to_contain_text("this one")
    await rows.nth(2).get_by_role("button").click()

    await expect(rows).to_have_count(2)
    await expect_signed_out(other)


async def test_all_other_sessions_are_signed_out(ada: Tab, opened: Opened) -> None:
    others = [await again(ada, opened) for _ in range(2)]
    await ada.goto("/profile")
    await ada.button("Sign out everywhere else").click()
    dialog = ada.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("2 other sessions")
    await dialog.get_by_role("button", name="Sign out", exact=True).click()

    await expect(ada.page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(2)
    for other in others:
        await expect_signed_out(other)
    await ada.page.reload()
    await expect(ada.heading("Profile")).to_be_visible()


async def test_a_name_and_an_address_are_changed_and_kept(ada: Tab) -> None:
    await ada.goto("/profile")
    await expect(ada.button("Save")).to_be_disabled()
    await ada.field("Full name").fill("Countess of Lovelace")
    await ada.button("Save").click()
    await expect(ada.page.get_by_role("link", name="Countess of Lovelace")).to_be_visible()

    await ada.page.reload()
    await expect(ada.field("Full name")).to_have_value("Countess of Lovelace")


async def test_an_address_that_is_taken_is_told_beside_it(ada: Tab, admin: Tab) -> None:
    ada.watch.expect("PUT", "/auth/me$", 409)
    await ada.goto("/profile")
    await ada.field("E-mail").fill(admin.account.email)
    await ada.button("Save").click()

    await expect(ada.page.get_by_text("this email is taken")).to_be_visible()


async def test_the_theme_that_was_chosen_stays(ada: Tab) -> None:
    await ada.goto("/profile")
    await ada.page.get_by_role("radio", name="Dark").check(force=True)
    await ada.page.reload()
    await expect(ada.page.locator("html")).to_have_attribute("data-theme", "dark")
    await ada.page.get_by_role("radio", name="System").check(force=True)

    await ada.check_accessible()
