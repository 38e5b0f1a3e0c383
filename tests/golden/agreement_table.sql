---- category calls
-- governed: g.call g.account_setting
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM g.call t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'calls'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'calls'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)\n     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = 'calls'::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.tenant IS NOT NULL)\n     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = 'calls'::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'calls'::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))\n     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = 'calls'::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.key IS NOT NULL)\n     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = 'calls'::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = 'calls'::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'calls'::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))\n     ELSE false END)","key":[{"column":"month","type":"date"},{"column":"call_id","type":"bigint"}],"start":true,"subjects":[],"tenant":{"columns":["g.call.account_id"],"type":"bigint"},"timezone":"UTC"}

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
       ((min(g.oldest) FILTER (WHERE g.verdict = 3)))::text AS next_due,
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
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.month::text, t.call_id::text] AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h8.hold AND h9.part = h8.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM retention.pause z10 WHERE z10.scope = 'tenant' AND z10.resumed_at IS NULL AND (z10.until IS NULL OR z10.until > now()) AND z10.name = t.account_id::text)) IS TRUE THEN 11
              ELSE 13 END AS verdict
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v11.period IS NULL THEN s12.start + $4::interval WHEN v11.period >= '0'::interval AND v11.period <= '1000 years'::interval AND extract(year FROM v11.period) BETWEEN -1000 AND 1000 AND extract(day FROM v11.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s12.start + v11.period BETWEEN s12.start + $5::interval AND s12.start + $6::interval THEN s12.start + v11.period ELSE s12.start + $6::interval END ELSE s12.start + $6::interval END) FROM (SELECT a13.call_retention AS period FROM ONLY g.account_setting a13 WHERE a13.account_id = t.account_id OFFSET 0) v11), s12.start + $4::interval), coalesce((SELECT max(CASE WHEN g14.settled IS NULL THEN s12.start + $4::interval WHEN g14.settled >= '0'::interval AND g14.settled <= '1000 years'::interval AND extract(year FROM g14.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g14.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s12.start + g14.settled BETWEEN s12.start + $5::interval AND s12.start + $6::interval THEN s12.start + g14.settled ELSE s12.start + $6::interval END ELSE s12.start + $6::interval END) FROM retention.agreement_state g14 WHERE g14.category = $2::text AND g14.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k15 WHERE k15.name = $2::text AND k15.agreements_since IS NOT NULL) THEN s12.start + $4::interval END)) FROM (SELECT CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s12) AS "retention due", t.account_id, t.call_id, t.month, t.started_at
            FROM g.call t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value calls
-- $3 value 1970-01-02
-- $4 value 1 year 1 mon
-- $5 value 30 days
-- $6 value 7 years

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
              WHEN (EXISTS (SELECT 1 FROM retention.pause z10 WHERE z10.scope = 'tenant' AND z10.resumed_at IS NULL AND (z10.until IS NULL OR z10.until > now()) AND z10.name = t.account_id::text)) IS TRUE THEN 11
              ELSE 13 END AS verdict,
         t.account_id::text AS tenant
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v11.period IS NULL THEN s12.start + $4::interval WHEN v11.period >= '0'::interval AND v11.period <= '1000 years'::interval AND extract(year FROM v11.period) BETWEEN -1000 AND 1000 AND extract(day FROM v11.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s12.start + v11.period BETWEEN s12.start + $5::interval AND s12.start + $6::interval THEN s12.start + v11.period ELSE s12.start + $6::interval END ELSE s12.start + $6::interval END) FROM (SELECT a13.call_retention AS period FROM ONLY g.account_setting a13 WHERE a13.account_id = t.account_id OFFSET 0) v11), s12.start + $4::interval), coalesce((SELECT max(CASE WHEN g14.settled IS NULL THEN s12.start + $4::interval WHEN g14.settled >= '0'::interval AND g14.settled <= '1000 years'::interval AND extract(year FROM g14.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g14.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s12.start + g14.settled BETWEEN s12.start + $5::interval AND s12.start + $6::interval THEN s12.start + g14.settled ELSE s12.start + $6::interval END ELSE s12.start + $6::interval END) FROM retention.agreement_state g14 WHERE g14.category = $2::text AND g14.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k15 WHERE k15.name = $2::text AND k15.agreements_since IS NOT NULL) THEN s12.start + $4::interval END)) FROM (SELECT CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s12) AS "retention due", t.account_id, t.call_id, t.month, t.started_at
            FROM g.call t OFFSET '0') t OFFSET '0') r
   GROUP BY r.tenant, r.verdict) g
 WHERE g.verdict >= 1
 GROUP BY g.tenant
HAVING count(*) FILTER (WHERE g.verdict = 13) > 0;
-- $1 run time
-- $2 value calls
-- $3 value 1970-01-02
-- $4 value 1 year 1 mon
-- $5 value 30 days
-- $6 value 7 years

-- agreements
SELECT array_agg(a1.account_id::text) AS tenants, array_agg(CASE WHEN a1.call_retention < $1::interval THEN $2::interval ELSE a1.call_retention END) AS periods
  FROM ONLY g.account_setting a1;
