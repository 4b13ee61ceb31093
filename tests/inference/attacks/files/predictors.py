"""Files that open normally, and do harm when they predict.

Some name a function that is called with the rows. Others only contain parts of scikit-learn, so
that no list can distinguish them from honest ones.
"""

from __future__ import annotations

import cProfile
import functools
import string
from collections.abc import Iterator
from typing import Any

import numpy as np

from inference.child import libraries as lib
from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary
from tests.inference.sample_models import joblib_bytes

_text: Any = lib.sklearn_text
_linear: Any = lib.sklearn_linear
_preprocessing: Any = lib.sklearn_preprocessing
_pipeline: Any = lib.sklearn_pipeline
_neighbors: Any = lib.import_module("sklearn.neighbors")
_svm: Any = lib.import_module("sklearn.svm")
_kernel_ridge: Any = lib.import_module("sklearn.kernel_ridge")
_decomposition: Any = lib.import_module("sklearn.decomposition")

_SYSTEM: Any = lib.import_module("os").system
_ALPHABET = string.ascii_letters
_TWO_ROWS = [[0.0], [1.0]]


def attacks(canary: Canary) -> Iterator[Attack]:
    """Do the harm with the row to predict, reveal the secret, or never end."""
    yield from _that_call_with_a_text(canary)
    yield from _that_call_with_numbers(canary)
    yield from _that_read_files(canary)
    yield from _that_never_end()


def _that_call_with_a_text(canary: Canary) -> Iterator[Attack]:
    """Run each text of a request as a command or as code."""
    for kind in (_text.CountVectorizer, _text.TfidfVectorizer, _text.HashingVectorizer):
        for part, analyzer in (("preprocessor", "char"), ("tokenizer", "word")):
            called = joblib_bytes(_counting(kind, analyzer=analyzer, **{part: _SYSTEM}))
            name = f"{kind.__name__}({part}=os.system)"
            yield Attack(name, called, "makes", "by name", canary.command)
        called = joblib_bytes(_counting(kind, analyzer=_SYSTEM))
        name = f"{kind.__name__}(analyzer=os.system)"
        yield Attack(name, called, "makes", "by name", canary.command)
    code = joblib_bytes(_counting(_text.CountVectorizer, analyzer="word", tokenizer=eval))
    yield Attack("tokenizer=eval", code, "makes", "by name", canary.code)


def _that_call_with_numbers(canary: Canary) -> Iterator[Attack]:
    """Hide a function where scikit-learn takes one, which ignores the numbers it is given."""
    one = functools.partial(cProfile.run, canary.code, None)
    two = functools.partial(cProfile.runctx, canary.code, {}, {})
    regressor = lib.sklearn_compose.TransformedTargetRegressor(
        _linear.LinearRegression(), func=np.negative, inverse_func=np.negative
    ).fit(_TWO_ROWS, [0.0, 1.0])
    regressor.transformer_.inverse_func = one
    neighbors = _neighbors.KNeighborsRegressor(1).fit(_TWO_ROWS, [0.0, 1.0])
    neighbors.weights = one
    transformer = _preprocessing.FunctionTransformer(one)
    pipeline = _pipeline.Pipeline([("call", transformer), ("end", _summing(1))])
    vectors = _svm.SVC(kernel=np.inner).fit(_TWO_ROWS, [0, 1])
    vectors.kernel = two
    ridge = _kernel_ridge.KernelRidge().fit(_TWO_ROWS, [0.0, 1.0])
    ridge.kernel = two
    for model in (regressor, neighbors, pipeline, vectors, ridge):
        name = f"{type(model).__name__} with a function"
        yield Attack(name, joblib_bytes(model), "makes", refused="by name")


def _that_read_files(canary: Canary) -> Iterator[Attack]:
    for kind in (_text.CountVectorizer, _text.TfidfVectorizer):
        yield Attack(
            f"{kind.__name__}(input='filename')",
            joblib_bytes(_counting(kind, input="filename", analyzer="char")),
            "reads",
            row=str(canary.secret),
        )


def _that_never_end() -> Iterator[Attack]:
    pattern = _letters(_text.CountVectorizer, analyzer="word", token_pattern=r"(a|aa)+$")
    model = _pipeline.Pipeline([("count", pattern), ("end", _summing(len(_ALPHABET)))])
    yield Attack("a pattern without end", joblib_bytes(model), "hangs", row="a" * 200 + "b")
    topics = _decomposition.LatentDirichletAllocation(2).fit([[1.0], [2.0]])
    topics.max_doc_update_iter, topics.mean_change_tol = 2**62, -1.0
    model = _pipeline.Pipeline([("topics", topics), ("end", _summing(2))])
    yield Attack("topics without end", joblib_bytes(model), "hangs", row=1.0)


def _counting(kind: Any, **options: Any) -> Any:
    steps = [("count", _letters(kind, **options)), ("end", _summing(len(_ALPHABET)))]
    return _pipeline.Pipeline(steps)


def _letters(kind: Any, **options: Any) -> Any:
    """A vectorizer that knows the letters, fitted without being called."""
    if kind is _text.HashingVectorizer:
        return kind(n_features=len(_ALPHABET), **options)
    plain = kind(analyzer="char", lowercase=False)
    if kind is _text.TfidfVectorizer:
        plain.set_params(norm=None, use_idf=False)  # Then it counts.
    fitted = plain.fit(list(_ALPHABET))
    return fitted.set_params(**options)


def _summing(width: int) -> Any:
    """A regression that returns its input."""
    eye = np.eye(width)
    return _linear.LinearRegression(fit_intercept=False).fit(eye, eye)
