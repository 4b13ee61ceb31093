"""The platform on a kernel without a sandbox: operators and callers are informed."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.platform_process import TIMEOUT_S, Platform, environment

SERVE = """
import os, sys
from tests.inference.limited_kernels import lack
lack("seccomp")
os.execv(sys.executable, [sys.executable, "-m", "mlplatform", "serve", "--port", "0"])
"""


def health_of(data_dir: Path, **settings: str) -> tuple[int, dict[str, Any]]:
    """Start a platform on a kernel without filters of system calls and read its health."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE],
        stdout=subprocess.PIPE,
        text=True,
        cwd=data_dir,
        env={**environment(), "DATA_DIR": str(data_dir), **settings},
    ) as process:
        platform = Platform(process, data_dir)
        try:
            platform.wait_until_listening(with_instructions=False)
            status, health = _get(f"{platform.url}/health")
            while health["parts"]["sandbox"] == "out of order":  # Until it was tried.
                status, health = _get(f"{platform.url}/health")
            return status, health
        finally:
            assert platform.stop() == 0


def _get(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_without_a_sandbox_the_platform_is_out_of_order_and_names_the_missing_layers(
    tmp_path: Path,
) -> None:
    status, health = health_of(tmp_path)
    assert (status, health["status"]) == (503, "degraded")
    assert health["parts"]["inference"] == "out of order"
    assert health["parts"]["sandbox"]["level"] == "none"
    assert "seccomp" in health["parts"]["sandbox"]["missing"]
    assert health["parts"]["database"] == "up"


def test_in_development_models_without_a_sandbox_can_be_allowed(tmp_path: Path) -> None:
    status, health = health_of(tmp_path, ALLOW_UNSANDBOXED_MODELS="true")
    assert (status, health["status"]) == (200, "healthy")
    assert health["parts"]["inference"] == "up"
    assert health["parts"]["sandbox"]["level"] == "none"
