---- category calls
-- governed: g.call g.transcript g.transcript_word g.dispute
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM g.call t\n WHERE t.kind = ANY (ARRAY['call'::g.kind, 'voicemail'::g.kind])\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'calls'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'calls'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)\n     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = 'calls'::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.tenant IS NOT NULL)\n     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = 'calls'::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'calls'::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))\n     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = 'calls'::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.key IS NOT NULL)\n     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = 'calls'::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = 'calls'::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'calls'::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))\n     ELSE false END)","key":[{"column":"month","type":"date"},{"column":"call_id","type":"bigint"}],"start":true,"subjects":[],"tenant":{"columns":["g.call.account_id"],"type":"bigint"},"timezone":"America/New_York"}

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
       ((min(g.oldest) FILTER (WHERE g.verdict >= 12)))::text AS oldest,
       (LEAST((min(g.oldest) FILTER (WHERE g.verdict = 3)),
        (min(g.floor) FILTER (WHERE g.verdict IN (7, 8)))))::text AS next_due,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 4), 0)::bigint AS passed,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 10), 0)::bigint AS uncounted,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 11), 0)::bigint AS paused,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 12), 0)::bigint AS counted_first
  FROM (
  SELECT r.verdict, count(*) AS rows, min(r.due_at) AS oldest,
         min(r.moment) FILTER (WHERE r.moment > $1::timestamptz) AS floor
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $4::text)) IS TRUE THEN 6
              WHEN (CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $5::interval <= $1::timestamptz) IS NOT TRUE AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval <= $1::timestamptz THEN 8
              WHEN (CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $5::interval <= $1::timestamptz) IS NOT TRUE THEN 7
              WHEN (CASE WHEN t.ended_at >= ($3::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END + $8::interval <= $1::timestamptz) IS NOT TRUE AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval <= $1::timestamptz THEN 8
              WHEN (CASE WHEN t.ended_at >= ($3::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END + $8::interval <= $1::timestamptz) IS NOT TRUE THEN 7
              WHEN (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS TRUE THEN 11
              ELSE 13 END AS verdict,
         CASE WHEN t."retention due" <= $1::timestamptz THEN GREATEST(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $5::interval, CASE WHEN t.ended_at >= ($3::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END + $8::interval) END AS moment
    FROM (SELECT CASE WHEN (t.kind = ANY (ARRAY[$9::g.kind, $10::g.kind])) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 LEAST(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $11::text THEN $12::interval WHEN $13::text THEN $14::interval ELSE $15::interval END, CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval) AS "retention due", t.account_id, t.call_id, t.month, t.started_at, t.ended_at
            FROM g.call t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value calls
-- $3 value 1970-01-02
-- $4 value open
-- $5 value 90 days
-- $6 value 3 years
-- $7 value America/New_York
-- $8 value 10 days
-- $9 value call
-- $10 value voicemail
-- $11 value 4711
-- $12 value 7 years
-- $13 value 4712
-- $14 value 30 days
-- $15 value 1 year 1 mon

-- tenants
SELECT g.tenant, sum(g.rows)::bigint AS rows,
       (sum(g.rows) FILTER (WHERE g.verdict = 13))::bigint AS to_act
  FROM (
  SELECT r.tenant, r.verdict, count(*) AS rows
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $4::text)) IS TRUE THEN 6
              WHEN (CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $5::interval <= $1::timestamptz) IS NOT TRUE AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval <= $1::timestamptz THEN 8
              WHEN (CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $5::interval <= $1::timestamptz) IS NOT TRUE THEN 7
              WHEN (CASE WHEN t.ended_at >= ($3::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END + $8::interval <= $1::timestamptz) IS NOT TRUE AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval <= $1::timestamptz THEN 8
              WHEN (CASE WHEN t.ended_at >= ($3::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END + $8::interval <= $1::timestamptz) IS NOT TRUE THEN 7
              WHEN (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS TRUE THEN 11
              ELSE 13 END AS verdict,
         t.account_id::text AS tenant
    FROM (SELECT CASE WHEN (t.kind = ANY (ARRAY[$9::g.kind, $10::g.kind])) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 LEAST(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $11::text THEN $12::interval WHEN $13::text THEN $14::interval ELSE $15::interval END, CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval) AS "retention due", t.account_id, t.call_id, t.month, t.started_at, t.ended_at
            FROM g.call t OFFSET '0') t OFFSET '0') r
   GROUP BY r.tenant, r.verdict) g
 WHERE g.verdict >= 1
 GROUP BY g.tenant
HAVING count(*) FILTER (WHERE g.verdict = 13) > 0;
-- $1 run time
-- $2 value calls
-- $3 value 1970-01-02
-- $4 value open
-- $5 value 90 days
-- $6 value 3 years
-- $7 value America/New_York
-- $8 value 10 days
-- $9 value call
-- $10 value voicemail
-- $11 value 4711
-- $12 value 7 years
-- $13 value 4712
-- $14 value 30 days
-- $15 value 1 year 1 mon

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM g.call t
 WHERE t.kind = ANY (ARRAY[$1::g.kind, $2::g.kind])
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval, $3::timestamptz AT TIME ZONE 'UTC' - $5::interval, $3::timestamptz AT TIME ZONE 'UTC' - $6::interval, $3::timestamptz AT TIME ZONE 'UTC' - $7::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND LEAST(CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $9::text THEN $5::interval WHEN $10::text THEN $6::interval ELSE $4::interval END, CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $7::interval) <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $11::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $11::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $11::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $11::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $11::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $11::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $11::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $11::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $11::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $12::text)) IS NOT TRUE
   AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $13::interval <= $3::timestamptz
   AND CASE WHEN t.ended_at >= ($8::timestamptz AT TIME ZONE $14::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $14::text) END + $15::interval <= $3::timestamptz
   AND (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS NOT TRUE;
-- $1 value call
-- $2 value voicemail
-- $3 run time
-- $4 value 1 year 1 mon
-- $5 value 7 years
-- $6 value 30 days
-- $7 value 3 years
-- $8 value 1970-01-02
-- $9 value 4711
-- $10 value 4712
-- $11 value calls
-- $12 value open
-- $13 value 90 days
-- $14 value America/New_York
-- $15 value 10 days

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
  'cap', json_build_object('start', x.cap, 'period', $4::text, 'because', $5::text, 'end', x.cap + $6::interval, 'over', coalesce(x.cap + $6::interval <= $2::timestamptz, false)),
  'due_at', x.due_at,
  'due', coalesce(x.due_at <= $2::timestamptz, false),
  'action', $7::text,
  'passed', x.passed,
  'held', x.held,
  'holds', x.holds,
  'kept_while', json_build_array(json_build_object('because', $8::text, 'keeps', x.kept1)),
  'floors', json_build_array(json_build_object('start', x.floor1, 'period', $9::text, 'because', $10::text, 'end', x.floor1 + $11::interval, 'over', coalesce(x.floor1 + $11::interval <= $2::timestamptz, false)), json_build_object('start', x.floor2, 'period', $12::text, 'because', $13::text, 'end', x.floor2 + $14::interval, 'over', coalesce(x.floor2 + $14::interval <= $2::timestamptz, false))),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at, coalesce(x.floor1 + $11::interval, 'infinity'), coalesce(x.floor2 + $14::interval, 'infinity')), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.passed THEN 'passed' WHEN x.held THEN 'held' WHEN false OR x.kept1 THEN 'kept_while' WHEN false OR (x.floor1 + $11::interval <= $2::timestamptz) IS NOT TRUE OR (x.floor2 + $14::interval <= $2::timestamptz) IS NOT TRUE THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (t.kind = ANY (ARRAY[$15::g.kind, $16::g.kind])) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start,
       (SELECT s1.start + CASE t.account_id::text WHEN $18::text THEN $19::interval WHEN $20::text THEN $21::interval ELSE $22::interval END FROM (SELECT CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s1) AS stage_due,
       LEAST(CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $18::text THEN $19::interval WHEN $20::text THEN $21::interval ELSE $22::interval END, CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval) AS due_at,
       t.account_id::text AS tenant,
       coalesce((SELECT json_agg(o.o) FROM (SELECT json_build_object('tenant', $18::text, 'period', $23::text, 'because', $24::text) AS o WHERE $18::text = ANY (ARRAY[t.account_id::text]) UNION ALL SELECT json_build_object('tenant', $20::text, 'period', $25::text, 'because', $24::text) AS o WHERE $20::text = ANY (ARRAY[t.account_id::text])) o(o)), json_build_array()) AS agreements,
       CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS cap,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $26::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $26::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $26::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $26::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $26::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = t.account_id::text AND coalesce(h6.starts_from <= CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h6.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $26::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $26::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $26::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.month::text, t.call_id::text] AND (h9.tenant IS NULL OR h9.tenant = t.account_id::text) AND coalesce(h9.starts_from <= CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $26::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x11.hold ORDER BY x11.hold), json_build_array()) FROM (SELECT DISTINCT h12.hold FROM retention.held_scope h12 WHERE h12.category = $26::text AND h12.held_until > now() AND (h12.shape = 'all' OR (h12.shape = 'start' AND coalesce(h12.starts_from <= CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h12.starts_to, true)) OR (h12.shape IN ('tenant', 'tenant_start') AND h12.tenant = t.account_id::text AND coalesce(h12.starts_from <= CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h12.starts_to, true)) OR (h12.shape = 'key' AND h12.key = ARRAY[t.month::text, t.call_id::text]) OR (h12.shape = 'key_more' AND h12.key = ARRAY[t.month::text, t.call_id::text] AND (h12.tenant IS NULL OR h12.tenant = t.account_id::text) AND coalesce(h12.starts_from <= CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h12.starts_to, true) AND (NOT h12.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $26::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h12.hold AND h13.part = h12.part AND false)))))) x11) AS holds,
       (EXISTS (SELECT 1 FROM ONLY g.dispute k14 WHERE k14.call = t.call_id AND k14.month = t.month AND k14.state = $27::text)) IS TRUE AS kept1,
       CASE WHEN t.started_at >= $17::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS floor1,
       CASE WHEN t.ended_at >= ($17::timestamptz AT TIME ZONE $28::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $28::text) END AS floor2,
       (t.account_id::text IN (SELECT CASE WHEN z15.forms IS NULL THEN z15.name ELSE z15.forms ->> 'bigint' END FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()))) IS TRUE AS paused
  FROM g.call t
 WHERE t.month = $29::date AND t.call_id = $30::bigint OFFSET 0) x;
