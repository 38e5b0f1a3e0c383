-- as_e164 for every way of writing that is not plain digits. Returns
--
--   the last nine digits   of a number that has nine or more. How it is dialled from where (+, 00,
--                          011, the 0 of a trunk, the country left out) stands before them
--   + and all digits       of one that is short and whole: up to six digits (911), or a + before it
--   ?                      where there are digits, and it is not certain that they are one number
--                          and which: seven or eight digits without a country, letters for digits,
--                          an address before it, digits of scripts that any_form does not know (of
--                          those behind U+FFFF every character: pictures aside, they may get digits
--                          that no version here knows), more
--                          groups of digits than one number has
--   NULL                   where there is no digit but 0
--
-- An extension is no part of the number where it is marked as one. A hold by any phone number covers a record with "?"
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
    abroad boolean; -- it begins with its country, as far as can be seen
    size int;
    less int; -- the same without the last group of digits; the size if there is one group
    last text COLLATE pg_catalog."C"; -- that group, NULL if it is the only one
BEGIN
    form := CASE WHEN value COLLATE pg_catalog."C" OPERATOR(pg_catalog.~) '^[ -~]*$' THEN value
                 ELSE retention.any_form(value, true) END;
    IF form COLLATE pg_catalog."C" OPERATOR(pg_catalog.!~) '^[ -~]*$'
            AND pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.=) 'UTF8'
            AND form COLLATE pg_catalog."C" OPERATOR(pg_catalog.~)
            '[\u07c0-\u07c9\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f\u0be6-\u0bef\u0c66-\u0c6f'
            '\u0ce6-\u0cef\u0d66-\u0d6f\u0de6-\u0def\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049'
            '\u1090-\u1099\u17e0-\u17e9\u1810-\u1819\u1946-\u194f\u19d0-\u19d9\u1a80-\u1a89'
            '\u1a90-\u1a99\u1b50-\u1b59\u1bb0-\u1bb9\u1c40-\u1c49\u1c50-\u1c59\ua620-\ua629'
            '\ua8d0-\ua8d9\ua900-\ua909\ua9d0-\ua9d9\ua9f0-\ua9f9\uaa50-\uaa59\uabf0-\uabf9'
            '\u1369-\u1371\u19da\u24eb-\u24ff\u2776-\u2793\u3007\u96f6\u4e00\u4e8c\u4e09'
            '\u56db\u4e94\u516d\u4e03\u516b\u4e5d'
            '\U00010000-\U0001f2ff\U0001fb00-\U0001ffff]' THEN
        RETURN '?';
    END IF;
    form := pg_catalog.translate(pg_catalog.lower(form), E'[]_\t\n\r\f\x0b', '()-     ');
    IF form OPERATOR(pg_catalog.~~) '%/%' THEN -- behind a few digits it divides one: 030/123456
        form := pg_catalog.regexp_replace(form, '^([^0-9]*([0-9][^0-9/]*){1,6})/', '\1 ');
        form := pg_catalog.regexp_replace(form, '^([^0-9]*([0-9][^0-9/]*){1,6})/', '\1 ');
    ELSIF form OPERATOR(pg_catalog.~~) '%.0%' THEN -- as spreadsheets write it: 4105550100.0
        IF form OPERATOR(pg_catalog.~) '[0-9][-() ]+[-() 0-9]*[.]0+ *$' THEN
            RETURN '?';
        END IF;
        form := pg_catalog.regexp_replace(form, '^([^0-9]*[0-9]+)[.]0+ *$', '\1');
    END IF;
    part := pg_catalog.regexp_match(form, '^([^0-9]*)([0-9][-0-9 ().]*)(.*)$');
    IF part IS NULL THEN
        RETURN NULL;
    ELSIF part[1] OPERATOR(pg_catalog.~~) '%@%' THEN -- the number may be behind an address, or in it
        RETURN CASE WHEN form OPERATOR(pg_catalog.~) '[1-9]' THEN '?' END;
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
    last := (pg_catalog.regexp_match(part[2], '[0-9][^0-9]+([0-9]+)[^0-9]*$'))[1];
    less := size OPERATOR(pg_catalog.-) coalesce(pg_catalog.length(last), 0);
    abroad := plus OR part[2] OPERATOR(pg_catalog.!~) '^0'
        OR part[2] OPERATOR(pg_catalog.~) '^0(0|11)';
    RETURN CASE
        WHEN pg_catalog.ltrim(digits, '0') OPERATOR(pg_catalog.=) '' THEN
            CASE WHEN part[3] OPERATOR(pg_catalog.~) '[1-9]' THEN '?' END
        -- behind it: nothing; an extension; the rest of an address or a remark, without digits
        WHEN NOT (part[3] OPERATOR(pg_catalog.=) ''
            OR size OPERATOR(pg_catalog.>=) 9 AND part[3] OPERATOR(pg_catalog.~)
                '^([,;: ]*(x|ext|extn|extension|#|p|w|poste|anexo|ramal)[.:=, ]*|,,+)[0-9]{1,6}[ )]*$'
            OR size OPERATOR(pg_catalog.>=) 9 AND part[3] OPERATOR(pg_catalog.~) '^(@|;[a-z])'
                AND part[3] OPERATOR(pg_catalog.!~) '[ ,+]|[0-9]{7}'
            OR size OPERATOR(pg_catalog.>=) 10 AND part[2] OPERATOR(pg_catalog.~) '[ (-]$'
                AND part[3] OPERATOR(pg_catalog.!~) '[0-9]') THEN '?'
        WHEN size OPERATOR(pg_catalog.>) CASE WHEN abroad THEN 13 ELSE 11 END THEN '?'
        -- a number written in one, and more behind it; or before it, which is no country
        WHEN part[2] OPERATOR(pg_catalog.~) '[0-9]{9}[^0-9]+[0-9]' THEN '?'
        WHEN NOT plus AND size OPERATOR(pg_catalog.>=) 12
            AND part[2] OPERATOR(pg_catalog.~) '^[2-9][0-9]{0,2}[^0-9]+[0-9]' THEN '?'
        -- a group behind what is a number by itself: an extension, a short number
        WHEN last IS NOT NULL AND (
            size OPERATOR(pg_catalog.<=) 6
            OR less OPERATOR(pg_catalog.>=) 11
            OR less OPERATOR(pg_catalog.>=) 9 AND pg_catalog.length(last) OPERATOR(pg_catalog.=) 1
            OR less OPERATOR(pg_catalog.>=) 9 AND pg_catalog.length(last) OPERATOR(pg_catalog.<=) 3
                AND (NOT abroad OR part[2] OPERATOR(pg_catalog.~) '^[^-]* [^-]*-[0-9]+[^0-9]*$')
            OR NOT plus AND part[2] OPERATOR(pg_catalog.~)
                '^[1-9][0-9]{2}[^0-9]*[0-9]{4}[^0-9]+[0-9]{1,3}[^0-9]*$') THEN '?'
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
