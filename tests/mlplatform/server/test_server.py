"""A served platform with its demo: its output, its errors, and commands beside it."""

from __future__ import annotations

import stat
import subprocess
import tempfile
from collections.abc import Generator
from datetime import datetime
from pathlib import Path

import aiohttp
import jwt
import pytest

from tests.inference.processes import children_of
from tests.mlplatform.demo_client import API, IRIS, visiting
from tests.platform_process import Platform, command, environment, run, serving, started

DAYS_MIN = 10


@pytest.fixture(scope="module")
def demo_dir() -> Generator[Path]:
    """The data directory of one demo for all tests here."""
    with tempfile.TemporaryDirectory(prefix="mlp-demo-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def demo(demo_dir: Path) -> Generator[Platform]:
    """A platform with its demo."""
    with serving(demo_dir, "--demo") as platform:
        yield platform
        assert platform.stop() == 0


def test_the_printed_commands_work(demo: Platform) -> None:
    commands = demo.instructions.partition("\n\n")[2]

    output = subprocess.check_output(["bash", "-c", commands], text=True)

    assert '"predictions":["setosa"]' in output


async def test_the_demo_has_a_history_with_failures_and_a_promotion(demo: Platform) -> None:
    async with visiting(demo) as visitor:
        models = await visitor.models()
        iris, churn = models["Iris species"], models["Subscriber churn"]
        versions = await visitor.get(f"/models/{iris['id']}/versions")
        events = await visitor.get(f"/models/{iris['id']}/events")
        stats = await visitor.get(f"/models/{churn['id']}/stats")
        history = await visitor.get(f"/models/{iris['id']}/history?limit=1000")

    assert sorted(models) == ["Diabetes progression", "Iris species", "Subscriber churn"]
    assert [(v["number"], v["is_serving"]) for v in versions] == [(1, False), (2, True)]
    assert "Model.Promoted" in {event["type"] for event in events}
    assert stats["statistics"]["failures"] > 0
    days = {datetime.fromisoformat(call["created_at"]).date() for call in history}
    assert len(days) >= DAYS_MIN
    assert {call["version_number"] for call in history} == {1, 2}


async def test_the_predictions_of_the_demo_are_those_of_its_models(demo: Platform) -> None:
    async with visiting(demo) as visitor:
        for model in (await visitor.models()).values():
            history = await visitor.get(f"/models/{model['id']}/history?limit=1000")
            for call in [call for call in history if call["status"] == "success"][::15]:
                again = await visitor.predict(
                    model["id"], call["input_data"], call["version_number"]
                )
                assert again["predictions"] == call["output_data"]["predictions"]


def test_the_password_of_the_demo_is_readable_by_its_owner_only(
    demo: Platform, demo_dir: Path
) -> None:
    file = demo_dir / "demo-password"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().strip() in demo.instructions


def test_a_second_start_on_the_same_data_is_refused(demo: Platform, demo_dir: Path) -> None:
    second = run(demo_dir, "serve", "--port", "0")

    assert second.returncode == 1
    assert f"{demo_dir} is already in use by pid {demo.pid}" in second.stderr
    assert second.stderr.count("\n") == 1


def test_a_port_in_use_is_reported_in_one_line(demo: Platform, data_dir: Path) -> None:
    port = demo.url.rpartition(":")[2]

    second = run(data_dir, "serve", "--port", port)

    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in second.stderr
    assert second.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ENVIRONMENT", "production", "SECRET_KEY: it has to be set"),
        ("SECRET_KEY", "short", "SECRET_KEY: "),
        ("DATABASE_URL", "postgresql://a:hush@127.0.0.1:1/b", "the database cannot be used"),
    ],
)
def test_an_invalid_setting_is_reported_in_one_line(
    data_dir: Path, name: str, value: str, reason: str
) -> None:
    refused = subprocess.run(
        command("serve", "--port", "0"),
        capture_output=True,
        text=True,
        cwd=data_dir,
        env=environment() | {name: value},
        check=False,
    )

    assert refused.returncode == 1
    assert reason in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert "hush" not in refused.stderr


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_tokens_are_signed_by_the_algorithm_that_is_set(
    data_dir: Path, algorithm: str
) -> None:
    login = {"username": "alice", "password": "a long sentence"}
    with serving(data_dir, ALGORITHM=algorithm) as platform:
        async with aiohttp.ClientSession(platform.url, raise_for_status=True) as http:
            email = {"email": "alice@example.org"}
            await http.post(f"{API}/auth/register", json=login | email)
            signed_in = await http.post(f"{API}/auth/login", json=login)
            token = (await signed_in.json())["access_token"]
            await http.get(f"{API}/auth/me", headers={"Authorization": f"Bearer {token}"})

    assert jwt.get_unverified_header(token)["alg"] == algorithm


def test_the_projections_are_correct_and_a_process_leads(demo: Platform, demo_dir: Path) -> None:
    verified = run(demo_dir, "projections", "verify")
    status = run(demo_dir, "projections", "status")

    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "right at" in status.stdout
    assert "no running platform" not in status.stdout


async def test_the_tail_shows_new_events_until_it_is_stopped(
    demo: Platform, demo_dir: Path
) -> None:
    with started(demo_dir, "events", "tail") as tail:
        assert tail.stdout
        tail.stdout.readline()
        async with visiting(demo) as visitor:
            iris = (await visitor.models())["Iris species"]
            response = await visitor.predict(iris["id"], IRIS)
        while response["prediction_id"] not in (line := tail.stdout.readline()):
            assert line
        tail.terminate()
        assert tail.wait() == 0


async def test_model_processes_have_none_of_our_secrets(demo: Platform) -> None:
    async with visiting(demo) as visitor:
        iris = (await visitor.models())["Iris species"]
        await visitor.predict(iris["id"], IRIS)

    programs = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children_of(demo.pid)}
    [zygote] = [pid for pid, program in programs.items() if b"inference.child.zygote" in program]
    assert b"PASSWORD" not in Path(f"/proc/{zygote}/environ").read_bytes()
