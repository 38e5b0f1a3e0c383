-- $1 a hold: the key under which its inventories are made, so that they can be compared: that of
-- the epoch in which it was placed, or of the first one after it whose key is still there.
SELECT k.epoch, pg_catalog.encode(k.wrapped, 'hex') AS wrapped
FROM retention.hold h CROSS JOIN retention.epoch_key k
WHERE h.hold = $1::uuid AND k.wrapped IS NOT NULL
ORDER BY k.created_at < (SELECT COALESCE(pg_catalog.max(o.created_at), '-infinity')
                         FROM retention.epoch_key o WHERE o.created_at <= h.placed_at), k.epoch
LIMIT 1
