"""ONNX graphs that read files, never end, or have indices out of range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from inference.child import libraries as lib
from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary

_onnx: Any = lib.import_module("onnx")
_make: Any = lib.import_module("onnx.helper")
_FLOAT, _INT64, _BOOL = 1, 7, 9
_VERSION, _FORMAT_VERSION = 17, 8
_ENDLESS = 2**62


def attacks(canary: Canary) -> Iterator[Attack]:
    """Read the secret, exhaust memory or time, or make native code follow a wrong index."""
    yield from _that_read_files(canary)
    yield from _that_use_much()
    yield from _that_do_not_fit_together()
    yield from _of_trees()
    yield from _that_are_no_graphs()


def _saved(nodes: list[Any], constants: tuple[Any, ...] = (), **more: Any) -> bytes:
    """A graph from x, rows of one number, to y."""
    graph = _make.make_graph(
        nodes,
        "graph",
        [_make.make_tensor_value_info("x", _FLOAT, [None, 1])],
        [_make.make_tensor_value_info("y", _FLOAT, None)],
        list(constants),
    )
    domains = [_make.make_opsetid("", _VERSION), _make.make_opsetid("ai.onnx.ml", 3)]
    model = _make.make_model(graph, opset_imports=domains, ir_version=_FORMAT_VERSION, **more)
    return model.SerializeToString()


def _constant(name: str, values: Any, kind: int = _INT64) -> Any:
    array = np.asarray(values)
    return _make.make_tensor(name, kind, array.shape, array.ravel().tolist())


def _that_read_files(canary: Canary) -> Iterator[Attack]:
    for path in (str(canary.secret), f"../../../..{canary.secret}", "../../etc/hostname"):
        outside = _make.make_tensor("c", _FLOAT, [4], bytes(16), raw=True)
        outside.ClearField("raw_data")
        outside.data_location = 1
        for key, value in {"location": path, "offset": "0", "length": "16"}.items():
            outside.external_data.add(key=key, value=value)
        data = _saved([_make.make_node("Add", ["x", "c"], ["y"])], (outside,))
        yield Attack(f"numbers at {path[:13]}", data, refused="somehow")


def _that_use_much() -> Iterator[Attack]:
    shape = _constant("shape", [10**6, 10**5])
    node = _make.make_node("Expand", ["x", "shape"], ["y"])
    yield Attack("400 GB by Expand", _saved([node], (shape,)))
    node = _make.make_node("ConstantOfShape", ["shape"], ["y"])
    yield Attack("400 GB by ConstantOfShape", _saved([node], (shape,)))
    shape = _constant("shape", [2**40, 2**40])
    yield Attack("a shape beyond any address", _saved([node], (shape,)))
    doubled = [_make.make_node("Concat", ["x", "x"], ["s0"], axis=1)]
    doubled += [_make.make_node("Concat", [f"s{i}"] * 2, [f"s{i + 1}"], axis=1) for i in range(50)]
    doubled += [_make.make_node("Identity", ["s50"], ["y"])]
    yield Attack("doubled 50 times", _saved(doubled), "hangs")
    yield Attack("a loop without end", _saved(*_loop()), "hangs", row=1.0)


def _loop() -> tuple[list[Any], tuple[Any, ...]]:
    body = _make.make_graph(
        [
            _make.make_node("Identity", ["go"], ["go_on"]),
            _make.make_node("Sin", ["before"], ["after"]),
        ],
        "body",
        [
            _make.make_tensor_value_info("number", _INT64, []),
            _make.make_tensor_value_info("go", _BOOL, []),
            _make.make_tensor_value_info("before", _FLOAT, None),
        ],
        [
            _make.make_tensor_value_info("go_on", _BOOL, []),
            _make.make_tensor_value_info("after", _FLOAT, None),
        ],
    )
    constants = (_constant("times", _ENDLESS), _constant("yes", True, _BOOL))
    return [_make.make_node("Loop", ["times", "yes", "x"], ["y"], body=body)], constants


def _that_do_not_fit_together() -> Iterator[Attack]:
    far = _constant("i", [2**40])
    node = _make.make_node("Gather", ["x", "i"], ["y"], axis=0)
    yield Attack("an index out of range", _saved([node], (far,)))
    ring = [_make.make_node("Sin", ["b"], ["a"]), _make.make_node("Sin", ["a"], ["b"])]
    yield Attack("a ring", _saved([*ring, _make.make_node("Sin", ["a"], ["y"])]))
    for operator, domain in (("NoSuch", ""), ("Sin", "evil.domain"), ("ATen", "org.pytorch.aten")):
        node = _make.make_node(operator, ["x"], ["y"], domain=domain)
        yield Attack(f"the operator {domain}:{operator}", _saved([node]), refused="somehow")
    short = _constant("c", [1.0], _FLOAT)
    del short.dims[:]
    short.dims.append(10**9)
    node = _make.make_node("Add", ["x", "c"], ["y"])
    yield Attack("numbers that are not there", _saved([node], (short,)))
    short.dims[0] = -5
    yield Attack("a negative number of values", _saved([node], (short,)))
    yield Attack("no operators", _saved([]))


def _of_trees() -> Iterator[Attack]:
    """A tree whose root leads to itself or to a missing node, or that uses a missing column."""
    for what, child, column in (("itself", 0, 0), ("nowhere", 10**9, 0), ("a column", 1, 2**40)):
        node = _make.make_node(
            "TreeEnsembleRegressor",
            ["x"],
            ["y"],
            domain="ai.onnx.ml",
            n_targets=1,
            nodes_falsenodeids=[2, 0, 0],
            nodes_truenodeids=[child, 0, 0],
            nodes_featureids=[column, 0, 0],
            nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
            nodes_nodeids=[0, 1, 2],
            nodes_treeids=[0, 0, 0],
            nodes_values=[0.5, 0.0, 0.0],
            target_ids=[0, 0],
            target_nodeids=[1, 2],
            target_treeids=[0, 0],
            target_weights=[1.0, 2.0],
        )
        yield Attack(f"a tree that leads to {what}", _saved([node]))


def _that_are_no_graphs() -> Iterator[Attack]:
    whole = _saved([_make.make_node("Sin", ["x"], ["y"])], producer_name="no\n[error] owned\x1b[2J")
    yield Attack("a producer that forges a log", whole)
    yield Attack("the first byte", whole[:1], refused="somehow")
    yield Attack("half a graph", whole[: len(whole) // 2])
    yield Attack("random bytes", b"\x08" + np.random.default_rng(2).bytes(5000))
    yield Attack("a number without end", b"\x08" + b"\xff" * 5000, refused="somehow")
