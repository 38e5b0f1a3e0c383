-- Text of which characters that merely look different are the same: as compatibility forms go
-- (full-width digits and letters, ligatures), whether an accent is a character of its own or not
-- (accents go, where `bare`), all blanks " ", all dashes "-", digits of other scripts 0 to 9, and
-- nothing of what is not seen (zero width, marks of direction). For as_e164 and as_lower.
--
-- Only UTF-8 has these characters; in a database of another encoding text stays as it is, and they
-- are written so that such a one can read this function, too. No SET clause: it is called for
-- records of a batch, and everything in it is qualified.
CREATE OR REPLACE FUNCTION retention.any_form(value text, bare boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $function$
DECLARE
    form text;
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RETURN value;
    END IF;
    form := pg_catalog.normalize(value, 'NFKD');
    IF bare THEN
        form := pg_catalog.regexp_replace(form,
            '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]'
            COLLATE pg_catalog."C", '', 'g');
    END IF;
    form := pg_catalog.regexp_replace(form,
        '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e'
        '\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb]' COLLATE pg_catalog."C", '', 'g');
    form := pg_catalog.regexp_replace(form,
        '[\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]'
        COLLATE pg_catalog."C", ' ', 'g');
    RETURN pg_catalog.translate(form, '["\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u058a\u30fc'
        '\u30fb\u00b7\u2044'
        '\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669'
        '\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9'
        '\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f'
        '\u09e6\u09e7\u09e8\u09e9\u09ea\u09eb\u09ec\u09ed\u09ee\u09ef'
        '\u0e50\u0e51\u0e52\u0e53\u0e54\u0e55\u0e56\u0e57\u0e58\u0e59'
        '"]'::pg_catalog.jsonb OPERATOR(pg_catalog.->>) 0,
        '-----------/01234567890123456789012345678901234567890123456789');
END
$function$;
REVOKE ALL ON FUNCTION retention.any_form(text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.any_form(text, boolean) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