-- $1 value 30 days
-- $2 value 7 years

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM g.call t
 WHERE t.started_at <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval, $1::timestamptz AT TIME ZONE 'UTC' - $3::interval, $1::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $2::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $3::interval AND s2.start + $4::interval THEN s2.start + v1.period ELSE s2.start + $4::interval END ELSE s2.start + $4::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $2::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $2::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $3::interval AND s2.start + $4::interval THEN s2.start + g4.settled ELSE s2.start + $4::interval END ELSE s2.start + $4::interval END) FROM retention.agreement_state g4 WHERE g4.category = $5::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $5::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $2::interval END)) FROM (SELECT CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $1::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.held_until > now())) THEN (SELECT range_agg(tstzrange(h7.starts_from, h7.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.shape IN ('all', 'start') AND h7.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape = 'tenant' AND h8.held_until > now() AND h8.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $5::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant = t.account_id::text AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h10.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $5::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $5::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.month::text, t.call_id::text] AND (h13.tenant IS NULL OR h13.tenant = t.account_id::text) AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h13.starts_to, true) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $5::text AND h14.shape = 'key_subject' AND h14.held_until > now() AND h14.hold = h13.hold AND h14.part = h13.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()) AND z15.name = t.account_id::text)) IS NOT TRUE;
-- $1 run time
-- $2 value 1 year 1 mon
-- $3 value 30 days
-- $4 value 7 years
-- $5 value calls
-- $6 value 1970-01-02

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
  'action', $4::text,
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
       CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start,
       (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $6::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $7::interval AND s2.start + $8::interval THEN s2.start + v1.period ELSE s2.start + $8::interval END ELSE s2.start + $8::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $6::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $6::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $7::interval AND s2.start + $8::interval THEN s2.start + g4.settled ELSE s2.start + $8::interval END ELSE s2.start + $8::interval END) FROM retention.agreement_state g4 WHERE g4.category = $9::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $9::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $6::interval END)) FROM (SELECT CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) AS stage_due,
       (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v6.period IS NULL THEN s7.start + $6::interval WHEN v6.period >= '0'::interval AND v6.period <= '1000 years'::interval AND extract(year FROM v6.period) BETWEEN -1000 AND 1000 AND extract(day FROM v6.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + v6.period BETWEEN s7.start + $7::interval AND s7.start + $8::interval THEN s7.start + v6.period ELSE s7.start + $8::interval END ELSE s7.start + $8::interval END) FROM (SELECT a8.call_retention AS period FROM ONLY g.account_setting a8 WHERE a8.account_id = t.account_id OFFSET 0) v6), s7.start + $6::interval), coalesce((SELECT max(CASE WHEN g9.settled IS NULL THEN s7.start + $6::interval WHEN g9.settled >= '0'::interval AND g9.settled <= '1000 years'::interval AND extract(year FROM g9.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g9.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + g9.settled BETWEEN s7.start + $7::interval AND s7.start + $8::interval THEN s7.start + g9.settled ELSE s7.start + $8::interval END ELSE s7.start + $8::interval END) FROM retention.agreement_state g9 WHERE g9.category = $9::text AND g9.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k10 WHERE k10.name = $9::text AND k10.agreements_since IS NOT NULL) THEN s7.start + $6::interval END)) FROM (SELECT CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s7) AS due_at,
       t.account_id::text AS tenant,
       coalesce((SELECT json_agg(o.o) FROM (SELECT json_build_object('tenant', a11.account_id::text, 'period', a11.call_retention::text, 'settled', (SELECT g.settled::text FROM retention.agreement_state g WHERE g.category = $9::text AND g.tenant = a11.account_id::text), 'because', NULL) FROM ONLY g.account_setting a11 WHERE a11.account_id::text = ANY (ARRAY[t.account_id::text])) o(o)), json_build_array()) AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $9::text AND h12.held_until > now())) THEN (SELECT range_agg(tstzrange(h13.starts_from, h13.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h13 WHERE h13.category = $9::text AND h13.shape IN ('all', 'start') AND h13.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h14.tenant FROM retention.held_scope h14 WHERE h14.category = $9::text AND h14.shape = 'tenant' AND h14.held_until > now() AND h14.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h15.tenant FROM retention.held_scope h15 WHERE h15.category = $9::text AND h15.shape = 'tenant_start' AND h15.held_until > now() AND h15.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $9::text AND h16.shape = 'tenant_start' AND h16.held_until > now() AND h16.tenant = t.account_id::text AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h16.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h17.key FROM retention.held_scope h17 WHERE h17.category = $9::text AND h17.shape = 'key' AND h17.held_until > now() AND h17.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h18.key FROM retention.held_scope h18 WHERE h18.category = $9::text AND h18.shape = 'key_more' AND h18.held_until > now() AND h18.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $9::text AND h19.shape = 'key_more' AND h19.held_until > now() AND h19.key = ARRAY[t.month::text, t.call_id::text] AND (h19.tenant IS NULL OR h19.tenant = t.account_id::text) AND coalesce(h19.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h19.starts_to, true) AND (NOT h19.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $9::text AND h20.shape = 'key_subject' AND h20.held_until > now() AND h20.hold = h19.hold AND h20.part = h19.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x21.hold ORDER BY x21.hold), json_build_array()) FROM (SELECT DISTINCT h22.hold FROM retention.held_scope h22 WHERE h22.category = $9::text AND h22.held_until > now() AND (h22.shape = 'all' OR (h22.shape = 'start' AND coalesce(h22.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h22.starts_to, true)) OR (h22.shape IN ('tenant', 'tenant_start') AND h22.tenant = t.account_id::text AND coalesce(h22.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h22.starts_to, true)) OR (h22.shape = 'key' AND h22.key = ARRAY[t.month::text, t.call_id::text]) OR (h22.shape = 'key_more' AND h22.key = ARRAY[t.month::text, t.call_id::text] AND (h22.tenant IS NULL OR h22.tenant = t.account_id::text) AND coalesce(h22.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h22.starts_to, true) AND (NOT h22.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $9::text AND h23.shape = 'key_subject' AND h23.held_until > now() AND h23.hold = h22.hold AND h23.part = h22.part AND false)))))) x21) AS holds,
       (EXISTS (SELECT 1 FROM retention.pause z24 WHERE z24.scope = 'tenant' AND z24.resumed_at IS NULL AND (z24.until IS NULL OR z24.until > now()) AND z24.name = t.account_id::text)) IS TRUE AS paused
  FROM g.call t
 WHERE t.month = $10::date AND t.call_id = $11::bigint OFFSET 0) x;
