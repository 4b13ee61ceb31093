"""Tests of ``mlplatform.demo``."""
