---- category by_child
-- governed: g.session g.page_event
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.session t\n WHERE t.source = 'child'::text\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'by_child'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = 'by_child'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid)) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = 'by_child'::text AND h3.shape IN ('all', 'start') AND h3.held_until > now() AND h3.hold = $1::uuid) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), 'infinity'::timestamptz))\n     OR ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'by_child'::text AND h5.shape IN ('tenant', 'tenant_start') AND h5.held_until > now() AND h5.hold = $1::uuid)) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND (c6.account_id::text IN (SELECT h7.tenant FROM retention.held_scope h7 WHERE h7.category = 'by_child'::text AND h7.shape = 'tenant' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.tenant IS NOT NULL)\n     OR (c6.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = 'by_child'::text AND h8.shape = 'tenant_start' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'by_child'::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.tenant = c6.account_id::text AND (SELECT coalesce(h9.starts_from <= s10.start AND s10.start < h9.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s10))))) IS TRUE)))\n     OR ARRAY[t.session_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = 'by_child'::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.hold = $1::uuid AND h11.key IS NOT NULL)\n     OR (ARRAY[t.session_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = 'by_child'::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.hold = $1::uuid AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = 'by_child'::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.hold = $1::uuid AND h13.key = ARRAY[t.session_id::text] AND (h13.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = h13.tenant)) IS TRUE) AND (SELECT coalesce(h13.starts_from <= s15.start AND s15.start < h13.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s15) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = 'by_child'::text AND h16.shape = 'key_subject' AND h16.held_until > now() AND h16.hold = $1::uuid AND h16.hold = h13.hold AND h16.part = h13.part AND false))))))\n     ELSE false END)","key":[{"column":"session_id","type":"uuid"}],"start":true,"subjects":[],"tenant":{"columns":["g.page_event.account_id<session_id"],"type":"integer"},"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now())) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape IN ('tenant', 'tenant_start') AND h5.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND (c6.account_id::text IN (SELECT h7.tenant FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'tenant' AND h7.held_until > now() AND h7.tenant IS NOT NULL)
     OR (c6.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'tenant_start' AND h8.held_until > now() AND h8.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant = c6.account_id::text AND (SELECT coalesce(h9.starts_from <= s10.start AND s10.start < h9.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s10))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $2::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $2::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.session_id::text] AND (h13.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = h13.tenant)) IS TRUE) AND (SELECT coalesce(h13.starts_from <= s15.start AND s15.start < h13.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s15) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $2::text AND h16.shape = 'key_subject' AND h16.held_until > now() AND h16.hold = h13.hold AND h16.part = h13.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND (c17.account_id::text IN (SELECT CASE WHEN z18.forms IS NULL THEN z18.name ELSE z18.forms ->> 'integer' END FROM retention.pause z18 WHERE z18.scope = 'tenant' AND z18.resumed_at IS NULL AND (z18.until IS NULL OR z18.until > now()))) IS TRUE)) IS TRUE THEN 11
              ELSE 13 END AS verdict
    FROM (SELECT CASE WHEN (t.source = $5::text) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT coalesce((SELECT max(s19.start + CASE c20.account_id::text WHEN $6::text THEN $7::interval ELSE $8::interval END) FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id), s19.start + $8::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c21.seen_at >= $3::timestamptz AND c21.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c21.seen_at END) THEN max(CASE WHEN c21.seen_at >= $3::timestamptz AND c21.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c21.seen_at END) END FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id) AS start OFFSET 0) s19) AS "retention due", t.session_id, t.started_at
            FROM ONLY g.session t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_child
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value child
-- $6 value 7
-- $7 value 2 years
-- $8 value 1 year

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now())) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape IN ('tenant', 'tenant_start') AND h5.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND (c6.account_id::text IN (SELECT h7.tenant FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'tenant' AND h7.held_until > now() AND h7.tenant IS NOT NULL)
     OR (c6.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'tenant_start' AND h8.held_until > now() AND h8.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant = c6.account_id::text AND (SELECT coalesce(h9.starts_from <= s10.start AND s10.start < h9.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s10))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h11.key FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape = 'key' AND h11.held_until > now() AND h11.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $2::text AND h12.shape = 'key_more' AND h12.held_until > now() AND h12.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $2::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key = ARRAY[t.session_id::text] AND (h13.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = h13.tenant)) IS TRUE) AND (SELECT coalesce(h13.starts_from <= s15.start AND s15.start < h13.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s15) AND (NOT h13.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $2::text AND h16.shape = 'key_subject' AND h16.held_until > now() AND h16.hold = h13.hold AND h16.part = h13.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND (c17.account_id::text IN (SELECT CASE WHEN z18.forms IS NULL THEN z18.name ELSE z18.forms ->> 'integer' END FROM retention.pause z18 WHERE z18.scope = 'tenant' AND z18.resumed_at IS NULL AND (z18.until IS NULL OR z18.until > now()))) IS TRUE)) IS TRUE THEN 11
              ELSE 13 END AS verdict,
         (SELECT min(c19.account_id::text) FROM ONLY g.page_event c19 WHERE c19.session_id = t.session_id) AS tenant
    FROM (SELECT CASE WHEN (t.source = $5::text) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT coalesce((SELECT max(s20.start + CASE c21.account_id::text WHEN $6::text THEN $7::interval ELSE $8::interval END) FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id), s20.start + $8::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c22.seen_at >= $3::timestamptz AND c22.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c22.seen_at END) THEN max(CASE WHEN c22.seen_at >= $3::timestamptz AND c22.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c22.seen_at END) END FROM ONLY g.page_event c22 WHERE c22.session_id = t.session_id) AS start OFFSET 0) s20) AS "retention due", t.session_id, t.started_at
            FROM ONLY g.session t OFFSET '0') t OFFSET '0') r
   GROUP BY r.tenant, r.verdict) g
 WHERE g.verdict >= 1
 GROUP BY g.tenant
