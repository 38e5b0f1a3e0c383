---- category calls
-- governed: g.call g.account_setting

-- plan
SELECT coalesce(sum(g.rows), 0)::bigint AS rows,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 1 AND 9), 0)::bigint AS claimed,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 2), 0)::bigint AS not_started,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 4 AND 9), 0)::bigint AS due,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 4), 0)::bigint AS held,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 5), 0)::bigint AS kept_while,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 6 AND 7), 0)::bigint AS kept_floor,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 8), 0)::bigint AS waiting,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 9), 0)::bigint AS to_act,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 7), 0)::bigint AS floor_after_cap,
       (min(g.oldest) FILTER (WHERE g.verdict = 9))::text AS oldest,
       (min(g.next) FILTER (WHERE g.verdict IN (3, 6, 7)))::text AS next_due
  FROM (
  SELECT r.verdict, count(*) AS rows, min(r.due_at) AS oldest,
         min(r.moment) FILTER (WHERE r.moment > $1::timestamptz) AS next
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $2::text))) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM retention.pause z2 WHERE z2.scope = 'tenant' AND z2.resumed_at IS NULL AND (z2.until IS NULL OR z2.until > now()) AND z2.name = t.account_id::text)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v3.period IS NULL THEN s4.start + $3::interval WHEN v3.period >= '0'::interval AND v3.period <= '1000 years'::interval AND extract(year FROM v3.period) BETWEEN -1000 AND 1000 AND extract(day FROM v3.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s4.start + v3.period BETWEEN s4.start + $4::interval AND s4.start + $5::interval THEN s4.start + v3.period ELSE s4.start + $5::interval END ELSE s4.start + $5::interval END) FROM (SELECT a5.call_retention AS period FROM ONLY g.account_setting a5 WHERE a5.account_id = t.account_id OFFSET 0) v3), s4.start + $3::interval), coalesce((SELECT max(CASE WHEN g6.settled IS NULL THEN s4.start + $3::interval WHEN g6.settled >= '0'::interval AND g6.settled <= '1000 years'::interval AND extract(year FROM g6.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g6.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s4.start + g6.settled BETWEEN s4.start + $4::interval AND s4.start + $5::interval THEN s4.start + g6.settled ELSE s4.start + $5::interval END ELSE s4.start + $5::interval END) FROM retention.agreement_state g6 WHERE g6.category = $2::text AND g6.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k7 WHERE k7.name = $2::text AND k7.agreements_since IS NOT NULL) THEN s4.start + $3::interval END)) FROM (SELECT CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s4) AS "retention due", t.account_id
            FROM g.call t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value calls
-- $3 value 1 year 1 mon
-- $4 value 30 days
-- $5 value 7 years
-- $6 value 1970-01-02

-- tenants
SELECT r.tenant, count(*) AS rows, count(*) FILTER (WHERE r.verdict = 9) AS to_act
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $2::text))) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM retention.pause z2 WHERE z2.scope = 'tenant' AND z2.resumed_at IS NULL AND (z2.until IS NULL OR z2.until > now()) AND z2.name = t.account_id::text)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t.account_id::text AS tenant
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v3.period IS NULL THEN s4.start + $3::interval WHEN v3.period >= '0'::interval AND v3.period <= '1000 years'::interval AND extract(year FROM v3.period) BETWEEN -1000 AND 1000 AND extract(day FROM v3.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s4.start + v3.period BETWEEN s4.start + $4::interval AND s4.start + $5::interval THEN s4.start + v3.period ELSE s4.start + $5::interval END ELSE s4.start + $5::interval END) FROM (SELECT a5.call_retention AS period FROM ONLY g.account_setting a5 WHERE a5.account_id = t.account_id OFFSET 0) v3), s4.start + $3::interval), coalesce((SELECT max(CASE WHEN g6.settled IS NULL THEN s4.start + $3::interval WHEN g6.settled >= '0'::interval AND g6.settled <= '1000 years'::interval AND extract(year FROM g6.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g6.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s4.start + g6.settled BETWEEN s4.start + $4::interval AND s4.start + $5::interval THEN s4.start + g6.settled ELSE s4.start + $5::interval END ELSE s4.start + $5::interval END) FROM retention.agreement_state g6 WHERE g6.category = $2::text AND g6.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k7 WHERE k7.name = $2::text AND k7.agreements_since IS NOT NULL) THEN s4.start + $3::interval END)) FROM (SELECT CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s4) AS "retention due", t.account_id
            FROM g.call t OFFSET 0) t OFFSET 0) r
 WHERE r.verdict >= 1
 GROUP BY r.tenant
