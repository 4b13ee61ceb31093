"""What a model file may do while it is opened: only what fitted models do."""

from __future__ import annotations

import pickle
import struct
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from inference.child.libraries import joblib, sklearn_linear, sklearn_tree
from inference.child.loading.allowlist import AllowList, listed
from inference.child.loading.formats import BadModel
from inference.child.loading.unpickling import Unpickler
from tests.inference.faulty_estimators import FaultyEstimator
from tests.inference.sample_models import joblib_bytes

P = pickle


def opened(data: bytes, *trusted: str) -> Any:
    return Unpickler(BytesIO(data), AllowList(listed(), trusted)).load()


def text(value: str) -> bytes:
    encoded = value.encode()
    return P.BINUNICODE + struct.pack("<I", len(encoded)) + encoded


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + P.STACK_GLOBAL


def program(*parts: bytes) -> bytes:
    return b"\x80\x04" + b"".join(parts) + P.STOP


ESTIMATOR = named("sklearn.linear_model._logistic", "LogisticRegression")
EMPTY = ESTIMATOR + P.EMPTY_TUPLE + P.NEWOBJ
DTYPE = named("numpy", "dtype") + text("f8") + P.TUPLE1 + P.REDUCE
NO_ARGUMENTS = P.EMPTY_TUPLE


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("builtins", "type"),
        ("numpy", "load"),
        ("numpy.testing._private.utils", "runstring"),
        ("joblib.numpy_pickle_compat", "NDArrayWrapper"),
        ("sklearn.datasets", "clear_data_home"),
        ("sklearn.linear_model._logistic", "LogisticRegression.__init__.__globals__"),
        ("sklearn.linear_model._logistic", "np"),
    ],
)
def test_a_name_that_is_not_on_the_list_is_refused(module: str, name: str) -> None:
    with pytest.raises(BadModel, match=f"needs {module}.{name}, which is not on the list"):
        opened(program(named(module, name)))


def test_a_name_of_python_2_is_resolved_to_that_of_python_3() -> None:
    with pytest.raises(BadModel, match=r"needs builtins\.eval"):
        opened(b"c__builtin__\neval\n.")


def test_a_module_of_numpy_1_is_resolved_to_that_of_numpy_2() -> None:
    array = pickle.dumps(np.arange(3.0), 2)
    assert b"numpy._core" in array
    assert opened(array.replace(b"numpy._core", b"numpy.core")).tolist() == [0.0, 1.0, 2.0]


def test_a_global_that_may_only_be_named_is_not_called() -> None:
    with pytest.raises(BadModel, match=r"the file calls numpy\.ufunc"):
        opened(program(named("numpy", "log1p"), P.BININT1 + b"\x01", P.TUPLE1, P.REDUCE))


def test_an_estimator_is_only_created_empty() -> None:
    assert type(opened(program(EMPTY))) is sklearn_linear.LogisticRegression
    for way in (P.EMPTY_TUPLE + P.REDUCE, text("l1") + P.TUPLE1 + P.NEWOBJ):
        with pytest.raises(BadModel, match=r"calls sklearn|in a way that no model does"):
            opened(program(ESTIMATOR, way))


def test_an_object_that_the_file_created_is_not_called() -> None:
    with pytest.raises(BadModel, match="the file calls"):
        opened(program(EMPTY, P.EMPTY_TUPLE, P.REDUCE))


def test_the_state_of_a_class_or_function_is_never_set() -> None:
    state = P.NONE + P.EMPTY_DICT + text("predict") + P.NONE + P.SETITEM + P.TUPLE2
    for target in (ESTIMATOR, named("numpy", "log1p"), named("numpy", "ndarray")):
        with pytest.raises(BadModel, match="that is not its own"):
            opened(program(target, state, P.BUILD))


