"""One contract for model files, for local folders and for S3."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.aggregate import new_id
from domain.errors import NotFound, Rejected, TooLarge, Unavailable
from storage.artifacts import ArtifactStore, S3Access

MEBIBYTE = 1024**2
LARGE = os.urandom(12 * MEBIBYTE)  # several parts of a multipart upload
BUCKET = "models"
START_TIMEOUT_S = 60.0


async def chunks(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


async def stored(store: ArtifactStore) -> set[object]:
    return {found async for found in store.older_than(datetime.now(UTC) + timedelta(days=1))}


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class ArtifactStoreContract:
    """The contract of every store of model files."""

    @pytest.mark.parametrize("content", [b"x", LARGE], ids=["one byte", "many parts"])
    async def test_a_received_file_is_read_unchanged(
        self, store: ArtifactStore, content: bytes
    ) -> None:
        artifact = await store.receive(chunks(content), len(content))
        assert artifact.size == len(content)
        assert artifact.digest == hashlib.sha256(content).hexdigest()
        assert read(await store.open_file(artifact.artifact_id)) == content

    async def test_the_same_bytes_again_are_another_artifact(self, store: ArtifactStore) -> None:
        first, second = [await store.receive(chunks(b"same"), 10) for _ in range(2)]
        assert first.artifact_id != second.artifact_id
        assert first.digest == second.digest

    async def test_a_file_over_the_limit_is_refused_as_soon_as_it_exceeds_it(
        self, store: ArtifactStore, folder: Path
    ) -> None:
        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield bytes(1000)

        with pytest.raises(TooLarge, match="larger than 10000 bytes"):
            await store.receive(endless(), 10_000)
        assert await stored(store) == set()
        assert files_in(folder) == []

    async def test_an_empty_file_is_refused(self, store: ArtifactStore, folder: Path) -> None:
        with pytest.raises(Rejected, match="empty"):
            await store.receive(chunks(b""), 10)
        assert await stored(store) == set()
        assert files_in(folder) == []

    async def test_a_cancelled_upload_leaves_no_file(
        self, store: ArtifactStore, folder: Path
    ) -> None:
        async def stalled() -> AsyncIterator[bytes]:
            yield b"begun"
            await asyncio.sleep(600)

        upload = asyncio.create_task(store.receive(stalled(), 10))
        await asyncio.sleep(0.05)
        upload.cancel()
        await asyncio.wait([upload])
        assert upload.cancelled()
        assert await stored(store) == set()
        assert files_in(folder) == []

    async def test_an_aborted_upload_leaves_no_file(
        self, store: ArtifactStore, folder: Path
    ) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"begun"
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await store.receive(broken(), 10)
        assert await stored(store) == set()
        assert files_in(folder) == []

    async def test_an_unknown_artifact_is_not_found(self, store: ArtifactStore) -> None:
        with pytest.raises(NotFound):
            await store.open_file(new_id())

    async def test_a_deleted_artifact_stays_readable_through_open_descriptors(
        self, store: ArtifactStore
    ) -> None:
        artifact = await store.receive(chunks(b"model"), 10)
        descriptor = await store.open_file(artifact.artifact_id)
        await store.delete(artifact.artifact_id)
        assert read(descriptor) == b"model"
        with pytest.raises(NotFound):
            await store.open_file(artifact.artifact_id)
        await store.delete(artifact.artifact_id)

    async def test_only_files_older_than_a_time_are_listed(self, store: ArtifactStore) -> None:
        artifacts = [await store.receive(chunks(b"model"), 10) for _ in range(3)]
        assert await stored(store) == {artifact.artifact_id for artifact in artifacts}
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        assert [found async for found in store.older_than(hour_ago)] == []

    async def test_nobody_else_can_read_the_files(self, store: ArtifactStore, folder: Path) -> None:
        await store.receive(chunks(b"model"), 10)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in files_in(folder)} == {0o600}

    async def test_a_descriptor_cannot_be_written_to(self, store: ArtifactStore) -> None:
        artifact = await store.receive(chunks(b"model"), 10)
        descriptor = await store.open_file(artifact.artifact_id)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(descriptor, b"other")
        os.close(descriptor)

    async def test_concurrent_uploads_do_not_mix(self, store: ArtifactStore) -> None:
        contents = [bytes([number]) * 200_000 for number in range(8)]
        artifacts = await asyncio.gather(
            *(store.receive(chunks(content), MEBIBYTE) for content in contents)
        )
        for artifact, content in zip(artifacts, contents, strict=True):
            assert read(await store.open_file(artifact.artifact_id)) == content


class TestLocalArtifacts(ArtifactStoreContract):
    """In a folder."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "artifacts"

    @pytest.fixture
    def store(self, folder: Path, tmp_path: Path) -> ArtifactStore:
        return ArtifactStore.at(str(folder), cache_dir=tmp_path / "unused")

    def test_files_of_a_killed_process_are_removed_later(self, folder: Path) -> None:
        unfinished = folder / ".unfinished"
        unfinished.mkdir(parents=True)
        (unfinished / "young").touch()
        (unfinished / "old").touch()
        two_days_ago = time.time() - 2 * 24 * 3600
        os.utime(unfinished / "old", (two_days_ago, two_days_ago))
        ArtifactStore.at(str(folder), cache_dir=folder)
        assert [path.name for path in unfinished.iterdir()] == ["young"]

    async def test_a_file_without_an_artifact_id_is_not_listed(
        self, store: ArtifactStore, folder: Path
    ) -> None:
        (folder / "README").write_text("not ours")
        assert await stored(store) == set()