HAVING count(*) FILTER (WHERE r.verdict = 9) > 0;
-- $1 run time
-- $2 value calls
-- $3 value 1 year 1 mon
-- $4 value 30 days
-- $5 value 7 years
-- $6 value 1970-01-02

-- agreements
SELECT array_agg(a1.account_id::text) AS tenants, array_agg(a1.call_retention) AS periods
  FROM ONLY g.account_setting a1;

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM g.call t
 WHERE t.started_at <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval, $1::timestamptz AT TIME ZONE 'UTC' - $3::interval, $1::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $2::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $3::interval AND s2.start + $4::interval THEN s2.start + v1.period ELSE s2.start + $4::interval END ELSE s2.start + $4::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $2::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $2::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $3::interval AND s2.start + $4::interval THEN s2.start + g4.settled ELSE s2.start + $4::interval END ELSE s2.start + $4::interval END) FROM retention.agreement_state g4 WHERE g4.category = $5::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $5::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $2::interval END)) FROM (SELECT CASE WHEN t.started_at >= $6::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $1::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h6 WHERE h6.active AND (h6.category IS NULL OR h6.category = $5::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z7 WHERE z7.scope = 'tenant' AND z7.resumed_at IS NULL AND (z7.until IS NULL OR z7.until > now()) AND z7.name = t.account_id::text)) IS NOT TRUE;
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
  'held', x.held,
  'kept_while', json_build_array(),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start,
       (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $5::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $6::interval AND s2.start + $7::interval THEN s2.start + v1.period ELSE s2.start + $7::interval END ELSE s2.start + $7::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $5::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $5::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $6::interval AND s2.start + $7::interval THEN s2.start + g4.settled ELSE s2.start + $7::interval END ELSE s2.start + $7::interval END) FROM retention.agreement_state g4 WHERE g4.category = $8::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $8::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $5::interval END)) FROM (SELECT CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) AS stage_due,
       (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v6.period IS NULL THEN s7.start + $5::interval WHEN v6.period >= '0'::interval AND v6.period <= '1000 years'::interval AND extract(year FROM v6.period) BETWEEN -1000 AND 1000 AND extract(day FROM v6.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + v6.period BETWEEN s7.start + $6::interval AND s7.start + $7::interval THEN s7.start + v6.period ELSE s7.start + $7::interval END ELSE s7.start + $7::interval END) FROM (SELECT a8.call_retention AS period FROM ONLY g.account_setting a8 WHERE a8.account_id = t.account_id OFFSET 0) v6), s7.start + $5::interval), coalesce((SELECT max(CASE WHEN g9.settled IS NULL THEN s7.start + $5::interval WHEN g9.settled >= '0'::interval AND g9.settled <= '1000 years'::interval AND extract(year FROM g9.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g9.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + g9.settled BETWEEN s7.start + $6::interval AND s7.start + $7::interval THEN s7.start + g9.settled ELSE s7.start + $7::interval END ELSE s7.start + $7::interval END) FROM retention.agreement_state g9 WHERE g9.category = $8::text AND g9.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k10 WHERE k10.name = $8::text AND k10.agreements_since IS NOT NULL) THEN s7.start + $5::interval END)) FROM (SELECT CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s7) AS due_at,
       t.account_id::text AS tenant,
       coalesce((SELECT json_agg(o.o) FROM (SELECT json_build_object('tenant', a11.account_id::text, 'period', a11.call_retention::text, 'settled', (SELECT g.settled::text FROM retention.agreement_state g WHERE g.category = $8::text AND g.tenant = a11.account_id::text), 'because', NULL) FROM ONLY g.account_setting a11 WHERE a11.account_id::text = ANY (ARRAY[t.account_id::text])) o(o)), json_build_array()) AS agreements,
       (EXISTS (SELECT 1 FROM retention.hold h12 WHERE h12.active AND (h12.category IS NULL OR h12.category = $8::text))) IS TRUE AS held,
       (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = t.account_id::text)) IS TRUE AS paused
  FROM g.call t
 WHERE t.month = $9::date AND t.call_id = $10::bigint OFFSET 0) x;