-- $1 value gone
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value 3 years
-- $5 value 740 ILCS 14/15(a)
-- $6 value 3 years
-- $7 value delete
-- $8 value dispute
-- $9 value 90 days
-- $10 value law
-- $11 value 90 days
-- $12 value 10 days
-- $13 value end
-- $14 value 10 days
-- $15 value call
-- $16 value voicemail
-- $17 value 1970-01-02
-- $18 value 4711
-- $19 value 7 years
-- $20 value 4712
-- $21 value 30 days
-- $22 value 1 year 1 mon
-- $23 value 7 years
-- $24 value MSA
-- $25 value 30 days
-- $26 value calls
-- $27 value open
-- $28 value America/New_York
-- $29 key 1
-- $30 key 2

-- g.transcript_word: count
SELECT count(*) AS rows
  FROM (SELECT 1 FROM ONLY g.transcript_word d
 WHERE d.transcript_id = ANY ($1::text[]::uuid[])
 LIMIT $2::bigint) x;
-- $1 keys 1
-- $2 limit

-- g.transcript_word: remove
WITH gone AS (
DELETE FROM ONLY g.transcript_word d
 WHERE d.transcript_id = ANY ($1::text[]::uuid[])
   AND (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.shape = 'all' AND h1.held_until > now())) IS NOT TRUE