HAVING count(*) FILTER (WHERE g.verdict = 13) > 0;
-- $1 run time
-- $2 value by_child
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value child
-- $6 value 7
-- $7 value 2 years
-- $8 value 1 year

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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $5::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $5::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $8::text AND h8.shape IN ('tenant', 'tenant_start') AND h8.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND (c9.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $8::text AND h10.shape = 'tenant' AND h10.held_until > now() AND h10.tenant IS NOT NULL)
     OR (c9.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $8::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $8::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant = c9.account_id::text AND (SELECT coalesce(h12.starts_from <= s13.start AND s13.start < h12.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $5::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $5::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s13))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $8::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $8::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $8::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND (SELECT coalesce(h16.starts_from <= s18.start AND s18.start < h16.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $5::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $5::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s18) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $8::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h16.hold AND h19.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND (c20.account_id::text IN (SELECT CASE WHEN z21.forms IS NULL THEN z21.name ELSE z21.forms ->> 'integer' END FROM retention.pause z21 WHERE z21.scope = 'tenant' AND z21.resumed_at IS NULL AND (z21.until IS NULL OR z21.until > now()))) IS TRUE)) IS NOT TRUE;
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
SELECT (t.source = $4::text) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) THEN max(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) END FROM ONLY g.page_event c1 WHERE c1.session_id = t.session_id) AS start,
       (SELECT coalesce((SELECT max(s2.start + CASE c3.account_id::text WHEN $7::text THEN $8::interval ELSE $9::interval END) FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id), s2.start + $9::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) THEN max(CASE WHEN c1.seen_at >= $5::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) END FROM ONLY g.page_event c1 WHERE c1.session_id = t.session_id) AS start OFFSET 0) s2) AS stage_due,
       (SELECT coalesce((SELECT max(s4.start + CASE c5.account_id::text WHEN $7::text THEN $8::interval ELSE $9::interval END) FROM ONLY g.page_event c5 WHERE c5.session_id = t.session_id), s4.start + $9::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $5::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $5::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s4) AS due_at,
       (SELECT min(c7.account_id::text) FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS tenant,
       coalesce((SELECT json_agg(o.o) FROM (SELECT json_build_object('tenant', $7::text, 'period', $10::text, 'because', $11::text) AS o WHERE $7::text = ANY (ARRAY(SELECT DISTINCT c8.account_id::text FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id))) o(o)), json_build_array()) AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $12::text AND h9.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $12::text AND h10.shape IN ('all', 'start') AND h10.held_until > now())) AND (SELECT range_agg(tstzrange(h11.starts_from, h11.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h11 WHERE h11.category = $12::text AND h11.shape IN ('all', 'start') AND h11.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c12.seen_at >= $5::timestamptz AND c12.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c12.seen_at END) THEN max(CASE WHEN c12.seen_at >= $5::timestamptz AND c12.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c12.seen_at END) END FROM ONLY g.page_event c12 WHERE c12.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $12::text AND h13.shape IN ('tenant', 'tenant_start') AND h13.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND (c14.account_id::text IN (SELECT h15.tenant FROM retention.held_scope h15 WHERE h15.category = $12::text AND h15.shape = 'tenant' AND h15.held_until > now() AND h15.tenant IS NOT NULL)
     OR (c14.account_id::text IN (SELECT h16.tenant FROM retention.held_scope h16 WHERE h16.category = $12::text AND h16.shape = 'tenant_start' AND h16.held_until > now() AND h16.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h17 WHERE h17.category = $12::text AND h17.shape = 'tenant_start' AND h17.held_until > now() AND h17.tenant = c14.account_id::text AND (SELECT coalesce(h17.starts_from <= s18.start AND s18.start < h17.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c12.seen_at >= $5::timestamptz AND c12.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c12.seen_at END) THEN max(CASE WHEN c12.seen_at >= $5::timestamptz AND c12.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c12.seen_at END) END FROM ONLY g.page_event c12 WHERE c12.session_id = t.session_id) AS start OFFSET 0) s18))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h19.key FROM retention.held_scope h19 WHERE h19.category = $12::text AND h19.shape = 'key' AND h19.held_until > now() AND h19.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h20.key FROM retention.held_scope h20 WHERE h20.category = $12::text AND h20.shape = 'key_more' AND h20.held_until > now() AND h20.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h21 WHERE h21.category = $12::text AND h21.shape = 'key_more' AND h21.held_until > now() AND h21.key = ARRAY[t.session_id::text] AND (h21.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c22 WHERE c22.session_id = t.session_id AND c22.account_id::text = h21.tenant)) IS TRUE) AND (SELECT coalesce(h21.starts_from <= s23.start AND s23.start < h21.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c12.seen_at >= $5::timestamptz AND c12.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c12.seen_at END) THEN max(CASE WHEN c12.seen_at >= $5::timestamptz AND c12.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c12.seen_at END) END FROM ONLY g.page_event c12 WHERE c12.session_id = t.session_id) AS start OFFSET 0) s23) AND (NOT h21.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $12::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h21.hold AND h24.part = h21.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x25.hold ORDER BY x25.hold), json_build_array()) FROM (SELECT DISTINCT h26.hold FROM retention.held_scope h26 WHERE h26.category = $12::text AND h26.held_until > now() AND (h26.shape = 'all' OR (h26.shape = 'start' AND (SELECT coalesce(h26.starts_from <= s27.start AND s27.start < h26.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c28.seen_at >= $5::timestamptz AND c28.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c28.seen_at END) THEN max(CASE WHEN c28.seen_at >= $5::timestamptz AND c28.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c28.seen_at END) END FROM ONLY g.page_event c28 WHERE c28.session_id = t.session_id) AS start OFFSET 0) s27)) OR (h26.shape IN ('tenant', 'tenant_start') AND (EXISTS (SELECT 1 FROM ONLY g.page_event c29 WHERE c29.session_id = t.session_id AND c29.account_id::text = h26.tenant)) IS TRUE AND (SELECT coalesce(h26.starts_from <= s27.start AND s27.start < h26.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c28.seen_at >= $5::timestamptz AND c28.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c28.seen_at END) THEN max(CASE WHEN c28.seen_at >= $5::timestamptz AND c28.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c28.seen_at END) END FROM ONLY g.page_event c28 WHERE c28.session_id = t.session_id) AS start OFFSET 0) s27)) OR (h26.shape = 'key' AND h26.key = ARRAY[t.session_id::text]) OR (h26.shape = 'key_more' AND h26.key = ARRAY[t.session_id::text] AND (h26.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id AND c30.account_id::text = h26.tenant)) IS TRUE) AND (SELECT coalesce(h26.starts_from <= s31.start AND s31.start < h26.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $6::text) END WHEN count(*) = count(CASE WHEN c28.seen_at >= $5::timestamptz AND c28.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c28.seen_at END) THEN max(CASE WHEN c28.seen_at >= $5::timestamptz AND c28.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c28.seen_at END) END FROM ONLY g.page_event c28 WHERE c28.session_id = t.session_id) AS start OFFSET 0) s31) AND (NOT h26.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h32 WHERE h32.category = $12::text AND h32.shape = 'key_subject' AND h32.held_until > now() AND h32.hold = h26.hold AND h32.part = h26.part AND false)))))) x25) AS holds,
       (EXISTS (SELECT 1 FROM ONLY g.page_event c33 WHERE c33.session_id = t.session_id AND (c33.account_id::text IN (SELECT CASE WHEN z34.forms IS NULL THEN z34.name ELSE z34.forms ->> 'integer' END FROM retention.pause z34 WHERE z34.scope = 'tenant' AND z34.resumed_at IS NULL AND (z34.until IS NULL OR z34.until > now()))) IS TRUE)) IS TRUE AS paused
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
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $4::text THEN $5::interval ELSE $6::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $6::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $9::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $10::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $10::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $10::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $10::text AND h8.shape IN ('tenant', 'tenant_start') AND h8.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND (c9.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $10::text AND h10.shape = 'tenant' AND h10.held_until > now() AND h10.tenant IS NOT NULL)
     OR (c9.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $10::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $10::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant = c9.account_id::text AND (SELECT coalesce(h12.starts_from <= s13.start AND s13.start < h12.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s13))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $10::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $10::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $10::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND (SELECT coalesce(h16.starts_from <= s18.start AND s18.start < h16.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s18) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $10::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h16.hold AND h19.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND (c20.account_id::text IN (SELECT CASE WHEN z21.forms IS NULL THEN z21.name ELSE z21.forms ->> 'integer' END FROM retention.pause z21 WHERE z21.scope = 'tenant' AND z21.resumed_at IS NULL AND (z21.until IS NULL OR z21.until > now()))) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c22.account_id::text) FROM ONLY g.page_event c22 WHERE c22.session_id = t.session_id) AS tenant, t.session_id::uuid AS k1;
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

