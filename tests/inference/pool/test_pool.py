"""Real models in real processes: what callers get."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from domain.errors import PredictionFailed, Rejected, Unavailable
from domain.signature import Signature
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile, ModelOutput
from inference.pool.pool import WorkerPool
from tests.inference import sample_models
from tests.inference.conftest import ModelStore
from tests.inference.faulty_estimators import NAN, NUL, RAISE, SHORT, FaultyEstimator
from tests.inference.processes import children_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
]


async def predict(
    engine: WorkerPool, file: ModelFile, signature: Signature, given: Any
) -> ModelOutput:
    return await engine.predict(file, signature, encode_rows(signature, given, 1000))


def paired(given: Any, own: Any) -> list[tuple[Any, Any]]:
    """Pair our lists, one per row, with an array for all outputs, or one for each output."""
    if not isinstance(own, list):
        return [(given, own)]
    arrays: list[Any] = [*own]
    return [*zip(zip(*given, strict=True), arrays, strict=True)]


@pytest.mark.parametrize("name", sample_models.NAMES)
async def test_predictions_equal_those_of_the_estimator(
    pool: WorkerPool, store: ModelStore, models: sample_models.SampleModels, name: str
) -> None:
    model, rows, native = models[name]
    file = store.save(model)
    signature = (await pool.inspect(file)).signature
    predicted = await predict(pool, file, signature, rows)
    expected = np.asarray(model.predict(native))
    assert (
        predicted.outputs == (expected[:, 0] if expected.shape[1:] == (1,) else expected).tolist()
    )
    assert predicted.inference_us > 0
    if signature.has_probabilities:
        for part, own in paired(predicted.probabilities, model.predict_proba(native)):
            np.testing.assert_allclose(np.array(part), own, rtol=0, atol=1e-12)
    else:
        assert predicted.probabilities is None


async def test_an_inspection_describes_the_model(
    pool: WorkerPool, store: ModelStore, models: sample_models.SampleModels
) -> None:
    found = await pool.inspect(store.save(models["mixed"].estimator))
    assert (found.model_type, found.framework) == ("Pipeline(LogisticRegression)", "scikit-learn")
    assert (found.format, found.framework_version[:2]) == ("joblib", "1.")


@pytest.mark.parametrize("name", ["logistic", "forest", "mixed", "texts", "linear of two"])
async def test_concurrent_requests_get_their_own_rows(
    pool: WorkerPool, store: ModelStore, models: sample_models.SampleModels, name: str
) -> None:
    model, rows, native = models[name]
    file = store.save(model)
    signature = (await pool.inspect(file)).signature
    parts = [rows[i : i + 1 + i % 3] for i in range(len(rows))] * 5
    results = await asyncio.gather(*(predict(pool, file, signature, part) for part in parts))
    expected = model.predict(native).tolist()
    for i, result in enumerate(results):
        at = i % len(rows)
        assert result.outputs == expected[at : at + 1 + at % 3]


async def test_one_bad_row_fails_only_its_own_request(pool: WorkerPool, store: ModelStore) -> None:
    file = store.save(FaultyEstimator())
    signature = (await pool.inspect(file)).signature
    given = [RAISE if i in (7, 30) else float(i) for i in range(50)]
    results = await asyncio.gather(
        *(predict(pool, file, signature, [value]) for value in given), return_exceptions=True
    )
    for value, result in zip(given, results, strict=True):
        if value == RAISE:
            assert isinstance(result, PredictionFailed)
            assert (result.reason, result.inference_us > 0) == ("refused", True)
            assert "is not accepted, and never was" in str(result)
        else:
            assert isinstance(result, ModelOutput)
            assert result.outputs == [value]


async def test_an_unknown_category_is_refused_by_the_model(
    pool: WorkerPool, store: ModelStore, models: sample_models.SampleModels
) -> None:
    file = store.save(models["mixed"].estimator)
    signature = (await pool.inspect(file)).signature
    with pytest.raises(PredictionFailed, match="Found unknown categories") as failure:
        await predict(pool, file, signature, [22.0, 7.25, "x", "S", True])
    assert failure.value.reason == "refused"


async def test_an_output_that_is_not_finite_is_none(pool: WorkerPool, store: ModelStore) -> None:
    file = store.save(FaultyEstimator())
    signature = (await pool.inspect(file)).signature
    assert (await predict(pool, file, signature, [NAN, 1.0])).outputs == [None, 1.0]


@pytest.mark.parametrize(("value", "reason"), [(SHORT, "refused"), (NUL, "crashed")])
async def test_an_invalid_reply_fails_and_the_next_request_succeeds(
    pool: WorkerPool, store: ModelStore, value: float, reason: str
) -> None:
    file = store.save(FaultyEstimator())
    signature = (await pool.inspect(file)).signature
    with pytest.raises(PredictionFailed) as failure:
        await predict(pool, file, signature, [value])
    assert failure.value.reason == reason
    assert (await predict(pool, file, signature, [2.0])).outputs == [2.0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"<html>", "an HTML or XML page"),
        (b"\x80\x05nonsense", "truncated, or was not saved with joblib"),
    ],
)
async def test_a_file_that_is_no_model_is_rejected(
    pool: WorkerPool, store: ModelStore, data: bytes, message: str
) -> None:
    with pytest.raises(Rejected, match=message):
        await pool.inspect(store.put(data))


async def test_a_model_that_ends_its_process_while_opening_is_rejected(
    pool: WorkerPool, store: ModelStore
) -> None:
    file = store.save(FaultyEstimator(at_load="exit"))
    with pytest.raises(Rejected, match="cannot be opened: the model process exited with status 9"):
        await pool.inspect(file)


async def test_a_file_that_changed_after_its_upload_is_not_opened(
    pool: WorkerPool, store: ModelStore, models: sample_models.SampleModels
) -> None:
    file = store.save(models["logistic"].estimator)
    signature = (await pool.inspect(file)).signature
    store.save(models["linear"].estimator)
    store.path(file.artifact_id).write_bytes(b"something else")
    for attempt in (pool.inspect(file), predict(pool, file, signature, [1, 2, 3, 4])):
        with pytest.raises(Unavailable, match="is not the one that was uploaded"):
            await attempt


async def test_a_missing_file_is_not_the_models_fault(pool: WorkerPool) -> None:
    with pytest.raises(FileNotFoundError):
        await pool.inspect(ModelFile(uuid4(), "0" * 64, 10))


async def test_a_warm_model_has_its_process(
    pool: WorkerPool, store: ModelStore, models: sample_models.SampleModels
) -> None:
    file = store.save(models["logistic"].estimator)
    signature = (await pool.inspect(file)).signature
    await asyncio.gather(pool.warm(file), pool.warm(file))
    before = set(children_of(pool.zygote_pid))
    await predict(pool, file, signature, [1, 2, 3, 4])
    assert set(children_of(pool.zygote_pid)) <= before
    with pytest.raises(Unavailable, match="cannot be opened"):
        await pool.warm(store.put(b"no model"))


async def test_rows_of_several_widths_are_not_joined(pool: WorkerPool, store: ModelStore) -> None:
    model: Any = FaultyEstimator()
    del model.n_features_in_
    file = store.save(model)
    signature = (await pool.inspect(file)).signature
    assert signature.width is None
    given = [[[float(i)] * (1 + i % 3)] for i in range(1, 20)]
    results = await asyncio.gather(*(predict(pool, file, signature, rows) for rows in given))
    assert [result.outputs for result in results] == [[float(i)] for i in range(1, 20)]


async def test_a_cancelled_call_does_not_affect_others(pool: WorkerPool, store: ModelStore) -> None:
    file = store.save(FaultyEstimator())
    signature = (await pool.inspect(file)).signature
    tasks = [asyncio.create_task(predict(pool, file, signature, [float(i)])) for i in range(9)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    rest = await asyncio.gather(*tasks[1::2])
    assert [result.outputs for result in rest] == [[1.0], [3.0], [5.0], [7.0]]