def test_an_attribute_named_like_a_method_is_not_called() -> None:
    state = P.EMPTY_DICT + text("__setstate__") + named("numpy", "log1p") + P.SETITEM
    kernel = named("sklearn.gaussian_process.kernels", "RBF") + P.EMPTY_TUPLE + P.NEWOBJ
    sneaky = opened(program(kernel, state, P.BUILD, P.EMPTY_DICT, P.BUILD))
    assert vars(sneaky) == {"__setstate__": np.log1p}


def test_items_are_only_set_in_a_dictionary() -> None:
    for put in (text("a") + P.NONE + P.SETITEM, P.NONE + P.APPEND, P.MARK + P.NONE + P.ADDITEMS):
        with pytest.raises(BadModel, match="was not written by pickle"):
            opened(program(EMPTY, put))


@pytest.mark.parametrize(
    "code",
    [
        P.PERSID + b"1\n",
        P.NONE + P.BINPERSID,
        P.EXT1 + b"\x01",
        P.EXT4 + b"\x01\0\0\0",
        P.MARK + P.INST + b"builtins\nset\n",
        P.MARK + named("builtins", "set") + P.OBJ,
        P.NEXT_BUFFER,
    ],
)
def test_opcodes_that_python_3_never_writes_are_refused(code: bytes) -> None:
    with pytest.raises(BadModel, match="was not written by pickle"):
        opened(program(code))


def test_announced_bytes_that_are_missing_use_no_memory() -> None:
    with pytest.raises(BadModel, match="truncated"):
        opened(b"\x80\x05" + P.BYTEARRAY8 + struct.pack("<Q", 1 << 62))


def dtype_with(*state: Any) -> bytes:
    return DTYPE + b"".join(map(_literal, state)) + P.BUILD


def _literal(value: Any) -> bytes:
    return pickle.dumps(value, 2)[2:-1]


@pytest.mark.parametrize(
    "state",
    [
        (3, "<", None, None, None, -1, -1, 63),  # an object, says the flag
        (3, "<", None, ("a",), {"a": (np.dtype("f8"), 10**6)}, 8, 1, 16),
        (3, "<", None, ("a",), {"a": (np.dtype("f8"), -8)}, 8, 1, 16),
        (3, "<", (np.dtype("O"), (1,)), None, None, 8, 8, 63),
        (3, "<", None, None, None, 1 << 40, 1, 0),
        (3, "<"),
        "state",
    ],
)
def test_a_forged_dtype_is_refused(state: Any) -> None:
    with pytest.raises(BadModel, match="an array has a type"):
        opened(program(dtype_with(state)))


def test_a_dtype_gets_the_state_that_numpy_itself_computes() -> None:
    state = (3, "|", None, ("a",), {"a": ("f8", 0)}, 8, 1, 16)
    void = named("numpy", "dtype") + text("V8") + P.TUPLE1 + P.REDUCE
    assert opened(program(void, _literal(state), P.BUILD)) == np.dtype([("a", "f8")])


def test_an_array_of_objects_has_the_number_of_values_of_its_shape() -> None:
    values = np.array([None, "a"], dtype=object)
    data = pickle.dumps(values, 2)
    assert opened(data).tolist() == [None, "a"]
    for shape in (b"K\x50\x85", b"J\xff\xff\xff\xff\x85"):
        with pytest.raises(BadModel, match=r"another number of values|not valid"):
            opened(data.replace(b"K\x02\x85", shape))


def test_a_dtype_that_hides_objects_is_refused() -> None:
    hiding = np.dtype([("a", "f8"), ("b", "O")])
    with pytest.raises(BadModel, match="holds objects among other things"):
        opened(pickle.dumps(hiding))
    cleared = pickle.dumps(np.dtype("O")).replace(b"K?t", b"K\0t")
    with pytest.raises(BadModel, match="numpy would not write"):
        opened(cleared)