RETURNING d.transcript_id::text AS k1, d.word_no::text AS k2)
SELECT count(*) AS rows, array_agg(x.k1) AS key1, array_agg(x.k2) AS key2
  FROM gone x;
-- $1 keys 1
-- $2 value calls

-- g.transcript_word: remove_some
WITH gone AS (
DELETE FROM ONLY g.transcript_word d
 WHERE d.ctid = ANY (ARRAY(SELECT s.ctid FROM ONLY g.transcript_word s WHERE s.transcript_id = ANY ($1::text[]::uuid[]) LIMIT $2::bigint))
   AND d.transcript_id = ANY ($1::text[]::uuid[])
   AND (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.shape = 'all' AND h1.held_until > now())) IS NOT TRUE
RETURNING d.transcript_id::text AS k1, d.word_no::text AS k2)
SELECT count(*) AS rows, array_agg(x.k1) AS key1, array_agg(x.k2) AS key2
  FROM gone x;
-- $1 keys 1
-- $2 limit
-- $3 value calls

-- g.transcript: lock_rows
WITH locked AS (
SELECT d.transcript_id::text AS k1
  FROM ONLY g.transcript d
 WHERE d.call = ANY ($1::text[]::bigint[])
   AND d.month = ANY ((SELECT $2::text[]::date[])::date[])
   AND ((d.call, d.month) IN (SELECT * FROM unnest($1::text[]::bigint[], (SELECT $2::text[]::date[])::date[]))) IS TRUE
   FOR UPDATE OF d)
