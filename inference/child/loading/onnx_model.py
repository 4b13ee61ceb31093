"""Serves ONNX files: a graph of operators, run by onnxruntime, in place of an estimator.

The runtime is an extra. It is loaded in the zygote, with its telemetry off, which would start a
thread; a process with threads cannot be forked safely.
"""

from __future__ import annotations

import os
from importlib import import_module
from math import prod
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from domain.signature import ColumnType, InputForm, Task
from inference.child.columns import ColumnFacts
from inference.child.loading.formats import BadModel

_FATAL_ONLY = 4
_DTYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
_COLUMN_TYPES: dict[str, ColumnType] = {"tensor(string)": "text", "tensor(bool)": "boolean"}
_LABELS = ("tensor(int64)", "tensor(string)", "tensor(int32)", "tensor(bool)")
_NUMBERS = ("tensor(float)", "tensor(double)", "tensor(float16)")
_MAPS = "seq(map("


class _Port(NamedTuple):
    """An input or output of a graph: its sizes are numbers, or names where any size is accepted."""

    name: str
    type: str
    sizes: tuple[Any, ...]

    @property
    def width(self) -> int:
        """The number of values of a row; 0 if it is not fixed."""
        inner = self.sizes[1:]
        return prod(inner) if all(isinstance(size, int) for size in inner) else 0

    def shaped(self, values: NDArray[Any]) -> Any:
        """Convert rows to the type and sizes of this input."""
        sizes = [len(values), *self.sizes[1:]]
        dtype = _DTYPES[self.type]
        with np.errstate(invalid="ignore"):
            cast_values: Any = values.astype(dtype)
        if dtype in (np.int64, np.int32) and not np.array_equal(cast_values, values):
            raise ValueError(f"{self.name!r} takes whole numbers only")
        return cast_values.reshape([size if isinstance(size, int) else -1 for size in sizes])


