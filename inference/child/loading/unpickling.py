"""Opens a pickle as joblib writes it, and grants it only what a fitted model needs.

A pickle is a program for a small machine. This machine calls nothing that is not listed, changes
no class, function or module, and believes no array's description of itself. It is the second
fence: what a file can do with what is left, it does inside the sandbox.
"""

from __future__ import annotations

import pickle
import sys
from collections import deque
from importlib import import_module
from io import BytesIO
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any, ClassVar, cast

import numpy as np

from inference.child.libraries import pickle_machine, python_2_names
from inference.child.loading.allowlist import AllowList, Use, current_name
from inference.child.loading.arrays import ArrayHeader, set_array_state, set_dtype_state
from inference.child.loading.formats import BadModel
from inference.child.loading.reconstructors import stand_in
from inference.child.loading.structures import WATCHED

_NOT_BUILT = (type, FunctionType, BuiltinFunctionType, MethodType, ModuleType)
_OLD_PROTOCOL = 3
_TAKES_NOTHING_MORE = "the file is none that pickle has written"


class Unpickler(pickle_machine):
    """Reads one pickle; those inside its arrays of objects are read by others of its kind."""

    def __init__(self, file: BytesIO, allowed: AllowList, outer: Unpickler | None = None) -> None:
        pickle_machine.__init__(self, file)
        self._file = file
        self._allowed = allowed
        self._uses: dict[int, Use] = outer._uses if outer else {}
        """How each global that was handed out may be used, by its id()."""
        self._made: set[type] = outer._made if outer else set()
        """The classes of all that was made here; of nothing else is the state ever set."""
        self.watched: list[Any] = outer.watched if outer else []
        """What was made that native code will read without checking it."""

    def find_class(self, module: str, name: str) -> Any:
        """Hand out what a file names, if it is listed."""
        if self.proto < _OLD_PROTOCOL:
            module, name = _renamed_since_python_2(module, name)
        module = current_name(module)
        allowed = self._allowed
        use, found = stand_in(module, name) or (allowed.use_of(module, name), None)
        if use is None:
            raise BadModel(
                f"the model needs {module}.{name}, which is not on the list of what a model file "
                "may name"
            )
        if found is None:
            found = _resolved(module, name, must_be_its_own=not allowed.lists(module, name))
        self._uses[id(found)] = use
        return found

    def _load_reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._called(self.stack[-1], arguments)

    def _load_newobj(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._new(self.stack[-1], arguments, {})

    def _load_newobj_ex(self) -> None:
        keywords = self.stack.pop()
        arguments = self.stack.pop()
        self.stack[-1] = self._new(self.stack[-1], arguments, keywords)

    def _load_build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        kind = cast("Any", type(made))
        if kind not in self._made or isinstance(made, _NOT_BUILT):
            raise BadModel(f"the file changes a {kind.__name__} that is not its own")
        if isinstance(made, np.dtype):
            set_dtype_state(cast("np.dtype[Any]", made), state)
        elif isinstance(made, np.ndarray):
            set_array_state(made, state)
        # Of the class: an object's own attribute may be anything out of the file.
        elif (set_state := getattr(kind, "__setstate__", None)) is not None:
            set_state(made, state)
        else:
            _set_attributes(made, state)
        if kind is ArrayHeader:
            self.stack[-1] = self._array(cast("Any", made))
        if kind in WATCHED:
            self.watched.append(made)

    def _load_append(self) -> None:
        value = self.stack.pop()
        self._checked(list, deque).append(value)

    def _load_appends(self) -> None:
        items = self.pop_mark()
        self._checked(list, deque).extend(items)

    def _load_additems(self) -> None:
        items = self.pop_mark()
        self._checked(set).update(items)

    def _load_setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._checked(dict)[key] = value

    def _load_setitems(self) -> None:
        items = self.pop_mark()
        target = self._checked(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value

    def _load_bytearray8(self) -> None:
        # pickle makes room for as many bytes as are announced before it reads any.
        size = int.from_bytes(self.read(8), "little")
        self.append(bytearray(self.read(min(size, sys.maxsize))))

    def _refuse(self) -> None:
        raise BadModel(_TAKES_NOTHING_MORE)

    def _called(self, function: Any, arguments: Any) -> Any:
        if self._uses.get(id(function)) != "call" or type(arguments) is not tuple:
            raise BadModel(f"the file calls {_name_of(function)}, which no model does")
        return self._noted(function(*arguments))

    def _new(self, kind: Any, arguments: Any, keywords: Any) -> Any:
        use = self._uses.get(id(kind))
        has_arguments = arguments != () or keywords != {}
        if not isinstance(kind, type) or use is None or use == "name":
            raise BadModel(f"the file makes a {_name_of(kind)}, which no model does")
        if has_arguments and use != "call":
            raise BadModel(f"the file makes a {_name_of(kind)} in a way that no model does")
        return self._noted(cast("Any", kind).__new__(kind, *arguments, **keywords))

    def _noted(self, made: Any) -> Any:
        self._made.add(cast("Any", type(made)))
        return made

    def _checked(self, *kinds: type) -> Any:
        if not isinstance(self.stack[-1], kinds):
            raise BadModel(_TAKES_NOTHING_MORE)
        return self.stack[-1]

    def _array(self, header: ArrayHeader) -> Any:
        dtype: object = getattr(header, "dtype", None)
        if not isinstance(dtype, np.dtype):
            raise BadModel("an array has no type")
        if not cast("Any", dtype).hasobject:
            return header.read(self._file)
        array = Unpickler(self._file, self._allowed, self).load()
        if type(array) is not np.ndarray or array.size != header.count():
            raise BadModel("an array of objects is something else")
        return array

    dispatch: ClassVar[dict[int, Any]] = pickle_machine.dispatch | {
        pickle.REDUCE[0]: _load_reduce,
        pickle.NEWOBJ[0]: _load_newobj,
        pickle.NEWOBJ_EX[0]: _load_newobj_ex,
        pickle.BUILD[0]: _load_build,
        pickle.APPEND[0]: _load_append,
        pickle.APPENDS[0]: _load_appends,
        pickle.ADDITEMS[0]: _load_additems,
        pickle.SETITEM[0]: _load_setitem,
        pickle.SETITEMS[0]: _load_setitems,
        pickle.BYTEARRAY8[0]: _load_bytearray8,
        # Python 3 writes none of these: persistent ids, old instances, registered codes, buffers.
        **dict.fromkeys(
            (pickle.PERSID + pickle.BINPERSID + pickle.INST + pickle.OBJ)
            + (pickle.EXT1 + pickle.EXT2 + pickle.EXT4)
            + (pickle.NEXT_BUFFER + pickle.READONLY_BUFFER),
            _refuse,
        ),
    }


def _renamed_since_python_2(module: str, name: str) -> tuple[str, str]:
    if (module, name) in python_2_names.NAME_MAPPING:
        return python_2_names.NAME_MAPPING[module, name]
    return python_2_names.IMPORT_MAPPING.get(module, module), name


def _resolved(module: str, name: str, *, must_be_its_own: bool) -> Any:
    try:
        found: Any = sys.modules.get(module) or import_module(module)
    except (ImportError, OSError) as error:  # In a confined process nothing can be looked for.
        package = module.partition(".")[0]
        raise BadModel(f"the model needs {package}, which is not installed here") from error
    try:
        for part in name.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise BadModel(
            f"the model needs {module}.{name}, which is not in the release here"
        ) from error
    # What a module of an operator's imports for its own use is not allowed with it.
    is_its_own = isinstance(found, type | FunctionType) and found.__module__ == module
    if must_be_its_own and not is_its_own:
        raise BadModel(f"the model needs {module}.{name}, which {module} does not define itself")
    return found


def _set_attributes(made: Any, state: Any) -> None:
    """Do what pickle does for a class without a ``__setstate__``."""
    is_pair = type(state) is tuple and len(cast("tuple[Any, ...]", state)) == 2  # noqa: PLR2004
    own, slots = cast("tuple[Any, Any]", state if is_pair else (state, None))
    if type(own) not in (dict, NoneType) or type(slots) not in (dict, NoneType):
        raise BadModel(f"a {type(made).__name__} has a state that is no dictionary")
    if own:
        made.__dict__.update(own)
    for name in slots or ():
        object.__setattr__(made, name, slots[name])


def _name_of(value: Any) -> str:
    kind = value if isinstance(value, _NOT_BUILT) else type(value)
    return f"{getattr(kind, '__module__', '?')}.{getattr(kind, '__qualname__', '?')}"
