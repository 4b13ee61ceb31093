"""Errors that end a command, each explained to the operator in one line."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import asyncpg
from pydantic import ValidationError

from domain.errors import DomainError
from mlplatform.settings import Settings
from storage.embedded.cluster import StartFailed
from storage.embedded.data_lock import DataDirInUse
from storage.event_store.sealing import WrongKey
from storage.postgres.migrate import MigrationRefused


class Refused(Exception):
    """The command cannot run; the message tells the operator why."""


REFUSALS = (Refused, DomainError, StartFailed, DataDirInUse, WrongKey, ValidationError)


def explained(refusal: Exception) -> str:
    """Give the message in one line, without any secret."""
    match refusal:
        case ValidationError():
            return "; ".join(_setting_errors(refusal))
        case DataDirInUse():
            return f"{refusal}: stop it, or choose another data directory"
        case MigrationRefused(needs_owner=True):
            return f"{refusal}: run `mlplatform migrate` with DATABASE_OWNER_URL"
        case WrongKey():
            return (
                f"{refusal}: set it, or restore its file in the folder keys of the data directory"
            )
        case _:
            return str(refusal)


@contextmanager
def reaching_the_database(where: str) -> Generator[None]:
    """Raise `Refused` if the database cannot be reached or refuses the login."""
    try:
        yield
    except asyncpg.ClientConfigurationError:
        # The message may contain a part of the URL, and so of the password.
        raise Refused(f"{where} cannot be used: its URL is malformed") from None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or "it does not respond"
        raise Refused(f"{where} cannot be used: {reason}") from error


def _setting_errors(error: ValidationError) -> list[str]:
    """Name each invalid setting, without its value, which may be a secret."""
    return [
        f"{_prefix(each['loc'])}{each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _prefix(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    return f"{name.upper()}: " if name in Settings.model_fields else ""
