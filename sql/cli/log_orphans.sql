-- Entries that have no place in the tree and wait for none; digests that belong to no batch; and a
-- type of which fewer entries are there than were numbered
SELECT
    (SELECT pg_catalog.min(e.id) FROM retention.log_entry e
     WHERE NOT EXISTS (SELECT FROM retention.log_leaf l WHERE l.entry = e.id)
       AND NOT EXISTS (SELECT FROM retention.log_pending p WHERE p.entry = e.id)) AS unplaced,
    (SELECT pg_catalog.count(*) FROM retention.log_records r
     WHERE NOT EXISTS (SELECT FROM retention.log_entry e
                       WHERE e.run = r.run AND e.seq = r.seq)) AS digests,
    EXISTS (SELECT FROM retention.log_leaf) AS begun,
    retention.log_last_gone() AS last_gone
