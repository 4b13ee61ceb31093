"""The error monitor records errors of a page, on which the other tests rely."""

from __future__ import annotations

import pytest

from tests.page.browser_tab import Tab

ERRORS = {
    "script error": "() => setTimeout(() => { throw new Error('thrown') })",
    "console: message": "() => console.error('message')",
    "Content Security Policy": (
        "() => { const style = document.createElement('style');"
        " style.textContent = 'b{}'; document.head.append(style) }"
    ),
    "connect-src": "() => fetch('http://127.0.0.1:1/elsewhere').catch(() => 0)",
    "request failed: GET": "() => fetch('/gone').catch(() => 0)",
    "status 404: GET": "() => fetch('/nowhere')",
}


@pytest.mark.parametrize("error", ERRORS)
async def test_an_error_is_recorded(visitor: Tab, error: str) -> None:
    await visitor.page.route("**/gone", lambda route: route.abort("connectionreset"))
    await visitor.goto("/login")
    await visitor.page.evaluate(ERRORS[error])
    await visitor.page.wait_for_timeout(200)

    assert any(error in each for each in visitor.monitor.errors), visitor.monitor.errors
    visitor.monitor.errors.clear()


async def test_an_accessibility_violation_fails_a_test(visitor: Tab) -> None:
    await visitor.goto("/login")
    await visitor.heading("Sign in").wait_for()
    await visitor.page.evaluate(
        "() => document.querySelector('main').append(document.createElement('button'))"
    )

    with pytest.raises(AssertionError, match="button-name"):
        await visitor.check_accessible()
