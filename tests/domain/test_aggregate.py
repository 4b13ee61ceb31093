"""New identities sort by the time they were drawn."""

from __future__ import annotations

import time
from uuid import RFC_4122

from domain.aggregate import new_id


def test_an_identity_is_a_uuid_of_version_7_that_tells_its_time() -> None:
    before = time.time_ns() // 1_000_000
    drawn = new_id()
    after = time.time_ns() // 1_000_000
    assert (drawn.version, drawn.variant) == (7, RFC_4122)
    assert before <= drawn.int >> 80 <= after


def test_a_later_identity_is_the_greater_one() -> None:
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()


def test_no_two_identities_are_the_same() -> None:
    drawn = [new_id() for _ in range(10_000)]
    assert len(set(drawn)) == 10_000
