"""Making events and commands where it has to be fast."""

from __future__ import annotations

from typing import Any, TypeVar

M = TypeVar("M")


def made_of(kind: type[M], /, **members: Any) -> M:
    """Make a frozen dataclass of its members, at a quarter of what its constructor costs.

    That sets each member by a call of its own. Whether all are given that have no default is
    not checked.
    """
    made = object.__new__(kind)
    object.__setattr__(made, "__dict__", members)
    return made