-- $1 value gone
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value delete
-- $5 value 1970-01-02
-- $6 value 1 year 1 mon
-- $7 value 30 days
-- $8 value 7 years
-- $9 value calls
-- $10 key 1
-- $11 key 2

-- leaf: remove
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval, $3::timestamptz AT TIME ZONE 'UTC' - $5::interval, $3::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $4::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + v1.period ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $4::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $4::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + g4.settled ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM retention.agreement_state g4 WHERE g4.category = $7::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $7::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $4::interval END)) FROM (SELECT CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.held_until > now())) THEN (SELECT range_agg(tstzrange(h7.starts_from, h7.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape IN ('all', 'start') AND h7.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'tenant' AND h8.held_until > now() AND h8.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant = t.account_id::text AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h10.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $7::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.month::text, t.call_id::text] AND (h13.tenant IS NULL OR h13.tenant = t.account_id::text) AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h13.starts_to, true) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape = 'key_subject' AND h14.held_until > now() AND h14.hold = h13.hold AND h14.part = h13.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()) AND z15.name = t.account_id::text)) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 year 1 mon
-- $5 value 30 days
-- $6 value 7 years
-- $7 value calls
-- $8 value 1970-01-02

-- leaf: remove, prepared
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '1 year 1 mon'::interval, '2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '30 days'::interval, '2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '7 years'::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + '1 year 1 mon'::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + '30 days'::interval AND s2.start + '7 years'::interval THEN s2.start + v1.period ELSE s2.start + '7 years'::interval END ELSE s2.start + '7 years'::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + '1 year 1 mon'::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + '1 year 1 mon'::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + '30 days'::interval AND s2.start + '7 years'::interval THEN s2.start + g4.settled ELSE s2.start + '7 years'::interval END ELSE s2.start + '7 years'::interval END) FROM retention.agreement_state g4 WHERE g4.category = $3::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $3::text AND k5.agreements_since IS NOT NULL) THEN s2.start + '1 year 1 mon'::interval END)) FROM (SELECT CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= '2024-02-29 00:00:00+00'::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.held_until > now())) THEN (SELECT range_agg(tstzrange(h7.starts_from, h7.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h7 WHERE h7.category = $3::text AND h7.shape IN ('all', 'start') AND h7.held_until > now()) @> coalesce(CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $3::text AND h8.shape = 'tenant' AND h8.held_until > now() AND h8.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $3::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $3::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant = t.account_id::text AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h10.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $3::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $3::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $3::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.month::text, t.call_id::text] AND (h13.tenant IS NULL OR h13.tenant = t.account_id::text) AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h13.starts_to, true) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $3::text AND h14.shape = 'key_subject' AND h14.held_until > now() AND h14.hold = h13.hold AND h14.part = h13.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()) AND z15.name = t.account_id::text)) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 from tid
-- $2 to tid
-- $3 value calls

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.month::text AS k1, t.call_id::text AS k2
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval, $3::timestamptz AT TIME ZONE 'UTC' - $5::interval, $3::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $4::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + v1.period ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $4::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $4::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + g4.settled ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM retention.agreement_state g4 WHERE g4.category = $7::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $7::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $4::interval END)) FROM (SELECT CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.held_until > now())) THEN (SELECT range_agg(tstzrange(h7.starts_from, h7.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape IN ('all', 'start') AND h7.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'tenant' AND h8.held_until > now() AND h8.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant = t.account_id::text AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h10.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $7::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.month::text, t.call_id::text] AND (h13.tenant IS NULL OR h13.tenant = t.account_id::text) AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h13.starts_to, true) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape = 'key_subject' AND h14.held_until > now() AND h14.hold = h13.hold AND h14.part = h13.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()) AND z15.name = t.account_id::text)) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $9::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $9::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1, array_agg(l.k2) AS key2
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 year 1 mon
-- $5 value 30 days
-- $6 value 7 years
-- $7 value calls
-- $8 value 1970-01-02
-- $9 limit

-- leaf: lock_reads 1
WITH locked AS (
SELECT a1.tableoid AS leaf, a1.ctid AS tid
  FROM ONLY g.account_setting a1
 WHERE EXISTS (SELECT 1 FROM ONLY g.call_2024 t WHERE t.ctid = ANY ($1::tid[]) AND a1.account_id = t.account_id)
   FOR SHARE OF a1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.call_2024 t, ONLY g.account_setting a1
 WHERE t.ctid = ANY ($1::tid[]) AND a1.account_id = t.account_id
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = a1.tableoid AND x.tid = a1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: judge_tids
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT t.ctid AS tid
  FROM ONLY g.call_2024 t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.started_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval, $2::timestamptz AT TIME ZONE 'UTC' - $4::interval, $2::timestamptz AT TIME ZONE 'UTC' - $5::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $3::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $4::interval AND s2.start + $5::interval THEN s2.start + v1.period ELSE s2.start + $5::interval END ELSE s2.start + $5::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $3::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $3::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $4::interval AND s2.start + $5::interval THEN s2.start + g4.settled ELSE s2.start + $5::interval END ELSE s2.start + $5::interval END) FROM retention.agreement_state g4 WHERE g4.category = $6::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $6::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $3::interval END)) FROM (SELECT CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.held_until > now())) THEN (SELECT range_agg(tstzrange(h7.starts_from, h7.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape IN ('all', 'start') AND h7.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'tenant' AND h8.held_until > now() AND h8.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant = t.account_id::text AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h10.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $6::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.month::text, t.call_id::text] AND (h13.tenant IS NULL OR h13.tenant = t.account_id::text) AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h13.starts_to, true) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape = 'key_subject' AND h14.held_until > now() AND h14.hold = h13.hold AND h14.part = h13.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()) AND z15.name = t.account_id::text)) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value 30 days
