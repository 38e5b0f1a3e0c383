-- Raises what is wrong with a hold, all of it at once (of a long list of values the first ones);
-- nothing where there is nothing. `what` is
-- the verb: "placed". Internal.
CREATE OR REPLACE FUNCTION retention.raise_hold_errors(code text, what text, errors text[])
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    count constant int := cardinality(errors);
    shown constant int := CASE code WHEN 'RT021' THEN count ELSE 20 END;
    hint constant text := CASE code
        WHEN 'RT021' THEN 'If it need not hold records there, name these categories in accept_gaps.'
        WHEN 'RT022' THEN '"retentionctl hold preview" shows why, for each category.'
        WHEN 'RT024' THEN 'First place a hold for the category that they come to, of the same scope '
            'or of all its records, and then this one. Or name no category: only a tenant, subjects or '
            'starting points that both categories have.'
        ELSE 'Mend what is wrong and try again.' END;
BEGIN
    IF count = 0 THEN
        RETURN;
    ELSIF count = 1 THEN
        RAISE EXCEPTION USING ERRCODE = code,
            MESSAGE = format('nothing is %s: %s', what, errors[1]), HINT = hint;
    END IF;
    RAISE EXCEPTION USING ERRCODE = code, MESSAGE = format('nothing is %s: %s errors', what, count),
        DETAIL = array_to_string(errors[:shown], E'\n')
            || CASE WHEN count > shown THEN format(E'\nand %s more', count - shown) ELSE '' END,
        HINT = hint;
END
$function$;
REVOKE ALL ON FUNCTION retention.raise_hold_errors(text, text, text[]) FROM PUBLIC;
