"""Take the screenshots of docs/page.md from a demo: `make pictures`."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.api.api_client import API
from tests.page.browser_tab import ANIMATIONS_FINISHED, Account, ErrorMonitor, Tab
from tests.page.chromium import MISSING, executable, is_root
from tests.page.model_api import api_headers
from tests.platform_process import Platform, serving

FOLDER = Path(__file__).parents[2] / "docs" / "pages"
DESKTOP_SIZE, PHONE_SIZE = (1440, 900), (360, 740)
COLOURS = 256
CALLS = 12
FLOWER = [6.1, 2.8, 4.7, 1.2]
PASSWORD = re.compile(r"with the password (\S+);")


async def _nothing(_: Page) -> None:
    """No preparation."""


async def _predict(page: Page) -> None:
    await page.get_by_role("button", name="Predict", exact=True).click()
    await page.get_by_role("link", name="See it in the history").wait_for()


async def _select_past(page: Page) -> None:
    slider = page.get_by_role("slider", name="Time")
    for _ in range(2):
        await slider.press("ArrowLeft")
    await page.get_by_text("different today").wait_for()


async def _open_palette(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.get_by_role("listbox").get_by_role("option").first.wait_for()


@dataclass(frozen=True)
class Picture:
    """A page (`{model}` is the demo's first model), and what to do there before."""

    name: str
    path: str
    prepare: Callable[[Page], Awaitable[None]] = _nothing
    size: tuple[int, int] = DESKTOP_SIZE
    theme: str = "light"


ENTRY = (Picture("sign-in", "/login"),)
PICTURES = (
    Picture("dashboard", "/"),
    Picture("models", "/models"),
    Picture("upload", "/upload"),
    Picture("overview", "/models/{model}"),
    Picture("try-it", "/models/{model}/try", _predict),
    Picture("versions", "/models/{model}/versions?compare=2-1"),
    Picture("metrics", "/models/{model}/metrics?range=7d"),
    Picture("history", "/models/{model}/history"),
    Picture("timeline", "/models/{model}/timeline", _select_past),
    Picture("settings", "/models/{model}/settings"),
    Picture("activity", "/activity"),
    Picture("api-keys", "/api-keys"),
    Picture("users", "/admin/users"),
    Picture("system", "/admin/system"),
    Picture("profile", "/profile"),
    Picture("palette", "/models", _open_palette),
    Picture("dashboard-dark", "/", theme="dark"),
    Picture("timeline-dark", "/models/{model}/timeline", _select_past, theme="dark"),
    Picture("try-it-phone", "/models/{model}/try", _predict, PHONE_SIZE),
    Picture("overview-phone-dark", "/models/{model}", size=PHONE_SIZE, theme="dark"),
)


async def main() -> None:
    """Take all screenshots."""
    if executable() is None:
        sys.exit(MISSING)
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="mlp-pictures-") as folder,
        serving(Path(folder), "--demo") as platform,
    ):
        async with _tab(platform) as tab:
            for picture in ENTRY:
                await _take(tab, picture, "")
            await tab.sign_in()
            model = await _predict_often(tab)
            for picture in PICTURES:
                await _take(tab, picture, model)
    sizes = [path.stat().st_size for path in FOLDER.glob("*.png")]
    sys.stdout.write(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.1f} MB in {FOLDER}\n")


@asynccontextmanager
async def _tab(platform: Platform) -> AsyncGenerator[Tab]:
    found = PASSWORD.search(platform.instructions)
    assert found, platform.instructions
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox"] if is_root() else []
        browser: Browser = await playwright.chromium.launch(
            executable_path=executable(), args=arguments
        )
        context = await browser.new_context(base_url=platform.url, reduced_motion="reduce")
        yield Tab(await context.new_page(), ErrorMonitor(), Account("demo", "", found[1]))
        await browser.close()


async def _predict_often(tab: Tab) -> str:
    """Call the demo's first model several times; returns its id."""
    program = await api_headers(tab)
    listed = await tab.page.request.get(f"{API}/models?sort=created_at&order=asc", headers=program)
    model: str = (await listed.json())[0]["id"]
    body = {"input_data": FLOWER}
    for _ in range(CALLS):
        await tab.page.request.post(f"{API}/models/{model}/predict", data=body, headers=program)
    return model


async def _take(tab: Tab, picture: Picture, model: str) -> None:
    page = tab.page
    width, height = picture.size
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(
        color_scheme="dark" if picture.theme == "dark" else "light", reduced_motion="reduce"
    )
    await page.goto(picture.path.format(model=model))
    await page.get_by_role("heading", level=1).wait_for()
    await picture.prepare(page)
    if picture.name.startswith("dashboard"):
        await _predict_often(tab)
    await page.wait_for_timeout(1_500)
    await page.evaluate(ANIMATIONS_FINISHED)
    png = await page.screenshot()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    quantized = image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    quantized.save(FOLDER / f"{picture.name}.png", optimize=True)


if __name__ == "__main__":
    asyncio.run(main())
