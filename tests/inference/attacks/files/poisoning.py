"""Files that patch classes, which would change other models of the same process.

Each process runs one model, so even a successful patch affects no other model.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.inference.attacks.attack import Attack
from tests.inference.attacks.files import opcodes as op

_LENGTH = op.name("builtins", "len")
_MIXIN = op.name("sklearn.linear_model._base", "LinearClassifierMixin")
_REGRESSION = op.name("sklearn.linear_model._logistic", "LogisticRegression")


def attacks() -> Iterator[Attack]:
    """Make every logistic regression of the process predict the number of rows."""
    yield from _by_a_state()
    yield from _by_setting_attributes()
    yield from _of_the_tables_of_pickle()
    yield from _of_our_own_code()


def _slots(attribute: str, code: bytes) -> bytes:
    """A state that pickle sets by ``setattr``."""
    return op.tuple_of(op.value(None), op.dict_of(op.value(attribute), code))


def _by_a_state() -> Iterator[Attack]:
    patched = op.built(_MIXIN, _slots("predict", _LENGTH))
    yield Attack("state of a class", op.file(patched), "poisons", refused="by name")
    trusted = op.name("sklearn.gaussian_process.kernels", "RBF")
    patched = op.built(trusted, _slots("__call__", _LENGTH))
    yield Attack("state of a trusted class", op.file(patched), refused="by name")
    wrapper = op.name("joblib.numpy_pickle", "NumpyArrayWrapper")
    patched = op.built(wrapper, _slots("read", op.name("numpy", "dtype")))
    yield Attack("state of the array reader", op.file(patched), refused="somehow")
    function = op.built(op.name("numpy", "dot"), _slots("__doc__", op.value("x")))
    yield Attack("state of a function", op.file(function), refused="somehow")
    module = op.call(op.name("importlib", "import_module"), op.value("sklearn.base"))
    patched = op.built(module, op.dict_of(op.value("is_classifier"), _LENGTH))
    yield Attack("state of a module", op.file(patched), refused="by name")
    yield _by_an_old_style_state()


def _by_an_old_style_state() -> Attack:
    """Give the class a ``__setstate__`` of the attacker's choice, then an instance its state."""
    kind = op.name("sklearn.dummy", "DummyRegressor")
    patched = op.built(kind, _slots("__setstate__", op.name("builtins", "eval")))
    return Attack("a new __setstate__", op.file(patched), refused="somehow")


def _by_setting_attributes() -> Iterator[Attack]:
    for target in (_MIXIN, _REGRESSION):
        setting = op.call(op.name("builtins", "setattr"), target, op.value("predict"), _LENGTH)
        which = target.decode().split()[-1]
        yield Attack(f"setattr on {which}", op.file(setting), "poisons", refused="by name")
    setting = op.call(
        op.name("builtins", "type.__setattr__"), _REGRESSION, op.value("predict"), _LENGTH
    )
    yield Attack("type.__setattr__", op.file(setting), "poisons", refused="by name")
    deleting = op.call(op.name("builtins", "delattr"), _MIXIN, op.value("predict"))
    yield Attack("delattr", op.file(deleting), "poisons", refused="by name")


def _of_the_tables_of_pickle() -> Iterator[Attack]:
    extension = op.call(
        op.name("copyreg", "add_extension"), *map(op.value, ("builtins", "eval", 66))
    )
    yield Attack("copyreg.add_extension", op.file(extension), refused="by name")
    table = op.call(op.name("copyreg", "pickle"), _REGRESSION, op.name("builtins", "eval"))
    yield Attack("copyreg.pickle", op.file(table), refused="by name")
    cleared = op.call(op.name("sys", "modules.clear"))
    yield Attack("sys.modules.clear", op.file(cleared), "poisons", refused="by name")


def _of_our_own_code() -> Iterator[Attack]:
    """Patch the classes by which the child replies to its parent."""
    for module, kind, attribute in (
        ("inference.child.worker", "Responder", "respond"),
        ("inference.child.predictor", "Predictor", "predict"),
        ("inference.protocol.messages", "FrameReader", "feed"),
    ):
        patched = op.built(op.name(module, kind), _slots(attribute, _LENGTH))
        yield Attack(f"state of {kind}", op.file(patched), refused="by name")
    ending = op.call(op.name("os", "_exit"), op.value(0))
    yield Attack("os._exit", op.file(ending), refused="by name")
    closing = op.call(op.name("os", "closerange"), op.value(0), op.value(100))
    yield Attack("os.closerange", op.file(closing), refused="by name")
