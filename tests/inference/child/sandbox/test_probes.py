"""Arbitrary Python in a child reaches nothing, for every user that the platform may run as."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import msgspec
import pytest
import pytest_asyncio

from inference.protocol.sandbox_report import LAYERS, SandboxReport
from tests.inference.os_accounts import ACCOUNTS, PLAIN_USER, Account
from tests.inference.probe_runner import ORDINARY, UNCONFINED, Report
from tests.inference.probes import DENIED, FORGED, NAMES, REACHED

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHOUT_ACCOUNT = ("plain user", "root without capabilities")
TRIED = ACCOUNTS if os.geteuid() == 0 else ACCOUNTS[:1]
"""Only root can become other users."""

Reports = dict[Account, Report]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reports() -> Reports:
    """The outcomes of all probes, by the account that the platform ran as."""
    return dict(zip(TRIED, await asyncio.gather(*map(_report, TRIED)), strict=True))


async def _report(how: str) -> Report:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.inference.probe_runner", how),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert FORGED.encode() not in output + errors
    return msgspec.json.decode(output.splitlines()[-1], type=Report)


@pytest.mark.parametrize("name", NAMES)
async def test_a_probe_is_denied(reports: Reports, name: str) -> None:
    for account, report in reports.items():
        assert report.outcomes[name].startswith(f"{DENIED}: "), account


async def test_another_models_predictions_are_correct_after_each_probe(reports: Reports) -> None:
    assert [
        (account, report.corrupted) for account, report in reports.items() if report.corrupted
    ] == []


async def test_without_a_sandbox_the_ordinary_probes_succeed() -> None:
    outcomes = (await _report(UNCONFINED)).outcomes
    assert {name: outcome.partition(":")[0] for name, outcome in outcomes.items()} == dict.fromkeys(
        ORDINARY, REACHED
    )


async def test_every_layer_is_applied_except_a_user_of_its_own_without_capabilities(
    reports: Reports,
) -> None:
    for account, report in reports.items():
        sandbox_report = SandboxReport(report.layers)
        assert report.layers.keys() == set(LAYERS)
        assert sandbox_report.is_sufficient
        if report.uid != 0 or account in WITHOUT_ACCOUNT:
            assert sandbox_report.missing.keys() == {"uid"}
            assert sandbox_report.level == "reduced"
        else:
            assert sandbox_report.level == "full"


async def test_the_plain_user_has_its_own_uid(reports: Reports) -> None:
    uids = {account: report.uid for account, report in reports.items()}
    mine = os.geteuid()
    assert uids == {a: PLAIN_USER if a == "plain user" else mine for a in TRIED}
