"""What a process tells of its own memory."""

from __future__ import annotations

import os

import pytest

from inference.child.footprint import private_bytes

MIB = 2**20


def own() -> int:
    return private_bytes(os.open("/proc/self/smaps_rollup", os.O_RDONLY))


def test_what_is_taken_counts_and_what_is_given_back_does_not() -> None:
    before = own()
    ballast = bytearray(os.urandom(64)) * (MIB // 2)
    taken = own() - before
    del ballast
    assert 30 * MIB < taken < 40 * MIB
    assert own() - before < 10 * MIB


def test_the_descriptor_is_closed_afterwards() -> None:
    descriptor = os.open("/proc/self/smaps_rollup", os.O_RDONLY)
    assert private_bytes(descriptor) > 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_where_the_kernel_does_not_tell_it_is_nothing() -> None:
    assert private_bytes(9999) == 0
