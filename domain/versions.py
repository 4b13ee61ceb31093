"""The versions of a model, oldest first, so that their numbers are their places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.errors import Conflict, NotFound
from domain.model_version import Artifact, ModelVersion

VERSIONS_MAX = 1_000

Versions = tuple[ModelVersion, ...]


def numbered(versions: Versions, number: int) -> ModelVersion:
    """Find a version; raises `NotFound`."""
    if not 1 <= number <= len(versions):
        raise NotFound(f"this model has no version {number}")
    return versions[number - 1]


def next_number(versions: Versions, artifact: Artifact) -> int:
    """Number a file as a further version.

    Raises `Conflict` where it is a version already, or where there are too many.
    """
    if len(versions) >= VERSIONS_MAX:
        raise Conflict(f"a model has at most {VERSIONS_MAX} versions")
    for version in versions:
        if version.artifact.digest == artifact.digest:
            raise Conflict(f"this very file is version {version.number} of the model")
    return len(versions) + 1


def changed(versions: Versions, number: int, **changes: Any) -> Versions:
    """Give the versions with one of them changed."""
    version = replace(versions[number - 1], **changes)
    return (*versions[: number - 1], version, *versions[number:])


def released(versions: Versions, number: int) -> Versions:
    """Give the versions with one of them out of quarantine."""
    releases = versions[number - 1].releases + 1
    return changed(versions, number, quarantine_reason=None, releases=releases)
