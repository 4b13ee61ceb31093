"""Keys for programs: made, used, revoked."""

from __future__ import annotations

from playwright.async_api import APIResponse, expect

from tests.api.people import API
from tests.page.browsing import Tab


async def called(tab: Tab, key: str) -> APIResponse:
    """Call as a program does, which has nothing but a key."""
    browser = tab.page.context.browser
    assert browser is not None
    program = await browser.new_context()
    try:
        address = f"{tab.page.url.split('/api-keys')[0]}{API}/models"
        return await program.request.get(address, headers={"X-API-Key": key})
    finally:
        await program.close()


async def made(tab: Tab, name: str) -> str:
    """Make a key that may read, and give what is shown of it, this once."""
    await tab.goto("/api-keys")
    await tab.button("New key").first.click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Name").fill(name)
    await dialog.get_by_role("checkbox", name="Read").check()
    await dialog.get_by_role("combobox", name="Expires").select_option(label="In 7 days")
    await tab.button("Make the key").click()
    return await dialog.get_by_label("The key", exact=True).inner_text()


async def test_a_key_that_was_made_opens_what_it_says_until_it_is_revoked(ada: Tab) -> None:
    key = await made(ada, "nightly")
    assert (await called(ada, key)).status == 200
    await expect(ada.page.get_by_label("A first call with this key")).to_contain_text(key)
    await ada.button("I have it, close this").click()

    row = ada.page.get_by_role("row", name="nightly")
    await expect(row).to_contain_text("Active")
    await expect(row).to_contain_text("in 6 days")
    await row.get_by_role("button", name="Revoke nightly").click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    await expect(ada.heading("No key yet")).to_be_visible()
    assert (await called(ada, key)).status == 401
    await ada.page.get_by_role("switch", name="Show revoked keys").check()
    await expect(row).to_contain_text("Revoked")
    await ada.page.reload()
    await expect(row).to_contain_text("Revoked")


async def test_a_key_that_was_not_copied_is_not_closed_by_a_hasty_key(ada: Tab) -> None:
    key = await made(ada, "hasty")
    await ada.page.keyboard.press("Escape")

    await expect(ada.page.get_by_text(key, exact=True)).to_be_visible()
    await expect(ada.page.get_by_role("alert")).to_contain_text("cannot be shown again")
    await ada.button("I have it, close this").click()
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)


async def test_a_key_without_a_name_or_a_right_is_not_asked_for(ada: Tab) -> None:
    await ada.goto("/api-keys")
    await ada.button("New key").first.click()
    await ada.page.get_by_role("checkbox", name="Predict").uncheck()
    await ada.button("Make the key").click()

    await expect(ada.page.get_by_text("This is needed.")).to_be_visible()
    await expect(ada.page.get_by_text("One of them at least.")).to_be_visible()
    await ada.check_accessible()


async def test_whoever_has_keys_can_read_of_them(ada: Tab) -> None:
    await made(ada, "x" * 100)
    await ada.check_accessible()
    await ada.button("I have it, close this").click()
    await ada.check_accessible()