SELECT count(*) AS rows, array_agg(x.k1) AS key1
  FROM locked x;
-- $1 keys 2
-- $2 keys 1

-- g.transcript: lock_some
WITH locked AS (
SELECT d.transcript_id::text AS k1
  FROM ONLY g.transcript d
 WHERE d.call = ANY ($1::text[]::bigint[])
   AND d.month = ANY ((SELECT $2::text[]::date[])::date[])
   AND ((d.call, d.month) IN (SELECT * FROM unnest($1::text[]::bigint[], (SELECT $2::text[]::date[])::date[]))) IS TRUE
 LIMIT $3::bigint
   FOR UPDATE OF d)
SELECT count(*) AS rows, array_agg(x.k1) AS key1
  FROM locked x;
-- $1 keys 2
-- $2 keys 1
-- $3 limit

-- g.transcript: count
SELECT count(*) AS rows
  FROM (SELECT 1 FROM ONLY g.transcript d
 WHERE d.call = ANY ($1::text[]::bigint[])
   AND d.month = ANY ((SELECT $2::text[]::date[])::date[])
   AND ((d.call, d.month) IN (SELECT * FROM unnest($1::text[]::bigint[], (SELECT $2::text[]::date[])::date[]))) IS TRUE
 LIMIT $3::bigint) x;
-- $1 keys 2
-- $2 keys 1
-- $3 limit

-- g.transcript: remove
WITH gone AS (
DELETE FROM ONLY g.transcript d
 WHERE d.call = ANY ($1::text[]::bigint[])
   AND d.month = ANY ((SELECT $2::text[]::date[])::date[])
   AND ((d.call, d.month) IN (SELECT * FROM unnest($1::text[]::bigint[], (SELECT $2::text[]::date[])::date[]))) IS TRUE
   AND (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.shape = 'all' AND h1.held_until > now())) IS NOT TRUE
RETURNING d.transcript_id::text AS k1)
SELECT count(*) AS rows, array_agg(x.k1) AS key1
  FROM gone x;
