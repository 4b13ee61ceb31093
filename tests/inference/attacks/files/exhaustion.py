"""Files that exhaust memory or time."""

from __future__ import annotations

import lzma
import pickle
import zlib
from collections.abc import Iterator

from tests.inference.attacks.attack import Attack, Refusal
from tests.inference.attacks.files import opcodes as op

_MEGABYTE = 1 << 20
_DOUBLINGS = 40


def attacks() -> Iterator[Attack]:
    """Make small files that use much memory or time."""
    yield from _of_memory()
    yield from _of_compressed_memory()
    yield from _of_announced_memory()
    yield from _of_time()


def _attack(name: str, code: bytes, refused: Refusal, *, hangs: bool = False) -> Attack:
    return Attack(name, op.file(code), "hangs" if hangs else "none", refused)


def _of_memory() -> Iterator[Attack]:
    empty = op.call(op.name("numpy", "ndarray"), op.value((10**10,)))
    yield _attack("80 GB by numpy.ndarray", empty, refused="somehow")
    zeros = op.call(op.name("numpy", "ones"), op.value((10**10,)))
    yield _attack("80 GB by numpy.ones", zeros, refused="by name")
    array = op.call(op.name("builtins", "bytearray"), op.value(10**11))
    yield _attack("100 GB by bytearray", array, refused="somehow")
    numbers = op.call(op.name("builtins", "range"), op.value(10**11))
    listed = op.call(op.name("builtins", "list"), numbers)
    yield _attack("a list of a range", listed, refused="somehow")
    text = op.call(op.name("operator", "mul"), op.value("x"), op.value(10**11))
    yield _attack("100 GB of text", text, refused="by name")
    power = op.call(op.name("operator", "pow"), op.value(10), op.value(10**9))
    yield _attack("a number of 400 MB", power, refused="by name", hangs=True)


def _of_compressed_memory() -> Iterator[Attack]:
    announced, chunk = _announcing(1024 * _MEGABYTE), bytes(16 * _MEGABYTE)
    # Consecutive streams are one file, so the same chunk is compressed only once.
    xz = lzma.compress(announced) + lzma.compress(chunk, preset=1) * 64 + lzma.compress(b".")
    yield Attack("1 GB in xz", xz, "hangs", refused="somehow")
    zipper = zlib.compressobj()
    head = zipper.compress(announced) + zipper.flush(zlib.Z_FULL_FLUSH)
    block = zipper.compress(chunk) + zipper.flush(zlib.Z_FULL_FLUSH)
    yield Attack("1 GB in zlib", head + block * 64 + zipper.flush(), "hangs", refused="somehow")


def _announcing(size: int) -> bytes:
    """A pickle up to the header of a byte string of this size."""
    return pickle.PROTO + b"\x04" + pickle.BINBYTES8 + size.to_bytes(8, "little")


def _of_announced_memory() -> Iterator[Attack]:
    for name, size in (("1 TB", 2**40), ("more than any address", 2**63 - 1)):
        yield Attack(f"{name} announced", _announcing(size) + b"x.", refused="somehow")
    frame = pickle.PROTO + b"\x04" + pickle.FRAME + (2**62).to_bytes(8, "little") + b"N."
    yield Attack("a frame of 4 EB", frame, refused="somehow")
    number = pickle.PROTO + b"\x04" + pickle.LONG4 + (2**31 - 1).to_bytes(4, "little") + b"\1."
    yield Attack("a number of 2 GB", number, refused="somehow")
    buffer = pickle.PROTO + b"\x05" + pickle.BYTEARRAY8 + (2**40).to_bytes(8, "little") + b"."
    yield Attack("a buffer of 1 TB", buffer, refused="somehow")
    slot = op.value(1) + pickle.LONG_BINPUT + (2**32 - 1).to_bytes(4, "little")
    yield Attack("the last slot of the memo", op.file(slot), refused="somehow")


def _of_time() -> Iterator[Attack]:
    doubled = pickle.EMPTY_TUPLE + (pickle.DUP + pickle.TUPLE2) * _DOUBLINGS
    key = pickle.EMPTY_DICT + doubled + pickle.NONE + pickle.SETITEM
    yield _attack("a hash of 2**40 steps", key, refused="somehow", hangs=True)
    members = pickle.EMPTY_SET + pickle.MARK + doubled + pickle.ADDITEMS
    yield _attack("a set of the same", members, refused="somehow", hangs=True)
    endless = op.call(op.name("itertools", "repeat"), op.value(0))
    summed = op.call(op.name("builtins", "sum"), endless)
    yield _attack("a sum without end", summed, refused="by name", hangs=True)
    sleeping = op.call(op.name("time", "sleep"), op.value(10**6))
    yield _attack("time.sleep", sleeping, refused="by name", hangs=True)
    pausing = op.call(op.name("signal", "pause"))
    yield _attack("signal.pause", pausing, refused="by name", hangs=True)
    deep = pickle.EMPTY_LIST * 10**5 + pickle.APPEND * (10**5 - 1)
    yield _attack("lists in lists", deep, refused="somehow")
    digits = pickle.PROTO + b"\x00I" + b"9" * 10**6 + b"\n."
    yield Attack("a number of a million digits", digits, refused="somehow")
