"""Execute a program under another account; it ends when its parent process does.

Run as a script, in a process of its own: ``python -I -S launch.py PARENT UID GID PROGRAM
ARGUMENT…`` (-1 keeps the account). The working directory is entered before the account changes,
so its parent folders may be closed to the account.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Replace this process; never returns."""
    parent, uid, gid, program, *rest = arguments
    if int(uid) >= 0:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    # After setuid, which resets it. SIGINT is PostgreSQL's fast shutdown.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != int(parent):
        sys.exit("the parent is gone")
    os.umask(0o077)
    os.execv(program, [program, *rest])


if __name__ == "__main__":
    main(sys.argv[1:])
