"""API keys: created, used, revoked."""

from __future__ import annotations

from playwright.async_api import APIResponse, expect

from tests.api.api_client import API
from tests.page.browser_tab import Tab


async def list_models(tab: Tab, key: str) -> APIResponse:
    """Call the API with only a key."""
    browser = tab.page.context.browser
    assert browser is not None
    program = await browser.new_context()
    try:
        address = f"{tab.page.url.split('/api-keys')[0]}{API}/models"
        return await program.request.get(address, headers={"X-API-Key": key})
    finally:
        await program.close()


async def create_key(tab: Tab, name: str) -> str:
    """Create a key with the read scope; returns its secret."""
    await tab.goto("/api-keys")
    await tab.button("New key").first.click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Name").fill(name)
    await dialog.get_by_role("checkbox", name="Read").check()
    await dialog.get_by_role("combobox", name="Expires").select_option(label="In 7 days")
    await tab.button("Create the key").click()
    return await dialog.get_by_label("The key", exact=True).inner_text()


async def test_a_key_grants_its_scopes_until_it_is_revoked(user: Tab) -> None:
    key = await create_key(user, "nightly")
    assert (await list_models(user, key)).status == 200
    await expect(user.page.get_by_label("A first call with this key")).to_contain_text(key)
    await user.button("I have it, close this").click()

    row = user.page.get_by_role("row", name="nightly")
    await expect(row).to_contain_text("Active")
    await expect(row).to_contain_text("in 6 days")
    await row.get_by_role("button", name="Revoke nightly").click()
    await user.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    await expect(user.heading("No key yet")).to_be_visible()
    assert (await list_models(user, key)).status == 401
    await user.page.get_by_role("switch", name="Show revoked keys").check()
    await expect(row).to_contain_text("Revoked")
    await user.page.reload()
    await expect(row).to_contain_text("Revoked")


async def test_escape_does_not_close_a_key_that_was_not_copied(user: Tab) -> None:
    key = await create_key(user, "hasty")
    await user.page.keyboard.press("Escape")

    await expect(user.page.get_by_text(key, exact=True)).to_be_visible()
    await expect(user.page.get_by_role("alert")).to_contain_text("cannot be shown again")
    await user.button("I have it, close this").click()
    await expect(user.page.get_by_role("dialog")).to_have_count(0)


async def test_a_key_needs_a_name_and_a_scope(user: Tab) -> None:
    await user.goto("/api-keys")
    await user.button("New key").first.click()
    await user.page.get_by_role("checkbox", name="Predict").uncheck()
    await user.button("Create the key").click()

    await expect(user.page.get_by_text("This is required.")).to_be_visible()
    await expect(user.page.get_by_text("At least one is required.")).to_be_visible()
    await user.check_accessible()


async def test_a_list_with_keys_is_accessible(user: Tab) -> None:
    await create_key(user, "x" * 100)
    await user.check_accessible()
    await user.button("I have it, close this").click()
    await user.check_accessible()
