"""ONNX graphs: converted from estimators, or built as other frameworks export them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from inference.child.libraries import sklearn_linear, sklearn_pipeline, sklearn_text

_onnx: Any = import_module("onnx")
_helper: Any = import_module("onnx.helper")
_numbers: Any = import_module("onnx.numpy_helper")
_types: Any = import_module("skl2onnx.common.data_types")
_to_onnx: Any = import_module("skl2onnx").to_onnx
_FLOAT: int = _onnx.TensorProto.FLOAT
_IR_VERSION = 9
_OPSET = 17


def converted(estimator: Any, rows: Any, *, with_maps: bool = True) -> bytes:
    """Convert a fitted estimator of numbers; with its probabilities as dicts, or as an array."""
    options = {} if with_maps else {"zipmap": False}
    return _to_onnx(estimator, rows[:1].astype(np.float32), options=options).SerializeToString()


def of_texts() -> bytes:
    """A classifier of texts; lower-casing would need a locale that this machine may lack."""
    model = sklearn_pipeline.make_pipeline(
        sklearn_text.CountVectorizer(lowercase=False), sklearn_linear.LogisticRegression()
    ).fit(["good film", "bad film"] * 3, ["+", "-"] * 3)
    inputs = [("text", _types.StringTensorType([None, 1]))]
    return _to_onnx(model, initial_types=inputs).SerializeToString()


def summing(*names: str) -> bytes:
    """A graph that adds up columns which come one by one."""
    nodes = [_helper.make_node("Sum", list(names), ["total"])]
    return _graph(nodes, [(name, [None, 1]) for name in names], ("total", [None, 1]))


def picture(batch: int | None = None) -> bytes:
    """A graph that takes pictures of 2 by 3 points and returns two numbers for each."""
    weights = np.arange(12, dtype=np.float32).reshape(6, 2)
    nodes = [
        _helper.make_node("Flatten", ["picture"], ["flat"]),
        _helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
    ]
    given = [_numbers.from_array(weights, "weights")]
    return _graph(nodes, [("picture", [batch, 2, 3])], ("scores", [batch, 2]), given)


def doubled(type_: int = _FLOAT) -> bytes:
    """A graph that adds a column to itself."""
    return _graph([_helper.make_node("Add", ["x", "x"], ["y"])], [("x", [None, 1])], type_=type_)


def ambiguous() -> bytes:
    """A graph with two outputs of numbers."""
    nodes = [_helper.make_node("Split", ["x"], ["low", "high"], num_outputs=2)]
    return _saved(
        _helper.make_graph(
            nodes, "g", [_value("x", [None, 2])], [_value("low", [None, 1]), _value("high", [None])]
        ),
        opset=18,
    )


def with_external_data(location: str) -> bytes:
    """A graph whose numbers are in another file."""
    weights = _numbers.from_array(np.ones((1, 1), np.float32), "weights")
    weights.ClearField("raw_data")
    weights.data_location = _onnx.TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", location
    nodes = [_helper.make_node("MatMul", ["x", "weights"], ["y"])]
    return _graph(nodes, [("x", [None, 1])], given=[weights])


def _graph(
    nodes: list[Any],
    inputs: list[tuple[str, list[int | None]]],
    output: tuple[str, list[int | None]] = ("y", [None, 1]),
    given: list[Any] | None = None,
    type_: int = _FLOAT,
) -> bytes:
    values = [_value(*port, type_) for port in inputs]
    return _saved(_helper.make_graph(nodes, "g", values, [_value(*output, type_)], given))


def _value(name: str, sizes: list[int | None], type_: int = _FLOAT) -> Any:
    return _helper.make_tensor_value_info(name, type_, sizes)


def _saved(graph: Any, opset: int = _OPSET) -> bytes:
    opsets = [_helper.make_opsetid("", opset)]
    model = _helper.make_model(
        graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="pytorch"
    )
    return model.SerializeToString()
