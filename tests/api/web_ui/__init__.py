"""Tests of `api.web_ui`."""
