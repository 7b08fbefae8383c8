-- Who may do what in Litwatch's database. Run it once as an administrator, in the database that was
-- made for Litwatch, before the first migration; safe to repeat:
--
--   createdb litwatch
--   psql --dbname litwatch --file roles.sql
--   psql --dbname litwatch --command '\password litwatch_owner'    (and litwatch_app, litwatch_read)
--
-- litwatch_owner  owns the tables. Only `litwatch init` and `litwatch db` connect as it.
-- litwatch_app    workers and web pages: reads and writes rows, and changes no table. The vectors'
--                 index, which is made from other rows, lies in a schema of its own: litwatch_index.
-- litwatch_read   looks things up, and can write nothing.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['litwatch_owner', 'litwatch_app', 'litwatch_read'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', name);
    END IF;
  END LOOP;
  EXECUTE format('ALTER DATABASE %I OWNER TO litwatch_owner', current_database());
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format(
    'GRANT CONNECT ON DATABASE %I TO litwatch_app, litwatch_read', current_database());
  -- TEMPORARY: for what is copied into place; such tables are of one connection, and go with it.
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO litwatch_app', current_database());
END
$$;

-- Comparing vectors needs it; without it, search works with files. Only administrators may add it.
CREATE EXTENSION IF NOT EXISTS vector;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CREATE, USAGE ON SCHEMA public TO litwatch_owner;
GRANT USAGE ON SCHEMA public TO litwatch_app, litwatch_read;

-- The tables that are there, and those that migrations will make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO litwatch_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO litwatch_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO litwatch_read;
ALTER DEFAULT PRIVILEGES FOR ROLE litwatch_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO litwatch_app;
ALTER DEFAULT PRIVILEGES FOR ROLE litwatch_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO litwatch_app;
ALTER DEFAULT PRIVILEGES FOR ROLE litwatch_owner IN SCHEMA public
  GRANT SELECT ON TABLES TO litwatch_read;

CREATE SCHEMA IF NOT EXISTS litwatch_index AUTHORIZATION litwatch_app;
GRANT USAGE ON SCHEMA litwatch_index TO litwatch_read;
ALTER DEFAULT PRIVILEGES FOR ROLE litwatch_app IN SCHEMA litwatch_index
  GRANT SELECT ON TABLES TO litwatch_read;

ALTER ROLE litwatch_read SET default_transaction_read_only = on;
ALTER ROLE litwatch_read SET statement_timeout = '30s';
