"""Tests of inference.protocol."""
