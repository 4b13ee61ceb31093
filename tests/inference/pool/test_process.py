"""The parent's end of a model process: whatever the other end does, it gets one chance."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

import pytest
import pytest_asyncio

from inference.pool.process import ModelProcess, WorkerLost
from inference.protocol.messages import HEADER_BYTES_MAX, PredictRequest, ReplyHeader, encode_frame
from tests.inference.processes import until_gone


class Wire(NamedTuple):
    """Both ends of the socket to a process that does nothing itself: the test speaks for it."""

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


def ask(wire: Wire, deadline_s: float = 0.3) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
    def question(number: int) -> PredictRequest:
        return PredictRequest(number, "matrix", 1, wants_probabilities=False)

    return wire.process.ask(question, b"12345678", deadline_s)


async def lost(answer: asyncio.Future[tuple[ReplyHeader, bytes]]) -> WorkerLost:
    with pytest.raises(WorkerLost) as loss:
        await answer
    return loss.value


async def test_a_child_tells_what_holds_it_before_it_opens_the_model(wire: Wire) -> None:
    wire.child.sendall(
        encode_frame(ReplyHeader(0, "sandboxed"), b'{"seccomp":"","uid":"not root"}')
    )
    wire.child.sendall(encode_frame(ReplyHeader(0, "opened")))
    assert (await wire.process.opening)[0].kind == "opened"
    assert wire.process.sandbox_report is not None
    assert wire.process.sandbox_report.layers == {"seccomp": "", "uid": "not root"}


async def test_what_holds_a_child_is_told_once_and_in_words(wire: Wire) -> None:
    wire.child.sendall(encode_frame(ReplyHeader(0, "sandboxed"), b'{"seccomp":""}'))
    wire.child.sendall(encode_frame(ReplyHeader(0, "sandboxed"), b'{"landlock":""}'))
    assert (await wire.process.opening)[0].kind == "sandboxed"  # Which is no opening.
    assert wire.process.sandbox_report is not None
    assert wire.process.sandbox_report.layers == {"seccomp": ""}


async def test_layers_that_are_none_end_the_process(wire: Wire) -> None:
    wire.child.sendall(encode_frame(ReplyHeader(0, "sandboxed"), b"[1]"))
    assert "broke the protocol" in str(await lost(wire.process.opening))


async def test_a_question_is_answered(opened: Wire) -> None:
    answer = ask(opened)
    assert b'"form":"matrix"' in await asyncio.to_thread(opened.child.recv, 1000)
    opened.child.sendall(encode_frame(ReplyHeader(1, "answer"), b"{}"))
    assert await answer == (ReplyHeader(1, "answer"), b"{}")


@pytest.mark.parametrize(
    "said",
    [
        encode_frame(ReplyHeader(7, "answer")),
        encode_frame(ReplyHeader(0, "opened")),
        encode_frame(ReplyHeader(1, "answer")) * 2,
        b"\xff" * 16,
        (HEADER_BYTES_MAX + 1).to_bytes(4, "little") + bytes(4),
        b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
        b"\x0b\x00\x00\x00\x00\x00\x00\x00nonsense!!!",
    ],
    ids=["wrong id", "opened again", "twice", "too long", "long header", "empty", "nonsense"],
)
async def test_a_process_that_breaks_the_protocol_is_ended(opened: Wire, said: bytes) -> None:
    answer = ask(opened)
    opened.child.sendall(said)
    if not said.startswith(encode_frame(ReplyHeader(1, "answer"))):
        assert (await lost(answer)).reason == "crashed"
    await until_gone(opened.pid)
    assert not opened.process.is_alive
    assert [end.is_to_blame for end in opened.ends] == [True]


async def test_a_drop_now_and_then_does_not_move_the_deadline(opened: Wire) -> None:
    answer = ask(opened, deadline_s=0.2)

    async def drip() -> None:
        for byte in encode_frame(ReplyHeader(1, "answer"), bytes(1000)):
            opened.child.sendall(bytes([byte]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    assert (await lost(answer)).reason == "timed_out"
    await until_gone(opened.pid)
    dripping.cancel()


async def test_a_process_that_never_opens_is_ended(wire: Wire) -> None:
    assert (await lost(wire.process.opening)).reason == "timed_out"
    await until_gone(wire.pid)


async def test_a_closed_connection_is_a_loss_even_if_nobody_tells_why(opened: Wire) -> None:
    answer = ask(opened)
    opened.child.close()
    assert str(await lost(answer)) == "the model process closed its connection"


Order = Callable[[Wire], None]


def _told_first(wire: Wire) -> None:
    wire.process.ended("exited with status 3")
    wire.child.close()


def _closed_first(wire: Wire) -> None:
    wire.child.close()
    asyncio.get_running_loop().call_later(0.05, wire.process.ended, "exited with status 3")


@pytest.mark.parametrize("order", [_told_first, _closed_first])
async def test_a_loss_is_told_with_its_cause_in_whichever_order_they_come(
    opened: Wire, order: Order
) -> None:
    answer = ask(opened)
    order(opened)
    assert str(await lost(answer)) == "the model process exited with status 3"


async def test_last_words_are_heard_though_the_end_is_known_already(opened: Wire) -> None:
    answer = ask(opened)
    opened.child.sendall(encode_frame(ReplyHeader(1, "answer"), b"last"))
    opened.process.ended("exited with status 0")
    opened.child.close()
    assert (await answer)[1] == b"last"


async def test_a_lost_process_is_asked_nothing(opened: Wire) -> None:
    opened.process.kill()
    opened.process.kill()
    assert str(await lost(ask(opened))) == "the model process is gone"
    assert [end.is_to_blame for end in opened.ends] == [False]


async def test_nobody_is_to_blame_for_an_end_that_came_from_above(opened: Wire) -> None:
    answer = ask(opened)
    opened.child.close()
    opened.process.ended("ended with the zygote", is_to_blame=False)
    assert not (await lost(answer)).is_to_blame


async def test_what_a_process_says_is_made_fit_for_logs(opened: Wire) -> None:
    answer = ask(opened)
    opened.child.sendall(
        encode_frame(ReplyHeader(1, "refused", 'no\n{"event": "forged"}' + "x" * 9000))
    )
    text = (await answer)[0].text
    assert "\n" not in text
    assert len(text) < 600


async def test_an_answer_that_nobody_awaits_any_more_is_dropped(opened: Wire) -> None:
    ask(opened).cancel()
    opened.child.sendall(encode_frame(ReplyHeader(1, "answer")))
    await asyncio.sleep(0.05)
    assert opened.process.is_alive