-- $1 value gone
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value 1970-01-02
-- $5 value 1 year 1 mon
-- $6 value 30 days
-- $7 value 7 years
-- $8 value calls
-- $9 key 1
-- $10 key 2

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval, $3::timestamptz AT TIME ZONE 'UTC' - $5::interval, $3::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $4::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + v1.period ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $4::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $4::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + g4.settled ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM retention.agreement_state g4 WHERE g4.category = $7::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $7::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $4::interval END)) FROM (SELECT CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $3::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h6 WHERE h6.active AND (h6.category IS NULL OR h6.category = $7::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z7 WHERE z7.scope = 'tenant' AND z7.resumed_at IS NULL AND (z7.until IS NULL OR z7.until > now()) AND z7.name = t.account_id::text)) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::text AS k2),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1, array_agg(g.k2) AS key2
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 year 1 mon
-- $5 value 30 days
-- $6 value 7 years
-- $7 value calls
-- $8 value 1970-01-02

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.month::text AS k1, t.call_id::text AS k2
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval, $3::timestamptz AT TIME ZONE 'UTC' - $5::interval, $3::timestamptz AT TIME ZONE 'UTC' - $6::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $4::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + v1.period ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $4::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $4::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $5::interval AND s2.start + $6::interval THEN s2.start + g4.settled ELSE s2.start + $6::interval END ELSE s2.start + $6::interval END) FROM retention.agreement_state g4 WHERE g4.category = $7::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $7::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $4::interval END)) FROM (SELECT CASE WHEN t.started_at >= $8::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $3::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h6 WHERE h6.active AND (h6.category IS NULL OR h6.category = $7::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z7 WHERE z7.scope = 'tenant' AND z7.resumed_at IS NULL AND (z7.until IS NULL OR z7.until > now()) AND z7.name = t.account_id::text)) IS NOT TRUE
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
   AND (EXISTS (SELECT 1 FROM retention.hold h6 WHERE h6.active AND (h6.category IS NULL OR h6.category = $6::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z7 WHERE z7.scope = 'tenant' AND z7.resumed_at IS NULL AND (z7.until IS NULL OR z7.until > now()) AND z7.name = t.account_id::text)) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value 30 days
-- $5 value 7 years
-- $6 value calls
-- $7 value 1970-01-02

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.started_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval, $2::timestamptz AT TIME ZONE 'UTC' - $4::interval, $2::timestamptz AT TIME ZONE 'UTC' - $5::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (SELECT GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $3::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $4::interval AND s2.start + $5::interval THEN s2.start + v1.period ELSE s2.start + $5::interval END ELSE s2.start + $5::interval END) FROM (SELECT a3.call_retention AS period FROM ONLY g.account_setting a3 WHERE a3.account_id = t.account_id OFFSET 0) v1), s2.start + $3::interval), coalesce((SELECT max(CASE WHEN g4.settled IS NULL THEN s2.start + $3::interval WHEN g4.settled >= '0'::interval AND g4.settled <= '1000 years'::interval AND extract(year FROM g4.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g4.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g4.settled BETWEEN s2.start + $4::interval AND s2.start + $5::interval THEN s2.start + g4.settled ELSE s2.start + $5::interval END ELSE s2.start + $5::interval END) FROM retention.agreement_state g4 WHERE g4.category = $6::text AND g4.tenant = t.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k5 WHERE k5.name = $6::text AND k5.agreements_since IS NOT NULL) THEN s2.start + $3::interval END)) FROM (SELECT CASE WHEN t.started_at >= $7::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s2) <= $2::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h6 WHERE h6.active AND (h6.category IS NULL OR h6.category = $6::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z7 WHERE z7.scope = 'tenant' AND z7.resumed_at IS NULL AND (z7.until IS NULL OR z7.until > now()) AND z7.name = t.account_id::text)) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::text AS k2),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1, array_agg(g.k2) AS key2
  FROM gone g;
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
   AND (EXISTS (SELECT 1 FROM retention.hold h6 WHERE h6.active AND (h6.category IS NULL OR h6.category = $7::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z7 WHERE z7.scope = 'tenant' AND z7.resumed_at IS NULL AND (z7.until IS NULL OR z7.until > now()) AND z7.name = t.account_id::text)) IS NOT TRUE;
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

-- plan
SELECT coalesce(sum(g.rows), 0)::bigint AS rows,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 1 AND 9), 0)::bigint AS claimed,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 2), 0)::bigint AS not_started,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 4 AND 9), 0)::bigint AS due,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 4), 0)::bigint AS held,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 5), 0)::bigint AS kept_while,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict BETWEEN 6 AND 7), 0)::bigint AS kept_floor,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 8), 0)::bigint AS waiting,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 9), 0)::bigint AS to_act,
       coalesce(sum(g.rows) FILTER (WHERE g.verdict = 7), 0)::bigint AS floor_after_cap,
       (min(g.oldest) FILTER (WHERE g.verdict = 9))::text AS oldest,
       (min(g.next) FILTER (WHERE g.verdict IN (3, 6, 7)))::text AS next_due
  FROM (
  SELECT r.verdict, count(*) AS rows, min(r.due_at) AS oldest,
         min(r.moment) FILTER (WHERE r.moment > $1::timestamptz) AS next
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $2::text))) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM retention.pause z2 WHERE z2.scope = 'tenant' AND z2.resumed_at IS NULL AND (z2.until IS NULL OR z2.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id AND c3.account_id::text = z2.name)) IS TRUE)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT CASE WHEN s4.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v5.period IS NULL THEN s4.start + $3::interval WHEN v5.period >= '0'::interval AND v5.period <= '1000 years'::interval AND extract(year FROM v5.period) BETWEEN -1000 AND 1000 AND extract(day FROM v5.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s4.start + v5.period BETWEEN s4.start + $4::interval AND s4.start + $5::interval THEN s4.start + v5.period ELSE s4.start + $5::interval END ELSE s4.start + $5::interval END) FROM (SELECT CASE WHEN a6.call_days IS NULL THEN NULL WHEN a6.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a6.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a6 WHERE a6.account_id::text = c7.account_id::text OFFSET 0) v5), s4.start + $3::interval), coalesce((SELECT max(CASE WHEN g8.settled IS NULL THEN s4.start + $3::interval WHEN g8.settled >= '0'::interval AND g8.settled <= '1000 years'::interval AND extract(year FROM g8.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g8.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s4.start + g8.settled BETWEEN s4.start + $4::interval AND s4.start + $5::interval THEN s4.start + g8.settled ELSE s4.start + $5::interval END ELSE s4.start + $5::interval END) FROM retention.agreement_state g8 WHERE g8.category = $2::text AND g8.tenant = c7.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k9 WHERE k9.name = $2::text AND k9.agreements_since IS NOT NULL) THEN s4.start + $3::interval END))) FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), s4.start + $3::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $6::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $7::interval) END FROM (SELECT CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s4) AS "retention due", t.session_id
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value sessions
-- $3 value 1 year
-- $4 value 30 days
-- $5 value 7 years
-- $6 value 1970-01-02
-- $7 value 3 years
-- $8 value UTC

