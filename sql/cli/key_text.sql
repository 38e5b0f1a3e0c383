-- $1 a key column's value as it was typed, $2 its base type: the text that stands for it in digests
SELECT CASE $2::text
    WHEN 'smallint' THEN $1::text::smallint::text
    WHEN 'integer' THEN $1::text::integer::text
    WHEN 'bigint' THEN $1::text::bigint::text
    WHEN 'numeric' THEN pg_catalog.trim_scale($1::text::numeric)::text
    WHEN 'uuid' THEN $1::text::uuid::text
    WHEN 'bytea' THEN $1::text::bytea::text
    WHEN 'date' THEN $1::text::date::text
    WHEN 'timestamp without time zone' THEN $1::text::timestamp::text
    WHEN 'timestamp with time zone' THEN
        CASE WHEN pg_catalog.isfinite($1::text::timestamptz)
             THEN pg_catalog.regexp_replace(
                 pg_catalog.timezone('UTC', $1::text::timestamptz)::text, '( BC)?$', '+00\1')
             ELSE $1::text::timestamptz::text END
    ELSE $1::text
END
