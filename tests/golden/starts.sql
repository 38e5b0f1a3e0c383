---- category by_child
-- governed: g.session g.page_event

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
    FROM (SELECT CASE WHEN (t.source = $3::text) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT coalesce((SELECT max(s4.start + CASE c5.account_id::text WHEN $4::text THEN $5::interval ELSE $6::interval END) FROM ONLY g.page_event c5 WHERE c5.session_id = t.session_id), s4.start + $6::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $7::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $7::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s4) AS "retention due", t.session_id
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_child
-- $3 value child
-- $4 value 7
-- $5 value 2 years
-- $6 value 1 year
-- $7 value 1970-01-02
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
    FROM (SELECT CASE WHEN (t.source = $3::text) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT coalesce((SELECT max(s5.start + CASE c6.account_id::text WHEN $4::text THEN $5::interval ELSE $6::interval END) FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id), s5.start + $6::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s5) AS "retention due", t.session_id
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
 WHERE r.verdict >= 1
 GROUP BY r.tenant
HAVING count(*) FILTER (WHERE r.verdict = 9) > 0;
-- $1 run time
-- $2 value by_child
-- $3 value child
-- $4 value 7
-- $5 value 2 years
-- $6 value 1 year
-- $7 value 1970-01-02
-- $8 value UTC

-- unclaimed
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE (t.source = $1::text) IS NOT TRUE
   AND ((t.source <> $1::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$2::text])) IS NOT TRUE
   AND (t.source = $2::text) IS NOT TRUE;
-- $1 value child
-- $2 value latest

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.source = $1::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $2::text THEN $3::interval ELSE $4::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $4::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $5::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $5::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $8::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z5 WHERE z5.scope = 'tenant' AND z5.resumed_at IS NULL AND (z5.until IS NULL OR z5.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND c6.account_id::text = z5.name)) IS TRUE)) IS NOT TRUE;
-- $1 value child
-- $2 value 7
-- $3 value 2 years
-- $4 value 1 year
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 run time
-- $8 value by_child

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
SELECT (t.source = $4::text) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) THEN max(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) END FROM ONLY g.page_event c1 WHERE c1.session_id = t.session_id) AS start,
       (SELECT coalesce((SELECT max(s2.start + CASE c3.account_id::text WHEN $7::text THEN $8::interval ELSE $9::interval END) FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id), s2.start + $9::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) THEN max(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) END FROM ONLY g.page_event c1 WHERE c1.session_id = t.session_id) AS start OFFSET 0) s2) AS stage_due,
       (SELECT coalesce((SELECT max(s4.start + CASE c5.account_id::text WHEN $7::text THEN $8::interval ELSE $9::interval END) FROM ONLY g.page_event c5 WHERE c5.session_id = t.session_id), s4.start + $9::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $5::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $5::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s4) AS due_at,
       (SELECT min(c7.account_id::text) FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS tenant,
       coalesce((SELECT json_agg(o.o) FROM (SELECT json_build_object('tenant', $7::text, 'period', $10::text, 'because', $11::text) AS o WHERE $7::text = ANY (ARRAY(SELECT DISTINCT c8.account_id::text FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id))) o(o)), json_build_array()) AS agreements,
       (EXISTS (SELECT 1 FROM retention.hold h9 WHERE h9.active AND (h9.category IS NULL OR h9.category = $12::text))) IS TRUE AS held,
       (EXISTS (SELECT 1 FROM retention.pause z10 WHERE z10.scope = 'tenant' AND z10.resumed_at IS NULL AND (z10.until IS NULL OR z10.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c11 WHERE c11.session_id = t.session_id AND c11.account_id::text = z10.name)) IS TRUE)) IS TRUE AS paused
  FROM ONLY g.session t
 WHERE t.session_id = $13::uuid OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 year
-- $4 value child
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value 7
-- $8 value 2 years
-- $9 value 1 year
-- $10 value 2 years
-- $11 value contract
-- $12 value by_child
-- $13 key 1

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $4::text THEN $5::interval ELSE $6::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $6::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $9::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $10::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z5 WHERE z5.scope = 'tenant' AND z5.resumed_at IS NULL AND (z5.until IS NULL OR z5.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND c6.account_id::text = z5.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c7.account_id::text) FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS tenant, t.session_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value 7
-- $5 value 2 years
-- $6 value 1 year
-- $7 value 1970-01-02
-- $8 value UTC
-- $9 run time
-- $10 value by_child

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $4::text THEN $5::interval ELSE $6::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $6::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $9::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $10::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z5 WHERE z5.scope = 'tenant' AND z5.resumed_at IS NULL AND (z5.until IS NULL OR z5.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND c6.account_id::text = z5.name)) IS TRUE)) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $11::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $11::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value 7
-- $5 value 2 years
-- $6 value 1 year
-- $7 value 1970-01-02
-- $8 value UTC
-- $9 run time
-- $10 value by_child
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

