"""Files that call functions of the models' libraries and of Python.

A list of trusted packages would accept all of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.inference.attacks.attack import Attack, Harm
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.files import opcodes as op

_CLASSES = {"ndarray", "Path", "HTTPConnection", "SocketHandler"}
_SYSTEM = op.name("os", "system")


def attacks(canary: Canary) -> Iterator[Attack]:
    """Make, delete and read files, and call the listener, by one function of a library each."""
    yield from _that_run_code(canary)
    yield from _that_write_in_the_libraries(canary)
    yield from _that_write_in_python(canary)
    yield from _that_delete(canary)
    yield from _that_read(canary)
    yield from _that_connect(canary)
    yield from _that_load_machine_code(canary)


def _attack(called: str, *arguments: Any, harm: Harm = "makes") -> Attack:
    """Call a function by its full name; arguments that are bytes are opcodes."""
    module, function = _split(called)
    pushed = [part if isinstance(part, bytes) else op.value(part) for part in arguments]
    code = op.call(op.name(module, function), *pushed)
    # This one may be named, because old files do, but not called.
    refused = "somehow" if called == "numpy.memmap" else "by name"
    return Attack(called, op.file(code), harm, refused)


def _split(called: str) -> tuple[str, str]:
    """Split a name into the module and the function or method."""
    parts = called.split(".")
    first = next((i for i, part in enumerate(parts) if part in _CLASSES), len(parts) - 1)
    return ".".join(parts[:first]), ".".join(parts[first:])


def _that_run_code(canary: Canary) -> Iterator[Attack]:
    yield _attack("numpy.testing._private.utils.runstring", canary.code, {})
    yield _attack("numpy.f2py.crackfortran.myeval", canary.code)
    yield _attack("numpy.testing.measure", canary.code)
    yield _attack("sklearn.utils._testing.assert_run_python_script_without_output", canary.code)
    yield _attack("joblib.pool.CustomizablePickler", op.name("io", "BytesIO"), harm="none")
    subimport = op.call(
        op.name("cloudpickle.cloudpickle", "subimport"),
        op.value("os"),
    )
    system = op.call(op.name("builtins", "getattr"), subimport, op.value("system"))
    yield Attack(
        "cloudpickle.subimport",
        op.file(op.call(system, op.value(canary.command))),
        "makes",
        refused="by name",
    )
    backend = op.call(op.name("joblib.parallel", "SequentialBackend"), op.value(1))
    batch = op.call(
        op.name("joblib.parallel", "BatchedCalls"),
        op.list_of(op.tuple_of(_SYSTEM, op.value((canary.command,)), op.dict_of())),
        op.tuple_of(backend, op.value(1)),
    )
    yield Attack("joblib.BatchedCalls", op.file(op.call(batch)), "makes", "by name")


def _that_write_in_the_libraries(canary: Canary) -> Iterator[Attack]:
    made = str(canary.made)
    array = op.call(op.name("numpy", "zeros"), op.value(3))
    yield _attack("joblib.dump", 0, made)
    yield _attack("numpy.savetxt", made, [0.0])
    yield _attack("numpy.ndarray.tofile", array, made)
    yield _attack("numpy.memmap", made, "float64", "w+", 0, (3,))
    yield _attack("numpy.lib.format.open_memmap", made, "w+", "float64", (3,))
    yield _attack("scipy.io.savemat", made, {}, False)
    yield _attack("scipy.io.wavfile.write", made, 8000, array)
    yield _attack("sklearn.datasets.get_data_home", made)
    yield _attack("sklearn.datasets.dump_svmlight_file", [[1.0]], [1.0], made)
    yield _attack("pandas.to_pickle", 0, made)
    yield _attack("joblib._store_backends.mkdirp", made)


def _that_write_in_python(canary: Canary) -> Iterator[Attack]:
    made = str(canary.made)
    path = op.call(op.name("pathlib", "PosixPath"), op.value(made))
    for called in ("builtins.open", "io.open", "io.FileIO", "zipfile.ZipFile", "tarfile.open"):
        yield _attack(called, made, "w")
    for called in ("os.mkdir", "os.mkfifo", "os.mknod", "os.makedirs", "sqlite3.connect"):
        yield _attack(called, made)
    yield _attack("os.open", made, 0o101)
    yield _attack("os.symlink", "/etc/hostname", made)
    yield _attack("os.link", str(canary.secret), made)
    yield _attack("shutil.copyfile", str(canary.secret), made)
    yield _attack("os.rename", str(canary.kept), made, harm="deletes")
    yield _attack("pathlib.Path.touch", path)
    yield _attack("logging.FileHandler", made)
    yield _attack("dbm.dumb.open", made, "n", harm="none")


def _that_delete(canary: Canary) -> Iterator[Attack]:
    kept = str(canary.kept)
    for called in (
        "shutil.rmtree",
        "sklearn.datasets.clear_data_home",
        "joblib.disk.delete_folder",
        "joblib._memmapping_reducer.delete_folder",
    ):
        yield _attack(called, kept, harm="deletes")


def _that_read(canary: Canary) -> Iterator[Attack]:
    """Raise what they have read, so that the refusal contains it."""
    secret = str(canary.secret)
    for called, *options in (
        ("builtins.open",),
        ("numpy.fromfile", "S99"),
        ("numpy.memmap", "S1"),
        ("codecs.open",),
        ("pandas.read_csv",),
        ("linecache.getlines",),
    ):
        read = op.call(op.name(*_split(called)), *map(op.value, (secret, *options)))
        text = op.call(op.name("builtins", "bytes" if "memmap" in called else "list"), read)
        shown = op.call(op.name("builtins", "int"), op.call(op.name("builtins", "str"), text))
        yield Attack(f"{called}, shown", op.file(shown), "reads", refused="somehow")
    yield _attack("sklearn.datasets.load_svmlight_file", secret, harm="reads")


def _that_connect(canary: Canary) -> Iterator[Attack]:
    url, address = canary.url, ("127.0.0.1", canary.port)
    for called in ("urllib.request.urlopen", "pandas.read_csv", "pandas.io.common.urlopen"):
        yield _attack(called, url, harm="connects")
    yield _attack("socket.create_connection", address, harm="connects")
    yield _attack(
        "http.client.HTTPConnection.connect",
        op.call(op.name("http.client", "HTTPConnection"), op.value(f"127.0.0.1:{canary.port}")),
        harm="connects",
    )
    yield _attack("smtplib.SMTP", *address, harm="connects")
    yield _attack("multiprocessing.connection.Client", address, harm="connects")
    yield _attack(
        "logging.handlers.SocketHandler.createSocket",
        op.call(op.name("logging.handlers", "SocketHandler"), *map(op.value, address)),
        harm="connects",
    )


def _that_load_machine_code(canary: Canary) -> Iterator[Attack]:
    for called in ("ctypes.CDLL", "ctypes.PyDLL"):
        module, _, loader = called.rpartition(".")
        library = op.call(op.name(module, loader), op.value(None))
        system = op.call(op.name("builtins", "getattr"), library, op.value("system"))
        code = op.file(op.call(system, op.value(canary.command.encode())))
        yield Attack(f"{called} system", code, "makes", refused="by name")
    yield _attack("numpy.ctypeslib.load_library", "libc.so.6", "/nonexistent", harm="none")
    yield _attack("numpy.load", str(canary.secret), harm="none")
    yield _attack("_ctypes.dlopen", "libc.so.6", 2, harm="none")
    memory = op.call(op.name("ctypes", "string_at"), op.value(8), op.value(8))
    yield Attack("ctypes.string_at", op.file(memory), "crashes", refused="by name")
