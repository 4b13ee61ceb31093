"""The platform in its own processes: started, stopped and killed as by an operator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.inference.processes import children_of

TIMEOUT_S = 60.0
LAST_INSTRUCTION = "input_data"
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
        timeout=TIMEOUT_S,
        check=False,
    )


def command(*arguments: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "mlplatform", *arguments]


def environment() -> dict[str, str]:
    """Settings for tests, without the environment of the tests."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **SETTINGS}


@contextmanager
def started(
    data_dir: Path, *arguments: str, stderr: IO[bytes] | None = None, **settings: str
) -> Generator[subprocess.Popen[str]]:
    """Start a command whose output can be read; it is killed if it still runs at the end."""
    with subprocess.Popen(
        command(*arguments, "--data-dir", str(data_dir)),
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=data_dir,
        env=environment() | settings,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Platform:
    """A running `mlplatform serve`."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path) -> None:
        self._process = process
        self.data_dir = data_dir
        self.pid = process.pid
        self.instructions = ""
        self.url = ""

    def wait_until_listening(self, *, with_instructions: bool) -> None:
        """Read its output until it listens; fails if it ends."""
        while not self.url:
            before, _, url = self._line().partition("listening on ")
            self.url = "" if before else url.strip()
        while with_instructions and LAST_INSTRUCTION not in self.instructions:
            self.instructions += self._line()

    def processes(self) -> list[int]:
        """Its own process id and those of all its descendants."""
        found, new = [self.pid], [self.pid]
        while new:
            new = [child for pid in new for child in children_of(pid)]
            found += new
        return found

    @property
    def resident_mb(self) -> float:
        """Resident memory of the process itself, in MB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096 / 1e6

    @property
    def processor_s(self) -> float:
        """CPU time of the process itself."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the end; returns the exit code."""
        return self._process.wait(TIMEOUT_S)

    def stop(self) -> int:
        """Send SIGTERM and wait; returns the exit code."""
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """Send SIGKILL and wait."""
        self._process.kill()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"it ended with {self._process.wait()}"
        return line


@contextmanager
def serving(
    data_dir: Path, *options: str, stderr: IO[bytes] | None = None, **settings: str
) -> Generator[Platform]:
    """Serve on a free port; the process is killed if it still runs at the end."""
    arguments = ("serve", "--port", "0", *options)
    with started(data_dir, *arguments, stderr=stderr, **settings) as process:
        platform = Platform(process, data_dir)
        platform.wait_until_listening(with_instructions="--demo" in options)
        yield platform
