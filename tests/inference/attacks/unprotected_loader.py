"""Opens hostile files without any protection, to show that their harm is real.

A program of its own: each line of its input is a request, and a fork of it opens the file.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from inference.child.libraries import import_module, joblib, sklearn_linear, skops_io
from inference.child.loading.onnx_model import OnnxModel
from tests.inference.attacks.attack import Harm

_threads: Any = import_module("_thread")
_ends: Any = import_module("atexit")

_THREADS_WAIT_S = 0.05
"""Time for threads that a file has started."""

_MEMORY_BYTES_MAX = 4 << 30


class Request(msgspec.Struct):
    """Open a file, and predict one row with the model in it."""

    path: str
    row: Any
    timeout_s: float


class Outcome(msgspec.Struct):
    """The outcome of a request."""

    output: str
    signal: int
    """The signal that ended the process; 0 if it exited."""
    is_poisoned: bool

    def harms(self) -> set[Harm]:
        """Return the harm that was done to the loader itself."""
        found: dict[Harm, bool] = {
            "hangs": self.signal == signal.SIGKILL,
            "crashes": self.signal not in {0, signal.SIGKILL},
            "poisons": self.is_poisoned,
        }
        return {harm for harm, is_done in found.items() if is_done}


class UnprotectedLoader:
    """The parent's end of the program."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def open(cls) -> Generator[UnprotectedLoader]:
        """Start the program; end it on exit."""
        program = [sys.executable, "-W", "ignore", "-m", __spec__.name]
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            yield cls(process)
            process.kill()

    def open_file(self, path: Path, row: Any, timeout_s: float) -> Outcome:
        """Open a file in another process, which is killed after the timeout."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(Request(str(path), row, timeout_s)) + b"\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=Outcome)


class _Report(NamedTuple):
    text: str
    is_poisoned: bool


def _main() -> None:
    for name in ("numpy.f2py.crackfortran", "pandas", "sklearn.ensemble", "scipy.io.wavfile"):
        import_module(name)
    sibling = sklearn_linear.LogisticRegression().fit([[0.0], [9.0]], [3, 7])
    gc.freeze()
    for line in sys.stdin.buffer:
        outcome = _run(msgspec.json.decode(line, type=Request), sibling)
        sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
        sys.stdout.buffer.flush()


def _run(request: Request, sibling: Any) -> Outcome:
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        _open_and_report(request, sibling, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor has no path
        is_silent = not select.select([pipe], [], [], request.timeout_s)[0]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if is_silent else 0)
        output = pipe.read()
    _, status = os.waitpid(pid, 0)
    report = msgspec.json.decode(output, type=_Report) if output else _Report("", is_poisoned=False)
    return Outcome(report.text, status & 0x7F, report.is_poisoned)


def _open_and_report(request: Request, sibling: Any, writing: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    warnings.simplefilter("ignore")
    text = _output_of(request)
    try:
        is_poisoned = list(sibling.predict([[0.0], [9.0]])) != [3, 7]
    except Exception:  # noqa: BLE001 - any failure counts
        is_poisoned = True
    until = time.monotonic() + _THREADS_WAIT_S
    time.sleep(_THREADS_WAIT_S / 10)
    while _threads._count() and time.monotonic() < until:
        time.sleep(_THREADS_WAIT_S / 50)
    os.write(writing, msgspec.json.encode(_Report(text[:1000], is_poisoned)))
    _ends._run_exitfuncs()
    os._exit(0)  # Unloading the libraries takes longer than everything else.


def _output_of(request: Request) -> str:
    try:
        model = _opened(request.path)
        row = request.row if isinstance(request.row, str) else [request.row]
        if isinstance(model, OnnxModel):
            return str(model.outputs_of(np.array([row]), wants_probabilities=False))
        return str(model.predict([row]).tolist())
    except Exception as error:  # noqa: BLE001 - a hostile model may raise anything
        return f"{type(error).__name__}: {error}"


def _opened(path: str) -> Any:
    """Open a file as a program that trusts it does."""
    data = Path(path).read_bytes()
    if data.startswith(b"PK"):
        return skops_io.loads(data, trusted=skops_io.get_untrusted_types(data=data))
    return OnnxModel(data) if data.startswith(b"\x08") else joblib.load(path)


if __name__ == "__main__":
    _main()
