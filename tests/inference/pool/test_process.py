"""The parent's end of a model process: any violation of the protocol ends it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

import pytest
import pytest_asyncio

from inference.inputs.row_encoding import Rows
from inference.pool.process import ModelProcess, WorkerLost
from inference.protocol.messages import HEADER_BYTES_MAX, ReplyHeader, encode_frame
from tests.inference.processes import until_gone


class Wire(NamedTuple):
    """Both ends of the socket of a process that does nothing: the test sends its replies."""

    process: ModelProcess
    child: socket.socket
    pid: int
    ends: list[WorkerLost]


@pytest_asyncio.fixture
async def wire() -> AsyncGenerator[Wire]:
    sleeper = await asyncio.create_subprocess_exec("sleep", "600", stdin=subprocess.DEVNULL)
    ours, theirs = socket.socketpair()
    ends: list[WorkerLost] = []
    process = ModelProcess(os.pidfd_open(sleeper.pid), 0.3, ends.append)
    await asyncio.get_running_loop().create_unix_connection(lambda: process, sock=ours)
    yield Wire(process, theirs, sleeper.pid, ends)
    theirs.close()
    process.kill()
    await sleeper.wait()


@pytest_asyncio.fixture
async def opened(wire: Wire) -> Wire:
    wire.child.sendall(encode_frame(ReplyHeader(0, "opened")))
    await wire.process.opening
    return wire


def predict(wire: Wire, deadline_s: float = 0.3) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
    return wire.process.predict(Rows("matrix", 1, b"12345678"), False, deadline_s)


async def lost(reply: asyncio.Future[tuple[ReplyHeader, bytes]]) -> WorkerLost:
    with pytest.raises(WorkerLost) as loss:
        await reply
    return loss.value


async def test_a_child_reports_its_sandbox_before_it_opens_the_model(wire: Wire) -> None:
    wire.child.sendall(
        encode_frame(ReplyHeader(0, "sandboxed"), b'{"seccomp":"","uid":"not root"}')
    )
    wire.child.sendall(encode_frame(ReplyHeader(0, "opened")))
    assert (await wire.process.opening)[0].kind == "opened"
    assert wire.process.sandbox_report is not None
    assert wire.process.sandbox_report.layers == {"seccomp": "", "uid": "not root"}


async def test_the_sandbox_is_reported_only_once(wire: Wire) -> None:
    wire.child.sendall(encode_frame(ReplyHeader(0, "sandboxed"), b'{"seccomp":""}'))
    wire.child.sendall(encode_frame(ReplyHeader(0, "sandboxed"), b'{"landlock":""}'))
    assert (await wire.process.opening)[0].kind == "sandboxed"  # Not a valid reply to opening.
    assert wire.process.sandbox_report is not None
    assert wire.process.sandbox_report.layers == {"seccomp": ""}


async def test_an_invalid_sandbox_report_ends_the_process(wire: Wire) -> None:
    wire.child.sendall(encode_frame(ReplyHeader(0, "sandboxed"), b"[1]"))
    assert "broke the protocol" in str(await lost(wire.process.opening))


async def test_a_request_gets_its_reply(opened: Wire) -> None:
    reply = predict(opened)
    assert b'"form":"matrix"' in await asyncio.to_thread(opened.child.recv, 1000)
    opened.child.sendall(encode_frame(ReplyHeader(1, "result"), b"{}"))
    assert await reply == (ReplyHeader(1, "result"), b"{}")


@pytest.mark.parametrize(
    "sent",
    [
        encode_frame(ReplyHeader(7, "result")),
        encode_frame(ReplyHeader(0, "opened")),
        encode_frame(ReplyHeader(1, "result")) * 2,
        b"\xff" * 16,
        (HEADER_BYTES_MAX + 1).to_bytes(4, "little") + bytes(4),
        b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
        b"\x0b\x00\x00\x00\x00\x00\x00\x00nonsense!!!",
    ],
    ids=["wrong id", "opened again", "twice", "too long", "long header", "empty", "nonsense"],
)
async def test_a_process_that_breaks_the_protocol_is_ended(opened: Wire, sent: bytes) -> None:
    reply = predict(opened)
    opened.child.sendall(sent)
    if not sent.startswith(encode_frame(ReplyHeader(1, "result"))):
        assert (await lost(reply)).reason == "crashed"
    await until_gone(opened.pid)
    assert not opened.process.is_alive
    assert [end.is_model_fault for end in opened.ends] == [True]


async def test_single_bytes_do_not_extend_the_deadline(opened: Wire) -> None:
    reply = predict(opened, deadline_s=0.2)

    async def send_slowly() -> None:
        for byte in encode_frame(ReplyHeader(1, "result"), bytes(1000)):
            opened.child.sendall(bytes([byte]))
            await asyncio.sleep(0.02)

    sending = asyncio.create_task(send_slowly())
    assert (await lost(reply)).reason == "timed_out"
    await until_gone(opened.pid)
    sending.cancel()


async def test_a_process_that_never_opens_is_ended(wire: Wire) -> None:
    assert (await lost(wire.process.opening)).reason == "timed_out"
    await until_gone(wire.pid)


async def test_a_closed_connection_is_a_loss_even_without_an_exit_status(opened: Wire) -> None:
    reply = predict(opened)
    opened.child.close()
    assert str(await lost(reply)) == "the model process closed its connection"


Order = Callable[[Wire], None]


def _exit_first(wire: Wire) -> None:
    wire.process.exited("exited with status 3")
    wire.child.close()


def _closed_first(wire: Wire) -> None:
    wire.child.close()
    asyncio.get_running_loop().call_later(0.05, wire.process.exited, "exited with status 3")


@pytest.mark.parametrize("order", [_exit_first, _closed_first])
async def test_a_loss_has_its_cause_in_whichever_order_they_arrive(
    opened: Wire, order: Order
) -> None:
    reply = predict(opened)
    order(opened)
    assert str(await lost(reply)) == "the model process exited with status 3"


async def test_a_reply_sent_before_the_exit_is_still_received(opened: Wire) -> None:
    reply = predict(opened)
    opened.child.sendall(encode_frame(ReplyHeader(1, "result"), b"last"))
    opened.process.exited("exited with status 0")
    opened.child.close()
    assert (await reply)[1] == b"last"


async def test_a_lost_process_gets_no_requests(opened: Wire) -> None:
    opened.process.kill()
    opened.process.kill()
    assert str(await lost(predict(opened))) == "the model process is gone"
    assert [end.is_model_fault for end in opened.ends] == [False]


async def test_the_model_is_not_at_fault_when_the_platform_ends_its_process(opened: Wire) -> None:
    reply = predict(opened)
    opened.child.close()
    opened.process.exited("ended with the zygote", is_model_fault=False)
    assert not (await lost(reply)).is_model_fault


async def test_texts_of_a_process_are_made_safe_for_logs(opened: Wire) -> None:
    reply = predict(opened)
    opened.child.sendall(
        encode_frame(ReplyHeader(1, "refused", 'no\n{"event": "forged"}' + "x" * 9000))
    )
    text = (await reply)[0].text
    assert "\n" not in text
    assert len(text) < 600


async def test_a_reply_to_a_cancelled_request_is_dropped(opened: Wire) -> None:
    predict(opened).cancel()
    opened.child.sendall(encode_frame(ReplyHeader(1, "result")))
    await asyncio.sleep(0.05)
    assert opened.process.is_alive
