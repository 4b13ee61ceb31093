"""The bounded mapping that all caches use."""

from __future__ import annotations

import pytest

from storage.lru_dict import LruDict


def filled() -> LruDict[str, int]:
    entries: LruDict[str, int] = LruDict(3)
    for number, key in enumerate("abc"):
        entries[key] = number
    return entries


def test_the_oldest_entry_is_evicted() -> None:
    entries = filled()
    entries["d"] = 3
    assert len(entries) == 3
    assert [entries.get(key) for key in "abcd"] == [None, 1, 2, 3]


def test_a_read_counts_as_use() -> None:
    entries = filled()
    assert (entries.get("a"), entries["b"]) == (0, 1)
    assert entries.oldest() == ("c", 2)


def test_a_touch_counts_as_use_and_returns_whether_the_key_exists() -> None:
    entries = filled()
    assert entries.touch("a")
    assert not entries.touch("x")
    assert entries.oldest() == ("b", 1)


def test_a_write_to_an_existing_key_counts_as_use_and_evicts_nothing() -> None:
    entries = filled()
    entries["a"] = 9
    assert len(entries) == 3
    assert entries.oldest() == ("b", 1)


def test_a_value_may_be_none() -> None:
    entries: LruDict[str, None] = LruDict(1)
    entries["a"] = None
    assert entries["a"] is None
    assert entries.touch("a")


def test_a_missing_key() -> None:
    entries = filled()
    assert entries.get("x") is None
    entries.discard("x")
    with pytest.raises(KeyError):
        _ = entries["x"]


def test_a_discarded_key_is_removed() -> None:
    entries = filled()
    entries.discard("b")
    assert entries.get("b") is None
    for key in "ac":
        entries.discard(key)
    assert entries.oldest() is None
