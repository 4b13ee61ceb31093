"""Tests of ``mlplatform.cli``."""
