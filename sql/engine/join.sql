-- A worker connection registers itself under the term ($1), so that a successor can end it.
--
-- The last column is there for what making it leaves behind: glibc hands memory back to the kernel
-- at the end of every statement, and gets it anew for the next, page by page, unless a process once
-- had one block that was larger (mallopt(3), M_MMAP_THRESHOLD: the thresholds follow what is freed).
-- Here 8 MB, a quarter of it touched; the process then keeps up to 16 MB. Of a batch's time in the
-- server that was a third.
WITH joined AS MATERIALIZED (SELECT retention.join_session($1::bigint))
SELECT a.pid, a.backend_start::text, pg_catalog.length(pg_catalog.lpad('', 2000000, ' ')) AS warmed
  FROM joined, pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a
