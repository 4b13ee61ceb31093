"""``python -m mlplatform``."""

from __future__ import annotations

from mlplatform.cli.cli import main

main()
