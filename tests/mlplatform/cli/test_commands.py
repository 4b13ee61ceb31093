"""The commands on a store, in this process: their output, their errors and exit codes."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.events import Metadata
from mlplatform.cli.tail import tail
from mlplatform.server.database import Database
from mlplatform.server.store import Store
from mlplatform.settings import Settings
from projections.registry import PROJECTIONS
from storage.event_store.importing import Importer, PastEvent
from storage.postgres.pool import connect
from tests.mlplatform.conftest import Cli, Past
from tests.samples import served


async def execute(database: Database, statement: str) -> None:
    connection = await connect(database.dsn)
    await connection.execute(statement)
    await connection.close()


def test_an_up_to_date_schema_is_not_changed(cli: Cli) -> None:
    result = cli("migrate")

    assert (result.exit_code, result.output) == (0, "the schema is up to date\n")


def test_projections_are_compared_with_the_events(cli: Cli, past: Past) -> None:
    result = cli("projections", "verify")

    assert result.exit_code == 0, result.output
    assert result.output.count("is right at position") == len(PROJECTIONS)


def test_a_wrong_projection_is_reported_and_repaired_by_a_rebuild(
    cli: Cli, past: Past, database: Database
) -> None:
    assert cli("projections", "rebuild", "users").exit_code == 0
    asyncio.run(execute(database, "UPDATE projections SET position = 7 WHERE name = 'users'"))

    result = cli("projections", "verify", "users")
    assert result.exit_code == 1
    assert "users is WRONG at position 7" in result.output

    result = cli("projections", "rebuild", "users")
    assert "users is rebuilt at position 7, which was wrong before" in result.output
    assert cli("projections", "verify", "users").exit_code == 0


def test_the_status_shows_every_projection_and_that_no_process_leads(cli: Cli, past: Past) -> None:
    result = cli("projections", "status")

    assert "0 of 7" in result.output
    assert "model_stats" in result.output
    assert "no running platform" in result.output


def test_an_unknown_projection_is_refused(cli: Cli) -> None:
    result = cli("projections", "rebuild", "nonsense")

    assert result.exit_code == 1
    assert "there is no projection nonsense; there are users, sessions" in result.stderr


def test_the_replay_of_a_model_shows_its_state_and_its_events(cli: Cli, past: Past) -> None:
    shown = cli("audit", "replay", past.model.id).output
    document = json.loads(cli("audit", "replay", past.model.id, "--json").output)

    assert "Model.Renamed" in shown
    assert "irises" in shown
    assert document["state"]["name"] == "irises"
    assert document["state"]["versions"][0]["artifact"]["digest"] == "d" * 64
    assert [event["type"] for event in document["events"]] == ["Model.Uploaded", "Model.Renamed"]
    assert document["events"][1]["data"] == {"name": "irises"}
    assert document["events"][1]["metadata"]["actor_id"] == str(past.user_id)


def test_a_replay_as_of_a_time_uses_only_earlier_events(cli: Cli, past: Past) -> None:
    time = past.model.created_on.isoformat()
    document = json.loads(cli("audit", "replay", past.model.id, "--json", "--as-of", time).output)

    assert document["state"]["name"] == "iris"
    assert document["version"] == 1
    too_early = cli("audit", "replay", past.model.id, "--as-of", "2020-01-01")
    assert (too_early.exit_code, too_early.stdout) == (1, "")
    assert f"there is no stream {past.model.id} at that time" in too_early.stderr


def test_the_replay_of_a_prediction_shows_inputs_and_outputs(cli: Cli, past: Past) -> None:
    document = json.loads(cli("audit", "replay", past.served.originator_id, "--json").output)

    assert document["kind"] == "Prediction"
    assert document["state"]["inputs"] == past.served.inputs
    assert document["state"]["probabilities"] == past.served.probabilities


def test_personal_values_are_shown_only_on_request(cli: Cli, past: Past) -> None:
    hidden = cli("audit", "replay", past.user_id).output
    shown = cli("audit", "replay", past.user_id, "--personal").output

    assert "[personal]" in hidden
    assert "alice" not in hidden
    assert "alice" in shown
    assert "a@example.org" in shown


@pytest.mark.parametrize("arguments", [["not-an-id"], [str(uuid4()), "--as-of", "yesterday"]])
def test_an_invalid_id_or_time_is_refused(cli: Cli, arguments: list[str]) -> None:
    assert cli("audit", "replay", *arguments).exit_code == 2


def test_the_tail_shows_events_in_order_without_personal_values(cli: Cli, past: Past) -> None:
    lines = cli("events", "tail", "--no-follow").output.splitlines()
    since = cli("events", "tail", "--no-follow", "--from", 6).output.splitlines()

    assert [int(line.split()[0]) for line in lines] == list(range(1, 8))
    assert "User.Registered" in lines[0]
    assert "[personal]" in lines[0]
    assert since == lines[5:]


def test_the_tail_as_json_has_the_stored_values(cli: Cli, past: Past) -> None:
    lines = cli("events", "tail", "--no-follow", "--json", "--from", 6).output.splitlines()
    events = [json.loads(line) for line in lines]

    assert [event["position"] for event in events] == [6, 7]
    assert events[0]["body"]["inputs"] == past.served.inputs
    assert events[1]["topic"] == "Prediction.Failed"


async def test_the_tail_continues_with_new_events(
    settings: Settings, past: Past, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    following = asyncio.create_task(tail(settings, start=7, as_json=False, follow=True))
    prediction = served(past.model.id)
    shown = ""
    async with asyncio.timeout(10):
        while "Prediction.Failed" not in shown:
            await asyncio.sleep(0.01)
            shown += capsys.readouterr().out
        await store.events.append([prediction], Metadata())
        while str(prediction.originator_id) not in shown:
            await asyncio.sleep(0.01)
            shown += capsys.readouterr().out
    following.cancel()

    assert [int(line.split()[0]) for line in shown.splitlines()] == [7, 8]


async def test_an_event_of_a_newer_release_is_shown_as_unknown(
    settings: Settings, owner_dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = PastEvent(
        uuid4(), 1, "Model.Exploded", b"{}", None, b"{}", recorded_at=datetime.now(UTC)
    )
    async with Importer.open(owner_dsn) as importer:
        await importer.add([unknown])

    await tail(settings, start=None, as_json=False, follow=False)

    assert "(unknown to this release)" in capsys.readouterr().out


def test_an_administrator_is_created_with_an_account(cli: Cli, settings: Settings) -> None:
    arguments = ("create-admin", "Ada", "--email", "ada@example.org")
    created = cli(*arguments, "--password-stdin", input="correct horse\n")
    again = cli(*arguments, "--generate-password")

    assert created.output == "the account ada was created; it is an administrator\n"
    assert again.output == "ada is already an administrator\n"


def test_an_existing_account_becomes_an_administrator(cli: Cli, past: Past) -> None:
    assert "is now an administrator" in cli("create-admin", "alice").output


def test_a_password_is_generated_or_prompted_for(cli: Cli) -> None:
    generated = cli("create-admin", "ada", "--email", "ada@example.org", "--generate-password")
    prompted = cli("create-admin", "bob", "--email", "b@example.org", input="long enough\n" * 2)

    assert "the password is " in generated.output
    assert "the account bob was created" in prompted.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nobody"], "there is no user nobody"),
        (["ada", "--email", "nonsense"], "email: this is not an e-mail address"),
    ],
)
def test_an_invalid_administrator_is_refused(cli: Cli, arguments: list[str], reason: str) -> None:
    result = cli("create-admin", *arguments, "--password-stdin", input="correct horse\n")

    assert result.exit_code == 1
    assert reason in result.stderr


def test_an_unreachable_database_is_reported_in_one_line(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")

    result = cli("events", "tail")

    assert result.exit_code == 1
    assert result.stderr.startswith("mlplatform: the database cannot be used: ")
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.stderr


def test_keys_that_are_not_those_of_the_store_are_refused(
    cli: Cli, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALING_KEY", "x" * 40)

    result = cli("projections", "verify")

    assert result.exit_code == 1
    assert "SEALING_KEY is not the key that this database was written with" in result.stderr
