"""Landlock: takes every access to files, TCP and other processes' sockets away for good.

What is open already stays open. It needs no rights, and neither the process nor anything that it
might start can get rid of it. See linux/landlock.h for the numbers.
"""

from __future__ import annotations

import os
import struct

from inference.child.sandbox.kernel import syscall

_CREATE_RULESET = 444
_RESTRICT_SELF = 446
_VERSION_FLAG = 1
_NO_AUDIT_FLAG = 1
"""Refused accesses are not logged: else a model could fill the host's log."""

_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""By version, how many rights on files the kernel knows; the lowest bits stand for them."""

_BIND_AND_CONNECT_TCP = 0b11
_NET_VERSION = 4
_SIGNALS_AND_ABSTRACT_SOCKETS = 0b11
_SCOPE_VERSION = 6
_NO_AUDIT_VERSION = 7


def restrict() -> None:
    """Deny this process all that Landlock can deny here. Raises OSError where there is none.

    The process must not be able to gain privileges any more, or the kernel refuses.
    """
    version = syscall(_CREATE_RULESET, 0, 0, _VERSION_FLAG)
    handled = handled_by(version)
    # A ruleset without a single rule: whatever it handles is denied.
    ruleset = syscall(_CREATE_RULESET, handled, len(handled), 0)
    try:
        syscall(_RESTRICT_SELF, ruleset, _NO_AUDIT_FLAG if version >= _NO_AUDIT_VERSION else 0)
    finally:
        os.close(ruleset)


def handled_by(version: int) -> bytes:
    """Pack all that a version of Landlock can handle, as struct landlock_ruleset_attr."""
    fields = [(1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1]
    if version >= _NET_VERSION:
        fields.append(_BIND_AND_CONNECT_TCP)
    if version >= _SCOPE_VERSION:
        fields.append(_SIGNALS_AND_ABSTRACT_SOCKETS)
    return struct.pack(f"={len(fields)}Q", *fields)
