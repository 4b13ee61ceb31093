"""The user's own account: profile, password and sessions."""

from __future__ import annotations

from dataclasses import replace

from playwright.async_api import expect

from tests.page.browser_tab import Tab
from tests.page.conftest import OpenTab

NEW_PASSWORD = "a rather long phrase"


async def other_session(tab: Tab, open_tab: OpenTab) -> Tab:
    """Open the dashboard as the same user in another browser."""
    other = await open_tab(tab.account)
    # Requests of the dashboard may fail before the page notices that the session ended.
    other.monitor.expect_status("GET", "/api/v1/", 401)
    other.monitor.expect_status("POST", "/auth/refresh$|/feed/ticket$", 401)
    await other.sign_in_by_api()
    await other.goto("/")
    await other.button("Sign out").wait_for()
    return other


async def expect_signed_out(tab: Tab) -> None:
    """Expect the sign-in page in place of another one."""
    await tab.goto("/models")
    await expect(tab.heading("Sign in")).to_be_visible()


async def test_a_new_password_ends_the_other_sessions(user: Tab, open_tab: OpenTab) -> None:
    other = await other_session(user, open_tab)
    await user.goto("/profile")
    await expect(user.page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(
        3
    )
    await user.field("Current password").fill(user.account.password)
    await user.field("New password").fill(NEW_PASSWORD)
    await user.button("Change the password").click()

    await expect(user.page.get_by_text("Your password is changed")).to_be_visible()
    await expect(user.page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(
        2
    )
    await expect_signed_out(other)
    await replace(other, account=replace(other.account, password=NEW_PASSWORD)).sign_in()


async def test_password_errors_are_shown_at_their_fields(user: Tab) -> None:
    user.monitor.expect_status("POST", "/auth/password$", 422)
    await user.goto("/profile")
    await user.field("Current password").fill("not this one")
    await user.field("New password").fill(NEW_PASSWORD)
    await user.button("Change the password").click()
    await expect(user.page.get_by_text("This is not your password.")).to_be_visible()
    await expect(user.field("Current password")).to_be_focused()

    await user.field("New password").fill("password123")
    await user.button("Change the password").click()
    await expect(user.page.get_by_text("one of the most common passwords")).to_be_visible()

    await user.button("Show the password").last.click()
    await expect(user.field("New password")).to_have_attribute("type", "text")


async def test_one_other_session_is_signed_out(user: Tab, open_tab: OpenTab) -> None:
    other = await other_session(user, open_tab)
    await user.goto("/profile")
    rows = user.page.get_by_role("table", name="Sessions").get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("on Linux")
    await expect(rows.nth(1)).to_contain_text("this one")
    await rows.nth(2).get_by_role("button").click()

    await expect(rows).to_have_count(2)
    await expect_signed_out(other)


async def test_all_other_sessions_are_signed_out(user: Tab, open_tab: OpenTab) -> None:
    others = [await other_session(user, open_tab) for _ in range(2)]
    await user.goto("/profile")
    await user.button("Sign out everywhere else").click()
    dialog = user.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("2 other sessions")
    await dialog.get_by_role("button", name="Sign out", exact=True).click()

    await expect(user.page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(
        2
    )
    for other in others:
        await expect_signed_out(other)
    await user.page.reload()
    await expect(user.heading("Profile")).to_be_visible()


async def test_a_changed_name_is_kept(user: Tab) -> None:
    await user.goto("/profile")
    await expect(user.button("Save")).to_be_disabled()
    await user.field("Full name").fill("Countess of Lovelace")
    await user.button("Save").click()
    await expect(user.page.get_by_role("link", name="Countess of Lovelace")).to_be_visible()

    await user.page.reload()
    await expect(user.field("Full name")).to_have_value("Countess of Lovelace")


async def test_a_taken_email_address_is_an_error_at_its_field(user: Tab, admin: Tab) -> None:
    user.monitor.expect_status("PUT", "/auth/me$", 409)
    await user.goto("/profile")
    await user.field("E-mail").fill(admin.account.email)
    await user.button("Save").click()

    await expect(user.page.get_by_text("this email is taken")).to_be_visible()


async def test_the_selected_theme_survives_a_reload(user: Tab) -> None:
    await user.goto("/profile")
    await user.page.get_by_role("radio", name="Dark").check(force=True)
    await user.page.reload()
    await expect(user.page.locator("html")).to_have_attribute("data-theme", "dark")
    await user.page.get_by_role("radio", name="System").check(force=True)

    await user.check_accessible()