-- leaf: judge_tids
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT t.ctid AS tid
  FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.source = $2::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $3::text THEN $4::interval ELSE $5::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $5::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $6::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $6::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $8::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $9::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z5 WHERE z5.scope = 'tenant' AND z5.resumed_at IS NULL AND (z5.until IS NULL OR z5.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND c6.account_id::text = z5.name)) IS TRUE)) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 value child
-- $3 value 7
-- $4 value 2 years
-- $5 value 1 year
-- $6 value 1970-01-02
-- $7 value UTC
-- $8 run time
-- $9 value by_child

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.source = $2::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $3::text THEN $4::interval ELSE $5::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $5::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $6::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $6::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $8::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $9::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z5 WHERE z5.scope = 'tenant' AND z5.resumed_at IS NULL AND (z5.until IS NULL OR z5.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND c6.account_id::text = z5.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c7.account_id::text) FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS tenant, t.session_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 tids
-- $2 value child
-- $3 value 7
-- $4 value 2 years
-- $5 value 1 year
-- $6 value 1970-01-02
-- $7 value UTC
-- $8 run time
-- $9 value by_child

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $4::text THEN $5::interval ELSE $6::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $6::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $9::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $10::text))) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z5 WHERE z5.scope = 'tenant' AND z5.resumed_at IS NULL AND (z5.until IS NULL OR z5.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND c6.account_id::text = z5.name)) IS TRUE)) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value 7
-- $5 value 2 years
-- $6 value 1 year
-- $7 value 1970-01-02
-- $8 value UTC
-- $9 run time
-- $10 value by_child

---- category by_json
-- governed: g.session

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
              WHEN ((CASE WHEN (t.data #>> $3::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $3::text[])::numeric END) >= $4::numeric) IS TRUE THEN 5
              WHEN (CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $5::interval > $1::timestamptz END) IS TRUE THEN 5
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT CASE WHEN ((t.source <> $6::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$7::text])) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT CASE WHEN (x2.v - x2.back) >= $8::timestamptz THEN x2.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x2) + $10::interval AS "retention due", t.clock_ms, t.data
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_json
-- $3 value {"score"}
-- $4 value 10
-- $5 value 30 days
-- $6 value child
-- $7 value latest
-- $8 value 2001-02-03
-- $9 value {"ended","at"}
-- $10 value 1 year

-- unclaimed
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE (t.source = $1::text) IS NOT TRUE
   AND ((t.source <> $1::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$2::text])) IS NOT TRUE
   AND (t.source = $2::text) IS NOT TRUE;
