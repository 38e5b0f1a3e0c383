-- The relation of a name as it stands in policies' facts and entries: schema and table joined by a
-- dot, unquoted. NULL if there is none, or if dots inside of names make it two. Read from the
-- catalog, not with to_regclass, which needs USAGE on the schema. Internal.
CREATE OR REPLACE FUNCTION retention.relation_oid(name text) RETURNS oid
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    parts constant text[] := string_to_array(name, '.');
    found oid;
    one oid;
BEGIN
    FOR i IN 1 .. cardinality(parts) - 1 LOOP
        SELECT c.oid INTO one
            FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
            WHERE n.nspname = array_to_string(parts[:i], '.')
              AND c.relname = array_to_string(parts[i + 1:], '.');
        IF one IS NOT NULL THEN
            IF found IS NOT NULL THEN
                RETURN NULL;
            END IF;
            found := one;
        END IF;
    END LOOP;
    RETURN found;
END
$function$;
REVOKE ALL ON FUNCTION retention.relation_oid(text) FROM PUBLIC;
