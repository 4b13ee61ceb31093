"""Servers that a benchmark starts, pauses and stops, by their process groups."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.05
TAIL_CHARS = 2000

LISTENING = re.compile(r"listening on (http://\S+?:\d+)")


class DidNotStart(Exception):
    """The server ended, or was not ready in time; the message is the end of its log."""


class Failed(Exception):
    """A command ended with an error; the message is the end of its output."""


class Server:
    """A running server, with its log in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log_path: Path) -> None:
        self._process = process
        self._log_path = log_path

    @classmethod
    @asynccontextmanager
    async def run(
        cls, command: list[str], *, env: Mapping[str, str], log_path: Path
    ) -> AsyncGenerator[Server]:
        """Start the command in the folder of its log; stop it at the end, or kill it."""
        with log_path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=env,
                cwd=log_path.parent,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        server = cls(process, log_path)
        try:
            yield server
        finally:
            if process.returncode is None:
                server.resume()
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
            server._signal(signal.SIGKILL)  # Also its remaining children.
            await process.wait()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def pause(self) -> None:
        """Stop all its processes until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let its processes continue."""
        self._signal(signal.SIGCONT)

    async def announced_address(self) -> str:
        """The address that the server prints once it is ready."""
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                if found := LISTENING.search(self._log()):
                    return found[1]
                await self._wait_a_little()

    async def accepts(self, url: str) -> None:
        """Return once a request to the URL succeeds."""
        async with asyncio.timeout(START_TIMEOUT_S), aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with session.get(url) as response:
                        if response.ok:
                            return
                await self._wait_a_little()

    def _log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def _wait_a_little(self) -> None:
        if self._process.returncode is not None:
            raise DidNotStart(self._log()[-TAIL_CHARS:])
        await asyncio.sleep(POLL_S)


async def run(command: list[str]) -> None:
    """Run a command to its end; raises `Failed`."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise Failed(f"{command[0]}: {output.decode(errors='replace')[-TAIL_CHARS:]}")


def free_port() -> int:
    """A port of the loopback address that is not in use."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
