"""Hashing passwords, which is slow on purpose, without slowing anybody else down.

bcrypt at cost 12 takes a quarter of a second of one core. It runs in one thread of its own; a
short queue waits for it, and beyond that callers are told to come back, so that a flood of
logins costs the rest of the platform one core at the most.
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import TypeVar

import bcrypt

from domain.errors import Rejected, Unavailable
from storage.credentials import Credential

T = TypeVar("T")

COST = 12
QUEUE_MAX = 20
LENGTH_MIN = 8
LENGTH_MAX = 1_000


class Passwords:
    """Hashes and compares passwords under a pepper.

    A password is first put through HMAC-SHA256 under the pepper: any length and any character
    counts (bcrypt alone stops at 72 bytes), and the hashes are worth nothing without the pepper.
    """

    def __init__(self, pepper: bytes, *, cost: int = COST) -> None:
        self._pepper = pepper
        self._cost = cost
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bcrypt")
        self._waiting = 0
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

    def check(self, password: str, *, context: tuple[str, ...] = ()) -> None:
        """Raise `Rejected` for a password that is too short, too long or easily guessed."""
        if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
            raise Rejected(f"password: it has {LENGTH_MIN} to {LENGTH_MAX} characters")
        folded = password.casefold()
        if len(set(folded)) <= 2 or folded in context:  # noqa: PLR2004 — "abababab"
            raise Rejected("password: this one is too easily guessed")

    async def hash(self, password: str) -> Credential:
        """Hash a new password; raises `Unavailable` where too many wait already."""
        salted = partial(bcrypt.hashpw, self._peppered(password), bcrypt.gensalt(self._cost))
        return Credential((await self._run(salted)).decode(), self.pepper_id)

    async def matches(self, password: str, credential: Credential | None) -> bool:
        """Compare a password; without a credential it takes as long and is False."""
        known = credential is not None and credential.pepper_id == self.pepper_id
        hashed = credential.hash.encode() if known and credential else None
        same = await self._run(partial(self._compare, self._peppered(password), hashed))
        return same and known

    def _compare(self, peppered: bytes, hashed: bytes | None) -> bool:
        return bcrypt.checkpw(peppered, hashed or self._dummy)

    @cached_property
    def _dummy(self) -> bytes:
        return bcrypt.hashpw(self._peppered("nobody's password"), bcrypt.gensalt(self._cost))

    def _peppered(self, password: str) -> bytes:
        return b64encode(hmac.digest(self._pepper, password.encode(), "sha256"))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= QUEUE_MAX:
            raise Unavailable("too many passwords are being checked at the moment")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1
