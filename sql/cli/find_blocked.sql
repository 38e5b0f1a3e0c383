-- $1 category, $2 relation, $3 digest in hex: why this record was set aside, and when last
SELECT b.sqlstate, b.constraint_name,
    pg_catalog.to_char(pg_catalog.timezone('UTC', b.last_seen), 'YYYY-MM-DD HH24:MI:SS')
FROM retention.blocked_record b
WHERE b.category = $1::text AND b.relation = $2::text
  AND b.digest = pg_catalog.decode($3::text, 'hex')
