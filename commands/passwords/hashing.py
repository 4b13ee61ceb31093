"""Hashing passwords, which is slow on purpose, without slowing anybody else down.

bcrypt at cost 12 takes a quarter of a second of one core. It runs in one thread of its own, which
gives way to all else that wants to run; who waits for it is served in fair turns, and beyond a
short queue told to come back. So a flood of logins costs the rest of the platform one core at the
most, and costs those who come from elsewhere a few moments.
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
"""On a busy machine a third of what others get: predictions hardly notice, and logins go on."""

log = structlog.get_logger()


class Passwords:
    """Hashes and compares passwords under a pepper.

    A password is first put through HMAC-SHA256 under the pepper: any length and any character
    counts (bcrypt alone stops at 72 bytes), and the hashes are worth nothing without the pepper.
    """

    def __init__(self, pepper: bytes, *, cost: int = COST) -> None:
        self._pepper = pepper
        self._cost = cost
        self._turns = FairQueue()
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="bcrypt", initializer=_give_way
        )
        self.pepper_id = hmac.digest(pepper, b"pepper id", "sha256").hex()[:16]

    @classmethod
    @asynccontextmanager
    async def open(cls, pepper: bytes, *, cost: int = COST) -> AsyncGenerator[Passwords]:
        """Hash while the context is open."""
        passwords = cls(pepper, cost=cost)
        passwords._thread.submit(lambda: passwords._dummy)
        try:
            yield passwords
        finally:
            passwords._thread.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str, *, who: str = "") -> Credential:
        """Hash a new password; raises `Unavailable` where too many wait already.

        ``who`` is the address that asks, among which turns are given.
        """
        salted = partial(bcrypt.hashpw, self._peppered(password), bcrypt.gensalt(self._cost))
        return Credential((await self._run(salted, who)).decode(), self.pepper_id)

    async def matches(self, password: str, credential: Credential | None, *, who: str = "") -> bool:
        """Compare a password; without a credential it takes as long and is False.

        A hash that was made under another pepper can be compared with nothing: that is said in
        the log, for the operator, and to nobody else.
        """
        known = credential is not None and credential.pepper_id == self.pepper_id
        if credential is not None and not known:
            log.error(
                "password_made_under_another_pepper",
                made_under=credential.pepper_id,
                current=self.pepper_id,
                remedy="bring back PASSWORD_PEPPER, or DATA_DIR/keys/password_pepper",
            )
        hashed = credential.hash.encode() if known and credential else None
        same = await self._run(partial(self._compare, self._peppered(password), hashed), who)
        return same and known

    def _compare(self, peppered: bytes, hashed: bytes | None) -> bool:
        return bcrypt.checkpw(peppered, hashed or self._dummy)

    @cached_property
    def _dummy(self) -> bytes:
        return bcrypt.hashpw(self._peppered("nobody's password"), bcrypt.gensalt(self._cost))

    def _peppered(self, password: str) -> bytes:
        """Hash it as it reads: the same letters, however a keyboard composes them."""
        normal = unicodedata.normalize("NFKC", password)
        return b64encode(hmac.digest(self._pepper, normal.encode(), "sha256"))

    async def _run(self, work: Callable[[], T], who: str) -> T:
        async with self._turns.taken(who):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _give_way() -> None:
    """Let everything else run first; on Linux this is for the calling thread alone."""
    if sys.platform == "linux":
        os.nice(NICENESS)
