-- What held_scope and hold_gap should say of the parts of some holds in some categories (NULL: of
-- all that are in force; in all), by what was asked for and how categories find their records. A
-- row of held_scope each; and for each part in each category that it reaches for one row without
-- shape, whose why_not is that of hold_gap (NULL: no gap). `at` decides what is in force.
--
-- In every category that a hold reaches, each of its parts is one of these:
--
--   * nothing is known of the category's columns: all of it is held, whatever the part says;
--   * something that the part names does not exist there (a tenant, a key, a kind of subject), or
--     fits no column: no row for that, and a row in hold_gap with the reason;
--   * else rows of one shape (see held_scope). A category without starting points meets every
--     range. A part with phone numbers has the value "?" among them, which covers the records of
--     which it is not certain whose number they have (see any_phone).
--
-- Values are converted once for each form, not once for each category. The planner cannot know how
-- many rows the steps have, so loops within loops are made dear. Internal.
CREATE OR REPLACE FUNCTION retention.hold_parts_wanted(categories text[], holds uuid[],
    at timestamptz)
RETURNS TABLE (category text, shape text, hold uuid, part int, tenant text, form text, value text,
    key text[], starts_from timestamptz, starts_to timestamptz, with_subjects boolean,
    held_until timestamptz, why_not text)