-- $1 value child
-- $2 value latest

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE (t.source <> $1::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$2::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $3::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $4::text[])) AS v, CASE WHEN (t.data #>> $4::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $4::text[]) AS raw OFFSET 0) x1) + $5::interval <= $6::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h2 WHERE h2.active AND (h2.category IS NULL OR h2.category = $7::text))) IS NOT TRUE
   AND ((CASE WHEN (t.data #>> $8::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $8::text[])::numeric END) >= $9::numeric) IS NOT TRUE
   AND (CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $10::interval > $6::timestamptz END) IS NOT TRUE;
-- $1 value child
-- $2 value latest
-- $3 value 2001-02-03
-- $4 value {"ended","at"}
-- $5 value 1 year
-- $6 run time
-- $7 value by_json
-- $8 value {"score"}
-- $9 value 10
-- $10 value 30 days

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
  'kept_while', json_build_array(json_build_object('because', $4::text, 'keeps', x.kept1), json_build_object('because', $5::text, 'keeps', x.kept2)),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false OR x.kept1 OR x.kept2 THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT ((t.source <> $6::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$7::text])) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       (SELECT CASE WHEN (x1.v - x1.back) >= $8::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x1) AS start,
       (SELECT s2.start + $10::interval FROM (SELECT (SELECT CASE WHEN (x1.v - x1.back) >= $8::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x1) AS start OFFSET 0) s2) AS stage_due,
       (SELECT CASE WHEN (x3.v - x3.back) >= $8::timestamptz THEN x3.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x3) + $10::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $11::text))) IS TRUE AS held,
       ((CASE WHEN (t.data #>> $12::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $12::text[])::numeric END) >= $13::numeric) IS TRUE AS kept1,
       (CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $14::interval > $2::timestamptz END) IS TRUE AS kept2,
       false AS paused
  FROM ONLY g.session t
 WHERE t.session_id = $15::uuid OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 year
-- $4 value score
-- $5 value fresh
-- $6 value child
-- $7 value latest
-- $8 value 2001-02-03
-- $9 value {"ended","at"}
-- $10 value 1 year
-- $11 value by_json
-- $12 value {"score"}
-- $13 value 10
-- $14 value 30 days
-- $15 key 1

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.source <> $3::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$4::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $5::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x1) + $7::interval <= $8::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h2 WHERE h2.active AND (h2.category IS NULL OR h2.category = $9::text))) IS NOT TRUE
   AND ((CASE WHEN (t.data #>> $10::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $10::text[])::numeric END) >= $11::numeric) IS NOT TRUE
   AND (CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $12::interval > $8::timestamptz END) IS NOT TRUE
RETURNING NULL::text AS tenant, t.session_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value latest
-- $5 value 2001-02-03
-- $6 value {"ended","at"}
-- $7 value 1 year
-- $8 run time
-- $9 value by_json
-- $10 value {"score"}
-- $11 value 10
-- $12 value 30 days

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.source <> $3::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$4::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $5::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x1) + $7::interval <= $8::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h2 WHERE h2.active AND (h2.category IS NULL OR h2.category = $9::text))) IS NOT TRUE
   AND ((CASE WHEN (t.data #>> $10::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $10::text[])::numeric END) >= $11::numeric) IS NOT TRUE
   AND (CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $12::interval > $8::timestamptz END) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $13::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $13::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value latest
-- $5 value 2001-02-03
-- $6 value {"ended","at"}
-- $7 value 1 year
-- $8 run time
-- $9 value by_json
-- $10 value {"score"}
-- $11 value 10
-- $12 value 30 days
-- $13 limit

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND (t.source <> $2::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$3::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $4::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $5::text[])) AS v, CASE WHEN (t.data #>> $5::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $5::text[]) AS raw OFFSET 0) x1) + $6::interval <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h2 WHERE h2.active AND (h2.category IS NULL OR h2.category = $8::text))) IS NOT TRUE
   AND ((CASE WHEN (t.data #>> $9::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $9::text[])::numeric END) >= $10::numeric) IS NOT TRUE
   AND (CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $11::interval > $7::timestamptz END) IS NOT TRUE
RETURNING NULL::text AS tenant, t.session_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 tids
-- $2 value child
-- $3 value latest
-- $4 value 2001-02-03
-- $5 value {"ended","at"}
-- $6 value 1 year
-- $7 run time
-- $8 value by_json
-- $9 value {"score"}
-- $10 value 10
-- $11 value 30 days

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.source <> $3::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$4::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $5::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x1) + $7::interval <= $8::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h2 WHERE h2.active AND (h2.category IS NULL OR h2.category = $9::text))) IS NOT TRUE
   AND ((CASE WHEN (t.data #>> $10::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $10::text[])::numeric END) >= $11::numeric) IS NOT TRUE
   AND (CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $12::interval > $8::timestamptz END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value latest
-- $5 value 2001-02-03
-- $6 value {"ended","at"}
-- $7 value 1 year
-- $8 run time
-- $9 value by_json
-- $10 value {"score"}
-- $11 value 10
-- $12 value 30 days

---- category by_latest
-- governed: g.session

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
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT CASE WHEN (t.source = $3::text) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END + $6::interval AS "retention due"
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_latest
-- $3 value latest
-- $4 value 1970-01-02
-- $5 value Europe/Berlin
-- $6 value 1 year

-- unclaimed
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE (t.source = $1::text) IS NOT TRUE
   AND ((t.source <> $1::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$2::text])) IS NOT TRUE
   AND (t.source = $2::text) IS NOT TRUE;
-- $1 value child
-- $2 value latest

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.source = $1::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $2::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($2::timestamptz AT TIME ZONE $3::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $3::text) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $3::text)) END + $4::interval <= $5::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $6::text))) IS NOT TRUE;
-- $1 value latest
-- $2 value 1970-01-02
-- $3 value Europe/Berlin
-- $4 value 1 year
-- $5 run time
-- $6 value by_latest

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
SELECT (t.source = $4::text) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END AS start,
       (SELECT s1.start + $7::interval FROM (SELECT CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END + $7::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       (EXISTS (SELECT 1 FROM retention.hold h2 WHERE h2.active AND (h2.category IS NULL OR h2.category = $8::text))) IS TRUE AS held,
       false AS paused
  FROM ONLY g.session t
 WHERE t.session_id = $9::uuid OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 year
-- $4 value latest
-- $5 value 1970-01-02
-- $6 value Europe/Berlin
-- $7 value 1 year
-- $8 value by_latest
-- $9 key 1

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END + $6::interval <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $8::text))) IS NOT TRUE
RETURNING NULL::text AS tenant, t.session_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 value latest
-- $4 value 1970-01-02
-- $5 value Europe/Berlin
-- $6 value 1 year
-- $7 run time
-- $8 value by_latest

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END + $6::interval <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $8::text))) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $9::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $9::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value latest
-- $4 value 1970-01-02
-- $5 value Europe/Berlin
-- $6 value 1 year
-- $7 run time
-- $8 value by_latest
-- $9 limit

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.source = $2::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END + $5::interval <= $6::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $7::text))) IS NOT TRUE
RETURNING NULL::text AS tenant, t.session_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 tids
-- $2 value latest
-- $3 value 1970-01-02
-- $4 value Europe/Berlin
-- $5 value 1 year
-- $6 run time
-- $7 value by_latest

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END + $6::interval <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $8::text))) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value latest
-- $4 value 1970-01-02
-- $5 value Europe/Berlin
-- $6 value 1 year
-- $7 run time
-- $8 value by_latest

