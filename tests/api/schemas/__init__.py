"""Tests of `api.schemas`."""
