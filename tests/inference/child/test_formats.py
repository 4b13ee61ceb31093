"""Model files of every format and framework, opened and asked in real, confined processes."""

from __future__ import annotations

import json
import warnings
import zipfile
from importlib import import_module
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import pytest

from domain.errors import PredictionFailed, Rejected
from domain.signature import Signature
from inference.child.libraries import (
    sklearn_ensemble,
    sklearn_linear,
    sklearn_model_selection,
    sklearn_pipeline,
    sklearn_preprocessing,
    skops_io,
)
from inference.child.loading.loader import BadModel, load
from inference.engine import Inspection
from inference.inputs.row_encoding import encode_rows
from inference.pool.pool import WorkerPool
from tests.inference import graphs
from tests.inference.child.test_loader import dumped
from tests.inference.column_models import mixed
from tests.inference.conftest import ModelStore
from tests.inference.sample_models import SampleModels

pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")
in_a_pool = pytest.mark.asyncio(loop_scope="session")

_lightgbm: Any = import_module("lightgbm")
_xgboost: Any = import_module("xgboost")
_datasets: Any = import_module("sklearn.datasets")
_onnx: Any = import_module("onnx")
ROWS, TARGET = _datasets.load_iris(return_X_y=True)
FLOWERS = np.array(["setosa", "versicolor", "virginica"])[TARGET]
_forest: Any = sklearn_ensemble.RandomForestClassifier


class Served(NamedTuple):
    """What bytes were found to be, and what they answered."""

    found: Inspection
    outputs: list[Any]
    probabilities: list[Any] | None


async def served(pool: WorkerPool, store: ModelStore, data: bytes, given: Any) -> Served:
    file = store.put(data)
    found = await pool.inspect(file)
    answer = await pool.predict(file, found.signature, encode_rows(found.signature, given, 1000))
    return Served(found, answer.outputs, answer.probabilities)


def close(given: Any, expected: Any, atol: float = 1e-12) -> bool:
    return np.allclose(np.array(given), np.asarray(expected), rtol=0, atol=atol)


@in_a_pool
@pytest.mark.parametrize("name", ["logistic", "forest", "mixed", "texts", "boosting", "grid"])
async def test_a_skops_file_is_served_like_the_model_in_it(
    pool: WorkerPool, store: ModelStore, models: SampleModels, name: str
) -> None:
    model, rows, native = models[name]
    answer = await served(pool, store, skops_io.dumps(model), rows)
    assert answer.found.format == "skops"
    assert answer.outputs == np.asarray(model.predict(native)).tolist()
    assert close(answer.probabilities, model.predict_proba(native))


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


def test_a_tree_in_a_skops_file_may_not_point_outside_of_itself() -> None:
    model = sklearn_ensemble.RandomForestClassifier(2).fit(ROWS, TARGET)
    model.n_features_in_ = 2
    with pytest.raises(BadModel, match="RandomForestClassifier in the file points outside"):
        load(skops_io.dumps(model))


def _xgboost_forest() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # deprecated since 3.4; files of it exist
        return _xgboost.XGBRFClassifier(n_estimators=5)


MODELS = {
    "lightgbm": _lightgbm.LGBMClassifier(n_estimators=5, n_jobs=-1, verbose=-1),
    "lightgbm regressor": _lightgbm.LGBMRegressor(n_estimators=5, num_threads=4, verbose=-1),
    "xgboost": _xgboost.XGBClassifier(n_estimators=5, n_jobs=-1),
    "xgboost regressor": _xgboost.XGBRegressor(n_estimators=5, n_jobs=4),
    "xgboost forest": _xgboost_forest(),
    "forest": _forest(20, n_jobs=-1, random_state=0),
    "search": sklearn_model_selection.GridSearchCV(
        _forest(5, random_state=0), {"max_depth": [2, 3]}, cv=2, n_jobs=2
    ),
    "voting": sklearn_ensemble.VotingClassifier(
        [("a", _forest(5, random_state=0)), ("b", sklearn_linear.LogisticRegression(max_iter=500))],
        voting="soft",
        n_jobs=-1,
    ),
    "bagging": sklearn_ensemble.BaggingClassifier(n_estimators=5, n_jobs=-1, random_state=0),
    "boosting in a pipeline": sklearn_pipeline.make_pipeline(
        sklearn_preprocessing.StandardScaler(), _lightgbm.LGBMClassifier(n_estimators=5, verbose=-1)
    ),
    "boosting in a search": sklearn_model_selection.GridSearchCV(
        _xgboost.XGBClassifier(n_estimators=3), {"max_depth": [2, 3]}, cv=2
    ),
}


@in_a_pool
@pytest.mark.parametrize("name", MODELS)
async def test_models_that_ask_for_threads_are_served_without(
    pool: WorkerPool, store: ModelStore, name: str
) -> None:
    model = MODELS[name].fit(ROWS, TARGET)
    answer = await served(pool, store, dumped(model), ROWS[::7].tolist())
    assert answer.outputs == model.predict(ROWS[::7]).tolist()
    if hasattr(model, "predict_proba"):
        assert close(answer.probabilities, model.predict_proba(ROWS[::7]))
    package = type(model).__module__.partition(".")[0]
    assert answer.found.framework == ("scikit-learn" if package == "sklearn" else package)


