-- as_lower for text that is not ASCII: case, accents, blanks and the form of characters do not
-- matter. What lower() of the database's locale does not know (a "C" locale knows A to Z) is folded
-- here for Latin, Greek and Cyrillic letters.
CREATE OR REPLACE FUNCTION retention.any_case(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $function$
DECLARE
    form text := pg_catalog.lower(pg_catalog.lower(
        pg_catalog.translate(retention.any_form(value, true), E' \t\n\r\f\x0b', '')
        COLLATE pg_catalog."C") COLLATE pg_catalog."default");
    letters pg_catalog.jsonb; -- capital ones, small ones, and those that are two
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RETURN form;
    END IF;
    letters := '["'
        '\u0131\u00d8\u00f8\u0141\u0142\u0110\u0111\u00d0\u00f0\u0126\u0127\u0166\u0167\u0391'
        '\u0392\u0393\u0394\u0395\u0396\u0397\u0398\u0399\u039a\u039b\u039c\u039d\u039e\u039f'
        '\u03a0\u03a1\u03a3\u03c2\u03a4\u03a5\u03a6\u03a7\u03a8\u03a9\u0410\u0411\u0412\u0413'
        '\u0414\u0415\u0416\u0417\u0418\u0419\u041a\u041b\u041c\u041d\u041e\u041f\u0420\u0421'
        '\u0422\u0423\u0424\u0425\u0426\u0427\u0428\u0429\u042a\u042b\u042c\u042d\u042e\u042f'
        '\u0402\u0404\u0405\u0406\u0408\u0409\u040a\u040b\u040f\u0490'
        '","'
        '\u0069\u006f\u006f\u006c\u006c\u0064\u0064\u0064\u0064\u0068\u0068\u0074\u0074\u03b1'
        '\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8\u03b9\u03ba\u03bb\u03bc\u03bd\u03be\u03bf'
        '\u03c0\u03c1\u03c3\u03c3\u03c4\u03c5\u03c6\u03c7\u03c8\u03c9\u0430\u0431\u0432\u0433'
        '\u0434\u0435\u0436\u0437\u0438\u0439\u043a\u043b\u043c\u043d\u043e\u043f\u0440\u0441'
        '\u0442\u0443\u0444\u0445\u0446\u0447\u0448\u0449\u044a\u044b\u044c\u044d\u044e\u044f'
        '\u0452\u0454\u0455\u0456\u0458\u0459\u045a\u045b\u045f\u0491'
        '","\u00df","\u1e9e","\u00c6","\u00e6","\u0152","\u0153","\u00de","\u00fe"]';
    form := pg_catalog.translate(form, letters OPERATOR(pg_catalog.->>) 0,
        letters OPERATOR(pg_catalog.->>) 1);
    FOR i IN 2 .. 9 LOOP
        form := pg_catalog.replace(form, letters OPERATOR(pg_catalog.->>) i,
            ('{-,ss,ss,ae,ae,oe,oe,th,th}'::pg_catalog.text[])[i]);
    END LOOP;
    RETURN form;
END
$function$;
REVOKE ALL ON FUNCTION retention.any_case(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.any_case(text) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