-- $5 value 7 years
-- $6 value calls
-- $7 value 1970-01-02

-- leaf: remove_tids
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.started_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval, $2::timestamptz AT TIME ZONE 'UTC' - $4::interval, $2::timestamptz AT TIME ZONE 'UTC' - $5::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $3::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $4::interval AND s2.start + $5::interval THEN s2.start + v1.period ELSE s2.start + $5::interval END ELSE s2.start + $5::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $3::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $3::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $4::interval AND s2.start + $5::interval THEN s2.start + g4.settled ELSE s2.start + $5::interval END ELSE s2.start + $5::interval END) FROM retention.agreement_state g4 WHERE g4.category = $6::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $6::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $3::interval END)) FROM (SELECT CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.held_until > now())) THEN (SELECT range_agg(tstzrange(h7.starts_from, h7.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape IN ('all', 'start') AND h7.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'tenant' AND h8.held_until > now() AND h8.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant = t.account_id::text AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h10.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $6::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.month::text, t.call_id::text] AND (h13.tenant IS NULL OR h13.tenant = t.account_id::text) AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h13.starts_to, true) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape = 'key_subject' AND h14.held_until > now() AND h14.hold = h13.hold AND h14.part = h13.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()) AND z15.name = t.account_id::text)) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::bigint AS k2;
-- $1 tids
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value 30 days
-- $5 value 7 years
-- $6 value calls
-- $7 value 1970-01-02

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval, $3::timestamptz AT TIME ZONE 'UTC' - $5::interval, $3::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $4::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + v1.period ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $4::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $4::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + g4.settled ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM retention.agreement_state g4 WHERE g4.category = $7::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $7::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $4::interval END)) FROM (SELECT CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.held_until > now())) THEN (SELECT range_agg(tstzrange(h7.starts_from, h7.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape IN ('all', 'start') AND h7.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'tenant' AND h8.held_until > now() AND h8.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant = t.account_id::text AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h10.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $7::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.month::text, t.call_id::text] AND (h13.tenant IS NULL OR h13.tenant = t.account_id::text) AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h13.starts_to, true) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape = 'key_subject' AND h14.held_until > now() AND h14.hold = h13.hold AND h14.part = h13.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z15 WHERE z15.scope = 'tenant' AND z15.resumed_at IS NULL AND (z15.until IS NULL OR z15.until > now()) AND z15.name = t.account_id::text)) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 year 1 mon
-- $5 value 30 days
-- $6 value 7 years
-- $7 value calls
-- $8 value 1970-01-02

