"""The command line: serve, and the jobs an operator runs by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from mlplatform.database import open_database
from mlplatform.logging import configure_logging
from mlplatform.settings import Settings

app = typer.Typer(
    name="mlplatform",
    help="Deploy machine-learning models as REST APIs, and know for ever what happened.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

DataDir = Annotated[Path | None, typer.Option(help="Where the platform keeps its data.")]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Serving processes.")] = 1,
) -> None:
    """Answer HTTP requests until told to stop."""
    from mlplatform.server import serve as serve_until_stopped  # noqa: PLC0415 — slow to import

    settings = settings_with(host=host, port=port, data_dir=data_dir)

    async def run_server() -> None:
        async with open_database(settings) as database:
            await serve_until_stopped(settings, database, workers=workers)

    run(run_server(), settings)


def settings_with(**options: object) -> Settings:
    """Read the settings; an option that was given on the command line goes before them.

    Options also go into the environment, where processes that are started later look.
    """
    for name, value in options.items():
        if value is not None:
            os.environ[name.upper()] = str(value)
    return Settings()


def run(job: Coroutine[Any, Any, None], settings: Settings) -> None:
    """Run a job on a fast event loop, with logs as the settings say."""
    configure_logging(log_format=settings.log_format, level=settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(job)


def main() -> None:
    """Run the command that was asked for."""
    app()
