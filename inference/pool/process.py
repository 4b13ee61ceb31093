"""The parent's end of one model process: a question, a deadline, an answer, or the loss of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Literal, cast

import msgspec

from inference.protocol.messages import (
    FrameReader,
    ProtocolError,
    ReplyHeader,
    encode_frame,
    printable,
)
from inference.protocol.replies import decoded
from inference.protocol.sandbox_report import SandboxReport

LossReason = Literal["crashed", "timed_out"]

_GRACE_S = 0.25
"""How long a lost process may take to be reaped, so that the loss can be told with its cause."""

_replies = msgspec.json.Decoder(ReplyHeader)
_layers = msgspec.json.Decoder(dict[str, str])


class WorkerLost(Exception):
    """The process ended, or was killed because it did not answer in time or as agreed."""

    def __init__(self, reason: LossReason, text: str, *, is_to_blame: bool = True) -> None:
        super().__init__(text)
        self.reason: LossReason = reason
        self.is_to_blame = is_to_blame
        """Whether the model brought it about, as far as can be told; else we did."""


class ModelProcess(asyncio.Protocol):
    """Answers one question at a time; whatever it does wrong is its end."""

    def __init__(
        self, pidfd: int, opening_deadline_s: float, on_end: Callable[[WorkerLost], None]
    ) -> None:
        self._pidfd = pidfd
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = FrameReader()
        self._asked = 0
        self._answer: asyncio.Future[tuple[ReplyHeader, bytes]] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_ending = False
        self._how = ""
        self._is_to_blame = True
        self.is_alive = True
        self.sandbox_report: SandboxReport | None = None
        """What the child said of its sandbox, which it does before it opens the model."""
        self.opening = self._expect(opening_deadline_s)
        """The frame that says how opening the model went; it comes without being asked for."""

    def ask(
        self, question: Callable[[int], msgspec.Struct], payload: bytes, deadline_s: float
    ) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
        """Send a question, made for the given id; the answer may also be a WorkerLost."""
        self._asked += 1
        answer = self._expect(deadline_s)
        if self._transport is not None:
            self._transport.write(encode_frame(question(self._asked), payload))
        return answer

    def kill(self) -> None:
        """End the process; a question in flight is lost with it, and nobody is to blame."""
        self._lose(WorkerLost("crashed", "the model process was stopped", is_to_blame=False))

    def give_up(self, lost: WorkerLost) -> None:
        """End the process, because what it said is of no use."""
        self._lose(lost)

    def ended(self, how: str, *, is_to_blame: bool = True) -> None:
        """Take note that the process is gone; what it said before may still be on its way."""
        self._is_to_blame = is_to_blame
        self._ending(f"the model process {how}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take in a part of an answer."""
        try:
            for head, payload in self._reader.feed(data):
                self._take(decoded(_replies.decode, head), payload)
        except ProtocolError as error:
            self._lose(WorkerLost("crashed", f"the model process broke the protocol: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait a moment for the zygote to say how the process ended."""
        del exc  # It tells less than the zygote does.
        self._ending("")

    def _ending(self, how: str) -> None:
        """Lose the process once its cause of death and its last words are both known."""
        if not self._is_ending:
            self._is_ending = True
            self._how = how
            unknown = how or "the model process closed its connection"
            self._loop.call_later(_GRACE_S, self._lose_ended, unknown)
        else:
            self._lose_ended(how or self._how)

    def _lose_ended(self, how: str) -> None:
        self._lose(WorkerLost("crashed", how, is_to_blame=self._is_to_blame))

    def _expect(self, deadline_s: float) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
        assert self._answer is None, "one question at a time"
        self._answer = self._loop.create_future()
        if not self.is_alive:
            self._answer.set_exception(WorkerLost("crashed", "the model process is gone"))
        else:
            self._deadline = self._loop.call_later(deadline_s, self._time_out, deadline_s)
        return self._answer

    def _take(self, reply: ReplyHeader, payload: bytes) -> None:
        if (reply.kind, reply.id, self._asked, self.sandbox_report) == ("sandboxed", 0, 0, None):
            self.sandbox_report = SandboxReport(decoded(_layers.decode, payload))
            return
        if self._answer is None or reply.id != self._asked:
            raise ProtocolError("an answer to no question")
        answer = self._settled()
        if not answer.done():
            if reply.text:  # It goes into logs, events and answers.
                reply = msgspec.structs.replace(reply, text=printable(reply.text))
            answer.set_result((reply, payload))

    def _settled(self) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
        answer, self._answer = self._answer, None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        assert answer is not None
        return answer

    def _time_out(self, deadline_s: float) -> None:
        self._lose(WorkerLost("timed_out", f"the model gave no answer within {deadline_s:g} s"))

    def _lose(self, lost: WorkerLost) -> None:
        if not self.is_alive:
            return
        self.is_alive = False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        if self._transport is not None:
            self._transport.abort()
        if self._answer is not None and not (answer := self._settled()).done():
            answer.set_exception(lost)
            answer.exception()  # Seen, even if the caller has gone.
        self._on_end(lost)
