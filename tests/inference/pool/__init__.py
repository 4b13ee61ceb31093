"""Tests of inference.pool, with real model processes."""
