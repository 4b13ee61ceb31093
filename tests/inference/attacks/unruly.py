"""Models that have taken over their process: they know its socket and say on it what they like.

Unpickled by real children, in which they stand for any code that a file could have brought along.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from inference.child.libraries import sklearn_base

_SOCKET_FD = 3
_MEGABYTE = 1 << 20
_HEADER_BYTES_MAX, _PAYLOAD_BYTES_MAX = 64 * 1024, 32 * _MEGABYTE

CUE = 666.0

Deed = Callable[["Wire", int], None]


class Unruly(sklearn_base.BaseEstimator):
    """Does one deed, when it is opened or when it is asked for the cue, and else behaves."""

    def __init__(self, at_load: str = "", at_predict: str = "") -> None:
        self.at_load = at_load
        self.at_predict = at_predict
        self.n_features_in_ = 1

    def fit(self) -> Unruly:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.at_load:
            DEEDS[self.at_load](Wire(), 0)

    def predict(self, rows: Any) -> Any:
        values = np.asarray(rows)[:, 0]
        if self.at_predict and CUE in values:
            DEEDS[self.at_predict](Wire(), 1)
        return values


class Wire:
    """The child's end of its conversation, with nothing that watches over it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, _SOCKET_FD)

    def send(self, data: bytes) -> None:
        """Send any bytes."""
        self._socket.sendall(data)

    def frame(self, head: bytes, payload: bytes = b"") -> None:
        """Send a frame with any content."""
        self.send(struct.pack("<II", len(head), len(payload)) + head + payload)

    def reply(self, number: int, payload: bytes, kind: str = "", text: str = "") -> None:
        """Send what looks like a reply: of the kind that is waited for, if none is given."""
        kind = kind or ("answer" if number else "opened")
        self.frame(json.dumps({"id": number, "kind": kind, "text": text}).encode(), payload)


_ANSWER = b'{"outputs":[1.0]}'


def _twice(wire: Wire, number: int) -> None:
    wire.reply(number, _ANSWER)
    wire.reply(number, _ANSWER)


def _in_advance(wire: Wire, number: int) -> None:
    for coming in range(number, number + 20):
        wire.reply(coming, _ANSWER)


def _drop_by_drop(wire: Wire, number: int) -> None:
    for byte in struct.pack("<II", 40, 17) + b" " * 57:
        wire.send(bytes([byte]))
        time.sleep(0.25)


def _half_and(then: Callable[[], None]) -> Deed:
    def begin(wire: Wire, number: int) -> None:
        wire.send(struct.pack("<II", 40, 17) + b'{"id":')
        then()

    return begin


def _answer_and_away(wire: Wire, number: int) -> None:
    wire.reply(number, _ANSWER)
    os._exit(0)


def _without_end(wire: Wire, parts: Iterator[bytes]) -> None:
    for part in parts:
        wire.send(part)


def _gigabytes(wire: Wire, number: int) -> None:
    # As large as a frame may be, and larger than any answer to one row.
    payload = b'{"outputs":[1.0]}'.ljust(_PAYLOAD_BYTES_MAX)
    while True:
        wire.reply(number, payload)


def _announces(header_bytes: int, payload_bytes: int) -> Deed:
    return lambda wire, number: wire.send(struct.pack("<II", header_bytes, payload_bytes))


def _heads(head: bytes, repeated: bytes = b"", times: int = 0) -> Deed:
    return lambda wire, number: wire.frame(head + repeated * times, _ANSWER)


def _numbers(change: int) -> Deed:
    return lambda wire, number: wire.reply(number + change, _ANSWER)


def _answers(start: bytes, repeated: bytes = b"", times: int = 0, end: bytes = b"") -> Deed:
    return lambda wire, number: wire.reply(number, start + repeated * times + end)


def _says(kind: str, text: str = "", payload: bytes = b"") -> Deed:
    return lambda wire, number: wire.reply(number, payload, kind, text)


def _ends_by(which: int) -> Deed:
    return lambda wire, number: signal.raise_signal(which)


def _describes(**lies: Any) -> Deed:
    """Say that it is opened, and of the model something that is not true."""
    told = {key: lies.pop(key) for key in lies.keys() & _OF_SIGNATURE}

    def tell(wire: Wire, number: int) -> None:
        described = {"signature": _SIGNATURE | told, **_DESCRIPTION, **lies}
        opened = {"private_bytes": 0, "description": described}
        text = json.dumps(opened, ensure_ascii=False)
        wire.reply(number, text.encode("utf-8", "surrogatepass"))

    return tell


_COLUMN = {"name": "x0", "type": "number"}
_SIGNATURE = {"form": "matrix", "columns": [_COLUMN], "is_named": False, "task": "regression"}
_DESCRIPTION = dict.fromkeys(("model_type", "framework", "framework_version", "format"), "x")
_OF_SIGNATURE = {"form", "columns", "is_named", "task", "labels", "outputs", "example"}
_FORGED_LOG = "no\n2026-01-01 [error] owned\x1b[2J\u202e"

DEEDS_OF_TIME: dict[str, Deed] = {
    "says nothing": lambda wire, number: time.sleep(60),
    "computes for ever": lambda wire, number: _without_end(wire, itertools.repeat(b"")),
    "answers a byte now and then": _drop_by_drop,
    "stops itself": _ends_by(signal.SIGSTOP),
    "begins an answer and waits": _half_and(lambda: time.sleep(60)),
}
"""These run into the deadline."""

