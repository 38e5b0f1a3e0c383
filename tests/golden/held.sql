---- category calls
-- governed: g.call g.transcript g.transcript_word g.account g.dispute
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM g.call t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'calls'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'calls'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)\n     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = 'calls'::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.hold = $1::uuid AND h3.tenant IS NOT NULL)\n     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = 'calls'::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'calls'::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))\n     OR retention.as_e164((t.caller::text COLLATE pg_catalog.\"default\")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = 'calls'::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.value IS NOT NULL AND h6.form = 'phone e164 text'::text)\n     OR (retention.as_e164((t.caller::text COLLATE pg_catalog.\"default\")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = 'calls'::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.value IS NOT NULL AND h7.form = 'phone e164 text'::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = 'calls'::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.form = 'phone e164 text'::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog.\"default\")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))\n     OR retention.as_lower((t.flags #>> '{\"from\",\"mail\"}'::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = 'calls'::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.value IS NOT NULL AND h9.form = 'email lower text'::text)\n     OR (retention.as_lower((t.flags #>> '{\"from\",\"mail\"}'::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = 'calls'::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.hold = $1::uuid AND h10.value IS NOT NULL AND h10.form = 'email lower text'::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = 'calls'::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.hold = $1::uuid AND h11.form = 'email lower text'::text AND h11.value = retention.as_lower((t.flags #>> '{\"from\",\"mail\"}'::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))\n     OR (SELECT (p12.name::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = 'calls'::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.hold = $1::uuid AND h13.value IS NOT NULL AND h13.form = 'name - text'::text)\n     OR ((SELECT (p12.name::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = 'calls'::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.hold = $1::uuid AND h14.value IS NOT NULL AND h14.form = 'name - text'::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = 'calls'::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.hold = $1::uuid AND h15.form = 'name - text'::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))\n     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = 'calls'::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now() AND h16.hold = $1::uuid)) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = 'calls'::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.hold = $1::uuid AND h18.value IS NOT NULL AND h18.form = 'transcript - uuid'::text)\n     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = 'calls'::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.hold = $1::uuid AND h19.value IS NOT NULL AND h19.form = 'transcript - uuid'::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = 'calls'::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.hold = $1::uuid AND h20.form = 'transcript - uuid'::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))\n     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = 'calls'::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.hold = $1::uuid AND h21.key IS NOT NULL)\n     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = 'calls'::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.hold = $1::uuid AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = 'calls'::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.hold = $1::uuid AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= '1970-01-02'::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = 'calls'::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = $1::uuid AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = 'phone e164 text'::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog.\"default\"))) OR (h24.form = 'email lower text'::text AND h24.value = retention.as_lower((t.flags #>> '{\"from\",\"mail\"}'::text[]))) OR (h24.form = 'name - text'::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = 'transcript - uuid'::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))\n     ELSE false END)","key":[{"column":"month","type":"date"},{"column":"call_id","type":"bigint"}],"start":true,"subjects":[{"as":"e164","columns":["caller"],"form":"phone e164 text","kind":"phone","type":"text"},{"as":"lower","columns":["flags#from,mail"],"form":"email lower text","kind":"email","type":"text"},{"as":null,"columns":["g.account.name"],"form":"name - text","kind":"name","type":"text"},{"as":null,"columns":["g.transcript.transcript_id"],"form":"transcript - uuid","kind":"transcript","type":"uuid"}],"tenant":{"columns":["account_id"],"type":"bigint"},"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $4::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $4::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $4::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $5::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $6::text)
     OR (retention.as_lower((t.flags #>> $5::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $2::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $6::text AND h11.value = retention.as_lower((t.flags #>> $5::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $2::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $7::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $2::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $2::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $7::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $2::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $2::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $8::text)
     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $2::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $2::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $8::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $2::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $2::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $2::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $2::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = $4::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h24.form = $6::text AND h24.value = retention.as_lower((t.flags #>> $5::text[]))) OR (h24.form = $7::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog."default") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = $8::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))
     ELSE false END) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM ONLY g.dispute k27 WHERE k27.call = t.call_id AND k27.month = t.month AND true)) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM retention.pause z28 WHERE z28.scope = 'tenant' AND z28.resumed_at IS NULL AND (z28.until IS NULL OR z28.until > now()) AND z28.name = t.account_id::text)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $9::interval AS "retention due", t.account_id, t.call_id, t.month, t.started_at, t.caller, t.flags
            FROM g.call t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value calls
-- $3 value 1970-01-02
-- $4 value phone e164 text
-- $5 value {"from","mail"}
-- $6 value email lower text
-- $7 value name - text
-- $8 value transcript - uuid
-- $9 value 1 year 1 mon

-- tenants
SELECT r.tenant, count(*) AS rows, count(*) FILTER (WHERE r.verdict = 9) AS to_act
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
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $4::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $4::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $4::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $5::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $6::text)
     OR (retention.as_lower((t.flags #>> $5::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $2::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $6::text AND h11.value = retention.as_lower((t.flags #>> $5::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $2::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $7::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $2::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $2::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $7::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $2::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $2::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $8::text)
     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $2::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $2::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $8::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $2::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $2::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $2::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $2::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = $4::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h24.form = $6::text AND h24.value = retention.as_lower((t.flags #>> $5::text[]))) OR (h24.form = $7::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog."default") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = $8::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))
     ELSE false END) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM ONLY g.dispute k27 WHERE k27.call = t.call_id AND k27.month = t.month AND true)) IS TRUE THEN 5
              WHEN (EXISTS (SELECT 1 FROM retention.pause z28 WHERE z28.scope = 'tenant' AND z28.resumed_at IS NULL AND (z28.until IS NULL OR z28.until > now()) AND z28.name = t.account_id::text)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t.account_id::text AS tenant
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $9::interval AS "retention due", t.account_id, t.call_id, t.month, t.started_at, t.caller, t.flags
            FROM g.call t OFFSET 0) t OFFSET 0) r
 WHERE r.verdict >= 1
 GROUP BY r.tenant
HAVING count(*) FILTER (WHERE r.verdict = 9) > 0;
-- $1 run time
-- $2 value calls
-- $3 value 1970-01-02
-- $4 value phone e164 text
-- $5 value {"from","mail"}
-- $6 value email lower text
-- $7 value name - text
-- $8 value transcript - uuid
-- $9 value 1 year 1 mon

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM g.call t
 WHERE t.started_at <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $2::interval <= $1::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $4::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $4::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $5::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $4::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $5::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $4::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $5::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $6::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $4::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $7::text)
     OR (retention.as_lower((t.flags #>> $6::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $4::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $4::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $7::text AND h11.value = retention.as_lower((t.flags #>> $6::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $4::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $8::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $4::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $4::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $8::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $4::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $4::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $9::text)
     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $4::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $4::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $9::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $4::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $4::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $4::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $3::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $4::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = $5::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h24.form = $7::text AND h24.value = retention.as_lower((t.flags #>> $6::text[]))) OR (h24.form = $8::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog."default") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = $9::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k27 WHERE k27.call = t.call_id AND k27.month = t.month AND true)) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z28 WHERE z28.scope = 'tenant' AND z28.resumed_at IS NULL AND (z28.until IS NULL OR z28.until > now()) AND z28.name = t.account_id::text)) IS NOT TRUE;
-- $1 run time
-- $2 value 1 year 1 mon
-- $3 value 1970-01-02
-- $4 value calls
-- $5 value phone e164 text
-- $6 value {"from","mail"}
-- $7 value email lower text
-- $8 value name - text
-- $9 value transcript - uuid

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
  'holds', x.holds,
  'kept_while', json_build_array(json_build_object('because', $4::text, 'keeps', x.kept1)),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false OR x.kept1 THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start,
       (SELECT s1.start + $6::interval FROM (SELECT CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $6::interval AS due_at,
       t.account_id::text AS tenant,
       json_build_array() AS agreements,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = t.account_id::text AND coalesce(h6.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h6.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'subject' AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $8::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h8.value FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.value IS NOT NULL AND h8.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h9.held_until > now() AND h9.form = $8::text AND h9.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h9.tenant IS NULL OR h9.tenant = t.account_id::text) AND coalesce(h9.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h9.starts_to, true))))
     OR retention.as_lower((t.flags #>> $9::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'subject' AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $10::text)
     OR (retention.as_lower((t.flags #>> $9::text[])) IN (SELECT h11.value FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.value IS NOT NULL AND h11.form = $10::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $7::text AND h12.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h12.held_until > now() AND h12.form = $10::text AND h12.value = retention.as_lower((t.flags #>> $9::text[])) AND (h12.tenant IS NULL OR h12.tenant = t.account_id::text) AND coalesce(h12.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h12.starts_to, true))))
     OR (SELECT (p13.name::text COLLATE pg_catalog."default") FROM ONLY g.account p13 WHERE t.account_id = p13.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape = 'subject' AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $11::text)
     OR ((SELECT (p13.name::text COLLATE pg_catalog."default") FROM ONLY g.account p13 WHERE t.account_id = p13.account_id) IN (SELECT h15.value FROM retention.held_scope h15 WHERE h15.category = $7::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.value IS NOT NULL AND h15.form = $11::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $7::text AND h16.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now() AND h16.form = $11::text AND h16.value = (SELECT (p13.name::text COLLATE pg_catalog."default") FROM ONLY g.account p13 WHERE t.account_id = p13.account_id) AND (h16.tenant IS NULL OR h16.tenant = t.account_id::text) AND coalesce(h16.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h16.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h17 WHERE h17.category = $7::text AND h17.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h17.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c18 WHERE c18.call = t.call_id AND c18.month = t.month AND (c18.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $7::text AND h19.shape = 'subject' AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $12::text)
     OR (c18.transcript_id::text IN (SELECT h20.value FROM retention.held_scope h20 WHERE h20.category = $7::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.value IS NOT NULL AND h20.form = $12::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h21 WHERE h21.category = $7::text AND h21.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h21.held_until > now() AND h21.form = $12::text AND h21.value = c18.transcript_id::text AND (h21.tenant IS NULL OR h21.tenant = t.account_id::text) AND coalesce(h21.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h21.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $7::text AND h22.shape = 'key' AND h22.held_until > now() AND h22.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h23.key FROM retention.held_scope h23 WHERE h23.category = $7::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $7::text AND h24.shape = 'key_more' AND h24.held_until > now() AND h24.key = ARRAY[t.month::text, t.call_id::text] AND (h24.tenant IS NULL OR h24.tenant = t.account_id::text) AND coalesce(h24.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h24.starts_to, true) AND (NOT h24.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h25 WHERE h25.category = $7::text AND h25.shape = 'key_subject' AND h25.held_until > now() AND h25.hold = h24.hold AND h25.part = h24.part AND ((h25.form = $8::text AND h25.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h25.form = $10::text AND h25.value = retention.as_lower((t.flags #>> $9::text[]))) OR (h25.form = $11::text AND h25.value = (SELECT (p26.name::text COLLATE pg_catalog."default") FROM ONLY g.account p26 WHERE t.account_id = p26.account_id)) OR (h25.form = $12::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c27 WHERE c27.call = t.call_id AND c27.month = t.month AND c27.transcript_id::text = h25.value)) IS TRUE))))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x28.hold ORDER BY x28.hold), json_build_array()) FROM (SELECT DISTINCT h29.hold FROM retention.held_scope h29 WHERE h29.category = $7::text AND h29.held_until > now() AND (h29.shape = 'all' OR (h29.shape = 'start' AND coalesce(h29.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h29.starts_to, true)) OR (h29.shape IN ('tenant', 'tenant_start') AND h29.tenant = t.account_id::text AND coalesce(h29.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h29.starts_to, true)) OR (h29.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND ((h29.form = $8::text AND h29.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h29.form = $10::text AND h29.value = retention.as_lower((t.flags #>> $9::text[]))) OR (h29.form = $11::text AND h29.value = (SELECT (p30.name::text COLLATE pg_catalog."default") FROM ONLY g.account p30 WHERE t.account_id = p30.account_id)) OR (h29.form = $12::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c31 WHERE c31.call = t.call_id AND c31.month = t.month AND c31.transcript_id::text = h29.value)) IS TRUE)) AND (h29.tenant IS NULL OR h29.tenant = t.account_id::text) AND coalesce(h29.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h29.starts_to, true)) OR (h29.shape = 'key' AND h29.key = ARRAY[t.month::text, t.call_id::text]) OR (h29.shape = 'key_more' AND h29.key = ARRAY[t.month::text, t.call_id::text] AND (h29.tenant IS NULL OR h29.tenant = t.account_id::text) AND coalesce(h29.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h29.starts_to, true) AND (NOT h29.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h32 WHERE h32.category = $7::text AND h32.shape = 'key_subject' AND h32.held_until > now() AND h32.hold = h29.hold AND h32.part = h29.part AND ((h32.form = $8::text AND h32.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h32.form = $10::text AND h32.value = retention.as_lower((t.flags #>> $9::text[]))) OR (h32.form = $11::text AND h32.value = (SELECT (p33.name::text COLLATE pg_catalog."default") FROM ONLY g.account p33 WHERE t.account_id = p33.account_id)) OR (h32.form = $12::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c34 WHERE c34.call = t.call_id AND c34.month = t.month AND c34.transcript_id::text = h32.value)) IS TRUE)))))))) x28) AS holds,
       (EXISTS (SELECT 1 FROM ONLY g.dispute k35 WHERE k35.call = t.call_id AND k35.month = t.month AND true)) IS TRUE AS kept1,
       (EXISTS (SELECT 1 FROM retention.pause z36 WHERE z36.scope = 'tenant' AND z36.resumed_at IS NULL AND (z36.until IS NULL OR z36.until > now()) AND z36.name = t.account_id::text)) IS TRUE AS paused
  FROM g.call t
 WHERE t.month = $13::date AND t.call_id = $14::bigint OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value open disputes
-- $5 value 1970-01-02
-- $6 value 1 year 1 mon
-- $7 value calls
-- $8 value phone e164 text
-- $9 value {"from","mail"}
-- $10 value email lower text
-- $11 value name - text
-- $12 value transcript - uuid
-- $13 key 1
-- $14 key 2

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
WITH gone AS (
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $7::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $7::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $8::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $9::text)
     OR (retention.as_lower((t.flags #>> $8::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $9::text AND h11.value = retention.as_lower((t.flags #>> $8::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $10::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $10::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $6::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $10::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $6::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $6::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $11::text)
     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $6::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $11::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $6::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $11::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $6::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $6::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $6::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $6::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = $7::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h24.form = $9::text AND h24.value = retention.as_lower((t.flags #>> $8::text[]))) OR (h24.form = $10::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog."default") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = $11::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k27 WHERE k27.call = t.call_id AND k27.month = t.month AND true)) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z28 WHERE z28.scope = 'tenant' AND z28.resumed_at IS NULL AND (z28.until IS NULL OR z28.until > now()) AND z28.name = t.account_id::text)) IS NOT TRUE
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
-- $5 value 1970-01-02
-- $6 value calls
-- $7 value phone e164 text
-- $8 value {"from","mail"}
-- $9 value email lower text
-- $10 value name - text
-- $11 value transcript - uuid

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.month::text AS k1, t.call_id::text AS k2
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $7::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $7::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $8::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $9::text)
     OR (retention.as_lower((t.flags #>> $8::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $9::text AND h11.value = retention.as_lower((t.flags #>> $8::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $10::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $10::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $6::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $10::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $6::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $6::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $11::text)
     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $6::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $11::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $6::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $11::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $6::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $6::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $6::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $6::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = $7::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h24.form = $9::text AND h24.value = retention.as_lower((t.flags #>> $8::text[]))) OR (h24.form = $10::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog."default") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = $11::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k27 WHERE k27.call = t.call_id AND k27.month = t.month AND true)) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z28 WHERE z28.scope = 'tenant' AND z28.resumed_at IS NULL AND (z28.until IS NULL OR z28.until > now()) AND z28.name = t.account_id::text)) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $12::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $12::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1, array_agg(l.k2) AS key2
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 year 1 mon
-- $5 value 1970-01-02
-- $6 value calls
-- $7 value phone e164 text
-- $8 value {"from","mail"}
-- $9 value email lower text
-- $10 value name - text
-- $11 value transcript - uuid
-- $12 limit

-- leaf: lock_reads 1
WITH locked AS (
SELECT p1.tableoid AS leaf, p1.ctid AS tid
  FROM ONLY g.account p1
 WHERE EXISTS (SELECT 1 FROM ONLY g.call_2024 t WHERE t.ctid = ANY ($1::tid[]) AND t.account_id = p1.account_id)
   FOR SHARE OF p1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.call_2024 t, ONLY g.account p1
 WHERE t.ctid = ANY ($1::tid[]) AND t.account_id = p1.account_id
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = p1.tableoid AND x.tid = p1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: lock_reads 2
WITH locked AS (
SELECT c1.tableoid AS leaf, c1.ctid AS tid
  FROM ONLY g.transcript c1
 WHERE EXISTS (SELECT 1 FROM ONLY g.call_2024 t WHERE t.ctid = ANY ($1::tid[]) AND c1.call = t.call_id AND c1.month = t.month)
   FOR UPDATE OF c1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.call_2024 t, ONLY g.transcript c1
 WHERE t.ctid = ANY ($1::tid[]) AND c1.call = t.call_id AND c1.month = t.month
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = c1.tableoid AND x.tid = c1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: lock_reads 3
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
   AND t.started_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $3::interval <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $6::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $6::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $7::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $8::text)
     OR (retention.as_lower((t.flags #>> $7::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $5::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $8::text AND h11.value = retention.as_lower((t.flags #>> $7::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $5::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $9::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $5::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $5::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $9::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $5::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $5::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $10::text)
     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $5::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $10::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $5::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $10::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $5::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $5::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $5::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $5::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = $6::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h24.form = $8::text AND h24.value = retention.as_lower((t.flags #>> $7::text[]))) OR (h24.form = $9::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog."default") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = $10::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k27 WHERE k27.call = t.call_id AND k27.month = t.month AND true)) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z28 WHERE z28.scope = 'tenant' AND z28.resumed_at IS NULL AND (z28.until IS NULL OR z28.until > now()) AND z28.name = t.account_id::text)) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value 1970-01-02
-- $5 value calls
-- $6 value phone e164 text
-- $7 value {"from","mail"}
-- $8 value email lower text
-- $9 value name - text
-- $10 value transcript - uuid

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.call_2024 t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.started_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $3::interval <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $6::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $6::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $7::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $8::text)
     OR (retention.as_lower((t.flags #>> $7::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $5::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $8::text AND h11.value = retention.as_lower((t.flags #>> $7::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $5::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $9::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $5::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $5::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $9::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h16.key FROM retention.held_scope h16 WHERE h16.category = $5::text AND h16.shape = 'key' AND h16.held_until > now() AND h16.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h17.key FROM retention.held_scope h17 WHERE h17.category = $5::text AND h17.shape = 'key_more' AND h17.held_until > now() AND h17.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $5::text AND h18.shape = 'key_more' AND h18.held_until > now() AND h18.key = ARRAY[t.month::text, t.call_id::text] AND (h18.tenant IS NULL OR h18.tenant = t.account_id::text) AND coalesce(h18.starts_from <= CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $4::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h18.starts_to, true) AND (NOT h18.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h19 WHERE h19.category = $5::text AND h19.shape = 'key_subject' AND h19.held_until > now() AND h19.hold = h18.hold AND h19.part = h18.part AND ((h19.form = $6::text AND h19.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h19.form = $8::text AND h19.value = retention.as_lower((t.flags #>> $7::text[]))) OR (h19.form = $9::text AND h19.value = (SELECT (p20.name::text COLLATE pg_catalog."default") FROM ONLY g.account p20 WHERE t.account_id = p20.account_id)))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k21 WHERE k21.call = t.call_id AND k21.month = t.month AND true)) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z22 WHERE z22.scope = 'tenant' AND z22.resumed_at IS NULL AND (z22.until IS NULL OR z22.until > now()) AND z22.name = t.account_id::text)) IS NOT TRUE
RETURNING t.account_id::text AS tenant, t.month::text AS k1, t.call_id::text AS k2),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1, array_agg(g.k2) AS key2
  FROM gone g;
-- $1 tids
-- $2 run time
-- $3 value 1 year 1 mon
-- $4 value 1970-01-02
-- $5 value calls
-- $6 value phone e164 text
-- $7 value {"from","mail"}
-- $8 value email lower text
-- $9 value name - text

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.call_2024 t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.started_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END, 'infinity'::timestamptz)
     OR t.account_id::text IN (SELECT h3.tenant FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape = 'tenant' AND h3.held_until > now() AND h3.tenant IS NOT NULL)
     OR (t.account_id::text IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'tenant_start' AND h4.held_until > now() AND h4.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant = t.account_id::text AND coalesce(h5.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h5.starts_to, true))))
     OR retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $7::text)
     OR (retention.as_e164((t.caller::text COLLATE pg_catalog."default")) IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $7::text AND h8.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default")) AND (h8.tenant IS NULL OR h8.tenant = t.account_id::text) AND coalesce(h8.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h8.starts_to, true))))
     OR retention.as_lower((t.flags #>> $8::text[])) IN (SELECT h9.value FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'subject' AND h9.held_until > now() AND h9.value IS NOT NULL AND h9.form = $9::text)
     OR (retention.as_lower((t.flags #>> $8::text[])) IN (SELECT h10.value FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h10.held_until > now() AND h10.value IS NOT NULL AND h10.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h11.held_until > now() AND h11.form = $9::text AND h11.value = retention.as_lower((t.flags #>> $8::text[])) AND (h11.tenant IS NULL OR h11.tenant = t.account_id::text) AND coalesce(h11.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h11.starts_to, true))))
     OR (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $10::text)
     OR ((SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $10::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $6::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $10::text AND h15.value = (SELECT (p12.name::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id) AND (h15.tenant IS NULL OR h15.tenant = t.account_id::text) AND coalesce(h15.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h15.starts_to, true))))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $6::text AND h16.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND h16.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.transcript c17 WHERE c17.call = t.call_id AND c17.month = t.month AND (c17.transcript_id::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $6::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $11::text)
     OR (c17.transcript_id::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $6::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $11::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $6::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $11::text AND h20.value = c17.transcript_id::text AND (h20.tenant IS NULL OR h20.tenant = t.account_id::text) AND coalesce(h20.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h20.starts_to, true))))) IS TRUE)))
     OR ARRAY[t.month::text, t.call_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $6::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.month::text, t.call_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $6::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $6::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.month::text, t.call_id::text] AND (h23.tenant IS NULL OR h23.tenant = t.account_id::text) AND coalesce(h23.starts_from <= CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END AND CASE WHEN t.started_at >= $5::timestamptz AND t.started_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.started_at END < h23.starts_to, true) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h24 WHERE h24.category = $6::text AND h24.shape = 'key_subject' AND h24.held_until > now() AND h24.hold = h23.hold AND h24.part = h23.part AND ((h24.form = $7::text AND h24.value = retention.as_e164((t.caller::text COLLATE pg_catalog."default"))) OR (h24.form = $9::text AND h24.value = retention.as_lower((t.flags #>> $8::text[]))) OR (h24.form = $10::text AND h24.value = (SELECT (p25.name::text COLLATE pg_catalog."default") FROM ONLY g.account p25 WHERE t.account_id = p25.account_id)) OR (h24.form = $11::text AND (EXISTS (SELECT 1 FROM ONLY g.transcript c26 WHERE c26.call = t.call_id AND c26.month = t.month AND c26.transcript_id::text = h24.value)) IS TRUE))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM ONLY g.dispute k27 WHERE k27.call = t.call_id AND k27.month = t.month AND true)) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z28 WHERE z28.scope = 'tenant' AND z28.resumed_at IS NULL AND (z28.until IS NULL OR z28.until > now()) AND z28.name = t.account_id::text)) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 1 year 1 mon
-- $5 value 1970-01-02
-- $6 value calls
-- $7 value phone e164 text
-- $8 value {"from","mail"}
-- $9 value email lower text
-- $10 value name - text
-- $11 value transcript - uuid

---- category invoices
-- governed: g.invoice g.account g.payment
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.invoice t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'invoices'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'invoices'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END, 'infinity'::timestamptz)\n     OR (SELECT (p3.plan::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = 'invoices'::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.tenant IS NOT NULL)\n     OR ((SELECT (p3.plan::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = 'invoices'::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'invoices'::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END < h6.starts_to, true))))\n     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = 'invoices'::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.key IS NOT NULL)\n     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = 'invoices'::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'invoices'::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog.\"default\") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END AND CASE WHEN t.issued >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE 'UTC'::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = 'invoices'::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = $1::uuid AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))\n     ELSE false END)","key":[{"column":"invoice_id","type":"integer"}],"start":true,"subjects":[],"tenant":{"columns":["g.account.plan"],"type":"text"},"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AND CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AND CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS TRUE THEN 4
              WHEN ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS TRUE THEN 8
              WHEN (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END + $5::interval AS "retention due", t.invoice_id, t.account_id, t.issued
            FROM ONLY g.invoice t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value invoices
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value 7 years

-- tenants
SELECT r.tenant, count(*) AS rows, count(*) FILTER (WHERE r.verdict = 9) AS to_act
  FROM (
  SELECT t."retention due" AS due_at,
         CASE
              WHEN t."retention claimed" = 0 THEN 0
              WHEN t."retention claimed" = 1 THEN 1
              WHEN t."retention due" IS NULL THEN 2
              WHEN t."retention due" > $1::timestamptz THEN 3
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AND CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AND CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS TRUE THEN 4
              WHEN ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS TRUE THEN 8
              WHEN (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         (SELECT p15.plan::text FROM ONLY g.account p15 WHERE t.account_id = p15.account_id) AS tenant
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END + $5::interval AS "retention due", t.invoice_id, t.account_id, t.issued
            FROM ONLY g.invoice t OFFSET 0) t OFFSET 0) r
 WHERE r.verdict >= 1
 GROUP BY r.tenant
HAVING count(*) FILTER (WHERE r.verdict = 9) > 0;
-- $1 run time
-- $2 value invoices
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value 7 years

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.invoice t
 WHERE t.issued <= (GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval)::date
   AND CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END + $2::interval <= $1::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AND CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END AND CASE WHEN t.issued >= ($3::timestamptz AT TIME ZONE $4::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $4::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS NOT TRUE;
-- $1 run time
-- $2 value 7 years
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value invoices

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
  'holds', x.holds,
  'kept_while', json_build_array(),
  'floors', json_build_array(),
  'waiting_for', json_build_array(json_build_object('category', $4::text, 'waits', x.waits1, 'held', x.held1)),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false OR x.waits1 THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AS start,
       (SELECT s1.start + $7::interval FROM (SELECT CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END + $7::interval AS due_at,
       (SELECT p2.plan::text FROM ONLY g.account p2 WHERE t.account_id = p2.account_id) AS tenant,
       json_build_array() AS agreements,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $8::text AND h3.held_until > now())) THEN (SELECT range_agg(tstzrange(h4.starts_from, h4.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h4 WHERE h4.category = $8::text AND h4.shape IN ('all', 'start') AND h4.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR (SELECT (p5.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p5 WHERE t.account_id = p5.account_id) IN (SELECT h6.tenant FROM retention.held_scope h6 WHERE h6.category = $8::text AND h6.shape = 'tenant' AND h6.held_until > now() AND h6.tenant IS NOT NULL)
     OR ((SELECT (p5.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p5 WHERE t.account_id = p5.account_id) IN (SELECT h7.tenant FROM retention.held_scope h7 WHERE h7.category = $8::text AND h7.shape = 'tenant_start' AND h7.held_until > now() AND h7.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $8::text AND h8.shape = 'tenant_start' AND h8.held_until > now() AND h8.tenant = (SELECT (p5.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p5 WHERE t.account_id = p5.account_id) AND coalesce(h8.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h8.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $8::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $8::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $8::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.invoice_id::text] AND (h11.tenant IS NULL OR h11.tenant = (SELECT (p12.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p12 WHERE t.account_id = p12.account_id)) AND coalesce(h11.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h11.starts_to, true) AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $8::text AND h13.shape = 'key_subject' AND h13.held_until > now() AND h13.hold = h11.hold AND h13.part = h11.part AND false))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x14.hold ORDER BY x14.hold), json_build_array()) FROM (SELECT DISTINCT h15.hold FROM retention.held_scope h15 WHERE h15.category = $8::text AND h15.held_until > now() AND (h15.shape = 'all' OR (h15.shape = 'start' AND coalesce(h15.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h15.starts_to, true)) OR (h15.shape IN ('tenant', 'tenant_start') AND h15.tenant = (SELECT (p16.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p16 WHERE t.account_id = p16.account_id) AND coalesce(h15.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h15.starts_to, true)) OR (h15.shape = 'key' AND h15.key = ARRAY[t.invoice_id::text]) OR (h15.shape = 'key_more' AND h15.key = ARRAY[t.invoice_id::text] AND (h15.tenant IS NULL OR h15.tenant = (SELECT (p17.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p17 WHERE t.account_id = p17.account_id)) AND coalesce(h15.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h15.starts_to, true) AND (NOT h15.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $8::text AND h18.shape = 'key_subject' AND h18.held_until > now() AND h18.hold = h15.hold AND h18.part = h15.part AND false)))))) x14) AS holds,
       ((EXISTS (SELECT 1 FROM ONLY g.payment w19 WHERE w19.invoice_id = t.invoice_id AND true)) IS TRUE) IS TRUE AS waits1,
       ((EXISTS (SELECT 1 FROM ONLY g.payment w20 WHERE w20.invoice_id = t.invoice_id AND (true) AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h21 WHERE h21.category = $4::text AND h21.held_until > now())) THEN (SELECT range_agg(tstzrange(h22.starts_from, h22.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h22 WHERE h22.category = $4::text AND h22.shape IN ('all', 'start') AND h22.held_until > now()) @> coalesce(CASE WHEN w20.paid_at >= $5::timestamptz AND w20.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w20.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p23.paid::text FROM ONLY g.invoice p23 WHERE w20.invoice_id = p23.invoice_id) IN (SELECT h24.value FROM retention.held_scope h24 WHERE h24.category = $4::text AND h24.shape = 'subject' AND h24.held_until > now() AND h24.value IS NOT NULL AND h24.form = $9::text)
     OR ((SELECT p23.paid::text FROM ONLY g.invoice p23 WHERE w20.invoice_id = p23.invoice_id) IN (SELECT h25.value FROM retention.held_scope h25 WHERE h25.category = $4::text AND h25.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h25.held_until > now() AND h25.value IS NOT NULL AND h25.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h26 WHERE h26.category = $4::text AND h26.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h26.held_until > now() AND h26.form = $9::text AND h26.value = (SELECT p23.paid::text FROM ONLY g.invoice p23 WHERE w20.invoice_id = p23.invoice_id) AND h26.tenant IS NULL AND coalesce(h26.starts_from <= CASE WHEN w20.paid_at >= $5::timestamptz AND w20.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w20.paid_at END AND CASE WHEN w20.paid_at >= $5::timestamptz AND w20.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w20.paid_at END < h26.starts_to, true))))
     OR ARRAY[w20.payment_id::text] IN (SELECT h27.key FROM retention.held_scope h27 WHERE h27.category = $4::text AND h27.shape = 'key' AND h27.held_until > now() AND h27.key IS NOT NULL)
     OR (ARRAY[w20.payment_id::text] IN (SELECT h28.key FROM retention.held_scope h28 WHERE h28.category = $4::text AND h28.shape = 'key_more' AND h28.held_until > now() AND h28.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h29 WHERE h29.category = $4::text AND h29.shape = 'key_more' AND h29.held_until > now() AND h29.key = ARRAY[w20.payment_id::text] AND h29.tenant IS NULL AND coalesce(h29.starts_from <= CASE WHEN w20.paid_at >= $5::timestamptz AND w20.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w20.paid_at END AND CASE WHEN w20.paid_at >= $5::timestamptz AND w20.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN w20.paid_at END < h29.starts_to, true) AND (NOT h29.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h30 WHERE h30.category = $4::text AND h30.shape = 'key_subject' AND h30.held_until > now() AND h30.hold = h29.hold AND h30.part = h29.part AND ((h30.form = $9::text AND h30.value = (SELECT p31.paid::text FROM ONLY g.invoice p31 WHERE w20.invoice_id = p31.invoice_id)))))))))
     ELSE false END) IS TRUE)) IS TRUE) IS TRUE AS held1,
       (EXISTS (SELECT 1 FROM retention.pause z32 WHERE z32.scope = 'tenant' AND z32.resumed_at IS NULL AND (z32.until IS NULL OR z32.until > now()) AND z32.name = (SELECT p33.plan::text FROM ONLY g.account p33 WHERE t.account_id = p33.account_id))) IS TRUE AS paused
  FROM ONLY g.invoice t
 WHERE t.invoice_id = $10::integer OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 7 years
-- $4 value payments
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value 7 years
-- $8 value invoices
-- $9 value paid - boolean
-- $10 key 1

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.issued <= (GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval)::date
   AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS NOT TRUE
RETURNING (SELECT p15.plan::text FROM ONLY g.account p15 WHERE t.account_id = p15.account_id) AS tenant, t.invoice_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 7 years
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value invoices

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.invoice_id::text AS k1
  FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.issued <= (GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval)::date
   AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $8::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $8::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 7 years
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value invoices
-- $8 limit

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
   AND t.issued <= (GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval)::date
   AND CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END + $3::interval <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AND CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AND CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 run time
-- $3 value 7 years
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value invoices

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.invoice t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.issued <= (GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval)::date
   AND CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END + $3::interval <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AND CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END AND CASE WHEN t.issued >= ($4::timestamptz AT TIME ZONE $5::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $5::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS NOT TRUE
RETURNING (SELECT p15.plan::text FROM ONLY g.account p15 WHERE t.account_id = p15.account_id) AS tenant, t.invoice_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 tids
-- $2 run time
-- $3 value 7 years
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value invoices

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.invoice t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.issued <= (GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval)::date
   AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $7::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $7::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END, 'infinity'::timestamptz)
     OR (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h4.tenant FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape = 'tenant' AND h4.held_until > now() AND h4.tenant IS NOT NULL)
     OR ((SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) IN (SELECT h5.tenant FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape = 'tenant_start' AND h5.held_until > now() AND h5.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.shape = 'tenant_start' AND h6.held_until > now() AND h6.tenant = (SELECT (p3.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p3 WHERE t.account_id = p3.account_id) AND coalesce(h6.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h6.starts_to, true))))
     OR ARRAY[t.invoice_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.invoice_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.invoice_id::text] AND (h9.tenant IS NULL OR h9.tenant = (SELECT (p10.plan::text COLLATE pg_catalog."default") FROM ONLY g.account p10 WHERE t.account_id = p10.account_id)) AND coalesce(h9.starts_from <= CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END AND CASE WHEN t.issued >= ($5::timestamptz AT TIME ZONE $6::text)::date AND t.issued < '10000-01-01'::date THEN ((t.issued + 1)::timestamp AT TIME ZONE $6::text) END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h9.hold AND h11.part = h9.part AND false))))))
     ELSE false END) IS NOT TRUE
   AND ((EXISTS (SELECT 1 FROM ONLY g.payment w12 WHERE w12.invoice_id = t.invoice_id AND true)) IS TRUE) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z13 WHERE z13.scope = 'tenant' AND z13.resumed_at IS NULL AND (z13.until IS NULL OR z13.until > now()) AND z13.name = (SELECT p14.plan::text FROM ONLY g.account p14 WHERE t.account_id = p14.account_id))) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 7 years
-- $5 value 1970-01-02
-- $6 value UTC
-- $7 value invoices

---- category payments
-- governed: g.payment g.invoice
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.payment t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'payments'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = 'payments'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid) @> coalesce(CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)\n     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = 'payments'::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.hold = $1::uuid AND h4.value IS NOT NULL AND h4.form = 'paid - boolean'::text)\n     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = 'payments'::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.hold = $1::uuid AND h5.value IS NOT NULL AND h5.form = 'paid - boolean'::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = 'payments'::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.hold = $1::uuid AND h6.form = 'paid - boolean'::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))\n     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = 'payments'::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.key IS NOT NULL)\n     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = 'payments'::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'payments'::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= '1970-01-02'::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = 'payments'::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = $1::uuid AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = 'paid - boolean'::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))\n     ELSE false END)","key":[{"column":"payment_id","type":"integer"}],"start":true,"subjects":[{"as":null,"columns":["g.invoice.paid"],"form":"paid - boolean","kind":"paid","type":"boolean"}],"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $4::text)
     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $4::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.form = $4::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $2::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = $4::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))
     ELSE false END) IS TRUE THEN 4
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT 2 AS "retention claimed",
                 CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $5::interval AS "retention due", t.payment_id, t.invoice_id, t.paid_at
            FROM ONLY g.payment t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value payments
-- $3 value 1970-01-02
-- $4 value paid - boolean
-- $5 value 7 years

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.payment t
 WHERE t.paid_at <= ((GREATEST($1::timestamptz AT TIME ZONE 'UTC' - $2::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $2::interval <= $1::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $4::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $4::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $4::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $5::text)
     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $4::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $5::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $4::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.form = $5::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $4::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $4::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $4::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $3::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $4::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = $5::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))
     ELSE false END) IS NOT TRUE;
-- $1 run time
-- $2 value 7 years
-- $3 value 1970-01-02
-- $4 value payments
-- $5 value paid - boolean

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
  'holds', x.holds,
  'kept_while', json_build_array(),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AS start,
       (SELECT s1.start + $5::interval FROM (SELECT CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AS start OFFSET 0) s1) AS stage_due,
       CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $5::interval AS due_at,
       NULL::text AS tenant,
       json_build_array() AS agreements,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.held_until > now())) THEN (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p4.paid::text FROM ONLY g.invoice p4 WHERE t.invoice_id = p4.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape = 'subject' AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $7::text)
     OR ((SELECT p4.paid::text FROM ONLY g.invoice p4 WHERE t.invoice_id = p4.invoice_id) IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.form = $7::text AND h7.value = (SELECT p4.paid::text FROM ONLY g.invoice p4 WHERE t.invoice_id = p4.invoice_id) AND h7.tenant IS NULL AND coalesce(h7.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h7.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'key' AND h8.held_until > now() AND h8.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key = ARRAY[t.payment_id::text] AND h10.tenant IS NULL AND coalesce(h10.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h10.starts_to, true) AND (NOT h10.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'key_subject' AND h11.held_until > now() AND h11.hold = h10.hold AND h11.part = h10.part AND ((h11.form = $7::text AND h11.value = (SELECT p12.paid::text FROM ONLY g.invoice p12 WHERE t.invoice_id = p12.invoice_id)))))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x13.hold ORDER BY x13.hold), json_build_array()) FROM (SELECT DISTINCT h14.hold FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.held_until > now() AND (h14.shape = 'all' OR (h14.shape = 'start' AND coalesce(h14.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h14.starts_to, true)) OR (h14.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND ((h14.form = $7::text AND h14.value = (SELECT p15.paid::text FROM ONLY g.invoice p15 WHERE t.invoice_id = p15.invoice_id))) AND h14.tenant IS NULL AND coalesce(h14.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h14.starts_to, true)) OR (h14.shape = 'key' AND h14.key = ARRAY[t.payment_id::text]) OR (h14.shape = 'key_more' AND h14.key = ARRAY[t.payment_id::text] AND h14.tenant IS NULL AND coalesce(h14.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h14.starts_to, true) AND (NOT h14.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h16 WHERE h16.category = $6::text AND h16.shape = 'key_subject' AND h16.held_until > now() AND h16.hold = h14.hold AND h16.part = h14.part AND ((h16.form = $7::text AND h16.value = (SELECT p17.paid::text FROM ONLY g.invoice p17 WHERE t.invoice_id = p17.invoice_id))))))))) x13) AS holds,
       false AS paused
  FROM ONLY g.payment t
 WHERE t.payment_id = $8::integer OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 7 years
-- $4 value 1970-01-02
-- $5 value 7 years
-- $6 value payments
-- $7 value paid - boolean
-- $8 key 1

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $7::text)
     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.form = $7::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = $7::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))
     ELSE false END) IS NOT TRUE
RETURNING NULL::text AS tenant, t.payment_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 7 years
-- $5 value 1970-01-02
-- $6 value payments
-- $7 value paid - boolean

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.payment_id::text AS k1
  FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $7::text)
     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.form = $7::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = $7::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))
     ELSE false END) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $8::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $8::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 7 years
-- $5 value 1970-01-02
-- $6 value payments
-- $7 value paid - boolean
-- $8 limit

-- leaf: lock_reads 1
WITH locked AS (
SELECT p1.tableoid AS leaf, p1.ctid AS tid
  FROM ONLY g.invoice p1
 WHERE EXISTS (SELECT 1 FROM ONLY g.payment t WHERE t.ctid = ANY ($1::tid[]) AND t.invoice_id = p1.invoice_id)
   FOR SHARE OF p1 SKIP LOCKED)
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT DISTINCT t.ctid AS tid
  FROM ONLY g.payment t, ONLY g.invoice p1
 WHERE t.ctid = ANY ($1::tid[]) AND t.invoice_id = p1.invoice_id
   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = p1.tableoid AND x.tid = p1.ctid)
 ORDER BY t.ctid) l;
