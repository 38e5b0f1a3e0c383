-- What a part of a hold covers (NULL: all of its parts), as one text: the same for the same scope.
-- Its HMAC under the matter's digest key stands in the log. Internal.
CREATE OR REPLACE FUNCTION retention.hold_scope_text(hold uuid, part int) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $function$
SELECT jsonb_build_object('hold', h.hold, 'category', h.category, 'parts', (
    SELECT jsonb_agg(jsonb_build_object('part', p.part, 'tenant', p.tenant,
            'starts_from', p.starts_from, 'starts_to', p.starts_to,
            'subjects', (SELECT jsonb_agg(s.kind || ':' || s.value
                                          ORDER BY (s.kind || ':' || s.value) COLLATE "C")
                         FROM retention.hold_subject s WHERE (s.hold, s.part) = (p.hold, p.part)),
            'keys', (SELECT jsonb_agg(k.key ORDER BY k.key::text COLLATE "C")
                     FROM retention.hold_key k WHERE (k.hold, k.part) = (p.hold, p.part)))
        ORDER BY p.part)
    FROM retention.hold_part p
    WHERE p.hold = h.hold
      AND (hold_scope_text.part IS NULL OR p.part = hold_scope_text.part)))::text
FROM retention.hold h WHERE h.hold = hold_scope_text.hold
$function$;
REVOKE ALL ON FUNCTION retention.hold_scope_text(uuid, int) FROM PUBLIC;
