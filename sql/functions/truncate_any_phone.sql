-- truncate_phone for every way of writing that is not +1 and digits alone.
CREATE OR REPLACE FUNCTION retention.truncate_any_phone(value text, keep text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $function$
DECLARE
    number text := value;
BEGIN
    IF number OPERATOR(pg_catalog.~) '^\+[0-9]{1,7}$' THEN
        NULL; -- given by this function, or nothing at all
    ELSIF number OPERATOR(pg_catalog.~) '^\+1[0-9]{10}$' THEN
        NULL;
    ELSIF number OPERATOR(pg_catalog.~)
            '^\s*(tel:)?\+?[0-9 ()./-]+((x|ext\.?|;ext=) ?[0-9]{1,6})?\s*$' THEN
        -- an extension is no part of it; dialled from abroad it begins with 00 or 011
        number := pg_catalog.regexp_replace(
            pg_catalog.regexp_replace(number, '(x|ext|;).*$', ''), '[^0-9+]', '', 'g');
        number := CASE
            WHEN number OPERATOR(pg_catalog.~) '^[2-9][0-9]{9}$' THEN '+1'
                OPERATOR(pg_catalog.||) number
            WHEN number OPERATOR(pg_catalog.~) '^1[0-9]{10}$' THEN '+' OPERATOR(pg_catalog.||) number
            ELSE pg_catalog.regexp_replace(number, '^(00|011)', '+') END;
        IF number OPERATOR(pg_catalog.!~) '^\+[0-9]{8,15}$' THEN
            RETURN NULL;
        END IF;
    ELSE
        RETURN NULL;
    END IF;
    IF number OPERATOR(pg_catalog.~) '^\+1' THEN
        RETURN coalesce(
            CASE WHEN keep OPERATOR(pg_catalog.=) 'npanxx'
                 THEN pg_catalog.substring(number, '^\+1[2-9][0-9]{2}[2-9][0-9]{2}') END,
            CASE WHEN keep OPERATOR(pg_catalog.<>) 'country'
                 THEN pg_catalog.substring(number, '^\+1[2-9][0-9]{2}') END,
            '+1');
    END IF;
    RETURN pg_catalog.substring(number, '^\+(?:7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|'
        '(?:2[1-689]|3[578]|42|5[09]|6[789]|8[03578]|9[679])[0-9])');
END
$function$;
REVOKE ALL ON FUNCTION retention.truncate_any_phone(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.truncate_any_phone(text, text) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
