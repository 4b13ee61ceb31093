"""What a page weighs before it can be used, and that nothing moves while it comes in."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from api.web_ui.files import FOLDER
from tests.page.browsing import Tab
from tests.page.model_files import PASSENGER, asked, passengers, uploaded

FIRST_LOAD_BYTES_MAX = 150_000
SHIFT_MAX = 0.02
PAGES = ("/", "/models", "/upload", "/activity", "/api-keys", "/profile", "/nowhere")
TABS = ("", "/try", "/versions", "/metrics", "/history", "/timeline", "/settings")
OF_ADMINISTRATORS = ("/admin/users", "/admin/system")
FETCHED = """() => performance.getEntriesByType("resource")
    .map(({ name }) => new URL(name).pathname)
    .filter((path) => path.endsWith(".js"))"""
WATCH_SHIFTS = """
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries())
            if (!hadRecentInput) shifts.push([value, ...sources.map(({ node }) =>
                node?.outerHTML?.slice(0, 120) ?? node?.textContent)]);
    }).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["desk", "phone"])
async def test_nothing_moves_while_a_page_comes_in(admin: Tab, size: tuple[int, int]) -> None:
    model_id = await uploaded(admin, passengers())
    for _ in range(3):
        await asked(admin, model_id, PASSENGER)
    tabs = [f"/models/{model_id}{tab}" for tab in TABS]
    admin.watch.expect("GET", "/nowhere", 404)
    await admin.page.set_viewport_size({"width": size[0], "height": size[1]})
    await admin.page.add_init_script(WATCH_SHIFTS)
    shifted = {}
    for path in (*PAGES, *tabs, *OF_ADMINISTRATORS):
        await admin.goto(path)
        await admin.loaded()
        await admin.page.wait_for_timeout(300)
        shifts = await admin.page.evaluate("() => shifts")
        if sum(value for value, *_ in shifts) > SHIFT_MAX:
            shifted[path] = shifts
    assert shifted == {}


async def test_little_has_to_be_fetched_to_sign_in_or_to_see_the_dashboard(ada: Tab) -> None:
    await ada.page.mouse.move(0, 0)  # a link that is pointed at is fetched ahead
    await ada.goto("/")
    await ada.heading("Four steps to a model that answers").wait_for()
    assert await _packed_bytes(ada) <= FIRST_LOAD_BYTES_MAX

    await uploaded(ada, passengers())
    await ada.page.reload()
    await ada.page.get_by_role("region", name="Your models in figures").wait_for()
    await ada.page.wait_for_timeout(500)
    assert await _packed_bytes(ada) <= FIRST_LOAD_BYTES_MAX

    await ada.button("Sign out").click()
    await ada.goto("/login")
    await ada.heading("Sign in").wait_for()
    assert await _packed_bytes(ada) <= FIRST_LOAD_BYTES_MAX


async def _packed_bytes(tab: Tab) -> int:
    names: list[str] = await tab.page.evaluate(FETCHED)
    assert names
    files = (FOLDER / PurePath(each).relative_to("/") for each in names)
    return sum(each.with_name(f"{each.name}.gz").stat().st_size for each in files)
