"""Tests of ``mlplatform.server``."""