-- $1 tids

-- leaf: judge_tids
SELECT count(*) AS rows, array_agg(l.tid::text) AS tids
  FROM (SELECT t.ctid AS tid
  FROM ONLY g.payment t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.paid_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $3::interval <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $6::text)
     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.form = $6::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $5::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = $6::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))
     ELSE false END) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 run time
-- $3 value 7 years
-- $4 value 1970-01-02
-- $5 value payments
-- $6 value paid - boolean

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.payment t
 WHERE t.ctid = ANY ($1::tid[])
   AND t.paid_at <= ((GREATEST($2::timestamptz AT TIME ZONE 'UTC' - $3::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $3::interval <= $2::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $5::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $5::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $6::text)
     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $5::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.form = $6::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $5::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $4::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $5::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = $6::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))
     ELSE false END) IS NOT TRUE
RETURNING NULL::text AS tenant, t.payment_id::text AS k1)
SELECT count(*) AS rows, NULL::text[] AS tenants, NULL::bigint[] AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 tids
-- $2 run time
-- $3 value 7 years
-- $4 value 1970-01-02
-- $5 value payments
-- $6 value paid - boolean

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.payment t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND t.paid_at <= ((GREATEST($3::timestamptz AT TIME ZONE 'UTC' - $4::interval) + '4 days'::interval) AT TIME ZONE 'UTC')
   AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END + $4::interval <= $3::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $6::text AND h1.held_until > now())) THEN (SELECT range_agg(tstzrange(h2.starts_from, h2.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h2 WHERE h2.category = $6::text AND h2.shape IN ('all', 'start') AND h2.held_until > now()) @> coalesce(CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END, 'infinity'::timestamptz)
     OR (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape = 'subject' AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $7::text)
     OR ((SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) IN (SELECT h5.value FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.value IS NOT NULL AND h5.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $6::text AND h6.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h6.held_until > now() AND h6.form = $7::text AND h6.value = (SELECT p3.paid::text FROM ONLY g.invoice p3 WHERE t.invoice_id = p3.invoice_id) AND h6.tenant IS NULL AND coalesce(h6.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h6.starts_to, true))))
     OR ARRAY[t.payment_id::text] IN (SELECT h7.key FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape = 'key' AND h7.held_until > now() AND h7.key IS NOT NULL)
     OR (ARRAY[t.payment_id::text] IN (SELECT h8.key FROM retention.held_scope h8 WHERE h8.category = $6::text AND h8.shape = 'key_more' AND h8.held_until > now() AND h8.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'key_more' AND h9.held_until > now() AND h9.key = ARRAY[t.payment_id::text] AND h9.tenant IS NULL AND coalesce(h9.starts_from <= CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END AND CASE WHEN t.paid_at >= $5::timestamptz AND t.paid_at < '10000-01-01 00:00:00+00'::timestamptz THEN t.paid_at END < h9.starts_to, true) AND (NOT h9.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'key_subject' AND h10.held_until > now() AND h10.hold = h9.hold AND h10.part = h9.part AND ((h10.form = $7::text AND h10.value = (SELECT p11.paid::text FROM ONLY g.invoice p11 WHERE t.invoice_id = p11.invoice_id)))))))))
     ELSE false END) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 run time
