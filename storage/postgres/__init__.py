"""PostgreSQL: the pool, migrations, roles and locks."""
