"""The browser that the journeys need; run as a program it says so loudly where there is none."""

from __future__ import annotations

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHOUT_WINDOWS = "chromium-headless-shell"
"""The same engine, at half the work."""

MISSING = "the page was not tested, for there is no Chromium here: apt-get install chromium"


def executable(*, as_people_have_it: bool = False) -> str | None:
    """Find the browser."""
    names = (*NAMES, WITHOUT_WINDOWS) if as_people_have_it else (WITHOUT_WINDOWS, *NAMES)
    return next(filter(None, map(shutil.which, names)), None)


def is_root() -> bool:
    """Whether it could have been installed; as root it cannot have a sandbox of its own."""
    return os.geteuid() == 0


if __name__ == "__main__" and executable() is None:
    bar = "!" * len(MISSING)
    sys.stderr.write(f"\n{bar}\n{MISSING}\n{bar}\n")
