-- The settings of a normalised policy text, one a row: where it stands ("stages[1]"), its name and
-- its value as written; none of NULL. A line that is none of a normalised text comes with name NULL.
CREATE OR REPLACE FUNCTION retention.policy_settings(policy text)
RETURNS TABLE (line int, place text, name text, value text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    scalar constant text := '("([^"\\]|\\.)*"|[-+0-9.eE]+L?|true|false)';
    setting constant text := format('^[a-z_]+ = (%1$s|\[ (%1$s(, %1$s)*)? ?\])$', scalar);
    stack text[] := '{}';
    counts int[] := '{0}';
    depth int;
    categories int := 0;
    word text;
BEGIN
    line := 0;
    FOREACH word IN ARRAY string_to_array(rtrim(coalesce(policy, ''), E'\n'), E'\n') LOOP
        line := line + 1;
        word := regexp_replace(ltrim(word, ' '), '[,;]$', '');
        depth := cardinality(stack);
        place := replace(array_to_string(stack[2:], '.'), '.[', '[');
        name := NULL;
        value := word;
        IF depth = 0 AND (categories > 0 OR word !~ '^[^ "]+: {$') THEN
            RETURN NEXT;
        ELSIF word ~ '^[^ "]+(:| =) [{(]$' THEN
            categories := categories + 1;
            stack := stack || regexp_replace(word, '(:| =) [{(]$', '');
            counts := counts || 0;
        ELSIF word = '{' THEN
            counts[depth + 1] := counts[depth + 1] + 1;
            stack := stack || format('[%s]', counts[depth + 1]);
            counts := counts || 0;
        ELSIF word IN ('}', ')') THEN
            stack := trim_array(stack, 1);
            counts := trim_array(counts, 1);
        ELSIF word ~ setting THEN
            name := split_part(word, ' = ', 1);
            value := substr(word, length(name) + 4);
            RETURN NEXT;
        ELSIF word ~ format('^%s$', scalar) THEN
            name := word; -- an item of a list
            RETURN NEXT;
        ELSE
            RETURN NEXT;
        END IF;
    END LOOP;
END
$function$;
REVOKE ALL ON FUNCTION retention.policy_settings(text) FROM PUBLIC;
