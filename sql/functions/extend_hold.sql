-- Adds a part to a hold: from the commit on it covers that, too. Returns the part's number. What
-- may be named, and what is refused, is as for place_hold; the category is the hold's.
CREATE OR REPLACE FUNCTION retention.extend_hold(hold uuid, reason text, tenant text DEFAULT NULL,
    subject text DEFAULT NULL, subjects text[] DEFAULT NULL, starts_from timestamptz DEFAULT NULL,
    starts_to timestamptz DEFAULT NULL, record_key text[] DEFAULT NULL,
    record_keys text[] DEFAULT NULL, accept_gaps text[] DEFAULT NULL) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    h retention.hold%ROWTYPE;
    errors text[] := '{}';
    accepted text[];
    number int;
BEGIN
    h := retention.lock_hold(extend_hold.hold, 'extended', extend_hold.reason);
    accepted := h.accept_gaps || coalesce(extend_hold.accept_gaps, '{}');
    IF coalesce(extend_hold.tenant, extend_hold.subject, extend_hold.subjects::text,
                extend_hold.starts_from::text, extend_hold.starts_to::text,
                extend_hold.record_key::text, extend_hold.record_keys::text) IS NULL THEN
        errors := errors || 'it names nothing to hold'::text;
    END IF;
    SELECT errors || coalesce(array_agg(format('accept_gaps: there is no category "%s"', a.name)
                                        ORDER BY a.name), '{}')
        INTO errors
        FROM unnest(accepted) a (name)
        WHERE NOT EXISTS (SELECT FROM retention.category c WHERE c.name = a.name);
    SELECT max(p.part) + 1 INTO STRICT number FROM retention.hold_part p WHERE p.hold = h.hold;
    errors := errors || retention.add_hold_part(h.hold, number, extend_hold.reason, h.category,
        extend_hold.tenant, extend_hold.subject, extend_hold.subjects, extend_hold.starts_from,
        extend_hold.starts_to, extend_hold.record_key, extend_hold.record_keys, accepted);
    UPDATE retention.hold o SET accept_gaps = accepted
        WHERE o.hold = h.hold AND o.accept_gaps <> accepted;

    PERFORM retention.apply_new_part(h.hold, number, 'added', errors, accepted);
    PERFORM retention.hold_entry(h.hold, 'extended', retention.hold_scope_text(h.hold, number));
    RETURN number;
END
$function$;
REVOKE ALL ON FUNCTION retention.extend_hold(uuid, text, text, text, text[], timestamptz,
    timestamptz, text[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.extend_hold(uuid, text, text, text, text[], timestamptz,
    timestamptz, text[], text[], text[]) TO @prefix@legal;
