---- category weird
-- governed: g."Weird ""Table"""
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.\"Weird \"\"Table\"\"\" t\n WHERE t.\"a b\" = 'it''s; -- \\'::text\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'weird'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'weird'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.\"Größe\" >= '1970-01-02'::timestamptz AND t.\"Größe\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"Größe\" END, 'infinity'::timestamptz)\n     OR ARRAY[t.\"select\"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = 'weird'::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.key IS NOT NULL)\n     OR (ARRAY[t.\"select\"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = 'weird'::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'weird'::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key = ARRAY[t.\"select\"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.\"Größe\" >= '1970-01-02'::timestamptz AND t.\"Größe\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"Größe\" END AND CASE WHEN t.\"Größe\" >= '1970-01-02'::timestamptz AND t.\"Größe\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"Größe\" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'weird'::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))\n     ELSE false END)","key":[{"column":"select","type":"integer"}],"start":true,"subjects":[],"timezone":"UTC"}

-- plan
SELECT coalesce(sum(g.rows), 0)::bigint AS rows,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 1 AND 13), 0)::bigint AS claimed,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 2), 0)::bigint AS not_started,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 5 AND 13), 0)::bigint AS due,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 5), 0)::bigint AS held,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 6), 0)::bigint AS kept_while,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 7 AND 8), 0)::bigint AS kept_floor,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 9 AND 11), 0)::bigint AS waiting,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 12 AND 13), 0)::bigint AS to_act,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 8), 0)::bigint AS floor_after_cap,
       ((min(g.oldest) FILTER (WHERE g.verdict >= 12)) + $1::interval)::text AS oldest,
       ((min(g.oldest) FILTER (WHERE g.verdict = 3)) + $1::interval)::text AS next_due,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 4), 0)::bigint AS passed,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 10), 0)::bigint AS uncounted,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 11), 0)::bigint AS paused,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 12), 0)::bigint AS counted_first
  FROM (
  SELECT r.verdict, count(*) AS rows, min(r.due_at) AS oldest
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN (t."retention due" <= (($2::timestamptz AT TIME ZONE 'UTC' - $1::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR (t."retention due" <= (($2::timestamptz AT TIME ZONE 'UTC' - $1::interval + '7 days'::interval) AT TIME ZONE 'UTC') AND t."retention due" + $1::interval <= $2::timestamptz)) IS NOT TRUE THEN 3
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t."select"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              ELSE 13 END AS verdict
    FROM (SELECT CASE WHEN (t."a b" = $5::text) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AS "retention due", t."select", t."Größe"
            FROM ONLY g."Weird ""Table""" t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 value 1 mon
-- $2 run time
-- $3 value weird
-- $4 value 1970-01-02
-- $5 value it's; -- \

-- unclaimed
SELECT count(*) AS rows
  FROM ONLY g."Weird ""Table""" t
 WHERE (t."a b" = $1::text) IS NOT TRUE;
-- $1 value it's; -- \

-- remaining
SELECT count(*) AS rows
  FROM ONLY g."Weird ""Table""" t
 WHERE t."a b" = $1::text
   AND t."Größe" <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END <= (($2::timestamptz AT TIME ZONE 'UTC' - $3::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END + $3::interval <= $2::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t."select"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $4::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 value it's; -- \
-- $2 run time
-- $3 value 1 mon
-- $4 value 1970-01-02
-- $5 value weird

-- explain
SELECT json_build_object(
  'claimed', x.claimed,
  'in_stage', x.claimed AND x.in_stage,
  'stage', $1::text,
  'now', $2::timestamptz,
  'start', x.start,
  'after', $3::text,
  'tenant', x.tenant,
  'agreements', x.agreements,
  'stage_due', x.stage_due,
  'cap', NULL,
  'due_at', x.due_at,
  'due', coalesce(x.due_at <= $2::timestamptz, false),
  'action', $1::text,
  'passed', x.passed,
  'held', x.held,
  'holds', x.holds,
  'kept_while', json_build_array(),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.passed THEN 'passed' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (t."a b" = $4::text) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AS start,
       (SELECT s1.start + $6::interval FROM (SELECT CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END + $6::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key' AND h4.held_until > now() AND h4.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key = ARRAY[t."select"::text] AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h6.starts_to, true) AND (NOT h6.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'key_subject' AND h7.held_until > now() AND h7.hold = h6.hold AND h7.part = h6.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x8.hold ORDER BY x8.hold), json_build_array()) FROM (SELECT DISTINCT h9.hold FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.held_until > now() AND (h9.shape = 'all' OR (h9.shape = 'start' AND coalesce(h9.starts_from <= CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h9.starts_to, true)) OR (h9.shape = 'key' AND h9.key = ARRAY[t."select"::text]) OR (h9.shape = 'key_more' AND h9.key = ARRAY[t."select"::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false)))))) x8) AS holds,
       false AS paused
  FROM ONLY g."Weird ""Table""" t
 WHERE t."select" = $8::integer OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 mon
-- $4 value it's; -- \
-- $5 value 1970-01-02
-- $6 value 1 mon
-- $7 value weird
-- $8 key 1

-- leaf: remove
DELETE FROM ONLY g."Weird ""Table""" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."a b" = $3::text
   AND t."Größe" <= ((GREATEST($4::timestamptz AT TIME ZONE 'UTC' - $5::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END <= (($4::timestamptz AT TIME ZONE 'UTC' - $5::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END + $5::interval <= $4::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t."select"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t."select"::bigint AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value it's; -- \
-- $4 run time
-- $5 value 1 mon
-- $6 value 1970-01-02
-- $7 value weird

-- leaf: remove, prepared
DELETE FROM ONLY g."Weird ""Table""" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."a b" = $3::text
   AND t."Größe" <= ((GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 mon'::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."Größe" >= '1970-01-02'::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END <= (('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 mon'::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."Größe" >= '1970-01-02'::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END + '1 mon'::interval <= '2024-02-29 00:00:00+00'::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $4::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= '1970-01-02'::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $4::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t."select"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."Größe" >= '1970-01-02'::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= '1970-01-02'::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t."select"::bigint AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value it's; -- \
-- $4 value weird

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t."select"::text AS k1
  FROM ONLY g."Weird ""Table""" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."a b" = $3::text
   AND t."Größe" <= ((GREATEST($4::timestamptz AT TIME ZONE 'UTC' - $5::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END <= (($4::timestamptz AT TIME ZONE 'UTC' - $5::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END + $5::interval <= $4::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t."select"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $8::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $8::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value it's; -- \
-- $4 run time
-- $5 value 1 mon
-- $6 value 1970-01-02
-- $7 value weird
-- $8 limit

-- leaf: remove_tids
DELETE FROM ONLY g."Weird ""Table""" t
 WHERE t.ctid = ANY ($1::tid[])
   AND t."a b" = $2::text
   AND t."Größe" <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t."select"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $5::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t."select"::bigint AS k1;
-- $1 tids
-- $2 value it's; -- \
-- $3 run time
-- $4 value 1 mon
-- $5 value 1970-01-02
-- $6 value weird

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g."Weird ""Table""" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."a b" = $3::text
   AND t."Größe" <= ((GREATEST($4::timestamptz AT TIME ZONE 'UTC' - $5::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END <= (($4::timestamptz AT TIME ZONE 'UTC' - $5::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END + $5::interval <= $4::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END, 'infinity'::timestamptz)
     OR ARRAY[t."select"::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t."select"::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t."select"::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END AND CASE WHEN t."Größe" >= $6::timestamptz AND t."Größe" < '10000-01-01 00:00:00+00'::timestamptz THEN t."Größe" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value it's; -- \
-- $4 run time
-- $5 value 1 mon
-- $6 value 1970-01-02
-- $7 value weird

