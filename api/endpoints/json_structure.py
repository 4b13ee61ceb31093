"""What a JSON decoder does not say: names that are given twice, and how much there is to decode.

Of two members of one name a decoder keeps one. And a megabyte of empty lists keeps it, and
whoever looks at what it made, busy for long enough to be felt by everybody else.
"""

from __future__ import annotations

import json
from typing import Any, cast

HOLDERS = (dict, list)
HOLDERS_MAX = 50_000
"""Lists and objects in one document; a prediction takes 10,000 rows."""


def repeated_name(raw: bytes, members: dict[str, Any]) -> str | None:
    """Give a name that some object in a document gives twice, None where there is none.

    ``members`` is what a decoder made of the document. Where it holds as many names as there are
    colons, none was lost: that is all there is to do for most documents.
    """
    if raw.count(b":") == len(members):
        return None
    return None if _outside_texts(raw).count(b":") == _names_in(members) else _first_repeated(raw)


def has_too_many_holders(raw: bytes) -> bool:
    """Whether a document has so many lists and objects that it is not to be decoded."""
    if len(raw) <= HOLDERS_MAX or raw.count(b"[") + raw.count(b"{") <= HOLDERS_MAX:
        return False
    outside = _outside_texts(raw)
    return outside.count(b"[") + outside.count(b"{") > HOLDERS_MAX


def _outside_texts(raw: bytes) -> bytes:
    return b"".join(raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])


def _names_in(members: dict[str, Any]) -> int:
    """Count the names of all objects, level by level; the decoder bounds how deep they are."""
    objects, lists = [members], cast("list[list[Any]]", [])
    count = 0
    while objects or lists:
        count += sum(map(len, objects))
        inside = [each for held in objects for each in held.values() if each.__class__ in HOLDERS]
        inside += [each for held in lists for each in held if each.__class__ in HOLDERS]
        objects = [each for each in inside if each.__class__ is dict]
        lists = [each for each in inside if each.__class__ is list]
    return count


def _first_repeated(raw: bytes) -> str | None:
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        names: set[str] = set()
        for name, _ in pairs:
            if name in names:
                found.append(name)
            names.add(name)

    try:
        json.loads(raw, object_pairs_hook=look)
    except RecursionError:
        return "(nested deeply)"
    return found[0] if found else None
