"""Where hostile files meet a pool of model processes, beside an honest model that is asked on."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from commands.models import artifact_of
from domain.errors import PredictionFailed, Rejected, Unavailable
from domain.signature import Column, Signature
from inference.child.libraries import sklearn_linear
from inference.engine import ModelFile
from inference.inputs.row_encoding import encode_rows
from inference.pool.pool import WorkerPool
from tests.inference.attacks.attack import Attack, Harm
from tests.inference.attacks.canary import Canary
from tests.inference.conftest import ModelStore, open_pool

UNANSWERED = "gave no answer within"

_FALLBACK = Signature("matrix", (Column("x0", "number"),), is_named=False, task="regression")
"""For files that are put to use though their inspection refused them."""

_KNOWN_ROWS, _KNOWN_ANSWERS = [[0.0], [9.0]], [3, 7]
_NAMED = re.compile(r"needs ([^ ]+), which is not on the list")


class Meeting(NamedTuple):
    """What came of a hostile file."""

    refusal: str
    """Why it was not taken in; empty if it was."""
    told: str
    """All that anybody was told about it, and by it."""
    harms: set[Harm]
    is_guarded: bool
    """Whether a list of names stood in the way."""


class Arena:
    """A pool, a sibling that has to answer rightly whatever happens, and a canary."""

    def __init__(
        self, pool: WorkerPool, store: ModelStore, canary: Canary, *, is_guarded: bool
    ) -> None:
        self.pool = pool
        self.store = store
        self.canary = canary
        self._is_guarded = is_guarded
        honest = sklearn_linear.LogisticRegression().fit([[0.0], [1.0], [8.0], [9.0]], [3, 3, 7, 7])
        self._sibling = store.save(honest)
        self._signature = _FALLBACK

    @classmethod
    @asynccontextmanager
    async def open(
        cls, store: ModelStore, canary: Canary, *, trusted: tuple[str, ...] = (), **limits: Any
    ) -> AsyncGenerator[Arena]:
        """Open a pool of its own; the sibling has its process before anybody else."""
        async with open_pool(store, trusted_modules=trusted, **limits) as pool:
            await pool.ready()
            arena = cls(pool, store, canary, is_guarded=not trusted)
            arena._signature = (await pool.inspect(arena._sibling)).signature
            await arena.check_sibling()
            yield arena

    async def meet(self, file: ModelFile, row: Any) -> Meeting:
        """Take a file in as an upload, then have it answer, and look what became of it."""
        refusal, signature, told = await self.taken_in(file)
        if UNANSWERED not in refusal:
            told += await self.asked(file, signature, row)
        harms = self.canary.harms(told)
        self.canary.reset()
        self.store.path(file.artifact_id).unlink()
        await self.check_sibling()
        return Meeting(refusal, told, harms, self._is_guarded)

    async def asked(self, file: ModelFile, signature: Signature, row: Any) -> str:
        """Ask a model for one row, and give what was heard of it."""
        try:
            rows = encode_rows(signature, row, rows_max=1)
            return repr(await self.pool.predict(file, signature, rows))
        except (PredictionFailed, Rejected, Unavailable) as error:
            return str(error)

    async def check_sibling(self) -> None:
        """Ask what is known."""
        rows = encode_rows(self._signature, _KNOWN_ROWS, rows_max=2)
        predicted = await self.pool.predict(self._sibling, self._signature, rows)
        assert predicted.outputs == _KNOWN_ANSWERS

    async def taken_in(self, file: ModelFile) -> tuple[str, Signature, str]:
        """Inspect a file; give the refusal or "", the signature to ask with, and what was told."""
        try:
            artifact = artifact_of(file, await self.pool.inspect(file))
        except (Rejected, Unavailable) as error:
            return str(error), _FALLBACK, str(error)
        return "", artifact.signature, repr(artifact)


def faults_of(attack: Attack, met: Meeting) -> list[str]:
    """List the harm that was done and, behind a list of names, a refusal that falls short."""
    faults = [f"it {harm}" for harm in met.harms]
    if met.is_guarded and not _is_well_refused(attack, met.refusal):
        faults.append(f"should be refused {attack.refused}, was told {met.refusal!r}")
    if not met.refusal.isprintable():
        faults.append(f"{met.refusal!r} could forge a line of a log")
    return [f"{attack.name}: {fault}" for fault in faults]


def _is_well_refused(attack: Attack, refusal: str) -> bool:
    if attack.refused != "by name" or UNANSWERED in refusal:
        return attack.refused == "perhaps" or bool(refusal)
    named = _NAMED.search(refusal)
    return named is not None and named[1].rpartition(".")[2].encode() in attack.data
