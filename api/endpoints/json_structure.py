"""What a JSON decoder does not check: duplicate names, and the number of lists and objects.

A decoder keeps only one of two members with the same name, and a megabyte of empty lists takes so
long to decode and process that other requests would be delayed.
"""

from __future__ import annotations

import json
from typing import Any, cast

CONTAINERS = (dict, list)
CONTAINERS_MAX = 50_000
"""Lists and objects in one document; a prediction takes 10,000 rows."""


def repeated_name(raw: bytes, members: dict[str, Any]) -> str | None:
    """Find a name that an object in a document contains twice, or None.

    ``members`` is the decoded document. If it has as many names as the document has colons, none
    was lost; most documents need no other check.
    """
    if raw.count(b":") == len(members):
        return None
    return None if _outside_strings(raw).count(b":") == _names_in(members) else _first_repeated(raw)


def has_too_many_containers(raw: bytes) -> bool:
    """Whether a document has too many lists and objects to be decoded."""
    if len(raw) <= CONTAINERS_MAX or raw.count(b"[") + raw.count(b"{") <= CONTAINERS_MAX:
        return False
    outside = _outside_strings(raw)
    return outside.count(b"[") + outside.count(b"{") > CONTAINERS_MAX


def _outside_strings(raw: bytes) -> bytes:
    return b"".join(raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])


def _names_in(members: dict[str, Any]) -> int:
    """Count the names of all objects, level by level; the decoder limits the depth."""
    objects, lists = [members], cast("list[list[Any]]", [])
    count = 0
    while objects or lists:
        count += sum(map(len, objects))
        inside = [
            each for outer in objects for each in outer.values() if each.__class__ in CONTAINERS
        ]
        inside += [each for outer in lists for each in outer if each.__class__ in CONTAINERS]
        objects = [each for each in inside if each.__class__ is dict]
        lists = [each for each in inside if each.__class__ is list]
    return count


def _first_repeated(raw: bytes) -> str | None:
    found: list[str] = []

    def check(pairs: list[tuple[str, Any]]) -> None:
        names: set[str] = set()
        for name, _ in pairs:
            if name in names:
                found.append(name)
            names.add(name)

    try:
        json.loads(raw, object_pairs_hook=check)
    except RecursionError:
        return "(nested deeply)"
    return found[0] if found else None
