"""Opening model files: a refusal says what is wrong with the file."""

from __future__ import annotations

import gzip
import json
import pickle
import sys
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from inference.child.libraries import sklearn, sklearn_ensemble, sklearn_preprocessing
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import load
from tests.inference.faulty_estimators import FaultyEstimator
from tests.inference.sample_models import SampleModels, joblib_bytes

_FOREST: Any = sklearn_ensemble.RandomForestClassifier


def zipped() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # The time would be in the name of the test, which must be equal in all processes.
        archive.writestr(zipfile.ZipInfo("schema.json"), "{}")
    return buffer.getvalue()


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_a_model_opens_however_joblib_compressed_it(models: SampleModels, compress: Any) -> None:
    loaded = load(joblib_bytes(models["logistic"].estimator, compress=compress))
    assert loaded.version == sklearn.__version__
    assert loaded.estimator.predict([[5, 3, 1, 0.2]]).tolist() == [0]


def test_a_plain_pickle_opens_too(models: SampleModels) -> None:
    assert load(pickle.dumps(models["tree"].estimator)).estimator.n_features_in_ == 4


def test_the_version_that_saved_the_model_is_reported(models: SampleModels) -> None:
    data = joblib_bytes(models["logistic"].estimator)
    assert (load(data).version, load(data).warnings) == (sklearn.__version__, ())
    older = load(data.replace(sklearn.__version__.encode(), b"1.4.2"))
    assert older.version == "1.4.2"
    assert "saved with scikit-learn 1.4.2 and is served with" in older.warnings[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html></html>", "an HTML or XML page"),
        (b" \n<html>", "an HTML or XML page"),
        (json.dumps({"a": 1}).encode(), "a JSON text"),
        (zipped(), "a zip archive"),
        (b"ZF0x1a", "of a joblib older than 0.10"),
        (b"\x89PNG\r\n", "an image"),
        (b"hello, I am a model", "truncated, or was not saved with joblib"),
        (gzip.compress(b"hello", mtime=0), "truncated, or was not saved with joblib"),
        (joblib_bytes({"model": 1}), "holds a dict, not a scikit-learn estimator"),
        (joblib_bytes([1, 2]), "holds a list, not"),
        (joblib_bytes(np.zeros(3)), "holds a ndarray, not"),
        (joblib_bytes(None), "holds a NoneType, not"),
        (
            joblib_bytes(_FOREST),
            "holds the class RandomForest",
        ),
        (
            joblib_bytes(_FOREST()),
            "is not fitted: fit it, then save",
        ),
        (
            joblib_bytes(sklearn_preprocessing.StandardScaler().fit([[1.0], [2.0]])),
            "StandardScaler has no predict method: it only transforms",
        ),
        (b"cno_such_module\nThing\n.", "needs no_such_module.Thing, which is not on the list"),
        (b"csklearn.tree\nNoSuchTree\n.", "needs sklearn.tree.NoSuchTree, which is not on"),
        (b"cbuiltins\nrange\n(S'x'\ntR.", "cannot be opened: TypeError"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_what_it_is(data: bytes, message: str) -> None:
    with pytest.raises(BadModel, match=message):
        load(data)


@pytest.mark.parametrize("compress", [3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_a_file_that_unpacks_to_too_much_is_refused(compress: Any) -> None:
    data = joblib_bytes(np.zeros(1_000_000), compress=compress)
    assert len(data) < 100_000
    with pytest.raises(BadModel, match="unpacks to more than the limit of 1000000 bytes"):
        load(data, (), 1_000_000)


def test_an_unsupported_compression_is_refused() -> None:
    with pytest.raises(BadModel, match="compressed with lz4: save it with zlib"):
        load(b"\x04\x22\x4d\x18" + bytes(50))


def test_without_an_allow_list_any_module_is_accepted() -> None:
    data = joblib_bytes(FaultyEstimator())
    with pytest.raises(BadModel, match=r"needs tests\.inference\.faulty_estimators\.Faulty"):
        load(data)
    assert type(load(data, ("*",)).estimator) is FaultyEstimator


def test_a_framework_that_is_not_installed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "xgboost"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(BadModel, match="the model needs xgboost, which is not installed here"):
        load(b"cxgboost.sklearn\nXGBClassifier\n.")


@pytest.mark.parametrize("compress", [0, 3, ("xz", 3)])
def test_a_truncated_model_is_refused(models: SampleModels, compress: Any) -> None:
    data = joblib_bytes(models["forest"].estimator, compress=compress)
    for size in (10, len(data) // 2, len(data) - 100):
        with pytest.raises(BadModel):
            load(data[:size])


def test_an_estimator_without_predict_or_transform_is_refused() -> None:
    density: Any = SampleModels().unpredicting()
    with pytest.raises(BadModel, match="KernelDensity has no predict method"):
        load(joblib_bytes(density))