DEEDS_AT_ONCE: dict[str, Deed] = {
    "answers twice": _twice,
    "answers what is not asked yet": _in_advance,
    "answers the last question": _numbers(-1),
    "answers the next question": _numbers(1),
    "answers a question beyond all": _numbers(2**63),
    "begins an answer and goes on": _half_and(lambda: None),
    "begins an answer and ends": _half_and(lambda: os._exit(0)),
    "answers and ends": _answer_and_away,
    "kills itself": _ends_by(signal.SIGKILL),
    "aborts": _ends_by(signal.SIGABRT),
    "ends": lambda wire, number: os._exit(0),
    "closes its socket": lambda wire, number: os.close(_SOCKET_FD),
    "floods with zeros": lambda wire, number: _without_end(wire, itertools.repeat(bytes(9999))),
    "floods with ones": lambda wire, number: _without_end(wire, itertools.repeat(b"\xff" * 9999)),
    "floods with answers": _gigabytes,
    "speaks HTTP": lambda wire, number: wire.send(b"HTTP/1.1 200 OK\r\n\r\n" * 100),
    "announces 4 GB": _announces(10, 2**32 - 1),
    "announces a head of 4 GB": _announces(2**32 - 1, 10),
    "announces as much as it may": _announces(_HEADER_BYTES_MAX, _PAYLOAD_BYTES_MAX),
    "announces nothing": _announces(0, 0),
    "heads with brackets": _heads(b"[", b"[", 60_000),
    "heads with brackets in what is not known": _heads(b'{"x":', b"[", 60_000),
    "heads with bytes": _heads(b"\xff\xfe\x00"),
    "heads with a text of bytes": _heads(b'{"id":1,"kind":"refused","text":"\xff"}'),
    "heads with a list": _heads(b"[1]"),
    "heads with a text for a number": _heads(b'{"id":"1","kind":"answer"}'),
    "heads with two numbers": _heads(b'{"id":7,"kind":"answer","id":8}'),
    "heads with an unknown kind": _says("please"),
    "says it is confined": _says("sandboxed", payload=b'{"seccomp":"","landlock":""}'),
    "says it is unfenced": _says("unsandboxed", "the sandbox is gone"),
    "says it is opened": _says("opened", payload=b'{"private_bytes":0}'),
    "says it is damaged": _says("damaged"),
    "refuses with a forged log": _says("refused", _FORGED_LOG * 99),
    "rejects with half a character": _says("rejected", "\ud800" * 5000),
    "answers nothing": _answers(b""),
    "answers null": _answers(b"null"),
    "answers for another number of rows": _answers(b'{"outputs":[1,2]}'),
    "answers NaN": _answers(b'{"outputs":[NaN]}'),
    "answers a number beyond all": _answers(b'{"outputs":[1e999]}'),
    "answers an integer beyond all": _answers(b'{"outputs":[', b"9", 100_000, b"]}"),
    "answers an object": _answers(b'{"outputs":[{"a":1}]}'),
    "answers half a character": _answers(b'{"outputs":["\\ud800"]}'),
    "answers a text of bytes": _answers(b'{"outputs":["\xff"]}'),
    "answers a NUL": _answers(b'{"outputs":["\\u0000"]}'),
    "answers probabilities unasked": _answers(b'{"outputs":[1],"probabilities":[[1]]}'),
    "answers deep lists": _answers(b'{"outputs":', b"[", _MEGABYTE, b"}"),
    "answers deep lists in what is not known": _answers(b'{"x":', b"[", _MEGABYTE, b"}"),
    "answers many lists": _answers(b'{"outputs":[', b"[],", 10 * _MEGABYTE, b"[]]}"),
    "answers one long list": _answers(b'{"outputs":[[', b"1,", 15 * _MEGABYTE, b"1]]}"),
    "answers a long text": _answers(b'{"outputs":["', b"a", 31 * _MEGABYTE, b'"]}'),
}

HEARD = {
    "answers twice",
    "answers what is not asked yet",
    "answers and ends",
}
"""Of these the first answer is as it should be."""

LIES: dict[str, Deed] = {
    "forges a log": _describes(model_type=_FORGED_LOG, warnings=[_FORGED_LOG] * 10),
    "tells a long story": _describes(model_type="x" * _MEGABYTE, warnings=["x" * 999] * 999),
    "tells half a character": _describes(framework="\ud800"),
    "takes too many columns": _describes(columns=[{"name": "x", "type": "number"}] * 100_001),
    "takes one column twice": _describes(columns=[{"name": "x", "type": "number"}] * 2),
    "takes a column with a NUL": _describes(columns=[{"name": "\0", "type": "number"}]),
    "takes a column of an unknown type": _describes(columns=[{"name": "x", "type": "code"}]),
    "takes an unknown form": _describes(form="pickle"),
    "takes texts and columns": _describes(form="texts"),
    "knows too many labels": _describes(labels=[list(range(100_001))]),
    "knows a label beyond 64 bits": _describes(labels=[[2**70]]),
    "knows labels of nothing": _describes(labels=[[None]]),
    "knows labels in lists": _describes(labels=[[[[1]]]]),
    "gives no outputs": _describes(outputs=0),
    "gives too many outputs": _describes(outputs=10**9),
    "shows another row": _describes(example=[1, 2, 3]),
    "weighs less than nothing": _answers(b'{"private_bytes":-1}'),
    "weighs more than there is": _answers(b'{"private_bytes":99999999999999999999}'),
}
"""What a child can say of a model when it is inspected."""

DEEDS = DEEDS_OF_TIME | DEEDS_AT_ONCE | LIES
