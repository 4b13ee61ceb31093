"""Detects the format of a model file by its first bytes, and refuses other files by name."""

from __future__ import annotations

from typing import Literal

Format = Literal["joblib", "skops", "onnx"]

_FORMATS: tuple[tuple[bytes, Format], ...] = (
    (b"PK\x03\x04", "skops"),
    (b"\x08", "onnx"),  # The first field of every ONNX file, the version of the format.
)
_NO_MODELS = (
    (b"PK\x05\x06", "an empty zip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x7fELF", "a program"),
    (b"ZF", "of a joblib older than 0.10"),
    (b"<", "an HTML or XML page"),
    (b"{", "a JSON text"),
)
_HEAD_BYTES = 64

TRUNCATED = "the file is truncated, or was not saved with joblib"


class BadModel(Exception):
    """The file is no model that can be served; the message is for its owner."""


def format_of(data: bytes) -> Format:
    """Return the format of a model file: joblib unless it is one of the others."""
    if not data:
        raise BadModel("the file is empty")
    for magic, format_ in _FORMATS:
        if data.startswith(magic):
            return format_
    head = data[:_HEAD_BYTES].lstrip()
    for magic, what in _NO_MODELS:
        if head.startswith(magic):
            raise BadModel(f"the file is {what}, not a model saved with joblib")
    return "joblib"