-- leaf: remove, prepared
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $4::text THEN '2 years'::interval ELSE '1 year'::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + '1 year'::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= '1970-01-02'::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= '1970-01-02'::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= '2024-02-29 00:00:00+00'::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= '1970-01-02'::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= '1970-01-02'::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape IN ('tenant', 'tenant_start') AND h8.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND (c9.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $5::text AND h10.shape = 'tenant' AND h10.held_until > now() AND h10.tenant IS NOT NULL)
     OR (c9.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $5::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant = c9.account_id::text AND (SELECT coalesce(h12.starts_from <= s13.start AND s13.start < h12.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= '1970-01-02'::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= '1970-01-02'::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s13))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $5::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $5::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $5::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND (SELECT coalesce(h16.starts_from <= s18.start AND s18.start < h16.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= '1970-01-02'::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= '1970-01-02'::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s18) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $5::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h16.hold AND h19.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND (c20.account_id::text IN (SELECT CASE WHEN z21.forms IS NULL THEN z21.name ELSE z21.forms ->> 'integer' END FROM retention.pause z21 WHERE z21.scope = 'tenant' AND z21.resumed_at IS NULL AND (z21.until IS NULL OR z21.until > now()))) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c22.account_id::text) FROM ONLY g.page_event c22 WHERE c22.session_id = t.session_id) AS tenant, t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value 7
