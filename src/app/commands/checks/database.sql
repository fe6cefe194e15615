-- What `latchkey doctor` asks of PostgreSQL.

-- name: describe_server
-- Its version, whether it can be written to, room for connections, TLS, and its clock.
SELECT current_setting('server_version') AS version,
  current_setting('server_version_num')::int / 10000 AS major,
  pg_is_in_recovery() AS is_standby,
  current_setting('default_transaction_read_only') = 'on' AS is_read_only,
  current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int AS room,
  (SELECT sum(numbackends) FROM pg_stat_database)::int AS used,
  coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_tls,
  extract(epoch FROM clock_timestamp())::float AS clock;
