"""The command line: serve, and maintenance commands for the operator.

Commands import what they need when they run, so that ``--help`` is fast.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from mlplatform.cli.run import Job

app = typer.Typer(
    name="mlplatform",
    help="Deploy machine-learning models as REST APIs, with a permanent record of all events.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
projections_app = typer.Typer(help="Show, rebuild and verify read tables.", no_args_is_help=True)
audit_app = typer.Typer(help="Show the history of one object.", no_args_is_help=True)
events_app = typer.Typer(help="Read the event store.", no_args_is_help=True)
app.add_typer(projections_app, name="projections")
app.add_typer(audit_app, name="audit")
app.add_typer(events_app, name="events")

DataDir = Annotated[Path | None, typer.Option(help="The data directory.")]
Names = Annotated[
    list[str] | None, typer.Argument(help="Names of projections; all of them by default.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0 selects a free one.")
    ] = None,
    data_dir: DataDir = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Serving processes.")] = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty store with example models and history.")
    ] = False,
) -> None:
    """Answer HTTP requests until stopped."""
    from mlplatform.server import server

    _run(
        lambda settings: server.serve(settings, workers=workers, with_demo=demo),
        is_endless=True,
        quietly=False,
        host=host,
        port=port,
        data_dir=data_dir,
    )


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Apply migrations to the database."""
    from mlplatform.cli import transfer

    _run(transfer.migrate_database, data_dir=data_dir)


@app.command()
def create_admin(
    username: Annotated[str, typer.Argument(help="Username of an existing or a new account.")],
    email: Annotated[
        str | None, typer.Option(help="Create an account with this address if there is none.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    generate_password: Annotated[
        bool, typer.Option("--generate-password", help="Generate a password and print it.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make an existing user an administrator, or create a new one (--email)."""
    from mlplatform.cli import accounts

    password = None
    if email:
        password = accounts.read_password(is_piped=password_stdin, is_generated=generate_password)
    _run(
        lambda settings: accounts.create_admin(
            settings, username, email, password, is_shown=generate_password
        ),
        data_dir=data_dir,
    )


@app.command()
def revoke_admin(
    username: Annotated[str, typer.Argument(help="Username of an administrator.")],
    data_dir: DataDir = None,
) -> None:
    """Revoke the rights of an administrator, unless it is the last one."""
    from mlplatform.cli import accounts

    _run(lambda settings: accounts.revoke_admin(settings, username), data_dir=data_dir)


@app.command("export")
def export_events(
    file: Annotated[Path, typer.Argument(help="A new file; it gets one line of JSON per event.")],
    data_dir: DataDir = None,
) -> None:
    """Write all events to a file. Personal values stay encrypted."""
    from mlplatform.cli import transfer

    _run(lambda settings: transfer.export_to(settings, file), data_dir=data_dir)


@app.command("import")
def import_events(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, readable=True, help="An exported file."),
    ],
    data_dir: DataDir = None,
) -> None:
    """Import exported events into an empty store: all of them, or none."""
    from mlplatform.cli import transfer

    _run(lambda settings: transfer.import_from(settings, file), data_dir=data_dir)


@app.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 description of the API as JSON."""
    from importlib.metadata import version

    from api.app import description
    from api.dependencies import Dependencies

    typer.echo(description(title=Dependencies.app_name, version=version("mlplatform")))


@projections_app.command("status")
def show_status(data_dir: DataDir = None) -> None:
    """Show the position and state of each projection."""
    from mlplatform.cli import projections

    _run(projections.show_status, data_dir=data_dir)


@projections_app.command()
def rebuild(names: Names = None, data_dir: DataDir = None) -> None:
    """Rebuild read tables from the events, then replace the tables in use."""
    from mlplatform.cli import projections

    _run(lambda settings: projections.rebuild_all(settings, names or ()), data_dir=data_dir)


@projections_app.command()
def verify(names: Names = None, data_dir: DataDir = None) -> None:
    """Compare read tables with a rebuild; exit code 1 if one differs."""
    from mlplatform.cli import projections

    _run(lambda settings: projections.verify_all(settings, names or ()), data_dir=data_dir)


@audit_app.command()
def replay(
    stream_id: Annotated[UUID, typer.Argument(help="The id of a model, a user, a prediction…")],
    as_of: Annotated[
        str | None, typer.Option(help="A time in ISO 8601; UTC unless it has an offset.")
    ] = None,
    as_json: AsJson = False,
    personal: Annotated[
        bool, typer.Option("--personal", help="Show names and e-mail addresses.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Show the events of one object, and its state now or at a time."""
    from mlplatform.cli import audit

    time = _time(as_of)
    _run(
        lambda settings: audit.replay(
            settings, stream_id, as_of=time, as_json=as_json, with_personal=personal
        ),
        data_dir=data_dir,
    )


@events_app.command("tail")
def tail_events(
    start: Annotated[
        int | None,
        typer.Option("--from", min=1, help="A position; the newest 20 by default."),
    ] = None,
    as_json: AsJson = False,
    follow: Annotated[bool, typer.Option(help="Continue with new events.")] = True,
    data_dir: DataDir = None,
) -> None:
    """Show events in the order of their positions."""
    from mlplatform.cli import tail

    _run(
        lambda settings: tail.tail(settings, start=start, as_json=as_json, follow=follow),
        is_endless=follow,
        data_dir=data_dir,
    )


def main() -> None:
    """Run the command line."""
    app()


def _run(job: Job, *, is_endless: bool = False, quietly: bool = True, **options: object) -> None:
    from mlplatform.cli.run import run

    run(job, is_endless=is_endless, quietly=quietly, **options)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time such as 2026-01-31T12:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
