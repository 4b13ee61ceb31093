"""The engine: model processes on this machine, one per model file, forked from a zygote."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import perf_counter
from uuid import UUID

import structlog

from domain.errors import DomainError, Rejected, Unavailable
from domain.signature import Signature
from inference.inputs.row_encoding import Rows
from inference.model_file import Inspection, ModelFile, ModelOutput
from inference.pool.batcher import Batcher
from inference.pool.capacity import ConcurrencyLimit, ProcessCapacity
from inference.pool.crash_budget import CrashBudget
from inference.pool.launcher import ZygoteHandle
from inference.pool.limits import PoolLimits
from inference.pool.opener import Opener, OpenFile
from inference.pool.process import ModelProcess, WorkerLost
from inference.pool.statistics import (
    OTHER,
    ModelLabel,
    ModelStatistics,
    PoolStatistics,
    label_for,
    summed,
)
from inference.protocol.sandbox_report import SandboxReport

_LOADS_MAX = 2
"""Models opened at a time, and as many inspected: each keeps one core busy."""

_LOADS_WAITING_MAX = 64
_BATCHERS_MAX = 1000
"""Models remembered without a process; forgetting one costs nothing."""

_SWEEPS_PER_IDLE_TIME = 10

log = structlog.get_logger(__name__)


class WorkerPool:
    """Runs each model in a process of its own, and evicts the least recently used ones."""

    def __init__(self, open_file: OpenFile, limits: PoolLimits) -> None:
        self._limits = limits
        self._opener = Opener(open_file, limits)
        self._batchers: dict[UUID, Batcher] = {}
        self._labels: dict[UUID, ModelLabel] = {}
        self._forgotten = ModelStatistics()
        """The losses of models that are not remembered any more."""
        self._capacity = ProcessCapacity(
            processes_max=limits.processes_max,
            memory_budget_bytes=limits.memory_budget_bytes,
            wait_s_max=limits.load_deadline_s,
            idle=self._idle,
        )
        # Separate limits, so that slow uploads do not delay predictions.
        self._loads, self._inspections = (
            ConcurrencyLimit(
                _LOADS_MAX,
                waiting_max=_LOADS_WAITING_MAX,
                wait_s_max=limits.load_deadline_s,
                error="too many models are being opened",
            )
            for _ in range(2)
        )
        self._warming: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, open_file: OpenFile, limits: PoolLimits) -> AsyncGenerator[WorkerPool]:
        """Start the zygote without waiting for it; end every process on exit."""
        pool = cls(open_file, limits)
        start = asyncio.create_task(pool._opener.launcher.start())
        others = [asyncio.create_task(work) for work in (pool._try_after(start), pool._sweep())]
        try:
            yield pool
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(start, *others, return_exceptions=True)
            await pool._close()

    @property
    def zygote_pid(self) -> int:
        """The process that the model processes are forked from; 0 if it does not run."""
        return self._opener.launcher.zygote_pid

    @property
    def sandbox_report(self) -> SandboxReport | None:
        """The sandbox of the model processes; known once `ready` has returned."""
        return self._opener.sandbox_report

    def statistics(self) -> PoolStatistics:
        """Count processes, memory, queues and losses, as of now."""
        models = [(self._labels[i], batcher.statistics()) for i, batcher in self._batchers.items()]
        if self._forgotten.losses:
            models.append((OTHER, self._forgotten))
        return PoolStatistics(
            processes=self._capacity.processes,
            processes_max=self._limits.processes_max,
            memory_bytes=self._capacity.memory_bytes,
            memory_budget_bytes=self._limits.memory_budget_bytes,
            evictions=self._capacity.evictions,
            models=summed(models),
        )

    async def ready(self) -> None:
        """Wait until models can be opened; raises Unavailable if that fails."""
        await self._opener.ready()

    async def inspect(self, file: ModelFile, sample: str = "") -> Inspection:
        """Describe a model, in a process that is used for nothing else.

        ``sample`` has rows, as JSON, that the model must accept. Raises Rejected, with the reason,
        if the file is no model that can be served; Unavailable if that cannot be decided now.
        """
        try:
            async with self._inspections.acquire():
                process, opened = await self._opener.open_model(
                    file, inspects=True, on_end=lambda _: None, sample=sample
                )
        except WorkerLost as lost:
            raise Rejected(f"the model cannot be opened: {lost}") from None
        process.kill()
        assert opened.inspection is not None
        return opened.inspection

    async def warm(self, file: ModelFile) -> None:
        """Open the model's process, unless it is open."""
        try:
            await self._batcher(file).ready()
        except (WorkerLost, Rejected) as error:
            raise Unavailable(f"the model cannot be opened: {error}") from None

    def warm_soon(self, file: ModelFile) -> None:
        """Open the model's process in the background, so that no prediction waits for it.

        If that fails, it is logged, and the next prediction raises the error.
        """
        task = asyncio.create_task(self._warm_quietly(file))
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    async def predict(self, file: ModelFile, signature: Signature, rows: Rows) -> ModelOutput:
        """Predict rows that were encoded for this signature, in a batch with concurrent calls.

        Raises PredictionFailed if the model was called and failed, Unavailable if it was not.
        """
        batcher = self._batchers.get(file.artifact_id)
        if batcher is None or file.releases:
            batcher = self._batcher(file)
        return await batcher.put(rows, signature)

    def quarantine_reason(self, file: ModelFile) -> str | None:
        """Say why a model must not be called any more, in words for its owner; None if it may be.

        The caller should record a reason: the pool forgets it when it ends.
        """
        batcher = self._batchers.get(file.artifact_id)
        return None if batcher is None else batcher.budget.spent

    def _batcher(self, file: ModelFile) -> Batcher:
        batcher = self._batchers.get(file.artifact_id) or self._new_batcher(file)
        batcher.budget.renew(file.releases)
        return batcher

    def _new_batcher(self, file: ModelFile) -> Batcher:
        if len(self._batchers) >= _BATCHERS_MAX:
            self._forget_unused()
        self._labels[file.artifact_id] = label_for(file, self._labels.values())
        batcher = self._batchers[file.artifact_id] = Batcher(
            lambda: self._process_for(file, batcher),
            self._limits,
            CrashBudget(losses_max=self._limits.losses_max, window_s=self._limits.losses_window_s),
            self._capacity.notify,
        )
        return batcher

    def _forget_unused(self) -> None:
        now = perf_counter()
        unused = [i for i, batcher in self._batchers.items() if batcher.is_unused(now)]
        for artifact_id in unused:
            del self._labels[artifact_id]
            self._forgotten.losses.update(self._batchers.pop(artifact_id).losses)

    async def _process_for(self, file: ModelFile, batcher: Batcher) -> ModelProcess:
        async with self._loads.acquire():
            slot = await self._capacity.acquire(batcher.memory_bytes)

            def on_end(lost: WorkerLost) -> None:
                slot.release()
                if lost.is_model_fault:
                    self._count_loss(file, batcher, lost)

            try:
                process, opened = await self._opener.open_model(file, inspects=False, on_end=on_end)
            except BaseException:
                slot.release()
                raise
        # The process reports this itself; it cannot use more than its limit, whatever it says.
        batcher.memory_bytes = min(opened.private_bytes, self._limits.memory_bytes_max)
        try:
            slot.resize(batcher.memory_bytes)
        except Unavailable:
            process.kill()
            raise
        return process

    def _count_loss(self, file: ModelFile, batcher: Batcher, lost: WorkerLost) -> None:
        batcher.losses[lost.reason] += 1
        batcher.budget.count(lost, perf_counter())
        log.warning(
            "model_process_lost",
            artifact_id=str(file.artifact_id),
            reason=str(lost),
            is_last=batcher.budget.spent is not None,
        )

    def _idle(self) -> list[Batcher]:
        """List those that can be evicted, the least recently used first."""
        idle = [b for b in self._batchers.values() if b.is_idle and b.has_process]
        return sorted(idle, key=lambda batcher: batcher.used_at)

    async def _try_after(self, start: asyncio.Task[ZygoteHandle]) -> None:
        """Try the sandbox as soon as the zygote runs, so that the log reports it early."""
        await asyncio.shield(start)
        with contextlib.suppress(Unavailable):
            await self.ready()

    async def _sweep(self) -> None:
        """End processes that are idle for long, and old ones."""
        idle_s_max, age_s_max = self._limits.idle_s_max, self._limits.age_s_max
        while True:
            await asyncio.sleep(min(idle_s_max, age_s_max) / _SWEEPS_PER_IDLE_TIME)
            now = perf_counter()
            for batcher in self._idle():
                if batcher.used_at < now - idle_s_max or batcher.opened_at < now - age_s_max:
                    batcher.retire()

    async def _warm_quietly(self, file: ModelFile) -> None:
        try:
            await self.warm(file)
        except DomainError as error:
            log.warning("model_not_warmed", artifact_id=str(file.artifact_id), reason=str(error))
        except Exception:
            log.exception("model_not_warmed", artifact_id=str(file.artifact_id))

    async def _close(self) -> None:
        for task in self._warming:
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)
        for batcher in self._batchers.values():
            await batcher.close()
        await self._opener.launcher.stop()
