-- A worker connection registers itself under the term ($1), so that a successor can end it.
WITH joined AS MATERIALIZED (SELECT retention.join_session($1::bigint))
SELECT a.pid, a.backend_start::text
  FROM joined, pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a