-- $4 value 7 years
-- $5 value 1970-01-02
-- $6 value payments
-- $7 value paid - boolean

---- category sessions
-- governed: g.session g.page_event
-- hold facts: {"count":"SELECT count(*) AS rows\n  FROM ONLY g.session t\n WHERE (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = 'sessions'::text AND h1.held_until > now() AND h1.hold = $1::uuid)) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = 'sessions'::text AND h2.shape IN ('all', 'start') AND h2.held_until > now() AND h2.hold = $1::uuid)) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = 'sessions'::text AND h3.shape IN ('all', 'start') AND h3.held_until > now() AND h3.hold = $1::uuid) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), 'infinity'::timestamptz))\n     OR ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = 'sessions'::text AND h5.shape IN ('tenant', 'tenant_start') AND h5.held_until > now() AND h5.hold = $1::uuid)) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND (c6.account_id::text IN (SELECT h7.tenant FROM retention.held_scope h7 WHERE h7.category = 'sessions'::text AND h7.shape = 'tenant' AND h7.held_until > now() AND h7.hold = $1::uuid AND h7.tenant IS NOT NULL)\n     OR (c6.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = 'sessions'::text AND h8.shape = 'tenant_start' AND h8.held_until > now() AND h8.hold = $1::uuid AND h8.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = 'sessions'::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.hold = $1::uuid AND h9.tenant = c6.account_id::text AND (SELECT coalesce(h9.starts_from <= s10.start AND s10.start < h9.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s10))))) IS TRUE)))\n     OR retention.as_e164((t.source::text COLLATE pg_catalog.\"default\")) IN (SELECT h11.value FROM retention.held_scope h11 WHERE h11.category = 'sessions'::text AND h11.shape = 'subject' AND h11.held_until > now() AND h11.hold = $1::uuid AND h11.value IS NOT NULL AND h11.form = 'phone e164 character varying'::text)\n     OR (retention.as_e164((t.source::text COLLATE pg_catalog.\"default\")) IN (SELECT h12.value FROM retention.held_scope h12 WHERE h12.category = 'sessions'::text AND h12.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h12.held_until > now() AND h12.hold = $1::uuid AND h12.value IS NOT NULL AND h12.form = 'phone e164 character varying'::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = 'sessions'::text AND h13.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h13.held_until > now() AND h13.hold = $1::uuid AND h13.form = 'phone e164 character varying'::text AND h13.value = retention.as_e164((t.source::text COLLATE pg_catalog.\"default\")) AND (h13.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = h13.tenant)) IS TRUE) AND (SELECT coalesce(h13.starts_from <= s15.start AND s15.start < h13.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s15))))\n     OR t.clock_ms::text IN (SELECT h16.value FROM retention.held_scope h16 WHERE h16.category = 'sessions'::text AND h16.shape = 'subject' AND h16.held_until > now() AND h16.hold = $1::uuid AND h16.value IS NOT NULL AND h16.form = 'clock - bigint'::text)\n     OR (t.clock_ms::text IN (SELECT h17.value FROM retention.held_scope h17 WHERE h17.category = 'sessions'::text AND h17.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h17.held_until > now() AND h17.hold = $1::uuid AND h17.value IS NOT NULL AND h17.form = 'clock - bigint'::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = 'sessions'::text AND h18.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h18.held_until > now() AND h18.hold = $1::uuid AND h18.form = 'clock - bigint'::text AND h18.value = t.clock_ms::text AND (h18.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c19 WHERE c19.session_id = t.session_id AND c19.account_id::text = h18.tenant)) IS TRUE) AND (SELECT coalesce(h18.starts_from <= s20.start AND s20.start < h18.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s20))))\n     OR ARRAY[t.session_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = 'sessions'::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.hold = $1::uuid AND h21.key IS NOT NULL)\n     OR (ARRAY[t.session_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = 'sessions'::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.hold = $1::uuid AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = 'sessions'::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.hold = $1::uuid AND h23.key = ARRAY[t.session_id::text] AND (h23.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c24 WHERE c24.session_id = t.session_id AND c24.account_id::text = h23.tenant)) IS TRUE) AND (SELECT coalesce(h23.starts_from <= s25.start AND s25.start < h23.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ('1970-01-02'::timestamptz AT TIME ZONE 'UTC'::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE 'UTC'::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= '1970-01-02'::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s25) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h26 WHERE h26.category = 'sessions'::text AND h26.shape = 'key_subject' AND h26.held_until > now() AND h26.hold = $1::uuid AND h26.hold = h23.hold AND h26.part = h23.part AND ((h26.form = 'phone e164 character varying'::text AND h26.value = retention.as_e164((t.source::text COLLATE pg_catalog.\"default\"))) OR (h26.form = 'clock - bigint'::text AND h26.value = t.clock_ms::text))))))))\n     ELSE false END)","key":[{"column":"session_id","type":"uuid"}],"start":true,"subjects":[{"as":"e164","columns":["source"],"form":"phone e164 character varying","kind":"phone","type":"character varying"},{"as":null,"columns":["clock_ms"],"form":"clock - bigint","kind":"clock","type":"bigint"}],"tenant":{"columns":["g.page_event.account_id"],"type":"integer"},"timezone":"UTC"}

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
              WHEN (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape IN ('all', 'start') AND h2.held_until > now())) AND (SELECT range_agg(tstzrange(h3.starts_from, h3.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape IN ('all', 'start') AND h3.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape IN ('tenant', 'tenant_start') AND h5.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id AND (c6.account_id::text IN (SELECT h7.tenant FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape = 'tenant' AND h7.held_until > now() AND h7.tenant IS NOT NULL)
     OR (c6.account_id::text IN (SELECT h8.tenant FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape = 'tenant_start' AND h8.held_until > now() AND h8.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'tenant_start' AND h9.held_until > now() AND h9.tenant = c6.account_id::text AND (SELECT coalesce(h9.starts_from <= s10.start AND s10.start < h9.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s10))))) IS TRUE)))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h11.value FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape = 'subject' AND h11.held_until > now() AND h11.value IS NOT NULL AND h11.form = $5::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h12.value FROM retention.held_scope h12 WHERE h12.category = $2::text AND h12.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h12.held_until > now() AND h12.value IS NOT NULL AND h12.form = $5::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $2::text AND h13.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h13.held_until > now() AND h13.form = $5::text AND h13.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h13.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = h13.tenant)) IS TRUE) AND (SELECT coalesce(h13.starts_from <= s15.start AND s15.start < h13.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s15))))
     OR t.clock_ms::text IN (SELECT h16.value FROM retention.held_scope h16 WHERE h16.category = $2::text AND h16.shape = 'subject' AND h16.held_until > now() AND h16.value IS NOT NULL AND h16.form = $6::text)
     OR (t.clock_ms::text IN (SELECT h17.value FROM retention.held_scope h17 WHERE h17.category = $2::text AND h17.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h17.held_until > now() AND h17.value IS NOT NULL AND h17.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $2::text AND h18.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h18.held_until > now() AND h18.form = $6::text AND h18.value = t.clock_ms::text AND (h18.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c19 WHERE c19.session_id = t.session_id AND c19.account_id::text = h18.tenant)) IS TRUE) AND (SELECT coalesce(h18.starts_from <= s20.start AND s20.start < h18.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s20))))
     OR ARRAY[t.session_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $2::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $2::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $2::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.session_id::text] AND (h23.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c24 WHERE c24.session_id = t.session_id AND c24.account_id::text = h23.tenant)) IS TRUE) AND (SELECT coalesce(h23.starts_from <= s25.start AND s25.start < h23.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s25) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h26 WHERE h26.category = $2::text AND h26.shape = 'key_subject' AND h26.held_until > now() AND h26.hold = h23.hold AND h26.part = h23.part AND ((h26.form = $5::text AND h26.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h26.form = $6::text AND h26.value = t.clock_ms::text))))))))
     ELSE false END) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM retention.pause z27 WHERE z27.scope = 'tenant' AND z27.resumed_at IS NULL AND (z27.until IS NULL OR z27.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c28 WHERE c28.session_id = t.session_id AND c28.account_id::text = z27.name)) IS TRUE)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         t."retention due" AS moment
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT s29.start + $7::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c30.seen_at >= $3::timestamptz AND c30.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c30.seen_at END) THEN max(CASE WHEN c30.seen_at >= $3::timestamptz AND c30.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c30.seen_at END) END FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id) AS start OFFSET 0) s29) AS "retention due", t.session_id, t.started_at, t.clock_ms, t.source
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
   GROUP BY r.verdict) g;
