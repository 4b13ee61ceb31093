"""Files that start a program when they are opened, in every known way."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.files import opcodes as op

_SHELL = "/bin/sh"


def attacks(canary: Canary) -> Iterator[Attack]:
    """Make the file by a program of its own; end a process."""
    yield from _by_one_command(canary)
    yield from _by_a_list_of_arguments(canary)
    yield from _by_replacing_the_process(canary)
    yield from _indirectly(canary)
    yield _on_another_process(canary)


def _attack(module: str, function: str, *arguments: bytes) -> Attack:
    called = f"{module}.{function}"
    return Attack(
        called, op.file(op.call(op.name(module, function), *arguments)), "makes", refused="by name"
    )


def _by_one_command(canary: Canary) -> Iterator[Attack]:
    command = op.value(canary.command)
    for module, function in (
        ("os", "system"),
        ("posix", "system"),
        ("os", "popen"),
        ("subprocess", "getoutput"),
        ("subprocess", "getstatusoutput"),
    ):
        yield _attack(module, function, command)
    # Only Windows has it, but scanners look for it.
    windows = op.file(op.call(op.name("nt", "system"), command))
    yield Attack("nt.system", windows, refused="by name")


def _by_a_list_of_arguments(canary: Canary) -> Iterator[Attack]:
    arguments = op.value([_SHELL, "-c", canary.command])
    for function in ("Popen", "run", "call", "check_call", "check_output"):
        yield _attack("subprocess", function, arguments)
    yield _attack("pty", "spawn", arguments)
    yield _attack("os", "posix_spawn", op.value(_SHELL), arguments, op.value({}))
    yield _attack(
        "multiprocessing.util",
        "spawnv_passfds",
        *(op.value(part) for part in (_SHELL.encode(), [_SHELL, "-c", canary.command], ())),
    )
    yield _attack("os", "spawnv", op.value(0), op.value(_SHELL), arguments)


def _by_replacing_the_process(canary: Canary) -> Iterator[Attack]:
    arguments = op.value([_SHELL, "-c", canary.command])
    yield _attack("os", "execv", op.value(_SHELL), arguments)
    yield _attack("os", "execve", op.value(_SHELL), arguments, op.value({}))
    yield _attack("posix", "execv", op.value(_SHELL), arguments)


def _indirectly(canary: Canary) -> Iterator[Attack]:
    """Functions for other purposes that start a program."""
    command = op.value(canary.command)
    yield _attack("pydoc", "pipepager", op.value("text"), command)
    yield _attack("pydoc", "tempfilepager", op.value("text"), op.value(f"{canary.command};:"))
    opening = op.call(
        op.name("operator", "methodcaller"), op.value("open"), op.value(str(canary.made))
    )
    browser = op.call(op.name("webbrowser", "get"), op.value("touch %s"))
    opened = op.file(op.call(opening, browser))
    yield Attack("webbrowser.get", opened, "makes", refused="by name")


def _on_another_process(canary: Canary) -> Attack:
    arguments = op.value(canary.bystander_pid), op.value(int(signal.SIGKILL))
    return Attack(
        "os.kill", op.file(op.call(op.name("os", "kill"), *arguments)), "kills", refused="by name"
    )
