"""ONNX graphs, opened and served by real processes."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from domain.errors import PredictionFailed, Rejected
from domain.signature import Signature
from inference.child.libraries import (
    sklearn_linear,
)
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import load
from inference.inputs.row_encoding import encode_rows
from inference.pool.pool import WorkerPool
from tests.inference.child.loading import onnx_graphs as graphs
from tests.inference.child.loading.served import close, served
from tests.inference.conftest import ModelStore

pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")
in_a_pool = pytest.mark.asyncio(loop_scope="session")

_datasets: Any = import_module("sklearn.datasets")
_onnx: Any = import_module("onnx")
ROWS, TARGET = _datasets.load_iris(return_X_y=True)
FLOWERS = np.array(["setosa", "versicolor", "virginica"])[TARGET]


@in_a_pool
@pytest.mark.parametrize("with_maps", [True, False])
async def test_an_onnx_classifier_gives_labels_and_probabilities(
    pool: WorkerPool, store: ModelStore, with_maps: bool
) -> None:
    model = sklearn_linear.LogisticRegression(max_iter=1000).fit(ROWS, FLOWERS)
    data = graphs.converted(model, ROWS, with_maps=with_maps)
    result = await served(pool, store, data, ROWS[::7].tolist())
    assert result.outputs == model.predict(ROWS[::7]).tolist()
    assert close(result.probabilities, model.predict_proba(ROWS[::7]), atol=1e-6)
    found = result.found
    assert (found.format, found.framework, found.model_type) == ("onnx", "onnx", "ONNX(skl2onnx)")
    assert found.signature.labels == ((tuple(model.classes_),) if with_maps else ())


@in_a_pool
async def test_an_onnx_regressor_gives_numbers(pool: WorkerPool, store: ModelStore) -> None:
    for target in (ROWS[:, 0], ROWS[:, :2]):
        model = sklearn_linear.LinearRegression().fit(ROWS, target)
        result = await served(pool, store, graphs.converted(model, ROWS), ROWS[:3].tolist())
        assert close(result.outputs, model.predict(ROWS[:3]), atol=1e-5)
        assert result.found.signature.task == "regression"


@in_a_pool
async def test_an_onnx_graph_may_take_texts(pool: WorkerPool, store: ModelStore) -> None:
    result = await served(pool, store, graphs.of_texts(), ["a good one", "a bad one"])
    assert result.outputs == ["+", "-"]


@in_a_pool
async def test_an_onnx_graph_may_take_columns_one_by_one(
    pool: WorkerPool, store: ModelStore
) -> None:
    given = [{"width": 1.5, "height": 2.0}, {"width": -1.0, "height": 0.5}]
    result = await served(pool, store, graphs.summing("width", "height"), given)
    assert result.outputs == [3.5, -0.5]
    assert [column.name for column in result.found.signature.columns] == ["width", "height"]


@in_a_pool
@pytest.mark.parametrize("batch", [None, 1])
async def test_an_onnx_graph_may_take_more_than_two_dimensions(
    pool: WorkerPool, store: ModelStore, batch: int | None
) -> None:
    pictures = np.arange(18.0).reshape(3, 6)
    result = await served(pool, store, graphs.picture(batch), pictures.tolist())
    assert close(result.outputs, pictures @ np.arange(12.0).reshape(6, 2))
    assert result.found.model_type == "ONNX(pytorch)"


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
def test_an_onnx_graph_with_external_data_is_refused(location: str) -> None:
    with pytest.raises(BadModel, match="keeps its numbers in another file"):
        load(graphs.with_external_data(location))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x08\x09", "no ONNX model that can be served"),
        (b"\x08" + bytes(100), "no ONNX model that can be served"),
        (graphs.ambiguous(), "gives low .*, high .*: which of them is the prediction is not clear"),
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
async def test_a_refused_onnx_graph_is_rejected_with_the_reason(
    pool: WorkerPool, store: ModelStore
) -> None:
    with pytest.raises(Rejected, match="keeps its numbers in another file"):
        await pool.inspect(store.put(graphs.with_external_data("/etc/hostname")))