def runtime() -> Any | None:
    """Return onnxruntime, or None if it is not installed."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        return import_module("onnxruntime")
    except ImportError:
        return None


class OnnxModel:
    """A graph that predicts rows of numbers, of texts, or of named columns."""

    def __init__(self, data: bytes) -> None:
        """Load the graph; raises BadModel if it cannot be served."""
        self._session = _session(data)
        meta = self._session.get_modelmeta()
        self.model_type = f"ONNX({meta.producer_name})" if meta.producer_name else "ONNX"
        self.format_version = f"IR {data[1]}"
        self._inputs = [_Port(i.name, i.type, tuple(i.shape)) for i in self._session.get_inputs()]
        form, self.names, self.facts = _columns(self._inputs)
        self.form: InputForm = form
        self._is_single = _is_single(self._inputs)
        self._labels, self._scores = _roles(
            [_Port(o.name, o.type, tuple(o.shape)) for o in self._session.get_outputs()]
        )
        self.task: Task = "classification" if self._labels else "regression"
        if self._labels is not None and self._scores is not None:
            # As with estimators: only classifiers with probabilities have this method.
            self.predict_proba = self._probabilities

    @property
    def is_named(self) -> bool:
        """Whether the names of the columns come from the graph."""
        return len(self._inputs) > 1

    def outputs_of(self, rows: Any, *, wants_probabilities: bool) -> tuple[Any, Any | None]:
        """Return labels and the probabilities of the classes, or numbers and None."""
        wants_scores = self._labels is None or wants_probabilities
        ports = (self._labels, self._scores if wants_scores else None)
        names = [port.name for port in ports if port is not None]
        outputs = [_joined(parts) for parts in zip(*self._runs(names, rows), strict=True)]
        scores = self._table(outputs[-1]) if wants_scores and self._scores else None
        return (scores, None) if self._labels is None else (np.asarray(outputs[0]), scores)

    def _probabilities(self, rows: Any) -> Any:
        return self.outputs_of(rows, wants_probabilities=True)[1]

    def _table(self, scores: Any) -> Any:
        """Return rows of numbers; if the graph gives dicts, their keys are the classes."""
        if isinstance(scores, list):
            dicts = cast("list[dict[Any, Any]]", scores)
            self.classes_ = np.array(list(dicts[0]))
            return np.array([list(row.values()) for row in dicts])
        return np.asarray(scores).reshape(len(scores), -1)

    def _runs(self, names: list[str], rows: Any) -> list[list[Any]]:
        """Run the graph, for each row on its own if it takes only one."""
        feed = self._feed(rows)
        if not self._is_single:
            return [self._session.run(names, feed)]
        count = len(next(iter(feed.values())))
        parts = ({n: v[j : j + 1] for n, v in feed.items()} for j in range(count))
        return [self._session.run(names, part) for part in parts]

    def _feed(self, rows: Any) -> dict[str, Any]:
        if len(self._inputs) == 1:
            values = np.asarray(rows, dtype=object if self.form != "matrix" else None)
            return {self._inputs[0].name: self._inputs[0].shaped(values)}
        return {port.name: port.shaped(rows[port.name].to_numpy()) for port in self._inputs}


def _session(data: bytes) -> Any:
    if (onnxruntime := runtime()) is None:
        raise BadModel("the model needs onnxruntime, which is not installed here")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL_ONLY
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if "xternal data" in str(error):
            raise BadModel(
                "the model keeps its numbers in another file: export it as a single file"
            ) from error
        raise BadModel(f"the file is no ONNX model that can be served: {error}") from error


def _roles(outputs: list[_Port]) -> tuple[_Port | None, _Port | None]:
    """Find the output with labels, and the one with probabilities or numbers."""
    labels = [port for port in outputs if port.type in _LABELS]
    scores = [p for p in outputs if p.type in _NUMBERS or p.type.startswith(_MAPS)]
    supported = len(labels) + len(scores)
    if supported != len(outputs) or max(len(labels), len(scores)) != 1:
        shown = ", ".join(f"{port.name} {port.type}" for port in outputs)
        raise BadModel(f"the model gives {shown}: which of them is the prediction is not clear")
    return next(iter(labels), None), next(iter(scores), None)


def _is_single(inputs: list[_Port]) -> bool:
    """Whether the graph takes one row at a time, by the sizes of its inputs."""
    counts = {port.sizes[0] for port in inputs if port.sizes and isinstance(port.sizes[0], int)}
    if counts - {1}:
        raise BadModel(f"the model takes {max(counts)} rows at a time: export it for any number")
    return bool(counts)


def _columns(inputs: list[_Port]) -> tuple[InputForm, tuple[str, ...], tuple[ColumnFacts, ...]]:
    for port in inputs:
        if port.type not in _DTYPES or not port.sizes:
            raise BadModel(f"the model takes {port.name!r} as {port.type}, which is not supported")
    if len(inputs) == 1:
        return _columns_of_one(inputs[0])
    if not inputs or any(port.width != 1 for port in inputs):
        raise BadModel("the model takes several inputs, not all of which are one column")
    return "table", tuple(port.name for port in inputs), tuple(map(_facts, inputs))


def _columns_of_one(port: _Port) -> tuple[InputForm, tuple[str, ...], tuple[ColumnFacts, ...]]:
    facts = (_facts(port),) * port.width
    if port.type != "tensor(string)":
        return "matrix", (), facts
    if port.width == 1:
        return "texts", (), ()
    return "table", (), facts


def _facts(port: _Port) -> ColumnFacts:
    # Only the graph knows what it does with a missing number.
    return ColumnFacts(_COLUMN_TYPES.get(port.type, "number"), nullable=port.type in _NUMBERS)


def _joined(parts: tuple[Any, ...]) -> Any:
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], list):
        return [row for part in parts for row in cast("list[Any]", part)]
    return np.concatenate(parts)
