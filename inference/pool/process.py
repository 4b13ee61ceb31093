"""The parent's end of one model process: a request, a deadline, a reply, or the loss of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Literal, cast

import msgspec

from inference.inputs.row_encoding import Rows
from inference.protocol.messages import (
    FrameReader,
    PredictRequest,
    ProtocolError,
    ReplyHeader,
    encode_frame,
    printable,
)
from inference.protocol.replies import decode_json
from inference.protocol.sandbox_report import SandboxReport

LossReason = Literal["crashed", "timed_out"]

_EXIT_GRACE_S = 0.25
"""How long the exit status may take to arrive after the connection was closed, and vice versa."""

_decode_header = msgspec.json.Decoder(ReplyHeader).decode
_decode_layers = msgspec.json.Decoder(dict[str, str]).decode


class WorkerLost(Exception):
    """The process ended, or was killed because it missed its deadline or broke the protocol."""

    def __init__(self, reason: LossReason, text: str, *, is_model_fault: bool = True) -> None:
        super().__init__(text)
        self.reason: LossReason = reason
        self.is_model_fault = is_model_fault
        """False if the platform ended the process."""


class ModelProcess(asyncio.Protocol):
    """Sends one request at a time; the process is killed as soon as it breaks the protocol."""

    def __init__(
        self, pidfd: int, opening_deadline_s: float, on_end: Callable[[WorkerLost], None]
    ) -> None:
        self._pidfd = pidfd
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = FrameReader()
        self._request_id = 0
        self._reply: asyncio.Future[tuple[ReplyHeader, bytes]] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_ending = False
        self._exit_text = ""
        self._is_model_fault = True
        self.is_alive = True
        self.sandbox_report: SandboxReport | None = None
        """What the child reports about its sandbox, before it opens the model."""
        self.opening = self._expect_reply(opening_deadline_s)
        """The reply that says how opening the model went; it comes without a request."""

    def predict(
        self, rows: Rows, wants_probabilities: bool, deadline_s: float
    ) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
        """Send rows; the future gets the reply, or WorkerLost."""
        self._request_id += 1
        reply = self._expect_reply(deadline_s)
        if self._transport is not None:
            request = PredictRequest(self._request_id, rows.form, rows.count, wants_probabilities)
            self._transport.write(encode_frame(request, rows.payload))
        return reply

    def kill(self) -> None:
        """End the process; a request in flight is lost, and it is not the model's fault."""
        self.fail(WorkerLost("crashed", "the model process was stopped", is_model_fault=False))

    def fail(self, lost: WorkerLost) -> None:
        """Kill the process, and fail the request in flight with the reason."""
        if not self.is_alive:
            return
        self.is_alive = False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        if self._transport is not None:
            self._transport.abort()
        if self._reply is not None and not (reply := self._take_reply()).done():
            reply.set_exception(lost)
            reply.exception()  # Marks it as retrieved, even if the caller is gone.
        self._on_end(lost)

    def exited(self, how: str, *, is_model_fault: bool = True) -> None:
        """Note that the process has exited; its last bytes may still be in the socket."""
        self._is_model_fault = is_model_fault
        self._end_soon(f"the model process {how}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Handle each frame that is complete."""
        try:
            for header, payload in self._reader.feed(data):
                self._handle(decode_json(_decode_header, header), payload)
        except ProtocolError as error:
            self.fail(WorkerLost("crashed", f"the model process broke the protocol: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait shortly for the zygote to report the exit status."""
        del exc  # The exit status says more.
        self._end_soon("")

    def _end_soon(self, how: str) -> None:
        """Fail once both the exit status and the end of the connection have arrived."""
        if self._is_ending:
            self._fail_exited(how or self._exit_text)
            return
        self._is_ending = True
        self._exit_text = how
        unknown = how or "the model process closed its connection"
        self._loop.call_later(_EXIT_GRACE_S, self._fail_exited, unknown)

    def _fail_exited(self, how: str) -> None:
        self.fail(WorkerLost("crashed", how, is_model_fault=self._is_model_fault))

    def _expect_reply(self, deadline_s: float) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
        assert self._reply is None, "one request at a time"
        self._reply = self._loop.create_future()
        if not self.is_alive:
            self._reply.set_exception(WorkerLost("crashed", "the model process is gone"))
        else:
            self._deadline = self._loop.call_later(deadline_s, self._time_out, deadline_s)
        return self._reply

    def _handle(self, header: ReplyHeader, payload: bytes) -> None:
        if header.id != self._request_id:
            raise ProtocolError("a reply to no request")
        if header.kind == "sandboxed" and header.id == 0 and self.sandbox_report is None:
            self.sandbox_report = SandboxReport(decode_json(_decode_layers, payload))
            return
        if self._reply is None:
            raise ProtocolError("a reply to no request")
        reply = self._take_reply()
        if not reply.done():
            if header.text:  # It is shown in logs, events and responses.
                header = msgspec.structs.replace(header, text=printable(header.text))
            reply.set_result((header, payload))

    def _take_reply(self) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
        reply, self._reply = self._reply, None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        assert reply is not None
        return reply

    def _time_out(self, deadline_s: float) -> None:
        self.fail(WorkerLost("timed_out", f"the model did not reply within {deadline_s:g} s"))