-- tenants
SELECT r.tenant, count(*) AS rows, count(*) FILTER (WHERE r.verdict = 9) AS to_act
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $2::text))) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM retention.pause z2 WHERE z2.scope = 'tenant' AND z2.resumed_at IS NULL AND (z2.until IS NULL OR z2.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id AND c3.account_id::text = z2.name)) IS TRUE)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         (SELECT min(c4.account_id::text) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS tenant
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT CASE WHEN s5.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v6.period IS NULL THEN s5.start + $3::interval WHEN v6.period >= '0'::interval AND v6.period <= '1000 years'::interval AND extract(year FROM v6.period) BETWEEN -1000 AND 1000 AND extract(day FROM v6.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s5.start + v6.period BETWEEN s5.start + $4::interval AND s5.start + $5::interval THEN s5.start + v6.period ELSE s5.start + $5::interval END ELSE s5.start + $5::interval END) FROM (SELECT CASE WHEN a7.call_days IS NULL THEN NULL WHEN a7.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a7.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a7 WHERE a7.account_id::text = c8.account_id::text OFFSET 0) v6), s5.start + $3::interval), coalesce((SELECT max(CASE WHEN g9.settled IS NULL THEN s5.start + $3::interval WHEN g9.settled >= '0'::interval AND g9.settled <= '1000 years'::interval AND extract(year FROM g9.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g9.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s5.start + g9.settled BETWEEN s5.start + $4::interval AND s5.start + $5::interval THEN s5.start + g9.settled ELSE s5.start + $5::interval END ELSE s5.start + $5::interval END) FROM retention.agreement_state g9 WHERE g9.category = $2::text AND g9.tenant = c8.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k10 WHERE k10.name = $2::text AND k10.agreements_since IS NOT NULL) THEN s5.start + $3::interval END))) FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id), s5.start + $3::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $6::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $7::interval) END FROM (SELECT CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s5) AS "retention due", t.session_id
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
 WHERE r.verdict >= 1
 GROUP BY r.tenant