-- $1 run time
-- $2 value sessions
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value phone e164 character varying
-- $6 value clock - bigint
-- $7 value 90 days

-- tenants
SELECT r.tenant, count(*) AS rows, count(*) FILTER (WHERE r.verdict = 9) AS to_act
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
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h11.value FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape = 'subject' AND h11.held_until > now() AND h11.value IS NOT NULL AND h11.form = $5::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h12.value FROM retention.held_scope h12 WHERE h12.category = $2::text AND h12.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h12.held_until > now() AND h12.value IS NOT NULL AND h12.form = $5::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h13 WHERE h13.category = $2::text AND h13.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h13.held_until > now() AND h13.form = $5::text AND h13.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h13.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c14 WHERE c14.session_id = t.session_id AND c14.account_id::text = h13.tenant)) IS TRUE) AND (SELECT coalesce(h13.starts_from <= s15.start AND s15.start < h13.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s15))))
     OR t.clock_ms::text IN (SELECT h16.value FROM retention.held_scope h16 WHERE h16.category = $2::text AND h16.shape = 'subject' AND h16.held_until > now() AND h16.value IS NOT NULL AND h16.form = $6::text)
     OR (t.clock_ms::text IN (SELECT h17.value FROM retention.held_scope h17 WHERE h17.category = $2::text AND h17.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h17.held_until > now() AND h17.value IS NOT NULL AND h17.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $2::text AND h18.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h18.held_until > now() AND h18.form = $6::text AND h18.value = t.clock_ms::text AND (h18.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c19 WHERE c19.session_id = t.session_id AND c19.account_id::text = h18.tenant)) IS TRUE) AND (SELECT coalesce(h18.starts_from <= s20.start AND s20.start < h18.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s20))))
     OR ARRAY[t.session_id::text] IN (SELECT h21.key FROM retention.held_scope h21 WHERE h21.category = $2::text AND h21.shape = 'key' AND h21.held_until > now() AND h21.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h22.key FROM retention.held_scope h22 WHERE h22.category = $2::text AND h22.shape = 'key_more' AND h22.held_until > now() AND h22.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $2::text AND h23.shape = 'key_more' AND h23.held_until > now() AND h23.key = ARRAY[t.session_id::text] AND (h23.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c24 WHERE c24.session_id = t.session_id AND c24.account_id::text = h23.tenant)) IS TRUE) AND (SELECT coalesce(h23.starts_from <= s25.start AND s25.start < h23.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $3::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s25) AND (NOT h23.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h26 WHERE h26.category = $2::text AND h26.shape = 'key_subject' AND h26.held_until > now() AND h26.hold = h23.hold AND h26.part = h23.part AND ((h26.form = $5::text AND h26.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h26.form = $6::text AND h26.value = t.clock_ms::text))))))))
     ELSE false END) IS TRUE THEN 4
              WHEN (EXISTS (SELECT 1 FROM retention.pause z27 WHERE z27.scope = 'tenant' AND z27.resumed_at IS NULL AND (z27.until IS NULL OR z27.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c28 WHERE c28.session_id = t.session_id AND c28.account_id::text = z27.name)) IS TRUE)) IS TRUE THEN 8
              ELSE 9 END AS verdict,
         (SELECT min(c29.account_id::text) FROM ONLY g.page_event c29 WHERE c29.session_id = t.session_id) AS tenant
    FROM (SELECT 2 AS "retention claimed",
                 (SELECT s30.start + $7::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c31.seen_at >= $3::timestamptz AND c31.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c31.seen_at END) THEN max(CASE WHEN c31.seen_at >= $3::timestamptz AND c31.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c31.seen_at END) END FROM ONLY g.page_event c31 WHERE c31.session_id = t.session_id) AS start OFFSET 0) s30) AS "retention due", t.session_id, t.started_at, t.clock_ms, t.source
            FROM ONLY g.session t OFFSET 0) t OFFSET 0) r
 WHERE r.verdict >= 1
 GROUP BY r.tenant
