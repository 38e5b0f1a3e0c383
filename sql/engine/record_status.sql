-- What a category's stages found: numbers as an object ($3), the moments of each stage as arrays.
SELECT retention.record_status($1::bigint, $2::text, $3::jsonb || pg_catalog.jsonb_build_object(
           'oldest', (SELECT pg_catalog.min(o) FROM pg_catalog.unnest($4::timestamptz[]) AS o),
           'next_due', (SELECT pg_catalog.min(n) FROM pg_catalog.unnest($5::timestamptz[]) AS n)))
