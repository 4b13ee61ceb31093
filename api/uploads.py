"""Files that come in as parts of a multipart form, streamed into the artifact store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, MultipartReader, web
from pydantic import BaseModel, Field

from api.parts import Parts
from api.problems import Fault, Malformed, Unreadable, WrongMediaType
from storage.artifacts import ReceivedFile

FORM_DATA = "multipart/form-data"
FILE = "file"
CHUNK_BYTES = 256 * 1024
PARTS_MAX = 8
FIELD_BYTES_MAX = 16 * 1024


class ModelForm(BaseModel):
    """A model file and what is said about it; the texts may stand in the query instead."""

    file: bytes = Field(description="A fitted scikit-learn estimator, saved with joblib.")
    name: str = Field(examples=["iris classifier"])
    description: str = ""
    framework: str = Field(default="", examples=["scikit-learn"])
    version: str = Field(default="", examples=["1.0"], description="The label of the version.")


class VersionForm(BaseModel):
    """The file of a further version, and its label."""

    file: bytes = Field(description="A fitted scikit-learn estimator, saved with joblib.")
    version: str = Field(default="", examples=["1.1"], description="The label of the version.")


@dataclass
class Upload:
    """What came in: one file, and the texts beside it."""

    file: ReceivedFile
    fields: Mapping[str, str]


@dataclass
class _Incoming:
    """What has come in so far."""

    file: ReceivedFile | None = None
    fields: dict[str, str] = field(default_factory=dict[str, str])


async def receive_upload(
    request: web.Request, parts: Parts, form: type[BaseModel], *, required: tuple[str, ...] = ()
) -> Upload:
    """Read a form to its end, the file straight into the store.

    Raises `WrongMediaType`, `Unreadable`, `Malformed` and what the store raises; the file is
    removed again then.
    """
    incoming = _Incoming()
    try:
        await _read(request, parts, incoming, set(form.model_fields))
        _check(incoming, required)
    except BaseException:
        if incoming.file is not None:
            await parts.artifacts.delete(incoming.file.artifact_id)
        raise
    assert incoming.file is not None
    return Upload(incoming.file, incoming.fields)


async def _read(request: web.Request, parts: Parts, incoming: _Incoming, names: set[str]) -> None:
    query = request.rel_url.query
    in_query = {name: query[name] for name in names - {FILE} if name in query}
    try:
        reader = await _reader(request)
        for _ in range(PARTS_MAX):
            part = await reader.next()
            if part is None:
                incoming.fields = in_query | incoming.fields
                return
            await _take(part, parts, incoming, names)
    except (ValueError, RuntimeError, LookupError, AssertionError) as error:
        raise Unreadable("the form is not well-formed multipart") from error
    raise Malformed([Fault(("body",), f"the form has more than {PARTS_MAX} parts")])


async def _reader(request: web.Request) -> MultipartReader:
    if request.content_type != FORM_DATA:
        raise WrongMediaType(f"the body has to be {FORM_DATA}, not {request.content_type}")
    return await request.multipart()


async def _take(
    part: BodyPartReader | MultipartReader, parts: Parts, incoming: _Incoming, names: set[str]
) -> None:
    if not isinstance(part, BodyPartReader) or part.name not in names:
        raise Malformed([Fault(("body",), f"a part of the form is none of {sorted(names)}")])
    if part.name in incoming.fields or (part.name == FILE and incoming.file is not None):
        raise Malformed([Fault(("body", part.name), "this is given twice")])
    if part.name == FILE:
        incoming.file = await parts.artifacts.receive(_chunks(part), parts.upload_bytes_max)
    else:
        incoming.fields[part.name] = await _text(part, part.name)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK_BYTES):
        yield chunk


async def _text(part: BodyPartReader, name: str) -> str:
    raw = b""
    while chunk := await part.read_chunk():
        raw += chunk
        if len(raw) > FIELD_BYTES_MAX:
            raise Malformed([Fault(("body", name), "this is too long")])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed([Fault(("body", name), "this is not UTF-8")]) from None


def _check(incoming: _Incoming, required: tuple[str, ...]) -> None:
    missing = [name for name in required if not incoming.fields.get(name, "").strip()]
    if incoming.file is None:
        missing.insert(0, FILE)
    if missing:
        raise Malformed([Fault(("body", name), "this is required") for name in missing])
