"""Models with forged numbers: indices out of range, forged dtypes, wrong shapes.

Native code follows such numbers without checks, to memory outside of the array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from inference.child import libraries as lib
from tests.inference.attacks.attack import Attack
from tests.inference.attacks.files import opcodes as op
from tests.inference.sample_models import joblib_bytes

_tree: Any = lib.sklearn_tree
_ensemble: Any = lib.sklearn_ensemble
_linear: Any = lib.sklearn_linear
_neighbors: Any = lib.import_module("sklearn.neighbors")
_svm: Any = lib.import_module("sklearn.svm")

_FAR = 2**40
_X, _Y = [[float(i)] for i in range(20)], [i % 2 for i in range(20)]
_DTYPE, _ARRAY = op.name("numpy", "dtype"), op.name("numpy", "ndarray")


def attacks() -> Iterator[Attack]:
    """Crash the process, or read or write memory that it should not."""
    yield from _of_trees()
    yield from _of_histogram_trees()
    yield from _of_neighbors_and_vectors()
    yield from _of_types()
    yield from _of_shapes()
    yield from _of_sparse_matrices()


def _of_trees() -> Iterator[Attack]:
    for field, row in (("left_child", 0.0), ("right_child", 1e9), ("feature", 0.0)):
        for forge in (_tree.DecisionTreeClassifier, _tree.DecisionTreeRegressor):
            model = forge(max_depth=3).fit(_X, _Y)
            _forge_node(model.tree_, field, _FAR)
            yield Attack(f"{forge.__name__}: {field}", joblib_bytes(model), "crashes", row=row)
    model = _tree.DecisionTreeClassifier(max_depth=3).fit(_X, _Y)
    _forge_node(model.tree_, "left_child", 0)
    yield Attack("a tree with a cycle", joblib_bytes(model), "hangs", row=0.0)
    forest = _ensemble.RandomForestClassifier(2, max_depth=3).fit(_X, _Y)
    _forge_node(forest.estimators_[0].tree_, "left_child", -(_FAR))
    yield Attack("a tree of a forest", joblib_bytes(forest), "crashes", row=0.0)
    isolation = _ensemble.IsolationForest(n_estimators=2).fit(_X)
    _forge_node(isolation.estimators_[1].tree_, "right_child", _FAR)
    yield Attack("a tree of an isolation forest", joblib_bytes(isolation), "crashes", row=1e9)


def _forge_node(tree: Any, field: str, index: int) -> None:
    state = tree.__getstate__()
    state["nodes"][field][0] = index
    tree.__setstate__(state)


def _of_histogram_trees() -> Iterator[Attack]:
    for field in ("left", "feature_idx", "bitset_idx"):
        model = _ensemble.HistGradientBoostingRegressor(max_iter=1, min_samples_leaf=1)
        model.fit(_X, _Y)
        nodes = model._predictors[0][0].nodes
        nodes[field][0] = 2**31
        nodes["is_categorical"][0] = field == "bitset_idx"
        yield Attack(f"histogram tree: {field}", joblib_bytes(model), "crashes", row=0.0)


def _of_neighbors_and_vectors() -> Iterator[Attack]:
    model = _neighbors.KNeighborsClassifier(1, algorithm="kd_tree", leaf_size=1).fit(_X, _Y)
    state = list(model._tree.__getstate__())
    state[1] = np.full_like(state[1], _FAR)
    model._tree.__setstate__(tuple(state))
    yield Attack("indices of a k-d tree", joblib_bytes(model), "crashes", row=0.0)
    vectors = _svm.SVC().fit(_X, _Y)
    vectors._n_support = np.array([2**28, 2**28], dtype=np.int32)
    yield Attack("counts of support vectors", joblib_bytes(vectors), row=0.0)
    vectors = _svm.SVC().fit(_X, _Y)
    vectors.support_vectors_ = vectors.support_vectors_[:1]
    yield Attack("missing support vectors", joblib_bytes(vectors), row=0.0)


def _forged_dtype(base: str, state: bytes) -> bytes:
    return op.built(op.call(_DTYPE, op.value(base), op.value(False), op.value(True)), state)


def _of_types() -> Iterator[Attack]:
    """Make numpy take numbers for addresses of objects."""
    item = op.call(_DTYPE, op.value("O"))
    head = (op.value(3), op.value("|"), op.value(None))
    fields = op.dict_of(op.value("a"), op.tuple_of(item, op.value(0)))
    forged = {
        "an object without its flag": _forged_dtype(
            "O8", op.tuple_of(*head, *map(op.value, (None, None, -1, -1, 0)))
        ),
        "an object as a field of bytes": _forged_dtype(
            "V8", op.tuple_of(*head, op.value(("a",)), fields, *map(op.value, (8, 1, 0)))
        ),
        "a field outside the item": _forged_dtype(
            "V8",
            op.tuple_of(
                *head,
                op.value(("a",)),
                op.dict_of(
                    op.value("a"),
                    op.tuple_of(op.call(_DTYPE, op.value("i8")), op.value(10**6)),
                ),
                *map(op.value, (8, 1, 0)),
            ),
        ),
    }
    for what, dtype in forged.items():
        array = op.built(
            op.call(
                op.name("numpy._core.multiarray", "_reconstruct"),
                *(_ARRAY, op.value((0,)), op.value(b"b")),
            ),
            op.tuple_of(op.value(1), op.value((4,)), dtype, op.value(False), op.value(b"A" * 32)),
        )
        yield Attack(what, op.file(_within_a_model("coef_", array)), refused="somehow")


def _of_shapes() -> Iterator[Attack]:
    reconstruct = op.name("numpy._core.multiarray", "_reconstruct")
    empty = op.call(reconstruct, _ARRAY, op.value((0,)), op.value(b"b"))
    number = op.call(_DTYPE, op.value("f8"))
    for what, shape in (("more than its bytes", (10**6,)), ("negative", (-5,)), ("vast", (2**62,))):
        state = op.tuple_of(
            op.value(1), op.value(shape), number, op.value(False), op.value(b"A" * 8)
        )
        array = _within_a_model("coef_", op.built(empty, state))
        yield Attack(f"a shape that is {what}", op.file(array), refused="somehow")
    strided = op.call(
        op.name("numpy.lib.stride_tricks", "as_strided"),
        *(op.call(op.name("numpy", "zeros"), op.value(1)), op.value((10**9,)), op.value((8,))),
    )
    yield Attack("as_strided", op.file(_within_a_model("coef_", strided)), refused="by name")


def _within_a_model(attribute: str, code: bytes) -> bytes:
    kind = op.name("sklearn.linear_model._base", "LinearRegression")
    rest = {"n_features_in_": 1, "intercept_": 0.0, "fit_intercept": True, "positive": False}
    pairs = [op.value(part) for pair in rest.items() for part in pair]
    return op.built(op.made(kind), op.dict_of(*pairs, op.value(attribute), code))


def _of_sparse_matrices() -> Iterator[Attack]:
    forgeries: dict[str, Callable[[Any], None]] = {
        "indices": lambda m: m.indices.fill(2**31 - 1),
        "indptr": lambda m: m.indptr.__setitem__(-1, 2**30),
    }
    for what, forge in forgeries.items():
        model = _linear.LogisticRegression().fit(_X, _Y).sparsify()
        forge(model.coef_)
        harm = "crashes" if what == "indices" else "none"
        yield Attack(f"{what} of a sparse matrix", joblib_bytes(model), harm, row=1.0)
        vectors = _svm.SVC(kernel="linear").fit(
            lib.import_module("scipy.sparse").csr_matrix(_X), _Y
        )
        forge(vectors.support_vectors_)
        harm = "crashes" if what == "indptr" else "none"
        yield Attack(f"{what} of sparse support vectors", joblib_bytes(vectors), harm, row=1.0)
