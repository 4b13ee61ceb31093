"""Landlock: permanently denies access to files, TCP and the sockets of other processes.

Open descriptors stay open. It needs no privileges, and neither the process nor its children can
undo it. See linux/landlock.h for the numbers.
"""

from __future__ import annotations

import os
import struct

from inference.child.sandbox.kernel import syscall

_CREATE_RULESET = 444
_RESTRICT_SELF = 446
_VERSION_FLAG = 1
_NO_AUDIT_FLAG = 1
"""Denied accesses are not logged: otherwise a model could fill the log of the host."""

_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""By version, how many file access rights the kernel knows; they are the lowest bits."""

_BIND_AND_CONNECT_TCP = 0b11
_NET_VERSION = 4
_SIGNALS_AND_ABSTRACT_SOCKETS = 0b11
_SCOPE_VERSION = 6
_NO_AUDIT_VERSION = 7


def restrict() -> None:
    """Deny all that this kernel's Landlock can deny. Raises OSError if it has none.

    The kernel requires that the process can no longer gain privileges.
    """
    version = syscall(_CREATE_RULESET, 0, 0, _VERSION_FLAG)
    handled = handled_by(version)
    # A ruleset without rules denies whatever it handles.
    ruleset = syscall(_CREATE_RULESET, handled, len(handled), 0)
    try:
        syscall(_RESTRICT_SELF, ruleset, _NO_AUDIT_FLAG if version >= _NO_AUDIT_VERSION else 0)
    finally:
        os.close(ruleset)


def handled_by(version: int) -> bytes:
    """Encode all that a version of Landlock can handle, as struct landlock_ruleset_attr."""
    fields = [(1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1]
    if version >= _NET_VERSION:
        fields.append(_BIND_AND_CONNECT_TCP)
    if version >= _SCOPE_VERSION:
        fields.append(_SIGNALS_AND_ABSTRACT_SOCKETS)
    return struct.pack(f"={len(fields)}Q", *fields)
