"""Frames: split correctly however they arrive, and refused beyond the limits."""

from __future__ import annotations

import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.protocol.messages import (
    HEADER_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    FrameReader,
    ProtocolError,
    ReplyHeader,
    encode_frame,
    printable,
)


@given(payloads=st.lists(st.binary(max_size=50), max_size=8), step=st.integers(1, 40))
def test_a_stream_is_split_into_the_frames_it_was_joined_from(
    payloads: list[bytes], step: int
) -> None:
    stream = b"".join(encode_frame(ReplyHeader(n, "result"), p) for n, p in enumerate(payloads))
    reader = FrameReader()
    frames = [f for at in range(0, len(stream), step) for f in reader.feed(stream[at : at + step])]
    assert [payload for _, payload in frames] == payloads
    assert [msgspec.json.decode(h, type=ReplyHeader).id for h, _ in frames] == list(
        range(len(payloads))
    )


@pytest.mark.parametrize("lengths", [(HEADER_BYTES_MAX + 1, 0), (2, PAYLOAD_BYTES_MAX + 1)])
def test_a_frame_beyond_the_limits_is_refused_when_its_length_is_read(
    lengths: tuple[int, int],
) -> None:
    with pytest.raises(ProtocolError, match="announced"):
        list(FrameReader().feed(struct.pack("<II", *lengths)))
    with pytest.raises(ProtocolError, match="more than a frame may hold"):
        encode_frame(ReplyHeader(0, "refused", "x" * lengths[0]), bytes(lengths[1]))


def test_a_text_from_a_model_cannot_forge_a_log_line() -> None:
    assert printable("a\nb\x1b[31m\u2028c") == "a b [31m c"
    assert printable("x" * 1000) == "x" * 500 + "…"
    assert printable("a\ud800") == "a?"
