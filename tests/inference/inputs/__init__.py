"""Tests of inference.inputs."""
