"""Accounts and platform health, for administrators only."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.page.browser_tab import Tab


@pytest.mark.parametrize("path", ["/admin/users", "/admin/system"])
async def test_a_user_has_no_access_to_pages_for_administrators(user: Tab, path: str) -> None:
    await user.goto("/")
    await user.wait_until_loaded()
    await expect(user.page.get_by_role("link", name="System")).to_have_count(0)
    await user.goto(path)

    await expect(user.heading("For administrators")).to_be_visible()
    await expect(user.page.get_by_role("table")).to_have_count(0)


async def test_a_deactivated_account_is_signed_out_immediately(admin: Tab, user: Tab) -> None:
    name = user.account.username
    # Requests of the dashboard may fail before the page notices that the session ended.
    user.monitor.expect_status("GET", "/api/v1/", 401)
    user.monitor.expect_status("POST", "/auth/refresh$|/feed/ticket$", 401)
    user.monitor.expect_status("POST", "/auth/refresh$", 403)
    await user.goto("/")
    await user.button("Sign out").wait_for()
    await admin.goto("/admin/users")
    await admin.page.get_by_role("searchbox").fill(name[:8])
    await expect(admin.page).to_have_url(re.compile(r"\?q="))
    switch = admin.page.get_by_role("switch", name=name)
    await switch.click()
    await expect(admin.page.get_by_role("dialog")).to_contain_text("signed out everywhere at once")
    await admin.button("Close the account").click()
    await expect(switch).not_to_be_checked()

    await user.goto("/profile")
    await expect(user.heading("Sign in")).to_be_visible()

    await switch.click()
    await admin.button("Open the account").click()
    await expect(switch).to_be_checked()
    await user.sign_in()


async def test_administrators_cannot_deactivate_themselves(admin: Tab) -> None:
    admin.monitor.expect_status("POST", "/toggle", 409)
    await admin.goto("/admin/users")
    await admin.page.get_by_role("switch", name=admin.account.username).click()
    await admin.button("Close the account").click()

    await expect(admin.page.get_by_role("alert")).to_contain_text(
        "You cannot deactivate your own account"
    )
    await admin.button("Cancel").click()
    await admin.check_accessible()


async def test_the_health_of_the_platform_is_shown(admin: Tab) -> None:
    await admin.goto("/admin/system")
    await expect(admin.page.get_by_text("PostgreSQL responds.")).to_be_visible()
    await expect(admin.page.get_by_text("seccomp")).to_be_visible()
    await expect(admin.page.get_by_text("No events are parked.")).to_be_visible()
    await expect(admin.page.get_by_role("figure")).to_contain_text("Predictions per day")

    await admin.check_accessible()


async def test_failed_parts_are_shown_when_health_responds_with_503(admin: Tab) -> None:
    admin.monitor.expect_status("GET", "/health$", 503)
    parts = '{"database": "out of order", "sandbox": {"level": "none", "missing": ["seccomp"]}}'
    body = f'{{"status": "degraded", "service": "x", "version": "1", "parts": {parts}}}'
    await admin.page.route(
        "**/health",
        lambda route: route.fulfill(status=503, content_type="application/json", body=body),
    )
    await admin.goto("/admin/system")

    await expect(admin.page.get_by_text("Degraded")).to_be_visible()
    await expect(admin.page.get_by_text("Out of order.")).to_be_visible()
    await expect(admin.page.get_by_label("inactive")).to_have_count(1)
