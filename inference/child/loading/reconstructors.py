"""Stand-ins: what a model file gets in place of functions that could do more than a model needs.

A file names ``numpy.ndarray`` to say which class to create, and could also call it, with memory of
its choice. It gets a stand-in, of which only the other stand-ins make use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.random import BitGenerator, Generator, RandomState
from numpy.typing import NDArray

from inference.child.libraries import pandas
from inference.child.loading.allowlist import Use, resolved
from inference.child.loading.arrays import ArrayHeader, new_dtype
from inference.child.loading.formats import BadModel

_TEXT_METHODS = frozenset(
    ("casefold", "lower", "lstrip", "rstrip", "split", "splitlines", "strip", "title", "upper")
)
_RANDOM_BITS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


TREE = ("sklearn.tree._tree", "Tree")


class ArrayName:
    """In place of ``numpy.ndarray`` and its subclasses; it cannot be called."""


class Placeholder:
    """In place of what a prediction never uses, and what would be unsafe to create.

    scikit-learn's searches keep the distributions that they drew from; those of scipy execute text
    from the file when they are unpickled.
    """

    def __init__(self, *_: object, **__: object) -> None:
        """Ignore all arguments."""

    def __setstate__(self, state: object) -> None:
        """Ignore the state."""


def _reconstructed(kind: object, *_: object) -> NDArray[Any]:
    if kind is not ArrayName:
        raise BadModel("an array is of a class that is none of numpy's")
    return np.empty((0,), np.int8)


def _masked(kind: object, *_: object) -> Any:
    if kind is not ArrayName:
        raise BadModel("a masked array is of a class that is none of numpy's")
    # With a mask of its own, since the state that follows is set on the mask, too.
    return np.ma.MaskedArray(np.empty((0,), np.int8), mask=np.empty((0,), np.bool_))


def _scalar(dtype: object, data: object = b"") -> Any:
    if not isinstance(dtype, np.dtype) or cast("Any", dtype).hasobject or type(data) is not bytes:
        raise BadModel("a number is saved in a way that numpy would not use")
    return cast("Any", np.ndarray((), cast("Any", dtype), data))[()]


def _from_buffer(buffer: object, dtype: object, shape: Any, order: Any, *_: object) -> Any:
    if not isinstance(dtype, np.dtype) or type(buffer) not in (bytes, bytearray):
        raise BadModel("an array is saved in a way that numpy would not use")
    array: Any = np.frombuffer(cast("bytes", buffer), cast("Any", dtype))
    return array.reshape(shape, order=order)


def _bit_generator(kind: object = "MT19937", *_: object) -> BitGenerator:
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
    made = getattr(np.random, name)() if name in _RANDOM_BITS else None
    if not isinstance(made, BitGenerator):
        raise BadModel("random numbers come from a source that is none of numpy's")
    return made


def _random_state(source: object = "MT19937", *_: object) -> RandomState:
    return RandomState(source if isinstance(source, BitGenerator) else _bit_generator(source))


def _generator(source: object = "PCG64", *_: object) -> Generator:
    return Generator(source if isinstance(source, BitGenerator) else _bit_generator(source))


def _encoded(text: object, encoding: object = "") -> bytes:
    if type(text) is not str or encoding != "latin1":
        raise BadModel("bytes are saved in a way that pickle would not use")
    return text.encode("latin1")


def _attribute(owner: object, name: object) -> Any:
    """Return a method of ``str``, such as the ``str.lower`` of a vectorizer, and nothing else."""
    if isinstance(owner, Placeholder):
        return Placeholder()
    if owner is not str or name not in _TEXT_METHODS:
        raise BadModel("the model needs builtins.getattr for more than a method of texts")
    return getattr(str, name)


def _index(kind: Any, state: object) -> Any:
    """Create the Index by which the columns of a DataFrame were chosen."""
    if kind not in (pandas.Index, pandas.RangeIndex) or type(state) is not dict:
        raise BadModel("columns are named in a way that pandas would not use")
    return kind(**cast("dict[str, Any]", state))


def _tree(features: object, classes: object, outputs: object) -> Any:
    """Create an empty tree; its constructor reads a number of classes for each output."""
    if not isinstance(classes, np.ndarray) or type(features) is not int or type(outputs) is not int:
        raise BadModel("a tree is made in a way that scikit-learn would not use")
    if cast("Any", classes).shape != (outputs,) or features < 0:
        raise BadModel("a tree has another number of outputs than it says")
    return resolved(*TREE)(features, classes, outputs)


STAND_INS: Mapping[tuple[str, str], tuple[Use, Any]] = {
    ("_codecs", "encode"): ("call", _encoded),
    ("builtins", "getattr"): ("call", _attribute),
    ("functools", "partial"): ("call", partial),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): ("new", ArrayHeader),
    ("numpy", "dtype"): ("call", new_dtype),
    ("numpy", "matrix"): ("name", ArrayName),
    ("numpy", "memmap"): ("name", ArrayName),
    ("numpy", "ndarray"): ("name", ArrayName),
    ("numpy", "vectorize"): ("call", Placeholder),
    ("numpy._core.multiarray", "_reconstruct"): ("call", _reconstructed),
    ("numpy._core.multiarray", "scalar"): ("call", _scalar),
    ("numpy._core.numeric", "_frombuffer"): ("call", _from_buffer),
    ("numpy.ma", "MaskedArray"): ("name", ArrayName),
    ("numpy.ma.core", "MaskedArray"): ("name", ArrayName),
    ("numpy.ma.core", "_mareconstruct"): ("call", _masked),
    ("numpy.random._pickle", "__bit_generator_ctor"): ("call", _bit_generator),
    ("numpy.random._pickle", "__generator_ctor"): ("call", _generator),
    ("numpy.random._pickle", "__randomstate_ctor"): ("call", _random_state),
    ("pandas.core.indexes.base", "_new_Index"): ("call", _index),
    TREE: ("call", _tree),
}
"""By the name in the file: how it may be used, and the stand-in."""

_DISTRIBUTIONS = (
    "scipy.stats._continuous_distns",
    "scipy.stats._discrete_distns",
    "scipy.stats._distn_infrastructure",
)


def stand_in(module: str, name: str) -> tuple[Use, Callable[..., Any]] | None:
    """Return how a name may be used and its stand-in, None if it has none."""
    if module in _DISTRIBUTIONS:
        return "call", Placeholder
    return STAND_INS.get((module, name))
