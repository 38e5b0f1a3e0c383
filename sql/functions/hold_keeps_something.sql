-- Whether any part of a hold goes on after `until` with what it names. Internal.
CREATE OR REPLACE FUNCTION retention.hold_keeps_something(hold uuid, until timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT EXISTS (
    SELECT FROM retention.hold_part p
    WHERE p.hold = hold_keeps_something.hold AND p.held_until > until
      AND (p.subjects = 0
           OR EXISTS (SELECT FROM retention.hold_subject s
                      WHERE (s.hold, s.part) = (p.hold, p.part) AND s.held_until > until))
      AND (p.keys = 0
           OR EXISTS (SELECT FROM retention.hold_key k
                      WHERE (k.hold, k.part) = (p.hold, p.part) AND k.held_until > until)))
$function$;
REVOKE ALL ON FUNCTION retention.hold_keeps_something(uuid, timestamptz) FROM PUBLIC;
