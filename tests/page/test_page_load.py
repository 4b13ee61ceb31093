"""Size of the first load, and layout shifts while pages load."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from api.web_ui.files import FOLDER
from tests.page.browser_tab import Tab
from tests.page.model_api import PASSENGER, passenger_model, predict, upload_model

FIRST_LOAD_BYTES_MAX = 150_000
SHIFT_MAX = 0.02
PAGES = ("/", "/models", "/upload", "/activity", "/api-keys", "/profile", "/nowhere")
TABS = ("", "/try", "/versions", "/metrics", "/history", "/timeline", "/settings")
ADMIN_PAGES = ("/admin/users", "/admin/system")
LOADED_SCRIPTS = """() => performance.getEntriesByType("resource")
    .map(({ name }) => new URL(name).pathname)
    .filter((path) => path.endsWith(".js"))"""
RECORD_SHIFTS = """
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries())
            if (!hadRecentInput) shifts.push([value, ...sources.map(({ node }) =>
                node?.outerHTML?.slice(0, 120) ?? node?.textContent)]);
    }).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["desk", "phone"])
async def test_no_page_shifts_while_it_loads(admin: Tab, size: tuple[int, int]) -> None:
    model_id = await upload_model(admin, passenger_model())
    for _ in range(3):
        await predict(admin, model_id, PASSENGER)
    tabs = [f"/models/{model_id}{tab}" for tab in TABS]
    admin.monitor.expect_status("GET", "/nowhere", 404)
    await admin.page.set_viewport_size({"width": size[0], "height": size[1]})
    await admin.page.add_init_script(RECORD_SHIFTS)
    shifted = {}
    for path in (*PAGES, *tabs, *ADMIN_PAGES):
        await admin.goto(path)
        await admin.wait_until_loaded()
        await admin.page.wait_for_timeout(300)
        shifts = await admin.page.evaluate("() => shifts")
        if sum(value for value, *_ in shifts) > SHIFT_MAX:
            shifted[path] = shifts
    assert shifted == {}


async def test_the_first_load_stays_within_the_budget(user: Tab) -> None:
    await user.page.mouse.move(0, 0)  # hovered links are preloaded
    await user.goto("/")
    await user.heading("Four steps to your first predictions").wait_for()
    assert await _script_bytes(user) <= FIRST_LOAD_BYTES_MAX

    await upload_model(user, passenger_model())
    await user.page.reload()
    await user.page.get_by_role("region", name="Your models in figures").wait_for()
    await user.page.wait_for_timeout(500)
    assert await _script_bytes(user) <= FIRST_LOAD_BYTES_MAX

    await user.button("Sign out").click()
    await user.goto("/login")
    await user.heading("Sign in").wait_for()
    assert await _script_bytes(user) <= FIRST_LOAD_BYTES_MAX


async def _script_bytes(tab: Tab) -> int:
    names: list[str] = await tab.page.evaluate(LOADED_SCRIPTS)
    assert names
    files = (FOLDER / PurePath(each).relative_to("/") for each in names)
    return sum(each.with_name(f"{each.name}.gz").stat().st_size for each in files)