@in_a_pool
async def test_boosting_on_named_columns_with_nulls_is_served(
    pool: WorkerPool, store: ModelStore
) -> None:
    model, rows, frame = mixed(sklearn_linear.LogisticRegression())
    model = model.set_params(logisticregression=_xgboost.XGBRegressor(n_estimators=3))
    answer = await served(pool, store, dumped(model.fit(frame, np.arange(10))), rows)
    assert answer.outputs == model.predict(frame).tolist()


@in_a_pool
@pytest.mark.parametrize("with_maps", [True, False])
async def test_an_onnx_classifier_gives_labels_and_probabilities(
    pool: WorkerPool, store: ModelStore, with_maps: bool
) -> None:
    model = sklearn_linear.LogisticRegression(max_iter=1000).fit(ROWS, FLOWERS)
    data = graphs.converted(model, ROWS, with_maps=with_maps)
    answer = await served(pool, store, data, ROWS[::7].tolist())
    assert answer.outputs == model.predict(ROWS[::7]).tolist()
    assert close(answer.probabilities, model.predict_proba(ROWS[::7]), atol=1e-6)
    found = answer.found
    assert (found.format, found.framework, found.model_type) == ("onnx", "onnx", "ONNX(skl2onnx)")
    assert found.signature.labels == ((tuple(model.classes_),) if with_maps else ())


@in_a_pool
async def test_an_onnx_regressor_gives_numbers(pool: WorkerPool, store: ModelStore) -> None:
    for target in (ROWS[:, 0], ROWS[:, :2]):
        model = sklearn_linear.LinearRegression().fit(ROWS, target)
        answer = await served(pool, store, graphs.converted(model, ROWS), ROWS[:3].tolist())
        assert close(answer.outputs, model.predict(ROWS[:3]), atol=1e-5)
        assert answer.found.signature.task == "regression"


@in_a_pool
async def test_an_onnx_graph_may_take_texts(pool: WorkerPool, store: ModelStore) -> None:
    answer = await served(pool, store, graphs.of_texts(), ["a good one", "a bad one"])
    assert answer.outputs == ["+", "-"]


@in_a_pool
async def test_an_onnx_graph_may_take_columns_one_by_one(
    pool: WorkerPool, store: ModelStore
) -> None:
    given = [{"width": 1.5, "height": 2.0}, {"width": -1.0, "height": 0.5}]
    answer = await served(pool, store, graphs.summing("width", "height"), given)
    assert answer.outputs == [3.5, -0.5]
    assert [column.name for column in answer.found.signature.columns] == ["width", "height"]


@in_a_pool
@pytest.mark.parametrize("batch", [None, 1])
async def test_an_onnx_graph_may_take_more_than_two_dimensions(
    pool: WorkerPool, store: ModelStore, batch: int | None
) -> None:
    pictures = np.arange(18.0).reshape(3, 6)
    answer = await served(pool, store, graphs.picture(batch), pictures.tolist())
    assert close(answer.outputs, pictures @ np.arange(12.0).reshape(6, 2))
    assert answer.found.model_type == "ONNX(pytorch)"


@in_a_pool
async def test_an_onnx_graph_of_whole_numbers_takes_no_fractions(
    pool: WorkerPool, store: ModelStore
) -> None:
    file = store.put(graphs.doubled(_onnx.TensorProto.INT64))
    signature: Signature = (await pool.inspect(file)).signature
    assert (await pool.predict(file, signature, encode_rows(signature, [[21]], 1))).outputs == [42]
    with pytest.raises(PredictionFailed, match="'x' takes whole numbers only"):
        await pool.predict(file, signature, encode_rows(signature, [[0.5]], 1))


@pytest.mark.parametrize("location", ["/etc/hostname", "weights.bin", "../weights.bin"])
def test_an_onnx_graph_whose_numbers_are_elsewhere_is_refused(location: str) -> None:
    with pytest.raises(BadModel, match="keeps its numbers in another file"):
        load(graphs.elsewhere(location))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x08\x09", "no ONNX model that can be served"),
        (b"\x08" + bytes(100), "no ONNX model that can be served"),
        (graphs.ambiguous(), "gives low .*, high .*: which of them answers is not clear"),
        (graphs.picture(4), "takes 4 rows at a time"),
        (graphs.doubled(_onnx.TensorProto.UINT8), "takes 'x' as tensor.uint8., which is not"),
    ],
)
def test_an_onnx_graph_that_cannot_be_served_is_refused_with_the_reason(
    data: bytes, message: str
) -> None:
    with pytest.raises(BadModel, match=message):
        load(data)


@in_a_pool
async def test_a_refusal_of_any_format_reaches_the_uploader(
    pool: WorkerPool, store: ModelStore
) -> None:
    with pytest.raises(Rejected, match="keeps its numbers in another file"):
        await pool.inspect(store.put(graphs.elsewhere("/etc/hostname")))
    with pytest.raises(Rejected, match=r"needs os\.system, which is not on the list"):
        await pool.inspect(store.put(_tampered({"__module__": "os", "__class__": "system"})))
