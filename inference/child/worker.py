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
from inference.child.fence import sandbox
from inference.child.fence.sandbox import Bounds, Place
from inference.child.footprint import private_bytes
from inference.child.introspection import model_type_of, shape_of
from inference.child.libraries import joblib
from inference.child.loading.allowlist import ANYTHING
from inference.child.loading.loader import BadModel, Loaded, load
from inference.child.predictor import Predictor, Raw
from inference.child.samples import told_shape
from inference.child.tables import decoded, dense
from inference.child.trials import tried_with_example, tried_with_sample
from inference.protocol.messages import (
    Ask,
    Description,
    FrameReader,
    Launch,
    Opened,
    Reply,
    framed,
    printable,
)

_READ_BYTES = 256 * 1024
_INSPECTION_CPU_S_MAX = 60
"""A child that serves is bounded by its deadlines instead."""


def run(launch: Launch, socket_fd: int, model_fd: int, place: Place) -> None:
    """Be the child until the other end of the socket is closed."""
    for name in launch.trusted_modules:
        if name != ANYTHING:
            import_module(name)  # Later, no file can be read.
    sandbox.keep_only(socket_fd, model_fd)
    parent = socket.socket(fileno=sandbox.SOCKET_FD)
    cpu_s_max = _INSPECTION_CPU_S_MAX if launch.inspects else None
    confinement = sandbox.confine(place, Bounds(launch.memory_bytes_max, cpu_s_max))
    parent.sendall(framed(Reply(0, "confined"), msgspec.json.encode(confinement.layers)))
    if not (confinement.has_fence or launch.may_be_unfenced):
        parent.sendall(framed(Reply(0, "unfenced", printable(str(confinement)))))
        return
    # Threads are denied to models; a forest saved with n_jobs=-1 must not ask for them.
    joblib.parallel_config(backend="sequential")
    opened = opening(launch, _file_bytes(launch), lambda: private_bytes(sandbox.MEMORY_FD))
    parent.sendall(opened.frame)
    if opened.answerer is not None and not launch.inspects:
        gc.freeze()
        _serve(parent, opened.answerer)


class Opening(msgspec.Struct, frozen=True):
    """What came of opening a model: the first frame to send, and who answers from then on."""

    frame: bytes
    answerer: Answerer | None = None


def opening(launch: Launch, data: bytes, measured: Callable[[], int] = int) -> Opening:
    """Open the bytes of a model file, if they are the ones that were uploaded."""
    if len(data) != launch.size or hashlib.sha256(data).hexdigest() != launch.digest:
        return Opening(framed(Reply(0, "damaged")))
    try:
        loaded = load(data, launch.trusted_modules, launch.memory_bytes_max // 2)
        answerer = Answerer(loaded, launch.columns)
        # In any case: what comes into memory with the first answer is in it before that is asked.
        described = answerer.description(launch.sample)
        del data  # It would be counted, though it is not kept.
        opened = Opened(measured(), described if launch.inspects else None)
        payload = msgspec.json.encode(opened)
    except BadModel as error:
        return Opening(framed(Reply(0, "rejected", printable(str(error)))))
    except Exception as error:  # noqa: BLE001 - a model may fail in any way at any attribute
        return Opening(framed(Reply(0, "rejected", _told("the model cannot be read", error))))
    return Opening(framed(Reply(0, "opened"), payload), answerer)


class Answerer:
    """Answers questions with one fitted estimator."""

    def __init__(self, loaded: Loaded, columns: tuple[Column, ...] = ()) -> None:
        """Take a model apart; ``columns`` are those that a sample told of at the upload."""
        self._loaded = loaded
        shape = shape_of(loaded.estimator)
        self._shape = told_shape(shape, columns) if columns else shape
        self._predictor = Predictor(loaded.estimator)

    def description(self, sample: str = "") -> Description:
        """Describe the model, having tried it with the sample, rows as JSON, or a made-up row."""
        estimator = self._loaded.estimator
        tried = (
            tried_with_sample(estimator, self._predictor, self._shape, msgspec.json.decode(sample))
            if sample
            else tried_with_example(estimator, self._predictor, self._shape)
        )
        return Description(
            signature=tried.signature,
            model_type=model_type_of(estimator),
            framework=self._loaded.framework,
            framework_version=self._loaded.version,
            format=self._loaded.format,
            warnings=(*self._loaded.warnings, *tried.warnings),
        )

    def answer(self, ask: Ask, payload: bytes) -> bytes:
        """Answer a question with a frame, whatever the model does about it."""
        try:
            if ask.form != self._shape.form:
                raise ValueError(f"the model takes {self._shape.form}, not {ask.form}")
            rows = decoded(self._shape, ask.rows, payload)
            raw = self._predictor.predict(rows, wants_probabilities=ask.wants_probabilities)
            return framed(Reply(ask.id, "answer"), encoded(raw, ask.rows))
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            return framed(Reply(ask.id, "refused", _told("the model refused the input", error)))


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


def _told(what: str, error: Exception) -> str:
    return printable(f"{what}: {type(error).__name__}: {error}")


def _file_bytes(launch: Launch) -> bytes:
    parts: list[bytes] = []
    # One byte more than announced is enough to see that the file has grown.
    left = launch.size + 1
    while part := os.read(sandbox.MODEL_FD, left):
        parts.append(part)
        left -= len(part)
    os.close(sandbox.MODEL_FD)
    return b"".join(parts)


def _serve(parent: socket.socket, answerer: Answerer) -> None:
    reader, decode = FrameReader(), _decoder()
    while data := parent.recv(_READ_BYTES):
        for head, payload in reader.feed(data):
            parent.sendall(answerer.answer(decode(head), payload))
    os._exit(0)


def _decoder() -> Callable[[bytes], Ask]:
    return msgspec.json.Decoder(Ask).decode
