"""Commands that export events and import them, and migrate the database."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import typer

from mlplatform.cli.console import progress
from mlplatform.cli.event_lines import export_events, import_events
from mlplatform.errors import Refused
from mlplatform.server.database import bring_up_to_date, open_database, open_single
from mlplatform.settings import Settings
from storage.event_store.importing import Importer
from storage.event_store.recorder import EventReader


async def migrate_database(settings: Settings) -> None:
    """Apply missing migrations and print their names."""
    async with open_database(settings, is_migrated=False) as database:
        applied = await bring_up_to_date(database)
    typer.echo("\n".join(applied) or "the schema is up to date")


async def export_to(settings: Settings, path: Path) -> None:
    """Write all events to a file that only its owner can read; it appears once complete."""
    if await asyncio.to_thread(path.exists):
        raise Refused(f"{path} exists already")
    draft = path.with_name(f"{path.name}.part")
    async with open_database(settings) as database, open_single(database.dsn) as pool:
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file, progress("exporting") as on_progress:
                count = await export_events(EventReader(pool), file, on_progress)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except OSError as error:
            raise Refused(f"{path} cannot be written: {error.strerror}") from error
        finally:
            draft.unlink(missing_ok=True)
    typer.echo(f"{count} events are in {path}")


async def import_from(settings: Settings, path: Path) -> None:
    """Import the events of a file into an empty store: all of them, or none."""
    async with open_database(settings) as database:
        with path.open("rb") as file, progress("importing") as on_progress:
            async with Importer.open(database.owner_dsn) as importer:
                count = await import_events(file, importer, on_progress)
    typer.echo(f"{count} events were imported")
