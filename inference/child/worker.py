"""The child process of one model: enters the sandbox, opens the file, then serves requests."""

from __future__ import annotations

import gc
import hashlib
import os
import socket
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.signature import Column
from inference.child.estimator_input import decode_rows, dense
from inference.child.introspection import model_type_of, shape_of
from inference.child.libraries import joblib
from inference.child.loading.allowlist import ANYTHING
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import Loaded, load
from inference.child.predictor import Predictor, Raw
from inference.child.samples import with_sample_columns
from inference.child.sandbox import layers
from inference.child.sandbox.layers import ForkContext, ProcessLimits
from inference.child.trials import try_example, try_sample
from inference.model_file import Inspection
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
"""A child that serves is bounded by the deadlines of the parent instead."""


def run(launch: LaunchRequest, socket_fd: int, model_fd: int, context: ForkContext) -> None:
    """Serve as the child process until the parent closes the socket."""
    for name in launch.trusted_modules:
        if name != ANYTHING:
            import_module(name)  # In the sandbox no file can be read.
    layers.close_other_descriptors(socket_fd, model_fd)
    parent = socket.socket(fileno=layers.SOCKET_FD)
    cpu_s_max = _INSPECTION_CPU_S_MAX if launch.inspects else None
    report = layers.enter_sandbox(context, ProcessLimits(launch.memory_bytes_max, cpu_s_max))
    parent.sendall(encode_frame(ReplyHeader(0, "sandboxed"), msgspec.json.encode(report.layers)))
    if not (report.is_sufficient or launch.allow_unsandboxed):
        parent.sendall(encode_frame(ReplyHeader(0, "unsandboxed", printable(str(report)))))
        return
    # The sandbox denies threads, which a forest saved with n_jobs=-1 would start.
    joblib.parallel_config(backend="sequential")
    opened = opening(launch, _file_bytes(launch), lambda: private_bytes(layers.MEMORY_FD))
    parent.sendall(opened.frame)
    if opened.responder is not None and not launch.inspects:
        gc.freeze()
        _serve(parent, opened.responder)


class Opening(NamedTuple):
    """The result of opening a model: the frame to send, and the responder if it succeeded."""

    frame: bytes
    responder: Responder | None = None


def opening(launch: LaunchRequest, data: bytes, measured: Callable[[], int] = int) -> Opening:
    """Open a model file, if its bytes are the ones that were uploaded."""
    if len(data) != launch.size or hashlib.sha256(data).hexdigest() != launch.digest:
        return Opening(encode_frame(ReplyHeader(0, "damaged")))
    try:
        loaded = load(data, launch.trusted_modules, launch.memory_bytes_max // 2)
        responder = Responder(loaded, launch.columns)
        # Even if nobody reads it: memory allocated by a first prediction is measured this way.
        described = responder.inspection(launch.sample)
        del data  # It is not kept, so it must not be measured.
        opened = OpenResult(measured(), described if launch.inspects else None)
        payload = msgspec.json.encode(opened)
    except BadModel as error:
        return Opening(encode_frame(ReplyHeader(0, "rejected", printable(str(error)))))
    except Exception as error:  # noqa: BLE001 - a model may fail in any way at any attribute
        text = _described("the model cannot be read", error)
        return Opening(encode_frame(ReplyHeader(0, "rejected", text)))
    return Opening(encode_frame(ReplyHeader(0, "opened"), payload), responder)


class Responder:
    """Replies to requests with one fitted estimator."""

    def __init__(self, loaded: Loaded, columns: tuple[Column, ...] = ()) -> None:
        """Prepare a model; ``columns`` were read from a sample at the upload."""
        self._loaded = loaded
        shape = shape_of(loaded.estimator)
        self._shape = with_sample_columns(shape, columns) if columns else shape
        self._predictor = Predictor(loaded.estimator)

    def inspection(self, sample: str = "") -> Inspection:
        """Describe the model by a trial with the sample (rows as JSON) or with a made-up row."""
        estimator = self._loaded.estimator
        tried = (
            try_sample(estimator, self._predictor, self._shape, msgspec.json.decode(sample))
            if sample
            else try_example(estimator, self._predictor, self._shape)
        )
        return Inspection(
            signature=tried.signature,
            model_type=model_type_of(estimator),
            framework=self._loaded.framework,
            framework_version=self._loaded.version,
            format=self._loaded.format,
            warnings=(*self._loaded.warnings, *tried.warnings),
        )

    def respond(self, request: PredictRequest, payload: bytes) -> bytes:
        """Return the reply to a request as a frame, whatever the model raises."""
        try:
            if request.form != self._shape.form:
                raise ValueError(f"the model takes {self._shape.form}, not {request.form}")
            rows = decode_rows(self._shape, request.rows, payload)
            raw = self._predictor.predict(rows, wants_probabilities=request.wants_probabilities)
            return encode_frame(ReplyHeader(request.id, "result"), encoded(raw, request.rows))
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            text = _described("the model refused the input", error)
            return encode_frame(ReplyHeader(request.id, "refused", text))


def encoded(raw: Raw, count: int) -> bytes:
    """Encode a prediction as JSON, one entry per row; what is not finite becomes null."""
    outputs = _values(raw.labels)
    if len(outputs) != count:
        raise ValueError(f"{len(outputs)} outputs for {count} rows")
    result: dict[str, Any] = {"outputs": outputs}
    probabilities: Any = raw.probabilities
    if type(probabilities) is list:
        parts = [np.asarray(part).tolist() for part in cast("list[Any]", probabilities)]
        result["probabilities"] = [list(row) for row in zip(*parts, strict=True)]
    elif probabilities is not None:
        result["probabilities"] = np.asarray(probabilities).tolist()
    return msgspec.json.encode(result, enc_hook=_plain)


def _values(array: Any) -> list[Any]:
    labels: NDArray[Any] = dense(array)
    # Some regressors return a column: one value per row is a value, not a list.
    values = labels[:, 0] if labels.ndim > 1 and labels.shape[1] == 1 else labels
    return cast("list[Any]", values.tolist())


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return cast("Any", value).item()
    raise TypeError(f"an output is of the type {type(value).__name__}")


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
    # One byte more than announced shows that the file has grown.
    left = launch.size + 1
    while part := os.read(layers.MODEL_FD, left):
        parts.append(part)
        left -= len(part)
    os.close(layers.MODEL_FD)
    return b"".join(parts)


def _serve(parent: socket.socket, responder: Responder) -> None:
    reader, decode = FrameReader(), msgspec.json.Decoder(PredictRequest).decode
    while data := parent.recv(_READ_BYTES):
        for head, payload in reader.feed(data):
            parent.sendall(responder.respond(decode(head), payload))
    os._exit(0)