---- category by_parent
-- governed: g.invoice g.account g.payment

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
              WHEN ((EXISTS (SELECT 1 FROM ONLY g.payment w2 WHERE w2.invoice_id = t.invoice_id AND w2.paid_at IS NOT NULL)) IS TRUE) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT CASE WHEN ((SELECT p3.plan = $3::text FROM ONLY g.account p3 WHERE t.account_id = p3.account_id)) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT CASE WHEN (l4.v1 > '-infinity'::timestamptz) AND (l4.v2 > '-infinity'::timestamptz) THEN LEAST(l4.v1, l4.v2) END FROM (SELECT (SELECT CASE WHEN p5.closed_at >= $4::timestamptz AND p5.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p5.closed_at END FROM ONLY g.account p5 WHERE t.account_id = p5.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l4) + $6::interval AS "retention due", t.invoice_id
            FROM ONLY g.invoice t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_parent
-- $3 value trial
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value 10 years

-- unclaimed
SELECT count(*) AS rows
  FROM ONLY g.invoice t
 WHERE ((SELECT p1.plan = $1::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)) IS NOT TRUE;
-- $1 value trial

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.invoice t
 WHERE (SELECT p1.plan = $1::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $2::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($2::timestamptz AT TIME ZONE $3::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $3::text) END AS v2 OFFSET 0) l2) + $4::interval <= $5::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $6::text))) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w5 WHERE w5.invoice_id = t.invoice_id AND w5.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE;
-- $1 value trial
-- $2 value 1970-01-02
-- $3 value UTC
-- $4 value 10 years
-- $5 run time
-- $6 value by_parent

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
  'waiting_for', json_build_array(json_build_object('category', $4::text, 'waits', x.waits1)),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false OR x.waits1 THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT ((SELECT p1.plan = $5::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $6::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l2) AS start,
       (SELECT s4.start + $8::interval FROM (SELECT (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $6::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l2) AS start OFFSET 0) s4) AS stage_due,
       (SELECT CASE WHEN (l5.v1 > '-infinity'::timestamptz) AND (l5.v2 > '-infinity'::timestamptz) THEN LEAST(l5.v1, l5.v2) END FROM (SELECT (SELECT CASE WHEN p6.closed_at >= $6::timestamptz AND p6.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p6.closed_at END FROM ONLY g.account p6 WHERE t.account_id = p6.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l5) + $8::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       (EXISTS (SELECT 1 FROM retention.hold h7 WHERE h7.active AND (h7.category IS NULL OR h7.category = $9::text))) IS TRUE AS held,
       ((EXISTS (SELECT 1 FROM ONLY g.payment w8 WHERE w8.invoice_id = t.invoice_id AND w8.paid_at IS NOT NULL)) IS TRUE) IS TRUE AS waits1,
       false AS paused
  FROM ONLY g.invoice t
 WHERE t.invoice_id = $10::integer OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 10 years
-- $4 value payments
-- $5 value trial
-- $6 value 1970-01-02
-- $7 value UTC
-- $8 value 10 years
-- $9 value by_parent
-- $10 key 1

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT p1.plan = $3::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $4::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l2) + $6::interval <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $8::text))) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w5 WHERE w5.invoice_id = t.invoice_id AND w5.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
RETURNING NULL::text AS tenant, t.invoice_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 value trial
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value 10 years
-- $7 run time
-- $8 value by_parent

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.invoice_id::text AS k1
  FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT p1.plan = $3::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $4::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l2) + $6::interval <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $8::text))) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w5 WHERE w5.invoice_id = t.invoice_id AND w5.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $9::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $9::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value trial
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value 10 years
-- $7 run time
-- $8 value by_parent
-- $9 limit

