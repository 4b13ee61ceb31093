"""Tests of HTTP: connections, middleware, limits, responses."""
