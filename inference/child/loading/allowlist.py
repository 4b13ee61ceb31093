"""The allow-list: the globals that a model file may name, and how it may use each.

The names are exact; ``allowlist_rule`` says how the list is made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

Use = Literal["name", "new", "call"]
"""How a file may use what it names.

``name``: only as a value, such as the ``np.log1p`` of a FunctionTransformer. ``new``: as a class of
which an empty instance is created, whose state follows. ``call``: with arguments from the file.
"""

ANYTHING = "*"
"""As a trusted module: all modules. There is no list then, only the sandbox."""

GLOBALS_FILE = Path(__file__).with_name("allowed_globals.txt")

_NUMPY_1, _NUMPY_2 = "numpy.core.", "numpy._core."
_FORMER_MODULES = {"_loss": "sklearn._loss._loss"}  # up to scikit-learn 1.8
_PYTHON_2_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
_PYTHON_2_NAMES = {"xrange": "range", "long": "int", "unicode": "str"}
"""Of ``__builtin__``. Python 3 writes these names, too, in protocols 0 to 2."""


class AllowList:
    """How each global may be used, by the list and the modules that an operator trusts."""

    def __init__(
        self, uses: Mapping[tuple[str, str], Use], trusted_modules: Iterable[str] = ()
    ) -> None:
        self._uses = uses
        self._trusted = tuple(trusted_modules)

    def use_of(self, module: str, name: str) -> Use | None:
        """Return how a global may be used, or None; those of trusted modules may be called."""
        if (use := self._uses.get((module, name))) is not None:
            return use
        return "call" if self.trusts(module) else None

    def lists(self, module: str, name: str) -> bool:
        """Whether this global is on the list itself."""
        return (module, name) in self._uses

    def trusts(self, module: str) -> bool:
        """Whether an operator trusts this module, or a package that it is in."""
        return any(module == name or module.startswith(f"{name}.") for name in self._trusted)


def current_name(module: str, name: str, *, of_python_2: bool = False) -> tuple[str, str]:
    """Return the module and name of a global as they are in today's Python and numpy."""
    if of_python_2 and module in _PYTHON_2_MODULES:
        name = _PYTHON_2_NAMES.get(name, name) if module == "__builtin__" else name
        module = _PYTHON_2_MODULES[module]
    if module.startswith(_NUMPY_1):
        module = _NUMPY_2 + module.removeprefix(_NUMPY_1)
    return _FORMER_MODULES.get(module, module), name


def resolved(module: str, name: str) -> Any:
    """Return a global by the name that files use; private modules of libraries are among them."""
    return getattr(sys.modules.get(module) or import_module(module), name)


@cache
def listed() -> Mapping[tuple[str, str], Use]:
    """Read the list."""
    return dict(map(_parsed, lines_of(GLOBALS_FILE.read_text())))


def lines_of(text: str) -> list[str]:
    """Return the entries of a list, ``use module name``, without the comments."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _parsed(line: str) -> tuple[tuple[str, str], Use]:
    use, module, name = line.split()
    (known,) = [known for known in get_args(Use) if known == use]
    return (module, name), known
