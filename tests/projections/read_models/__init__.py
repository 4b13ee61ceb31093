"""Tests of the read models and their queries."""
