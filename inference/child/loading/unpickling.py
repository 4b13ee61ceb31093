"""Opens a pickle as joblib writes it, and grants it only what a fitted model needs.

Nothing is called that is not on the allow-list, no class, function or module is changed, and no
description of an array is believed. What a file can still do, it does inside the sandbox.
"""

from __future__ import annotations

from io import BytesIO
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any, cast

import numpy as np

from inference.child.loading.allowlist import AllowList, Use, current_name, resolved
from inference.child.loading.arrays import (
    ArrayHeader,
    set_array_state,
    set_dtype_state,
    value_count,
)
from inference.child.loading.formats import BadModel
from inference.child.loading.pickle_machine import PickleMachine
from inference.child.loading.reconstructors import stand_in
from inference.child.loading.structures import WATCHED

_IMMUTABLE = (type, FunctionType, BuiltinFunctionType, MethodType, ModuleType)
_OLD_PROTOCOL = 3


class Unpickler(PickleMachine):
    """Reads one pickle; each array of objects holds another, which has an unpickler of its own."""

    def __init__(self, file: BytesIO, allowed: AllowList, outer: Unpickler | None = None) -> None:
        super().__init__(file)
        self._allowed = allowed
        self._uses: dict[int, Use] = outer._uses if outer else {}
        """How each global that was resolved may be used, by its id()."""
        self._created: set[type] = outer._created if outer else set()
        """The classes of all that this file created; only of these the state is set."""
        self.watched: list[Any] = outer.watched if outer else []
        """Instances of the WATCHED classes."""

    def resolve(self, module: str, name: str) -> Any:
        """Return the global that the file names, if it is on the list."""
        module, name = current_name(module, name, of_python_2=self.protocol < _OLD_PROTOCOL)
        use, found = stand_in(module, name) or (self._allowed.use_of(module, name), None)
        if use is None:
            raise BadModel(
                f"the model needs {module}.{name}, which is not on the list of what a model file "
                "may name"
            )
        if found is None:
            found = _global(module, name, is_listed=self._allowed.lists(module, name))
        self._uses[id(found)] = use
        return found

    def call(self, function: Any, arguments: Any) -> Any:
        """Call a function of the list that may be called."""
        if self._uses.get(id(function)) != "call" or type(arguments) is not tuple:
            raise BadModel(f"the file calls {_name_of(function)}, which no model does")
        return self._noted(function(*arguments))

    def create(self, kind: Any, arguments: Any, keywords: Any) -> Any:
        """Create an empty instance; with arguments only if the class may be called."""
        use = self._uses.get(id(kind))
        has_arguments = arguments != () or keywords != {}
        if not isinstance(kind, type) or use is None or use == "name":
            raise BadModel(f"the file makes a {_name_of(kind)}, which no model does")
        if has_arguments and use != "call":
            raise BadModel(f"the file makes a {_name_of(kind)} in a way that no model does")
        return self._noted(cast("Any", kind).__new__(kind, *arguments, **keywords))

    def set_state(self, target: Any, state: Any) -> Any:
        """Set the state of an instance that this file created; give an array for its header."""
        kind = cast("Any", type(target))
        if kind not in self._created or isinstance(target, _IMMUTABLE):
            raise BadModel(f"the file changes a {kind.__name__} that is not its own")
        if isinstance(target, np.dtype):
            set_dtype_state(cast("np.dtype[Any]", target), state)
        elif isinstance(target, np.ndarray):
            set_array_state(target, state)
        # Of the class: an attribute of the instance may be anything from the file.
        elif (set_state := getattr(kind, "__setstate__", None)) is not None:
            set_state(target, state)
        else:
            _set_attributes(target, state)
        if kind in WATCHED:
            self.watched.append(target)
        return self._array(cast("Any", target)) if kind is ArrayHeader else cast("Any", target)

    def _noted(self, created: Any) -> Any:
        self._created.add(cast("Any", type(created)))
        return created

    def _array(self, header: ArrayHeader) -> Any:
        dtype: object = getattr(header, "dtype", None)
        if not isinstance(dtype, np.dtype):
            raise BadModel("an array has no type")
        if not cast("Any", dtype).hasobject:
            return header.read(self.file)
        array = Unpickler(self.file, self._allowed, self).load()
        if type(array) is not np.ndarray or array.size != value_count(header.shape):
            raise BadModel("an array of objects is something else")
        return array


def _global(module: str, name: str, *, is_listed: bool) -> Any:
    first, *rest = name.split(".")
    try:
        found = resolved(module, first)
        for part in rest:
            found = getattr(found, part)
    except (ImportError, OSError) as error:  # A confined process cannot search for modules.
        package = module.partition(".")[0]
        raise BadModel(f"the model needs {package}, which is not installed here") from error
    except AttributeError as error:
        raise BadModel(
            f"the model needs {module}.{name}, which is not in the release here"
        ) from error
    # What a trusted module imports for its own use is not allowed with it.
    is_its_own = isinstance(found, type | FunctionType) and found.__module__ == module
    if not is_listed and not is_its_own:
        raise BadModel(f"the model needs {module}.{name}, which {module} does not define itself")
    return found


def _set_attributes(target: Any, state: Any) -> None:
    """Do what pickle does for a class without a ``__setstate__``."""
    is_pair = type(state) is tuple and len(cast("tuple[Any, ...]", state)) == 2  # noqa: PLR2004
    own, slots = cast("tuple[Any, Any]", state if is_pair else (state, None))
    if type(own) not in (dict, NoneType) or type(slots) not in (dict, NoneType):
        raise BadModel(f"a {type(target).__name__} has a state that is no dictionary")
    if own:
        target.__dict__.update(own)
    for name in slots or ():
        object.__setattr__(target, name, slots[name])


def _name_of(value: Any) -> str:
    kind = value if isinstance(value, _IMMUTABLE) else type(value)
    return f"{getattr(kind, '__module__', '?')}.{getattr(kind, '__qualname__', '?')}"
