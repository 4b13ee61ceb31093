"""The command line: serve, and the jobs an operator runs by hand.

What a command needs is imported when it is carried out, so that help is there at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from mlplatform.cli.running import Job

app = typer.Typer(
    name="mlplatform",
    help="Deploy machine-learning models as REST APIs, and know for ever what happened.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
projections = typer.Typer(help="The read tables, and building them anew.", no_args_is_help=True)
audit = typer.Typer(help="What happened to one thing.", no_args_is_help=True)
events = typer.Typer(help="The event store.", no_args_is_help=True)
app.add_typer(projections, name="projections")
app.add_typer(audit, name="audit")
app.add_typer(events, name="events")

DataDir = Annotated[Path | None, typer.Option(help="Where the platform keeps its data.")]
Names = Annotated[
    list[str] | None, typer.Argument(help="Of projections; all of them if none is named.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one.")
    ] = None,
    data_dir: DataDir = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Serving processes.")] = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty store with models and history to try.")
    ] = False,
) -> None:
    """Answer HTTP requests until told to stop."""
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
    """Bring the database's schema up to date."""
    from mlplatform.cli import archive

    _run(archive.migrate_database, data_dir=data_dir)


@app.command()
def create_admin(
    username: Annotated[str, typer.Argument(help="Of an account, or of one to be made.")],
    email: Annotated[
        str | None, typer.Option(help="Make an account with this address, if there is none.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    generate_password: Annotated[
        bool, typer.Option("--generate-password", help="Draw a password and print it.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make an administrator: of who has an account, or with a new one (--email)."""
    from mlplatform.cli import accounts

    source = "stdin" if password_stdin else "generator" if generate_password else "prompt"
    password = accounts.read_password(source) if email else None
    _run(
        lambda settings: accounts.create_admin(
            settings, username, email, password, is_shown=generate_password
        ),
        data_dir=data_dir,
    )


@app.command()
def revoke_admin(
    username: Annotated[str, typer.Argument(help="Of an administrator.")],
    data_dir: DataDir = None,
) -> None:
    """Make somebody an administrator no longer, unless they are the last."""
    from mlplatform.cli import accounts

    _run(lambda settings: accounts.revoke_admin(settings, username), data_dir=data_dir)


@app.command("export")
def export_events(
    file: Annotated[Path, typer.Argument(help="A new file, a line of JSON for each event.")],
    data_dir: DataDir = None,
) -> None:
    """Write all events to a file. What they say of people stays sealed."""
    from mlplatform.cli import archive

    _run(lambda settings: archive.export_to(settings, file), data_dir=data_dir)


@app.command("import")
def import_events(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Of an export.")
    ],
    data_dir: DataDir = None,
) -> None:
    """Bring exported events into an empty store: all of them, or none."""
    from mlplatform.cli import archive

    _run(lambda settings: archive.import_from(settings, file), data_dir=data_dir)


@app.command()
def openapi() -> None:
    """Write what the API takes and answers, as OpenAPI 3.1 in JSON."""
    from importlib.metadata import version

    from api.app import description
    from api.dependencies import Dependencies

    typer.echo(description(title=Dependencies.app_name, version=version("mlplatform")))


@projections.command("status")
def show_status(data_dir: DataDir = None) -> None:
    """Show how far each projection has come."""
    from mlplatform.cli import projecting

    _run(projecting.show_status, data_dir=data_dir)


@projections.command()
def rebuild(names: Names = None, data_dir: DataDir = None) -> None:
    """Build read tables anew from the events, beside those in use, and exchange them."""
    from mlplatform.cli import projecting

    _run(lambda settings: projecting.rebuild_all(settings, names or ()), data_dir=data_dir)


@projections.command()
def verify(names: Names = None, data_dir: DataDir = None) -> None:
    """Compare read tables with what the events come to; exit code 1 if one differs."""
    from mlplatform.cli import projecting

    _run(lambda settings: projecting.verify_all(settings, names or ()), data_dir=data_dir)


@audit.command()
def replay(
    stream_id: Annotated[UUID, typer.Argument(help="The id of a model, a user, a prediction…")],
    as_of: Annotated[
        str | None, typer.Option(help="A moment (ISO 8601, UTC unless it says otherwise).")
    ] = None,
    as_json: AsJson = False,
    personal: Annotated[
        bool, typer.Option("--personal", help="Show names and addresses of people.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Show what happened to one thing, and what it was like at a moment."""
    from mlplatform.cli import audit as auditing

    moment = _moment(as_of)
    _run(
        lambda settings: auditing.replay(
            settings, stream_id, as_of=moment, as_json=as_json, with_personal=personal
        ),
        data_dir=data_dir,
    )


@events.command("tail")
def tail_events(
    start: Annotated[
        int | None, typer.Option("--from", min=1, help="A position; else the newest 20.")
    ] = None,
    as_json: AsJson = False,
    follow: Annotated[bool, typer.Option(help="Go on with each new event.")] = True,
    data_dir: DataDir = None,
) -> None:
    """Show events in the order in which they were recorded."""
    from mlplatform.cli import tail

    _run(
        lambda settings: tail.tail(settings, start=start, as_json=as_json, follow=follow),
        is_endless=follow,
        data_dir=data_dir,
    )


def main() -> None:
    """Run the command that was asked for."""
    app()


def _run(job: Job, *, is_endless: bool = False, quietly: bool = True, **options: object) -> None:
    from mlplatform.cli.running import run

    run(job, is_endless=is_endless, quietly=quietly, **options)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no moment such as 2026-01-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