class TestS3Artifacts(ArtifactStoreContract):
    """In a bucket, through a local cache."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "cache"

    @pytest.fixture
    def access(self, s3_endpoint: str) -> S3Access:
        return S3Access(endpoint=s3_endpoint, access_key_id="key", secret_access_key="secret")

    @pytest.fixture
    def location(self) -> str:
        return f"s3://{BUCKET}/{new_id()}"

    @pytest.fixture
    def store(self, folder: Path, access: S3Access, location: str) -> ArtifactStore:
        return ArtifactStore.at(location, cache_dir=folder, s3=access)

    async def test_another_machine_downloads_the_file_once(
        self, store: ArtifactStore, access: S3Access, location: str, tmp_path: Path
    ) -> None:
        artifact = await store.receive(chunks(LARGE), len(LARGE))
        other = ArtifactStore.at(location, cache_dir=tmp_path / "other", s3=access)
        opened = await asyncio.gather(*(other.open_file(artifact.artifact_id) for _ in range(4)))
        assert all(read(descriptor) == LARGE for descriptor in opened)
        assert len(files_in(tmp_path / "other")) == 1

    async def test_the_cache_evicts_the_least_recently_used_file(
        self, access: S3Access, location: str, folder: Path
    ) -> None:
        store = ArtifactStore.at(location, cache_dir=folder, cache_bytes_max=250, s3=access)
        first, second = [await store.receive(chunks(bytes(100)), 100) for _ in range(2)]
        an_hour_ago = time.time() - 3600
        os.utime(folder / str(second.artifact_id), (an_hour_ago, an_hour_ago))
        third = await store.receive(chunks(bytes(100)), 100)
        kept = {str(first.artifact_id), str(third.artifact_id)}
        assert {path.name for path in files_in(folder)} == kept
        assert len(read(await store.open_file(second.artifact_id))) == 100

    async def test_a_missing_bucket_is_unavailable(self, access: S3Access, folder: Path) -> None:
        store = ArtifactStore.at("s3://nowhere", cache_dir=folder, s3=access)
        with pytest.raises(Unavailable):
            await store.receive(chunks(b"model"), 10)
        assert files_in(folder) == []

    def test_a_secret_is_not_shown(self, access: S3Access) -> None:
        assert "secret_access_key" not in repr(access)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A server that speaks S3, with an empty bucket."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    endpoint = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_TIMEOUT_S
    while not bucket_made(endpoint):
        assert time.monotonic() < deadline, "the S3 server did not start"
        time.sleep(0.1)
    yield endpoint
    server.kill()
    server.wait()


def bucket_made(endpoint: str) -> bool:
    request = urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.URLError:
        return False
