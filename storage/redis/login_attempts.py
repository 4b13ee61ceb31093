"""Failed logins, and how long the next attempt has to wait.

Attempts are counted by account and by address before any look-up or hashing. The wait doubles
with each failure up to a limit: it slows guessing down and locks nobody out. An address from
which the account logged in before is counted separately, so that strangers who keep the account's
wait at the limit do not lock its owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from storage.lru_dict import LruDict

FREE_PER_ACCOUNT = 5
FREE_PER_ADDRESS = 20
"""Higher, because many people may share an address."""
RESET_AFTER_S = 900
KNOWN_ADDRESS_S = 30 * 86_400
FIRST_WAIT_S = 1.0
DOUBLINGS_MAX = 20
KEYS_MAX = 100_000


class LoginAttempts(Protocol):
    """Counts attempts, in memory or shared by several processes.

    An attempt counts as failed from its start, so that concurrent attempts all count.
    """

    async def begin(self, account: str, address: str) -> float:
        """Count an attempt and return 0, or count nothing and return the seconds left to wait."""
        ...

    async def succeed(self, account: str, address: str) -> None:
        """Undo an attempt, reset the account's failures, and remember the address."""
        ...

    async def undo(self, account: str, address: str) -> None:
        """Undo an attempt that ended without a result."""
        ...


@dataclass
class _Count:
    failures: int = 0
    changed_at: float = 0.0
    wait_until: float = 0.0


class MemoryLoginAttempts:
    """Counts in this process; the least recently used counts are forgotten first."""

    def __init__(self, wait_s_max: float) -> None:
        self._wait_s_max = wait_s_max
        self._counts: LruDict[str, _Count] = LruDict(KEYS_MAX)
        self._known: LruDict[str, float] = LruDict(KEYS_MAX)

    async def begin(self, account: str, address: str) -> float:
        """Count an attempt and return 0, or count nothing and return the seconds left to wait."""
        now = monotonic()
        counts = [(self._count(key, now), free) for key, free in self._keys(account, address)]
        left_s = max(count.wait_until - now for count, _ in counts)
        if left_s > 0:
            return left_s
        for count, free in counts:
            count.failures += 1
            count.changed_at = now
            count.wait_until = now + wait_s(count.failures - free, self._wait_s_max)
        return 0.0

    async def succeed(self, account: str, address: str) -> None:
        """Undo an attempt, reset the account's failures, and remember the address."""
        await self.undo(account, address)
        pair = _pair(account, address)
        self._counts.discard(account)
        self._counts.discard(pair)
        self._known[pair] = monotonic()

    async def undo(self, account: str, address: str) -> None:
        """Undo an attempt that ended without a result."""
        for key, free in self._keys(account, address):
            count = self._counts.get(key)
            if count is not None:
                count.failures = max(0, count.failures - 1)
                if count.failures < free:
                    count.wait_until = 0.0

    def _keys(self, account: str, address: str) -> list[tuple[str, int]]:
        """The keys under which an attempt counts, each with its number of free attempts."""
        pair = _pair(account, address)
        known_at = self._known.get(pair)
        if known_at is not None and monotonic() - known_at < KNOWN_ADDRESS_S:
            return [(pair, FREE_PER_ACCOUNT)]
        return [(account, FREE_PER_ACCOUNT), (address, FREE_PER_ADDRESS)]

    def _count(self, key: str, now: float) -> _Count:
        count = self._counts.get(key)
        if count is None or now - count.changed_at > RESET_AFTER_S:
            count = self._counts[key] = _Count()
        return count


def wait_s(beyond: int, wait_s_max: float) -> float:
    """How long to wait after an attempt; ``beyond`` counts the failures beyond the free ones."""
    return 0.0 if beyond < 0 else min(wait_s_max, FIRST_WAIT_S * 2 ** min(beyond, DOUBLINGS_MAX))


def _pair(account: str, address: str) -> str:
    return f"{account} at {address}"
