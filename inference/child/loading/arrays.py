"""Reads arrays as joblib writes them, and dtypes as numpy pickles them.

A forged dtype gives access to memory outside of the array. So the state of a dtype is only accepted
if numpy, having made the same dtype by its public constructor, would pickle that state.
"""

from __future__ import annotations

from io import BytesIO
from math import prod
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from inference.child.loading.formats import BadModel

_DIMENSIONS_MAX = 32
_ALIGNED = 0x80
_ARRAY_STATE_FIELDS_MIN = 5
_STATE_FIELDS_MIN = 8


class ArrayHeader:
    """The header before the bytes of an array in a joblib file."""

    # Slots, so that nothing from the file can replace a method.
    __slots__ = ("allow_mmap", "dtype", "numpy_array_alignment_bytes", "order", "shape", "subclass")
    shape: tuple[int, ...]
    order: str
    dtype: np.dtype[Any]
    numpy_array_alignment_bytes: int | None

    def __setstate__(self, state: object) -> None:
        """Set the fields that joblib writes; older releases write fewer."""
        if type(state) is not dict:
            raise BadModel("an array has no header")
        for name, value in cast("dict[str, Any]", state).items():
            object.__setattr__(self, name, value)

    def read(self, file: BytesIO) -> NDArray[Any]:
        """Read the values, which follow after padding."""
        count = value_count(self.shape)
        if getattr(self, "numpy_array_alignment_bytes", None) is not None:
            padding = file.read(1)
            file.seek(padding[0], 1)
        # Nothing is allocated for values that the file does not have.
        if count * self.dtype.itemsize > file.getbuffer().nbytes - file.tell():
            raise EOFError("an array is longer than the file")
        flat = np.empty(count, self.dtype)
        if flat.nbytes:
            file.readinto(flat.view(np.uint8).data)
        if self.order == "F":
            array = flat.reshape(self.shape[::-1]).transpose()
        else:
            array = flat.reshape(self.shape)
        return array if self.dtype.isnative else array.astype(self.dtype.newbyteorder("="))


def set_array_state(array: Any, state: object) -> None:
    """Set the state of an array; numpy does not check the state of an array of objects."""
    if type(state) is not tuple or len(cast("tuple[Any]", state)) < _ARRAY_STATE_FIELDS_MIN:
        raise BadModel("an array has no proper state")
    _, shape, _, _, values, *_ = cast("tuple[Any, ...]", state)
    if type(values) is list and len(cast("list[Any]", values)) != value_count(shape):
        raise BadModel("an array of objects has another number of values than it says")
    array.__setstate__(state)


def value_count(shape: object) -> int:
    """Return the number of values; raises BadModel if the shape is not valid."""
    if type(shape) is not tuple or len(cast("tuple[Any]", shape)) > _DIMENSIONS_MAX:
        raise BadModel("an array has no shape")
    sizes = cast("tuple[Any, ...]", shape)
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise BadModel("an array has a shape that is not valid")
    return prod(sizes)


def new_dtype(spec: object, *_: object) -> np.dtype[Any]:
    """Create a dtype of its own; its state follows in the file."""
    if type(spec) is not str:
        raise BadModel("an array has a type that does not start from one of numpy's own")
    # Always a copy: the state must not be set on the dtype that numpy shares.
    return np.dtype(spec, False, True)


def set_dtype_state(dtype: np.dtype[Any], state: object) -> None:
    """Set the state of a dtype, if numpy can make a dtype with this state."""
    if type(state) is not tuple or len(cast("tuple[Any]", state)) < _STATE_FIELDS_MIN:
        raise BadModel("an array has a type without a proper state")
    declared = cast("tuple[Any, ...]", state)
    try:
        expected = cast("Any", _made_by_numpy(dtype, declared))
        state_of_numpy = expected.__reduce__()[2]
        is_canonical = _comparable(state_of_numpy) == _comparable(declared)
    except (TypeError, ValueError, KeyError, OverflowError, AttributeError) as error:
        raise BadModel("an array has a type that numpy cannot make") from error
    if not is_canonical or (expected.kind, expected.itemsize) != (dtype.kind, dtype.itemsize):
        raise BadModel("an array has a type in a state that numpy would not write")
    if expected.hasobject and expected.kind != "O":
        raise BadModel("an array has a type that holds objects among other things")
    # The state from numpy: an equal one may hold values of types that numpy does not expect.
    cast("Any", dtype).__setstate__(state_of_numpy)


def _comparable(state: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out what numpy ignores, and what differs between its releases."""
    _, *rest = state[:_STATE_FIELDS_MIN]
    unit = state[_STATE_FIELDS_MIN:]
    return (*rest, unit[0][1] if unit and unit[0] is not None else None)


def _made_by_numpy(dtype: np.dtype[Any], state: tuple[Any, ...]) -> np.dtype[Any]:
    """Make the dtype that a state describes by numpy's public constructor."""
    _, byte_order, subarray, names, fields, itemsize, _, flags, *unit = state
    if subarray is not None:
        return np.dtype(subarray)
    if names is not None:
        layout: Any = {
            "names": list(names),
            "formats": [fields[name][0] for name in names],
            "offsets": [fields[name][1] for name in names],
            "itemsize": itemsize,
        }
        return np.dtype(layout, align=bool(flags & _ALIGNED))
    if unit and unit[0] is not None:
        (name, *numbers) = unit[0][1]
        return np.dtype(f"{dtype.kind}8[{numbers[0]}{name.decode('ascii')}]")
    return np.dtype(dtype.str).newbyteorder(byte_order)