---- category sessions
-- governed: g.session g.account_setting g.page_event
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.session t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'sessions'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'sessions'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END, 'infinity'::timestamptz)\n     OR ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = 'sessions'::text AND h3.shape IN ('tenant', 'tenant_start') AND h3.held_until > now() AND h3.hold = $1::uuid)) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id AND (c4.account_id::text IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = 'sessions'::text AND h5.shape = 'tenant' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.tenant IS NOT NULL)\n     OR (c4.account_id::text IN (SELECT h6.tenant FROM retention.held_scope h6 WHERE h6.category = 'sessions'::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = 'sessions'::text AND h7.shape = 'tenant_start' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.tenant = c4.account_id::text AND coalesce(h7.starts_from <= CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END < h7.starts_to, true))))) IS TRUE)))\n     OR ARRAY[t.session_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = 'sessions'::text AND h8.shape = 'key' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.key IS NOT NULL)\n     OR (ARRAY[t.session_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = 'sessions'::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = 'sessions'::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.hold = $1::uuid AND h10.key = ARRAY[t.session_id::text] AND (h10.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c11 WHERE c11.session_id = t.session_id AND c11.account_id::text = h10.tenant)) IS TRUE) AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END < h10.starts_to, true) AND (NOT h10.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = 'sessions'::text AND h12.shape = 'key_subject' AND h12.held_until > now() AND h12.hold = $1::uuid AND h12.hold = h10.hold AND h12.part = h10.part AND false))))))\n     ELSE false END)","key":[{"column":"session_id","type":"uuid"}],"start":true,"subjects":[],"tenant":{"columns":["g.page_event.account_id<session_id"],"type":"integer"},"timezone":"UTC"}

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
       ((min(g.oldest) FILTER (WHERE g.verdict = 3)))::text AS next_due,
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
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape IN ('tenant', 'tenant_start') AND h3.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id AND (c4.account_id::text IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant' AND h5.held_until > now() AND h5.tenant IS NOT NULL)
     OR (c4.account_id::text IN (SELECT h6.tenant FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'tenant_start' AND h7.held_until > now() AND h7.tenant = c4.account_id::text AND coalesce(h7.starts_from <= CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END AND CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END < h7.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key' AND h8.held_until > now() AND h8.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $2::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key = ARRAY[t.session_id::text] AND (h10.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c11 WHERE c11.session_id = t.session_id AND c11.account_id::text = h10.tenant)) IS TRUE) AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END AND CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END < h10.starts_to, true) AND (NOT h10.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $2::text AND h12.shape = 'key_subject' AND h12.held_until > now() AND h12.hold = h10.hold AND h12.part = h10.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = z13.name)) IS TRUE)) IS TRUE THEN 11
              ELSE 13 END AS verdict
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT CASE WHEN s15.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v16.period IS NULL THEN s15.start + $5::interval WHEN v16.period >= '0'::interval AND v16.period <= '1000 years'::interval AND extract(year FROM v16.period) BETWEEN -1000 AND 1000 AND extract(day FROM v16.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s15.start + v16.period BETWEEN s15.start + $6::interval AND s15.start + $7::interval THEN s15.start + v16.period ELSE s15.start + $7::interval END ELSE s15.start + $7::interval END) FROM (SELECT CASE WHEN a17.call_days IS NULL THEN NULL WHEN a17.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a17.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a17 WHERE a17.account_id::text = c18.account_id::text OFFSET 0) v16), s15.start + $5::interval), coalesce((SELECT max(CASE WHEN g19.settled IS NULL THEN s15.start + $5::interval WHEN g19.settled >= '0'::interval AND g19.settled <= '1000 years'::interval AND extract(year FROM g19.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g19.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s15.start + g19.settled BETWEEN s15.start + $6::interval AND s15.start + $7::interval THEN s15.start + g19.settled ELSE s15.start + $7::interval END ELSE s15.start + $7::interval END) FROM retention.agreement_state g19 WHERE g19.category = $2::text AND g19.tenant = c18.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k20 WHERE k20.name = $2::text AND k20.agreements_since IS NOT NULL) THEN s15.start + $5::interval END))) FROM ONLY g.page_event c18 WHERE c18.session_id = t.session_id), s15.start + $5::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $8::interval) END FROM (SELECT CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END AS start OFFSET 0) s15) AS "retention due", t.session_id, t.started_at
            FROM ONLY g.session t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value sessions
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value 1 year
-- $6 value 30 days
-- $7 value 7 years
-- $8 value 3 years

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape IN ('tenant', 'tenant_start') AND h3.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id AND (c4.account_id::text IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant' AND h5.held_until > now() AND h5.tenant IS NOT NULL)
     OR (c4.account_id::text IN (SELECT h6.tenant FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'tenant_start' AND h7.held_until > now() AND h7.tenant = c4.account_id::text AND coalesce(h7.starts_from <= CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END AND CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END < h7.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key' AND h8.held_until > now() AND h8.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $2::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key = ARRAY[t.session_id::text] AND (h10.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c11 WHERE c11.session_id = t.session_id AND c11.account_id::text = h10.tenant)) IS TRUE) AND coalesce(h10.starts_from <= CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END AND CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END < h10.starts_to, true) AND (NOT h10.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $2::text AND h12.shape = 'key_subject' AND h12.held_until > now() AND h12.hold = h10.hold AND h12.part = h10.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = z13.name)) IS TRUE)) IS TRUE THEN 11
              ELSE 13 END AS verdict,
         (SELECT min(c15.account_id::text) FROM ONLY g.page_event c15 WHERE c15.session_id = t.session_id) AS tenant
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT CASE WHEN s16.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v17.period IS NULL THEN s16.start + $5::interval WHEN v17.period >= '0'::interval AND v17.period <= '1000 years'::interval AND extract(year FROM v17.period) BETWEEN -1000 AND 1000 AND extract(day FROM v17.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s16.start + v17.period BETWEEN s16.start + $6::interval AND s16.start + $7::interval THEN s16.start + v17.period ELSE s16.start + $7::interval END ELSE s16.start + $7::interval END) FROM (SELECT CASE WHEN a18.call_days IS NULL THEN NULL WHEN a18.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a18.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a18 WHERE a18.account_id::text = c19.account_id::text OFFSET 0) v17), s16.start + $5::interval), coalesce((SELECT max(CASE WHEN g20.settled IS NULL THEN s16.start + $5::interval WHEN g20.settled >= '0'::interval AND g20.settled <= '1000 years'::interval AND extract(year FROM g20.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g20.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s16.start + g20.settled BETWEEN s16.start + $6::interval AND s16.start + $7::interval THEN s16.start + g20.settled ELSE s16.start + $7::interval END ELSE s16.start + $7::interval END) FROM retention.agreement_state g20 WHERE g20.category = $2::text AND g20.tenant = c19.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k21 WHERE k21.name = $2::text AND k21.agreements_since IS NOT NULL) THEN s16.start + $5::interval END))) FROM ONLY g.page_event c19 WHERE c19.session_id = t.session_id), s16.start + $5::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $8::interval) END FROM (SELECT CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END AS start OFFSET 0) s16) AS "retention due", t.session_id, t.started_at
            FROM ONLY g.session t OFFSET '0') t OFFSET '0') r
   GROUP BY r.tenant, r.verdict) g
 WHERE g.verdict >= 1
 GROUP BY g.tenant
HAVING count(*) FILTER (WHERE g.verdict = 13) > 0;
-- $1 run time
-- $2 value sessions
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value 1 year
-- $6 value 30 days
-- $7 value 7 years
-- $8 value 3 years

-- agreements
SELECT array_agg(a1.account_id::text) AS tenants, array_agg(CASE WHEN CASE WHEN a1.call_days IS NULL THEN NULL WHEN a1.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a1.call_days::int) ELSE '-1 day'::interval END < $1::interval THEN $2::interval ELSE CASE WHEN a1.call_days IS NULL THEN NULL WHEN a1.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a1.call_days::int) ELSE '-1 day'::interval END END) AS periods
  FROM ONLY g.account_setting a1;