-- $5 value by_child

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $4::text THEN $5::interval ELSE $6::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $6::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $7::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $9::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $10::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $10::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $10::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $10::text AND h8.shape IN ('tenant', 'tenant_start') AND h8.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND (c9.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $10::text AND h10.shape = 'tenant' AND h10.held_until > now() AND h10.tenant IS NOT NULL)
     OR (c9.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $10::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $10::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant = c9.account_id::text AND (SELECT coalesce(h12.starts_from <= s13.start AND s13.start < h12.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s13))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $10::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $10::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $10::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND (SELECT coalesce(h16.starts_from <= s18.start AND s18.start < h16.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s18) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $10::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h16.hold AND h19.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND (c20.account_id::text IN (SELECT CASE WHEN z21.forms IS NULL THEN z21.name ELSE z21.forms ->> 'integer' END FROM retention.pause z21 WHERE z21.scope = 'tenant' AND z21.resumed_at IS NULL AND (z21.until IS NULL OR z21.until > now()))) IS TRUE)) IS NOT TRUE
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $9::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $9::text AND h8.shape IN ('tenant', 'tenant_start') AND h8.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND (c9.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $9::text AND h10.shape = 'tenant' AND h10.held_until > now() AND h10.tenant IS NOT NULL)
     OR (c9.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $9::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $9::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant = c9.account_id::text AND (SELECT coalesce(h12.starts_from <= s13.start AND s13.start < h12.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s13))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $9::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $9::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $9::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND (SELECT coalesce(h16.starts_from <= s18.start AND s18.start < h16.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s18) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $9::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h16.hold AND h19.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND (c20.account_id::text IN (SELECT CASE WHEN z21.forms IS NULL THEN z21.name ELSE z21.forms ->> 'integer' END FROM retention.pause z21 WHERE z21.scope = 'tenant' AND z21.resumed_at IS NULL AND (z21.until IS NULL OR z21.until > now()))) IS TRUE)) IS NOT TRUE
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
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.source = $2::text
   AND (SELECT coalesce((SELECT max(s1.start + CASE c2.account_id::text WHEN $3::text THEN $4::interval ELSE $5::interval END) FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id), s1.start + $5::interval) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c3.seen_at >= $6::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) THEN max(CASE WHEN c3.seen_at >= $6::timestamptz AND c3.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c3.seen_at END) END FROM ONLY g.page_event c3 WHERE c3.session_id = t.session_id) AS start OFFSET 0) s1) <= $8::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $9::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $9::text AND h8.shape IN ('tenant', 'tenant_start') AND h8.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND (c9.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $9::text AND h10.shape = 'tenant' AND h10.held_until > now() AND h10.tenant IS NOT NULL)
     OR (c9.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $9::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $9::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant = c9.account_id::text AND (SELECT coalesce(h12.starts_from <= s13.start AND s13.start < h12.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s13))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $9::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $9::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $9::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND (SELECT coalesce(h16.starts_from <= s18.start AND s18.start < h16.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($6::timestamptz AT TIME ZONE $7::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $7::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $6::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s18) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $9::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h16.hold AND h19.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND (c20.account_id::text IN (SELECT CASE WHEN z21.forms IS NULL THEN z21.name ELSE z21.forms ->> 'integer' END FROM retention.pause z21 WHERE z21.scope = 'tenant' AND z21.resumed_at IS NULL AND (z21.until IS NULL OR z21.until > now()))) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c22.account_id::text) FROM ONLY g.page_event c22 WHERE c22.session_id = t.session_id) AS tenant, t.session_id::uuid AS k1;
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $10::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $10::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $10::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $10::text AND h8.shape IN ('tenant', 'tenant_start') AND h8.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id AND (c9.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $10::text AND h10.shape = 'tenant' AND h10.held_until > now() AND h10.tenant IS NOT NULL)
     OR (c9.account_id::text IN (SELECT h11.tenant FROM retention.held_scope h11 WHERE h11.category = $10::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $10::text AND h12.shape = 'tenant_start' AND h12.held_until > now() AND h12.tenant = c9.account_id::text AND (SELECT coalesce(h12.starts_from <= s13.start AND s13.start < h12.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s13))))) IS TRUE)))
     OR ARRAY[t.session_id::text] IN (SELECT h14.key FROM retention.held_scope h14 WHERE h14.category = $10::text AND h14.shape = 'key' AND h14.held_until > now() AND h14.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h15.key FROM retention.held_scope h15 WHERE h15.category = $10::text AND h15.shape = 'key_more' AND h15.held_until > now() AND h15.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $10::text AND h16.shape = 'key_more' AND h16.held_until > now() AND h16.key = ARRAY[t.session_id::text] AND (h16.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c17 WHERE c17.session_id = t.session_id AND c17.account_id::text = h16.tenant)) IS TRUE) AND (SELECT coalesce(h16.starts_from <= s18.start AND s18.start < h16.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($7::timestamptz AT TIME ZONE $8::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $8::text) END WHEN count(*) = count(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) THEN max(CASE WHEN c7.seen_at >= $7::timestamptz AND c7.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c7.seen_at END) END FROM ONLY g.page_event c7 WHERE c7.session_id = t.session_id) AS start OFFSET 0) s18) AND (NOT h16.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $10::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h16.hold AND h19.part = h16.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.page_event c20 WHERE c20.session_id = t.session_id AND (c20.account_id::text IN (SELECT CASE WHEN z21.forms IS NULL THEN z21.name ELSE z21.forms ->> 'integer' END FROM retention.pause z21 WHERE z21.scope = 'tenant' AND z21.resumed_at IS NULL AND (z21.until IS NULL OR z21.until > now()))) IS TRUE)) IS NOT TRUE;
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
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.session t\n WHERE (t.source <> 'child'::text OR t.source IS NULL) AND t.source <> ALL (ARRAY['latest'::text])\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'by_json'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = 'by_json'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid)) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = 'by_json'::text AND h3.shape IN ('all', 'start') AND h3.held_until > now() AND h3.hold = $1::uuid) @> coalesce((SELECT CASE WHEN (x4.v - x4.back) >= '2001-02-03'::timestamptz THEN x4.v END FROM (SELECT retention.try_timestamptz((t.data #>> '{\"ended\",\"at\"}'::text[])) AS v, CASE WHEN (t.data #>> '{\"ended\",\"at\"}'::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> '{\"ended\",\"at\"}'::text[]) AS raw OFFSET 0) x4), 'infinity'::timestamptz))\n     OR ARRAY[t.session_id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = 'by_json'::text AND h5.shape = 'key' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key IS NOT NULL)\n     OR (ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = 'by_json'::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = 'by_json'::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.key = ARRAY[t.session_id::text] AND h7.tenant IS NULL AND (SELECT coalesce(h7.starts_from <= s8.start AND s8.start < h7.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x4.v - x4.back) >= '2001-02-03'::timestamptz THEN x4.v END FROM (SELECT retention.try_timestamptz((t.data #>> '{\"ended\",\"at\"}'::text[])) AS v, CASE WHEN (t.data #>> '{\"ended\",\"at\"}'::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> '{\"ended\",\"at\"}'::text[]) AS raw OFFSET 0) x4) AS start OFFSET 0) s8) AND (NOT h7.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'by_json'::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.hold = h7.hold AND h9.part = h7.part AND false))))))\n     ELSE false END)","key":[{"column":"session_id","type":"uuid"}],"start":true,"subjects":[],"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now())) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce((SELECT CASE WHEN (x4.v - x4.back) >= $3::timestamptz THEN x4.v END FROM (SELECT retention.try_timestamptz((t.data #>> $4::text[])) AS v, CASE WHEN (t.data #>> $4::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $4::text[]) AS raw OFFSET 0) x4), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'key' AND h5.held_until > now() AND h5.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key = ARRAY[t.session_id::text] AND h7.tenant IS NULL AND (SELECT coalesce(h7.starts_from <= s8.start AND s8.start < h7.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x4.v - x4.back) >= $3::timestamptz THEN x4.v END FROM (SELECT retention.try_timestamptz((t.data #>> $4::text[])) AS v, CASE WHEN (t.data #>> $4::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $4::text[]) AS raw OFFSET 0) x4) AS start OFFSET 0) s8) AND (NOT h7.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_subject' AND h9.held_until > now() AND h9.hold = h7.hold AND h9.part = h7.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN (coalesce((CASE WHEN (t.data #>> $5::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $5::text[])::numeric END) >= $6::numeric, (t.data #>> $5::text[]) IS NOT NULL)) IS TRUE THEN 6
              WHEN (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $7::interval > $1::timestamptz END, t.clock_ms IS NOT NULL)) IS TRUE THEN 6
              ELSE 13 END AS verdict
    FROM (SELECT CASE WHEN ((t.source <> $8::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$9::text])) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT CASE WHEN (x10.v - x10.back) >= $3::timestamptz THEN x10.v END FROM (SELECT retention.try_timestamptz((t.data #>> $4::text[])) AS v, CASE WHEN (t.data #>> $4::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $4::text[]) AS raw OFFSET 0) x10) + $10::interval AS "retention due", t.session_id, t.clock_ms, t.data
            FROM ONLY g.session t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_json
-- $3 value 2001-02-03
-- $4 value {"ended","at"}
-- $5 value {"score"}
-- $6 value 10
-- $7 value 30 days
-- $8 value child
-- $9 value latest
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape IN ('all', 'start') AND h3.held_until > now())) AND (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape IN ('all', 'start') AND h4.held_until > now()) @> coalesce((SELECT CASE WHEN (x5.v - x5.back) >= $3::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $4::text[])) AS v, CASE WHEN (t.data #>> $4::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $4::text[]) AS raw OFFSET 0) x5), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.session_id::text] AND h8.tenant IS NULL AND (SELECT coalesce(h8.starts_from <= s9.start AND s9.start < h8.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x5.v - x5.back) >= $3::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $4::text[])) AS v, CASE WHEN (t.data #>> $4::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $4::text[]) AS raw OFFSET 0) x5) AS start OFFSET 0) s9) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h8.hold AND h10.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (coalesce((CASE WHEN (t.data #>> $8::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $8::text[])::numeric END) >= $9::numeric, (t.data #>> $8::text[]) IS NOT NULL)) IS NOT TRUE
   AND (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $10::interval > $6::timestamptz END, t.clock_ms IS NOT NULL)) IS NOT TRUE;
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
  'action', $1::text,
  'passed', x.passed,
  'held', x.held,
  'holds', x.holds,
  'kept_while', json_build_array(json_build_object('because', $4::text, 'keeps', x.kept1), json_build_object('because', $5::text, 'keeps', x.kept2)),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.passed THEN 'passed' WHEN x.held THEN 'held' WHEN false OR x.kept1 OR x.kept2 THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT ((t.source <> $6::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$7::text])) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       (SELECT CASE WHEN (x1.v - x1.back) >= $8::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x1) AS start,
       (SELECT s2.start + $10::interval FROM (SELECT (SELECT CASE WHEN (x1.v - x1.back) >= $8::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x1) AS start OFFSET 0) s2) AS stage_due,
       (SELECT CASE WHEN (x3.v - x3.back) >= $8::timestamptz THEN x3.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x3) + $10::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $11::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $11::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $11::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (x7.v - x7.back) >= $8::timestamptz THEN x7.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x7), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $11::text AND h8.shape = 'key' AND h8.held_until > now() AND h8.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $11::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $11::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key = ARRAY[t.session_id::text] AND h10.tenant IS NULL AND (SELECT coalesce(h10.starts_from <= s11.start AND s11.start < h10.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x7.v - x7.back) >= $8::timestamptz THEN x7.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x7) AS start OFFSET 0) s11) AND (NOT h10.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $11::text AND h12.shape = 'key_subject' AND h12.held_until > now() AND h12.hold = h10.hold AND h12.part = h10.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x13.hold ORDER BY x13.hold), json_build_array()) FROM (SELECT DISTINCT h14.hold FROM retention.held_scope h14 WHERE h14.category = $11::text AND h14.held_until > now() AND (h14.shape = 'all' OR (h14.shape = 'start' AND (SELECT coalesce(h14.starts_from <= s15.start AND s15.start < h14.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x16.v - x16.back) >= $8::timestamptz THEN x16.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x16) AS start OFFSET 0) s15)) OR (h14.shape = 'key' AND h14.key = ARRAY[t.session_id::text]) OR (h14.shape = 'key_more' AND h14.key = ARRAY[t.session_id::text] AND h14.tenant IS NULL AND (SELECT coalesce(h14.starts_from <= s17.start AND s17.start < h14.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x16.v - x16.back) >= $8::timestamptz THEN x16.v END FROM (SELECT retention.try_timestamptz((t.data #>> $9::text[])) AS v, CASE WHEN (t.data #>> $9::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $9::text[]) AS raw OFFSET 0) x16) AS start OFFSET 0) s17) AND (NOT h14.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $11::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h14.hold AND h18.part = h14.part AND false)))))) x13) AS holds,
       (coalesce((CASE WHEN (t.data #>> $12::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $12::text[])::numeric END) >= $13::numeric, (t.data #>> $12::text[]) IS NOT NULL)) IS TRUE AS kept1,
       (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $14::interval > $2::timestamptz END, t.clock_ms IS NOT NULL)) IS TRUE AS kept2,
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
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.source <> $3::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$4::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $5::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x1) + $7::interval <= $8::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $9::text AND h2.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $9::text AND h3.shape IN ('all', 'start') AND h3.held_until > now())) AND (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.shape IN ('all', 'start') AND h4.held_until > now()) @> coalesce((SELECT CASE WHEN (x5.v - x5.back) >= $5::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x5), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $9::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $9::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.session_id::text] AND h8.tenant IS NULL AND (SELECT coalesce(h8.starts_from <= s9.start AND s9.start < h8.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x5.v - x5.back) >= $5::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x5) AS start OFFSET 0) s9) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $9::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h8.hold AND h10.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (coalesce((CASE WHEN (t.data #>> $10::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $10::text[])::numeric END) >= $11::numeric, (t.data #>> $10::text[]) IS NOT NULL)) IS NOT TRUE
   AND (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $12::interval > $8::timestamptz END, t.clock_ms IS NOT NULL)) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
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

-- leaf: remove, prepared
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.source <> $3::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$4::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= '2001-02-03'::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $5::text[])) AS v, CASE WHEN (t.data #>> $5::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $5::text[]) AS raw OFFSET 0) x1) + '1 year'::interval <= '2024-02-29 00:00:00+00'::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape IN ('all', 'start') AND h3.held_until > now())) AND (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape IN ('all', 'start') AND h4.held_until > now()) @> coalesce((SELECT CASE WHEN (x5.v - x5.back) >= '2001-02-03'::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $5::text[])) AS v, CASE WHEN (t.data #>> $5::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $5::text[]) AS raw OFFSET 0) x5), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.session_id::text] AND h8.tenant IS NULL AND (SELECT coalesce(h8.starts_from <= s9.start AND s9.start < h8.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x5.v - x5.back) >= '2001-02-03'::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $5::text[])) AS v, CASE WHEN (t.data #>> $5::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $5::text[]) AS raw OFFSET 0) x5) AS start OFFSET 0) s9) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h8.hold AND h10.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (coalesce((CASE WHEN (t.data #>> $7::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $7::text[])::numeric END) >= $8::numeric, (t.data #>> $7::text[]) IS NOT NULL)) IS NOT TRUE
   AND (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + '30 days'::interval > '2024-02-29 00:00:00+00'::timestamptz END, t.clock_ms IS NOT NULL)) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value child
-- $4 value latest
-- $5 value {"ended","at"}
-- $6 value by_json
-- $7 value {"score"}
-- $8 value 10

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (t.source <> $3::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$4::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $5::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x1) + $7::interval <= $8::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $9::text AND h2.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $9::text AND h3.shape IN ('all', 'start') AND h3.held_until > now())) AND (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.shape IN ('all', 'start') AND h4.held_until > now()) @> coalesce((SELECT CASE WHEN (x5.v - x5.back) >= $5::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x5), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $9::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $9::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.session_id::text] AND h8.tenant IS NULL AND (SELECT coalesce(h8.starts_from <= s9.start AND s9.start < h8.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x5.v - x5.back) >= $5::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x5) AS start OFFSET 0) s9) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $9::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h8.hold AND h10.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (coalesce((CASE WHEN (t.data #>> $10::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $10::text[])::numeric END) >= $11::numeric, (t.data #>> $10::text[]) IS NOT NULL)) IS NOT TRUE
   AND (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $12::interval > $8::timestamptz END, t.clock_ms IS NOT NULL)) IS NOT TRUE
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
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND (t.source <> $2::text OR t.source IS NULL) AND t.source <> ALL (ARRAY[$3::text])
   AND (SELECT CASE WHEN (x1.v - x1.back) >= $4::timestamptz THEN x1.v END FROM (SELECT retention.try_timestamptz((t.data #>> $5::text[])) AS v, CASE WHEN (t.data #>> $5::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $5::text[]) AS raw OFFSET 0) x1) + $6::interval <= $7::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape IN ('all', 'start') AND h3.held_until > now())) AND (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape IN ('all', 'start') AND h4.held_until > now()) @> coalesce((SELECT CASE WHEN (x5.v - x5.back) >= $4::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $5::text[])) AS v, CASE WHEN (t.data #>> $5::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $5::text[]) AS raw OFFSET 0) x5), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $8::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $8::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.session_id::text] AND h8.tenant IS NULL AND (SELECT coalesce(h8.starts_from <= s9.start AND s9.start < h8.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x5.v - x5.back) >= $4::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $5::text[])) AS v, CASE WHEN (t.data #>> $5::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $5::text[]) AS raw OFFSET 0) x5) AS start OFFSET 0) s9) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $8::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h8.hold AND h10.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (coalesce((CASE WHEN (t.data #>> $9::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $9::text[])::numeric END) >= $10::numeric, (t.data #>> $9::text[]) IS NOT NULL)) IS NOT TRUE
   AND (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $11::interval > $7::timestamptz END, t.clock_ms IS NOT NULL)) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $9::text AND h2.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $9::text AND h3.shape IN ('all', 'start') AND h3.held_until > now())) AND (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = $9::text AND h4.shape IN ('all', 'start') AND h4.held_until > now()) @> coalesce((SELECT CASE WHEN (x5.v - x5.back) >= $5::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x5), 'infinity'::timestamptz))
     OR ARRAY[t.session_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $9::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $9::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $9::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.session_id::text] AND h8.tenant IS NULL AND (SELECT coalesce(h8.starts_from <= s9.start AND s9.start < h8.starts_to, true) FROM (SELECT (SELECT CASE WHEN (x5.v - x5.back) >= $5::timestamptz THEN x5.v END FROM (SELECT retention.try_timestamptz((t.data #>> $6::text[])) AS v, CASE WHEN (t.data #>> $6::text[]) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE '0'::interval END AS back, (t.data #>> $6::text[]) AS raw OFFSET 0) x5) AS start OFFSET 0) s9) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $9::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h8.hold AND h10.part = h8.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND (coalesce((CASE WHEN (t.data #>> $10::text[]) ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$' THEN (t.data #>> $10::text[])::numeric END) >= $11::numeric, (t.data #>> $10::text[]) IS NOT NULL)) IS NOT TRUE
   AND (coalesce(CASE WHEN CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END >= '10000-01-01 00:00:00+00'::timestamptz THEN true ELSE CASE WHEN t.clock_ms BETWEEN -62135596800000 AND 253402300799000 THEN to_timestamp(t.clock_ms::float8 / 1000) END + $12::interval > $8::timestamptz END, t.clock_ms IS NOT NULL)) IS NOT TRUE;
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
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.session t\n WHERE t.source = 'latest'::text\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'by_latest'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'by_latest'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE 'Europe/Berlin'::text) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text)) END, 'infinity'::timestamptz)\n     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = 'by_latest'::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.key IS NOT NULL)\n     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = 'by_latest'::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'by_latest'::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE 'Europe/Berlin'::text) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE 'Europe/Berlin'::text) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'by_latest'::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))\n     ELSE false END)","key":[{"column":"session_id","type":"uuid"}],"start":true,"subjects":[],"timezone":"Europe/Berlin"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              ELSE 13 END AS verdict
    FROM (SELECT CASE WHEN (t.source = $5::text) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END + $6::interval AS "retention due", t.session_id, t.started_at, t.clock_ms, t.birthday
            FROM ONLY g.session t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_latest
-- $3 value 1970-01-02
-- $4 value Europe/Berlin
-- $5 value latest
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $2::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($2::timestamptz AT TIME ZONE $3::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $3::text) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $3::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $2::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($2::timestamptz AT TIME ZONE $3::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $3::text) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $3::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $2::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($2::timestamptz AT TIME ZONE $3::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $3::text) + '1 year'::interval) AT TIME ZONE $3::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $3::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
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
SELECT (t.source = $4::text) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END AS start,
       (SELECT s1.start + $7::interval FROM (SELECT CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END + $7::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape = 'key' AND h4.held_until > now() AND h4.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key = ARRAY[t.session_id::text] AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END < h6.starts_to, true) AND (NOT h6.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $8::text AND h7.shape = 'key_subject' AND h7.held_until > now() AND h7.hold = h6.hold AND h7.part = h6.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x8.hold ORDER BY x8.hold), json_build_array()) FROM (SELECT DISTINCT h9.hold FROM retention.held_scope h9 WHERE h9.category = $8::text AND h9.held_until > now() AND (h9.shape = 'all' OR (h9.shape = 'start' AND coalesce(h9.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END < h9.starts_to, true)) OR (h9.shape = 'key' AND h9.key = ARRAY[t.session_id::text]) OR (h9.shape = 'key_more' AND h9.key = ARRAY[t.session_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($5::timestamptz AT TIME ZONE $6::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $5::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $6::text) + '1 year'::interval) AT TIME ZONE $6::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $6::text)) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $8::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false)))))) x8) AS holds,
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
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END + $6::interval <= $7::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $8::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value latest
-- $4 value 1970-01-02
-- $5 value Europe/Berlin
-- $6 value 1 year
-- $7 run time
-- $8 value by_latest

