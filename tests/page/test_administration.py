"""What administrators see of accounts and of the platform, and nobody else."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.page.browsing import Tab


@pytest.mark.parametrize("path", ["/admin/users", "/admin/system"])
async def test_a_user_finds_no_page_for_administrators(ada: Tab, path: str) -> None:
    await ada.goto("/")
    await ada.loaded()
    await expect(ada.page.get_by_role("link", name="System")).to_have_count(0)
    await ada.goto(path)

    await expect(ada.heading("For administrators")).to_be_visible()
    await expect(ada.page.get_by_role("table")).to_have_count(0)


async def test_an_account_that_is_closed_is_signed_out_at_once(admin: Tab, ada: Tab) -> None:
    name = ada.account.username
    # What the dashboard asks for by itself may be the first to hear of the end.
    ada.watch.expect("GET", "/api/v1/", 401)
    ada.watch.expect("POST", "/auth/refresh$|/feed/ticket$", 401)
    ada.watch.expect("POST", "/auth/refresh$", 403)
    await ada.goto("/")
    await ada.button("Sign out").wait_for()
    await admin.goto("/admin/users")
    await admin.page.get_by_role("searchbox").fill(name[:8])
    await expect(admin.page).to_have_url(re.compile(r"\?q="))
    switch = admin.page.get_by_role("switch", name=name)
    await switch.click()
    await expect(admin.page.get_by_role("dialog")).to_contain_text("signed out everywhere at once")
    await admin.button("Close the account").click()
    await expect(switch).not_to_be_checked()

    await ada.goto("/profile")
    await expect(ada.heading("Sign in")).to_be_visible()

    await switch.click()
    await admin.button("Open the account").click()
    await expect(switch).to_be_checked()
    await ada.sign_in()


async def test_the_last_administrator_is_not_closed_and_is_told_why(admin: Tab) -> None:
    admin.watch.expect("POST", "/toggle", 409)
    await admin.goto("/admin/users")
    await admin.page.get_by_role("switch", name=admin.account.username).click()
    await admin.button("Close the account").click()

    await expect(admin.page.get_by_role("alert")).to_contain_text("Nobody deactivates")
    await admin.button("Cancel").click()
    await admin.check_accessible()


async def test_how_the_platform_is_can_be_read(admin: Tab) -> None:
    await admin.goto("/admin/system")
    await expect(admin.page.get_by_text("PostgreSQL answers.")).to_be_visible()
    await expect(admin.page.get_by_text("seccomp")).to_be_visible()
    await expect(admin.page.get_by_text("Nothing is set aside.")).to_be_visible()
    await expect(admin.page.get_by_role("figure")).to_contain_text("Predictions per day")

    await admin.check_accessible()


async def test_what_is_out_of_order_is_told_when_health_answers_503(admin: Tab) -> None:
    admin.watch.expect("GET", "/health$", 503)
    parts = '{"database": "out of order", "sandbox": {"level": "none", "missing": ["seccomp"]}}'
    body = f'{{"status": "degraded", "service": "x", "version": "1", "parts": {parts}}}'
    await admin.page.route(
        "**/health",
        lambda route: route.fulfill(status=503, content_type="application/json", body=body),
    )
    await admin.goto("/admin/system")

    await expect(admin.page.get_by_text("Degraded")).to_be_visible()
    await expect(admin.page.get_by_text("Out of order.")).to_be_visible()
    await expect(admin.page.get_by_label("does not hold")).to_have_count(1)
