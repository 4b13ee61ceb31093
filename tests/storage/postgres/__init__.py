"""Connections, roles, migrations and locks."""
