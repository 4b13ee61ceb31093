"""A mapping of limited size that evicts the least recently used entry."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruDict(Generic[K, V]):
    """At most `size_max` entries; reading or writing an entry counts as use."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, key: K) -> V:
        value = self._entries[key]
        self._entries.move_to_end(key)
        return value

    def __setitem__(self, key: K, value: V) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size_max:
            self._entries.popitem(last=False)

    def get(self, key: K) -> V | None:
        """The value of a key, or None."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def touch(self, key: K) -> bool:
        """Count as use of a key, and say whether it is there."""
        if is_present := key in self._entries:
            self._entries.move_to_end(key)
        return is_present

    def discard(self, key: K) -> None:
        """Remove a key, if it is there."""
        self._entries.pop(key, None)

    def oldest(self) -> tuple[K, V] | None:
        """The entry that would be evicted next; this does not count as use."""
        return next(iter(self._entries.items()), None)
