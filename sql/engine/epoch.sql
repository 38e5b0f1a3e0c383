-- The newest log key, wrapped, and whether it has been used for longer than $1. One row always; a
-- shredded key gives NULL, and the next epoch begins.
SELECT coalesce(max(k.epoch), 0),
       (SELECT pg_catalog.encode(n.wrapped, 'hex') FROM retention.epoch_key AS n
         WHERE n.epoch = max(k.epoch)),
       coalesce(max(k.created_at) + $1::interval <= pg_catalog.clock_timestamp(), true)
  FROM retention.epoch_key AS k
