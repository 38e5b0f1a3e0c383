-- What the leader found when it last compared the log with its directory, and its anchors.
SELECT s.state, s.message, s.hint, s.missing, s.database_size, s.log_size, s.checked_at,
       c.size AS signed_size, c.signed_at, a.size AS anchored_size, a.anchored_at,
       s.anchor_command, s.anchor_error, s.anchor_failures,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.anchored_at)::bigint
           AS anchor_age
  FROM retention.log_state AS s
       LEFT JOIN (SELECT k.size, k.signed_at FROM retention.log_checkpoint AS k
                   ORDER BY k.size DESC LIMIT 1) AS c ON true
       LEFT JOIN (SELECT k.size, k.anchored_at FROM retention.log_anchor AS k
                   ORDER BY k.anchored_at DESC LIMIT 1) AS a ON true
