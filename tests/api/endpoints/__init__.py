"""Tests of `api.endpoints`."""
