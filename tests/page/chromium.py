"""The browser that the journeys need; run as a program it says so loudly where there is none."""

from __future__ import annotations

import os
import shutil
import sys

NAMES = (
    "chromium-headless-shell",  # the same engine without the windows, at half the work
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
MISSING = "the page was not tested, for there is no Chromium here: apt-get install chromium"


def executable() -> str | None:
    """Find the browser."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_root() -> bool:
    """Whether it could have been installed; as root it cannot have a sandbox of its own."""
    return os.geteuid() == 0


if __name__ == "__main__" and executable() is None:
    bar = "!" * len(MISSING)
    sys.stderr.write(f"\n{bar}\n{MISSING}\n{bar}\n")