-- $1 keys 2
-- $2 keys 1
-- $3 value calls

-- g.transcript: remove_some
WITH gone AS (
DELETE FROM ONLY g.transcript d
 WHERE d.ctid = ANY (ARRAY(SELECT s.ctid FROM ONLY g.transcript s WHERE s.call = ANY ($1::text[]::bigint[])
   AND s.month = ANY ((SELECT $2::text[]::date[])::date[])
   AND ((s.call, s.month) IN (SELECT * FROM unnest($1::text[]::bigint[], (SELECT $2::text[]::date[])::date[]))) IS TRUE LIMIT $3::bigint))
   AND d.call = ANY ($1::text[]::bigint[])
   AND d.month = ANY ((SELECT $2::text[]::date[])::date[])
   AND ((d.call, d.month) IN (SELECT * FROM unnest($1::text[]::bigint[], (SELECT $2::text[]::date[])::date[]))) IS TRUE
   AND (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.shape = 'all' AND h1.held_until > now())) IS NOT TRUE
RETURNING d.transcript_id::text AS k1)
SELECT count(*) AS rows, array_agg(x.k1) AS key1
  FROM gone x;
-- $1 keys 2
-- $2 keys 1
-- $3 limit
-- $4 value calls

-- g.transcript: remove_own
WITH gone AS (
DELETE FROM ONLY g.transcript d
 WHERE d.transcript_id = ANY ($1::text[]::uuid[])
   AND (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.shape = 'all' AND h1.held_until > now())) IS NOT TRUE
RETURNING d.transcript_id::text AS k1)
SELECT count(*) AS rows, array_agg(x.k1) AS key1
  FROM gone x;
-- $1 keys 1
-- $2 value calls

