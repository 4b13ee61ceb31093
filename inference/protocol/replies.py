"""Reads what a model process says, which may be anything: a process may have been taken over."""

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
_answers = msgspec.json.Decoder(WorkerReply)


def decoded(decode: Callable[[bytes], T], data: bytes) -> T:
    """Decode JSON; raises ProtocolError whatever is wrong with it."""
    try:
        return decode(data)
    # Lists nested too deep, and bytes in a text that are no UTF-8, are errors of their own kinds.
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(str(error)) from None


def reply_row_bytes(signature: Signature) -> int:
    """Give how many bytes of JSON the answer to one row may take: twice what it should."""
    value_bytes = max((_size_of(label) for part in signature.labels for label in part), default=0)
    counts = signature.probabilities
    probabilities = sum(counts) if isinstance(counts, tuple) else counts or 0
    values = signature.outputs * max(value_bytes, _NUMBER_BYTES)
    return max(_ROW_BYTES_MIN, 2 * (values + probabilities * _NUMBER_BYTES))


def decode_reply(
    payload: bytes, rows: int, row_bytes: int, *, wants_probabilities: bool
) -> WorkerReply:
    """Decode the answer to so many rows; raises ProtocolError if it cannot be that."""
    # Else one row might be answered with gigabytes of empty lists, or a text as long as a book.
    if len(payload) > _BYTES_MAX + rows * row_bytes:
        raise ProtocolError(f"{len(payload)} bytes for {rows} rows")
    if _ESCAPED_NUL in payload:
        raise ProtocolError("a text that cannot be stored")
    with _collecting_no_garbage():
        answer = decoded(_answers.decode, payload)
        _check(answer, rows, wants_probabilities=wants_probabilities)
    return answer


def _check(answer: WorkerReply, rows: int, *, wants_probabilities: bool) -> None:
    probabilities = answer.probabilities
    if len(answer.outputs) != rows or (probabilities is not None and len(probabilities) != rows):
        raise ProtocolError(f"{len(answer.outputs)} answers for {rows} rows")
    if wants_probabilities != (probabilities is not None):
        raise ProtocolError("probabilities are missing, or nobody asked for them")


def _size_of(label: Label) -> int:
    return len(json.dumps(label)) + 1


@contextmanager
def _collecting_no_garbage() -> Generator[None]:
    """Of many lists, looking for garbage among them again and again takes most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
