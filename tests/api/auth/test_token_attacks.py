"""Forged tokens over HTTP: each is a 401 with a challenge, a problem, and one line in the log."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from api.app import create_app
from api.dependencies import Dependencies
from api.http.access_log import Access
from mlplatform.server.keys import load_keys
from mlplatform.settings import Settings
from tests.api.api_client import API, Client, Person, problem, served
from tests.api.auth.token_requests import verified
from tests.api.forged_tokens import ATTACKS, Forge, Forger


class LoggedClient:
    """A client of the platform, and the access log of its calls."""

    def __init__(self, client: Client, accesses: list[Access]) -> None:
        self.client = client
        self.accesses = accesses


@pytest_asyncio.fixture(loop_scope="session")
async def logged(dependencies: Dependencies) -> AsyncIterator[LoggedClient]:
    """A client of the platform whose access log is recorded."""
    accesses: list[Access] = []
    app = create_app(replace(dependencies, access_log=accesses.append))
    async with served(app) as client:
        yield LoggedClient(client, accesses)


@pytest_asyncio.fixture(loop_scope="session")
async def forger(settings: Settings, alice: Person, dependencies: Dependencies) -> Forger:
    """An attacker who has the platform's key and knows Alice's session."""
    claims = await verified(dependencies.tokens, alice.tokens["access_token"])
    return Forger(load_keys(settings).secret_key, UUID(alice.user["id"]), claims.session_id)


def test_there_are_many_attacks() -> None:
    assert len(ATTACKS) >= 40


async def test_the_token_that_attacks_are_derived_from_is_valid(
    logged: LoggedClient, forger: Forger
) -> None:
    headers = {"Authorization": f"Bearer {forger.token()}"}

    assert (await logged.client.get(f"{API}/auth/me", headers=headers)).status == 200


@pytest.mark.parametrize("forge", ATTACKS.values(), ids=ATTACKS)
async def test_a_forged_token_is_refused_with_a_challenge_and_one_log_line(
    logged: LoggedClient, forger: Forger, forge: Forge, caplog: pytest.LogCaptureFixture
) -> None:
    token = forge(forger)
    headers = {"Authorization": f"Bearer {token}"}
    with caplog.at_level(logging.DEBUG), capture_logs() as lines:
        response = await logged.client.get(f"{API}/auth/me", headers=headers)

    result = await problem(response, 401)
    assert (
        response.headers["WWW-Authenticate"] == 'Bearer realm="mlplatform", error="invalid_token"'
    )
    assert token not in str(result)
    [access] = logged.accesses
    assert (access.status, access.user_id) == (401, None)
    loggers_of_tests = {"aiohttp.access", "asyncio"}
    others = [each for each in caplog.records if each.name not in loggers_of_tests]
    assert (lines, others) == ([], [])
