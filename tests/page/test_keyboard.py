"""Using the page without a mouse."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.page.browser_tab import Tab
from tests.page.conftest import OpenTab
from tests.page.model_api import PASSENGER, passenger_model, predict, upload_model

TAB_STOPS_MAX = 40


async def test_a_model_is_called_by_keyboard_alone(user: Tab, open_tab: OpenTab) -> None:
    model_id = await upload_model(user, passenger_model(), "titanic")
    await predict(user, model_id, PASSENGER)
    tab = await open_tab(user.account)
    page, keys = tab.page, tab.page.keyboard
    await _sign_in(tab)
    await keys.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await keys.press("Enter")
    await _run_command(tab, "titan")
    await expect(tab.heading("titanic")).to_be_visible()
    await _tab_to(tab, page.get_by_role("link", name="Try it").first)
    await keys.press("Enter")
    await _tab_to(tab, tab.field("age"))
    await keys.type("31")
    await keys.press("Control+Enter")
    seen = page.get_by_role("link", name="See it in the history")
    await seen.wait_for()
    await _tab_to(tab, seen)
    await keys.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("31")
    await keys.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()

    await keys.press("g")
    await keys.press("d")
    await tab.heading("Dashboard").wait_for()
    await _run_command(tab, "sign out")
    await expect(tab.heading("Sign in")).to_be_visible()


async def test_shortcuts_are_listed_and_do_not_apply_in_text_fields(user: Tab) -> None:
    page, keys = user.page, user.page.keyboard
    await user.goto("/")
    await user.wait_until_loaded()
    await keys.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    await expect(dialog).to_contain_text("Go to Models")
    await user.check_accessible()
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()

    await user.goto("/models")
    await page.get_by_role("searchbox").press("g")
    await keys.type("d?")
    await expect(page.get_by_role("searchbox")).to_have_value("gd?")
    await expect(page).to_have_url(re.compile("/models"))


async def _sign_in(tab: Tab) -> None:
    await tab.goto("/login")
    await expect(tab.field("Username or e-mail")).to_be_focused()
    await tab.page.keyboard.type(tab.account.username)
    await _tab_to(tab, tab.field("Password"))
    await tab.page.keyboard.type(tab.account.password)
    await tab.page.keyboard.press("Enter")
    await tab.button("Sign out").wait_for()


async def _run_command(tab: Tab, words: str) -> None:
    """Run the only command of the palette that matches."""
    await tab.page.keyboard.press("Control+k")
    await expect(tab.page.get_by_role("combobox", name="A page")).to_be_focused()
    await tab.page.keyboard.type(words)
    found = tab.page.get_by_role("listbox", name="Found").get_by_role("option")
    await expect(found).to_have_count(1)
    await tab.page.keyboard.press("Enter")


async def _tab_to(tab: Tab, target: Locator) -> None:
    """Press Tab until an element has the focus; fails if it never does."""
    await target.wait_for()
    for _ in range(TAB_STOPS_MAX):
        if await target.evaluate("(goal) => goal === document.activeElement"):
            return
        await tab.page.keyboard.press("Tab")
    await expect(target).to_be_focused()