-- leaf: remove, prepared
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE 'Europe/Berlin'::text) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text)) END + '1 year'::interval <= '2024-02-29 00:00:00+00'::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $4::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE 'Europe/Berlin'::text) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $4::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE 'Europe/Berlin'::text) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM '1970-01-02'::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ('1970-01-02'::timestamptz AT TIME ZONE 'Europe/Berlin'::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE 'Europe/Berlin'::text) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE 'Europe/Berlin'::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value latest
-- $4 value by_latest

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.source = $3::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END + $6::interval <= $7::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $8::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
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
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.source = $2::text
   AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END + $5::interval <= $6::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $3::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $4::text) + '1 year'::interval) AT TIME ZONE $4::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $4::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
RETURNING t.session_id::uuid AS k1;
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $8::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $8::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END, 'infinity'::timestamptz)
     OR ARRAY[t.session_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.session_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END AND CASE WHEN (t.started_at IS NULL OR (t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp)) AND (t.clock_ms IS NULL OR (t.clock_ms >= ceil(extract(epoch FROM $4::timestamptz AT TIME ZONE 'UTC') * 1000)::bigint AND t.clock_ms <= 253402300799999)) AND (t.birthday IS NULL OR (t.birthday >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.birthday < '10000-01-01'::date)) THEN GREATEST(((date_trunc('year', t.started_at) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', to_timestamp(t.clock_ms::float8 / 1000) AT TIME ZONE $5::text) + '1 year'::interval) AT TIME ZONE $5::text), ((date_trunc('year', t.birthday::timestamp) + '1 year'::interval) AT TIME ZONE $5::text)) END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
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
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.invoice t\n WHERE (SELECT p1.plan = 'trial'::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = 'by_parent'::text AND h2.held_until > now() AND h2.hold = $1::uuid)) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = 'by_parent'::text AND h3.shape IN ('all', 'start') AND h3.held_until > now() AND h3.hold = $1::uuid)) AND (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = 'by_parent'::text AND h4.shape IN ('all', 'start') AND h4.held_until > now() AND h4.hold = $1::uuid) @> coalesce((SELECT CASE WHEN (l5.v1 > '-infinity'::timestamptz) AND (l5.v2 > '-infinity'::timestamptz) THEN LEAST(l5.v1, l5.v2) END FROM (SELECT (SELECT CASE WHEN p6.closed_at >= '1970-01-02'::timestamptz AND p6.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p6.closed_at END FROM ONLY g.account p6 WHERE t.account_id = p6.account_id) AS v1, CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END AS v2 OFFSET 0) l5), 'infinity'::timestamptz))\n     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = 'by_parent'::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.key IS NOT NULL)\n     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = 'by_parent'::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'by_parent'::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.key = ARRAY[t.invoice_id::text] AND h9.tenant IS NULL AND (SELECT coalesce(h9.starts_from <= s10.start AND s10.start < h9.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l5.v1 > '-infinity'::timestamptz) AND (l5.v2 > '-infinity'::timestamptz) THEN LEAST(l5.v1, l5.v2) END FROM (SELECT (SELECT CASE WHEN p6.closed_at >= '1970-01-02'::timestamptz AND p6.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p6.closed_at END FROM ONLY g.account p6 WHERE t.account_id = p6.account_id) AS v1, CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END AS v2 OFFSET 0) l5) AS start OFFSET 0) s10) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = 'by_parent'::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = $1::uuid AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))\n     ELSE false END)","key":[{"column":"invoice_id","type":"integer"}],"start":true,"subjects":[],"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now())) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce((SELECT CASE WHEN (l4.v1 > '-infinity'::timestamptz) AND (l4.v2 > '-infinity'::timestamptz) THEN LEAST(l4.v1, l4.v2) END FROM (SELECT (SELECT CASE WHEN p5.closed_at >= $3::timestamptz AND p5.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p5.closed_at END FROM ONLY g.account p5 WHERE t.account_id = p5.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l4), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h6.key FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'key' AND h6.held_until > now() AND h6.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key_more' AND h7.held_until > now() AND h7.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key = ARRAY[t.invoice_id::text] AND h8.tenant IS NULL AND (SELECT coalesce(h8.starts_from <= s9.start AND s9.start < h8.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l4.v1 > '-infinity'::timestamptz) AND (l4.v2 > '-infinity'::timestamptz) THEN LEAST(l4.v1, l4.v2) END FROM (SELECT (SELECT CASE WHEN p5.closed_at >= $3::timestamptz AND p5.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p5.closed_at END FROM ONLY g.account p5 WHERE t.account_id = p5.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l4) AS start OFFSET 0) s9) AND (NOT h8.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $2::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h8.hold AND h10.part = h8.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              WHEN ((EXISTS (SELECT 1 FROM ONLY g.payment w11 WHERE w11.invoice_id = t.invoice_id AND w11.paid_at IS NOT NULL)) IS TRUE) IS TRUE THEN 9
              ELSE 13 END AS verdict
    FROM (SELECT CASE WHEN ((SELECT p12.plan = $5::text FROM ONLY g.account p12 WHERE t.account_id = p12.account_id)) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 (SELECT CASE WHEN (l13.v1 > '-infinity'::timestamptz) AND (l13.v2 > '-infinity'::timestamptz) THEN LEAST(l13.v1, l13.v2) END FROM (SELECT (SELECT CASE WHEN p14.closed_at >= $3::timestamptz AND p14.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p14.closed_at END FROM ONLY g.account p14 WHERE t.account_id = p14.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l13) + $6::interval AS "retention due", t.invoice_id, t.account_id, t.issued
            FROM ONLY g.invoice t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value by_parent
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value trial
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $2::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($2::timestamptz AT TIME ZONE $3::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $3::text) END AS v2 OFFSET 0) l7), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND h11.tenant IS NULL AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $2::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($2::timestamptz AT TIME ZONE $3::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $3::text) END AS v2 OFFSET 0) l7) AS start OFFSET 0) s12) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w14 WHERE w14.invoice_id = t.invoice_id AND w14.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE;
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
  'action', $1::text,
  'passed', x.passed,
  'held', x.held,
  'holds', x.holds,
  'kept_while', json_build_array(),
  'floors', json_build_array(),
  'waiting_for', json_build_array(json_build_object('category', $4::text, 'waits', x.waits1, 'held', x.held1)),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.passed THEN 'passed' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false OR x.waits1 THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT ((SELECT p1.plan = $5::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $6::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l2) AS start,
       (SELECT s4.start + $8::interval FROM (SELECT (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $6::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l2) AS start OFFSET 0) s4) AS stage_due,
       (SELECT CASE WHEN (l5.v1 > '-infinity'::timestamptz) AND (l5.v2 > '-infinity'::timestamptz) THEN LEAST(l5.v1, l5.v2) END FROM (SELECT (SELECT CASE WHEN p6.closed_at >= $6::timestamptz AND p6.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p6.closed_at END FROM ONLY g.account p6 WHERE t.account_id = p6.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l5) + $8::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $9::text AND h7.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $9::text AND h8.shape IN ('all', 'start') AND h8.held_until > now())) AND (SELECT range_agg(tstzrange(h9.starts_from, h9.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h9 WHERE h9.category = $9::text AND h9.shape IN ('all', 'start') AND h9.held_until > now()) @> coalesce((SELECT CASE WHEN (l10.v1 > '-infinity'::timestamptz) AND (l10.v2 > '-infinity'::timestamptz) THEN LEAST(l10.v1, l10.v2) END FROM (SELECT (SELECT CASE WHEN p11.closed_at >= $6::timestamptz AND p11.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p11.closed_at END FROM ONLY g.account p11 WHERE t.account_id = p11.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l10), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h12.key FROM retention.held_scope h12 WHERE h12.category = $9::text AND h12.shape = 'key' AND h12.held_until > now() AND h12.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h13.key FROM retention.held_scope h13 WHERE h13.category = $9::text AND h13.shape = 'key_more' AND h13.held_until > now() AND h13.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $9::text AND h14.shape = 'key_more' AND h14.held_until > now() AND h14.key = ARRAY[t.invoice_id::text] AND h14.tenant IS NULL AND (SELECT coalesce(h14.starts_from <= s15.start AND s15.start < h14.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l10.v1 > '-infinity'::timestamptz) AND (l10.v2 > '-infinity'::timestamptz) THEN LEAST(l10.v1, l10.v2) END FROM (SELECT (SELECT CASE WHEN p11.closed_at >= $6::timestamptz AND p11.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p11.closed_at END FROM ONLY g.account p11 WHERE t.account_id = p11.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l10) AS start OFFSET 0) s15) AND (NOT h14.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $9::text AND h16.shape = 'key_subject' AND h16.held_until > now() AND h16.hold = h14.hold AND h16.part = h14.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x17.hold ORDER BY x17.hold), json_build_array()) FROM (SELECT DISTINCT h18.hold FROM retention.held_scope h18 WHERE h18.category = $9::text AND h18.held_until > now() AND (h18.shape = 'all' OR (h18.shape = 'start' AND (SELECT coalesce(h18.starts_from <= s19.start AND s19.start < h18.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l20.v1 > '-infinity'::timestamptz) AND (l20.v2 > '-infinity'::timestamptz) THEN LEAST(l20.v1, l20.v2) END FROM (SELECT (SELECT CASE WHEN p21.closed_at >= $6::timestamptz AND p21.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p21.closed_at END FROM ONLY g.account p21 WHERE t.account_id = p21.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l20) AS start OFFSET 0) s19)) OR (h18.shape = 'key' AND h18.key = ARRAY[t.invoice_id::text]) OR (h18.shape = 'key_more' AND h18.key = ARRAY[t.invoice_id::text] AND h18.tenant IS NULL AND (SELECT coalesce(h18.starts_from <= s22.start AND s22.start < h18.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l20.v1 > '-infinity'::timestamptz) AND (l20.v2 > '-infinity'::timestamptz) THEN LEAST(l20.v1, l20.v2) END FROM (SELECT (SELECT CASE WHEN p21.closed_at >= $6::timestamptz AND p21.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p21.closed_at END FROM ONLY g.account p21 WHERE t.account_id = p21.account_id) AS v1, CASE WHEN t.issued >= ($6::timestamptz AT TIME ZONE $7::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $7::text) END AS v2 OFFSET 0) l20) AS start OFFSET 0) s22) AND (NOT h18.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $9::text AND h23.shape = 'key_subject' AND h23.held_until > now() AND h23.hold = h18.hold AND h23.part = h18.part AND false)))))) x17) AS holds,
       ((EXISTS (SELECT 1 FROM ONLY g.payment w24 WHERE w24.invoice_id = t.invoice_id AND w24.paid_at IS NOT NULL)) IS TRUE) IS TRUE AS waits1,
       ((EXISTS (SELECT 1 FROM ONLY g.payment w25 WHERE w25.invoice_id = t.invoice_id AND (w25.paid_at IS NOT NULL) AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h26 WHERE h26.category = $4::text AND h26.held_until > now())) THEN (SELECT range_agg(tstzrange(h27.starts_from, h27.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h27 WHERE h27.category = $4::text AND h27.shape IN ('all', 'start') AND h27.held_until > now()) @> coalesce(CASE WHEN w25.paid_at >= $6::timestamptz AND w25.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w25.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[w25.payment_id::text] IN (SELECT h28.key FROM retention.held_scope h28 WHERE h28.category = $4::text AND h28.shape = 'key' AND h28.held_until > now() AND h28.key IS NOT NULL)
     OR (ARRAY[w25.payment_id::text] IN (SELECT h29.key FROM retention.held_scope h29 WHERE h29.category = $4::text AND h29.shape = 'key_more' AND h29.held_until > now() AND h29.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h30 WHERE h30.category = $4::text AND h30.shape = 'key_more' AND h30.held_until > now() AND h30.key = ARRAY[w25.payment_id::text] AND h30.tenant IS NULL AND coalesce(h30.starts_from <= CASE WHEN w25.paid_at >= $6::timestamptz AND w25.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w25.paid_at END AND CASE WHEN w25.paid_at >= $6::timestamptz AND w25.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w25.paid_at END < h30.starts_to, true) AND (NOT h30.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h31 WHERE h31.category = $4::text AND h31.shape = 'key_subject' AND h31.held_until > now() AND h31.hold = h30.hold AND h31.part = h30.part AND false))))))
     ELSE false END) IS TRUE)) IS TRUE) IS TRUE AS held1,
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
DELETE FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT p1.plan = $3::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $4::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l2) + $6::interval <= $7::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $4::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l7), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $8::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $8::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $8::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND h11.tenant IS NULL AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $4::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l7) AS start OFFSET 0) s12) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $8::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w14 WHERE w14.invoice_id = t.invoice_id AND w14.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
RETURNING t.invoice_id::bigint AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value trial
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value 10 years
-- $7 run time
-- $8 value by_parent

