-- $1 a hold, $2 kinds, $3 values of its subjects: the places of those that no record has now; nothing
-- where that cannot be told
SELECT a.place FROM pg_catalog.unnest(retention.hold_absent($1::uuid, $2::text[], $3::text[])) a (place)
ORDER BY a.place
