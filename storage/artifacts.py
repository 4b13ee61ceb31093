"""Model files: stored once under a generated id, never changed, read through a descriptor.

One class for local files and S3. An upload is first written to a 0600 file while it is hashed and
its size is checked. A local store then syncs and renames the file; S3 receives a copy, and the
file stays in a bounded local cache, from which all reads are served.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID
from weakref import WeakValueDictionary

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from domain.aggregate import new_id
from domain.errors import NotFound, Rejected, TooLarge, Unavailable

if TYPE_CHECKING:
    from obstore.store import S3Config

CACHE_BYTES_MAX = 10 * 1024**3
UNFINISHED_AGE_S_MAX = 24 * 3600.0
REQUEST_TIMEOUT_S = 60
CONNECT_TIMEOUT_S = 5
RETRY_TIMEOUT_S = 20
RETRIES_MAX = 3
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class ReceivedFile:
    """A stored file: its id, the SHA-256 of its bytes as hex, its size in bytes."""

    artifact_id: UUID
    digest: str
    size: int


@dataclass(frozen=True)
class S3Access:
    """Settings of S3; without keys, the credentials of the environment are used."""

    endpoint: str | None = None
    region: str = "us-east-1"
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)


class ArtifactStore:
    """Stores, opens, deletes and lists files."""

    def __init__(self, store: ObjectStore, folder: Path, *, cache_bytes_max: int) -> None:
        self._store = store
        self._folder = folder
        self._is_local = isinstance(store, LocalStore)
        self._cache_bytes_max = cache_bytes_max
        self._downloads: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @classmethod
    def at(
        cls,
        location: str,
        *,
        cache_dir: Path,
        cache_bytes_max: int = CACHE_BYTES_MAX,
        s3: S3Access | None = None,
    ) -> ArtifactStore:
        """The store at a folder or an ``s3://bucket/prefix``; only S3 uses the cache."""
        is_remote = location.startswith("s3://")
        folder = _private_folder(cache_dir if is_remote else Path(location))
        _remove_unfinished(_private_folder(folder / UNFINISHED))
        store = _s3(location, s3 or S3Access()) if is_remote else LocalStore(folder)
        return cls(store, folder, cache_bytes_max=cache_bytes_max)

    async def receive(self, chunks: AsyncIterator[bytes], size_max: int) -> ReceivedFile:
        """Store a file: durable on return, and nothing is left on failure.

        Raises `TooLarge` as soon as the limit is exceeded, `Rejected` for an empty file,
        `Unavailable`, and what reading the chunks raises.
        """
        artifact_id = new_id()
        with self._unfinished(artifact_id) as path:
            digest, size = await _write(path, chunks, size_max)
            if self._is_local:
                await asyncio.to_thread(_sync, path)
                path.rename(self._path(artifact_id))
                await asyncio.to_thread(_sync, self._folder)
            else:
                await self._put(artifact_id, path)
                path.rename(self._path(artifact_id))
                self._shrink_cache(keep=artifact_id)
        return ReceivedFile(artifact_id, digest, size)

    async def open_file(self, artifact_id: UUID) -> int:
        """A descriptor of the file; the caller closes it and checks the digest.

        Raises `NotFound`, `Unavailable`.
        """
        with contextlib.suppress(FileNotFoundError):
            return self._open(artifact_id)
        if not self._is_local:
            async with self._downloads.setdefault(artifact_id, asyncio.Lock()):
                if not self._path(artifact_id).exists():
                    await self._download(artifact_id)
                return self._open(artifact_id)
        raise NotFound(f"artifact {artifact_id}")

    async def delete(self, artifact_id: UUID) -> None:
        """Delete the file, if it exists; open descriptors stay readable."""
        with _translated_errors(), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, str(artifact_id))
        self._path(artifact_id).unlink(missing_ok=True)

    async def older_than(self, cutoff: datetime) -> AsyncIterator[UUID]:
        """Every file that was stored before the cutoff."""
        with _translated_errors():
            async for batch in obstore.list(self._store):
                for entry in batch:
                    artifact_id = _id_of(entry["path"])
                    if artifact_id and entry["last_modified"] < cutoff:
                        yield artifact_id

    async def _put(self, artifact_id: UUID, path: Path) -> None:
        try:
            with _translated_errors():
                await obstore.put_async(self._store, str(artifact_id), path)
        except BaseException:
            # S3 may have stored it all the same.
            with contextlib.suppress(Unavailable):
                await self.delete(artifact_id)
            raise

    async def _download(self, artifact_id: UUID) -> None:
        with self._unfinished(artifact_id) as path, _translated_errors(artifact_id):
            response = await obstore.get_async(self._store, str(artifact_id))
            with _create(path) as file:
                async for chunk in response.stream():
                    await asyncio.to_thread(file.write, chunk)
            path.rename(self._path(artifact_id))
        self._shrink_cache(keep=artifact_id)

    def _shrink_cache(self, *, keep: UUID) -> None:
        """Delete the least recently used files until the rest fits."""
        entries = [(path, path.stat()) for path in self._folder.iterdir() if path.is_file()]
        total = sum(status.st_size for _, status in entries)
        for path, status in sorted(entries, key=lambda entry: entry[1].st_mtime):
            if total <= self._cache_bytes_max:
                return
            if path != self._path(keep):
                path.unlink(missing_ok=True)
                total -= status.st_size

    def _open(self, artifact_id: UUID) -> int:
        path = self._path(artifact_id)
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        if not self._is_local:
            os.utime(path)  # the time of last use, for `_shrink_cache`
        return descriptor

    def _path(self, artifact_id: UUID) -> Path:
        return self._folder / str(artifact_id)

    @contextmanager
    def _unfinished(self, artifact_id: UUID) -> Generator[Path]:
        """A path to write to; what is still there at the end is deleted."""
        path = self._folder / UNFINISHED / f"{artifact_id}.{os.getpid()}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


async def _write(path: Path, chunks: AsyncIterator[bytes], size_max: int) -> tuple[str, int]:
    hashed, size = hashlib.sha256(), 0
    with _create(path) as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > size_max:
                raise TooLarge(f"the file is larger than {size_max} bytes")
            hashed.update(chunk)
            file.write(chunk)
    if size == 0:
        raise Rejected("the file is empty")
    return hashed.hexdigest(), size


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _remove_unfinished(folder: Path) -> None:
    """Delete what killed processes left; a recent file may belong to a running upload."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - UNFINISHED_AGE_S_MAX:
                path.unlink()


def _id_of(path: str) -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(path)
    return None


@contextmanager
def _translated_errors(artifact_id: UUID | None = None) -> Generator[None]:
    """Translate the store's errors; without an id, a missing file means a missing store."""
    try:
        yield
    except (FileNotFoundError, BaseError) as error:
        if artifact_id and isinstance(error, FileNotFoundError):
            raise NotFound(f"artifact {artifact_id}") from error
        raise Unavailable("the artifact store is unavailable") from error


def _s3(location: str, access: S3Access) -> S3Store:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    config: S3Config = {"region": access.region}
    if access.endpoint:
        config["endpoint"] = access.endpoint
    if access.access_key_id and access.secret_access_key:
        config["access_key_id"] = access.access_key_id
        config["secret_access_key"] = access.secret_access_key
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={
            "timeout": timedelta(seconds=REQUEST_TIMEOUT_S),
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
            "allow_http": (access.endpoint or "").startswith("http://"),
        },
        retry_config={
            "max_retries": RETRIES_MAX,
            "retry_timeout": timedelta(seconds=RETRY_TIMEOUT_S),
        },
    )