-- leaf: remove
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])
   AND t.started_at <= ((GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval, $5::timestamptz AT TIME ZONE 'UTC' - $7::interval, $5::timestamptz AT TIME ZONE 'UTC' - $8::interval, $5::timestamptz AT TIME ZONE 'UTC' - $9::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND LEAST(CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $11::text THEN $7::interval WHEN $12::text THEN $8::interval ELSE $6::interval END, CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $9::interval) <= $5::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $13::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $13::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $13::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $13::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $13::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $13::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $13::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $13::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $13::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $14::text)) IS NOT TRUE
   AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $15::interval <= $5::timestamptz
   AND CASE WHEN t.ended_at >= ($10::timestamptz AT TIME ZONE $16::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $16::text) END + $17::interval <= $5::timestamptz
   AND (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 run time
-- $6 value 1 year 1 mon
-- $7 value 7 years
-- $8 value 30 days
-- $9 value 3 years
-- $10 value 1970-01-02
-- $11 value 4711
-- $12 value 4712
-- $13 value calls
-- $14 value open
-- $15 value 90 days
-- $16 value America/New_York
-- $17 value 10 days

-- leaf: remove, prepared
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])
   AND t.started_at <= ((GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 year 1 mon'::interval, '2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '7 years'::interval, '2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '30 days'::interval, '2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '3 years'::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND LEAST(CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $5::text THEN '7 years'::interval WHEN $6::text THEN '30 days'::interval ELSE '1 year 1 mon'::interval END, CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + '3 years'::interval) <= '2024-02-29 00:00:00+00'::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $8::text)) IS NOT TRUE
   AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + '90 days'::interval <= '2024-02-29 00:00:00+00'::timestamptz
   AND CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'America/New_York'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'America/New_York'::text) END + '10 days'::interval <= '2024-02-29 00:00:00+00'::timestamptz
   AND (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 value 4711
-- $6 value 4712
-- $7 value calls
-- $8 value open

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.month::text AS k1, t.call_id::text AS k2
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])
   AND t.started_at <= ((GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval, $5::timestamptz AT TIME ZONE 'UTC' - $7::interval, $5::timestamptz AT TIME ZONE 'UTC' - $8::interval, $5::timestamptz AT TIME ZONE 'UTC' - $9::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND LEAST(CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $11::text THEN $7::interval WHEN $12::text THEN $8::interval ELSE $6::interval END, CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $9::interval) <= $5::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $13::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $13::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $13::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $13::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $13::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $13::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $13::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $13::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $13::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $14::text)) IS NOT TRUE
   AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $15::interval <= $5::timestamptz
   AND CASE WHEN t.ended_at >= ($10::timestamptz AT TIME ZONE $16::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $16::text) END + $17::interval <= $5::timestamptz
   AND (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $18::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $18::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1, array_agg(l.k2) AS key2
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 run time
-- $6 value 1 year 1 mon
-- $7 value 7 years
-- $8 value 30 days
-- $9 value 3 years
-- $10 value 1970-01-02
-- $11 value 4711
-- $12 value 4712
-- $13 value calls
-- $14 value open
-- $15 value 90 days
-- $16 value America/New_York
-- $17 value 10 days
-- $18 limit

-- leaf: lock_reads 1
WITH locked AS (
SELECT k1.tableoid AS leaf, k1.ctid AS tid
  FROM ONLY g.dispute k1
 WHERE EXISTS (SELECT 1 FROM ONLY g.call_2024 t WHERE t.ctid = ANY ($1::tid[]) AND k1.call = t.call_id AND k1.month = t.month)
   FOR SHARE OF k1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.call_2024 t, ONLY g.dispute k1
 WHERE t.ctid = ANY ($1::tid[]) AND k1.call = t.call_id AND k1.month = t.month
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = k1.tableoid AND x.tid = k1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: judge_tids
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT t.ctid AS tid
  FROM ONLY g.call_2024 t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.kind = ANY (ARRAY[$2::g.kind, $3::g.kind])
   AND t.started_at <= ((GREATEST($4::timestamptz AT TIME ZONE 'UTC' - $5::interval, $4::timestamptz AT TIME ZONE 'UTC' - $6::interval, $4::timestamptz AT TIME ZONE 'UTC' - $7::interval, $4::timestamptz AT TIME ZONE 'UTC' - $8::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND LEAST(CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $10::text THEN $6::interval WHEN $11::text THEN $7::interval ELSE $5::interval END, CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $8::interval) <= $4::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $12::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $12::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $12::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $12::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $12::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $12::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $12::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $12::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $12::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $13::text)) IS NOT TRUE
   AND CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $14::interval <= $4::timestamptz
   AND CASE WHEN t.ended_at >= ($9::timestamptz AT TIME ZONE $15::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $15::text) END + $16::interval <= $4::timestamptz
   AND (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 value call
-- $3 value voicemail
-- $4 run time
-- $5 value 1 year 1 mon
-- $6 value 7 years
-- $7 value 30 days
-- $8 value 3 years
-- $9 value 1970-01-02
-- $10 value 4711
-- $11 value 4712
-- $12 value calls
-- $13 value open
-- $14 value 90 days
-- $15 value America/New_York
-- $16 value 10 days

-- leaf: remove_tids
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.kind = ANY (ARRAY[$2::g.kind, $3::g.kind])
   AND t.started_at <= ((GREATEST($4::timestamptz AT TIME ZONE 'UTC' - $5::interval, $4::timestamptz AT TIME ZONE 'UTC' - $6::interval, $4::timestamptz AT TIME ZONE 'UTC' - $7::interval, $4::timestamptz AT TIME ZONE 'UTC' - $8::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND LEAST(CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $10::text THEN $6::interval WHEN $11::text THEN $7::interval ELSE $5::interval END, CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $8::interval) <= $4::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $12::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $12::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $12::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $12::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $12::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $12::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $12::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $12::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $12::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $13::text)) IS NOT TRUE
   AND CASE WHEN t.started_at >= $9::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $14::interval <= $4::timestamptz
   AND CASE WHEN t.ended_at >= ($9::timestamptz AT TIME ZONE $15::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $15::text) END + $16::interval <= $4::timestamptz
   AND (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 tids
-- $2 value call
-- $3 value voicemail
-- $4 run time
-- $5 value 1 year 1 mon
-- $6 value 7 years
-- $7 value 30 days
-- $8 value 3 years
-- $9 value 1970-01-02
-- $10 value 4711
-- $11 value 4712
-- $12 value calls
-- $13 value open
-- $14 value 90 days
-- $15 value America/New_York
-- $16 value 10 days

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])
   AND t.started_at <= ((GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval, $5::timestamptz AT TIME ZONE 'UTC' - $7::interval, $5::timestamptz AT TIME ZONE 'UTC' - $8::interval, $5::timestamptz AT TIME ZONE 'UTC' - $9::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND LEAST(CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + CASE t.account_id::text WHEN $11::text THEN $7::interval WHEN $12::text THEN $8::interval ELSE $6::interval END, CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $9::interval) <= $5::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $13::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $13::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $13::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $13::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $13::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $13::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $13::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $13::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $13::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k10 WHERE k10.call = t.call_id AND k10.month = t.month AND k10.state = $14::text)) IS NOT TRUE
   AND CASE WHEN t.started_at >= $10::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $15::interval <= $5::timestamptz
   AND CASE WHEN t.ended_at >= ($10::timestamptz AT TIME ZONE $16::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $16::text) END + $17::interval <= $5::timestamptz
   AND (t.account_id::text IN (SELECT CASE WHEN z11.forms IS NULL THEN z11.name ELSE z11.forms ->> 'bigint' END FROM retention.pause z11 WHERE z11.scope = 'tenant' AND z11.resumed_at IS NULL AND (z11.until IS NULL OR z11.until > now()))) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 run time
-- $6 value 1 year 1 mon
-- $7 value 7 years
-- $8 value 30 days
-- $9 value 3 years
-- $10 value 1970-01-02
-- $11 value 4711
-- $12 value 4712
-- $13 value calls
-- $14 value open
-- $15 value 90 days
-- $16 value America/New_York
-- $17 value 10 days

---- category texts
-- governed: g.call
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM g.call t\n WHERE (t.kind = ANY (ARRAY['call'::g.kind, 'voicemail'::g.kind])) IS NOT TRUE\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'texts'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'texts'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END, 'infinity'::timestamptz)\n     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = 'texts'::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.key IS NOT NULL)\n     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = 'texts'::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'texts'::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'texts'::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))\n     ELSE false END)","key":[{"column":"month","type":"date"},{"column":"call_id","type":"bigint"}],"start":true,"subjects":[],"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $5::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $5::text) END AND CASE WHEN t.ended_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $5::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              ELSE 13 END AS verdict
    FROM (SELECT CASE WHEN ((t.kind = ANY (ARRAY[$6::g.kind, $7::g.kind])) IS NOT TRUE) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 CASE WHEN t.ended_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $5::text) END AS "retention due", t.call_id, t.month, t.ended_at
            FROM g.call t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 value 1 year