-- leaf: remove, prepared
DELETE FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT p1.plan = $3::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= '1970-01-02'::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END AS v2 OFFSET 0) l2) + '10 years'::interval <= '2024-02-29 00:00:00+00'::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= '1970-01-02'::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END AS v2 OFFSET 0) l7), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $4::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $4::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $4::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND h11.tenant IS NULL AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= '1970-01-02'::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END AS v2 OFFSET 0) l7) AS start OFFSET 0) s12) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $4::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w14 WHERE w14.invoice_id = t.invoice_id AND w14.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
RETURNING t.invoice_id::bigint AS k1;
-- $1 from tid
-- $2 to tid
-- $3 value trial
-- $4 value by_parent

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.invoice_id::text AS k1
  FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT p1.plan = $3::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $4::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l2) + $6::interval <= $7::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $4::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l7), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $8::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $8::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $8::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND h11.tenant IS NULL AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $4::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l7) AS start OFFSET 0) s12) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $8::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w14 WHERE w14.invoice_id = t.invoice_id AND w14.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $3::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l7), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND h11.tenant IS NULL AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $3::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l7) AS start OFFSET 0) s12) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w14 WHERE w14.invoice_id = t.invoice_id AND w14.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 value trial
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value 10 years
-- $6 run time
-- $7 value by_parent

