"""The child process of one model: confines itself, opens the file, then answers questions."""

from __future__ import annotations

import gc
import hashlib
import os
import socket
from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.signature import Column
from inference.child.estimator_input import decoded, dense
from inference.child.introspection import model_type_of, shape_of
from inference.child.libraries import joblib
from inference.child.loading.allowlist import ANYTHING
from inference.child.loading.loader import BadModel, Loaded, load
from inference.child.predictor import Predictor, Raw
from inference.child.samples import with_sample_columns
from inference.child.sandbox import layers
from inference.child.sandbox.layers import ForkContext, ProcessLimits
from inference.child.trials import tried_with_example, tried_with_sample
from inference.engine import Inspection
from inference.protocol.messages import (
    FrameReader,
    LaunchRequest,
    OpenResult,
    PredictRequest,
    ReplyHeader,
    encode_frame,
    printable,
)

_KIB = 1024
_READ_BYTES = 256 * _KIB
_SMAPS_BYTES_MAX = 4 * _KIB
_INSPECTION_CPU_S_MAX = 60
"""A child that serves is bounded by its deadlines instead."""


def run(launch: LaunchRequest, socket_fd: int, model_fd: int, place: ForkContext) -> None:
    """Be the child until the other end of the socket is closed."""
    for name in launch.trusted_modules:
        if name != ANYTHING:
            import_module(name)  # Later, no file can be read.
    layers.close_other_descriptors(socket_fd, model_fd)
    parent = socket.socket(fileno=layers.SOCKET_FD)
    cpu_s_max = _INSPECTION_CPU_S_MAX if launch.inspects else None
    report = layers.enter_sandbox(place, ProcessLimits(launch.memory_bytes_max, cpu_s_max))
    parent.sendall(encode_frame(ReplyHeader(0, "sandboxed"), msgspec.json.encode(report.layers)))
    if not (report.is_sufficient or launch.allow_unsandboxed):
        parent.sendall(encode_frame(ReplyHeader(0, "unsandboxed", printable(str(report)))))
        return
    # Threads are denied to models; a forest saved with n_jobs=-1 must not ask for them.
    joblib.parallel_config(backend="sequential")
    opened = opening(launch, _file_bytes(launch), lambda: private_bytes(layers.MEMORY_FD))
    parent.sendall(opened.frame)
    if opened.answerer is not None and not launch.inspects:
        gc.freeze()
        _serve(parent, opened.answerer)


class Opening(msgspec.Struct, frozen=True):
    """What came of opening a model: the first frame to send, and who answers from then on."""

    frame: bytes
    answerer: Responder | None = None


