"""Executes the opcodes of a pickle; what they may name, call and change is left to a subclass.

A pickle is a program for a stack machine. ``pickletools`` decodes its opcodes one at a time and
reads nothing ahead, so the raw bytes that joblib puts between two opcodes can be read from the
same file. Opcodes that are not in the table are refused: persistent ids, instances of classic
classes, registered extension codes, out-of-band buffers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from io import BytesIO
from pickle import HIGHEST_PROTOCOL
from pickletools import genops
from typing import Any, ClassVar

from inference.child.loading.formats import TRUNCATED, BadModel

NOT_WRITTEN_BY_PICKLE = "the file was not written by pickle"

_PUSH_ARGUMENT = frozenset(
    {
        *("BINBYTES", "BINBYTES8", "BINFLOAT", "BININT", "BININT1", "BININT2", "BINSTRING"),
        *("BINUNICODE", "BINUNICODE8", "BYTEARRAY8", "FLOAT", "INT", "LONG", "LONG1", "LONG4"),
        *("SHORT_BINBYTES", "SHORT_BINSTRING", "SHORT_BINUNICODE", "STRING", "UNICODE"),
    }
)
_NO_EFFECT = ("FRAME", "STOP")
"""Frames are for readers that read ahead."""
_PUSH_NEW: dict[str, Callable[[], object]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_SET": set,
    "EMPTY_TUPLE": tuple,
    "NEWFALSE": lambda: False,
    "NEWTRUE": lambda: True,
    "NONE": lambda: None,
}


class PickleMachine(ABC):
    """The stack, the marks and the memo of one pickle."""

    def __init__(self, file: BytesIO) -> None:
        self.file = file
        self.protocol = 0
        self.stack: list[Any] = []
        self._outer_stacks: list[list[Any]] = []
        """One for each mark that is open."""
        self._memo: dict[int, Any] = {}

    @abstractmethod
    def resolve(self, module: str, name: str) -> Any:
        """Return the global that the file names."""

    @abstractmethod
    def call(self, function: Any, arguments: Any) -> Any:
        """Return what a function of the file returns."""

    @abstractmethod
    def create(self, kind: Any, arguments: Any, keywords: Any) -> Any:
        """Return an instance that is made by ``__new__`` alone."""

    @abstractmethod
    def set_state(self, target: Any, state: Any) -> Any:
        """Set the state of an instance; return what takes its place on the stack."""

    def load(self) -> Any:
        """Execute the opcodes up to STOP and return the value that they leave."""
        decoded = genops(self.file)
        name = ""
        while name != "STOP":
            try:
                opcode, argument, _ = next(decoded)
            except ValueError as error:
                raise BadModel(TRUNCATED) from error
            name = opcode.name
            if name in _PUSH_ARGUMENT:
                self.stack.append(argument)
            elif (operation := self._OPERATIONS.get(name)) is not None:
                operation(self, argument)
            elif (new := _PUSH_NEW.get(name)) is not None:
                self.stack.append(new())
            elif name not in _NO_EFFECT:
                raise BadModel(NOT_WRITTEN_BY_PICKLE)
        return self.stack.pop()

    def _set_protocol(self, protocol: int) -> None:
        if protocol > HIGHEST_PROTOCOL:
            raise BadModel(NOT_WRITTEN_BY_PICKLE)
        self.protocol = protocol

    def _mark(self, _: object) -> None:
        self._outer_stacks.append(self.stack)
        self.stack = []

    def _pop_mark(self, _: object = None) -> list[Any]:
        items = self.stack
        self.stack = self._outer_stacks.pop()
        return items

    def _pop(self, _: object) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self._pop_mark()

    def _duplicate(self, _: object) -> None:
        self.stack.append(self.stack[-1])

    def _memoize(self, _: object) -> None:
        self._memo[len(self._memo)] = self.stack[-1]

    def _put(self, index: int) -> None:
        self._memo[index] = self.stack[-1]

    def _get(self, index: int) -> None:
        self.stack.append(self._memo[index])

    def _collect(self, collection: Callable[[list[Any]], object]) -> None:
        items = self._pop_mark()
        self.stack.append(collection(items))

    def _make_tuple1(self, _: object) -> None:
        self.stack[-1] = (self.stack[-1],)

    def _make_tuple2(self, _: object) -> None:
        self.stack[-2:] = [(self.stack[-2], self.stack[-1])]

    def _make_tuple3(self, _: object) -> None:
        self.stack[-3:] = [(self.stack[-3], self.stack[-2], self.stack[-1])]

    def _make_dict(self, _: object) -> None:
        items = self._pop_mark()
        self.stack.append(dict(zip(items[::2], items[1::2], strict=True)))

    def _append(self, _: object) -> None:
        value = self.stack.pop()
        self._container(list, deque).append(value)

    def _extend(self, _: object) -> None:
        items = self._pop_mark()
        self._container(list, deque).extend(items)

    def _add_items(self, _: object) -> None:
        items = self._pop_mark()
        self._container(set).update(items)

    def _set_item(self, _: object) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._container(dict)[key] = value

    def _set_items(self, _: object) -> None:
        items = self._pop_mark()
        target = self._container(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value

    def _push_global(self, names: str) -> None:
        module, _, name = names.partition(" ")
        self.stack.append(self.resolve(module, name))

    def _push_global_from_stack(self, _: object) -> None:
        name = self.stack.pop()
        module = self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise BadModel(NOT_WRITTEN_BY_PICKLE)
        self.stack.append(self.resolve(module, name))

    def _reduce(self, _: object) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self.call(self.stack[-1], arguments)

    def _new_object(self, _: object) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self.create(self.stack[-1], arguments, {})

    def _new_object_with_keywords(self, _: object) -> None:
        keywords = self.stack.pop()
        arguments = self.stack.pop()
        self.stack[-1] = self.create(self.stack[-1], arguments, keywords)

    def _build(self, _: object) -> None:
        state = self.stack.pop()
        self.stack[-1] = self.set_state(self.stack[-1], state)

    def _container(self, *kinds: type) -> Any:
        """Return the container on top of the stack: nothing but those of Python is filled."""
        if not isinstance(self.stack[-1], kinds):
            raise BadModel(NOT_WRITTEN_BY_PICKLE)
        return self.stack[-1]

    _OPERATIONS: ClassVar[dict[str, Callable[[Any, Any], object]]] = {
        "ADDITEMS": _add_items,
        "APPEND": _append,
        "APPENDS": _extend,
        "BINGET": _get,
        "BINPUT": _put,
        "BUILD": _build,
        "DICT": _make_dict,
        "DUP": _duplicate,
        "FROZENSET": lambda self, _: self._collect(frozenset),
        "GET": _get,
        "GLOBAL": _push_global,
        "LIST": lambda self, _: self._collect(list),
        "LONG_BINGET": _get,
        "LONG_BINPUT": _put,
        "MARK": _mark,
        "MEMOIZE": _memoize,
        "NEWOBJ": _new_object,
        "NEWOBJ_EX": _new_object_with_keywords,
        "POP": _pop,
        "POP_MARK": _pop_mark,
        "PROTO": _set_protocol,
        "PUT": _put,
        "REDUCE": _reduce,
        "SETITEM": _set_item,
        "SETITEMS": _set_items,
        "STACK_GLOBAL": _push_global_from_stack,
        "TUPLE": lambda self, _: self._collect(tuple),
        "TUPLE1": _make_tuple1,
        "TUPLE2": _make_tuple2,
        "TUPLE3": _make_tuple3,
    }