-- leaf: remove_tids
DELETE FROM ONLY g.invoice t
 WHERE t.ctid = ANY ($1::tid[])
   AND (SELECT p1.plan = $2::text FROM ONLY g.account p1 WHERE t.account_id = p1.account_id)
   AND (SELECT CASE WHEN (l2.v1 > '-infinity'::timestamptz) AND (l2.v2 > '-infinity'::timestamptz) THEN LEAST(l2.v1, l2.v2) END FROM (SELECT (SELECT CASE WHEN p3.closed_at >= $3::timestamptz AND p3.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p3.closed_at END FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l2) + $5::interval <= $6::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $3::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l7), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND h11.tenant IS NULL AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $3::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AS v2 OFFSET 0) l7) AS start OFFSET 0) s12) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w14 WHERE w14.invoice_id = t.invoice_id AND w14.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE
RETURNING t.invoice_id::bigint AS k1;
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
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $8::text AND h5.shape IN ('all', 'start') AND h5.held_until > now())) AND (SELECT range_agg(tstzrange(h6.starts_from, h6.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape IN ('all', 'start') AND h6.held_until > now()) @> coalesce((SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $4::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l7), 'infinity'::timestamptz))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $8::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $8::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $8::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND h11.tenant IS NULL AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN (l7.v1 > '-infinity'::timestamptz) AND (l7.v2 > '-infinity'::timestamptz) THEN LEAST(l7.v1, l7.v2) END FROM (SELECT (SELECT CASE WHEN p8.closed_at >= $4::timestamptz AND p8.closed_at < '10000-01-01 00:00:00+00'::timestamptz THEN p8.closed_at END FROM ONLY g.account p8 WHERE t.account_id = p8.account_id) AS v1, CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AS v2 OFFSET 0) l7) AS start OFFSET 0) s12) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $8::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w14 WHERE w14.invoice_id = t.invoice_id AND w14.paid_at IS NOT NULL)) IS TRUE) IS NOT TRUE;
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
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.payment t\n WHERE t.paid_at IS NOT NULL\n   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'payments'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'payments'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)\n     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = 'payments'::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.key IS NOT NULL)\n     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = 'payments'::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'payments'::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'payments'::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))\n     ELSE false END)","key":[{"column":"payment_id","type":"integer"}],"start":true,"subjects":[],"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS TRUE THEN 5
              ELSE 13 END AS verdict
    FROM (SELECT CASE WHEN (t.paid_at IS NOT NULL) IS NOT TRUE THEN 0 ELSE 2 END AS "retention claimed",
                 CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AS "retention due", t.payment_id, t.paid_at
            FROM ONLY g.payment t OFFSET '0') t OFFSET '0') r
   GROUP BY r.verdict) g;
