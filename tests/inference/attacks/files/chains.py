"""Files that run Python code when they are opened, or reach a function by a chain of harmless ones.

A block-list of names does not detect them: the chain starts at a name that is not on it.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator

from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.files import opcodes as op

_SYSTEM = op.name("os", "system")


def attacks(canary: Canary) -> Iterator[Attack]:
    """Make the file by code, or by a command that is called indirectly."""
    yield from _by_code(canary)
    yield from _by_compiled_code(canary)
    yield from _by_a_debugger(canary)
    yield from _by_getting_attributes(canary)
    yield from _by_higher_order_functions(canary)
    yield from _later(canary)
    yield from _by_another_unpickler(canary)


def _attack(module: str, function: str, *arguments: bytes) -> Attack:
    called = f"{module}.{function}"
    code = op.call(op.name(module, function), *arguments)
    return Attack(called, op.file(code), "makes", refused="by name")


def _method(instance: bytes, method: str, *arguments: bytes) -> bytes:
    bound = op.call(op.name("builtins", "getattr"), instance, op.value(method))
    return op.call(bound, *arguments)


def _by_code(canary: Canary) -> Iterator[Attack]:
    code = op.value(canary.code)
    yield _attack("builtins", "eval", code)
    yield _attack("builtins", "exec", code)
    yield _attack("timeit", "timeit", code, op.value("pass"), op.name("time", "time"), op.value(1))
    yield _attack("timeit", "main", op.value(["-n1", "-r1", canary.code]))
    yield _attack("runpy", "_run_code", code, op.dict_of())
    old = op.file(op.call(op.name("__builtin__", "eval"), code), protocol=2)
    yield Attack("__builtin__.eval", old, "makes", refused="by name")


def _by_compiled_code(canary: Canary) -> Iterator[Attack]:
    compiled = op.call(
        op.name("builtins", "compile"), *map(op.value, (canary.code, "<model>", "exec"))
    )
    function = op.call(op.name("types", "FunctionType"), compiled, op.dict_of())
    yield Attack("compile", op.file(op.call(function)), "makes", refused="by name")
    marshalled = op.value(marshal.dumps(compile(canary.code, "<model>", "exec")))
    loaded = op.call(op.name("marshal", "loads"), marshalled)
    run = op.call(op.name("builtins", "exec"), loaded)
    yield Attack("marshal.loads", op.file(run), "makes", refused="by name")
    interpreter = op.call(op.name("code", "InteractiveInterpreter"))
    code = op.file(_method(interpreter, "runcode", compiled))
    yield Attack("code.InteractiveInterpreter", code, "makes", refused="by name")


def _by_a_debugger(canary: Canary) -> Iterator[Attack]:
    code = op.value(canary.code)
    for module, function in (("cProfile", "run"), ("profile", "run")):
        yield _attack(module, function, code)
    for module, kind in (("bdb", "Bdb"), ("trace", "Trace")):
        instance = op.call(op.name(module, kind))
        ran = op.file(_method(instance, "run", code))
        yield Attack(f"{module}.{kind}", ran, "makes", refused="by name")


def _by_getting_attributes(canary: Canary) -> Iterator[Attack]:
    command = op.value(canary.command)
    module = op.call(op.name("importlib", "import_module"), op.value("os"))
    yield Attack("getattr", op.file(_method(module, "system", command)), "makes", "by name")
    got = op.call(op.call(op.name("operator", "attrgetter"), op.value("system")), module)
    yield Attack("attrgetter", op.file(op.call(got, command)), "makes", "by name")
    caller = op.call(op.name("operator", "methodcaller"), op.value("system"), command)
    yield Attack("methodcaller", op.file(op.call(caller, module)), "makes", "by name")
    resolved = op.call(op.name("pkgutil", "resolve_name"), op.value("os:system"))
    yield Attack("resolve_name", op.file(op.call(resolved, command)), "makes", "by name")
    imported = op.call(op.name("builtins", "__import__"), op.value("os"))
    fetched = op.call(op.call(op.name("operator", "attrgetter"), op.value("system")), imported)
    yield Attack("__import__", op.file(op.call(fetched, command)), "makes", "by name")
    # Trusted modules contain references to others, which a dotted name reaches.
    for through in ("joblib.numpy_pickle", "sklearn.datasets._base", "numpy.lib._npyio_impl"):
        code = op.file(op.call(op.name(through, "os.system"), command))
        yield Attack(f"{through}:os.system", code, "makes", refused="by name")
    globals_of = op.name("sklearn.base", "clone.__globals__")
    eval_of = _method(_method(globals_of, "get", op.value("__builtins__")), "get", op.value("eval"))
    code = op.file(op.call(eval_of, op.value(canary.code)))
    yield Attack("clone.__globals__", code, "makes", refused="by name")


def _by_higher_order_functions(canary: Canary) -> Iterator[Attack]:
    command, commands = op.value(canary.command), op.value([canary.command])
    partial = op.call(op.name("functools", "partial"), _SYSTEM, command)
    yield Attack("partial", op.file(op.call(partial)), "makes", refused="by name")
    mapped = op.call(op.name("builtins", "map"), _SYSTEM, commands)
    yield Attack("map", op.file(op.call(op.name("builtins", "list"), mapped)), "makes", "by name")
    starred = op.call(op.name("itertools", "starmap"), _SYSTEM, op.value([(canary.command,)]))
    used_up = op.file(op.call(op.name("collections", "deque"), starred))
    yield Attack("starmap", used_up, "makes", refused="by name")
    reduced = op.call(
        op.name("functools", "reduce"), op.name("builtins", "eval"), op.value([canary.code, {}])
    )
    yield Attack("reduce", op.file(reduced), "makes", refused="by name")
    vectorized = op.call(op.name("numpy", "vectorize"), _SYSTEM)
    yield Attack("numpy.vectorize", op.file(op.call(vectorized, commands)), "makes", "by name")
    ufunc = op.call(op.name("numpy", "frompyfunc"), _SYSTEM, op.value(1), op.value(1))
    yield Attack("numpy.frompyfunc", op.file(op.call(ufunc, command)), "makes", "by name")


def _later(canary: Canary) -> Iterator[Attack]:
    """Register something that is called after the file was opened."""
    command = op.value(canary.command)
    timer = op.call(op.name("threading", "Timer"), op.value(0.0), _SYSTEM, op.list_of(command))
    yield Attack("threading.Timer", op.file(_method(timer, "start")), "makes", "by name")
    yield _attack("_thread", "start_new_thread", _SYSTEM, op.tuple_of(command))
    yield _attack("atexit", "register", _SYSTEM, command)
    kept = op.call(op.name("builtins", "set"))
    yield Attack(
        "weakref.finalize",
        op.file(op.call(op.name("weakref", "finalize"), kept, _SYSTEM, command)),
        "makes",
        refused="by name",
    )


def _by_another_unpickler(canary: Canary) -> Iterator[Attack]:
    """Load the harmful part with an unpickler that has no list."""
    inner = op.file(op.call(_SYSTEM, op.value(canary.command)))
    yield _attack("pickle", "loads", op.value(inner))
    yield _attack("_pickle", "loads", op.value(inner))
    stream = op.call(op.name("io", "BytesIO"), op.value(inner))
    yield _attack("pickle", "load", stream)
    yield _attack("joblib", "load", stream)
    unpickler = op.call(op.name("pickle", "_Unpickler"), stream)
    yield Attack("pickle._Unpickler", op.file(_method(unpickler, "load")), "makes", "by name")
