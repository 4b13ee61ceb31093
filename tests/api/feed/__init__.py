"""Tests of `api.feed`."""
