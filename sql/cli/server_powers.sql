-- $1 the worker's role. What a server without superuser may lack: whether the role sees how far standbys
-- are, and whether the guard's event triggers are there.
SELECT pg_catalog.pg_has_role($1::name, 'pg_read_all_stats', 'USAGE') AS sees_standbys,
       (SELECT pg_catalog.count(*) = 2
          FROM pg_catalog.pg_event_trigger AS e
          JOIN pg_catalog.pg_proc AS p ON p.oid = e.evtfoid
         WHERE p.pronamespace = pg_catalog.to_regnamespace('retention')
           AND p.proname IN ('guard_drop', 'guard_alter') AND e.evtenabled IN ('A', 'O'))
           AS has_event_triggers
