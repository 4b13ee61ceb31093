"""Files that evade tools which read a pickle without executing it, or that fail after the harm."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.files import opcodes as op


def attacks(canary: Canary) -> Iterator[Attack]:
    """Call one function, written in many ways."""
    yield from _by_protocol(canary)
    yield from _by_opcode(canary)
    yield from _by_the_memo(canary)
    yield from _in_a_broken_file(canary)
    yield from _without_a_name(canary)
    yield from _by_an_odd_name(canary)


def _system(canary: Canary) -> bytes:
    return op.call(op.name("os", "system"), op.value(canary.command))


def _by_protocol(canary: Canary) -> Iterator[Attack]:
    for protocol in range(6):
        data = op.file(_system(canary), protocol)
        yield Attack(f"protocol {protocol}", data, "makes", refused="by name")
    oldest = f"cos\nsystem\n(S{canary.command!r}\ntR.".encode()
    yield Attack("protocol 0 in text", oldest, "makes", refused="by name")
    yield Attack("protocol 200", op.file(_system(canary), 200), refused="somehow")
    body = pickle.FRAME + len(_system(canary) + b".").to_bytes(8, "little") + _system(canary)
    yield Attack("in a frame", op.file(body), "makes", refused="by name")


def _by_opcode(canary: Canary) -> Iterator[Attack]:
    command = op.value(canary.command)
    spellings = {
        "INST": pickle.MARK + command + b"ios\nsystem\n",
        "OBJ": pickle.MARK
        + op.name("subprocess", "Popen")
        + op.value(["touch", str(canary.made)])
        + pickle.OBJ,
        "NEWOBJ": op.made(op.name("subprocess", "Popen"), command),
        "STACK_GLOBAL": op.call(op.name_on_stack(op.value("os"), op.value("system")), command),
        "REDUCE of a POP": op.value(1) + pickle.POP + _system(canary),
        "a tuple by TUPLE1": op.name("os", "system") + command + pickle.TUPLE1 + pickle.REDUCE,
        "BUILD": op.built(
            op.made(op.name("sklearn.linear_model._logistic", "LogisticRegression")),
            _system(canary),
        ),
        "SETITEM": pickle.EMPTY_DICT + op.value("a") + _system(canary) + pickle.SETITEM,
    }
    for opcode, code in spellings.items():
        harm = "none" if opcode == "NEWOBJ" else "makes"
        # Python 3 never writes the first, so it is refused before its name is read.
        refused = "somehow" if opcode == "INST" else "by name"
        yield Attack(f"opcode {opcode}", op.file(code), harm, refused)


def _by_the_memo(canary: Canary) -> Iterator[Attack]:
    """Take the parts of the name from the memo."""
    stored = op.value("system") + b"r\x40\0\0\0" + pickle.POP + op.value("os")
    fetched = b"j\x40\0\0\0" + pickle.STACK_GLOBAL
    code = stored + fetched + op.tuple_of(op.value(canary.command)) + pickle.REDUCE
    yield Attack("a name from the memo", op.file(code), "makes", refused="by name")
    kept = op.name("os", "system") + b"r\x41\0\0\0" + pickle.POP
    code = kept + b"j\x41\0\0\0" + op.tuple_of(op.value(canary.command)) + pickle.REDUCE
    yield Attack("a function from the memo", op.file(code), "makes", refused="by name")
    yield Attack(
        "an empty slot of the memo", op.file(pickle.LONG_BINGET + b"\xff\0\0\0"), refused="somehow"
    )


def _in_a_broken_file(canary: Canary) -> Iterator[Attack]:
    """Do the harm before the file turns out to be broken."""
    before = pickle.PROTO + b"\x04" + _system(canary)
    for what, rest in (
        ("without an end", b""),
        ("with an unknown opcode", b"\xff."),
        ("with an empty stack", pickle.POP + pickle.POP + pickle.POP),
        ("with a second pickle", b"." + op.file(_system(canary))),
        ("followed by an archive", b".PK\x05\x06" + bytes(18)),
    ):
        yield Attack(what, before + rest, "makes", refused="by name")
    spaced = b"\x80\x04" + b"N0" * 1000 + _system(canary) + b"."
    yield Attack("after a thousand idle opcodes", spaced, "makes", refused="by name")


def _without_a_name(canary: Canary) -> Iterator[Attack]:
    """Use references other than names."""
    yield Attack("a persistent id", op.file(pickle.PERSID + b"os.system\n"), refused="somehow")
    binary = op.value("os.system") + pickle.BINPERSID
    yield Attack("a persistent id on the stack", op.file(binary), refused="somehow")
    for opcode, code in ((pickle.EXT1, b"\1"), (pickle.EXT2, b"\1\0"), (pickle.EXT4, b"\1\0\0\0")):
        yield Attack(f"extension code {opcode!r}", op.file(opcode + code), refused="somehow")
    yield Attack("a buffer from outside", op.file(pickle.NEXT_BUFFER, 5), refused="somehow")
    registered = op.call(op.name("copyreg", "add_extension"), *map(op.value, ("os", "system", 1)))
    code = registered + pickle.POP + op.call(pickle.EXT1 + b"\1", op.value(canary.command))
    yield Attack("an extension code of its own", op.file(code), "makes", "by name")


def _by_an_odd_name(canary: Canary) -> Iterator[Attack]:
    """Names that look like trusted ones, or that could do harm in a log."""
    for module, function in (
        ("sklearn.linear_model ", "LogisticRegression"),
        ("sklearn.linear_model", "LogisticRegression.__init__.__globals__.clear"),
        ("sklearn.linear_model", "LogisticRegression.__subclasses__"),
        ("sklearn.linear_model", "LogisticRegression.__class__"),
        ("sklearn..linear_model", "LogisticRegression"),
        (".sklearn", "base"),
        ("\N{CYRILLIC SMALL LETTER DZE}klearn.linear_model", "LogisticRegression"),
        ("__main__", "LogisticRegression"),
        ("", "eval"),
    ):
        code = op.file(op.call(op.name(module, function)))
        yield Attack(f"the name {module}:{function}", code, refused="somehow")
    forged = op.name_on_stack(
        op.value("os\n2026-01-01 level=error event=forged \x1b[2J"), op.value("\x00\x07" * 5000)
    )
    yield Attack("a name that forges a log line", op.file(forged), refused="somehow")
    surrogate = op.name_on_stack(b"X\x03\0\0\0\xed\xa0\x80", op.value("system"))
    yield Attack("a name with a lone surrogate", op.file(surrogate), refused="somehow")
    number = op.name_on_stack(op.value(1), op.value(b"system"))
    yield Attack("a name that is a number", op.file(number), refused="somehow")