def test_shared_dtypes_are_not_changed() -> None:
    assert opened(program(dtype_with((3, ">", None, None, None, -1, -1, 0)))) == np.dtype(">f8")
    assert np.dtype("f8").isnative


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.zeros((0, 4)),
    np.array(3),
    np.array(["a", "bcd"]),
    np.array([b"a", b"bcd"]),
    np.array(["2026-01-01"], dtype="M8[D]"),
    np.array([5, 6], dtype="m8[25ms]"),
    np.array([1.5, 2.5], dtype=">f8"),
    np.array([(1, 2.0)], dtype=np.dtype([("a", "i4"), ("b", "f8")], align=True)),
    np.zeros(2, dtype=[("a", "f4", (3,))]),
    np.array(["a", None, 1.5, np.arange(2)], dtype=object),
    np.ma.masked_array([1.0, 2.0], [True, False]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays_of_every_kind_are_read_unchanged(array: Any) -> None:
    for data in (joblib_bytes([array, 1]), *(pickle.dumps([array, 1], p) for p in range(2, 6))):
        again, one = opened(data)
        assert (one, again.shape, again.dtype.newbyteorder("=")) == (
            *(1, array.shape, array.dtype.newbyteorder("=")),
        )
        assert str(again.tolist()) == str(array.tolist())


def test_an_array_that_is_longer_than_the_file_uses_no_memory() -> None:
    data = joblib_bytes(np.zeros(3), protocol=2)
    assert opened(data).tolist() == [0.0] * 3
    data = data.replace(b"K\x03\x85", b"\x8a\x06" + (1 << 40).to_bytes(6, "little") + b"\x85")
    with pytest.raises(EOFError, match="longer than the file"):
        opened(data)


def test_arrays_of_objects_follow_the_same_rules() -> None:
    hidden = np.empty(1, dtype=object)
    hidden[0] = FaultyEstimator()
    with pytest.raises(BadModel, match="FaultyEstimator, which is not on the list"):
        opened(joblib_bytes(hidden))
    calm = opened(joblib_bytes(hidden), "tests.inference.faulty_estimators")
    assert type(calm[0]) is FaultyEstimator


def test_a_trusted_module_provides_only_what_it_defines() -> None:
    trusted = "tests.inference.faulty_estimators"
    assert opened(program(named(trusted, "FaultyEstimator")), trusted) is FaultyEstimator
    assert opened(program(named(trusted, "FaultyEstimator")), "tests") is FaultyEstimator
    for name in ("os", "os.system", "np.load", "signal.SIGKILL"):
        with pytest.raises(BadModel, match="does not define itself"):
            opened(program(named(trusted, name)), trusted)


def test_an_array_of_objects_cannot_use_memory_from_the_file() -> None:
    kind, spec = named("numpy", "ndarray"), text("O")
    shape = P.BININT1 + b"\x01" + P.TUPLE1
    forged = kind + P.MARK + shape + spec + P.SHORT_BINBYTES + b"\x08" + b"A" * 8 + P.TUPLE
    for way in (P.REDUCE, P.NEWOBJ):
        with pytest.raises(BadModel):
            opened(program(forged, way))


def test_getattr_returns_only_methods_of_str() -> None:
    assert opened(pickle.dumps(str.lower)) is not None
    for owner, name in ((named("builtins", "str"), "format"), (EMPTY, "fit")):
        with pytest.raises(BadModel, match="getattr"):
            opened(program(named("builtins", "getattr"), owner, text(name), P.TUPLE2, P.REDUCE))


def test_a_tree_has_a_number_of_classes_for_each_output() -> None:
    tree = sklearn_tree.DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1]).tree_
    data = joblib_bytes(tree)
    assert opened(data).node_count == 3
    with pytest.raises(BadModel, match="another number of outputs"):
        opened(data.replace(b"K\x01\x87", b"K\x09\x87"))


def test_joblib_has_no_unpickler_that_bypasses_the_list() -> None:
    assert tuple(map(int, joblib.__version__.split(".")[:2])) >= (1, 6)
