"""``python -m mlplatform``."""

from __future__ import annotations

from mlplatform.cli.main import main

main()
