-- Cancels those of our reads ($1: their backends) that somebody waits for who wants a table for himself:
-- behind him everybody else would wait, too. Which ones.
SELECT p.pid, pg_catalog.pg_cancel_backend(p.pid)
  FROM pg_catalog.unnest($1::int[]) AS p (pid)
 WHERE EXISTS (SELECT FROM pg_catalog.pg_locks l
                WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock'
                  AND p.pid = ANY (pg_catalog.pg_blocking_pids(l.pid)))
