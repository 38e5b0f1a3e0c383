-- What a tenant is that somebody wrote, by type: the text that a column of it prints, as far as the type
-- has such a value. These are the types that holds and pauses find records by (hold_type.c), and json,
-- a value within a document; all of them, for a category approved later is paused, too. Internal.
CREATE OR REPLACE FUNCTION retention.pause_as_printed(tenant text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT jsonb_object_agg(t.type, t.form)
FROM (SELECT u.type, retention.canonical_text(pause_as_printed.tenant, u.type, NULL) AS form
      FROM unnest('{smallint,integer,bigint,numeric,text,character varying,character,uuid,inet,cidr,'
          'macaddr,date,timestamp without time zone,timestamp with time zone,bytea,boolean,json}'::text[])
          u (type)) t
WHERE t.form IS NOT NULL
$function$;
REVOKE ALL ON FUNCTION retention.pause_as_printed(text) FROM PUBLIC;
