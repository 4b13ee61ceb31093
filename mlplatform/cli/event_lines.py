"""Events as lines of JSON (`Line`), in the order of their positions, without any key.

States, bodies and metadata are copied byte by byte; personal values stay encrypted or are hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from os import SEEK_END
from typing import Annotated, Any, BinaryIO
from uuid import UUID

import msgspec

from domain.errors import DomainError
from domain.events import EVENTS, PREDICTIONS
from mlplatform.cli.console import OnProgress
from storage.event_store.event_store import DecodedEvent
from storage.event_store.importing import Importer, PastEvent
from storage.event_store.mapper import EventMapper, RecordedEvent, decode_metadata
from storage.event_store.recorder import EventReader

PAGE_ROWS = 500
BATCH_BYTES_MAX = 4 * 2**20
LINE_BYTES_MAX = 64 * 2**20
HIDDEN = "[personal]"


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One event; the body is null if the event has none."""

    stream_id: UUID
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    topic: str
    state: msgspec.Raw
    body: msgspec.Raw
    metadata: msgspec.Raw
    recorded_at: Annotated[datetime, msgspec.Meta(tz=True)]


class BadLine(DomainError):
    """A line of the file is not a valid event; the message has its number."""


class KeylessSealer:
    """Passes personal values through without any key, or replaces them with a text."""

    def __init__(self, replacement: str | None = None) -> None:
        self._replacement = replacement

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        """Give the text, or its replacement."""
        del user_id, place
        return self._replacement or text

    unseal = seal


_NULL = b"null"
_encode = msgspec.json.Encoder(uuid_format="canonical").encode
_decode = msgspec.json.Decoder(Line).decode
_mapper = EventMapper(EVENTS, KeylessSealer(HIDDEN))


async def export_events(source: EventReader, file: BinaryIO, on_progress: OnProgress) -> int:
    """Write all events up to the current head, page by page; returns their number."""
    head = await source.max_notification_id() or 0
    position = 0
    while position < head:
        page = await source.select_notifications(
            position, PAGE_ROWS, head, inclusive_of_start=False
        )
        file.writelines(_encode(_line(row)) + b"\n" for row in page)
        position = page[-1].position
        on_progress(position, head)
    return head


async def import_events(file: BinaryIO, importer: Importer, on_progress: OnProgress) -> int:
    """Import the events of a file and return their number.

    Raises `BadLine`, and `domain.errors.Conflict` with the lines that the store refused.
    """
    size = file.seek(0, SEEK_END)
    file.seek(0)
    position = 0
    for batch in _batches(_events(file)):
        try:
            position = await importer.add(batch)
        except DomainError as error:
            lines = f"lines {position + 1} to {position + len(batch)}"
            raise type(error)(f"{lines}: {error}") from error
        on_progress(file.tell(), size)
    return position


def json_of(row: RecordedEvent) -> dict[str, Any]:
    """Give a row, with its position, as values that can be encoded as JSON."""
    return {"position": row.position, **msgspec.structs.asdict(_line(row))}


def without_personal(row: RecordedEvent) -> DecodedEvent:
    """Decode a row with its personal values hidden; raises `UnknownTopic`."""
    event = _mapper.to_domain_event(row)
    return DecodedEvent(row.position, row.recorded_at, event, decode_metadata(row.metadata))


def _line(row: RecordedEvent) -> Line:
    assert isinstance(row.originator_id, UUID)
    return Line(
        stream_id=row.originator_id,
        version=row.originator_version,
        topic=row.topic,
        state=msgspec.Raw(row.state),
        body=msgspec.Raw(_NULL if row.body is None else row.body),
        metadata=msgspec.Raw(row.metadata),
        recorded_at=row.recorded_at,
    )


def _events(file: BinaryIO) -> Iterator[PastEvent]:
    """Read and check one event per line."""
    check = _Check()
    lines = iter(lambda: file.readline(LINE_BYTES_MAX + 1), b"")
    for number, text in enumerate(lines, start=1):
        try:
            if len(text) > LINE_BYTES_MAX:
                raise ValueError("it is too long")
            event = _event(text)
            check(event)
        except (msgspec.MsgspecError, LookupError, ValueError) as error:
            raise BadLine(f"line {number}: {str(error) or type(error).__name__}") from error
        yield event


def _event(text: bytes) -> PastEvent:
    if rb"\u0000" in text:
        raise ValueError("the character U+0000 cannot be stored")
    line = _decode(text)
    return PastEvent(
        line.stream_id,
        line.version,
        line.topic,
        bytes(line.state),
        None if bytes(line.body) == _NULL else bytes(line.body),
        bytes(line.metadata),
        recorded_at=line.recorded_at,
    )


class _Check:
    """Checks that events are well-formed and that the versions of each stream have no gaps."""

    def __init__(self) -> None:
        self._mapper = EventMapper(EVENTS, KeylessSealer())
        self._versions: dict[UUID | str, int] = {}

    def __call__(self, event: PastEvent) -> None:
        if event.topic not in EVENTS:
            raise ValueError(f"unknown topic {event.topic!r}")
        if (event.body is not None) != bool(getattr(EVENTS[event.topic], "BODY", ())):
            raise ValueError("the body is missing or not allowed")
        self._mapper.to_domain_event(event)
        decode_metadata(event.metadata)
        expected = self._versions.get(event.originator_id, 0) + 1
        if event.originator_version != expected:
            raise ValueError(
                f"the stream has version {event.originator_version} instead of {expected}"
            )
        if event.topic not in PREDICTIONS:  # one stream each: too many to remember
            self._versions[event.originator_id] = expected


def _batches(events: Iterator[PastEvent]) -> Iterator[list[PastEvent]]:
    batch: list[PastEvent] = []
    size = 0
    for event in events:
        batch.append(event)
        size += len(event.state) + len(event.body or b"") + len(event.metadata)
        if len(batch) == PAGE_ROWS or size >= BATCH_BYTES_MAX:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