HAVING count(*) FILTER (WHERE r.verdict = 9) > 0;
-- $1 run time
-- $2 value sessions
-- $3 value 1 year
-- $4 value 30 days
-- $5 value 7 years
-- $6 value 1970-01-02
-- $7 value 3 years
-- $8 value UTC

-- agreements
SELECT array_agg(a1.account_id::text) AS tenants, array_agg(CASE WHEN a1.call_days IS NULL THEN NULL WHEN a1.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a1.call_days::int) ELSE '-1 day'::interval END) AS periods
  FROM ONLY g.account_setting a1;

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $1::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $2::interval AND s1.start + $3::interval THEN s1.start + v2.period ELSE s1.start + $3::interval END ELSE s1.start + $3::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $1::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $1::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $2::interval AND s1.start + $3::interval THEN s1.start + g5.settled ELSE s1.start + $3::interval END ELSE s1.start + $3::interval END) FROM retention.agreement_state g5 WHERE g5.category = $4::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $4::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $1::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $1::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $6::interval) END FROM (SELECT CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END AS start OFFSET 0) s1) <= $8::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h7 WHERE h7.active AND (h7.category IS NULL OR h7.category = $4::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z8 WHERE z8.scope = 'tenant' AND z8.resumed_at IS NULL AND (z8.until IS NULL OR z8.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND c9.account_id::text = z8.name)) IS TRUE)) IS NOT TRUE;
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
  'held', x.held,
  'kept_while', json_build_array(),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start,
       (SELECT coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v1.period IS NULL THEN s2.start + $9::interval WHEN v1.period >= '0'::interval AND v1.period <= '1000 years'::interval AND extract(year FROM v1.period) BETWEEN -1000 AND 1000 AND extract(day FROM v1.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + v1.period BETWEEN s2.start + $10::interval AND s2.start + $11::interval THEN s2.start + v1.period ELSE s2.start + $11::interval END ELSE s2.start + $11::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v1), s2.start + $9::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s2.start + $9::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s2.start + g5.settled BETWEEN s2.start + $10::interval AND s2.start + $11::interval THEN s2.start + g5.settled ELSE s2.start + $11::interval END ELSE s2.start + $11::interval END) FROM retention.agreement_state g5 WHERE g5.category = $12::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $12::text AND k6.agreements_since IS NOT NULL) THEN s2.start + $9::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s2.start + $9::interval) FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s2) AS stage_due,
       (SELECT CASE WHEN s7.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v8.period IS NULL THEN s7.start + $9::interval WHEN v8.period >= '0'::interval AND v8.period <= '1000 years'::interval AND extract(year FROM v8.period) BETWEEN -1000 AND 1000 AND extract(day FROM v8.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + v8.period BETWEEN s7.start + $10::interval AND s7.start + $11::interval THEN s7.start + v8.period ELSE s7.start + $11::interval END ELSE s7.start + $11::interval END) FROM (SELECT CASE WHEN a9.call_days IS NULL THEN NULL WHEN a9.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a9.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a9 WHERE a9.account_id::text = c10.account_id::text OFFSET 0) v8), s7.start + $9::interval), coalesce((SELECT max(CASE WHEN g11.settled IS NULL THEN s7.start + $9::interval WHEN g11.settled >= '0'::interval AND g11.settled <= '1000 years'::interval AND extract(year FROM g11.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g11.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s7.start + g11.settled BETWEEN s7.start + $10::interval AND s7.start + $11::interval THEN s7.start + g11.settled ELSE s7.start + $11::interval END ELSE s7.start + $11::interval END) FROM retention.agreement_state g11 WHERE g11.category = $12::text AND g11.tenant = c10.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k12 WHERE k12.name = $12::text AND k12.agreements_since IS NOT NULL) THEN s7.start + $9::interval END))) FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id), s7.start + $9::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $6::interval) END FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s7) AS due_at,
       (SELECT min(c13.account_id::text) FROM ONLY g.page_event c13 WHERE c13.session_id = t.session_id) AS tenant,
       coalesce((SELECT json_agg(o.o) FROM (SELECT json_build_object('tenant', a14.account_id::text, 'period', a14.call_days::text, 'settled', (SELECT g.settled::text FROM retention.agreement_state g WHERE g.category = $12::text AND g.tenant = a14.account_id::text), 'because', NULL) FROM ONLY g.account_setting a14 WHERE a14.account_id::text = ANY (ARRAY(SELECT DISTINCT c15.account_id::text FROM ONLY g.page_event c15 WHERE c15.session_id = t.session_id))) o(o)), json_build_array()) AS agreements,
       CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END AS cap,
       (EXISTS (SELECT 1 FROM retention.hold h16 WHERE h16.active AND (h16.category IS NULL OR h16.category = $12::text))) IS TRUE AS held,
       (EXISTS (SELECT 1 FROM retention.pause z17 WHERE z17.scope = 'tenant' AND z17.resumed_at IS NULL AND (z17.until IS NULL OR z17.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c18 WHERE c18.session_id = t.session_id AND c18.account_id::text = z17.name)) IS TRUE)) IS TRUE AS paused
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
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $3::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + v2.period ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $3::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $3::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + g5.settled ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM retention.agreement_state g5 WHERE g5.category = $6::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $6::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $3::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $3::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $8::interval) END FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AS start OFFSET 0) s1) <= $10::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h7 WHERE h7.active AND (h7.category IS NULL OR h7.category = $6::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z8 WHERE z8.scope = 'tenant' AND z8.resumed_at IS NULL AND (z8.until IS NULL OR z8.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND c9.account_id::text = z8.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c10.account_id::text) FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id) AS tenant, t.session_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
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

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $3::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + v2.period ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $3::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $3::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $4::interval AND s1.start + $5::interval THEN s1.start + g5.settled ELSE s1.start + $5::interval END ELSE s1.start + $5::interval END) FROM retention.agreement_state g5 WHERE g5.category = $6::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $6::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $3::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $3::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $7::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $8::interval) END FROM (SELECT CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $9::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $9::text) END AS start OFFSET 0) s1) <= $10::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h7 WHERE h7.active AND (h7.category IS NULL OR h7.category = $6::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z8 WHERE z8.scope = 'tenant' AND z8.resumed_at IS NULL AND (z8.until IS NULL OR z8.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND c9.account_id::text = z8.name)) IS TRUE)) IS NOT TRUE
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
   AND (EXISTS (SELECT 1 FROM retention.hold h7 WHERE h7.active AND (h7.category IS NULL OR h7.category = $5::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z8 WHERE z8.scope = 'tenant' AND z8.resumed_at IS NULL AND (z8.until IS NULL OR z8.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND c9.account_id::text = z8.name)) IS TRUE)) IS NOT TRUE
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
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND (SELECT CASE WHEN s1.start IS NOT NULL THEN LEAST(coalesce((SELECT max(GREATEST(coalesce((SELECT max(CASE WHEN v2.period IS NULL THEN s1.start + $2::interval WHEN v2.period >= '0'::interval AND v2.period <= '1000 years'::interval AND extract(year FROM v2.period) BETWEEN -1000 AND 1000 AND extract(day FROM v2.period) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + v2.period BETWEEN s1.start + $3::interval AND s1.start + $4::interval THEN s1.start + v2.period ELSE s1.start + $4::interval END ELSE s1.start + $4::interval END) FROM (SELECT CASE WHEN a3.call_days IS NULL THEN NULL WHEN a3.call_days BETWEEN 0 AND 400000 THEN make_interval(days => a3.call_days::int) ELSE '-1 day'::interval END AS period FROM ONLY g.account_setting a3 WHERE a3.account_id::text = c4.account_id::text OFFSET 0) v2), s1.start + $2::interval), coalesce((SELECT max(CASE WHEN g5.settled IS NULL THEN s1.start + $2::interval WHEN g5.settled >= '0'::interval AND g5.settled <= '1000 years'::interval AND extract(year FROM g5.settled) BETWEEN -1000 AND 1000 AND extract(day FROM g5.settled) BETWEEN -400000 AND 400000 THEN CASE WHEN s1.start + g5.settled BETWEEN s1.start + $3::interval AND s1.start + $4::interval THEN s1.start + g5.settled ELSE s1.start + $4::interval END ELSE s1.start + $4::interval END) FROM retention.agreement_state g5 WHERE g5.category = $5::text AND g5.tenant = c4.account_id::text), CASE WHEN EXISTS (SELECT FROM retention.category k6 WHERE k6.name = $5::text AND k6.agreements_since IS NOT NULL) THEN s1.start + $2::interval END))) FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), s1.start + $2::interval), CASE WHEN t.clock_ms >= ceil(extract(epoch FROM $6::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $7::interval) END FROM (SELECT CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END AS start OFFSET 0) s1) <= $9::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h7 WHERE h7.active AND (h7.category IS NULL OR h7.category = $5::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z8 WHERE z8.scope = 'tenant' AND z8.resumed_at IS NULL AND (z8.until IS NULL OR z8.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND c9.account_id::text = z8.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c10.account_id::text) FROM ONLY g.page_event c10 WHERE c10.session_id = t.session_id) AS tenant, t.session_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
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
   AND (EXISTS (SELECT 1 FROM retention.hold h7 WHERE h7.active AND (h7.category IS NULL OR h7.category = $6::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z8 WHERE z8.scope = 'tenant' AND z8.resumed_at IS NULL AND (z8.until IS NULL OR z8.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND c9.account_id::text = z8.name)) IS TRUE)) IS NOT TRUE;
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