def opening(launch: LaunchRequest, data: bytes, measured: Callable[[], int] = int) -> Opening:
    """Open the bytes of a model file, if they are the ones that were uploaded."""
    if len(data) != launch.size or hashlib.sha256(data).hexdigest() != launch.digest:
        return Opening(encode_frame(ReplyHeader(0, "damaged")))
    try:
        loaded = load(data, launch.trusted_modules, launch.memory_bytes_max // 2)
        answerer = Responder(loaded, launch.columns)
        # In any case: what comes into memory with the first answer is in it before that is asked.
        described = answerer.description(launch.sample)
        del data  # It would be counted, though it is not kept.
        opened = OpenResult(measured(), described if launch.inspects else None)
        payload = msgspec.json.encode(opened)
    except BadModel as error:
        return Opening(encode_frame(ReplyHeader(0, "rejected", printable(str(error)))))
    except Exception as error:  # noqa: BLE001 - a model may fail in any way at any attribute
        return Opening(
            encode_frame(ReplyHeader(0, "rejected", _described("the model cannot be read", error)))
        )
    return Opening(encode_frame(ReplyHeader(0, "opened"), payload), answerer)


class Responder:
    """Answers questions with one fitted estimator."""

    def __init__(self, loaded: Loaded, columns: tuple[Column, ...] = ()) -> None:
        """Take a model apart; ``columns`` are those that a sample told of at the upload."""
        self._loaded = loaded
        shape = shape_of(loaded.estimator)
        self._shape = with_sample_columns(shape, columns) if columns else shape
        self._predictor = Predictor(loaded.estimator)

    def description(self, sample: str = "") -> Inspection:
        """Describe the model, having tried it with the sample, rows as JSON, or a made-up row."""
        estimator = self._loaded.estimator
        tried = (
            tried_with_sample(estimator, self._predictor, self._shape, msgspec.json.decode(sample))
            if sample
            else tried_with_example(estimator, self._predictor, self._shape)
        )
        return Inspection(
            signature=tried.signature,
            model_type=model_type_of(estimator),
            framework=self._loaded.framework,
            framework_version=self._loaded.version,
            format=self._loaded.format,
            warnings=(*self._loaded.warnings, *tried.warnings),
        )

    def answer(self, ask: PredictRequest, payload: bytes) -> bytes:
        """Answer a question with a frame, whatever the model does about it."""
        try:
            if ask.form != self._shape.form:
                raise ValueError(f"the model takes {self._shape.form}, not {ask.form}")
            rows = decoded(self._shape, ask.rows, payload)
            raw = self._predictor.predict(rows, wants_probabilities=ask.wants_probabilities)
            return encode_frame(ReplyHeader(ask.id, "answer"), encoded(raw, ask.rows))
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            return encode_frame(
                ReplyHeader(ask.id, "refused", _described("the model refused the input", error))
            )


def encoded(raw: Raw, count: int) -> bytes:
    """Encode an answer as JSON, one entry per row; what is not finite becomes null."""
    outputs = _values(raw.labels)
    if len(outputs) != count:
        raise ValueError(f"{len(outputs)} answers for {count} rows")
    answer: dict[str, Any] = {"outputs": outputs}
    probabilities: Any = raw.probabilities
    if type(probabilities) is list:
        parts = [np.asarray(part).tolist() for part in cast("list[Any]", probabilities)]
        answer["probabilities"] = [list(row) for row in zip(*parts, strict=True)]
    elif probabilities is not None:
        answer["probabilities"] = np.asarray(probabilities).tolist()
    return msgspec.json.encode(answer, enc_hook=_plain)


def _values(array: Any) -> list[Any]:
    labels: NDArray[Any] = dense(array)
    # Some regressors answer a column; one value per row is one value, not a list.
    values = labels[:, 0] if labels.ndim > 1 and labels.shape[1] == 1 else labels
    return cast("list[Any]", values.tolist())


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return cast("Any", value).item()
    raise TypeError(f"an answer holds a {type(value).__name__}")


def _described(what: str, error: Exception) -> str:
    return printable(f"{what}: {type(error).__name__}: {error}")


def private_bytes(descriptor: int) -> int:
    """Read the private memory of this process from an open smaps_rollup and close that.

    Pages still shared with the zygote do not count. 0 if it cannot be read.
    """
    try:
        text = os.read(descriptor, _SMAPS_BYTES_MAX)
        os.close(descriptor)
    except OSError:
        return 0
    lines = [line.split() for line in text.splitlines()]
    return _KIB * sum(int(words[1]) for words in lines if words[0].startswith(b"Private_"))


def _file_bytes(launch: LaunchRequest) -> bytes:
    parts: list[bytes] = []
    # One byte more than announced is enough to see that the file has grown.
    left = launch.size + 1
    while part := os.read(layers.MODEL_FD, left):
        parts.append(part)
        left -= len(part)
    os.close(layers.MODEL_FD)
    return b"".join(parts)


def _serve(parent: socket.socket, answerer: Responder) -> None:
    reader, decode = FrameReader(), _decoder()
    while data := parent.recv(_READ_BYTES):
        for head, payload in reader.feed(data):
            parent.sendall(answerer.answer(decode(head), payload))
    os._exit(0)


def _decoder() -> Callable[[bytes], PredictRequest]:
    return msgspec.json.Decoder(PredictRequest).decode