HAVING count(*) FILTER (WHERE r.verdict = 9) > 0;
-- $1 run time
-- $2 value sessions
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 value phone e164 character varying
-- $6 value clock - bigint
-- $7 value 90 days

-- unclaimed
SELECT 0::bigint AS rows;

-- remaining
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE (SELECT s1.start + $1::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $3::text) END WHEN count(*) = count(CASE WHEN c2.seen_at >= $2::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) THEN max(CASE WHEN c2.seen_at >= $2::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) END FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id) AS start OFFSET 0) s1) <= $4::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $5::text AND h3.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $5::text AND h4.shape IN ('all', 'start') AND h4.held_until > now())) AND (SELECT range_agg(tstzrange(h5.starts_from, h5.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h5 WHERE h5.category = $5::text AND h5.shape IN ('all', 'start') AND h5.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $3::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $5::text AND h7.shape IN ('tenant', 'tenant_start') AND h7.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id AND (c8.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $5::text AND h9.shape = 'tenant' AND h9.held_until > now() AND h9.tenant IS NOT NULL)
     OR (c8.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $5::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $5::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant = c8.account_id::text AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $3::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s12))))) IS TRUE)))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $5::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $6::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $5::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $6::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $5::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $6::text AND h15.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h15.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c16 WHERE c16.session_id = t.session_id AND c16.account_id::text = h15.tenant)) IS TRUE) AND (SELECT coalesce(h15.starts_from <= s17.start AND s17.start < h15.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $3::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s17))))
     OR t.clock_ms::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $5::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $7::text)
     OR (t.clock_ms::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $5::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $5::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $7::text AND h20.value = t.clock_ms::text AND (h20.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id AND c21.account_id::text = h20.tenant)) IS TRUE) AND (SELECT coalesce(h20.starts_from <= s22.start AND s22.start < h20.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $3::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s22))))
     OR ARRAY[t.session_id::text] IN (SELECT h23.key FROM retention.held_scope h23 WHERE h23.category = $5::text AND h23.shape = 'key' AND h23.held_until > now() AND h23.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h24.key FROM retention.held_scope h24 WHERE h24.category = $5::text AND h24.shape = 'key_more' AND h24.held_until > now() AND h24.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h25 WHERE h25.category = $5::text AND h25.shape = 'key_more' AND h25.held_until > now() AND h25.key = ARRAY[t.session_id::text] AND (h25.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c26 WHERE c26.session_id = t.session_id AND c26.account_id::text = h25.tenant)) IS TRUE) AND (SELECT coalesce(h25.starts_from <= s27.start AND s27.start < h25.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($2::timestamptz AT TIME ZONE $3::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $3::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $2::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s27) AND (NOT h25.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h28 WHERE h28.category = $5::text AND h28.shape = 'key_subject' AND h28.held_until > now() AND h28.hold = h25.hold AND h28.part = h25.part AND ((h28.form = $6::text AND h28.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h28.form = $7::text AND h28.value = t.clock_ms::text))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z29 WHERE z29.scope = 'tenant' AND z29.resumed_at IS NULL AND (z29.until IS NULL OR z29.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id AND c30.account_id::text = z29.name)) IS TRUE)) IS NOT TRUE;
