"""Checks the indices that native code follows without a check of its own.

scikit-learn walks its trees, and scipy its sparse matrices, by numbers from the file. One that is
out of range crashes the process, or reads memory outside of the model. The fields are checked by
the names that the file has for them, since native code reads them by these, private or not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from inference.child.libraries import (
    scipy_sparse,
    sklearn_ensemble,
    sklearn_neighbors,
    sklearn_svm,
    sklearn_tree,
)
from inference.child.loading.allowlist import resolved
from inference.child.loading.formats import BadModel
from inference.child.loading.reconstructors import TREE

_TREE = resolved(*TREE)
TREE_MODELS = (
    sklearn_tree.DecisionTreeClassifier,
    sklearn_tree.DecisionTreeRegressor,
    sklearn_tree.ExtraTreeClassifier,
    sklearn_tree.ExtraTreeRegressor,
)
_FORESTS = (
    sklearn_ensemble.RandomForestClassifier,
    sklearn_ensemble.RandomForestRegressor,
    sklearn_ensemble.ExtraTreesClassifier,
    sklearn_ensemble.ExtraTreesRegressor,
    sklearn_ensemble.RandomTreesEmbedding,
    sklearn_ensemble.GradientBoostingClassifier,
    sklearn_ensemble.GradientBoostingRegressor,
)
BOOSTED = (
    sklearn_ensemble.HistGradientBoostingClassifier,
    sklearn_ensemble.HistGradientBoostingRegressor,
)
_BINNED_TREE = resolved("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor")
_SPARSE = tuple(
    getattr(scipy_sparse, f"{kind}_{form}")
    for kind in ("csr", "csc", "bsr", "coo")
    for form in ("array", "matrix")
)
_VECTOR_MACHINES = (
    *(sklearn_svm.SVC, sklearn_svm.NuSVC, sklearn_svm.SVR, sklearn_svm.NuSVR),
    sklearn_svm.OneClassSVM,
)


def check_structures(made: list[Any]) -> None:
    """Refuse indices out of range; all that is ``made`` is of the WATCHED classes."""
    _check_trees([tree for tree in made if type(tree) is _TREE])
    for value in made:
        for kinds, fitted, check in _CHECKS:
            # A search also holds the estimator that it copies, which is not fitted.
            if type(value) in kinds and (not fitted or fitted in _fields(value)):
                check(value)


def watched_in(model: Any) -> list[Any]:
    """Find the instances of the WATCHED classes in a model."""
    found: list[Any] = []
    seen: set[int] = set()
    pending = [model]
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if type(value) in WATCHED:
            found.append(value)
        elif scipy_sparse.issparse(value):
            raise BadModel(f"the model holds a {type(value).__name__}, which is not supported")
        pending.extend(_parts_of(value))
    return found


def _parts_of(value: Any) -> list[Any]:
    kind = cast("Any", type(value))
    if issubclass(kind, np.ndarray):
        return value.ravel().tolist() if value.dtype.hasobject else []
    if issubclass(kind, list | tuple | set | frozenset | deque):
        return list(value)
    parts: list[Any] = (
        [] if issubclass(kind, type) else list(getattr(value, "__dict__", {}).values())
    )
    if issubclass(kind, dict):
        parts.extend(value.values())
    if issubclass(kind, partial):
        parts.extend((value.func, value.args, value.keywords))
    return parts


def _check_trees(trees: list[Any]) -> None:
    """Check all trees at once, since numpy takes as long for one as for a hundred."""
    if not trees:
        return
    # The nodes of a tree that claims more than it has must not be read.
    _require(all(tree.node_count == tree.capacity for tree in trees), trees[0])
    counts = np.array([tree.node_count for tree in trees])
    left = np.concatenate([tree.children_left for tree in trees])
    right = np.concatenate([tree.children_right for tree in trees])
    feature = np.concatenate([tree.feature for tree in trees])
    numbers = np.arange(int(counts.sum())) - np.repeat(counts.cumsum() - counts, counts)
    widths = np.repeat([tree.n_features for tree in trees], counts)
    inner = left != -1
    _require(_descend(left, right, inner, numbers, np.repeat(counts, counts)), trees[0])
    _require(_within(feature[inner], widths[inner]), trees[0])


def _check_tree_model(model: Any) -> None:
    _require(model.tree_.n_features == model.n_features_in_, model)


def _check_forest(forest: Any) -> None:
    trees = np.asarray(forest.estimators_, dtype=object).ravel()
    _require(all(tree.tree_.n_features == forest.n_features_in_ for tree in trees), forest)


def _check_isolation_forest(forest: Any) -> None:
    width = forest.n_features_in_
    for tree, features in zip(forest.estimators_, forest.estimators_features_, strict=True):
        taken = width if _fields(forest)["_max_features"] == width else len(features)
        _require(tree.tree_.n_features == taken, forest)


def _check_boosted(model: Any) -> None:
    for predictor in (p for stage in _fields(model)["_predictors"] for p in stage):
        inner = predictor.nodes["is_leaf"] == 0
        _require(_within(predictor.nodes["feature_idx"][inner], model.n_features_in_), model)


def _check_binned(predictor: Any) -> None:
    nodes = predictor.nodes
    inner = nodes["is_leaf"] == 0
    left, right = (nodes[side].astype(np.int64) for side in ("left", "right"))
    _require(_descend(left, right, inner, np.arange(len(nodes)), len(nodes)), predictor)
    by_category = inner & (nodes["is_categorical"] != 0)
    sets = min(len(predictor.raw_left_cat_bitsets), len(predictor.binned_left_cat_bitsets))
    _require(_within(nodes["bitset_idx"][by_category], sets), predictor)


def _check_space_tree(tree: Any) -> None:
    data, order, nodes, bounds = map(np.asarray, tree.get_arrays())
    rows, count = len(data), len(nodes)
    inner = nodes["is_leaf"] == 0
    _require(count > 0 and len(order) == rows and _within(order, rows), tree)
    _require(bounds.shape[1:] == (count, data.shape[1]), tree)
    _require(_within(2 * np.arange(count)[inner] + 2, count), tree)
    _require(_within(nodes["idx_start"], rows + 1) and _within(nodes["idx_end"], rows + 1), tree)


def _check_sparse(matrix: Any) -> None:
    if matrix.format != "coo":
        matrix.check_format(full_check=True)
        return
    _require(len(matrix.coords) == len(matrix.shape), matrix)
    for indices, size in zip(map(np.asarray, matrix.coords), matrix.shape, strict=True):
        _require(indices.dtype.kind == "i" and indices.shape == matrix.data.shape, matrix)
        _require(_within(indices, size), matrix)


def _check_vectors(machine: Any) -> None:
    """Check that the parts of a support vector machine have the lengths that libsvm reads."""
    fields = _fields(machine)
    vectors, support, counts = machine.support_vectors_, machine.support_, fields["_n_support"]
    classes, count = len(counts), len(support)
    pairs = classes * (classes - 1) // 2
    is_classifier = hasattr(machine, "classes_")
    total: Any = np.sum(counts)  # in 64 bits: of 32-bit numbers, `sum` could overflow
    _require(not is_classifier or int(total) == count, machine)
    rows = max(1, classes - 1) if is_classifier else 1
    for coefficients in (machine.dual_coef_, fields["_dual_coef_"]):
        _require(coefficients.shape == (rows, count), machine)
        _require(getattr(coefficients, "nnz", rows * count) == rows * count, machine)
    _require(len(fields["_intercept_"]) >= pairs, machine)
    _require(all(len(fields[name]) in (0, 1, pairs) for name in ("_probA", "_probB")), machine)
    if machine.kernel == "precomputed" or callable(machine.kernel):
        _require(_within(support, machine.shape_fit_[0]), machine)
    else:
        _require(vectors.shape == (count, machine.n_features_in_), machine)


_CHECKS: tuple[tuple[tuple[type, ...], str, Callable[[Any], None]], ...] = (
    (TREE_MODELS, "tree_", _check_tree_model),
    (_FORESTS, "estimators_", _check_forest),
    ((sklearn_ensemble.IsolationForest,), "estimators_", _check_isolation_forest),
    (BOOSTED, "_predictors", _check_boosted),
    ((_BINNED_TREE,), "nodes", _check_binned),
    ((sklearn_neighbors.KDTree, sklearn_neighbors.BallTree), "", _check_space_tree),
    (_SPARSE, "", _check_sparse),
    (_VECTOR_MACHINES, "support_vectors_", _check_vectors),
)
WATCHED = frozenset({_TREE, *(kind for kinds, _, _ in _CHECKS for kind in kinds)})
"""The classes whose instances ``check_structures`` has to see."""


def _descend(left: Any, right: Any, inner: Any, numbers: Any, counts: Any) -> bool:
    """Whether the children of every inner node come after it, so that every walk ends."""
    last = np.broadcast_to(counts, numbers.shape)[inner]
    return all(
        bool(np.all((side[inner] > numbers[inner]) & (side[inner] < last)))
        for side in (left, right)
    )


def _within(indices: NDArray[Any], count: Any) -> bool:
    return bool(np.all((indices >= 0) & (indices < count)))


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields that the file gave an instance."""
    return cast("dict[str, Any]", vars(value))


def _require(holds: object, value: Any) -> None:
    if not holds:
        raise BadModel(f"a {type(value).__name__} in the file has indices out of range")