-- $1 value 30 days
-- $2 value 7 years

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $1::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $2::interval AND s1.start + $3::interval THEN s1.start + v2.period ELSE s1.start + $3::interval END ELSE s1.start + $3::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $1::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $1::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $2::interval AND s1.start + $3::interval THEN s1.start + g5.settled ELSE s1.start + $3::interval END ELSE s1.start + $3::interval END) FROM retention.agreement_state g5 WHERE g5.category = $4::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $4::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $1::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $1::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $6::interval) END FROM (SELECT CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END AS start OFFSET 0) s1) <= $8::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $4::text AND h7.held_until > now())) THEN (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $4::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $4::text AND h9.shape IN ('tenant', 'tenant_start') AND h9.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id AND (c10.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $4::text AND h11.shape = 'tenant' AND h11.held_until > now() AND h11.tenant IS NOT NULL)
     OR (c10.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $4::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $4::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant = c10.account_id::text AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END AND CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END < h13.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $4::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $4::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $4::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END AND CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END < h16.starts_to, true) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $4::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h16.hold AND h18.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z19 WHERE z19.scope = 'tenant' AND z19.resumed_at IS NULL AND (z19.until IS NULL OR z19.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND c20.account_id::text = z19.name)) IS TRUE)) IS NOT TRUE;
-- $1 value 1 year
-- $2 value 30 days
-- $3 value 7 years
-- $4 value sessions
-- $5 value 1970-01-02
-- $6 value 3 years
-- $7 value UTC
-- $8 run time

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
       CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start,
       (SELECT coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $9::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $10::interval AND s2.start + $11::interval THEN s2.start + v1.period ELSE s2.start + $11::interval END ELSE s2.start + $11::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v1), s2.start + $9::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s2.start + $9::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g5.settled BETWEEN s2.start + $10::interval AND s2.start + $11::interval THEN s2.start + g5.settled ELSE s2.start + $11::interval END ELSE s2.start + $11::interval END) FROM retention.agreement_state g5 WHERE g5.category = $12::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $12::text AND k6.agreements_since IS NOT NULL) THEN s2.start + $9::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s2.start + $9::interval) FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s2) AS stage_due,
       (SELECT CASE WHEN s7.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v8.period IS NULL THEN s7.start + $9::interval WHEN v8.period >= '0'::interval AND v8.period <= '1000 years'::interval AND extract(year FROM v8.period) BETWEEN -1000 AND 1000 AND extract(day FROM v8.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + v8.period BETWEEN s7.start + $10::interval AND s7.start + $11::interval THEN s7.start + v8.period ELSE s7.start + $11::interval END ELSE s7.start + $11::interval END) FROM (SELECT CASE WHEN a9.call_days IS NULL THEN NULL WHEN a9.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a9.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a9 WHERE a9.account_id::text = c10.account_id::text OFFSET 0) v8), s7.start + $9::interval), coalesce((SELECT max(CASE WHEN g11.settled IS NULL THEN s7.start + $9::interval WHEN g11.settled >= '0'::interval AND g11.settled <= '1000 years'::interval AND extract(year FROM g11.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g11.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + g11.settled BETWEEN s7.start + $10::interval AND s7.start + $11::interval THEN s7.start + g11.settled ELSE s7.start + $11::interval END ELSE s7.start + $11::interval END) FROM retention.agreement_state g11 WHERE g11.category = $12::text AND g11.tenant = c10.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k12 WHERE k12.name = $12::text AND k12.agreements_since IS NOT NULL) THEN s7.start + $9::interval END))) FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id), s7.start + $9::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $6::interval) END FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s7) AS due_at,
       (SELECT min(c13.account_id::text) FROM ONLY g.page_event c13 WHERE c13.session_id = t.session_id) AS tenant,
       coalesce((SELECT json_agg(o.o) FROM (SELECT json_build_object('tenant', a14.account_id::text, 'period', a14.call_days::text, 'settled', (SELECT g.settled::text FROM retention.agreement_state g WHERE g.category = $12::text AND g.tenant = a14.account_id::text), 'because', NULL) FROM ONLY g.account_setting a14 WHERE a14.account_id::text = ANY (ARRAY(SELECT DISTINCT c15.account_id::text FROM ONLY g.page_event c15 WHERE c15.session_id = t.session_id))) o(o)), json_build_array()) AS agreements,
       CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END AS cap,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $12::text AND h16.held_until > now())) THEN (SELECT range_agg(tstzrange(h17.starts_from, h17.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h17 WHERE h17.category = $12::text AND h17.shape IN ('all', 'start') AND h17.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $12::text AND h18.shape IN ('tenant', 'tenant_start') AND h18.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c19 WHERE c19.session_id = t.session_id AND (c19.account_id::text IN (SELECT h20.tenant FROM retention.held_scope h20 WHERE h20.category = $12::text AND h20.shape = 'tenant' AND h20.held_until > now() AND h20.tenant IS NOT NULL)
     OR (c19.account_id::text IN (SELECT h21.tenant FROM retention.held_scope h21 WHERE h21.category = $12::text AND h21.shape = 'tenant_start' AND h21.held_until > now() AND h21.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h22 WHERE h22.category = $12::text AND h22.shape = 'tenant_start' AND h22.held_until > now() AND h22.tenant = c19.account_id::text AND coalesce(h22.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h22.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h23.key FROM retention.held_scope h23 WHERE h23.category = $12::text AND h23.shape = 'key' AND h23.held_until > now() AND h23.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h24.key FROM retention.held_scope h24 WHERE h24.category = $12::text AND h24.shape = 'key_more' AND h24.held_until > now() AND h24.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h25 WHERE h25.category = $12::text AND h25.shape = 'key_more' AND h25.held_until > now() AND h25.key = ARRAY[t.session_id::text] AND (h25.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c26 WHERE c26.session_id = t.session_id AND c26.account_id::text = h25.tenant)) IS TRUE) AND coalesce(h25.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h25.starts_to, true) AND (NOT h25.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h27 WHERE h27.category = $12::text AND h27.shape = 'key_subject' AND h27.held_until > now() AND h27.hold = h25.hold AND h27.part = h25.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x28.hold ORDER BY x28.hold), json_build_array()) FROM (SELECT DISTINCT h29.hold FROM retention.held_scope h29 WHERE h29.category = $12::text AND h29.held_until > now() AND (h29.shape = 'all' OR (h29.shape = 'start' AND coalesce(h29.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h29.starts_to, true)) OR (h29.shape IN ('tenant', 'tenant_start') AND (EXISTS (SELECT 1 FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id AND c30.account_id::text = h29.tenant)) IS TRUE AND coalesce(h29.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h29.starts_to, true)) OR (h29.shape = 'key' AND h29.key = ARRAY[t.session_id::text]) OR (h29.shape = 'key_more' AND h29.key = ARRAY[t.session_id::text] AND (h29.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c31 WHERE c31.session_id = t.session_id AND c31.account_id::text = h29.tenant)) IS TRUE) AND coalesce(h29.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h29.starts_to, true) AND (NOT h29.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h32 WHERE h32.category = $12::text AND h32.shape = 'key_subject' AND h32.held_until > now() AND h32.hold = h29.hold AND h32.part = h29.part AND false)))))) x28) AS holds,
       (EXISTS (SELECT 1 FROM retention.pause z33 WHERE z33.scope = 'tenant' AND z33.resumed_at IS NULL AND (z33.until IS NULL OR z33.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c34 WHERE c34.session_id = t.session_id AND c34.account_id::text = z33.name)) IS TRUE)) IS TRUE AS paused
  FROM ONLY g.session t
 WHERE t.session_id = $13::uuid OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 year
