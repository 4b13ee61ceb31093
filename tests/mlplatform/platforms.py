"""A served platform in processes of its own, as an operator starts it, stops it and kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.inference.processes import children_of

PATIENCE_S = 60.0
LAST_OF_INSTRUCTIONS = "input_data"
SETTINGS = {
    "PASSWORD_HASH_COST": "4",
    "RATE_LIMIT_PER_MINUTE": "0",
    "RATE_LIMIT_USER_PER_MINUTE": "0",
    "RATE_LIMIT_PREDICT_PER_MINUTE": "0",
    "LOGIN_WAIT_S_MAX": "0",
    "LOG_LEVEL": "error",
}


def run(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments, "--data-dir", str(data_dir)),
        capture_output=True,
        text=True,
        cwd=data_dir,
        env=environment(),
        timeout=PATIENCE_S,
        check=False,
    )


def command(*arguments: str) -> list[str]:
    """What an operator types."""
    return [sys.executable, "-m", "mlplatform", *arguments]


def environment() -> dict[str, str]:
    """Settings for tests, and nothing of the environment that they run in."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **SETTINGS}


@contextmanager
def started(data_dir: Path, *arguments: str, **settings: str) -> Generator[subprocess.Popen[str]]:
    """Start a command, with its answers to be read; what still runs at the end is killed."""
    with subprocess.Popen(
        command(*arguments, "--data-dir", str(data_dir)),
        stdout=subprocess.PIPE,
        text=True,
        cwd=data_dir,
        env=environment() | settings,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Platform:
    """One start of `mlplatform serve`."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path) -> None:
        self._process = process
        self.data_dir = data_dir
        self.pid = process.pid
        self.instructions = ""
        self.url = ""

    def wait_until_it_listens(self, *, with_instructions: bool) -> None:
        """Read what it prints; fails with what it complains of."""
        while not self.url:
            before, _, url = self._line().partition("listening on ")
            self.url = "" if before else url.strip()
        while with_instructions and LAST_OF_INSTRUCTIONS not in self.instructions:
            self.instructions += self._line()

    def processes(self) -> list[int]:
        """List everything that it has started, itself included."""
        found, new = [self.pid], [self.pid]
        while new:
            new = [child for pid in new for child in children_of(pid)]
            found += new
        return found

    @property
    def resident_mb(self) -> float:
        """How much memory the process itself has, in MB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096 / 1e6

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def code(self) -> int:
        """Wait for the end and give the exit code."""
        return self._process.wait(PATIENCE_S)

    def stop(self) -> int:
        """Have it stop, and give the exit code."""
        self.ask_to_stop()
        return self.code()

    def kill(self) -> None:
        """End it without warning."""
        self._process.kill()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"it ended with {self._process.wait()}"
        return line


@contextmanager
def serving(data_dir: Path, *options: str, **settings: str) -> Generator[Platform]:
    """Serve on a free port; what still runs at the end is killed."""
    with started(data_dir, "serve", "--port", "0", *options, **settings) as process:
        platform = Platform(process, data_dir)
        platform.wait_until_it_listens(with_instructions="--demo" in options)
        yield platform
