"""What was done, in words."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.browsing import Tab


async def test_whoever_signed_in_finds_it_written_down(ada: Tab) -> None:
    await ada.goto("/activity")

    today = ada.page.get_by_role("region", name="Today")
    await expect(today).to_contain_text("Signed in")
    await expect(today).to_contain_text("Account opened")
    await today.get_by_role("button", name="Show the event in full").first.click()
    await expect(today.get_by_label("The event's data")).to_be_visible()
    await expect(ada.page.get_by_role("switch")).to_have_count(0)
    await ada.check_accessible()


async def test_a_filter_stands_in_the_address_and_survives_a_reload(ada: Tab) -> None:
    await ada.goto("/activity")
    what = ada.page.get_by_role("combobox", name="What")
    await what.select_option(label="Session · opened")
    await expect(ada.page.get_by_text("Account opened")).to_have_count(0)
    await ada.page.reload()

    await expect(what).to_have_value("Session.Opened")
    await expect(ada.page.get_by_text("Signed in")).to_be_visible()
    await what.select_option(label="Model · deleted")
    await expect(ada.heading("Nothing like that")).to_be_visible()
    await ada.button("Clear the filters").click()
    await expect(ada.page.get_by_text("Account opened")).to_be_visible()


async def test_an_administrator_looks_through_the_whole_log(admin: Tab, ada: Tab) -> None:
    await admin.goto("/activity")
    # `check` wants it to be on at once, as whoever looks does; the address says so a moment later.
    await admin.page.get_by_role("switch", name="The whole log").check()
    await admin.page.get_by_role("combobox", name="By").select_option(label=ada.account.username)
    entries = admin.page.get_by_role("listitem").filter(has_text=f"by {ada.account.username}")
    await expect(entries.first).to_contain_text("Signed in")

    await entries.first.get_by_role("button", name="only").click()
    await expect(admin.page.get_by_role("button", name="One stream")).to_be_visible()
    await admin.check_accessible()
