"""The platform where the kernel cannot hold models: it says so, to operators and to callers."""

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
    """Start a platform on a kernel without filters of system calls and ask how it is."""
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
            status, said = _asked(f"{platform.url}/health")
            while said["parts"]["sandbox"] == "out of order":  # It has not been tried yet.
                status, said = _asked(f"{platform.url}/health")
            return status, said
        finally:
            assert platform.stop() == 0


def _asked(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_without_a_fence_the_platform_is_out_of_order_and_says_what_it_lacks(
    tmp_path: Path,
) -> None:
    status, said = health_of(tmp_path)
    assert (status, said["status"]) == (503, "degraded")
    assert said["parts"]["inference"] == "out of order"
    assert said["parts"]["sandbox"]["level"] == "none"
    assert "seccomp" in said["parts"]["sandbox"]["missing"]
    assert said["parts"]["database"] == "up"


def test_in_development_it_can_be_told_to_go_on(tmp_path: Path) -> None:
    status, said = health_of(tmp_path, ALLOW_UNSANDBOXED_MODELS="true")
    assert (status, said["status"]) == (200, "healthy")
    assert said["parts"]["inference"] == "up"
    assert said["parts"]["sandbox"]["level"] == "none"
