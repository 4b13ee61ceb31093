"""Files that come in as parts of a multipart form, streamed into the artifact store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

import msgspec
from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from pydantic import BaseModel, Field

from api.dependencies import Dependencies
from api.endpoints.parsing import check_is_not_packed
from api.http.body_limits import BodyDeadline
from api.http.problems import FieldError, Malformed, Unreadable, WrongMediaType
from inference.inputs.input_shapes import INPUT_MEMBERS, extract_rows
from storage.artifacts import ReceivedFile

FORM_DATA = "multipart/form-data"
FILE = "file"
SAMPLE = "sample"
CHUNK_BYTES = 256 * 1024
PARTS_MAX = 8
FIELD_BYTES_MAX = 16 * 1024
LINES_MAX = 1_000
"""Of all that is no content: what stands before the first part, boundaries, heads of parts."""


FILE_DESCRIPTION = "A fitted scikit-learn estimator, saved with joblib or skops, or an ONNX model."
SampleText = Annotated[
    str,
    Field(
        description="JSON: rows that the model has to take, as `predict` takes them, or an object "
        "with `inputs`. Names and types that the model does not tell are read from them.",
        examples=['[{"day": "2026-01-05", "town": "Ulm", "price": 1.5}]'],
    ),
]


class ModelForm(BaseModel):
    """A model file and what is said about it; the texts may stand in the query instead."""

    file: bytes = Field(description=FILE_DESCRIPTION)
    name: str = Field(examples=["iris classifier"])
    description: str = ""
    framework: str = Field(default="", examples=["scikit-learn"])
    version: str = Field(default="", examples=["1.0"], description="The label of the version.")
    sample: SampleText = ""


class VersionForm(BaseModel):
    """The file of a further version, and its label."""

    file: bytes = Field(description=FILE_DESCRIPTION)
    version: str = Field(default="", examples=["1.1"], description="The label of the version.")
    sample: SampleText = ""


@dataclass
class Upload:
    """What came in: one file, and the texts beside it."""

    file: ReceivedFile
    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """Give a text, empty where it was not sent."""
        return self.fields.get(name, "")


@dataclass
class _Incoming:
    """What has come in so far."""

    file: ReceivedFile | None = None
    fields: dict[str, str] = field(default_factory=dict[str, str])


async def receive_upload(
    request: web.Request,
    dependencies: Dependencies,
    form: type[BaseModel],
    *,
    required: tuple[str, ...] = (),
) -> Upload:
    """Read a form to its end, the file straight into the store, and the rows of a sample as JSON.

    Raises `WrongMediaType`, `Unreadable`, `Malformed`, `TooSlow` and what the store raises; the
    file is removed again then.
    """
    incoming = _Incoming()
    try:
        await _read(request, dependencies, incoming, set(form.model_fields))
        _check(incoming, required)
        if sample := incoming.fields.get(SAMPLE):
            incoming.fields[SAMPLE] = _rows_of(sample)
    except BaseException:
        if incoming.file is not None:
            await dependencies.artifacts.delete(incoming.file.artifact_id)
        raise
    assert incoming.file is not None
    return Upload(incoming.file, incoming.fields)


async def _read(
    request: web.Request, dependencies: Dependencies, incoming: _Incoming, names: set[str]
) -> None:
    query = request.rel_url.query
    in_query = {name: query[name] for name in names - {FILE} if name in query}
    deadline = BodyDeadline()
    try:
        reader = _reader(request)
        for _ in range(PARTS_MAX):
            part = await deadline.wait(reader.next())
            if part is None:
                incoming.fields = in_query | incoming.fields
                return
            await _take(part, deadline, dependencies, incoming, names)
    except (ValueError, RuntimeError, LookupError, AssertionError) as error:
        raise Unreadable("the form is not well-formed multipart") from error
    raise Malformed([FieldError(("body",), f"the form has more than {PARTS_MAX} parts")])


def _reader(request: web.Request) -> MultipartReader:
    check_is_not_packed(request)
    if request.content_type != FORM_DATA:
        raise WrongMediaType(f"the body has to be {FORM_DATA}, not {request.content_type}")
    return MultipartReader(request.headers, cast("Any", _Lines(request.content)))


class _Lines:
    """The body of a form, of which no more than so many lines are read one by one.

    The reader would look for the first boundary among millions of them, without a pause.
    """

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self._left = LINES_MAX

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def readline(self, **options: Any) -> bytes:
        """Read a line; raises `ValueError` where there were too many."""
        self._left -= 1
        if self._left < 0:
            raise ValueError("too many lines")
        return await self._content.readline(**options)


async def _take(
    part: BodyPartReader | MultipartReader,
    deadline: BodyDeadline,
    dependencies: Dependencies,
    incoming: _Incoming,
    names: set[str],
) -> None:
    if not isinstance(part, BodyPartReader) or part.name not in names:
        raise Malformed([FieldError(("body",), f"a part of the form is none of {sorted(names)}")])
    if part.name in incoming.fields or (part.name == FILE and incoming.file is not None):
        raise Malformed([FieldError(("body", part.name), "this is given twice")])
    if part.name == FILE:
        incoming.file = await dependencies.artifacts.receive(
            _chunks(part, deadline), dependencies.upload_bytes_max
        )
    else:
        incoming.fields[part.name] = await _text(part, deadline, part.name)


async def _chunks(part: BodyPartReader, deadline: BodyDeadline) -> AsyncIterator[bytes]:
    while chunk := await deadline.wait(part.read_chunk(CHUNK_BYTES)):
        deadline.extend(len(chunk))
        yield chunk


async def _text(part: BodyPartReader, deadline: BodyDeadline, name: str) -> str:
    raw = b""
    while chunk := await deadline.wait(part.read_chunk()):
        raw += chunk
        if len(raw) > FIELD_BYTES_MAX:
            raise Malformed([FieldError(("body", name), "this is too long")])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed([FieldError(("body", name), "this is not UTF-8")]) from None


def _rows_of(sample: str) -> str:
    """Give the rows of a sample, out of a body like that of a prediction if need be."""
    try:
        value = msgspec.json.decode(sample)
    except (msgspec.DecodeError, RecursionError):
        raise Malformed([FieldError(("body", SAMPLE), "this is not JSON")]) from None
    if isinstance(value, dict) and len(body := cast("dict[str, Any]", value)) == 1:
        value = extract_rows(body) if set(body) <= set(INPUT_MEMBERS) else body
    rows = msgspec.json.encode(value)
    if len(rows) > FIELD_BYTES_MAX:  # Some numbers are longer than they were.
        raise Malformed([FieldError(("body", SAMPLE), "this is too long")])
    return rows.decode()


def _check(incoming: _Incoming, required: tuple[str, ...]) -> None:
    missing = [name for name in required if not incoming.fields.get(name, "").strip()]
    if incoming.file is None:
        missing.insert(0, FILE)
    if missing:
        raise Malformed([FieldError(("body", name), "this is required") for name in missing])