LANGUAGE plpgsql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_nestloop = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH
    c AS MATERIALIZED (
        SELECT k.name, retention.hold_facts(k) AS facts,
               coalesce(retention.hold_facts(k) -> 'subjects', '[]') AS subjects
        FROM retention.category k
        WHERE k.state <> 'retired'
          AND (hold_parts_wanted.categories IS NULL OR k.name = ANY (hold_parts_wanted.categories))),
    p AS MATERIALIZED (
        SELECT o.hold, o.part, h.category, o.tenant, o.starts_from, o.starts_to, o.subjects, o.keys,
               o.held_until
        FROM retention.hold h JOIN retention.hold_part o USING (hold)
        WHERE h.held_until > hold_parts_wanted.at AND o.held_until > hold_parts_wanted.at
          AND (hold_parts_wanted.holds IS NULL OR h.hold = ANY (hold_parts_wanted.holds))),
    -- subjects, converted for each form that any of the categories has for their kind
    s AS MATERIALIZED (
        SELECT o.hold, o.part, o.kind, o.value, o.held_until
        FROM p JOIN retention.hold_subject o ON (o.hold, o.part) = (p.hold, p.part)
        WHERE p.subjects > 0 AND o.held_until > hold_parts_wanted.at),
    form AS (
        SELECT DISTINCT f ->> 'kind' AS kind, f ->> 'form' AS form, f ->> 'type' AS type,
               f ->> 'as' AS normal
        FROM c, jsonb_array_elements(c.subjects) f),
    -- (forms that many subjects have are converted in place, without a call for each)
    converted AS MATERIALIZED (
        SELECT s.hold, s.part, s.kind, s.value, s.held_until, form.form, form.normal,
               CASE WHEN form.normal = 'e164' THEN retention.as_e164(s.value)
                    WHEN form.normal = 'lower' THEN nullif(retention.as_lower(s.value), '')
                    WHEN form.normal IS NULL AND form.type IN ('text', 'character varying')
                    THEN s.value
                    ELSE retention.canonical_text(s.value, form.type, form.normal) END AS text
        FROM s JOIN form USING (kind)),
    value AS MATERIALIZED (
        SELECT v.hold, v.part, v.form, v.text, max(v.held_until) AS held_until
        FROM (SELECT v.hold, v.part, v.form, v.text, v.held_until FROM converted v
              WHERE v.text IS NOT NULL
              UNION ALL
              SELECT v.hold, v.part, v.form, '?', max(v.held_until) FROM converted v
              WHERE v.normal = 'e164' AND v.text IS NOT NULL GROUP BY 1, 2, 3) v
        GROUP BY 1, 2, 3, 4),
    -- which of them a category cannot look for: the same for all that have the same forms
    set AS (SELECT DISTINCT c.subjects FROM c),
    set_form AS (SELECT set.subjects, f ->> 'form' AS form
                 FROM set, jsonb_array_elements(set.subjects) f),
    found AS (
        SELECT set_form.subjects, v.hold, v.part, v.kind, v.value
        FROM set_form JOIN converted v USING (form)
        GROUP BY 1, 2, 3, 4, 5 HAVING bool_or(v.text IS NOT NULL)),
    found_count AS (
        SELECT subjects, hold, part, kind, count(*) AS count FROM found GROUP BY 1, 2, 3, 4),
    kind_count AS (SELECT hold, part, kind, count(*) AS count FROM s GROUP BY 1, 2, 3),
    lacking AS MATERIALIZED (
        SELECT set.subjects, n.hold, n.part,
               bool_and(coalesce(f.count, 0) = 0) AS wholly,
               string_agg(CASE
                   WHEN NOT EXISTS (SELECT FROM jsonb_array_elements(set.subjects) e
                                    WHERE e ->> 'kind' = n.kind)
                   THEN format('it has no subject of kind "%s"', n.kind)
                   ELSE format('%s of %s subjects of kind "%s" fit no column of it',
                       n.count - coalesce(f.count, 0), n.count, n.kind) END,
                   '; ' ORDER BY n.kind)
                   FILTER (WHERE f.count IS DISTINCT FROM n.count) AS why
        FROM set CROSS JOIN kind_count n
            LEFT JOIN found_count f ON f.subjects = set.subjects AND f.hold = n.hold
                AND f.part = n.part AND f.kind = n.kind
        GROUP BY 1, 2, 3),
    -- records by their keys: of the one category that such a hold names
    key_found AS MATERIALIZED (
        SELECT c.name, o.hold, o.part, o.held_until,
               retention.canonical_key(o.key, c.facts -> 'key') AS key
        FROM p JOIN c ON c.name = p.category
            JOIN retention.hold_key o ON (o.hold, o.part) = (p.hold, p.part)
        WHERE p.keys > 0 AND o.held_until > hold_parts_wanted.at AND jsonb_array_length(c.facts -> 'key') > 0),
    key_lacking AS (
        SELECT name, hold, part, bool_and(key IS NULL) AS wholly,
               CASE WHEN bool_or(key IS NULL)
                    THEN format('%s of %s record keys do not fit its key',
                        count(*) FILTER (WHERE key IS NULL), count(*)) END AS why
        FROM key_found GROUP BY 1, 2, 3),
    -- every part in every category that it reaches for
    pc AS MATERIALIZED (
        SELECT c.name, c.facts, c.subjects AS forms, p.hold, p.part, p.held_until, t.tenant,
               p.subjects > 0 AS by_subject, p.keys > 0 AS by_key, r.ranged,
               CASE WHEN r.ranged THEN coalesce(p.starts_from, '-infinity') ELSE '-infinity' END
                   AS starts_from,
               CASE WHEN r.ranged THEN coalesce(p.starts_to, 'infinity') ELSE 'infinity' END
                   AS starts_to,
               CASE WHEN c.facts IS NULL THEN NULL
                    WHEN c.facts ? 'declared' THEN 'its data is outside of this database'
                    WHEN p.tenant IS NOT NULL AND NOT c.facts ? 'tenant' THEN 'it has no tenant'
                    WHEN p.tenant IS NOT NULL AND t.tenant IS NULL
                    THEN format('the tenant is no value of type %s', c.facts #>> '{tenant,type}')
                    WHEN p.keys > 0 AND jsonb_array_length(c.facts -> 'key') = 0
                    THEN 'its records have no key'
                    WHEN l.wholly THEN l.why
                    WHEN k.wholly THEN k.why END AS why_not,
               CASE WHEN c.facts IS NOT NULL THEN nullif(concat_ws('; ', l.why, k.why), '') END
                   AS why_some
        FROM p JOIN c ON p.category IS NULL OR p.category = c.name
            CROSS JOIN LATERAL (SELECT retention.canonical_text(p.tenant,
                c.facts #>> '{tenant,type}', NULL) AS tenant) t
            CROSS JOIN LATERAL (SELECT (p.starts_from IS NOT NULL OR p.starts_to IS NOT NULL)
                AND coalesce(c.facts ->> 'start', 'false') <> 'false' AS ranged) r
            LEFT JOIN lacking l ON l.subjects = c.subjects AND l.hold = p.hold AND l.part = p.part
            LEFT JOIN key_lacking k ON k.name = c.name AND k.hold = p.hold AND k.part = p.part),
    wanted AS (
        SELECT pc.name, 'all' AS shape, pc.hold, pc.part, NULL::text AS tenant, NULL::text AS form,
               NULL::text AS value, NULL::text[] AS key, '-infinity'::timestamptz AS starts_from,
               'infinity'::timestamptz AS starts_to, false AS with_subjects, pc.held_until
        FROM pc WHERE pc.facts IS NULL
        UNION ALL
        SELECT pc.name, CASE WHEN pc.tenant IS NULL AND NOT pc.ranged THEN 'all'
                             WHEN pc.tenant IS NULL THEN 'start'
                             WHEN NOT pc.ranged THEN 'tenant' ELSE 'tenant_start' END,
               pc.hold, pc.part, pc.tenant, NULL, NULL, NULL, pc.starts_from, pc.starts_to, false,
               pc.held_until
        FROM pc
        WHERE pc.facts IS NOT NULL AND pc.why_not IS NULL AND NOT pc.by_subject AND NOT pc.by_key
        UNION ALL
        SELECT pc.name, CASE WHEN pc.by_key THEN 'key_subject'
                             WHEN pc.tenant IS NULL AND NOT pc.ranged THEN 'subject'
                             WHEN pc.tenant IS NULL THEN 'subject_start'
                             WHEN NOT pc.ranged THEN 'tenant_subject'
                             ELSE 'tenant_subject_start' END,
               pc.hold, pc.part, CASE WHEN NOT pc.by_key THEN pc.tenant END, v.form, v.text, NULL,
               CASE WHEN pc.by_key THEN '-infinity' ELSE pc.starts_from END,
               CASE WHEN pc.by_key THEN 'infinity' ELSE pc.starts_to END, false,
               least(pc.held_until, v.held_until)
        FROM pc JOIN set_form ON set_form.subjects = pc.forms
            JOIN value v ON (v.hold, v.part, v.form) = (pc.hold, pc.part, set_form.form)
        WHERE pc.facts IS NOT NULL AND pc.why_not IS NULL AND pc.by_subject
        UNION ALL
        SELECT pc.name, CASE WHEN pc.tenant IS NULL AND NOT pc.ranged AND NOT pc.by_subject
                             THEN 'key' ELSE 'key_more' END,
               pc.hold, pc.part, pc.tenant, NULL, NULL, k.key, pc.starts_from, pc.starts_to,
               pc.by_subject, least(pc.held_until, k.held_until)
        FROM pc JOIN (SELECT k.name, k.hold, k.part, k.key, max(k.held_until) AS held_until
                      FROM key_found k WHERE k.key IS NOT NULL GROUP BY 1, 2, 3, 4) k
                ON (k.name, k.hold, k.part) = (pc.name, pc.hold, pc.part)
        WHERE pc.facts IS NOT NULL AND pc.why_not IS NULL AND pc.by_key)
    SELECT w.name, w.shape, w.hold, w.part, w.tenant, w.form, w.value, w.key, w.starts_from,
           w.starts_to, w.with_subjects, w.held_until, NULL::text
    FROM wanted w
    UNION ALL
    SELECT pc.name, NULL, pc.hold, pc.part, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           coalesce(pc.why_not, pc.why_some)
    FROM pc;
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_parts_wanted(text[], uuid[], timestamptz) FROM PUBLIC;