-- leaf: lock_reads 1
WITH locked AS (
SELECT p1.tableoid AS leaf, p1.ctid AS tid
  FROM ONLY g.account p1
 WHERE EXISTS (SELECT 1 FROM ONLY g.invoice t WHERE t.ctid = ANY ($1::tid[]) AND t.account_id = p1.account_id)
   FOR SHARE OF p1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.invoice t, ONLY g.account p1
 WHERE t.ctid = ANY ($1::tid[]) AND t.account_id = p1.account_id
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = p1.tableoid AND x.tid = p1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: lock_reads 2
WITH locked AS (
SELECT w1.tableoid AS leaf, w1.ctid AS tid
  FROM ONLY g.payment w1
 WHERE EXISTS (SELECT 1 FROM ONLY g.invoice t WHERE t.ctid = ANY ($1::tid[]) AND w1.invoice_id = t.invoice_id)
   FOR SHARE OF w1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.invoice t, ONLY g.payment w1
 WHERE t.ctid = ANY ($1::tid[]) AND w1.invoice_id = t.invoice_id
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = w1.tableoid AND x.tid = w1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: judge_tids
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT t.ctid AS tid
  FROM ONLY g.invoice t
 WHERE t.ctid = ANY ($1::tid[])
   AND (SELECT p1.plan = $2::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $3::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l2) + $5::interval <= $6::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $7::text))) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w5 WHERE w5.invoice_id = t.invoice_id AND w5.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 value trial
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value 10 years
-- $6 run time
-- $7 value by_parent

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.invoice t
 WHERE t.ctid = ANY ($1::tid[])
   AND (SELECT p1.plan = $2::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $3::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l2) + $5::interval <= $6::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $7::text))) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w5 WHERE w5.invoice_id = t.invoice_id AND w5.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
RETURNING NULL::text AS tenant, t.invoice_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 tids
-- $2 value trial
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value 10 years
-- $6 run time
-- $7 value by_parent

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT p1.plan = $3::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $4::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l2) + $6::interval <= $7::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h4 WHERE h4.active AND (h4.category IS NULL OR h4.category = $8::text))) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w5 WHERE w5.invoice_id = t.invoice_id AND w5.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value trial
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value 10 years
-- $7 run time
-- $8 value by_parent

---- category payments
-- governed: g.payment

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
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT CASE WHEN (t.paid_at IS NOT NULL) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval AS "retention due"
            FROM ONLY g.payment t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value payments
-- $3 value 1970-01-02
-- $4 value 10 years

-- unclaimed
SELECT count(*) AS rows
  FROM ONLY g.payment t
 WHERE (t.paid_at IS NOT NULL) IS NOT TRUE;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.payment t
 WHERE t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $2::interval <= $1::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $4::text))) IS NOT TRUE;
-- $1 run time
-- $2 value 10 years
-- $3 value 1970-01-02
-- $4 value payments

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
SELECT (t.paid_at IS NOT NULL) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AS start,
       (SELECT s1.start + $5::interval FROM (SELECT CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $5::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       (EXISTS (SELECT 1 FROM retention.hold h2 WHERE h2.active AND (h2.category IS NULL OR h2.category = $6::text))) IS TRUE AS held,
       false AS paused
  FROM ONLY g.payment t
 WHERE t.payment_id = $7::integer OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 10 years
-- $4 value 1970-01-02
-- $5 value 10 years
-- $6 value payments
-- $7 key 1

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $6::text))) IS NOT TRUE
RETURNING NULL::text AS tenant)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 10 years
-- $5 value 1970-01-02
-- $6 value payments

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid
  FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $6::text))) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $7::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $7::bigint AS more, array_agg(l.tid::text) AS tids
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 10 years
-- $5 value 1970-01-02
-- $6 value payments
-- $7 limit

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.payment t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $3::interval <= $2::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $5::text))) IS NOT TRUE
RETURNING NULL::text AS tenant)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows
  FROM gone g;
-- $1 tids
-- $2 run time
-- $3 value 10 years
-- $4 value 1970-01-02
-- $5 value payments

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz
   AND (EXISTS (SELECT 1 FROM retention.hold h1 WHERE h1.active AND (h1.category IS NULL OR h1.category = $6::text))) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 10 years
-- $5 value 1970-01-02
-- $6 value payments

