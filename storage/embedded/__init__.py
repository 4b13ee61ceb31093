"""The bundled PostgreSQL that runs in the data directory."""
