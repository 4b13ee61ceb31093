"""Multipart forms: accepted and refused ones; a refusal leaves no file."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from api.endpoints.multipart import received_upload
from api.schemas.uploads import VersionForm
from domain.errors import Rejected, Unavailable
from inference.child.libraries import joblib
from mlplatform.settings import Settings
from storage.artifacts import ArtifactStore
from tests.api.api_client import Person, form, problem
from tests.api.conftest import UPLOAD_BYTES_MAX

BOUNDARY = "limit"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
NAME = b'Content-Disposition: form-data; name="name"\r\n\r\niris\r\n'
FILE = b'Content-Disposition: form-data; name="file"; filename="m"\r\n\r\n'


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.data_dir / "artifacts"


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def joined(*parts: bytes) -> bytes:
    """Join parts to a form."""
    boundary = f"--{BOUNDARY}\r\n".encode()
    return b"".join(boundary + part for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def a_dict() -> bytes:
    stream = io.BytesIO()
    joblib.dump({"weights": [1, 2, 3]}, stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "file",
    [b"<html>not found</html>", b"\x80\x04", b"PK\x03\x04 zip", a_dict(), b"", b"\x00" * 1000],
    ids=["html", "truncated", "zip", "a dict", "empty", "zeros"],
)
async def test_a_file_that_is_not_a_model_is_refused_and_deleted(
    alice: Person, folder: Path, file: bytes
) -> None:
    before = files(folder)

    await problem(await alice.upload(file, name="iris"), 422)

    assert files(folder) == before
    assert await (await alice.get("/models")).json() == []


async def test_a_truncated_model_file_is_refused(alice: Person, folder: Path, iris: bytes) -> None:
    before = files(folder)

    await problem(await alice.upload(iris[: len(iris) // 2], name="iris"), 422)

    assert files(folder) == before


async def test_a_file_above_the_limit_is_refused_and_deleted(alice: Person, folder: Path) -> None:
    before = files(folder)
    data = FormData()
    data.add_field("name", "iris")
    data.add_field("file", io.BytesIO(b"\x80" * (UPLOAD_BYTES_MAX + 1)), filename="m")

    await problem(await alice.post("/models/upload", data=data), 413)

    assert files(folder) == before


def two_files(file: bytes) -> FormData:
    data = form(file, name="iris")
    data.add_field("file", file, filename="again")
    return data


def many_parts(file: bytes) -> FormData:
    data = form(file)
    for number in range(20):
        data.add_field(f"name{number}", "x")
    return data


def form_without_file(_: bytes) -> FormData:
    data = FormData(default_to_multipart=True)
    data.add_field("name", "iris")
    return data


INVALID_FORMS: list[tuple[Callable[[bytes], FormData], str]] = [
    (form_without_file, "file"),
    (form, "name"),
    (partial(form, name="  "), "name"),
    (partial(form, name="x" * 200), "name"),
    (partial(form, name="iris", colour="red"), "none of"),
    (partial(form, name="x" * 50_000), "too long"),
    (two_files, "twice"),
    (many_parts, "none of"),
]


@pytest.mark.parametrize(("make", "named"), INVALID_FORMS)
async def test_an_invalid_form_is_refused_and_its_file_deleted(
    alice: Person, folder: Path, iris: bytes, make: Callable[[bytes], FormData], named: str
) -> None:
    before = files(folder)

    result = await problem(await alice.post("/models/upload", data=make(iris)), 422)

    assert named in result["detail"]
    assert files(folder) == before


MALFORMED: dict[str, bytes] = {
    "no boundary": b"no form at all",
    "empty": b"",
    "only empty parts": joined(*[b"\r\n\r\n"] * 3),
    "truncated in a file": joined(FILE + b"abc\r\n")[:-12],
    "truncated in a header": joined(FILE)[:40],
    "no headers": b"--limit\r\nabc\r\n--limit--\r\n",
    "an invalid header": joined(b"nonsense\r\n\r\nabc\r\n"),
    "thousands of lines before the first part": b"\r\n" * 5_000 + joined(NAME),
    "thousands of headers": joined(b"X-A: b\r\n" * 20_000 + b"\r\nabc\r\n"),
}


@pytest.mark.filterwarnings("ignore::aiohttp.multipart.BadContentDispositionHeader")
@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
async def test_a_broken_form_is_refused(alice: Person, folder: Path, raw: bytes) -> None:
    before = files(folder)

    response = await alice.post("/models/upload", data=raw, headers=MULTIPART)

    assert response.status in (400, 422)
    await problem(response, response.status)
    assert files(folder) == before


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 415),
        ("multipart/mixed; boundary=limit", 415),
        ("multipart/form-data", 400),
        (f"multipart/form-data; boundary={'x' * 200}", 400),
    ],
)
async def test_a_form_of_another_type_or_without_a_boundary_is_refused(
    alice: Person, kind: str, status: int
) -> None:
    response = await alice.post("/models/upload", data=joined(NAME), headers={"Content-Type": kind})

    await problem(response, status)


@pytest.mark.parametrize(
    ("part", "named"),
    [
        (b'Content-Disposition: form-data; name="name"\r\n\r\n\xff\xfe\r\n', "UTF-8"),
        (b"Content-Disposition: form-data\r\n\r\nabc\r\n", "none of"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n", "none of"),
    ],
)
async def test_an_invalid_part_is_refused(alice: Person, part: bytes, named: str) -> None:
    response = await alice.post("/models/upload", data=joined(part), headers=MULTIPART)

    assert named in (await problem(response, 422))["detail"]


async def test_an_interrupted_upload_leaves_no_file(alice: Person, folder: Path) -> None:
    before = files(folder)
    server: Any = alice.client.server
    _, writer = await asyncio.open_connection(server.host, server.port)
    head = [
        "POST /api/v1/models/upload?name=iris HTTP/1.1",
        "Host: test",
        f"Authorization: {alice.headers['Authorization']}",
        f"Content-Type: {MULTIPART['Content-Type']}",
        "Content-Length: 1000000",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode())
    writer.write(joined(FILE + b"\x80" * 500_000)[:400_000])
    await writer.drain()
    async with asyncio.timeout(5):
        while files(folder) == before:  # noqa: ASYNC110 — there is no event to wait for
            await asyncio.sleep(0.01)
    writer.transport.abort()

    async with asyncio.timeout(5):
        while files(folder) != before:  # noqa: ASYNC110 — as above
            await asyncio.sleep(0.01)
    assert (await alice.get("/models")).status == 200


async def test_a_sample_that_the_model_refuses_leaves_no_file(
    alice: Person, folder: Path, iris: bytes
) -> None:
    before = files(folder)

    for sample in ("not JSON", '[["one", "two"]]'):
        await problem(await alice.upload(iris, name="iris", sample=sample), 422)

    assert files(folder) == before


async def test_only_the_file_of_the_first_upload_of_a_version_is_kept(
    alice: Person, bob: Person, folder: Path, iris: bytes
) -> None:
    model = await alice.model(iris)
    before = files(folder)

    path = f"/models/{model['id']}/versions"
    await problem(await alice.post(path, data=form(iris)), 409)
    await problem(await bob.post(path, data=form(iris)), 404)

    assert files(folder) == before


async def test_a_file_is_kept_if_the_outcome_of_its_command_is_unknown(tmp_path: Path) -> None:
    artifacts = ArtifactStore.at(str(tmp_path / "artifacts"), cache_dir=tmp_path / "cache")

    async def upload(request: web.Request) -> web.Response:
        refusal = {"unknown": Unavailable("the database is unavailable"), "refused": Rejected("no")}
        with suppress(Unavailable, Rejected):
            async with received_upload(request, artifacts, VersionForm, bytes_max=100) as upload:
                raise refusal[upload.text("version")]
        return web.Response()

    app = web.Application()
    app.router.add_post("/", upload)
    async with TestClient(TestServer(app)) as client:
        await client.post("/", data=form(b"model", version="refused"))
        assert not files(tmp_path)
        await client.post("/", data=form(b"model", version="unknown"))

    assert len(files(tmp_path)) == 1
