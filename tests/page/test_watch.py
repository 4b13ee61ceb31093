"""That the watch over a page sees what goes wrong in it: else the other tests here show little."""

from __future__ import annotations

import pytest

from tests.page.browsing import Tab

FAULTS = {
    "a script threw": "() => setTimeout(() => { throw new Error('thrown') })",
    "the console says: said": "() => console.error('said')",
    "Content Security Policy": (
        "() => { const style = document.createElement('style');"
        " style.textContent = 'b{}'; document.head.append(style) }"
    ),
    "connect-src": "() => fetch('http://127.0.0.1:1/elsewhere').catch(() => 0)",
    "failed: GET": "() => fetch('/gone').catch(() => 0)",
    "answered 404: GET": "() => fetch('/nowhere')",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_seen(visitor: Tab, fault: str) -> None:
    await visitor.page.route("**/gone", lambda route: route.abort("connectionreset"))
    await visitor.goto("/login")
    await visitor.page.evaluate(FAULTS[fault])
    await visitor.page.wait_for_timeout(200)

    assert any(fault in each for each in visitor.watch.faults), visitor.watch.faults
    visitor.watch.faults.clear()


async def test_what_axe_finds_fails_a_test(visitor: Tab) -> None:
    await visitor.goto("/login")
    await visitor.heading("Sign in").wait_for()
    await visitor.page.evaluate(
        "() => document.querySelector('main').append(document.createElement('button'))"
    )

    with pytest.raises(AssertionError, match="button-name"):
        await visitor.check_accessible()
