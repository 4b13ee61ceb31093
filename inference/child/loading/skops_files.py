"""Opens skops files: zip archives of a tree of named types, and of arrays.

Before skops reads the file, every node of the tree is checked against the allow-list, for what its
kind of node does with its type: name it, create an empty instance, or call it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

from inference.child.libraries import skops_io
from inference.child.loading.allowlist import AllowList, current_name
from inference.child.loading.formats import BadModel
from inference.child.loading.structures import check_structures, watched_in

_MEMBERS_MAX = 100_000
_SCHEMA = "schema.json"

# Kinds of node that create one type only, and the names of that type.
_FIXED: dict[str, tuple[str, ...]] = {
    "BytearrayNode": ("builtins.bytearray",),
    "BytesNode": ("builtins.bytes",),
    "DefaultDictNode": ("collections.defaultdict",),
    "DictNode": ("builtins.dict", "collections.OrderedDict", "sklearn.utils._bunch.Bunch"),
    "DTypeNode": ("numpy.dtype",),
    "JsonNode": ("builtins.bool", "builtins.float", "builtins.int", "builtins.str"),
    "ListNode": ("builtins.list",),
    "MaskedArrayNode": ("numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"),
    "PartialNode": ("functools.partial",),
    "RandomGeneratorNode": ("numpy.random._generator.Generator", "numpy.random.Generator"),
    "RandomStateNode": ("numpy.random.mtrand.RandomState", "numpy.random.RandomState"),
    "SetNode": ("builtins.set",),
    "SliceNode": ("builtins.slice",),
    "TreeNode": ("sklearn.tree._tree.Tree",),
}
# Kinds of node that use a type in some way, and the uses that the list may give it.
_LISTED = {
    "ConstructorFromReduceNode": ("call",),
    "FunctionNode": ("name",),
    "LossNode": ("call", "name"),
    "NdArrayNode": ("name",),
    "ObjectNode": ("call", "name", "new"),
    "SparseMatrixNode": ("new",),
    "TupleNode": ("call", "name"),
    "TypeNode": ("call", "name", "new"),
}
_PLAIN = (("NdArrayNode", "numpy.ndarray"), ("TupleNode", "builtins.tuple"))
_HOMES = {
    "LossNode": ("sklearn._loss._loss", "sklearn.linear_model._sgd_fast"),
    "NdArrayNode": ("numpy",),
    "SparseMatrixNode": ("scipy.sparse.",),
}


def read_skops(data: bytes, allowed: AllowList, bytes_max: int) -> Any:
    """Return what a skops file holds; raises BadModel, or what skops raises about the file."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_sizes(archive, bytes_max)
            schema = json.loads(archive.read(_SCHEMA))
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise BadModel("the file is a zip archive, not a model saved with skops") from error
    if type(schema) is not dict or "protocol" not in schema:
        raise BadModel("the file is a zip archive, not a model saved with skops")
    types = {_checked(node, allowed) for node in _nodes(schema)}
    model = skops_io.loads(data, trusted=sorted(types))
    check_structures(watched_in(model))
    return model


def _check_sizes(archive: zipfile.ZipFile, bytes_max: int) -> None:
    members = archive.infolist()
    if len(members) > _MEMBERS_MAX or sum(member.file_size for member in members) > bytes_max:
        raise BadModel(f"the file unpacks to more than the limit of {bytes_max} bytes")


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Return all that could be a node, at any depth."""
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            node = cast("dict[str, Any]", value)
            pending.extend(node.values())
            if "__loader__" in node or "__class__" in node:
                yield node
        elif isinstance(value, list):
            pending.extend(cast("list[Any]", value))


def _checked(node: dict[str, Any], allowed: AllowList) -> str:
    """Return the name of a node's type; raises BadModel if this kind of node may not use it."""
    kind, module, name = (str(node.get(key)) for key in ("__loader__", "__module__", "__class__"))
    full = f"{module}.{name}"
    if kind in _FIXED or full in ("numpy.ndarray", "builtins.tuple"):
        is_allowed = full in _FIXED.get(kind, ()) or (kind, full) in _PLAIN
    else:
        is_allowed = _is_listed(kind, module, name, allowed)
    if not is_allowed:
        raise BadModel(
            f"the model needs {full}, which is not on the list of what a model file may name"
        )
    return full


def _is_listed(kind: str, module: str, name: str, allowed: AllowList) -> bool:
    use = allowed.use_of(*current_name(module, name))
    return use in _LISTED.get(kind, ()) and module.startswith(_HOMES.get(kind, ""))
