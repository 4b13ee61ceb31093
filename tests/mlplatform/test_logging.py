"""Logs: one line each, the platform's own and those of libraries alike, without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import structlog

from mlplatform.server.logging import configure_logging
from storage.credentials import Credential, Credentials
from storage.postgres.pool import Pool

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _former_logging() -> Generator[None]:
    """Have logging afterwards as it was before."""
    former, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**former)
    root.handlers, root.level = handlers, level


def lines(capfd: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def fail(password: str) -> None:
    raise ValueError(f"something is wrong with {len(password)} characters")


def test_a_line_is_an_event_and_its_keys(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(log_format="json", level="info")

    structlog.get_logger().info("model_uploaded", model_id="m-1", name="line\nbreak")
    structlog.get_logger().debug("unseen")

    [line] = lines(capfd)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "model_uploaded",
        "level": "info",
        "model_id": "m-1",
        "name": "line\nbreak",
    }


def test_libraries_log_in_the_same_form(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(log_format="json", level="info")

    logging.getLogger("library").warning("%s happened", "it")
    logging.getLogger("library").info("unseen")

    [line] = lines(capfd)
    assert (line["event"], line["level"]) == ("it happened", "warning")


def test_a_traceback_goes_without_local_variables(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(log_format="json", level="info")
    try:
        fail(PASSWORD)
    except ValueError:
        structlog.get_logger().exception("failed")

    text = capfd.readouterr().err
    assert "something is wrong with 13 characters" in text
    assert PASSWORD not in text


def test_people_get_text(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(log_format="console", level="warning")

    structlog.get_logger().warning("model_uploaded", model_id="m-1")
    logging.getLogger("library").error("it happened")

    text = capfd.readouterr().err
    assert "model_uploaded" in text
    assert "it happened" in text


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_an_error_of_the_database_goes_without_the_rows_that_it_shows(
    capfd: pytest.CaptureFixture[str], owner_pool: Pool, log_format: str
) -> None:
    configure_logging(log_format=log_format, level="info")
    await owner_pool.execute("ALTER TABLE credentials ADD CHECK (hash = '')")
    await tell(owner_pool, structlog.get_logger().exception)
    await tell(owner_pool, logging.getLogger("library").exception)

    text = capfd.readouterr().err
    assert text.count("violates check constraint") >= 2
    assert PASSWORD not in text


async def tell(pool: Pool, log: Callable[[str], object]) -> None:
    """Fail inside another failure, in a group, and log it."""
    with pytest.raises(asyncpg.CheckViolationError, match=PASSWORD):
        await Credentials(pool).add(uuid4(), Credential(PASSWORD, "pepper"))
    try:
        try:
            await Credentials(pool).add(uuid4(), Credential(PASSWORD, "pepper"))
        except asyncpg.CheckViolationError as error:
            raise ExceptionGroup("both", [ValueError("one"), error]) from error
    except ExceptionGroup:
        log("failed")
