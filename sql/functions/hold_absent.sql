-- Which of these subjects (kinds and values, as given when the hold was placed) has no record that
-- the hold covers now: their places, from 1. NULL where that cannot be told: where the hold applies
-- in a category whose records cannot be looked at, or are not looked at one by one. The statements
-- run as @prefix@reader (run_as_reader).
CREATE OR REPLACE FUNCTION retention.hold_absent(hold uuid, kinds text[], given text[])
RETURNS bigint[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET timezone = 'UTC'
AS $function$
#variable_conflict use_column
DECLARE
    c record;
    rows_here text[];
    rows_seen text[] := '{}';
BEGIN
    FOR c IN
        SELECT k.name, retention.hold_facts(k) AS facts
        FROM retention.category k
        WHERE k.state <> 'retired'
          AND EXISTS (SELECT FROM retention.held_scope s
                      WHERE s.hold = hold_absent.hold AND s.category = k.name
                        AND s.held_until > clock_timestamp())
        ORDER BY k.name
    LOOP
        CONTINUE WHEN jsonb_array_length(c.facts -> 'subjects') = 0;
        IF c.facts ->> 'found' IS NULL THEN
            RETURN NULL;
        END IF;
        -- Whatever settings the statement changed go back with the subtransaction.
        BEGIN
            PERFORM set_config('timezone', coalesce(c.facts ->> 'timezone', 'UTC'), true);
            PERFORM retention.require_reader_rights('retention.run_as_reader(text, text[])');
            SELECT array_agg(r.line) INTO rows_here FROM retention.run_as_reader(
                c.facts ->> 'found', ARRAY[hold_absent.hold::text]) r (line);
            RAISE EXCEPTION USING ERRCODE = 'RT099';
        EXCEPTION
            WHEN SQLSTATE 'RT099' THEN
                rows_seen := rows_seen || rows_here;
            WHEN OTHERS THEN -- hold_coverage says why
                RETURN NULL;
        END;
    END LOOP;
    RETURN ARRAY(
        WITH seen AS MATERIALIZED (
            SELECT DISTINCT f.line::jsonb ->> 0 AS form, f.line::jsonb ->> 1 AS value
            FROM unnest(rows_seen) f (line)),
        form AS MATERIALIZED (
            SELECT DISTINCT e ->> 'kind' AS kind, e ->> 'as' AS normal, e ->> 'type' AS type,
                   e ->> 'form' AS form
            FROM retention.category k, jsonb_array_elements(retention.hold_facts(k) -> 'subjects') e
            WHERE k.state <> 'retired'),
        asked AS MATERIALIZED (
            SELECT g.place, f.form, CASE WHEN f.normal = 'e164' THEN retention.as_e164(g.value)
                       WHEN f.normal = 'lower' THEN nullif(retention.as_lower(g.value), '')
                       ELSE retention.canonical_text(g.value, f.type, f.normal) END AS value
            FROM (SELECT u.place, btrim(u.kind) AS kind, btrim(u.value) AS value
                  FROM ROWS FROM (unnest(hold_absent.kinds), unnest(hold_absent.given))
                      WITH ORDINALITY u (kind, value, place)) g
                LEFT JOIN form f ON f.kind = g.kind)
        SELECT a.place FROM asked a LEFT JOIN seen s USING (form, value)
        GROUP BY a.place HAVING count(s.form) = 0 ORDER BY a.place);
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_absent(uuid, text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.hold_absent(uuid, text[], text[]) TO @prefix@legal;
