"""The parent's end of the zygote, when the other end fails."""

from __future__ import annotations

import array
import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator
from typing import NamedTuple

import msgspec
import pytest
import pytest_asyncio

from domain.errors import Unavailable
from inference.pool.launcher import Launcher, ZygoteHandle
from inference.pool.process import ModelProcess
from inference.protocol.messages import LaunchRequest, ZygoteEvent
from tests.inference.processes import until_gone

LAUNCH = LaunchRequest(0, "0" * 64, 1, 1 << 30, inspects=True)


class Peer(NamedTuple):
    """A handle of a process that does nothing itself: the test sends its messages."""

    handle: ZygoteHandle
    socket: socket.socket
    sockets: list[socket.socket]

    def send(self, notice: ZygoteEvent, *descriptors: int) -> None:
        rights = array.array("i", descriptors)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if descriptors else []
        self.socket.sendmsg([msgspec.json.encode(notice)], ancillary)

    def fork(self) -> asyncio.Task[ModelProcess]:
        ours, theirs = socket.socketpair()
        self.sockets.extend((ours, theirs))
        return asyncio.create_task(self.handle.fork(LAUNCH, ours, [theirs.fileno(), 0], _process))


def _process(pidfd: int) -> ModelProcess:
    return ModelProcess(pidfd, 5.0, lambda _: None)


@pytest_asyncio.fixture
async def peer() -> AsyncGenerator[Peer]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    ignores_sigterm = "trap '' TERM; echo ready; while true; do sleep 1; done"
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", ignores_sigterm), stdin=subprocess.DEVNULL, stdout=writing
    )
    assert os.read(reading, 6) == b"ready\n"  # Before that, SIGTERM would end it.
    os.close(reading)
    os.close(writing)
    handle = ZygoteHandle(ours, process)
    sockets: list[socket.socket] = []
    yield Peer(handle, theirs, sockets)
    for one in (theirs, *sockets):
        one.close()
    await handle.stop(0.1)
    assert process.returncode == -signal.SIGKILL


async def test_a_fork_that_fails_says_why(peer: Peer) -> None:
    forking = peer.fork()
    await asyncio.sleep(0)
    peer.send(ZygoteEvent(1, "failed", "the zygote has 2 threads too many"))
    with pytest.raises(Unavailable, match="2 threads too many"):
        await forking


async def test_a_child_whose_caller_is_gone_is_ended(peer: Peer) -> None:
    forking = peer.fork()
    await asyncio.sleep(0)
    forking.cancel()
    child = await asyncio.create_subprocess_exec("sleep", "600")
    peer.send(ZygoteEvent(1, "started"), os.pidfd_open(child.pid))
    assert await child.wait() == -signal.SIGKILL
    peer.send(ZygoteEvent(1, "ended", "was killed by SIGKILL"))
    peer.send(ZygoteEvent(1, "failed", "too late"))
    await asyncio.sleep(0.05)
    assert peer.handle.is_alive


@pytest.mark.parametrize("sent", [b"", b"nonsense"])
async def test_a_zygote_that_closes_or_breaks_the_protocol_is_ended(
    peer: Peer, sent: bytes
) -> None:
    forking = peer.fork()
    await asyncio.sleep(0)
    if sent:
        peer.socket.send(sent)
    else:
        peer.socket.close()
    with pytest.raises(Unavailable, match="are being restarted"):
        await forking
    with pytest.raises(Unavailable, match="are being restarted"):
        await peer.handle.ready
    assert not peer.handle.is_alive


async def test_a_zygote_that_does_not_read_is_ended(peer: Peer) -> None:
    forks: list[asyncio.Task[ModelProcess]] = []
    async with asyncio.timeout(20):
        while peer.handle.is_alive:
            forks.append(peer.fork())
            await asyncio.sleep(0)
    for forking in forks:
        with pytest.raises(Unavailable):
            await forking


async def test_a_zygote_that_dies_before_it_is_ready_is_restarted() -> None:
    launcher = Launcher()
    first = await launcher.start()
    os.kill(first.pid, signal.SIGKILL)
    with pytest.raises(Unavailable, match="are being restarted"):
        await first.ready
    second = await launcher.ready()
    assert (second.pid, second.is_alive) == (launcher.zygote_pid, True)
    await launcher.stop()
    assert launcher.zygote_pid == 0
    with pytest.raises(Unavailable, match="stopping"):
        await launcher.start()
    await until_gone(first.pid, second.pid)
