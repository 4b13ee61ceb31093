"""skops files, zip archives with a tree of named types, that are forged."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from inference.child import libraries as lib
from tests.inference.attacks.attack import Attack, Harm
from tests.inference.attacks.canary import Canary

_MEGABYTE = 1 << 20
_SCHEMA = "schema.json"

Node = dict[str, Any]


def attacks(canary: Canary) -> Iterator[Attack]:
    """Call functions, read files outside of the archive, and exhaust memory."""
    yield from _that_call(canary)
    yield from _that_name(canary)
    yield from _with_paths_outside(canary)
    yield from _that_are_no_trees()
    yield from _that_use_much()


def _node(loader: str, type_: str, content: Any = None, **more: Any) -> Node:
    module, _, name = type_.rpartition(".")
    return {"__class__": name, "__module__": module, "__loader__": loader} | (
        {"content": content, **more}
    )


def _text(value: str) -> Node:
    return _node("JsonNode", "builtins.str", json.dumps(value), is_json=True)


def _list(loader: str, type_: str, *parts: Node) -> Node:
    return _node(loader, type_, list(parts))


def _archive(node: Node, **members: bytes) -> bytes:
    """Save an honest model, with a node in place of one of its numbers, and more members."""
    honest = lib.sklearn_linear.LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    with zipfile.ZipFile(io.BytesIO(lib.import_module("skops.io").dumps(honest))) as saved:
        schema = json.loads(saved.read(_SCHEMA))
        arrays = {name: saved.read(name) for name in saved.namelist() if name != _SCHEMA}
    schema["content"]["content"]["positive"] = node
    return _zipped(**{_SCHEMA: json.dumps(schema).encode()}, **arrays, **members)


def _zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            is_large = len(data) > _MEGABYTE
            archive.writestr(name, data, zipfile.ZIP_DEFLATED if is_large else zipfile.ZIP_STORED)
    return buffer.getvalue()


def _that_call(canary: Canary) -> Iterator[Attack]:
    command, code = _text(canary.command), _text(canary.code)
    calls: tuple[tuple[str, Node], ...] = (
        ("os.system", command),
        ("subprocess.getoutput", command),
        ("builtins.eval", code),
        ("sklearn.datasets.clear_data_home", _text(str(canary.kept))),
        ("pathlib.PosixPath", command),
    )
    harms: dict[str, Harm] = {"clear_data_home": "deletes", "PosixPath": "none"}
    for called, argument in calls:
        arguments = _list("TupleNode", "builtins.tuple", argument)
        node = _node("ConstructorFromReduceNode", called, arguments)
        harm = harms.get(called.rpartition(".")[2], "makes")
        yield Attack(f"a call of {called}", _archive(node), harm, refused="by name")


def _that_name(canary: Canary) -> Iterator[Attack]:
    """Give types a kind of node that they are not."""
    for loader in (
        *("FunctionNode", "TypeNode", "ObjectNode", "TreeNode", "LossNode", "SparseMatrixNode"),
        *("NdArrayNode", "DTypeNode", "DictNode", "JsonNode", "UfuncNode", "SGDNode"),
        *("RandomStateNode", "ReduceNode", "EstimatorNode", "CachedNode", "NoSuchNode", "__init__"),
    ):
        named = _archive(_node(loader, "os.system", _text(canary.command)))
        yield Attack(f"os.system as a {loader}", named, refused="somehow")
    function = _node("FunctionNode", "os.system")
    arguments = _list("TupleNode", "builtins.tuple", _text(canary.command))
    partial = {"func": function, "args": arguments, "kwargs": {}, "namespace": {}}
    yield Attack(
        "partial", _archive(_node("PartialNode", "functools.partial", partial)), refused="somehow"
    )
    getter = _list("TupleNode", "builtins.tuple", _text("__class__.__init__.__globals__"))
    operator = _node("OperatorFuncNode", "operator.attrgetter", getter)
    yield Attack("attrgetter", _archive(operator), refused="somehow")
    bound = {"obj": _list("ListNode", "builtins.list"), "func": "__reduce_ex__"}
    method = _node("MethodNode", "builtins.list", bound)
    yield Attack("a method", _archive(method), refused="somehow")
    strangers: tuple[Any, ...] = (None, 1, [], {"__class__": "x"}, "os\n[error] forged\x1b[2J")
    for strange in strangers:
        node = _node("ObjectNode", "sklearn.svm.SVC") | {"__module__": strange}
        yield Attack(f"a module called {strange!r}", _archive(node), refused="somehow")


def _with_paths_outside(canary: Canary) -> Iterator[Attack]:
    for path in (str(canary.secret), f"../../..{canary.secret}", "../../../../etc/hostname"):
        node = _node("NdArrayNode", "numpy.ndarray", type="numpy", file=path)
        yield Attack(f"an array at {path[:12]}", _archive(node), refused="somehow")
        yield Attack(f"a member at {path[:12]}", _archive(_text("x"), **{path: b"x"}))
    objects = io.BytesIO()
    np.save(objects, np.array([{}], dtype=object))
    node = _node("NdArrayNode", "numpy.ndarray", type="numpy", file="objects.npy")
    data = _archive(node, **{"objects.npy": objects.getvalue()})
    yield Attack("an array of objects", data, refused="somehow")


def _that_are_no_trees() -> Iterator[Attack]:
    for what, schema in {
        "nothing": b"",
        "a list": b"[]",
        "a number": b"1",
        "NaN": b"NaN",
        "no tree": b'{"protocol": 2}',
        "another protocol": b'{"protocol": 99, "__loader__": "DictNode"}',
        "an old protocol": b'{"protocol": -1, "__loader__": "DictNode", "__class__": "dict"}',
        "deep lists": b"[" * 100_000,
        "bytes": b"\xff\xfe" * 99,
        "a number of a million digits": b'{"protocol": ' + b"9" * 10**6 + b"}",
    }.items():
        yield Attack(f"a schema of {what}", _zipped(**{_SCHEMA: schema}), refused="somehow")
    itself = _node("CachedNode", "builtins.list", [], __id__=7)
    yield Attack("a node that is itself", _archive(itself), refused="somehow")
    whole = _archive(_text("x"))
    yield Attack("half an archive", whole[: len(whole) // 2], refused="somehow")
    yield Attack("an archive with another byte", whole.replace(b"content", b"c0ntent"))


def _that_use_much() -> Iterator[Attack]:
    node = _node("NdArrayNode", "numpy.ndarray", type="numpy", file="big.npy")
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (10**10,)}
    )
    announced = _archive(node, **{"big.npy": head.getvalue() + b"x"})
    yield Attack("80 GB announced", announced, refused="somehow")
    head.truncate(0)
    head.seek(0)
    size = 64 * _MEGABYTE
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (size // 8,)}
    )
    zeros = _archive(node, **{"big.npy": head.getvalue() + bytes(size)})
    yield Attack("64 MB of zeros", zeros)
    # The size in the directory at the end of the archive may be false.
    true_size = (head.tell() + size).to_bytes(4, "little")
    yield Attack(
        "64 MB declared as little", zeros.replace(true_size, b"\1\0\0\0"), refused="somehow"
    )
