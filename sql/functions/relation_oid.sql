-- The relation of a name as it stands in policies' facts and entries: schema and table joined by a
-- dot, either as they are or with double quotes where SQL needs them. NULL if there is none, or if
-- the name can be read as two. Read from the
-- catalog, not with to_regclass, which needs USAGE on the schema. Internal.
CREATE OR REPLACE FUNCTION retention.relation_oid(name text) RETURNS oid
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    identifier constant text := '("([^"]|"")+"|[a-z_][a-z0-9_$]*)';
    parts text[] := string_to_array(name, '.');
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
    IF strpos(name, '"') > 0 AND name ~ ('^' || identifier || '\.' || identifier || '$') THEN
        parts := parse_ident(name);
        SELECT c.oid INTO one
            FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
            WHERE n.nspname = parts[1] AND c.relname = parts[2];
        IF one IS NOT NULL AND found IS NOT NULL THEN
            RETURN NULL;
        END IF;
        found := coalesce(one, found);
    END IF;
    RETURN found;
END
$function$;
REVOKE ALL ON FUNCTION retention.relation_oid(text) FROM PUBLIC;
