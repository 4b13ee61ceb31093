"""Replies of model processes are decoded within bounds, and any error is refused."""

from __future__ import annotations

import gc

import msgspec
import pytest

from domain.signature import Column, Signature
from inference.protocol.messages import ProtocolError, WorkerReply
from inference.protocol.replies import decode_json, decode_reply, reply_row_bytes

NUMBERS = Signature("matrix", (Column("x0", "number"),), is_named=False, task="regression")


def read(payload: bytes, rows: int = 1, *, wants: bool = False) -> WorkerReply:
    return decode_reply(payload, rows, reply_row_bytes(NUMBERS), wants_probabilities=wants)


def test_a_reply_is_decoded() -> None:
    assert read(b'{"outputs":[1.5]}') == WorkerReply([1.5])
    assert read(b'{"outputs":[1],"probabilities":[[1]]}', wants=True) == WorkerReply([1], [[1.0]])


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"outputs":["' + b"a" * 50_000 + b'"]}', "50016 bytes for 1 rows"),
        (b'{"outputs":["\\u0000"]}', "the character U"),
        (b'{"outputs":["\xff"]}', "codec can't decode"),
        (b'{"x":' + b"[" * 10_000, "recursion"),
        (b'{"outputs":[1,2]}', "2 outputs for 1 rows"),
        (b'{"outputs":[1],"probabilities":[[1]]}', "were not requested"),
    ],
)
def test_an_invalid_reply_is_a_protocol_error(payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        read(payload)
    assert gc.isenabled()


def test_longer_labels_and_more_values_allow_larger_replies() -> None:
    labels = tuple("x" * 999 + str(i) for i in range(3))
    classes = Signature(
        "matrix", (), is_named=False, task="classification", labels=(labels, labels), outputs=2
    )
    assert reply_row_bytes(NUMBERS) == 4096
    assert reply_row_bytes(classes) > 2 * 2 * 1000


def test_any_decoding_error_is_a_protocol_error() -> None:
    assert decode_json(msgspec.json.decode, b"1") == 1
    with pytest.raises(ProtocolError):
        decode_json(msgspec.json.decode, b"[" * 10_000)
