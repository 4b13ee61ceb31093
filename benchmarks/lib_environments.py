"""An environment of its own for each server that is not ours, made on first use.

They lie in ``.bench/`` beside the checkout and are made anew when ``requirements.txt`` changes.
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
    """Give the folder of a peer's programs, python among them, all installed."""
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
    """Give the variables under which a peer runs: its own programs come first."""
    return os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"} | more


def _uv(*arguments: str) -> None:
    subprocess.run([os.environ.get("UV", "uv"), *arguments], check=True)
