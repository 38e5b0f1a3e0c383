---- category calls
-- governed: g.session
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.session t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'calls'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'calls'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END, 'infinity'::timestamptz)\n     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = 'calls'::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.key IS NOT NULL)\n     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = 'calls'::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'calls'::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'calls'::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))\n     ELSE false END)","key":[{"column":"session_id","type":"uuid"}],"start":true,"subjects":[],"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AND CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              ELSE 13 END AS verdict
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AS "retention due", t.session_id, t.started_at
            FROM ONLY g.session t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 value 90 days
-- $2 run time
-- $3 value calls
-- $4 value 1970-01-02
-- $5 value UTC

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.started_at <= GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval
   AND (CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END <= (($1::timestamptz AT TIME ZONE 'UTC' - $2::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END + $2::interval <= $1::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END AND CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 run time
-- $2 value 90 days
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value calls

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
       CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AS start,
       (SELECT s1.start + $6::interval FROM (SELECT CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END + $6::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key' AND h4.held_until > now() AND h4.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key = ARRAY[t.session_id::text] AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AND CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END < h6.starts_to, true) AND (NOT h6.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'key_subject' AND h7.held_until > now() AND h7.hold = h6.hold AND h7.part = h6.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x8.hold ORDER BY x8.hold), json_build_array()) FROM (SELECT DISTINCT h9.hold FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.held_until > now() AND (h9.shape = 'all' OR (h9.shape = 'start' AND coalesce(h9.starts_from <= CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AND CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END < h9.starts_to, true)) OR (h9.shape = 'key' AND h9.key = ARRAY[t.session_id::text]) OR (h9.shape = 'key_more' AND h9.key = ARRAY[t.session_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AND CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false)))))) x8) AS holds,
       false AS paused
  FROM ONLY g.session t
 WHERE t.session_id = $8::uuid OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 90 days
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value 90 days
-- $7 value calls
-- $8 key 1

-- leaf: remove
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval
   AND (CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END AND CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 90 days
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value calls

-- leaf: remove, prepared
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '90 days'::interval) + '4 days'::interval
   AND (CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END <= (('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '90 days'::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END + '90 days'::interval <= '2024-02-29 00:00:00+00'::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value calls

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval
   AND (CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END AND CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $8::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $8::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 90 days
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value calls
-- $8 limit

-- leaf: remove_tids
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.started_at <= GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval
   AND (CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END <= (($2::timestamptz AT TIME ZONE 'UTC' - $3::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END + $3::interval <= $2::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END AND CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
-- $1 tids
-- $2 run time
-- $3 value 90 days
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value calls

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval
   AND (CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END AND CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 90 days
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value calls

