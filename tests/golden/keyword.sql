---- category callers
-- governed: "user"."order"
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY \"user\".\"order\" t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'callers'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'callers'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.\"when\" >= '1970-01-02'::timestamptz AND t.\"when\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"when\" END, 'infinity'::timestamptz)\n     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = 'callers'::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.key IS NOT NULL)\n     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = 'callers'::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'callers'::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.\"when\" >= '1970-01-02'::timestamptz AND t.\"when\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"when\" END AND CASE WHEN t.\"when\" >= '1970-01-02'::timestamptz AND t.\"when\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"when\" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'callers'::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))\n     ELSE false END)","key":[{"column":"id","type":"integer"}],"start":true,"subjects":[],"timezone":"UTC"}

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
              WHEN (t.caller IS NULL) THEN 4
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              ELSE 13 END AS verdict
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AS "retention due", t.id, t."when", t.caller
            FROM ONLY "user"."order" t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 value 1 day
-- $2 run time
-- $3 value callers
-- $4 value 1970-01-02

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY "user"."order" t
 WHERE (t.caller IS NULL) IS NOT TRUE
   AND t."when" <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($1::timestamptz AT TIME ZONE 'UTC' - $2::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $2::interval <= $1::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $4::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $4::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 run time
-- $2 value 1 day
-- $3 value 1970-01-02
-- $4 value callers

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
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AS start,
       (SELECT s1.start + $5::interval FROM (SELECT CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $5::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       (t.caller IS NULL) IS TRUE AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key' AND h4.held_until > now() AND h4.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key = ARRAY[t.id::text] AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h6.starts_to, true) AND (NOT h6.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key_subject' AND h7.held_until > now() AND h7.hold = h6.hold AND h7.part = h6.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x8.hold ORDER BY x8.hold), json_build_array()) FROM (SELECT DISTINCT h9.hold FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.held_until > now() AND (h9.shape = 'all' OR (h9.shape = 'start' AND coalesce(h9.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h9.starts_to, true)) OR (h9.shape = 'key' AND h9.key = ARRAY[t.id::text]) OR (h9.shape = 'key_more' AND h9.key = ARRAY[t.id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false)))))) x8) AS holds,
       false AS paused
  FROM ONLY "user"."order" t
 WHERE t.id = $7::integer OFFSET 0) x;
-- $1 value deidentify
-- $2 run time
-- $3 value 1 day
-- $4 value 1970-01-02
-- $5 value 1 day
-- $6 value callers
-- $7 key 1