-- $2 run time
-- $3 value texts
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value call
-- $7 value voicemail

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM g.call t
 WHERE (t.kind = ANY (ARRAY[$1::g.kind, $2::g.kind])) IS NOT TRUE
   AND t.ended_at <= GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval
   AND (CASE WHEN t.ended_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $6::text) END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.ended_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $6::text) END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $6::text) END AND CASE WHEN t.ended_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $6::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 value call
-- $2 value voicemail
-- $3 run time
-- $4 value 1 year
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value texts

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
SELECT ((t.kind = ANY (ARRAY[$4::g.kind, $5::g.kind])) IS NOT TRUE) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END AS start,
       (SELECT s1.start + $8::interval FROM (SELECT CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END + $8::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $9::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $9::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.shape = 'key' AND h4.held_until > now() AND h4.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $9::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key = ARRAY[t.month::text, t.call_id::text] AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END AND CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END < h6.starts_to, true) AND (NOT h6.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $9::text AND h7.shape = 'key_subject' AND h7.held_until > now() AND h7.hold = h6.hold AND h7.part = h6.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x8.hold ORDER BY x8.hold), json_build_array()) FROM (SELECT DISTINCT h9.hold FROM retention.held_scope h9 WHERE h9.category = $9::text AND h9.held_until > now() AND (h9.shape = 'all' OR (h9.shape = 'start' AND coalesce(h9.starts_from <= CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END AND CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END < h9.starts_to, true)) OR (h9.shape = 'key' AND h9.key = ARRAY[t.month::text, t.call_id::text]) OR (h9.shape = 'key_more' AND h9.key = ARRAY[t.month::text, t.call_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END AND CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $9::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false)))))) x8) AS holds,
       false AS paused
  FROM g.call t
 WHERE t.month = $10::date AND t.call_id = $11::bigint OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 year
