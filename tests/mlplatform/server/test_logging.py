"""Logs: one line per event, in one format for platform and libraries, without secrets."""

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
def _restored_logging() -> Generator[None]:
    """Restore the logging configuration."""
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


def test_context_variables_of_a_request_are_not_logged(capfd: pytest.CaptureFixture[str]) -> None:
    """Requests on one connection share a task, so variables of one would be logged by the next."""
    configure_logging(log_format="json", level="info")

    with structlog.contextvars.bound_contextvars(user="alice"):
        structlog.get_logger().info("model_uploaded")
        logging.getLogger("library").warning("it happened")

    assert all("user" not in line for line in lines(capfd))


def test_libraries_log_in_the_same_form(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(log_format="json", level="info")

    logging.getLogger("library").warning("%s happened", "it")
    logging.getLogger("library").info("unseen")

    [line] = lines(capfd)
    assert (line["event"], line["level"]) == ("it happened", "warning")


def test_a_traceback_contains_no_local_variables(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(log_format="json", level="info")
    try:
        fail(PASSWORD)
    except ValueError:
        structlog.get_logger().exception("failed")

    text = capfd.readouterr().err
    assert "something is wrong with 13 characters" in text
    assert PASSWORD not in text


def test_the_console_format_is_text(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(log_format="console", level="warning")

    structlog.get_logger().warning("model_uploaded", model_id="m-1")
    logging.getLogger("library").error("it happened")

    text = capfd.readouterr().err
    assert "model_uploaded" in text
    assert "it happened" in text


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_an_error_of_the_database_is_logged_without_its_rows(
    capfd: pytest.CaptureFixture[str], owner_pool: Pool, log_format: str
) -> None:
    configure_logging(log_format=log_format, level="info")
    await owner_pool.execute("ALTER TABLE credentials ADD CHECK (hash = '')")
    await fail_and_log(owner_pool, structlog.get_logger().exception)
    await fail_and_log(owner_pool, logging.getLogger("library").exception)

    text = capfd.readouterr().err
    assert text.count("violates check constraint") >= 2
    assert PASSWORD not in text


async def fail_and_log(pool: Pool, log: Callable[[str], object]) -> None:
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
