-- The first bits of an IP address written as text, the others zero; of IPv4 also where it is mapped
-- into IPv6, or is part of a 6to4 address. NULL for what is no address. It decides by form and
-- catches no errors: that would forbid parallel plans.
CREATE OR REPLACE FUNCTION retention.truncate_ip(value text, v4 int, v6 int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    octet constant text := '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
    address constant text := btrim(value);
    ip inet;
BEGIN
    IF address !~ ('^' || octet || '(\.' || octet || '){3}$')
            AND (address !~* ('^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$|^([0-9a-f]{1,4}:){1,7}:$'
                '|^([0-9a-f]{1,4}:){1,6}(:[0-9a-f]{1,4})$|^([0-9a-f]{1,4}:){1,5}(:[0-9a-f]{1,4}){1,2}$'
                '|^([0-9a-f]{1,4}:){1,4}(:[0-9a-f]{1,4}){1,3}$'
                '|^([0-9a-f]{1,4}:){1,3}(:[0-9a-f]{1,4}){1,4}$'
                '|^([0-9a-f]{1,4}:){1,2}(:[0-9a-f]{1,4}){1,5}$|^[0-9a-f]{1,4}:(:[0-9a-f]{1,4}){1,6}$'
                '|^:((:[0-9a-f]{1,4}){1,7}|:)$')
            AND address !~* ('^::(ffff:)?' || octet || '(\.' || octet || '){3}$')) THEN
        RETURN NULL;
    END IF;
    ip := address::inet;
    IF ip IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN host(network(set_masklen(ip, CASE WHEN family(ip) = 4 THEN v4
        WHEN ip <<= '::ffff:0:0/96' THEN 96 + v4
        WHEN ip <<= '2002::/16' THEN least(v6, 16 + v4) ELSE v6 END)));
END
$function$;
REVOKE ALL ON FUNCTION retention.truncate_ip(text, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.truncate_ip(text, int, int) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
