"""PostgreSQL's programs, and the account that runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from storage.embedded.binaries import Account, bin_folder, database_account

STARTS = 6
FIRST_START = """
import sys; from pathlib import Path; from storage.embedded.binaries import database_account
sys.stdin.read()
print(database_account(sys.argv[1], lock=Path(sys.argv[2])).uid)
"""


def test_programs_in_a_closed_folder_are_copied_to_an_open_one(data_dir: Path) -> None:
    package = bin_folder(Account()).parent.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, data_dir / folder.name, symlinks=True)
    closed = data_dir / package.name / bin_folder(Account()).parent.name
    assert bin_folder(Account(), installed=closed) == closed / "bin"

    stranger = Account(uid=12345, gid=12345)
    with capture_logs() as logs:
        found = bin_folder(stranger, installed=closed, copies=data_dir / "copies")
        assert bin_folder(stranger, installed=closed, copies=data_dir / "copies") == found
    [logged] = logs
    assert logged["event"] == "postgres_binaries_copied"
    assert logged["source"] == str(closed)
    assert logged["target"] in str(found)
    assert "cannot enter" in logged["reason"]
    shutil.rmtree(data_dir / package.name)
    output = subprocess.check_output([found / "initdb", "--version"], text=True)
    assert "PostgreSQL" in output


def test_under_root_the_server_has_an_account_of_its_own() -> None:
    assert (database_account() == Account()) == (os.geteuid() != 0)


@pytest.fixture
def new_account() -> Generator[str]:
    """The name of an account that does not exist, and is deleted at the end."""
    name = f"mlp-test-{os.getpid()}"
    yield name
    if os.geteuid() == 0:
        subprocess.run(["/usr/sbin/userdel", name], check=True, capture_output=True)


def test_concurrent_first_starts_create_and_log_one_account(
    new_account: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", FIRST_START, new_account, str(tmp_path / "lock")]
    starts = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(STARTS)
    ]
    for start in starts:  # they wait for the end of their input, so that they start together
        assert start.stdin is not None
        start.stdin.close()
        start.stdin = None
    outputs = [start.communicate()[0].strip() for start in starts]
    uids = {output.splitlines()[-1] for output in outputs}
    created = [output for output in outputs if "postgres_account_created" in output]
    assert uids == {str(database_account(new_account).uid)}
    assert len(created) == (os.geteuid() == 0)
    assert all("refuses to run as root" in output for output in created)
