-- Facts of a database's catalog as one JSON document; worker/pg/catalog.c reads it.
--
-- $1: name of the role whose privileges are meant; NULL: current_user. $2: whether names of time
-- zones are wanted. Runs as any role, on
-- PostgreSQL 14 and later, on a standby too, and takes no lock on any user table. Flags are letters
-- in a string; types, functions, columns, indexes and so on stand in objects of their own, by the
-- table's oid, not joined to it: thousands of tables stay a small document and a cheap plan (a dear
-- one would be compiled first, for seconds). Deparsed text and type names must not depend on the session's settings: the
-- settings are pinned until the end of the transaction before the first of them is made
-- ("CASE WHEN (SELECT ok FROM pinned)" evaluates in that order).
WITH RECURSIVE
pinned AS MATERIALIZED (
    SELECT pg_catalog.set_config('search_path', '', true) IS NOT NULL
       AND pg_catalog.set_config('quote_all_identifiers', 'off', true) IS NOT NULL
       AND pg_catalog.set_config('datestyle', 'ISO, YMD', true) IS NOT NULL
       AND pg_catalog.set_config('intervalstyle', 'postgres', true) IS NOT NULL
       AND pg_catalog.set_config('timezone', 'UTC', true) IS NOT NULL
       AND pg_catalog.set_config('bytea_output', 'hex', true) IS NOT NULL
       AND pg_catalog.set_config('extra_float_digits', '1', true) IS NOT NULL AS ok
),
worker AS MATERIALIZED (
    SELECT w.name, r.oid, COALESCE(r.rolsuper, false) AS superuser,
           COALESCE(r.rolbypassrls, false) AS bypasses_rls
      FROM (SELECT COALESCE($1::pg_catalog.text, current_user::pg_catalog.text) AS name) w
      LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.name
),
-- The role that counts what holds cover, by its place beside the owner of schema retention.
reader AS MATERIALIZED (
    SELECT r.oid, r.rolsuper OR r.rolbypassrls AS sees_all
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
      JOIN pg_catalog.pg_roles r
        ON r.rolname = pg_catalog.regexp_replace(o.rolname::pg_catalog.text, 'owner$', 'reader')
     WHERE n.nspname = 'retention'
),
relations AS MATERIALIZED (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident,
           c.relispartition, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.reltuples, c.relpages,
           n.oid AS nspoid
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
       AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
       AND n.nspname NOT IN ('information_schema', 'retention', 'retention_guard')
),
columns AS (
    SELECT a.attrelid,
           pg_catalog.json_agg(pg_catalog.json_build_array(
               a.attname, a.attnum, a.atttypid::pg_catalog.int8,
               pg_catalog.concat(
                   CASE WHEN a.attnotnull THEN 'n' END,
                   CASE WHEN a.attgenerated <> '' THEN 'g' END,
                   CASE WHEN a.attidentity <> '' THEN 'i' END,
                   CASE WHEN a.atthasdef AND a.attgenerated = '' THEN 'd' END,
                   CASE WHEN NOT l.collisdeterministic THEN 'c' END,
                   CASE WHEN pg_catalog.has_column_privilege(w.oid, a.attrelid, a.attnum, 'UPDATE')
                        THEN 'u' END),
               CASE WHEN a.atttypmod >= 0 AND (SELECT pinned.ok FROM pinned)
                    THEN pg_catalog.format_type(a.atttypid, a.atttypmod) END)
               ORDER BY a.attnum) AS list
      FROM pg_catalog.pg_attribute a
     CROSS JOIN worker w
      LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
     WHERE a.attnum > 0 AND NOT a.attisdropped
       AND a.attrelid IN (SELECT r.oid FROM relations r)
     GROUP BY a.attrelid
),
-- What runs user code: functions, and the functions of operators, that constraints, generated
-- columns, defaults and indexes depend on. Built-in ones leave no dependency.
called AS MATERIALIZED (
    SELECT d.classid, d.objid, d.objsubid, p.oid AS function
      FROM pg_catalog.pg_depend d
      LEFT JOIN pg_catalog.pg_operator o
        ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = d.refobjid
      JOIN pg_catalog.pg_proc p
        ON p.oid = CASE WHEN d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                        THEN d.refobjid ELSE o.oprcode::pg_catalog.oid END
     WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
                            'pg_catalog.pg_operator'::pg_catalog.regclass)
       AND d.classid IN ('pg_catalog.pg_constraint'::pg_catalog.regclass,
                         'pg_catalog.pg_attrdef'::pg_catalog.regclass,
                         'pg_catalog.pg_class'::pg_catalog.regclass)
       AND (d.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass
            OR d.objid IN (SELECT i.indexrelid FROM pg_catalog.pg_index i))
),
-- Of generated columns, and of defaults.
generated AS (
    SELECT f.adrelid,
           pg_catalog.json_agg(pg_catalog.json_build_array(
               f.adnum, c.function::pg_catalog.int8)) AS list
      FROM called c
      JOIN pg_catalog.pg_attrdef f
        ON c.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = c.objid
     GROUP BY f.adrelid
),
-- Views over a column, and views over those.
viewers (relation, attnum, viewer) AS (
    SELECT d.refobjid, d.refobjsubid, u.ev_class
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_rewrite u ON u.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
       AND u.ev_class <> d.refobjid
       AND d.refobjid IN (SELECT r.oid FROM relations r WHERE r.relkind IN ('r', 'p'))
    UNION
    SELECT v.relation, v.attnum, u.ev_class
      FROM viewers v
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = v.viewer
       AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      JOIN pg_catalog.pg_rewrite u ON u.oid = d.objid AND u.ev_class <> d.refobjid
),
-- What else holds a column's value, or rests on it: materialized views, indexes over expressions,
-- generated columns, the partition key.
copies AS (
    SELECT k.relation,
           pg_catalog.json_agg(pg_catalog.json_build_array(k.attnum, k.kind, k.name)
               ORDER BY k.attnum, k.kind, k.name) AS list
      FROM (SELECT v.relation, v.attnum::int AS attnum, 'm' AS kind,
                   n.nspname || '.' || c.relname AS name
              FROM viewers v
              JOIN pg_catalog.pg_class c ON c.oid = v.viewer AND c.relkind = 'm'
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            UNION
            SELECT i.indrelid, d.refobjsubid, 'e', c.relname
              FROM pg_catalog.pg_index i
              JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
              JOIN pg_catalog.pg_depend d
                ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND d.objid = i.indexrelid AND d.refobjid = i.indrelid AND d.refobjsubid > 0
             WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
               AND NOT d.refobjsubid = ANY (i.indkey::pg_catalog.int2[])
            UNION
            SELECT f.adrelid, d.refobjsubid, 'g', a.attname
              FROM pg_catalog.pg_attrdef f
              JOIN pg_catalog.pg_attribute a
                ON a.attrelid = f.adrelid AND a.attnum = f.adnum AND a.attgenerated <> ''
              JOIN pg_catalog.pg_depend d
                ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid
               AND d.refobjid = f.adrelid AND d.refobjsubid > 0 AND d.refobjsubid <> f.adnum
            UNION
            SELECT p.partrelid, a.attnum, 'k', a.attname
              FROM pg_catalog.pg_partitioned_table p
              JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum > 0
             WHERE a.attnum = ANY (p.partattrs::pg_catalog.int2[])
                OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                            WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                              AND d.objid = p.partrelid AND d.refobjid = p.partrelid
                              AND d.objsubid = 0 AND d.refobjsubid = a.attnum)) k
     WHERE k.relation IN (SELECT r.oid FROM relations r)
     GROUP BY k.relation
),
constraints AS (
    SELECT o.conrelid,
           pg_catalog.json_agg(pg_catalog.json_build_array(
               o.conname, o.contype,
               pg_catalog.concat(
                   CASE WHEN o.condeferrable THEN 'd' END,
                   CASE WHEN o.convalidated THEN 'v' END),
               pg_catalog.array_to_json(o.conkey),
               o.confrelid::pg_catalog.int8, pg_catalog.array_to_json(o.confkey),
               o.confdeltype, o.confupdtype,
               CASE WHEN (SELECT pinned.ok FROM pinned)
                    THEN pg_catalog.pg_get_constraintdef(o.oid) END,
               o.oid::pg_catalog.int8)
               ORDER BY o.conname) AS list
      FROM pg_catalog.pg_constraint o
     WHERE o.contype IN ('p', 'u', 'f', 'c', 'x')
       -- those of a partitioned table's foreign keys that only repeat it for each partition
       AND NOT (o.contype = 'f' AND o.conparentid <> 0)
       AND o.conrelid IN (SELECT r.oid FROM relations r)
     GROUP BY o.conrelid
),
indexes AS (
    SELECT i.indrelid,
           pg_catalog.json_agg(pg_catalog.json_build_array(
               c.relname, m.amname,
               pg_catalog.concat(
                   CASE WHEN i.indisunique THEN 'u' END,
                   CASE WHEN i.indisprimary THEN 'p' END,
                   CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'v' END,
                   CASE WHEN i.indimmediate THEN 'i' END,
                   CASE WHEN i.indpred IS NOT NULL THEN 'w' END,
                   CASE WHEN i.indexprs IS NOT NULL THEN 'e' END,
                   -- from version 15 on
                   CASE WHEN i.indisunique AND pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct'
                             = 'true' THEN 'n' END),
               i.indnkeyatts, pg_catalog.array_to_json(i.indkey::pg_catalog.int2[]),
               i.indexrelid::pg_catalog.int8)
               ORDER BY c.relname) AS list
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_am m ON m.oid = c.relam
     WHERE i.indrelid IN (SELECT r.oid FROM relations r)
     GROUP BY i.indrelid
),
triggers AS (
    SELECT t.tgrelid,
           pg_catalog.json_agg(pg_catalog.json_build_array(
               t.tgname, t.tgtype, t.tgenabled,
               pg_catalog.concat(
                   CASE WHEN t.tgconstraint <> 0 THEN 'c' END,
                   CASE WHEN t.tgdeferrable THEN 'd' END,
                   CASE WHEN p.prosecdef AND p.proowner = n.nspowner THEN 'o' END,
                   CASE WHEN t.tgisinternal THEN 'i' END,
                   CASE WHEN t.tgparentid <> 0 THEN 'h' END),
               t.tgfoid::pg_catalog.int8,
               CASE WHEN (SELECT pinned.ok FROM pinned)
                    THEN pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
                             pg_catalog.pg_get_triggerdef(t.oid) || p.prosrc, 'UTF8')), 'hex') END,
               -- of a guard, to be compared with what it should be
               CASE WHEN (SELECT pinned.ok FROM pinned) AND n.nspname = 'retention_guard'
                    THEN pg_catalog.pg_get_triggerdef(t.oid) END,
               CASE WHEN n.nspname = 'retention_guard'
                    THEN pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
                             pg_catalog.concat(pg_catalog.array_to_string(p.proconfig, E'\n'),
                                 E'\n', p.prosrc), 'UTF8')), 'hex') END)
               ORDER BY t.tgname) AS list
      FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE (NOT t.tgisinternal OR (t.tgparentid <> 0 AND t.tgconstraint = 0))
       AND t.tgrelid IN (SELECT r.oid FROM relations r)
     GROUP BY t.tgrelid
),
rules AS (
    SELECT w.ev_class,
           pg_catalog.json_agg(pg_catalog.json_build_array(w.rulename, w.ev_type)
               ORDER BY w.rulename) AS list
      FROM pg_catalog.pg_rewrite w
     WHERE w.rulename <> '_RETURN'
       AND w.ev_class IN (SELECT r.oid FROM relations r)
     GROUP BY w.ev_class
),
parents AS (
    SELECT h.inhrelid, pg_catalog.min(h.inhparent::pg_catalog.int8) AS parent
      FROM pg_catalog.pg_inherits h
     GROUP BY h.inhrelid
),
published AS (
    SELECT c.oid, pg_catalog.bool_or(p.pubdelete) AS deletes,
           pg_catalog.bool_or(p.pubupdate) AS updates
      FROM pg_catalog.pg_publication p
      JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname
      JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
     GROUP BY c.oid
),
tables AS (
    SELECT pg_catalog.json_agg(pg_catalog.json_strip_nulls(pg_catalog.json_build_object(
               'oid', r.oid::pg_catalog.int8, 'schema', r.nspname, 'name', r.relname,
               'kind', r.relkind, 'persistence', r.relpersistence,
               'replica_identity', r.relreplident, 'parent', h.parent,
               'flags', pg_catalog.concat(
                   CASE WHEN r.relispartition THEN 'p' END,
                   CASE WHEN NOT r.relispartition AND h.parent IS NOT NULL THEN 'i' END,
                   CASE WHEN r.relrowsecurity THEN 'r' END,
                   CASE WHEN r.relowner = w.oid OR (NOT w.superuser
                            AND pg_catalog.pg_has_role(w.oid, r.relowner, 'MEMBER')) THEN 'o' END,
                   CASE WHEN b.deletes THEN 'D' END,
                   CASE WHEN b.updates THEN 'U' END,
                   CASE WHEN pg_catalog.has_schema_privilege(w.oid, r.nspoid, 'USAGE')
                        THEN 'S' END,
                   CASE WHEN pg_catalog.has_table_privilege(w.oid, r.oid, 'SELECT')
                        THEN 's' END,
                   CASE WHEN pg_catalog.has_table_privilege(w.oid, r.oid, 'DELETE')
                        THEN 'd' END,
                   CASE WHEN pg_catalog.has_table_privilege(w.oid, r.oid, 'UPDATE')
                        THEN 'u' END,
                   CASE WHEN pg_catalog.has_table_privilege(w.oid, r.oid, 'TRUNCATE')
                        THEN 't' END,
                   CASE WHEN pg_catalog.has_table_privilege(w.oid, r.oid, 'INSERT')
                        THEN 'n' END,
                   CASE WHEN pg_catalog.has_any_column_privilege(w.oid, r.oid, 'UPDATE')
                        THEN 'l' END,
                   CASE WHEN (SELECT pg_catalog.has_schema_privilege(k.oid, r.nspoid, 'USAGE')
                                 AND pg_catalog.has_table_privilege(k.oid, r.oid, 'SELECT')
                                FROM reader k) IS NOT FALSE
                        THEN 'c' END,
                   CASE WHEN r.relrowsecurity
                         AND (SELECT k.sees_all OR NOT r.relforcerowsecurity
                                     AND pg_catalog.pg_has_role(k.oid, r.relowner, 'USAGE')
                                FROM reader k) IS FALSE
                        THEN 'h' END),
               'owner', a.rolname, 'rows', r.reltuples,
               'bytes', r.relpages::pg_catalog.int8
                        * pg_catalog.current_setting('block_size')::pg_catalog.int8))
               ORDER BY r.nspname, r.relname) AS list
      FROM relations r
     CROSS JOIN worker w
      LEFT JOIN pg_catalog.pg_roles a ON a.oid = r.relowner
      LEFT JOIN parents h ON h.inhrelid = r.oid
      LEFT JOIN published b ON b.oid = r.oid
),
used_types AS (
    SELECT DISTINCT a.atttypid AS type
      FROM pg_catalog.pg_attribute a
     WHERE a.attnum > 0 AND NOT a.attisdropped
       AND a.attrelid IN (SELECT r.oid FROM relations r)
    UNION
    SELECT y.typbasetype FROM used_types u
      JOIN pg_catalog.pg_type y ON y.oid = u.type
     WHERE y.typtype = 'd'
),
types AS (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
               y.oid::pg_catalog.int8,
               CASE WHEN (SELECT pinned.ok FROM pinned)
                    THEN pg_catalog.format_type(y.oid, NULL) END,
               n.nspname, y.typtype, y.typcategory, y.typbasetype::pg_catalog.int8,
               (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder)
                  FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid),
               CASE WHEN y.typtype = 'd' AND y.typtypmod >= 0 AND (SELECT pinned.ok FROM pinned)
                    THEN pg_catalog.format_type(y.typbasetype, y.typtypmod) END)) AS list
      FROM used_types u
      JOIN pg_catalog.pg_type y ON y.oid = u.type
      JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
),
functions AS (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
               p.oid::pg_catalog.int8,
               CASE WHEN (SELECT pinned.ok FROM pinned)
                    THEN pg_catalog.quote_ident(n.nspname) || '.'
                         || pg_catalog.quote_ident(p.proname) END,
               l.lanname,
               CASE WHEN (SELECT pinned.ok FROM pinned)
                    THEN pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
                             CASE WHEN p.prokind IN ('f', 'p')
                                  THEN pg_catalog.pg_get_functiondef(p.oid)
                                  ELSE p.prosrc END, 'UTF8')), 'hex') END)) AS list
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
     WHERE p.oid IN (SELECT c.function FROM called c)
        OR p.oid IN (SELECT t.tgfoid FROM pg_catalog.pg_trigger t
                      WHERE t.tgrelid IN (SELECT r.oid FROM relations r))
)
SELECT pg_catalog.json_build_object(
           'server_version', pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
           'encoding', (SELECT pg_catalog.pg_encoding_to_char(d.encoding)
                          FROM pg_catalog.pg_database d
                         WHERE d.datname = pg_catalog.current_database()),
           'database', pg_catalog.current_database(),
           'in_recovery', pg_catalog.pg_is_in_recovery(),
           'system_identifier', (SELECT s.system_identifier::pg_catalog.text
                                   FROM pg_catalog.pg_control_system() s),
           'timeline', (SELECT k.timeline_id FROM pg_catalog.pg_control_checkpoint() k),
           'worker_role', w.name,
           'worker_exists', w.oid IS NOT NULL,
           'worker_is_superuser', w.superuser,
           'worker_bypasses_rls', w.bypasses_rls,
           -- what retention.lead asks: that whoever leads next may end its sessions
           'worker_can_be_ended',
           COALESCE((SELECT pg_catalog.pg_has_role(n.nspowner, w.oid, 'USAGE')
                       FROM pg_catalog.pg_namespace n
                      WHERE n.nspname = 'retention'), true),
           -- of what the worker's role asks: as it is set for it here, the role, the database,
           -- or for whoever reads this
           'log_parameters',
           (SELECT pg_catalog.json_object_agg(g.name, COALESCE(
                       (SELECT pg_catalog."substring"(c.setting, '=(.*)$')
                          FROM pg_catalog.pg_db_role_setting s
                         CROSS JOIN pg_catalog.unnest(s.setconfig) c (setting)
                         WHERE s.setrole IN (0, w.oid)
                           AND s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
                                                      WHERE d.datname
                                                            = pg_catalog.current_database()))
                           AND (s.setrole <> 0 OR s.setdatabase <> 0)
                           AND pg_catalog.starts_with(c.setting, g.name || '=')
                         ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC
                         LIMIT 1),
                       pg_catalog.current_setting(g.name, true)))
              FROM (VALUES ('log_parameter_max_length'),
                           ('log_parameter_max_length_on_error')) g (name)),
           -- -1: installed, but not readable; the table may be absent, so its name cannot stand in
           -- this statement
           'schema_version',
           (SELECT CASE WHEN v.oid IS NULL THEN 0
                        WHEN NOT pg_catalog.has_schema_privilege(v.relnamespace, 'USAGE')
                          OR NOT pg_catalog.has_table_privilege(v.oid, 'SELECT') THEN -1
                        ELSE COALESCE(pg_catalog."substring"(
                                 pg_catalog.query_to_xml(
                                     'SELECT max(number) AS n FROM retention.schema_migration',
                                     false, true, '')::pg_catalog.text,
                                 '<n>([0-9]+)</n>')::pg_catalog.int4, 0) END
              FROM (VALUES (1)) one (n)
              LEFT JOIN (SELECT c.oid, c.relnamespace
                           FROM pg_catalog.pg_class c
                           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                          WHERE n.nspname = 'retention' AND c.relname = 'schema_migration') v
                     ON true),
           -- the functions of schema retention, each as a line that worker/pg/functions.c compares
           'own_prefix',
           (SELECT pg_catalog.regexp_replace(r.rolname, 'owner$', '')
              FROM pg_catalog.pg_namespace n
              JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
             WHERE n.nspname = 'retention'),
           'own_functions',
           (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                       p.proname,
                       pg_catalog.concat(
                           l.lanname, ' ', p.provolatile, CASE WHEN p.prosecdef THEN 'd' END,
                           CASE WHEN p.proisstrict THEN 't' END,
                           CASE WHEN p.proowner = n.nspowner THEN 'o'
                                WHEN pg_catalog.pg_get_userbyid(p.proowner)
                                     = pg_catalog.regexp_replace(
                                           pg_catalog.pg_get_userbyid(n.nspowner), 'owner$',
                                           'reader') THEN 'r' END,
                           CASE WHEN p.prokind <> 'f' THEN p.prokind END, ' ',
                           pg_catalog.encode(pg_catalog.sha256(
                               pg_catalog.convert_to(p.prosrc, 'UTF8')), 'hex'), ' ',
                           (SELECT pg_catalog.string_agg(
                                       pg_catalog.lower(pg_catalog.split_part(s.text, '=', 1))
                                       || pg_catalog.substr(s.text,
                                                            pg_catalog.strpos(s.text, '=')),
                                       ';' ORDER BY s.place)
                              FROM pg_catalog.unnest(p.proconfig)
                                   WITH ORDINALITY s (text, place))))
                       ORDER BY p.proname)
              FROM pg_catalog.pg_proc p
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              JOIN pg_catalog.pg_language l ON l.oid = p.prolang
             WHERE n.nspname = 'retention'),
           'schemas', (SELECT pg_catalog.json_agg(n.nspname ORDER BY n.nspname)
                         FROM pg_catalog.pg_namespace n
                        WHERE NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
                          AND n.nspname NOT IN ('information_schema', 'retention', 'retention_guard')),
           'types', (SELECT types.list FROM types),
           'functions', (SELECT functions.list FROM functions),
           'called', (SELECT pg_catalog.json_object_agg(u.object, u.list)
                        FROM (SELECT CASE c.classid
                                     WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass
                                     THEN 'c' ELSE 'i' END || c.objid::pg_catalog.int8 AS object,
                                     pg_catalog.json_agg(DISTINCT c.function::pg_catalog.int8)
                                         AS list
                                FROM called c
                               WHERE c.classid <> 'pg_catalog.pg_attrdef'::pg_catalog.regclass
                               GROUP BY c.classid, c.objid) u),
           'columns', (SELECT pg_catalog.json_object_agg(c.attrelid::pg_catalog.int8, c.list)
                         FROM columns c),
           'generated', (SELECT pg_catalog.json_object_agg(g.adrelid::pg_catalog.int8, g.list)
                           FROM generated g),
           'copies', (SELECT pg_catalog.json_object_agg(k.relation::pg_catalog.int8, k.list)
                        FROM copies k),
           'constraints', (SELECT pg_catalog.json_object_agg(o.conrelid::pg_catalog.int8, o.list)
                             FROM constraints o),
           'indexes', (SELECT pg_catalog.json_object_agg(i.indrelid::pg_catalog.int8, i.list)
                         FROM indexes i),
           'triggers', (SELECT pg_catalog.json_object_agg(t.tgrelid::pg_catalog.int8, t.list)
                          FROM triggers t),
           'rules', (SELECT pg_catalog.json_object_agg(u.ev_class::pg_catalog.int8, u.list)
                       FROM rules u),
           'tables', (SELECT tables.list FROM tables),
           -- the server reads a thousand files for them
           'timezones', CASE WHEN $2::pg_catalog.bool
                             THEN (SELECT pg_catalog.json_agg(z.name ORDER BY z.name)
                                     FROM pg_catalog.pg_timezone_names z) END) AS facts
  FROM worker w
