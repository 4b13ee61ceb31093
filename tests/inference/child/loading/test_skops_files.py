"""skops files: checked by the same allow-list as pickles, and served by real processes."""

from __future__ import annotations

import json
import zipfile
from importlib import import_module
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from domain.errors import Rejected
from inference.child.libraries import (
    sklearn_ensemble,
    sklearn_linear,
    skops_io,
)
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import load
from inference.pool.pool import WorkerPool
from tests.inference.child.loading.served import close, served
from tests.inference.conftest import ModelStore
from tests.inference.sample_models import SampleModels

pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")
in_a_pool = pytest.mark.asyncio(loop_scope="session")

_datasets: Any = import_module("sklearn.datasets")
ROWS, TARGET = _datasets.load_iris(return_X_y=True)


@in_a_pool
@pytest.mark.parametrize("name", ["logistic", "forest", "mixed", "texts", "boosting", "grid"])
async def test_a_skops_file_is_served_like_the_model_in_it(
    pool: WorkerPool, store: ModelStore, models: SampleModels, name: str
) -> None:
    model, rows, native = models[name]
    result = await served(pool, store, skops_io.dumps(model), rows)
    assert result.found.format == "skops"
    assert result.outputs == np.asarray(model.predict(native)).tolist()
    assert close(result.probabilities, model.predict_proba(native))


def _tampered(change: Any) -> bytes:
    """A skops file whose outermost node is changed."""
    model = sklearn_linear.LogisticRegression(max_iter=1000).fit(ROWS, TARGET)
    source, target = zipfile.ZipFile(BytesIO(skops_io.dumps(model))), BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == "schema.json":
                data = json.dumps(json.loads(data) | change).encode()
            archive.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"__module__": "os", "__class__": "system"}, "os.system"),
        ({"__module__": "builtins", "__class__": "eval", "__loader__": "FunctionNode"}, "eval"),
        ({"__loader__": "MethodNode"}, "LogisticRegression"),
        ({"__loader__": "OperatorFuncNode"}, "LogisticRegression"),
        ({"__loader__": "ConstructorFromReduceNode"}, "LogisticRegression"),
        ({"__loader__": "FunctionNode"}, "LogisticRegression"),
        ({"__module__": "numpy", "__class__": "ndarray", "__loader__": "TypeNode"}, "ndarray"),
        ({"__module__": "numpy", "__class__": "load", "__loader__": "FunctionNode"}, "numpy.load"),
        ({"__module__": "subprocess", "__class__": "Popen", "__loader__": "TreeNode"}, "Popen"),
    ],
)
def test_a_skops_file_may_name_no_more_than_a_pickle(change: Any, named: str) -> None:
    with pytest.raises(BadModel, match=f"{named}, which is not on the list"):
        load(_tampered(change))


def test_a_skops_file_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(BadModel, match="unpacks to more than the limit of 1000 bytes"):
        load(_tampered({}), (), 1000)


def test_a_tree_in_a_skops_file_with_an_index_out_of_range_is_refused() -> None:
    model = sklearn_ensemble.RandomForestClassifier(2).fit(ROWS, TARGET)
    model.n_features_in_ = 2
    with pytest.raises(BadModel, match="RandomForestClassifier in the file has indices"):
        load(skops_io.dumps(model))


@in_a_pool
async def test_a_refused_skops_file_is_rejected_with_the_reason(
    pool: WorkerPool, store: ModelStore
) -> None:
    with pytest.raises(Rejected, match=r"needs os\.system, which is not on the list"):
        await pool.inspect(store.put(_tampered({"__module__": "os", "__class__": "system"})))