-- $1 value 90 days
-- $2 value 1970-01-02
-- $3 value UTC
-- $4 run time
-- $5 value sessions
-- $6 value phone e164 character varying
-- $7 value clock - bigint

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
  'holds', x.holds,
  'kept_while', json_build_array(),
  'floors', json_build_array(),
  'waiting_for', json_build_array(),
  'tenant_paused', x.paused,
  'act_at', CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at), 'infinity') END,
  'verdict', CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN 'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > $2::timestamptz THEN 'not_due' WHEN x.held THEN 'held' WHEN false THEN 'kept_while' WHEN false THEN 'kept_floor' WHEN false THEN 'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END) AS document
  FROM (
SELECT (true) IS TRUE AS claimed,
       (true) IS TRUE AS in_stage,
       (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c1.seen_at >= $4::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) THEN max(CASE WHEN c1.seen_at >= $4::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) END FROM ONLY g.page_event c1 WHERE c1.session_id = t.session_id) AS start,
       (SELECT s2.start + $6::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c1.seen_at >= $4::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) THEN max(CASE WHEN c1.seen_at >= $4::timestamptz AND c1.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c1.seen_at END) END FROM ONLY g.page_event c1 WHERE c1.session_id = t.session_id) AS start OFFSET 0) s2) AS stage_due,
       (SELECT s3.start + $6::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c4.seen_at >= $4::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) THEN max(CASE WHEN c4.seen_at >= $4::timestamptz AND c4.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c4.seen_at END) END FROM ONLY g.page_event c4 WHERE c4.session_id = t.session_id) AS start OFFSET 0) s3) AS due_at,
       (SELECT min(c5.account_id::text) FROM ONLY g.page_event c5 WHERE c5.session_id = t.session_id) AS tenant,
       json_build_array() AS agreements,
       (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h6 WHERE h6.category = $7::text AND h6.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape IN ('all', 'start') AND h7.held_until > now())) AND (SELECT range_agg(tstzrange(h8.starts_from, h8.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h8 WHERE h8.category = $7::text AND h8.shape IN ('all', 'start') AND h8.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) THEN max(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) END FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape IN ('tenant', 'tenant_start') AND h10.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c11 WHERE c11.session_id = t.session_id AND (c11.account_id::text IN (SELECT h12.tenant FROM retention.held_scope h12 WHERE h12.category = $7::text AND h12.shape = 'tenant' AND h12.held_until > now() AND h12.tenant IS NOT NULL)
     OR (c11.account_id::text IN (SELECT h13.tenant FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'tenant_start' AND h13.held_until > now() AND h13.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape = 'tenant_start' AND h14.held_until > now() AND h14.tenant = c11.account_id::text AND (SELECT coalesce(h14.starts_from <= s15.start AND s15.start < h14.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) THEN max(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) END FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id) AS start OFFSET 0) s15))))) IS TRUE)))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h16.value FROM retention.held_scope h16 WHERE h16.category = $7::text AND h16.shape = 'subject' AND h16.held_until > now() AND h16.value IS NOT NULL AND h16.form = $8::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h17.value FROM retention.held_scope h17 WHERE h17.category = $7::text AND h17.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h17.held_until > now() AND h17.value IS NOT NULL AND h17.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h18 WHERE h18.category = $7::text AND h18.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h18.held_until > now() AND h18.form = $8::text AND h18.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h18.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c19 WHERE c19.session_id = t.session_id AND c19.account_id::text = h18.tenant)) IS TRUE) AND (SELECT coalesce(h18.starts_from <= s20.start AND s20.start < h18.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) THEN max(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) END FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id) AS start OFFSET 0) s20))))
     OR t.clock_ms::text IN (SELECT h21.value FROM retention.held_scope h21 WHERE h21.category = $7::text AND h21.shape = 'subject' AND h21.held_until > now() AND h21.value IS NOT NULL AND h21.form = $9::text)
     OR (t.clock_ms::text IN (SELECT h22.value FROM retention.held_scope h22 WHERE h22.category = $7::text AND h22.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h22.held_until > now() AND h22.value IS NOT NULL AND h22.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h23 WHERE h23.category = $7::text AND h23.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h23.held_until > now() AND h23.form = $9::text AND h23.value = t.clock_ms::text AND (h23.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c24 WHERE c24.session_id = t.session_id AND c24.account_id::text = h23.tenant)) IS TRUE) AND (SELECT coalesce(h23.starts_from <= s25.start AND s25.start < h23.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) THEN max(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) END FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id) AS start OFFSET 0) s25))))
     OR ARRAY[t.session_id::text] IN (SELECT h26.key FROM retention.held_scope h26 WHERE h26.category = $7::text AND h26.shape = 'key' AND h26.held_until > now() AND h26.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h27.key FROM retention.held_scope h27 WHERE h27.category = $7::text AND h27.shape = 'key_more' AND h27.held_until > now() AND h27.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h28 WHERE h28.category = $7::text AND h28.shape = 'key_more' AND h28.held_until > now() AND h28.key = ARRAY[t.session_id::text] AND (h28.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c29 WHERE c29.session_id = t.session_id AND c29.account_id::text = h28.tenant)) IS TRUE) AND (SELECT coalesce(h28.starts_from <= s30.start AND s30.start < h28.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) THEN max(CASE WHEN c9.seen_at >= $4::timestamptz AND c9.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c9.seen_at END) END FROM ONLY g.page_event c9 WHERE c9.session_id = t.session_id) AS start OFFSET 0) s30) AND (NOT h28.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h31 WHERE h31.category = $7::text AND h31.shape = 'key_subject' AND h31.held_until > now() AND h31.hold = h28.hold AND h31.part = h28.part AND ((h31.form = $8::text AND h31.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h31.form = $9::text AND h31.value = t.clock_ms::text))))))))
     ELSE false END) IS TRUE AS held,
       (SELECT coalesce(json_agg(x32.hold ORDER BY x32.hold), json_build_array()) FROM (SELECT DISTINCT h33.hold FROM retention.held_scope h33 WHERE h33.category = $7::text AND h33.held_until > now() AND (h33.shape = 'all' OR (h33.shape = 'start' AND (SELECT coalesce(h33.starts_from <= s34.start AND s34.start < h33.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) THEN max(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) END FROM ONLY g.page_event c35 WHERE c35.session_id = t.session_id) AS start OFFSET 0) s34)) OR (h33.shape IN ('tenant', 'tenant_start') AND (EXISTS (SELECT 1 FROM ONLY g.page_event c36 WHERE c36.session_id = t.session_id AND c36.account_id::text = h33.tenant)) IS TRUE AND (SELECT coalesce(h33.starts_from <= s34.start AND s34.start < h33.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) THEN max(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) END FROM ONLY g.page_event c35 WHERE c35.session_id = t.session_id) AS start OFFSET 0) s34)) OR (h33.shape IN ('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start') AND ((h33.form = $8::text AND h33.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h33.form = $9::text AND h33.value = t.clock_ms::text)) AND (h33.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c37 WHERE c37.session_id = t.session_id AND c37.account_id::text = h33.tenant)) IS TRUE) AND (SELECT coalesce(h33.starts_from <= s34.start AND s34.start < h33.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) THEN max(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) END FROM ONLY g.page_event c35 WHERE c35.session_id = t.session_id) AS start OFFSET 0) s34)) OR (h33.shape = 'key' AND h33.key = ARRAY[t.session_id::text]) OR (h33.shape = 'key_more' AND h33.key = ARRAY[t.session_id::text] AND (h33.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c38 WHERE c38.session_id = t.session_id AND c38.account_id::text = h33.tenant)) IS TRUE) AND (SELECT coalesce(h33.starts_from <= s39.start AND s39.start < h33.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) THEN max(CASE WHEN c35.seen_at >= $4::timestamptz AND c35.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c35.seen_at END) END FROM ONLY g.page_event c35 WHERE c35.session_id = t.session_id) AS start OFFSET 0) s39) AND (NOT h33.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h40 WHERE h40.category = $7::text AND h40.shape = 'key_subject' AND h40.held_until > now() AND h40.hold = h33.hold AND h40.part = h33.part AND ((h40.form = $8::text AND h40.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h40.form = $9::text AND h40.value = t.clock_ms::text)))))))) x32) AS holds,
       (EXISTS (SELECT 1 FROM retention.pause z41 WHERE z41.scope = 'tenant' AND z41.resumed_at IS NULL AND (z41.until IS NULL OR z41.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c42 WHERE c42.session_id = t.session_id AND c42.account_id::text = z41.name)) IS TRUE)) IS TRUE AS paused
  FROM ONLY g.session t
 WHERE t.session_id = $10::uuid OFFSET 0) x;