-- $4 value call
-- $5 value voicemail
-- $6 value 1970-01-02
-- $7 value UTC
-- $8 value 1 year
-- $9 value texts
-- $10 key 1
-- $11 key 2

-- leaf: remove
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])) IS NOT TRUE
   AND t.ended_at <= GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval
   AND (CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END <= (($5::timestamptz AT TIME ZONE 'UTC' - $6::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END + $6::interval <= $5::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $9::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $9::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $9::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $9::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END AND CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 run time
-- $6 value 1 year
-- $7 value 1970-01-02
-- $8 value UTC
-- $9 value texts

-- leaf: remove, prepared
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])) IS NOT TRUE
   AND t.ended_at <= GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 year'::interval) + '4 days'::interval
   AND (CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END <= (('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 year'::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END + '1 year'::interval <= '2024-02-29 00:00:00+00'::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.ended_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE 'UTC'::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 value texts

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.month::text AS k1, t.call_id::text AS k2
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])) IS NOT TRUE
   AND t.ended_at <= GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval
   AND (CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END <= (($5::timestamptz AT TIME ZONE 'UTC' - $6::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END + $6::interval <= $5::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $9::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $9::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $9::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $9::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END AND CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $10::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $10::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1, array_agg(l.k2) AS key2
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 run time
-- $6 value 1 year
-- $7 value 1970-01-02
-- $8 value UTC
-- $9 value texts
-- $10 limit

-- leaf: remove_tids
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid = ANY ($1::tid[])
   AND (t.kind = ANY (ARRAY[$2::g.kind, $3::g.kind])) IS NOT TRUE
   AND t.ended_at <= GREATEST($4::timestamptz AT TIME ZONE 'UTC' - $5::interval) + '4 days'::interval
   AND (CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END <= (($4::timestamptz AT TIME ZONE 'UTC' - $5::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END + $5::interval <= $4::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $8::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END AND CASE WHEN t.ended_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $7::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 tids
-- $2 value call
-- $3 value voicemail
-- $4 run time
-- $5 value 1 year
-- $6 value 1970-01-02
-- $7 value UTC
-- $8 value texts

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.kind = ANY (ARRAY[$3::g.kind, $4::g.kind])) IS NOT TRUE
   AND t.ended_at <= GREATEST($5::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval
   AND (CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END <= (($5::timestamptz AT TIME ZONE 'UTC' - $6::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END + $6::interval <= $5::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $9::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $9::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END, 'infinity'::timestamptz)
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $9::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $9::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.month::text, t.call_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END AND CASE WHEN t.ended_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.ended_at < '10000-01-01'::timestamp THEN (t.ended_at AT TIME ZONE $8::text) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value call
-- $4 value voicemail
-- $5 run time
-- $6 value 1 year
-- $7 value 1970-01-02
-- $8 value UTC
-- $9 value texts

