"""The messages between the API process, the zygote and its children.

A frame is two little-endian 32-bit lengths, a JSON header of the first and a payload of the second.
Nothing is pickled, and every length is checked before that many bytes are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from domain.signature import Column, InputForm
from inference.model_file import Inspection

HEADER_BYTES_MAX = 64 * 1024
PAYLOAD_BYTES_MAX = 32 * 1024 * 1024
CONTROL_BYTES_MAX = 64 * 1024
TEXT_CHARACTERS_MAX = 500

_LENGTHS = struct.Struct("<II")

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Scalar = str | bool | Int64 | float | None
"""A value of a prediction; NaN and the infinities are null, since JSON cannot express them."""


class ProtocolError(Exception):
    """The other side sent something that is no frame, or one beyond the limits."""


class LaunchRequest(msgspec.Struct, frozen=True):
    """To the zygote, with a socket and the model file: start a child for them."""

    id: int
    digest: str
    size: int
    memory_bytes_max: int
    inspects: bool
    """Whether the child only describes the model, or remains to predict with it."""
    allow_unsandboxed: bool = False
    """Whether the file is opened even if the sandbox cannot contain a hostile one."""
    trusted_modules: tuple[str, ...] = ()
    """Imported before the child enters the sandbox; model files may contain names from them."""
    columns: tuple[Column, ...] = ()
    """The columns that were read from a sample at the upload, if the model does not define them."""
    sample: str = ""
    """For an inspection: rows, as JSON, that the model must accept; empty if there are none."""


class ZygoteEvent(msgspec.Struct, frozen=True):
    """From the zygote: it is ready (id 0), a child has started (with its pidfd) or has ended."""

    id: int
    kind: Literal["ready", "started", "ended", "failed"]
    text: str = ""


class PredictRequest(msgspec.Struct, frozen=True):
    """To a child, with the rows as payload: predict."""

    id: int
    form: InputForm
    rows: int
    wants_probabilities: bool


class ReplyHeader(msgspec.Struct, frozen=True):
    """From a child: the reply to a request, or (id 0) how opening the model went.

    The first is always ``sandboxed``, before the file is opened; its payload is a JSON object of
    the layers of the sandbox (`inference.protocol.sandbox_report`). If those are not sufficient,
    ``unsandboxed`` is the second and last.
    """

    id: int
    kind: Literal["result", "refused", "sandboxed", "unsandboxed", "opened", "rejected", "damaged"]
    text: str = ""


class OpenResult(msgspec.Struct, frozen=True):
    """The payload of ``opened``."""

    private_bytes: Annotated[int, msgspec.Meta(ge=0, le=2**40)]
    """Memory that the child shares with no other process; 0 if it cannot be measured."""
    inspection: Inspection | None = None
    """Only if the model was opened to be inspected."""


class WorkerReply(msgspec.Struct, frozen=True):
    """The payload of ``result``: one entry per row."""

    outputs: list[Scalar | list[Scalar]]
    probabilities: list[list[float | list[float | None] | None]] | None = None


def encode_frame(header: msgspec.Struct, payload: bytes = b"") -> bytes:
    """Encode a header and its payload; raises ProtocolError beyond the limits."""
    head = msgspec.json.encode(header)
    if len(head) > HEADER_BYTES_MAX or len(payload) > PAYLOAD_BYTES_MAX:
        raise ProtocolError(f"{len(head)} + {len(payload)} bytes are more than a frame may hold")
    return b"".join((_LENGTHS.pack(len(head), len(payload)), head, payload))


class FrameReader:
    """Splits a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._needed = _LENGTHS.size

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Append received bytes; yield header and payload of each complete frame."""
        self._buffer += data
        while len(self._buffer) >= self._needed:
            head_end, end = self._ends()
            self._needed = end
            if len(self._buffer) < end:
                return
            head = bytes(self._buffer[_LENGTHS.size : head_end])
            payload = bytes(self._buffer[head_end:end])
            del self._buffer[:end]
            self._needed = _LENGTHS.size
            yield head, payload

    def _ends(self) -> tuple[int, int]:
        header_bytes, payload_bytes = _LENGTHS.unpack_from(self._buffer)
        if header_bytes > HEADER_BYTES_MAX or payload_bytes > PAYLOAD_BYTES_MAX:
            raise ProtocolError(f"a frame of {header_bytes} + {payload_bytes} bytes is announced")
        head_end = _LENGTHS.size + header_bytes
        return head_end, head_end + payload_bytes


def printable(text: str) -> str:
    """Shorten a text from a model and remove what could forge a log line."""
    cut = text if len(text) <= TEXT_CHARACTERS_MAX else text[:TEXT_CHARACTERS_MAX] + "…"
    return "".join(
        c if c.isprintable() else " " for c in cut.encode("utf-8", "replace").decode("utf-8")
    )
