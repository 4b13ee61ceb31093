"""Becomes another user, or one with fewer capabilities, as in a container."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Literal, get_args

from inference.child.sandbox import kernel

Account = Literal["as started", "plain user", "container's root", "root without capabilities"]
ACCOUNTS: tuple[Account, ...] = get_args(Account)

PLAIN_USER = 1000
ROOT = Path(__file__).parents[2]

_CAPABILITIES = 41
_CONTAINERS = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
"""The defaults of container engines, which include KILL, SETGID and SETUID."""

_PR_CAPBSET_DROP = 24
_CLONE_NEWNS = 0x2_0000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x4_0000
_libc = ctypes.CDLL(None, use_errno=True)


def become(account: Account) -> None:
    """Give up rights permanently; programs that are executed later have the remaining ones."""
    match account:
        case "as started":
            return
        case "plain user":
            _make_reachable(Path(sys.base_prefix), Path(sys.prefix), ROOT)
            os.setgroups([])
            os.setresgid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
            os.setresuid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
        case "container's root":
            _keep_capabilities(_CONTAINERS)
        case "root without capabilities":
            _keep_capabilities(set())


def _keep_capabilities(kept: set[int]) -> None:
    for number in range(_CAPABILITIES):
        if number not in kept:
            kernel.prctl(_PR_CAPBSET_DROP, number)


def _make_reachable(*needed: Path) -> None:
    """Make folders inside a folder of root reachable for everybody, without opening that one.

    In a mount namespace of this process, an empty folder replaces that of root, and the needed
    folders are mounted in it.
    """
    closed = {folder for path in needed if (folder := _first_closed(path)) is not None}
    if not closed:
        return
    _checked(_libc.unshare(_CLONE_NEWNS))
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    held = {path: os.open(path, os.O_PATH) for path in needed if closed & {*path.parents}}
    for folder in closed:
        _mount("tmpfs", str(folder), "tmpfs", 0, "mode=755")
    for path, descriptor in held.items():
        path.mkdir(parents=True)
        _mount(f"/proc/self/fd/{descriptor}", str(path), None, _MS_BIND)
        os.close(descriptor)


def _first_closed(path: Path) -> Path | None:
    folders = reversed(path.resolve().parents)
    return next((folder for folder in folders if not folder.stat().st_mode & 0o001), None)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    _checked(_libc.mount(*texts, ctypes.c_ulong(flags), options.encode()))


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