-- $1 value delete
-- $2 run time
-- $3 value 90 days
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 value 90 days
-- $7 value sessions
-- $8 value phone e164 character varying
-- $9 value clock - bigint
-- $10 key 1

-- g.page_event: count
SELECT count(*) AS rows
  FROM (SELECT 1 FROM ONLY g.page_event d
 WHERE d.session_id = ANY ($1::text[]::uuid[])
 LIMIT $2::bigint) x;
-- $1 keys 1
-- $2 limit

-- g.page_event: remove
WITH gone AS (
DELETE FROM ONLY g.page_event d
 WHERE d.session_id = ANY ($1::text[]::uuid[])
   AND (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.shape = 'all' AND h1.held_until > now())) IS NOT TRUE
RETURNING d.session_id::text AS k1, d.event_no::text AS k2)
SELECT count(*) AS rows, array_agg(x.k1) AS key1, array_agg(x.k2) AS key2
  FROM gone x;
-- $1 keys 1
-- $2 value sessions

-- g.page_event: remove_some
WITH gone AS (
DELETE FROM ONLY g.page_event d
 WHERE d.ctid = ANY (ARRAY(SELECT s.ctid FROM ONLY g.page_event s WHERE s.session_id = ANY ($1::text[]::uuid[]) LIMIT $2::bigint))
   AND d.session_id = ANY ($1::text[]::uuid[])
   AND (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $3::text AND h1.shape = 'all' AND h1.held_until > now())) IS NOT TRUE
RETURNING d.session_id::text AS k1, d.event_no::text AS k2)
SELECT count(*) AS rows, array_agg(x.k1) AS key1, array_agg(x.k2) AS key2
  FROM gone x;
-- $1 keys 1
-- $2 limit
-- $3 value sessions

-- leaf: remove
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT s1.start + $3::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c2.seen_at >= $4::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) THEN max(CASE WHEN c2.seen_at >= $4::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) END FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id) AS start OFFSET 0) s1) <= $6::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape IN ('all', 'start') AND h4.held_until > now())) AND (SELECT range_agg(tstzrange(h5.starts_from, h5.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape IN ('all', 'start') AND h5.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape IN ('tenant', 'tenant_start') AND h7.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id AND (c8.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'tenant' AND h9.held_until > now() AND h9.tenant IS NOT NULL)
     OR (c8.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant = c8.account_id::text AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s12))))) IS TRUE)))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $8::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $7::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $8::text AND h15.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h15.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c16 WHERE c16.session_id = t.session_id AND c16.account_id::text = h15.tenant)) IS TRUE) AND (SELECT coalesce(h15.starts_from <= s17.start AND s17.start < h15.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s17))))
     OR t.clock_ms::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $7::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $9::text)
     OR (t.clock_ms::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $7::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $7::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $9::text AND h20.value = t.clock_ms::text AND (h20.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id AND c21.account_id::text = h20.tenant)) IS TRUE) AND (SELECT coalesce(h20.starts_from <= s22.start AND s22.start < h20.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s22))))
     OR ARRAY[t.session_id::text] IN (SELECT h23.key FROM retention.held_scope h23 WHERE h23.category = $7::text AND h23.shape = 'key' AND h23.held_until > now() AND h23.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h24.key FROM retention.held_scope h24 WHERE h24.category = $7::text AND h24.shape = 'key_more' AND h24.held_until > now() AND h24.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h25 WHERE h25.category = $7::text AND h25.shape = 'key_more' AND h25.held_until > now() AND h25.key = ARRAY[t.session_id::text] AND (h25.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c26 WHERE c26.session_id = t.session_id AND c26.account_id::text = h25.tenant)) IS TRUE) AND (SELECT coalesce(h25.starts_from <= s27.start AND s27.start < h25.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s27) AND (NOT h25.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h28 WHERE h28.category = $7::text AND h28.shape = 'key_subject' AND h28.held_until > now() AND h28.hold = h25.hold AND h28.part = h25.part AND ((h28.form = $8::text AND h28.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h28.form = $9::text AND h28.value = t.clock_ms::text))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z29 WHERE z29.scope = 'tenant' AND z29.resumed_at IS NULL AND (z29.until IS NULL OR z29.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id AND c30.account_id::text = z29.name)) IS TRUE)) IS NOT TRUE
RETURNING (SELECT min(c31.account_id::text) FROM ONLY g.page_event c31 WHERE c31.session_id = t.session_id) AS tenant, t.session_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 from tid
-- $2 to tid
-- $3 value 90 days
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 run time
-- $7 value sessions
-- $8 value phone e164 character varying
-- $9 value clock - bigint

-- leaf: lock_rows
WITH locked AS (
SELECT t.ctid AS tid, t.session_id::text AS k1
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT s1.start + $3::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c2.seen_at >= $4::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) THEN max(CASE WHEN c2.seen_at >= $4::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) END FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id) AS start OFFSET 0) s1) <= $6::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape IN ('all', 'start') AND h4.held_until > now())) AND (SELECT range_agg(tstzrange(h5.starts_from, h5.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape IN ('all', 'start') AND h5.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape IN ('tenant', 'tenant_start') AND h7.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id AND (c8.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'tenant' AND h9.held_until > now() AND h9.tenant IS NOT NULL)
     OR (c8.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant = c8.account_id::text AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s12))))) IS TRUE)))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $8::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $7::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $8::text AND h15.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h15.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c16 WHERE c16.session_id = t.session_id AND c16.account_id::text = h15.tenant)) IS TRUE) AND (SELECT coalesce(h15.starts_from <= s17.start AND s17.start < h15.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s17))))
     OR t.clock_ms::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $7::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $9::text)
     OR (t.clock_ms::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $7::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $7::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $9::text AND h20.value = t.clock_ms::text AND (h20.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id AND c21.account_id::text = h20.tenant)) IS TRUE) AND (SELECT coalesce(h20.starts_from <= s22.start AND s22.start < h20.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s22))))
     OR ARRAY[t.session_id::text] IN (SELECT h23.key FROM retention.held_scope h23 WHERE h23.category = $7::text AND h23.shape = 'key' AND h23.held_until > now() AND h23.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h24.key FROM retention.held_scope h24 WHERE h24.category = $7::text AND h24.shape = 'key_more' AND h24.held_until > now() AND h24.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h25 WHERE h25.category = $7::text AND h25.shape = 'key_more' AND h25.held_until > now() AND h25.key = ARRAY[t.session_id::text] AND (h25.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c26 WHERE c26.session_id = t.session_id AND c26.account_id::text = h25.tenant)) IS TRUE) AND (SELECT coalesce(h25.starts_from <= s27.start AND s27.start < h25.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s27) AND (NOT h25.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h28 WHERE h28.category = $7::text AND h28.shape = 'key_subject' AND h28.held_until > now() AND h28.hold = h25.hold AND h28.part = h25.part AND ((h28.form = $8::text AND h28.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h28.form = $9::text AND h28.value = t.clock_ms::text))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z29 WHERE z29.scope = 'tenant' AND z29.resumed_at IS NULL AND (z29.until IS NULL OR z29.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id AND c30.account_id::text = z29.name)) IS TRUE)) IS NOT TRUE
 ORDER BY t.ctid
 LIMIT $10::bigint
   FOR UPDATE OF t SKIP LOCKED)
SELECT count(*) AS rows, count(*) >= $10::bigint AS more, array_agg(l.tid::text) AS tids, array_agg(l.k1) AS key1
  FROM (SELECT * FROM locked ORDER BY tid) l;
-- $1 from tid
-- $2 to tid
-- $3 value 90 days
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 run time
-- $7 value sessions
-- $8 value phone e164 character varying
-- $9 value clock - bigint
-- $10 limit

-- leaf: lock_reads 1
WITH locked AS (
SELECT c1.tableoid AS leaf, c1.ctid AS tid
  FROM ONLY g.page_event c1
 WHERE EXISTS (SELECT 1 FROM ONLY g.session t WHERE t.ctid = ANY ($1::tid[]) AND c1.session_id = t.session_id)
   FOR UPDATE OF c1 SKIP LOCKED)
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
   AND (SELECT s1.start + $2::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c2.seen_at >= $3::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) THEN max(CASE WHEN c2.seen_at >= $3::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) END FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id) AS start OFFSET 0) s1) <= $5::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $6::text AND h3.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $6::text AND h4.shape IN ('all', 'start') AND h4.held_until > now())) AND (SELECT range_agg(tstzrange(h5.starts_from, h5.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h5 WHERE h5.category = $6::text AND h5.shape IN ('all', 'start') AND h5.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $6::text AND h7.shape IN ('tenant', 'tenant_start') AND h7.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id AND (c8.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $6::text AND h9.shape = 'tenant' AND h9.held_until > now() AND h9.tenant IS NOT NULL)
     OR (c8.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $6::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $6::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant = c8.account_id::text AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s12))))) IS TRUE)))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $6::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $7::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $6::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $7::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $6::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $7::text AND h15.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h15.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c16 WHERE c16.session_id = t.session_id AND c16.account_id::text = h15.tenant)) IS TRUE) AND (SELECT coalesce(h15.starts_from <= s17.start AND s17.start < h15.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s17))))
     OR t.clock_ms::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $6::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $8::text)
     OR (t.clock_ms::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $6::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $6::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $8::text AND h20.value = t.clock_ms::text AND (h20.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id AND c21.account_id::text = h20.tenant)) IS TRUE) AND (SELECT coalesce(h20.starts_from <= s22.start AND s22.start < h20.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s22))))
     OR ARRAY[t.session_id::text] IN (SELECT h23.key FROM retention.held_scope h23 WHERE h23.category = $6::text AND h23.shape = 'key' AND h23.held_until > now() AND h23.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h24.key FROM retention.held_scope h24 WHERE h24.category = $6::text AND h24.shape = 'key_more' AND h24.held_until > now() AND h24.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h25 WHERE h25.category = $6::text AND h25.shape = 'key_more' AND h25.held_until > now() AND h25.key = ARRAY[t.session_id::text] AND (h25.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c26 WHERE c26.session_id = t.session_id AND c26.account_id::text = h25.tenant)) IS TRUE) AND (SELECT coalesce(h25.starts_from <= s27.start AND s27.start < h25.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($3::timestamptz AT TIME ZONE $4::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $4::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $3::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s27) AND (NOT h25.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h28 WHERE h28.category = $6::text AND h28.shape = 'key_subject' AND h28.held_until > now() AND h28.hold = h25.hold AND h28.part = h25.part AND ((h28.form = $7::text AND h28.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h28.form = $8::text AND h28.value = t.clock_ms::text))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z29 WHERE z29.scope = 'tenant' AND z29.resumed_at IS NULL AND (z29.until IS NULL OR z29.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id AND c30.account_id::text = z29.name)) IS TRUE)) IS NOT TRUE
 ORDER BY t.ctid) l;
