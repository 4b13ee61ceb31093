"""The time until the page is interactive, the bytes it fetches, and its layout shifts.

``python benchmarks/page.py`` starts a platform with one model, and opens its page in Chromium
repeatedly, each time with an empty cache. The network is the loopback interface without
throttling, and client and server run on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path, PurePath

from lib_platform import Client, serving
from playwright.async_api import Browser, Page, async_playwright
from predict import train
from rich.console import Console
from rich.table import Table

from api.web_ui.files import FOLDER
from storage.embedded.server import EmbeddedPostgres
from tests.page.chromium import executable, is_root
from tests.page.test_page_load import LOADED_SCRIPTS, PAGES, RECORD_SHIFTS, TABS

CALLS = 20
SETTLE_MS = 600
SPIN = 400_000
NAME = "a model of the reader"
CREDENTIALS = {"username": "reader", "password": secrets.token_urlsafe(16)}

console = Console(highlight=False)


async def main() -> None:
    """Measure all figures."""
    rounds = _arguments().rounds
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as name:
        folder = Path(name)
        model, sample = next(iter((await train(folder)).items()))
        async with (
            EmbeddedPostgres.open(folder / "postgres") as postgres,
            serving(folder, postgres.dsn("postgres")) as server,
            Client.signed_in(await server.announced_address()) as client,
            _chromium() as browser,
        ):
            model_id = await _model_of_reader(client, (folder / f"{model}.joblib").read_bytes())
            for _ in range(CALLS):
                body = {"input_data": sample.rows[0]}
                async with client.session.post(client.url_of(model_id) + "/predict", json=body):
                    pass
            _print_noise()
            await _measure_interactive(browser, client.address, rounds)
            await _measure_shifts(browser, client.address, model_id)


async def _model_of_reader(client: Client, data: bytes) -> str:
    async with client.session.post(
        "auth/register", json=CREDENTIALS | {"email": "reader@example.com"}
    ):
        pass
    async with client.session.post("auth/login", json=CREDENTIALS) as response:
        token = (await response.json())["access_token"]
    client.session.headers["Authorization"] = f"Bearer {token}"
    return await client.upload(NAME, data)


async def _measure_interactive(browser: Browser, address: str, rounds: int) -> None:
    grid = Table(title=f"interactive, {rounds} times each", title_justify="left")
    for heading in ("page", "median ms", "worst ms", "scripts kB gzip", "kB brotli", "files"):
        grid.add_column(heading, justify="left" if heading == "page" else "right")
    for name, path, wait_interactive in (
        ("sign in", "/login", _typed),
        ("dashboard", "/", _help_opened),
        ("models", "/models", _help_opened),
    ):
        times: list[float] = []
        is_signed_in = path != "/login"
        for _ in range(rounds):
            async with _new_page(browser, address, is_signed_in=is_signed_in) as page:
                started = time.perf_counter()
                await page.goto(path, wait_until="commit")
                await wait_interactive(page)
                times.append((time.perf_counter() - started) * 1e3)
        async with _new_page(
            browser, address, is_signed_in=is_signed_in
        ) as page:  # without interaction
            await page.goto(path)
            await page.wait_for_timeout(SETTLE_MS)
            names = await page.evaluate(LOADED_SCRIPTS)
        kilobytes = [f"{_size_of(names, packing) / 1e3:.1f}" for packing in ("gz", "br")]
        median, worst = f"{statistics.median(times):.0f}", f"{max(times):.0f}"
        grid.add_row(name, median, worst, *kilobytes, str(len(names)))
    console.print(grid)


async def _typed(page: Page) -> None:
    """Wait until a typed character appears in the form."""
    await page.wait_for_function("() => document.activeElement?.matches('input')")
    await page.keyboard.press("a")
    await page.wait_for_function("() => document.activeElement.value === 'a'")


async def _help_opened(page: Page) -> None:
    """Wait until the figures or rows are shown, and a key has an effect."""
    # Not by locators, as these poll at intervals of up to half a second.
    await page.wait_for_function(
        f"() => document.querySelector('main')?.innerText.includes({NAME!r})"
    )
    await page.keyboard.press("?")
    await page.wait_for_function("() => document.querySelector('dialog[open]')")


async def _measure_shifts(browser: Browser, address: str, model_id: str) -> None:
    grid = Table(title="cumulative layout shift", title_justify="left")
    for heading in ("page", "1280 px", "360 px"):
        grid.add_column(heading, justify="left" if heading == "page" else "right")
    for path in (*PAGES, *(f"/models/{model_id}{tab}" for tab in TABS)):
        shifts: list[str] = []
        for width in (1280, 360):
            async with _new_page(browser, address, is_signed_in=True) as page:
                await page.set_viewport_size({"width": width, "height": 800})
                await page.add_init_script(RECORD_SHIFTS)
                await page.goto(path)
                await page.get_by_role("heading", level=1).wait_for()
                await page.wait_for_timeout(2 * SETTLE_MS)
                total = await page.evaluate("() => shifts.reduce((sum, [each]) => sum + each, 0)")
                shifts.append(f"{total:.4f}")
        grid.add_row(path.replace(model_id, "…"), *shifts)
    console.print(grid)


def _size_of(names: list[str], packing: str) -> int:
    files = (FOLDER / PurePath(each).relative_to("/") for each in names)
    return sum(each.with_name(f"{each.name}.{packing}").stat().st_size for each in files)


@asynccontextmanager
async def _new_page(browser: Browser, address: str, *, is_signed_in: bool) -> AsyncGenerator[Page]:
    """Open a page in a browser with an empty cache, signed in or not."""
    context = await browser.new_context(base_url=address, reduced_motion="reduce")
    if is_signed_in:
        await context.request.post("/api/v1/auth/login", data=CREDENTIALS | {"use_cookie": True})
        await context.add_init_script("localStorage.setItem('signed-in', '1')")
    yield await context.new_page()
    await context.close()


@asynccontextmanager
async def _chromium() -> AsyncGenerator[Browser]:
    arguments = ["--no-sandbox"] if is_root() else []
    async with async_playwright() as playwright:
        path = executable(prefer_full=True)
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        await browser.close()


def _print_noise() -> None:
    """Print how much of the machine other processes use, by timing the same work repeatedly."""
    times: list[float] = []
    for _ in range(30):
        started = time.perf_counter()
        sum(range(SPIN))
        times.append(time.perf_counter() - started)
    slower = statistics.median(times) / min(times)
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} cores, load {load:.1f} (best: 0); "
        f"the same work took {slower:.2f} times its minimum, {max(times) / min(times):.2f} at most"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
