-- The tree as the database has it: one row always.
SELECT s.size, c.size AS signed_size, st.holder_host, st.holder_system, st.holder_timeline,
       (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system,
       retention.current_timeline() AS timeline, retention.is_bound() AS bound,
       k.genesis, k.keys, r.rotations,
       (SELECT pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()
            - pg_catalog.max(a.anchored_at))::bigint FROM retention.log_anchor AS a) AS anchor_age,
       (SELECT pg_catalog.max(a.size) FROM retention.log_anchor AS a) AS anchored,
       -- this server and database, and no copy of them
       pg_catalog.concat_ws(' ', (SELECT system_identifier FROM pg_catalog.pg_control_system()),
           (SELECT d.oid FROM pg_catalog.pg_database AS d
             WHERE d.datname = pg_catalog.current_database()),
           pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::numeric) AS identity
  FROM (SELECT coalesce(pg_catalog.max(l.index) + 1, 0) AS size FROM retention.log_leaf AS l) AS s,
       (SELECT coalesce(pg_catalog.max(h.size), 0) AS size FROM retention.log_checkpoint AS h) AS c,
       retention.log_state AS st,
       -- the keys announced, in the order of the tree
       (SELECT pg_catalog.min(e.entry) FILTER (WHERE e.type = 'genesis') AS genesis,
               pg_catalog.string_agg(pg_catalog.substring(e.entry, E'\nvkey ([^\n]+)\n'), E'\n'
                                     ORDER BY l.index) AS keys
          FROM retention.log_entry AS e JOIN retention.log_leaf AS l ON l.entry = e.id
         WHERE e.type IN ('genesis', 'rotate') AND e.run IS NULL) AS k,
       -- and where the last one stands
       (SELECT pg_catalog.max(l.index) AS rotations
          FROM retention.log_entry AS e JOIN retention.log_leaf AS l ON l.entry = e.id
         WHERE e.type = 'rotate' AND e.run IS NULL) AS r
