-- Some holds in a message: "hold 5f3c1a2b-...", at most five. Internal.
CREATE OR REPLACE FUNCTION retention.holds_named(holds uuid[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT CASE WHEN cardinality(holds) = 1 THEN 'hold ' ELSE 'each of the holds ' END
    || string_agg(h.hold::text, ', ' ORDER BY h.place)
    || CASE WHEN cardinality(holds) > 5 THEN format(' and %s more', cardinality(holds) - 5)
            ELSE '' END
FROM unnest(holds[:5]) WITH ORDINALITY h (hold, place)
$function$;
REVOKE ALL ON FUNCTION retention.holds_named(uuid[]) FROM PUBLIC;
