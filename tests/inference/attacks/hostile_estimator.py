"""Models that have taken over their process, and write what they like on its socket.

Real model processes unpickle them: they represent any code that a file could have executed.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from inference.child.libraries import sklearn_base

_SOCKET_FD = 3
_MEGABYTE = 1 << 20
_HEADER_BYTES_MAX, _PAYLOAD_BYTES_MAX = 64 * 1024, 32 * _MEGABYTE

TRIGGER = 666.0

Behaviour = Callable[["Channel", int], None]


class HostileEstimator(sklearn_base.BaseEstimator):
    """Misbehaves in one way, when it is loaded or when it predicts the trigger value."""

    def __init__(self, at_load: str = "", at_predict: str = "") -> None:
        self.at_load = at_load
        self.at_predict = at_predict
        self.n_features_in_ = 1

    def fit(self) -> HostileEstimator:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.at_load:
            BEHAVIOURS[self.at_load](Channel(), 0)

    def predict(self, rows: Any) -> Any:
        values = np.asarray(rows)[:, 0]
        if self.at_predict and TRIGGER in values:
            BEHAVIOURS[self.at_predict](Channel(), 1)
        return values


class Channel:
    """The child's end of its socket, without any checks."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, _SOCKET_FD)

    def send(self, data: bytes) -> None:
        """Send any bytes."""
        self._socket.sendall(data)

    def frame(self, head: bytes, payload: bytes = b"") -> None:
        """Send a frame with any content."""
        self.send(struct.pack("<II", len(head), len(payload)) + head + payload)

    def reply(self, number: int, payload: bytes, kind: str = "", text: str = "") -> None:
        """Send a reply; by default of the kind that the parent waits for."""
        kind = kind or ("answer" if number else "opened")
        self.frame(json.dumps({"id": number, "kind": kind, "text": text}).encode(), payload)


_ANSWER = b'{"outputs":[1.0]}'


def _twice(channel: Channel, number: int) -> None:
    channel.reply(number, _ANSWER)
    channel.reply(number, _ANSWER)


def _in_advance(channel: Channel, number: int) -> None:
    for coming in range(number, number + 20):
        channel.reply(coming, _ANSWER)


def _drop_by_drop(channel: Channel, number: int) -> None:
    for byte in struct.pack("<II", 40, 17) + b" " * 57:
        channel.send(bytes([byte]))
        time.sleep(0.25)


def _half_and(then: Callable[[], None]) -> Behaviour:
    def begin(channel: Channel, number: int) -> None:
        channel.send(struct.pack("<II", 40, 17) + b'{"id":')
        then()

    return begin


def _answer_and_away(channel: Channel, number: int) -> None:
    channel.reply(number, _ANSWER)
    os._exit(0)


def _flood(channel: Channel, part: bytes) -> None:
    while True:
        channel.send(part)


def _gigabytes(channel: Channel, number: int) -> None:
    # As large as a frame may be, and larger than any answer to one row.
    payload = b'{"outputs":[1.0]}'.ljust(_PAYLOAD_BYTES_MAX)
    while True:
        channel.reply(number, payload)


def _announces(header_bytes: int, payload_bytes: int) -> Behaviour:
    return lambda channel, number: channel.send(struct.pack("<II", header_bytes, payload_bytes))


def _heads(head: bytes, repeated: bytes = b"", times: int = 0) -> Behaviour:
    return lambda channel, number: channel.frame(head + repeated * times, _ANSWER)


def _numbers(change: int) -> Behaviour:
    return lambda channel, number: channel.reply(number + change, _ANSWER)


def _answers(start: bytes, repeated: bytes = b"", times: int = 0, end: bytes = b"") -> Behaviour:
    return lambda channel, number: channel.reply(number, start + repeated * times + end)


def _says(kind: str, text: str = "", payload: bytes = b"") -> Behaviour:
    return lambda channel, number: channel.reply(number, payload, kind, text)


def _ends_by(which: int) -> Behaviour:
    return lambda channel, number: signal.raise_signal(which)


def _describes(**lies: Any) -> Behaviour:
    """Report that the model is opened, with a false description."""
    told = {key: lies.pop(key) for key in lies.keys() & _OF_SIGNATURE}

    def tell(channel: Channel, number: int) -> None:
        described = {"signature": _SIGNATURE | told, **_DESCRIPTION, **lies}
        opened = {"private_bytes": 0, "inspection": described}
        text = json.dumps(opened, ensure_ascii=False)
        channel.reply(number, text.encode("utf-8", "surrogatepass"))

    return tell


_COLUMN = {"name": "x0", "type": "number"}
_SIGNATURE = {"form": "matrix", "columns": [_COLUMN], "is_named": False, "task": "regression"}
_DESCRIPTION = dict.fromkeys(("model_type", "framework", "framework_version", "format"), "x")
_OF_SIGNATURE = {"form", "columns", "is_named", "task", "labels", "outputs", "example"}
_FORGED_LOG = "no\n2026-01-01 [error] owned\x1b[2J\u202e"

SLOW: dict[str, Behaviour] = {
    "says nothing": lambda channel, number: time.sleep(60),
    "computes for ever": lambda channel, number: _flood(channel, b""),
    "answers a byte now and then": _drop_by_drop,
    "stops itself": _ends_by(signal.SIGSTOP),
    "begins an answer and waits": _half_and(lambda: time.sleep(60)),
}
"""These exceed the deadline."""

IMMEDIATE: dict[str, Behaviour] = {
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
    "ends": lambda channel, number: os._exit(0),
    "closes its socket": lambda channel, number: os.close(_SOCKET_FD),
    "floods with zeros": lambda channel, number: _flood(channel, bytes(9999)),
    "floods with ones": lambda channel, number: _flood(channel, b"\xff" * 9999),
    "floods with answers": _gigabytes,
    "speaks HTTP": lambda channel, number: channel.send(b"HTTP/1.1 200 OK\r\n\r\n" * 100),
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

ANSWERED = {
    "answers twice",
    "answers what is not asked yet",
    "answers and ends",
}
"""Of these the first answer is correct."""

FALSE_DESCRIPTIONS: dict[str, Behaviour] = {
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
"""What a child can claim about a model at its inspection."""

BEHAVIOURS = SLOW | IMMEDIATE | FALSE_DESCRIPTIONS
