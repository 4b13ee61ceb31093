"""Pickle's opcodes as expressions: each gives the bytes that push one value when they are loaded.

Building them executes nothing, and the names need not exist.
"""

from __future__ import annotations

import pickle
from typing import Any

_HEAD, _STOP = 2, 1
"""Bytes around the opcodes of a pickle: the protocol, and the end."""


def value(plain: Any) -> bytes:
    """Push a plain value."""
    return pickle.dumps(plain, protocol=2)[_HEAD:-_STOP]


def name(module: str, qualified: str) -> bytes:
    """Push the global of a name, which may have dots since protocol 4."""
    return f"c{module}\n{qualified}\n".encode()


def name_on_stack(module: bytes, qualified: bytes) -> bytes:
    """Push the global of a name whose parts are values on the stack."""
    return module + qualified + pickle.STACK_GLOBAL


def call(function: bytes, *arguments: bytes) -> bytes:
    """Call, and push what is returned."""
    return function + tuple_of(*arguments) + pickle.REDUCE


def tuple_of(*parts: bytes) -> bytes:
    """Push a tuple."""
    return pickle.MARK + b"".join(parts) + pickle.TUPLE


def list_of(*parts: bytes) -> bytes:
    """Push a list."""
    return pickle.MARK + b"".join(parts) + pickle.LIST


def dict_of(*pairs: bytes) -> bytes:
    """Push a dict of keys and values in turn."""
    return pickle.MARK + b"".join(pairs) + pickle.DICT


def made(kind: bytes, *arguments: bytes) -> bytes:
    """Push an instance made by ``__new__`` alone."""
    return kind + tuple_of(*arguments) + pickle.NEWOBJ


def built(instance: bytes, state: bytes) -> bytes:
    """Give an instance its state."""
    return instance + state + pickle.BUILD


def file(code: bytes, protocol: int = 4) -> bytes:
    """Make a whole pickle of what pushes one value."""
    return pickle.PROTO + bytes([protocol]) + code + pickle.STOP
