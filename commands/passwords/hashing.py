"""Password hashing that does not block other work.

bcrypt at cost 12 takes a quarter of a second of one core. It runs in one thread with a low
priority, behind a short queue that is fair among client addresses. A flood of logins therefore
takes one core at most, and logins from other addresses still succeed.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import sys
import unicodedata
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import TypeVar

import bcrypt
import structlog

from commands.passwords.fair_queue import FairQueue
from storage.credentials import Credential

T = TypeVar("T")

COST = 12
NICENESS = 5
"""On a busy machine the thread gets a third of the CPU time of a normal one."""

log = structlog.get_logger()


class PasswordHasher:
    """Hashes and compares passwords with bcrypt and a pepper.

    The input of bcrypt is the HMAC-SHA256 of the password under the pepper. Every character of a
    password of any length counts (bcrypt alone stops at 72 bytes), and hashes are useless without
    the pepper.
    """

    def __init__(self, pepper: bytes, *, cost: int = COST) -> None:
        self._pepper = pepper
        self._cost = cost
        self._queue = FairQueue()
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="bcrypt", initializer=_lower_priority
        )
        self.pepper_id = hmac.digest(pepper, b"pepper id", "sha256").hex()[:16]

    @classmethod
    @asynccontextmanager
    async def open(cls, pepper: bytes, *, cost: int = COST) -> AsyncGenerator[PasswordHasher]:
        """Start the thread; it ends with the context."""
        hasher = cls(pepper, cost=cost)
        hasher._thread.submit(lambda: hasher._dummy)
        try:
            yield hasher
        finally:
            hasher._thread.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str, *, address: str = "") -> Credential:
        """Hash a new password; raises `Unavailable` if the queue is full."""
        salted = partial(bcrypt.hashpw, self._peppered(password), bcrypt.gensalt(self._cost))
        return Credential((await self._run(salted, address)).decode(), self.pepper_id)

    async def matches(
        self, password: str, credential: Credential | None, *, address: str = ""
    ) -> bool:
        """Compare a password; without a credential the result is False after the same time.

        The same holds for a hash that was made under another pepper, which is logged.
        """
        known = credential is not None and credential.pepper_id == self.pepper_id
        if credential is not None and not known:
            log.error(
                "password_made_under_another_pepper",
                made_under=credential.pepper_id,
                current=self.pepper_id,
                remedy="restore PASSWORD_PEPPER, or DATA_DIR/keys/password_pepper",
            )
        hashed = credential.hash.encode() if known and credential else None
        same = await self._run(partial(self._compare, self._peppered(password), hashed), address)
        return same and known

    def _compare(self, peppered: bytes, hashed: bytes | None) -> bool:
        return bcrypt.checkpw(peppered, hashed or self._dummy)

    @cached_property
    def _dummy(self) -> bytes:
        return bcrypt.hashpw(self._peppered("nobody's password"), bcrypt.gensalt(self._cost))

    def _peppered(self, password: str) -> bytes:
        """Normalise first: keyboards compose the same letter in different ways."""
        normal = unicodedata.normalize("NFKC", password)
        return b64encode(hmac.digest(self._pepper, normal.encode(), "sha256"))

    async def _run(self, work: Callable[[], T], address: str) -> T:
        async with self._queue.turn(address):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _lower_priority() -> None:
    """Lower the priority of the calling thread; only Linux does this per thread."""
    if sys.platform == "linux":
        os.nice(NICENESS)
