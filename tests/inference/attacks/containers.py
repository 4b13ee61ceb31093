"""The containers in which joblib finds a pickle."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

from tests.inference.attacks.files import opcodes as op

Container = Callable[[bytes], bytes]


def _raw(data: bytes) -> bytes:
    return data


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _xz(data: bytes) -> bytes:
    return lzma.compress(data)


def _lzma(data: bytes) -> bytes:
    return lzma.compress(data, format=lzma.FORMAT_ALONE)


def _in_an_object_array(data: bytes) -> bytes:
    """Put the file where joblib has the elements of an array, a pickle of their own."""
    state = {"shape": (1,), "order": "C", "allow_mmap": False}
    wrapper = op.built(
        op.made(op.name("joblib.numpy_pickle", "NumpyArrayWrapper")),
        op.dict_of(
            *(op.value(part) for pair in state.items() for part in pair),
            *(op.value("subclass"), op.name("numpy", "ndarray")),
            *(op.value("dtype"), op.call(op.name("numpy", "dtype"), op.value("O"))),
        ),
    )
    return op.file(wrapper, protocol=2)[:-1] + data + b"."


def _twice(data: bytes) -> bytes:
    return zlib.compress(_in_an_object_array(data))


def _of_old_joblib(data: bytes) -> bytes:
    length = hex(len(data)).encode().ljust(19)
    return b"ZF" + length + zlib.compress(data)


CONTAINERS: dict[str, Container] = {
    "raw": _raw,
    "zlib": zlib.compress,
    "gzip": _gzip,
    "bz2": bz2.compress,
    "xz": _xz,
    "lzma": _lzma,
    "array": _in_an_object_array,
    "zlib of array": _twice,
    "old joblib": _of_old_joblib,
}
