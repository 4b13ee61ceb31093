"""A separate Python environment for each of the other servers, created on first use.

They are in ``.bench/`` of the checkout, and are created again when ``requirements.txt`` changes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
ENVIRONMENTS = Path(__file__).parents[1] / ".bench"


def programs_of(peer: str) -> Path:
    """Return the folder of a peer's programs, including python; installs them if necessary."""
    requirements = PEERS / peer / "requirements.txt"
    environment = ENVIRONMENTS / peer
    programs = environment / "bin"
    stamp = environment / "requirements.sha256"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return programs
    target = ("--python", str(programs / "python"))
    _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
    _uv("pip", "install", "--quiet", *target, "--requirement", str(requirements))
    stamp.write_text(digest)
    return programs


def environment_of(programs: Path, **more: str) -> dict[str, str]:
    """Return the environment variables of a peer: its own programs come first on the path."""
    return os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"} | more


def _uv(*arguments: str) -> None:
    subprocess.run([os.environ.get("UV", "uv"), *arguments], check=True)
