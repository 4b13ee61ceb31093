"""Runs hostile files in a pool of model processes, beside an honest model that must still work."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from commands.models import artifact_of
from domain.errors import PredictionFailed, Rejected, Unavailable
from domain.signature import Column, Signature
from inference.child.libraries import sklearn_linear
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile
from inference.pool.pool import WorkerPool
from tests.inference.attacks.attack import Attack, Harm
from tests.inference.attacks.canary import Canary
from tests.inference.conftest import ModelStore, open_pool

NO_REPLY = "did not reply within"

_FALLBACK = Signature("matrix", (Column("x0", "number"),), is_named=False, task="regression")
"""For predictions with files that the inspection refused."""

_HONEST_ROWS, _HONEST_OUTPUTS = [[0.0], [9.0]], [3, 7]
_NAME_IN_REFUSAL = re.compile(r"needs ([^ ]+), which is not on the list")


class Outcome(NamedTuple):
    """What a hostile file did."""

    refusal: str
    """Why the inspection refused it; empty if it did not."""
    output: str
    """Everything that the caller received: refusal, description, prediction."""
    harms: set[Harm]
    has_allow_list: bool


class AttackPool:
    """A pool, an honest model in its own process, and a canary."""

    def __init__(
        self, pool: WorkerPool, store: ModelStore, canary: Canary, *, has_allow_list: bool
    ) -> None:
        self.pool = pool
        self.store = store
        self.canary = canary
        self._has_allow_list = has_allow_list
        honest = sklearn_linear.LogisticRegression().fit([[0.0], [1.0], [8.0], [9.0]], [3, 3, 7, 7])
        self._sibling = store.save(honest)
        self._signature = _FALLBACK

    @classmethod
    @asynccontextmanager
    async def open(
        cls, store: ModelStore, canary: Canary, *, trusted: tuple[str, ...] = (), **limits: Any
    ) -> AsyncGenerator[AttackPool]:
        """Open a pool whose first process is that of the honest model."""
        async with open_pool(store, trusted_modules=trusted, **limits) as pool:
            await pool.ready()
            opened = cls(pool, store, canary, has_allow_list=not trusted)
            opened._signature = (await pool.inspect(opened._sibling)).signature
            await opened.check_sibling()
            yield opened

    async def attack(self, file: ModelFile, row: Any) -> Outcome:
        """Upload a file, predict with it, and check what it did."""
        refusal, signature, output = await self.inspect(file)
        if NO_REPLY not in refusal:
            output += await self.predict(file, signature, row)
        harms = self.canary.harms(output)
        self.canary.reset()
        self.store.path(file.artifact_id).unlink()
        await self.check_sibling()
        return Outcome(refusal, output, harms, self._has_allow_list)

    async def predict(self, file: ModelFile, signature: Signature, row: Any) -> str:
        """Predict one row; return the output or the error as text."""
        try:
            rows = encode_rows(signature, row, rows_max=1)
            return repr(await self.pool.predict(file, signature, rows))
        except (PredictionFailed, Rejected, Unavailable) as error:
            return str(error)

    async def check_sibling(self) -> None:
        """Check that the honest model still predicts correctly."""
        rows = encode_rows(self._signature, _HONEST_ROWS, rows_max=2)
        predicted = await self.pool.predict(self._sibling, self._signature, rows)
        assert predicted.outputs == _HONEST_OUTPUTS

    async def inspect(self, file: ModelFile) -> tuple[str, Signature, str]:
        """Inspect a file; return the refusal or "", the signature to predict with, the output."""
        try:
            artifact = artifact_of(file, await self.pool.inspect(file))
        except (Rejected, Unavailable) as error:
            return str(error), _FALLBACK, str(error)
        return "", artifact.signature, repr(artifact)


def failures_of(attack: Attack, outcome: Outcome) -> list[str]:
    """List the harm that was done and, with an allow-list, an insufficient refusal."""
    failures = [f"it {harm}" for harm in outcome.harms]
    if outcome.has_allow_list and not _is_well_refused(attack, outcome.refusal):
        failures.append(f"should be refused {attack.refused}, but: {outcome.refusal!r}")
    if not outcome.refusal.isprintable():
        failures.append(f"{outcome.refusal!r} could forge a log line")
    return [f"{attack.name}: {failure}" for failure in failures]


def _is_well_refused(attack: Attack, refusal: str) -> bool:
    if attack.refused != "by name" or NO_REPLY in refusal:
        return attack.refused == "perhaps" or bool(refusal)
    named = _NAME_IN_REFUSAL.search(refusal)
    return named is not None and named[1].rpartition(".")[2].encode() in attack.data
