-- HMAC-SHA256 (RFC 2104) of some text. Internal: for what stands in log entries without being told.
CREATE OR REPLACE FUNCTION retention.hmac_sha256(key bytea, data text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
    block constant bytea := CASE WHEN octet_length(key) > 64 THEN sha256(key) ELSE key END;
BEGIN
    FOR i IN 0 .. octet_length(block) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(block, i) # 54);
        outer_pad := set_byte(outer_pad, i, get_byte(block, i) # 92);
    END LOOP;
    RETURN sha256(outer_pad || sha256(inner_pad || convert_to(data, 'UTF8')));
END
$function$;
REVOKE ALL ON FUNCTION retention.hmac_sha256(bytea, text) FROM PUBLIC;