-- $1 value 10 years
-- $2 run time
-- $3 value payments
-- $4 value 1970-01-02

-- unclaimed
SELECT count(*) AS rows
  FROM ONLY g.payment t
 WHERE (t.paid_at IS NOT NULL) IS NOT TRUE;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.payment t
 WHERE t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END <= (($1::timestamptz AT TIME ZONE 'UTC' - $2::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $2::interval <= $1::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $4::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $4::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
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
SELECT (t.paid_at IS NOT NULL) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AS start,
       (SELECT s1.start + $5::interval FROM (SELECT CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $5::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       false AS passed,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key' AND h4.held_until > now() AND h4.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h5.key FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_more' AND h6.held_until > now() AND h6.key = ARRAY[t.payment_id::text] AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true) AND (NOT h6.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key_subject' AND h7.held_until > now() AND h7.hold = h6.hold AND h7.part = h6.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x8.hold ORDER BY x8.hold), json_build_array()) FROM (SELECT DISTINCT h9.hold FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.held_until > now() AND (h9.shape = 'all' OR (h9.shape = 'start' AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true)) OR (h9.shape = 'key' AND h9.key = ARRAY[t.payment_id::text]) OR (h9.shape = 'key_more' AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND false)))))) x8) AS holds,
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
DELETE FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 10 years
-- $5 value 1970-01-02
-- $6 value payments

-- leaf: remove, prepared
DELETE FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '10 years'::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END <= (('2024-02-29 00:00:00+00'::timestamptz AT TIME ZONE 'UTC' - '10 years'::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + '10 years'::interval <= '2024-02-29 00:00:00+00'::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $3::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $3::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $3::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $3::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $3::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value payments

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid
  FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE
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
DELETE FROM ONLY g.payment t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.paid_at IS NOT NULL
   AND t.paid_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND (CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END <= (($2::timestamptz AT TIME ZONE 'UTC' - $3::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $3::interval <= $2::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
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
   AND (CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END <= (($3::timestamptz AT TIME ZONE 'UTC' - $4::interval - '7 days'::interval) AT TIME ZONE 'UTC') OR CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz)
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR ARRAY[t.payment_id::text] IN (SELECT h3.key FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'key' AND h3.held_until > now() AND h3.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h4.key FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'key_more' AND h4.held_until > now() AND h4.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'key_more' AND h5.held_until > now() AND h5.key = ARRAY[t.payment_id::text] AND h5.tenant IS NULL AND coalesce(h5.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h5.starts_to, true) AND (NOT h5.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'key_subject' AND h6.held_until > now() AND h6.hold = h5.hold AND h6.part = h5.part AND false))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 10 years
-- $5 value 1970-01-02
-- $6 value payments

