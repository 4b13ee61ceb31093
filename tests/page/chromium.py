"""Finds the browser for the page's tests; as a program, warns if there is none."""

from __future__ import annotations

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HEADLESS_SHELL = "chromium-headless-shell"
"""The same engine, with half the load."""

MISSING = "the page was not tested, as Chromium is missing: apt-get install chromium"


def executable(*, prefer_full: bool = False) -> str | None:
    """Return the path of the browser."""
    names = (*NAMES, HEADLESS_SHELL) if prefer_full else (HEADLESS_SHELL, *NAMES)
    return next(filter(None, map(shutil.which, names)), None)


def is_root() -> bool:
    """Whether this is root, for whom Chromium cannot use its sandbox, but can be installed."""
    return os.geteuid() == 0


if __name__ == "__main__" and executable() is None:
    bar = "!" * len(MISSING)
    sys.stderr.write(f"\n{bar}\n{MISSING}\n{bar}\n")
