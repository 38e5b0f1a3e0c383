-- The two blocks of HMAC-SHA256 under a new random key (RFC 2104): HMAC(m) is
-- sha256(outer_pad || sha256(inner_pad || m)). Kept instead of the key, so that many digests can be
-- made by two built-in calls each. Internal.
CREATE OR REPLACE FUNCTION retention.hmac_pads(OUT inner_pad bytea, OUT outer_pad bytea)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    key constant bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                                 || uuid_send(gen_random_uuid()));
BEGIN
    inner_pad := decode(repeat('36', 64), 'hex');
    outer_pad := decode(repeat('5c', 64), 'hex');
    FOR i IN 0 .. 31 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(key, i) # 54);
        outer_pad := set_byte(outer_pad, i, get_byte(key, i) # 92);
    END LOOP;
END
$function$;
REVOKE ALL ON FUNCTION retention.hmac_pads() FROM PUBLIC;
