-- as_e164 for every way of writing that is not plain digits. Returns
--
--   the last nine digits   of a number that has nine or more. How it is dialled from where (+, 00,
--                          011, the 0 of a trunk, the country left out) stands before them
--   + and all digits       of one that is short and whole: up to six digits (911), or a + before it
--   ?                      where there are digits, and which number they are is not certain: seven
--                          or eight digits without a country, letters for digits, several numbers
--   NULL                   where there is no digit but 0
--
-- An extension is no part of the number. A hold by any phone number covers a record with "?"
-- (apply_hold_parts), and "?" is no subject of a hold (canonical_text). So two writings of one
-- number are never taken for two numbers, unless their last nine digits differ; two numbers may be
-- taken for one.
--
-- No SET clause: it is called for records of a batch, and everything in it is qualified.
CREATE OR REPLACE FUNCTION retention.any_phone(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $function$
DECLARE
    form text COLLATE pg_catalog."C";
    part text[]; -- what is before the number, it, and what is behind it
    digits text COLLATE pg_catalog."C";
    other text COLLATE pg_catalog."C"; -- the same without a 0 that begins a bracket: +43 (0)1
    plus boolean;
    size int;
BEGIN
    form := CASE WHEN value COLLATE pg_catalog."C" OPERATOR(pg_catalog.~) '^[ -~]*$' THEN value
                 ELSE retention.any_form(value, true) END;
    form := pg_catalog.translate(pg_catalog.lower(form), E'[]_\t\n\r\f\x0b', '()-     ');
    IF form OPERATOR(pg_catalog.~~) '%/%' THEN -- behind a few digits it divides one: 030/123456
        form := pg_catalog.regexp_replace(form, '^([^0-9]*([0-9][^0-9/]*){1,6})/', '\1 ');
        form := pg_catalog.regexp_replace(form, '^([^0-9]*([0-9][^0-9/]*){1,6})/', '\1 ');
    ELSIF form OPERATOR(pg_catalog.~~) '%.0%' THEN -- as spreadsheets write it: 4105550100.0
        form := pg_catalog.regexp_replace(form, '^( *[0-9]+)[.]0+ *$', '\1');
    END IF;
    part := pg_catalog.regexp_match(form, '^([^0-9]*)([0-9][-0-9 ().]*)(.*)$');
    IF part IS NULL OR part[1] OPERATOR(pg_catalog.~~) '%@%' THEN
        RETURN NULL;
    END IF;
    plus := part[1] OPERATOR(pg_catalog.~) '[+][ (]*$';
    digits := pg_catalog.translate(part[2], '-(). ', '');
    other := CASE WHEN part[2] OPERATOR(pg_catalog.!~~) '%(%' THEN digits
        ELSE pg_catalog.translate(pg_catalog.regexp_replace(part[2], '[(][ 0]+', '', 'g'),
            '-(). ', '') END;
    IF NOT plus THEN -- dialled from another country, or with the trunk's 0
        digits := pg_catalog.ltrim(pg_catalog.regexp_replace(digits, '^(011|00)', ''), '0');
        other := pg_catalog.ltrim(pg_catalog.regexp_replace(other, '^(011|00)', ''), '0');
    END IF;
    size := pg_catalog.length(digits);
    RETURN CASE
        WHEN pg_catalog.ltrim(digits, '0') OPERATOR(pg_catalog.=) '' THEN
            CASE WHEN part[3] OPERATOR(pg_catalog.~) '[1-9]' THEN '?' END
        -- behind it: nothing; an extension; the rest of an address or a remark, without digits
        WHEN NOT (part[3] OPERATOR(pg_catalog.=) ''
            OR size OPERATOR(pg_catalog.>=) 9 AND part[3] OPERATOR(pg_catalog.~)
                '^[,;: ]*(x|ext|extn|extension|#|,|p|w|poste|anexo|ramal)[.:=, ]*[0-9]{1,7}[ )]*$'
            OR size OPERATOR(pg_catalog.>=) 9 AND part[3] OPERATOR(pg_catalog.~) '^(@|;[a-z])'
            OR size OPERATOR(pg_catalog.>=) 10 AND part[2] OPERATOR(pg_catalog.~) '[ (-]$'
                AND part[3] OPERATOR(pg_catalog.!~) '[0-9]') THEN '?'
        WHEN size OPERATOR(pg_catalog.>) CASE WHEN plus THEN 15 ELSE 13 END THEN '?'
        -- in North America a number has ten digits: others have something more in them
        WHEN pg_catalog.left(digits, 1) OPERATOR(pg_catalog.=) '1'
            AND size OPERATOR(pg_catalog.>=) CASE WHEN plus THEN 9 ELSE 12 END
            AND size OPERATOR(pg_catalog.<>) 11 THEN '?'
        WHEN part[2] OPERATOR(pg_catalog.~)
            '^[0-9]{3}[^0-9]*[0-9]{3}[^0-9]*[0-9]{4}[^0-9]+[0-9]' THEN '?'
        WHEN pg_catalog.right(digits, 9) OPERATOR(pg_catalog.<>) pg_catalog.right(other, 9) THEN '?'
        WHEN size OPERATOR(pg_catalog.>=) 9 THEN pg_catalog.right(digits, 9)
        WHEN size OPERATOR(pg_catalog.<=) 6 OR plus THEN '+' OPERATOR(pg_catalog.||) digits
        ELSE '?' END;
END
$function$;
REVOKE ALL ON FUNCTION retention.any_phone(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.any_phone(text) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