-- $4 value 3 years
-- $5 value law
-- $6 value 3 years
-- $7 value 1970-01-02
-- $8 value UTC
-- $9 value 1 year
-- $10 value 30 days
-- $11 value 7 years
-- $12 value sessions
-- $13 key 1

-- leaf: remove
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $3::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + v2.period ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $3::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $3::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + g5.settled ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM retention.agreement_state g5 WHERE g5.category = $6::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $6::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $3::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $3::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $8::interval) END FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AS start OFFSET 0) s1) <= $10::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.held_until > now())) THEN (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape IN ('tenant', 'tenant_start') AND h9.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id AND (c10.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'tenant' AND h11.held_until > now() AND h11.tenant IS NOT NULL)
     OR (c10.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $6::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant = c10.account_id::text AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END < h13.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $6::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $6::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END < h16.starts_to, true) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $6::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h16.hold AND h18.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z19 WHERE z19.scope = 'tenant' AND z19.resumed_at IS NULL AND (z19.until IS NULL OR z19.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND c20.account_id::text = z19.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c21.account_id::text) FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id) AS tenant, t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value 1 year
-- $4 value 30 days
-- $5 value 7 years
-- $6 value sessions
-- $7 value 1970-01-02
-- $8 value 3 years
-- $9 value UTC
-- $10 run time

-- leaf: remove, prepared
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + '1 year'::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + '30 days'::interval AND s1.start + '7 years'::interval THEN s1.start + v2.period ELSE s1.start + '7 years'::interval END ELSE s1.start + '7 years'::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + '1 year'::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + '1 year'::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + '30 days'::interval AND s1.start + '7 years'::interval THEN s1.start + g5.settled ELSE s1.start + '7 years'::interval END ELSE s1.start + '7 years'::interval END) FROM retention.agreement_state g5 WHERE g5.category = $3::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $3::text AND k6.agreements_since IS NOT NULL) THEN s1.start + '1 year'::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + '1 year'::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + '3 years'::interval) END FROM (SELECT CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END AS start OFFSET 0) s1) <= '2024-02-29 00:00:00+00'::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $3::text AND h7.held_until > now())) THEN (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $3::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $3::text AND h9.shape IN ('tenant', 'tenant_start') AND h9.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id AND (c10.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $3::text AND h11.shape = 'tenant' AND h11.held_until > now() AND h11.tenant IS NOT NULL)
     OR (c10.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $3::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $3::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant = c10.account_id::text AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END < h13.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $3::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $3::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $3::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END < h16.starts_to, true) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $3::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h16.hold AND h18.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z19 WHERE z19.scope = 'tenant' AND z19.resumed_at IS NULL AND (z19.until IS NULL OR z19.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND c20.account_id::text = z19.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c21.account_id::text) FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id) AS tenant, t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value sessions

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $3::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + v2.period ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $3::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $3::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + g5.settled ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM retention.agreement_state g5 WHERE g5.category = $6::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $6::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $3::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $3::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $8::interval) END FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AS start OFFSET 0) s1) <= $10::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.held_until > now())) THEN (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape IN ('tenant', 'tenant_start') AND h9.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id AND (c10.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'tenant' AND h11.held_until > now() AND h11.tenant IS NOT NULL)
     OR (c10.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $6::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant = c10.account_id::text AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END < h13.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $6::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $6::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END < h16.starts_to, true) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $6::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h16.hold AND h18.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z19 WHERE z19.scope = 'tenant' AND z19.resumed_at IS NULL AND (z19.until IS NULL OR z19.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND c20.account_id::text = z19.name)) IS TRUE)) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $11::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $11::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value 1 year
