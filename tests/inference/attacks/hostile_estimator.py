"""Models that have taken over their process, and write anything to its socket.

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

    def frame(self, header: bytes, payload: bytes = b"") -> None:
        """Send a frame with any content."""
        self.send(struct.pack("<II", len(header), len(payload)) + header + payload)

    def reply(self, number: int, payload: bytes, kind: str = "", text: str = "") -> None:
        """Send a reply; by default of the kind that the parent waits for."""
        kind = kind or ("result" if number else "opened")
        self.frame(json.dumps({"id": number, "kind": kind, "text": text}).encode(), payload)


_RESULT = b'{"outputs":[1.0]}'


def _reply_twice(channel: Channel, number: int) -> None:
    channel.reply(number, _RESULT)
    channel.reply(number, _RESULT)


def _replies_in_advance(channel: Channel, number: int) -> None:
    for request_id in range(number, number + 20):
        channel.reply(request_id, _RESULT)


def _byte_by_byte(channel: Channel, number: int) -> None:
    for byte in struct.pack("<II", 40, 17) + b" " * 57:
        channel.send(bytes([byte]))
        time.sleep(0.25)


def _partial_frame(then: Callable[[], None]) -> Behaviour:
    def begin(channel: Channel, number: int) -> None:
        channel.send(struct.pack("<II", 40, 17) + b'{"id":')
        then()

    return begin


def _reply_and_exit(channel: Channel, number: int) -> None:
    channel.reply(number, _RESULT)
    os._exit(0)


def _flood(channel: Channel, part: bytes) -> None:
    while True:
        channel.send(part)


def _gigabytes(channel: Channel, number: int) -> None:
    # As large as a frame may be, and larger than any reply to one row.
    payload = b'{"outputs":[1.0]}'.ljust(_PAYLOAD_BYTES_MAX)
    while True:
        channel.reply(number, payload)


def _announces(header_bytes: int, payload_bytes: int) -> Behaviour:
    return lambda channel, number: channel.send(struct.pack("<II", header_bytes, payload_bytes))


def _headers(header: bytes, repeated: bytes = b"", times: int = 0) -> Behaviour:
    return lambda channel, number: channel.frame(header + repeated * times, _RESULT)


def _wrong_id(change: int) -> Behaviour:
    return lambda channel, number: channel.reply(number + change, _RESULT)


def _payload(start: bytes, repeated: bytes = b"", times: int = 0, end: bytes = b"") -> Behaviour:
    return lambda channel, number: channel.reply(number, start + repeated * times + end)


def _kind(kind: str, text: str = "", payload: bytes = b"") -> Behaviour:
    return lambda channel, number: channel.reply(number, payload, kind, text)


def _raises_signal(which: int) -> Behaviour:
    return lambda channel, number: signal.raise_signal(which)


def _describes(**changed: Any) -> Behaviour:
    """Report that the model is opened, with a false description."""
    of_signature = {key: changed.pop(key) for key in changed.keys() & _SIGNATURE_FIELDS}

    def send(channel: Channel, number: int) -> None:
        described = {"signature": _SIGNATURE | of_signature, **_DESCRIPTION, **changed}
        opened = {"private_bytes": 0, "inspection": described}
        text = json.dumps(opened, ensure_ascii=False)
        channel.reply(number, text.encode("utf-8", "surrogatepass"))

    return send


_COLUMN = {"name": "x0", "type": "number"}
_SIGNATURE = {"form": "matrix", "columns": [_COLUMN], "is_named": False, "task": "regression"}
_DESCRIPTION = dict.fromkeys(("model_type", "framework", "framework_version", "format"), "x")
_SIGNATURE_FIELDS = {"form", "columns", "is_named", "task", "labels", "outputs", "example"}
_FORGED_LOG = "no\n2026-01-01 [error] owned\x1b[2J\u202e"

SLOW: dict[str, Behaviour] = {
    "sends nothing": lambda channel, number: time.sleep(60),
    "computes endlessly": lambda channel, number: _flood(channel, b""),
    "replies very slowly": _byte_by_byte,
    "stops itself": _raises_signal(signal.SIGSTOP),
    "begins a reply and waits": _partial_frame(lambda: time.sleep(60)),
}
"""These exceed the deadline."""

IMMEDIATE: dict[str, Behaviour] = {
    "replies twice": _reply_twice,
    "replies in advance": _replies_in_advance,
    "replies to the last request": _wrong_id(-1),
    "replies to the next request": _wrong_id(1),
    "replies to an id out of range": _wrong_id(2**63),
    "begins a reply and continues": _partial_frame(lambda: None),
    "begins a reply and exits": _partial_frame(lambda: os._exit(0)),
    "replies and exits": _reply_and_exit,
    "kills itself": _raises_signal(signal.SIGKILL),
    "aborts": _raises_signal(signal.SIGABRT),
    "ends": lambda channel, number: os._exit(0),
    "closes its socket": lambda channel, number: os.close(_SOCKET_FD),
    "floods with zeros": lambda channel, number: _flood(channel, bytes(9999)),
    "floods with ones": lambda channel, number: _flood(channel, b"\xff" * 9999),
    "floods with replies": _gigabytes,
    "speaks HTTP": lambda channel, number: channel.send(b"HTTP/1.1 200 OK\r\n\r\n" * 100),
    "announces 4 GB": _announces(10, 2**32 - 1),
    "announces a header of 4 GB": _announces(2**32 - 1, 10),
    "announces the largest frame": _announces(_HEADER_BYTES_MAX, _PAYLOAD_BYTES_MAX),
    "announces an empty frame": _announces(0, 0),
    "a header of brackets": _headers(b"[", b"[", 60_000),
    "a header with brackets in an unknown field": _headers(b'{"x":', b"[", 60_000),
    "a header of bytes": _headers(b"\xff\xfe\x00"),
    "a header with a text of bytes": _headers(b'{"id":1,"kind":"refused","text":"\xff"}'),
    "a header that is a list": _headers(b"[1]"),
    "a header with a text as its id": _headers(b'{"id":"1","kind":"result"}'),
    "a header with two ids": _headers(b'{"id":7,"kind":"result","id":8}'),
    "a header of an unknown kind": _kind("please"),
    "reports a sandbox": _kind("sandboxed", payload=b'{"seccomp":"","landlock":""}'),
    "reports no sandbox": _kind("unsandboxed", "the sandbox is gone"),
    "reports that it is opened": _kind("opened", payload=b'{"private_bytes":0}'),
    "reports that it is damaged": _kind("damaged"),
    "refuses with a forged log": _kind("refused", _FORGED_LOG * 99),
    "rejects with lone surrogates": _kind("rejected", "\ud800" * 5000),
    "an empty result": _payload(b""),
    "a result of null": _payload(b"null"),
    "a result for another number of rows": _payload(b'{"outputs":[1,2]}'),
    "a result of NaN": _payload(b'{"outputs":[NaN]}'),
    "a number out of range": _payload(b'{"outputs":[1e999]}'),
    "an integer of 100,000 digits": _payload(b'{"outputs":[', b"9", 100_000, b"]}"),
    "an object as an output": _payload(b'{"outputs":[{"a":1}]}'),
    "a lone surrogate as an output": _payload(b'{"outputs":["\\ud800"]}'),
    "bytes as an output": _payload(b'{"outputs":["\xff"]}'),
    "a NUL as an output": _payload(b'{"outputs":["\\u0000"]}'),
    "probabilities that were not requested": _payload(b'{"outputs":[1],"probabilities":[[1]]}'),
    "deeply nested lists": _payload(b'{"outputs":', b"[", _MEGABYTE, b"}"),
    "deeply nested lists in an unknown field": _payload(b'{"x":', b"[", _MEGABYTE, b"}"),
    "many lists": _payload(b'{"outputs":[', b"[],", 10 * _MEGABYTE, b"[]]}"),
    "one long list": _payload(b'{"outputs":[[', b"1,", 15 * _MEGABYTE, b"1]]}"),
    "a long text": _payload(b'{"outputs":["', b"a", 31 * _MEGABYTE, b'"]}'),
}

FIRST_REPLY_IS_VALID = {
    "replies twice",
    "replies in advance",
    "replies and exits",
}
"""The first reply of these is correct."""

FALSE_DESCRIPTIONS: dict[str, Behaviour] = {
    "forges a log": _describes(model_type=_FORGED_LOG, warnings=[_FORGED_LOG] * 10),
    "very long texts": _describes(model_type="x" * _MEGABYTE, warnings=["x" * 999] * 999),
    "a lone surrogate": _describes(framework="\ud800"),
    "too many columns": _describes(columns=[{"name": "x", "type": "number"}] * 100_001),
    "a column twice": _describes(columns=[{"name": "x", "type": "number"}] * 2),
    "a column with a NUL": _describes(columns=[{"name": "\0", "type": "number"}]),
    "a column of an unknown type": _describes(columns=[{"name": "x", "type": "code"}]),
    "an unknown form": _describes(form="pickle"),
    "texts and columns": _describes(form="texts"),
    "too many labels": _describes(labels=[list(range(100_001))]),
    "a label beyond 64 bits": _describes(labels=[[2**70]]),
    "labels that are null": _describes(labels=[[None]]),
    "labels in lists": _describes(labels=[[[[1]]]]),
    "no outputs": _describes(outputs=0),
    "too many outputs": _describes(outputs=10**9),
    "an example of another width": _describes(example=[1, 2, 3]),
    "negative memory": _payload(b'{"private_bytes":-1}'),
    "more memory than exists": _payload(b'{"private_bytes":99999999999999999999}'),
}
"""False descriptions that a child can send at an inspection."""

BEHAVIOURS = SLOW | IMMEDIATE | FALSE_DESCRIPTIONS
