"""The files of the page, and which requests get it."""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from yarl import URL

from api.app import create_app
from api.dependencies import Dependencies
from api.http.client_address import ClientAddresses
from api.http.rate_limit import RateLimiter
from api.web_ui.files import NOT_PAGES, POLICY
from tests.api.api_client import API, Client, problem, served

TLS_ONLY = "Strict-Transport-Security"
INDEX = b"<!doctype html><title>The page</title>"
SCRIPT = b"export const page = 1;\n" * 100
FILES = {
    "index.html": INDEX,
    "theme.js": b"theme();",
    "favicon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "site.webmanifest": b"{}",
    "assets/index-Bq1.js": SCRIPT,
    "assets/index-Bq1.js.gz": gzip.compress(SCRIPT),
    "assets/index-Bq1.js.br": b"as brotli has it",
    "assets/index-C2x.css": b"body{}",
    "assets/text-D3z.woff2": b"wOF2",
    "assets/dot-E4.png": b"\x89PNG",
    "assets/data-F5.json": b"{}",
    "assets/odd-G6.xyz": b"odd",
}
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    "Accept-Encoding": "identity",
}
ANYTHING = {"Accept": "*/*", "Accept-Encoding": "identity"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a build, beside a secret file."""
    above = tmp_path_factory.mktemp("above")
    (above / "secret.txt").write_text("secret")
    folder = above / "web"
    for name, body in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    (folder / "link.txt").symlink_to(above / "secret.txt")
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(dependencies: Dependencies, folder: Path) -> AsyncGenerator[Client]:
    """A client of a platform with a page."""
    async with served(create_app(dependencies, page_folder=folder)) as client:
        yield client


async def get_as_browser(client: Client, path: str, **headers: str) -> ClientResponse:
    """Request an address as a browser does."""
    return await client.get(path, headers=BROWSER | headers)


@pytest.mark.parametrize("path", ["/", "/models/17?tab=history", "/index.html", "/docent"])
async def test_a_browser_gets_the_page_at_every_unknown_address(client: Client, path: str) -> None:
    response = await get_as_browser(client, path)

    assert (response.status, await response.read()) == (200, INDEX)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Content-Security-Policy"] == POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in response.headers["Vary"].split(", ")


@pytest.mark.parametrize("path", ["/", "/models/17", "/login", f"{API}/models", "/nowhere"])
async def test_programs_get_the_same_responses_as_without_a_page(
    client: Client, dependencies: Dependencies, path: str
) -> None:
    async with served(create_app(dependencies)) as client_without_page:
        for headers in ({}, ANYTHING, {"Accept": "application/json"}, {"Accept": "text/html;q=0"}):
            await get_as_browser(client, path)
            response = await client.get(path, headers=headers)
            expected = await client_without_page.get(path, headers=headers)
            assert (response.status, response.content_type) == (
                expected.status,
                expected.content_type,
            )
            assert "json" in response.content_type
            assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("prefix", NOT_PAGES)
async def test_addresses_of_the_api_never_give_the_page(client: Client, prefix: str) -> None:
    await problem(await get_as_browser(client, f"{prefix.rstrip('/')}/there/is/nothing"), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_the_page_is_read_only(client: Client, method: str) -> None:
    for path, status in (("/nowhere", 404), ("/theme.js", 404), ("/", 405)):
        await problem(await client.request(method, path, headers=BROWSER), status)


async def test_an_unknown_method_is_refused_for_browsers_too(
    client: Client,
) -> None:
    await problem(await get_as_browser(client, f"{API}/auth/login"), 405)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/theme.js", "text/javascript; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/site.webmanifest", "application/manifest+json"),
        ("/assets/index-Bq1.js", "text/javascript; charset=utf-8"),
        ("/assets/index-C2x.css", "text/css; charset=utf-8"),
        ("/assets/text-D3z.woff2", "font/woff2"),
        ("/assets/dot-E4.png", "image/png"),
        ("/assets/data-F5.json", "application/json"),
        ("/assets/odd-G6.xyz", "application/octet-stream"),
    ],
)
async def test_the_content_type_of_a_file_follows_from_its_name(
    client: Client, path: str, content_type: str
) -> None:
    response = await client.get(path, headers=ANYTHING)

    assert (response.status, await response.read()) == (200, FILES[path.removeprefix("/")])
    assert response.headers["Content-Type"] == content_type
    caching = "public, max-age=31536000, immutable" if "/assets/" in path else "no-cache"
    assert response.headers["Cache-Control"] == caching


@pytest.mark.parametrize("path", ["/", "/theme.js", "/assets/index-Bq1.js"])
async def test_an_unchanged_file_is_not_sent_again(client: Client, path: str) -> None:
    first = await get_as_browser(client, path)
    etag = first.headers["ETag"]
    same = await get_as_browser(client, path, **{"If-None-Match": f'"other", {etag}'})
    others = [
        await get_as_browser(client, path, **{"If-None-Match": tags})
        for tags in ('"other"', 'W/", ,;"')
    ]

    assert (same.status, await same.read()) == (304, b"")
    assert (same.headers["ETag"], same.headers["Cache-Control"]) == (
        etag,
        first.headers["Cache-Control"],
    )
    assert [each.status for each in others] == [200, 200]


@pytest.mark.parametrize("path", ["/", "/deep/link", "/theme.js", "/assets/index-Bq1.js"])
async def test_head_has_the_same_headers_as_get(client: Client, path: str) -> None:
    whole = await get_as_browser(client, path)
    head = await client.head(path, headers=BROWSER)

    assert (head.status, await head.read()) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.000, gzip;q=0.0", None),
        ("identity", None),
        ("", None),
        ("zstd", None),
    ],
)
async def test_a_file_is_sent_in_the_best_encoding_that_the_client_accepts(
    client: Client, accepted: str, coding: str | None
) -> None:
    headers = ANYTHING | {"Accept-Encoding": accepted}
    async with client.session.get(
        client.make_url("/assets/index-Bq1.js"), headers=headers, auto_decompress=False
    ) as response:
        body = await response.read()
    suffix = {"br": ".br", "gzip": ".gz", None: ""}[coding]

    assert response.headers.get("Content-Encoding") == coding
    assert body == FILES[f"assets/index-Bq1.js{suffix}"]
    assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/link.txt",
        "/assets",
        "/assets/",
        "/assets/index-Bq1.js.gz",
        "/assets/index-Bq1.js%00",
        "/assets//index-Bq1.js",
        "/theme%2ejs",
    ],
)
async def test_files_outside_of_the_build_are_not_served(client: Client, path: str) -> None:
    url = URL(f"{client.make_url('/')}".rstrip("/") + path, encoded=True)
    async with client.session.get(url, headers=ANYTHING) as response:
        assert response.status == 404
        assert "secret" not in (await response.json())["detail"]


async def test_the_folder_is_read_only_once(client: Client, folder: Path) -> None:
    later = folder / "later.txt"
    later.write_text("later")

    await problem(await client.get("/later.txt"), 404)
    later.unlink()


async def test_requests_for_the_page_are_not_rate_limited(
    dependencies: Dependencies, folder: Path
) -> None:
    limiter = RateLimiter({"anonymous": 1, "account": 1, "predictions": 1})
    few = dataclasses.replace(dependencies, limiter=limiter)
    async with served(create_app(few, page_folder=folder)) as client:
        for _ in range(5):
            assert (await get_as_browser(client, "/")).status == 200
            assert (await client.get("/assets/index-Bq1.js")).status == 200


async def test_other_origins_get_no_cors_headers_for_the_page(client: Client) -> None:
    for origin in ("https://page.example", "https://elsewhere.example"):
        response = await get_as_browser(client, "/", Origin=origin)
        assert response.status == 200
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/", "/models/17"])
async def test_without_a_build_a_browser_gets_instructions(
    dependencies: Dependencies, tmp_path: Path, path: str
) -> None:
    async with served(create_app(dependencies, page_folder=tmp_path / "web")) as client:
        response = await get_as_browser(client, path)
        text = await response.text()

    assert response.status == 200
    assert "<code>make page</code>" in text
    assert "<style" not in text


async def test_hsts_is_sent_only_for_requests_over_tls(
    dependencies: Dependencies, folder: Path
) -> None:
    trusting = dataclasses.replace(dependencies, addresses=ClientAddresses(["127.0.0.1"]))
    async with served(create_app(trusting, page_folder=folder)) as behind_a_proxy:
        for path in ("/", "/models/17", "/assets/index-Bq1.js"):
            under_tls = await get_as_browser(behind_a_proxy, path, **{"X-Forwarded-Proto": "https"})
            assert under_tls.headers[TLS_ONLY] == "max-age=31536000"
            for proto in ({}, {"X-Forwarded-Proto": "http"}, {"Origin": "https://page.example"}):
                assert TLS_ONLY not in (await get_as_browser(behind_a_proxy, path, **proto)).headers
        api = await behind_a_proxy.get("/health", headers={"X-Forwarded-Proto": "https"})
        assert TLS_ONLY not in api.headers


async def test_the_scheme_that_an_untrusted_client_forwards_is_ignored(client: Client) -> None:
    response = await get_as_browser(client, "/", **{"X-Forwarded-Proto": "https"})

    assert TLS_ONLY not in response.headers
