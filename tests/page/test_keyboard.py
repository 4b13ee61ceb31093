"""From signing in to a prediction and back, without a mouse."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.page.browsing import Tab
from tests.page.conftest import Opened
from tests.page.model_files import PASSENGER, asked, passengers, uploaded

STOPS_MAX = 40


async def test_a_model_is_asked_by_keys_alone(ada: Tab, opened: Opened) -> None:
    model_id = await uploaded(ada, passengers(), "titanic")
    await asked(ada, model_id, PASSENGER)
    tab = await opened(ada.account)
    page, keys = tab.page, tab.page.keyboard
    await _sign_in(tab)
    await keys.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await keys.press("Enter")
    await _find(tab, "titan")
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
    await _find(tab, "sign out")
    await expect(tab.heading("Sign in")).to_be_visible()


async def test_the_keys_are_listed_and_hold_nothing_up_where_one_types(ada: Tab) -> None:
    page, keys = ada.page, ada.page.keyboard
    await ada.goto("/")
    await ada.loaded()
    await keys.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    await expect(dialog).to_contain_text("Go to Models")
    await ada.check_accessible()
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()

    await ada.goto("/models")
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


async def _find(tab: Tab, words: str) -> None:
    """Choose by the palette what some letters lead to."""
    await tab.page.keyboard.press("Control+k")
    await expect(tab.page.get_by_role("combobox", name="A page")).to_be_focused()
    await tab.page.keyboard.type(words)
    found = tab.page.get_by_role("listbox", name="Found").get_by_role("option")
    await expect(found).to_have_count(1)
    await tab.page.keyboard.press("Enter")


async def _tab_to(tab: Tab, goal: Locator) -> None:
    """Go on by Tab until something has the focus; fails where it is not come by."""
    await goal.wait_for()
    for _ in range(STOPS_MAX):
        if await goal.evaluate("(goal) => goal === document.activeElement"):
            return
        await tab.page.keyboard.press("Tab")
    await expect(goal).to_be_focused()
