-- Which of these backends ($1) do nothing for the worker: gone, waiting for a next statement, or for
-- their answer to be taken.
SELECT p.pid
  FROM pg_catalog.unnest($1::int[]) AS p (pid)
  LEFT JOIN pg_catalog.pg_stat_get_activity(NULL) AS a ON a.pid = p.pid
 WHERE a.pid IS NULL OR a.state LIKE 'idle%' OR a.wait_event = 'ClientWrite'