-- $4 value 30 days
-- $5 value 7 years
-- $6 value sessions
-- $7 value 1970-01-02
-- $8 value 3 years
-- $9 value UTC
-- $10 run time
-- $11 limit

-- leaf: lock_reads 1
WITH locked AS (
SELECT c1.tableoid AS leaf, c1.ctid AS tid
  FROM ONLY g.page_event c1
 WHERE EXISTS (SELECT 1 FROM ONLY g.session t WHERE t.ctid = ANY ($1::tid[]) AND c1.session_id = t.session_id)
   FOR SHARE OF c1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.session t, ONLY g.page_event c1
 WHERE t.ctid = ANY ($1::tid[]) AND c1.session_id = t.session_id
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = c1.tableoid AND x.tid = c1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: lock_reads 2
WITH locked AS (
SELECT a1.tableoid AS leaf, a1.ctid AS tid
  FROM ONLY g.account_setting a1
 WHERE EXISTS (SELECT 1 FROM ONLY g.session t, ONLY g.page_event c2 WHERE t.ctid = ANY ($1::tid[]) AND a1.account_id::text = c2.account_id::text AND c2.session_id = t.session_id)
   FOR SHARE OF a1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.session t, ONLY g.page_event c2, ONLY g.account_setting a1
 WHERE t.ctid = ANY ($1::tid[]) AND a1.account_id::text = c2.account_id::text AND c2.session_id = t.session_id
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = a1.tableoid AND x.tid = a1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: judge_tids
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT t.ctid AS tid
  FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $2::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $3::interval AND s1.start + $4::interval THEN s1.start + v2.period ELSE s1.start + $4::interval END ELSE s1.start + $4::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $2::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $2::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $3::interval AND s1.start + $4::interval THEN s1.start + g5.settled ELSE s1.start + $4::interval END ELSE s1.start + $4::interval END) FROM retention.agreement_state g5 WHERE g5.category = $5::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $5::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $2::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $2::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $6::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $7::interval) END FROM (SELECT CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s1) <= $9::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.held_until > now())) THEN (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape IN ('tenant', 'tenant_start') AND h9.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id AND (c10.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape = 'tenant' AND h11.held_until > now() AND h11.tenant IS NOT NULL)
     OR (c10.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $5::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $5::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant = c10.account_id::text AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h13.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $5::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $5::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $5::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h16.starts_to, true) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $5::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h16.hold AND h18.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z19 WHERE z19.scope = 'tenant' AND z19.resumed_at IS NULL AND (z19.until IS NULL OR z19.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND c20.account_id::text = z19.name)) IS TRUE)) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 value 1 year
-- $3 value 30 days
-- $4 value 7 years
-- $5 value sessions
-- $6 value 1970-01-02
-- $7 value 3 years
-- $8 value UTC
-- $9 run time

-- leaf: remove_tids
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $2::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $3::interval AND s1.start + $4::interval THEN s1.start + v2.period ELSE s1.start + $4::interval END ELSE s1.start + $4::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $2::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $2::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $3::interval AND s1.start + $4::interval THEN s1.start + g5.settled ELSE s1.start + $4::interval END ELSE s1.start + $4::interval END) FROM retention.agreement_state g5 WHERE g5.category = $5::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $5::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $2::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $2::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $6::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $7::interval) END FROM (SELECT CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s1) <= $9::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.held_until > now())) THEN (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape IN ('tenant', 'tenant_start') AND h9.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id AND (c10.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape = 'tenant' AND h11.held_until > now() AND h11.tenant IS NOT NULL)
     OR (c10.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $5::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $5::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant = c10.account_id::text AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h13.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $5::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $5::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $5::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AND CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END < h16.starts_to, true) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $5::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h16.hold AND h18.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z19 WHERE z19.scope = 'tenant' AND z19.resumed_at IS NULL AND (z19.until IS NULL OR z19.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND c20.account_id::text = z19.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c21.account_id::text) FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id) AS tenant, t.session_id::uuid AS k1;
-- $1 tids
-- $2 value 1 year
-- $3 value 30 days
-- $4 value 7 years
-- $5 value sessions
-- $6 value 1970-01-02
-- $7 value 3 years
-- $8 value UTC
-- $9 run time

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $3::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + v2.period ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $3::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $3::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + g5.settled ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM retention.agreement_state g5 WHERE g5.category = $6::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $6::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $3::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $3::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $8::interval) END FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AS start OFFSET 0) s1) <= $10::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.held_until > now())) THEN (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce(CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END, 'infinity'::timestamptz)
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape IN ('tenant', 'tenant_start') AND h9.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id AND (c10.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'tenant' AND h11.held_until > now() AND h11.tenant IS NOT NULL)
     OR (c10.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $6::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant = c10.account_id::text AND coalesce(h13.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END < h13.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $6::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $6::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AND CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END < h16.starts_to, true) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $6::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h16.hold AND h18.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z19 WHERE z19.scope = 'tenant' AND z19.resumed_at IS NULL AND (z19.until IS NULL OR z19.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND c20.account_id::text = z19.name)) IS TRUE)) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value 1 year
-- $4 value 30 days
-- $5 value 7 years
-- $6 value sessions
-- $7 value 1970-01-02
-- $8 value 3 years
-- $9 value UTC
-- $10 run time

