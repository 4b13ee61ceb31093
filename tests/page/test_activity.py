"""The activity log."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.browser_tab import Tab


async def test_a_sign_in_is_listed(user: Tab) -> None:
    await user.goto("/activity")

    today = user.page.get_by_role("region", name="Today")
    await expect(today).to_contain_text("Signed in")
    await expect(today).to_contain_text("Account opened")
    await today.get_by_role("button", name="Show the event in full").first.click()
    await expect(today.get_by_label("The event's data")).to_be_visible()
    await expect(user.page.get_by_role("switch")).to_have_count(0)
    await user.check_accessible()


async def test_a_filter_is_kept_in_the_url_and_survives_a_reload(user: Tab) -> None:
    await user.goto("/activity")
    what = user.page.get_by_role("combobox", name="What")
    await what.select_option(label="Session · opened")
    await expect(user.page.get_by_text("Account opened")).to_have_count(0)
    await user.page.reload()

    await expect(what).to_have_value("Session.Opened")
    await expect(user.page.get_by_text("Signed in")).to_be_visible()
    await what.select_option(label="Model · deleted")
    await expect(user.heading("No matching events")).to_be_visible()
    await user.button("Clear the filters").click()
    await expect(user.page.get_by_text("Account opened")).to_be_visible()


async def test_an_administrator_filters_the_full_log(admin: Tab, user: Tab) -> None:
    await admin.goto("/activity")
    # `check` expects the switch to be on immediately, before the URL is updated.
    await admin.page.get_by_role("switch", name="The whole log").check()
    await admin.page.get_by_role("combobox", name="By").select_option(label=user.account.username)
    entries = admin.page.get_by_role("listitem").filter(has_text=f"by {user.account.username}")
    await expect(entries.first).to_contain_text("Signed in")

    await entries.first.get_by_role("button", name="only").click()
    await expect(admin.page.get_by_role("button", name="One stream")).to_be_visible()
    await admin.check_accessible()
