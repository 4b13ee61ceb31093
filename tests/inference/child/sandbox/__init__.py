"""Tests of inference.child.sandbox, in processes of their own."""