-- $1 tids
-- $2 value 90 days
-- $3 value 1970-01-02
-- $4 value UTC
-- $5 run time
-- $6 value sessions
-- $7 value phone e164 character varying
-- $8 value clock - bigint

-- leaf: remove_tids
WITH gone AS (
DELETE FROM ONLY g.session t
 WHERE t.ctid = ANY ($1::tid[])
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h1 WHERE h1.category = $2::text AND h1.held_until > now())) THEN (EXISTS (SELECT 1 FROM retention.held_scope h2 WHERE h2.category = $2::text AND h2.shape = 'all' AND h2.held_until > now()))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h3.value FROM retention.held_scope h3 WHERE h3.category = $2::text AND h3.shape = 'subject' AND h3.held_until > now() AND h3.value IS NOT NULL AND h3.form = $3::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h4.value FROM retention.held_scope h4 WHERE h4.category = $2::text AND h4.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h4.held_until > now() AND h4.value IS NOT NULL AND h4.form = $3::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h5 WHERE h5.category = $2::text AND h5.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h5.held_until > now() AND h5.form = $3::text AND h5.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND h5.tenant IS NULL AND h5.starts_from = '-infinity' AND h5.starts_to = 'infinity')))
     OR t.clock_ms::text IN (SELECT h6.value FROM retention.held_scope h6 WHERE h6.category = $2::text AND h6.shape = 'subject' AND h6.held_until > now() AND h6.value IS NOT NULL AND h6.form = $4::text)
     OR (t.clock_ms::text IN (SELECT h7.value FROM retention.held_scope h7 WHERE h7.category = $2::text AND h7.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h7.held_until > now() AND h7.value IS NOT NULL AND h7.form = $4::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h8 WHERE h8.category = $2::text AND h8.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h8.held_until > now() AND h8.form = $4::text AND h8.value = t.clock_ms::text AND h8.tenant IS NULL AND h8.starts_from = '-infinity' AND h8.starts_to = 'infinity')))
     OR ARRAY[t.session_id::text] IN (SELECT h9.key FROM retention.held_scope h9 WHERE h9.category = $2::text AND h9.shape = 'key' AND h9.held_until > now() AND h9.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h10.key FROM retention.held_scope h10 WHERE h10.category = $2::text AND h10.shape = 'key_more' AND h10.held_until > now() AND h10.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $2::text AND h11.shape = 'key_more' AND h11.held_until > now() AND h11.key = ARRAY[t.session_id::text] AND h11.tenant IS NULL AND h11.starts_from = '-infinity' AND h11.starts_to = 'infinity' AND (NOT h11.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h12 WHERE h12.category = $2::text AND h12.shape = 'key_subject' AND h12.held_until > now() AND h12.hold = h11.hold AND h12.part = h11.part AND ((h12.form = $3::text AND h12.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h12.form = $4::text AND h12.value = t.clock_ms::text))))))))
     ELSE false END) IS NOT TRUE
RETURNING (SELECT min(c13.account_id::text) FROM ONLY g.page_event c13 WHERE c13.session_id = t.session_id) AS tenant, t.session_id::text AS k1),
by_tenant AS (
SELECT array_agg(c.tenant) AS tenants, array_agg(c.rows) AS tenant_rows
  FROM (SELECT g.tenant, count(*) AS rows FROM gone g GROUP BY g.tenant) c)
SELECT count(*) AS rows, (SELECT n.tenants FROM by_tenant n) AS tenants, (SELECT n.tenant_rows FROM by_tenant n) AS tenant_rows, array_agg(g.k1) AS key1
  FROM gone g;
-- $1 tids
-- $2 value sessions
-- $3 value phone e164 character varying
-- $4 value clock - bigint

-- leaf: count_range
SELECT count(*) AS rows
  FROM ONLY g.session t
 WHERE t.ctid >= $1::tid
   AND t.ctid < $2::tid
   AND (SELECT s1.start + $3::interval FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c2.seen_at >= $4::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) THEN max(CASE WHEN c2.seen_at >= $4::timestamptz AND c2.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c2.seen_at END) END FROM ONLY g.page_event c2 WHERE c2.session_id = t.session_id) AS start OFFSET 0) s1) <= $6::timestamptz
   AND (CASE WHEN (EXISTS (SELECT 1 FROM retention.held_scope h3 WHERE h3.category = $7::text AND h3.held_until > now())) THEN ((EXISTS (SELECT 1 FROM retention.held_scope h4 WHERE h4.category = $7::text AND h4.shape IN ('all', 'start') AND h4.held_until > now())) AND (SELECT range_agg(tstzrange(h5.starts_from, h5.starts_to)) + tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM retention.held_scope h5 WHERE h5.category = $7::text AND h5.shape IN ('all', 'start') AND h5.held_until > now()) @> coalesce((SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id), 'infinity'::timestamptz))
     OR ((EXISTS (SELECT 1 FROM retention.held_scope h7 WHERE h7.category = $7::text AND h7.shape IN ('tenant', 'tenant_start') AND h7.held_until > now())) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c8 WHERE c8.session_id = t.session_id AND (c8.account_id::text IN (SELECT h9.tenant FROM retention.held_scope h9 WHERE h9.category = $7::text AND h9.shape = 'tenant' AND h9.held_until > now() AND h9.tenant IS NOT NULL)
     OR (c8.account_id::text IN (SELECT h10.tenant FROM retention.held_scope h10 WHERE h10.category = $7::text AND h10.shape = 'tenant_start' AND h10.held_until > now() AND h10.tenant IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h11 WHERE h11.category = $7::text AND h11.shape = 'tenant_start' AND h11.held_until > now() AND h11.tenant = c8.account_id::text AND (SELECT coalesce(h11.starts_from <= s12.start AND s12.start < h11.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s12))))) IS TRUE)))
     OR retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h13.value FROM retention.held_scope h13 WHERE h13.category = $7::text AND h13.shape = 'subject' AND h13.held_until > now() AND h13.value IS NOT NULL AND h13.form = $8::text)
     OR (retention.as_e164((t.source::text COLLATE pg_catalog."default")) IN (SELECT h14.value FROM retention.held_scope h14 WHERE h14.category = $7::text AND h14.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h14.held_until > now() AND h14.value IS NOT NULL AND h14.form = $8::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h15 WHERE h15.category = $7::text AND h15.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h15.held_until > now() AND h15.form = $8::text AND h15.value = retention.as_e164((t.source::text COLLATE pg_catalog."default")) AND (h15.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c16 WHERE c16.session_id = t.session_id AND c16.account_id::text = h15.tenant)) IS TRUE) AND (SELECT coalesce(h15.starts_from <= s17.start AND s17.start < h15.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s17))))
     OR t.clock_ms::text IN (SELECT h18.value FROM retention.held_scope h18 WHERE h18.category = $7::text AND h18.shape = 'subject' AND h18.held_until > now() AND h18.value IS NOT NULL AND h18.form = $9::text)
     OR (t.clock_ms::text IN (SELECT h19.value FROM retention.held_scope h19 WHERE h19.category = $7::text AND h19.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h19.held_until > now() AND h19.value IS NOT NULL AND h19.form = $9::text) AND (EXISTS (SELECT 1 FROM retention.held_scope h20 WHERE h20.category = $7::text AND h20.shape IN ('subject_start', 'tenant_subject', 'tenant_subject_start') AND h20.held_until > now() AND h20.form = $9::text AND h20.value = t.clock_ms::text AND (h20.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c21 WHERE c21.session_id = t.session_id AND c21.account_id::text = h20.tenant)) IS TRUE) AND (SELECT coalesce(h20.starts_from <= s22.start AND s22.start < h20.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s22))))
     OR ARRAY[t.session_id::text] IN (SELECT h23.key FROM retention.held_scope h23 WHERE h23.category = $7::text AND h23.shape = 'key' AND h23.held_until > now() AND h23.key IS NOT NULL)
     OR (ARRAY[t.session_id::text] IN (SELECT h24.key FROM retention.held_scope h24 WHERE h24.category = $7::text AND h24.shape = 'key_more' AND h24.held_until > now() AND h24.key IS NOT NULL) AND (EXISTS (SELECT 1 FROM retention.held_scope h25 WHERE h25.category = $7::text AND h25.shape = 'key_more' AND h25.held_until > now() AND h25.key = ARRAY[t.session_id::text] AND (h25.tenant IS NULL OR (EXISTS (SELECT 1 FROM ONLY g.page_event c26 WHERE c26.session_id = t.session_id AND c26.account_id::text = h25.tenant)) IS TRUE) AND (SELECT coalesce(h25.starts_from <= s27.start AND s27.start < h25.starts_to, true) FROM (SELECT (SELECT CASE WHEN count(*) = 0 THEN CASE WHEN t.started_at >= ($4::timestamptz AT TIME ZONE $5::text) AND t.started_at < '10000-01-01'::timestamp THEN (t.started_at AT TIME ZONE $5::text) END WHEN count(*) = count(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) THEN max(CASE WHEN c6.seen_at >= $4::timestamptz AND c6.seen_at < '10000-01-01 00:00:00+00'::timestamptz THEN c6.seen_at END) END FROM ONLY g.page_event c6 WHERE c6.session_id = t.session_id) AS start OFFSET 0) s27) AND (NOT h25.with_subjects OR (EXISTS (SELECT 1 FROM retention.held_scope h28 WHERE h28.category = $7::text AND h28.shape = 'key_subject' AND h28.held_until > now() AND h28.hold = h25.hold AND h28.part = h25.part AND ((h28.form = $8::text AND h28.value = retention.as_e164((t.source::text COLLATE pg_catalog."default"))) OR (h28.form = $9::text AND h28.value = t.clock_ms::text))))))))
     ELSE false END) IS NOT TRUE
   AND (EXISTS (SELECT 1 FROM retention.pause z29 WHERE z29.scope = 'tenant' AND z29.resumed_at IS NULL AND (z29.until IS NULL OR z29.until > now()) AND (EXISTS (SELECT 1 FROM ONLY g.page_event c30 WHERE c30.session_id = t.session_id AND c30.account_id::text = z29.name)) IS TRUE)) IS NOT TRUE;
-- $1 from tid
-- $2 to tid
-- $3 value 90 days
-- $4 value 1970-01-02
-- $5 value UTC
-- $6 run time
-- $7 value sessions
-- $8 value phone e164 character varying
-- $9 value clock - bigint

