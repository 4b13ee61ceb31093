"""Decodes the replies of model processes, which may be hostile."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from domain.signature import Label, Signature
from inference.protocol.messages import ProtocolError, WorkerReply

T = TypeVar("T")

_BYTES_MAX, _ROW_BYTES_MIN = 16 * 1024, 4 * 1024
_NUMBER_BYTES = 32
_ESCAPED_NUL = b"\\u0000"
_reply_decoder = msgspec.json.Decoder(WorkerReply)


def decode_json(decode: Callable[[bytes], T], data: bytes) -> T:
    """Decode JSON; raises ProtocolError for any error."""
    try:
        return decode(data)
    # Deep nesting and invalid UTF-8 raise errors of other classes.
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(str(error)) from None


def reply_row_bytes(signature: Signature) -> int:
    """Bound the JSON bytes of the reply per row: twice what it should take."""
    value_bytes = max((_size_of(label) for part in signature.labels for label in part), default=0)
    counts = signature.probabilities
    probabilities = sum(counts) if isinstance(counts, tuple) else counts or 0
    values = signature.outputs * max(value_bytes, _NUMBER_BYTES)
    return max(_ROW_BYTES_MIN, 2 * (values + probabilities * _NUMBER_BYTES))


def decode_reply(
    payload: bytes, rows: int, row_bytes: int, *, wants_probabilities: bool
) -> WorkerReply:
    """Decode and check the reply to a batch; raises ProtocolError if it does not fit."""
    # Otherwise one row could get a reply of gigabytes of empty lists or of a huge text.
    if len(payload) > _BYTES_MAX + rows * row_bytes:
        raise ProtocolError(f"{len(payload)} bytes for {rows} rows")
    if _ESCAPED_NUL in payload:
        raise ProtocolError("a text with the character U+0000")
    with _garbage_collection_paused():
        reply = decode_json(_reply_decoder.decode, payload)
        _check(reply, rows, wants_probabilities=wants_probabilities)
    return reply


def _check(reply: WorkerReply, rows: int, *, wants_probabilities: bool) -> None:
    probabilities = reply.probabilities
    if len(reply.outputs) != rows or (probabilities is not None and len(probabilities) != rows):
        raise ProtocolError(f"{len(reply.outputs)} outputs for {rows} rows")
    if wants_probabilities != (probabilities is not None):
        raise ProtocolError("probabilities are missing, or were not requested")


def _size_of(label: Label) -> int:
    return len(json.dumps(label)) + 1


@contextmanager
def _garbage_collection_paused() -> Generator[None]:
    """Decoding many lists triggers collections that would take most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
