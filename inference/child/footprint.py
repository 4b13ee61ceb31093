"""How much memory a child has that it shares with nobody, as the kernel counts it."""

from __future__ import annotations

import os

_READ_BYTES = 4096
_KIB = 1024


def private_bytes(descriptor: int) -> int:
    """Read an open smaps_rollup and close it; 0 where it cannot be read.

    What the zygote and all its children still have in common counts for none of them.
    """
    try:
        text = os.read(descriptor, _READ_BYTES)
        os.close(descriptor)
    except OSError:
        return 0
    lines = [line.split() for line in text.splitlines()]
    return _KIB * sum(int(words[1]) for words in lines if words[0].startswith(b"Private_"))
