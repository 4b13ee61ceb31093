-- The platform connects as a role that may read the events and call the functions which append
-- them, and nothing else on that table. Which role that is, the owner says, and storage/rights.py
-- lists what it is given. Here everybody else loses what PostgreSQL gives to all.

-- pg_temp last: where it is not named, a caller's temporary tables and types are found first.
ALTER FUNCTION begin_append SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION append_events SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION append_events_checked SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION import_events SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION position_at SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION refuse_to_change_events SET search_path = pg_catalog, pg_temp;

REVOKE ALL ON ALL TABLES IN SCHEMA public, read FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- A large object is a place to write that no right on a table guards. An owner who is no
-- superuser cannot take this from all, which is a warning and no error.
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat, pg_catalog.lo_create, pg_catalog.lo_from_bytea
    FROM PUBLIC;