-- leaf: remove
WITH gone AS (
UPDATE ONLY "user"."order" t
   SET caller = NULL::text
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND coalesce((hashtid(t.ctid) & 7) BETWEEN $3::int AND $4::int, false)
   AND (t.caller IS NULL) IS NOT TRUE
   AND t."when" <= ((GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($5::timestamptz AT TIME ZONE 'UTC' - $6::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $6::interval <= $5::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $8::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.id::bigint AS k1,
       (t.caller IS NULL) AS changed)
SELECT count(*) AS rows, NULL::text[] AS tenants, array_agg(g.k1) AS key1, count(*) FILTER (WHERE g.changed IS NOT TRUE) AS unchanged
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 turn
-- $4 last turn
-- $5 run time
-- $6 value 1 day
-- $7 value 1970-01-02
-- $8 value callers

-- leaf: remove, prepared
WITH gone AS (
UPDATE ONLY "user"."order" t
   SET caller = NULL::text
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND coalesce((hashtid(t.ctid) & 7) BETWEEN $3::int AND $4::int, false)
   AND (t.caller IS NULL) IS NOT TRUE
   AND t."when" <= ((GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 day'::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 day'::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + '1 day'::interval <= '2024-02-29 00:00:00+00'::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.id::bigint AS k1,
       (t.caller IS NULL) AS changed)
SELECT count(*) AS rows, NULL::text[] AS tenants, array_agg(g.k1) AS key1, count(*) FILTER (WHERE g.changed IS NOT TRUE) AS unchanged
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 turn
-- $4 last turn
-- $5 value callers

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.id::text AS k1
  FROM ONLY "user"."order" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND coalesce((hashtid(t.ctid) & 7) BETWEEN $3::int AND $4::int, false)
   AND (t.caller IS NULL) IS NOT TRUE
   AND t."when" <= ((GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($5::timestamptz AT TIME ZONE 'UTC' - $6::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $6::interval <= $5::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $8::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $7::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $9::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $9::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 turn
-- $4 last turn
-- $5 run time
-- $6 value 1 day
-- $7 value 1970-01-02
-- $8 value callers
-- $9 limit

-- leaf: remove_tids
WITH gone AS (
UPDATE ONLY "user"."order" t
   SET caller = NULL::text
 WHERE t.ctid = ANY ($1::tid[])
   AND (t.caller IS NULL) IS NOT TRUE
   AND t."when" <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($2::timestamptz AT TIME ZONE 'UTC' - $3::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $3::interval <= $2::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.id::bigint AS k1,
       (t.caller IS NULL) AS changed)
SELECT count(*) AS rows, NULL::text[] AS tenants, array_agg(g.k1) AS key1, count(*) FILTER (WHERE g.changed IS NOT TRUE) AS unchanged
  FROM gone g;
-- $1 tids
-- $2 run time
-- $3 value 1 day
-- $4 value 1970-01-02
-- $5 value callers

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY "user"."order" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.caller IS NULL) IS NOT TRUE
   AND t."when" <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 day
-- $5 value 1970-01-02
-- $6 value callers

---- category calls
-- governed: "user"."order"
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY \"user\".\"order\" t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'calls'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'calls'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.\"when\" >= '1970-01-02'::timestamptz AND t.\"when\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"when\" END, 'infinity'::timestamptz)\n     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = 'calls'::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.key IS NOT NULL)\n     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = 'calls'::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'calls'::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.\"when\" >= '1970-01-02'::timestamptz AND t.\"when\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"when\" END AND CASE WHEN t.\"when\" >= '1970-01-02'::timestamptz AND t.\"when\" < '10000-01-01 00:00:00+00'::timestamptz THEN t.\"when\" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'calls'::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))\n     ELSE false END)","key":[{"column":"id","type":"integer"}],"start":true,"subjects":[],"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              ELSE 13 END AS verdict
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AS "retention due", t.id, t."when"
            FROM ONLY "user"."order" t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 value 1 mon
-- $2 run time
-- $3 value calls
-- $4 value 1970-01-02

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY "user"."order" t
 WHERE t."when" <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($1::timestamptz AT TIME ZONE 'UTC' - $2::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $2::interval <= $1::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $4::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $4::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $3::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 run time
-- $2 value 1 mon
-- $3 value 1970-01-02
-- $4 value calls

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
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AS start,
       (SELECT s1.start + $5::interval FROM (SELECT CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $5::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key' AND h4.held_until > now() AND h4.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key = ARRAY[t.id::text] AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h6.starts_to, true) AND (NOT h6.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key_subject' AND h7.held_until > now() AND h7.hold = h6.hold AND h7.part = h6.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x8.hold ORDER BY x8.hold), json_build_array()) FROM (SELECT DISTINCT h9.hold FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.held_until > now() AND (h9.shape = 'all' OR (h9.shape = 'start' AND coalesce(h9.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h9.starts_to, true)) OR (h9.shape = 'key' AND h9.key = ARRAY[t.id::text]) OR (h9.shape = 'key_more' AND h9.key = ARRAY[t.id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false)))))) x8) AS holds,
       false AS paused
  FROM ONLY "user"."order" t
 WHERE t.id = $7::integer OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 mon
-- $4 value 1970-01-02
-- $5 value 1 mon
-- $6 value calls
-- $7 key 1

-- leaf: remove
DELETE FROM ONLY "user"."order" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."when" <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.id::bigint AS k1;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 mon
-- $5 value 1970-01-02
-- $6 value calls

-- leaf: remove, prepared
DELETE FROM ONLY "user"."order" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."when" <= ((GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 mon'::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 mon'::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + '1 mon'::interval <= '2024-02-29 00:00:00+00'::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= '1970-01-02'::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.id::bigint AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value calls

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.id::text AS k1
  FROM ONLY "user"."order" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."when" <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $7::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $7::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 mon
-- $5 value 1970-01-02
-- $6 value calls
-- $7 limit

-- leaf: remove_tids
DELETE FROM ONLY "user"."order" t
 WHERE t.ctid = ANY ($1::tid[])
   AND t."when" <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($2::timestamptz AT TIME ZONE 'UTC' - $3::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $3::interval <= $2::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $4::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.id::bigint AS k1;
-- $1 tids
-- $2 run time
-- $3 value 1 mon
-- $4 value 1970-01-02
-- $5 value calls

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY "user"."order" t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t."when" <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END, 'infinity'::timestamptz)
     OR ARRAY[t.id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END AND CASE WHEN t."when" >= $5::timestamptz AND t."when" < '10000-01-01 00:00:00+00'::timestamptz THEN t."when" END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 mon
-- $5 value 1970-01-02
-- $6 value calls

