"""Commands that show, rebuild and verify projections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import typer
from rich.table import Table

from mlplatform.cli.console import console, progress, shown
from mlplatform.errors import Refused
from mlplatform.server.database import open_database, open_single
from mlplatform.server.store import open_history
from mlplatform.settings import Settings
from projections.engine.checkpoints import ProjectionStatus, status
from projections.engine.projection import Projection
from projections.engine.rebuild import Comparison, rebuild, verify
from projections.engine.runner import is_led
from projections.engine.tables import create_missing
from projections.registry import PROJECTIONS
from storage.postgres.pool import Pool

DIFFERENT = 1
TITLES = ("name", "rule", "table", "position", "behind", "parked", "verified", "building")


async def show_status(settings: Settings) -> None:
    """Show the position and state of each projection."""
    async with open_database(settings) as database, open_single(database.dsn) as pool:
        await _create_missing(pool)
        statuses, leads = await status(pool, PROJECTIONS), await is_led(pool)
    table = Table()
    for title in TITLES:
        table.add_column(title, overflow="fold")
    for each in statuses:
        table.add_row(*_cells(each))
    console().print(table)
    if not leads:
        typer.echo("no running platform keeps them up to date at the moment")


async def rebuild_all(settings: Settings, names: Sequence[str]) -> None:
    """Rebuild projections from the first event and replace the live tables."""

    def report(name: str, compared: Comparison) -> None:
        note = "" if compared.is_same else ", which was wrong before"
        typer.echo(f"{name} is rebuilt at position {compared.position}{note}")

    await _each(settings, names, "rebuilding", rebuild, report)


async def verify_all(settings: Settings, names: Sequence[str]) -> int:
    """Compare projections with a rebuild; returns the exit code."""
    wrong: list[str] = []

    def report(name: str, compared: Comparison) -> None:
        if compared.is_same:
            typer.echo(f"{name} is right at position {compared.position}")
        else:
            wrong.append(name)
            typer.echo(f"{name} is WRONG at position {compared.position}")
            typer.echo(f"  it is        {compared.live_digest}")
            typer.echo(f"  it should be {compared.digest}")

    await _each(settings, names, "verifying", verify, report)
    return DIFFERENT if wrong else 0


async def _each(
    settings: Settings,
    names: Sequence[str],
    doing: str,
    build: Callable[..., Awaitable[Comparison]],
    report: Callable[[str, Comparison], None],
) -> None:
    chosen = [_named(name) for name in names] or list(PROJECTIONS.values())
    async with open_database(settings) as database, open_history(settings, database) as history:
        await _create_missing(history.pool)
        for projection in chosen:
            with progress(f"{doing} {projection.name}") as on_progress:
                compared = await build(
                    projection, dsn=database.dsn, events=history.events, on_progress=on_progress
                )
            report(projection.name, compared)


async def _create_missing(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await create_missing(PROJECTIONS.values(), connection)


def _named(name: str) -> Projection:
    if name not in PROJECTIONS:
        raise Refused(f"there is no projection {name}; there are {', '.join(PROJECTIONS)}")
    return PROJECTIONS[name]


def _cells(status: ProjectionStatus) -> tuple[Any, ...]:
    behind = f"{status.lag_events} events, {status.lag_s:.1f} s" if status.lag_events else "-"
    verdict = {None: "-", True: "right", False: "WRONG"}[status.is_verified]
    if status.verified_at:
        verdict += f" at {status.verified_position}, {shown(status.verified_at)}"
    progress_shown = "-" if status.progress is None else f"{status.progress:.0%}"
    return (
        status.name,
        str(status.rule_version),
        str(status.generation),
        f"{status.position} of {status.head}",
        behind,
        str(status.parked or "-"),
        verdict,
        progress_shown,
    )
