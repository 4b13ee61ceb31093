"""New ids sort by the time at which they were generated."""

from __future__ import annotations

import time
from uuid import RFC_4122

from domain.aggregate import new_id


def test_an_id_is_a_uuid_of_version_7_with_its_time() -> None:
    before = time.time_ns() // 1_000_000
    generated = new_id()
    after = time.time_ns() // 1_000_000
    assert (generated.version, generated.variant) == (7, RFC_4122)
    assert before <= generated.int >> 80 <= after


def test_a_later_id_is_greater() -> None:
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()


def test_ids_are_unique() -> None:
    generated = [new_id() for _ in range(10_000)]
    assert len(set(generated)) == 10_000
