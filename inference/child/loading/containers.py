"""Decompresses model files, up to a limit of bytes."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

from inference.child.loading.formats import TRUNCATED, BadModel

_LZ4 = b"\x04\x22\x4d\x18"
_GZIP_WINDOW_BITS = 31
_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError)


class _Decompressor(Protocol):
    """The interface of the decompressors of the standard library."""

    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_DECOMPRESSORS: tuple[tuple[bytes, Callable[[], _Decompressor]], ...] = (
    (b"\x78", zlib.decompressobj),
    (b"\x1f\x8b", lambda: zlib.decompressobj(_GZIP_WINDOW_BITS)),
    (b"BZ", bz2.BZ2Decompressor),
    (b"\xfd7zXZ", lzma.LZMADecompressor),
    (b"\x5d\x00", lzma.LZMADecompressor),
)


def unpacked(data: bytes, bytes_max: int) -> bytes:
    """Return the bytes before compression; stops at the limit and raises BadModel."""
    if data.startswith(_LZ4):
        raise BadModel("the file is compressed with lz4: save it with zlib, gzip, bz2, lzma or xz")
    for magic, make in _DECOMPRESSORS:
        if data.startswith(magic):
            return _decompressed(make(), data, bytes_max)
    return data


def _decompressed(decompressor: _Decompressor, data: bytes, bytes_max: int) -> bytes:
    try:
        plain = decompressor.decompress(data, bytes_max + 1)
    except _BROKEN as error:
        raise BadModel(TRUNCATED) from error
    if len(plain) > bytes_max:
        raise BadModel(f"the file unpacks to more than the limit of {bytes_max} bytes")
    if not decompressor.eof:
        raise BadModel("the file is truncated")
    return plain
