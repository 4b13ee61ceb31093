"""Tests of how model files are opened."""
