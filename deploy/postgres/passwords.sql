-- The passwords of the roles, from the files of the container: for `psql`, run after roles.sql.
-- PostgreSQL's log must not have them where statements are logged.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
\set owner `cat /run/secrets/postgres_owner_password`
\set app `cat /run/secrets/postgres_app_password`
\set read `cat /run/secrets/postgres_read_password`
-- A file that is away or empty ends it here: an empty password would be none.
SELECT 1 / least(1, length(:'owner'), length(:'app'), length(:'read')) AS "each file holds one";
ALTER ROLE litwatch_owner PASSWORD :'owner';
ALTER ROLE litwatch_app PASSWORD :'app';
ALTER ROLE litwatch_read PASSWORD :'read';
