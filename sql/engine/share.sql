-- A count that several processes of the server work on is felt by whoever works beside it: it is kept
-- to one where $1 says so, or somebody else is at work, or was within the last second. Of other roles'
-- sessions only a member of pg_read_all_stats sees more than that they are there; they count as at
-- work. The worker itself does not, nor who asks how it goes, nor processes that help others: those are
-- at work themselves.
SELECT pg_catalog.set_config('max_parallel_workers_per_gather', '0', true)
 WHERE $1::boolean
    OR EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(NULL) AS a
                WHERE a.datid IS NOT NULL AND a.usesysid IS NOT NULL
                  AND a.pid <> pg_catalog.pg_backend_pid()
                  AND a.application_name NOT IN ('retentiond', 'retentionctl')
                  AND a.backend_type IS DISTINCT FROM 'parallel worker'
                  AND (a.state IS NULL OR a.state <> 'idle'
                       OR a.state_change > pg_catalog.clock_timestamp() - interval '1 second'))
