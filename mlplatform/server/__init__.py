"""Serving: processes, database, start and stop."""
