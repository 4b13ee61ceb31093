"""Uploads: multipart forms with one file, which is streamed into the artifact store."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from pydantic import BaseModel

from api.endpoints.parsing import check_not_compressed
from api.http.problems import FieldError, Malformed, Unreadable, WrongMediaType
from api.http.streaming import BodyDeadline
from domain.errors import DomainError, Unavailable
from storage.artifacts import ArtifactStore, ReceivedFile

FORM_DATA: Final = "multipart/form-data"
FILE: Final = "file"
CHUNK_BYTES: Final = 256 * 1024
PARTS_MAX: Final = 8
FIELD_BYTES_MAX: Final = 16 * 1024
LINES_MAX: Final = 1_000
"""Lines outside of the content: before the first part, boundaries, headers of parts."""


@dataclass(frozen=True)
class Upload:
    """A file that was received in full, and the text fields of its form."""

    file: ReceivedFile
    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a text field, empty if it was not sent."""
        return self.fields.get(name, "")


@asynccontextmanager
async def received_upload(
    request: web.Request,
    artifacts: ArtifactStore,
    form: type[BaseModel],
    *,
    bytes_max: int,
    required: tuple[str, ...] = (),
) -> AsyncGenerator[Upload]:
    """Receive a form, to be used in the body of the context.

    The file is deleted if the form is invalid, or if the body raises a refusal other than
    `Unavailable`: then the command may have succeeded, and the sweep deletes unused files later.
    Text fields may be in the query instead. Raises `WrongMediaType`, `Unreadable`, `Malformed`,
    `TooSlow`, and errors of the store.
    """
    reader = _FormReader(artifacts, bytes_max, set(form.model_fields))
    try:
        upload = await reader.read(request, required)
    except BaseException:
        await reader.delete_file()
        raise
    try:
        yield upload
    except Unavailable:
        raise
    except (DomainError, Malformed):
        await reader.delete_file()
        raise


class _FormReader:
    """Reads the parts of one form."""

    def __init__(self, artifacts: ArtifactStore, bytes_max: int, names: set[str]) -> None:
        self._artifacts = artifacts
        self._bytes_max = bytes_max
        self._names = names
        self._deadline = BodyDeadline()
        self._file: ReceivedFile | None = None
        self._fields: dict[str, str] = {}

    async def read(self, request: web.Request, required: tuple[str, ...]) -> Upload:
        """Read the whole form."""
        query = request.rel_url.query
        in_query = {name: query[name] for name in self._names - {FILE} if name in query}
        try:
            await self._read_parts(_multipart_reader(request))
        except (ValueError, RuntimeError, LookupError, AssertionError) as error:
            raise Unreadable("the form is not well-formed multipart") from error
        fields = in_query | self._fields
        missing = [name for name in required if not fields.get(name, "").strip()]
        if self._file is None:
            missing.insert(0, FILE)
        if self._file is None or missing:
            raise _malformed(missing, "this is required")
        return Upload(self._file, fields)

    async def delete_file(self) -> None:
        """Delete the received file, if there is one."""
        if self._file is not None:
            await self._artifacts.delete(self._file.artifact_id)

    async def _read_parts(self, reader: MultipartReader) -> None:
        for _ in range(PARTS_MAX):
            part = await self._deadline.wait(reader.next())
            if part is None:
                return
            await self._read_part(part)
        raise Malformed([FieldError(("body",), f"the form has more than {PARTS_MAX} parts")])

    async def _read_part(self, part: BodyPartReader | MultipartReader) -> None:
        if not isinstance(part, BodyPartReader) or part.name not in self._names:
            expected = f"a part of the form is none of {sorted(self._names)}"
            raise Malformed([FieldError(("body",), expected)])
        if part.name in self._fields or (part.name == FILE and self._file is not None):
            raise _malformed([part.name], "this is given twice")
        if part.name == FILE:
            self._file = await self._artifacts.receive(self._chunks(part), self._bytes_max)
        else:
            self._fields[part.name] = await self._text(part, part.name)

    async def _chunks(self, part: BodyPartReader) -> AsyncIterator[bytes]:
        while chunk := await self._deadline.wait(part.read_chunk(CHUNK_BYTES)):
            self._deadline.extend(len(chunk))
            yield chunk

    async def _text(self, part: BodyPartReader, name: str) -> str:
        raw = b""
        while chunk := await self._deadline.wait(part.read_chunk()):
            raw += chunk
            if len(raw) > FIELD_BYTES_MAX:
                raise _malformed([name], "this is too long")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise _malformed([name], "this is not UTF-8") from None


def _multipart_reader(request: web.Request) -> MultipartReader:
    check_not_compressed(request)
    if request.content_type != FORM_DATA:
        raise WrongMediaType(f"the body must be {FORM_DATA}, not {request.content_type}")
    return MultipartReader(request.headers, cast("Any", _LimitedLines(request.content)))


class _LimitedLines:
    """A body of which at most `LINES_MAX` lines are read one by one.

    `MultipartReader` would search millions of lines for the first boundary without a pause.
    """

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self._lines_left = LINES_MAX

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def readline(self, **options: Any) -> bytes:
        """Read a line; raises `ValueError` after too many."""
        self._lines_left -= 1
        if self._lines_left < 0:
            raise ValueError("too many lines")
        return await self._content.readline(**options)


def _malformed(names: list[str], message: str) -> Malformed:
    return Malformed([FieldError(("body", name), message) for name in names])
