-- A SHA-256 over what makes it safe to act on relations: taken when a policy is checked, compared
-- in every batch. NULL where one of the names is no relation.
--
-- `governed` are names as in relation_oid(); partitions of theirs, at any depth, are covered too.
-- What counts, one line each, sorted:
--
--   relation    of the named ones: oid, kind, persistence, row security, inheritance
--   column      number, type, NOT NULL, collation, identity; the expression of generated ones: two
--               that swapped their names differ by their numbers, one made anew has a new one
--   type        of columns, where it is not built in: labels of an enum, a domain's base and
--               constraints, a composite's attributes; elements and bases with it
--   constraint  keys, checks
--   key         unique indexes
--   reference   foreign keys from and to here, wherever they stand: what a DELETE cascades into
--   trigger     definition, and whether it is enabled
--   rule, policy (of row security)
--   function    source and properties of every function that triggers, checks, generated columns,
--               index expressions, rules and policies call directly; what these call is not seen
--
-- Of partitions, only what deviates from the tree they stand in: what PostgreSQL cloned from the
-- parent, and keys or checks of their own that call no function, do not count. So attaching or
-- detaching a partition that matches changes nothing, one with a trigger or a foreign key of its
-- own does; so does one that leaves with a foreign key to a governed relation, since that is now
-- another table's. Neither VACUUM FULL, ANALYZE, REINDEX, defaults nor privileges change it; nor
-- does a value that is rewritten without a change of type: see retention.changed_columns().
--
-- It runs in every batch, so: catalogs are read by index and from the relations' side only (foreign
-- keys to here through their internal triggers: pg_constraint has no index by referenced table);
-- partitions come from pg_inherits, because pg_partition_tree() locks each of them; nothing is
-- deparsed; the planner is told to stay with nested loops.
CREATE OR REPLACE FUNCTION retention.fingerprint(governed text[]) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET jit = off
AS $function$
DECLARE
    roots oid[];
    leaves oid[];
    members oid[];
    functions oid[];
    ruled oid[];
    secured oid[];
    callers oid[]; -- constraints, indexes, generated columns, rules, policies
    these oid[];
    types oid[];
    lines text[];
    more text[];
BEGIN
    SELECT array_agg(CASE WHEN g ~ '^[^."]+[.][^."]+$'
            THEN (SELECT c.oid FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
                  WHERE n.nspname = split_part(g, '.', 1) AND c.relname = split_part(g, '.', 2))
            ELSE retention.relation_oid(g) END)
        INTO roots FROM unnest(governed) g;
    IF array_position(roots, NULL) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    roots := coalesce(roots, '{}');

    WITH RECURSIVE tree AS (
        SELECT c.oid FROM unnest(roots) r JOIN pg_class c ON c.oid = r WHERE c.relkind = 'p'
        UNION
        SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid)
    SELECT coalesce(array_agg(t.oid) FILTER (WHERE t.oid <> ALL (roots)), '{}') INTO leaves
        FROM tree t;
    members := roots || leaves;

    -- Relations, inheritance
    SELECT array_agg(concat_ws('|', 'relation', c.oid, n.nspname, c.relname, c.relkind,
            c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
            (SELECT string_agg(i.inhparent::text, ' ' ORDER BY i.inhparent)
             FROM pg_inherits i WHERE i.inhrelid = c.oid AND NOT c.relispartition),
            (SELECT string_agg(i.inhrelid::text, ' ' ORDER BY i.inhrelid)
             FROM pg_inherits i WHERE i.inhparent = c.oid AND c.relkind <> 'p')))
        INTO more
        FROM unnest(roots) r JOIN pg_class c ON c.oid = r
            JOIN pg_namespace n ON n.oid = c.relnamespace;
    lines := more;
    SELECT array_agg(concat_ws('|', 'leaf', c.oid, c.relkind, c.relpersistence, c.relrowsecurity,
                c.relforcerowsecurity))
                FILTER (WHERE c.oid <> ALL (roots)
                    AND (c.relkind NOT IN ('r', 'p') OR c.relpersistence <> 'p' OR c.relrowsecurity
                         OR c.relforcerowsecurity)),
            array_agg(c.oid) FILTER (WHERE c.relhasrules),
            array_agg(c.oid) FILTER (WHERE c.relrowsecurity)
        INTO more, ruled, secured
        FROM unnest(members) r JOIN pg_class c ON c.oid = r;
    lines := lines || more;

    -- Columns
    SELECT array_agg(concat_ws('|', 'column', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
            a.attnotnull, a.attcollation, a.attidentity, a.attgenerated,
            CASE WHEN a.attgenerated <> '' THEN
                (SELECT d.adbin::text FROM pg_attrdef d
                 WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END)),
            array_agg(DISTINCT a.atttypid) FILTER (WHERE a.atttypid >= 16384)
        INTO more, types
        FROM unnest(roots) r JOIN pg_attribute a ON a.attrelid = r
        WHERE a.attnum > 0 AND NOT a.attisdropped;
    lines := lines || more;

    -- Their types; those that initdb made cannot be altered
    IF types IS NOT NULL THEN
        WITH RECURSIVE used AS (
            SELECT u AS oid FROM unnest(types) u
            UNION
            SELECT e.oid FROM used u JOIN pg_type t ON t.oid = u.oid
                CROSS JOIN LATERAL (
                    SELECT n.oid FROM unnest(ARRAY[t.typbasetype, t.typelem]) n (oid)
                    UNION ALL
                    SELECT a.atttypid FROM pg_attribute a
                    WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0) e
                WHERE e.oid >= 16384)
        SELECT array_agg(concat_ws('|', 'type', t.oid, t.typtype, t.typbasetype, t.typtypmod,
                t.typnotnull, t.typcollation, t.typelem,
                (SELECT string_agg(concat_ws(' ', e.oid, e.enumsortorder, e.enumlabel), ','
                        ORDER BY e.oid)
                 FROM pg_enum e WHERE t.typtype = 'e' AND e.enumtypid = t.oid),
                (SELECT string_agg(concat_ws(' ', k.convalidated, k.conbin::text), ','
                        ORDER BY k.oid)
                 FROM pg_constraint k WHERE t.typtype = 'd' AND k.contypid = t.oid),
                (SELECT string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod,
                        a.attcollation), ',' ORDER BY a.attnum)
                 FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid
                    AND a.attnum > 0 AND NOT a.attisdropped)))
            INTO more
            FROM used u JOIN pg_type t ON t.oid = u.oid;
        lines := lines || more;
    END IF;

    -- Constraints and unique indexes of the named relations
    SELECT array_agg(concat_ws('|', 'constraint', k.conrelid, k.conname, k.contype, k.condeferrable,
            k.condeferred, k.convalidated, k.conkey, k.conbin::text))
        INTO more
        FROM unnest(roots) r JOIN pg_constraint k ON k.conrelid = r
        -- of a foreign key to a partitioned table there is a clone for each partition
        WHERE k.contype <> 't' AND NOT (k.contype = 'f' AND k.conparentid <> 0);
    lines := lines || more;
    SELECT array_agg(DISTINCT concat_ws('|', 'key', x.indrelid, x.indkey, x.indisvalid,
            x.indimmediate, x.indpred::text, x.indexprs::text))
        INTO more
        FROM unnest(roots) r JOIN pg_index x ON x.indrelid = r WHERE x.indisunique;
    lines := lines || more;

    -- Foreign keys: by the internal triggers of both sides, then up to the constraint that was
    -- declared. From a partition's own constraints that is one that the tree does not have. OFFSET
    -- 0: one constraint after the other by its oid, never the whole catalog.
    WITH RECURSIVE up AS (
        SELECT g.tgconstraint AS oid FROM unnest(members) r JOIN pg_trigger g ON g.tgrelid = r
            WHERE g.tgconstraint <> 0 AND g.tgconstrrelid <> 0
        UNION
        SELECT above.oid FROM up u
            CROSS JOIN LATERAL (SELECT k.conparentid AS oid FROM pg_constraint k
                                WHERE k.oid = u.oid OFFSET 0) above
            WHERE above.oid <> 0)
    SELECT array_agg(concat_ws('|', 'reference', k.oid, k.conname, k.contype, k.conrelid,
            k.confrelid, k.conkey, k.confkey, k.confdeltype, k.confupdtype, k.condeferrable,
            k.condeferred))
        INTO more
        FROM up u CROSS JOIN LATERAL (SELECT * FROM pg_constraint c WHERE c.oid = u.oid OFFSET 0) k
        WHERE k.conparentid = 0;
    lines := lines || more;

    -- Triggers: also a clone, or an internal one, whose state is not as its parent's or as created
    SELECT array_agg(concat_ws('|', 'trigger', g.tgrelid, g.tgname, g.tgtype, g.tgenabled, g.tgfoid,
            g.tgattr, encode(g.tgargs, 'hex'), g.tgdeferrable, g.tginitdeferred, g.tgoldtable,
            g.tgnewtable, g.tgqual::text)),
           array_agg(g.tgfoid)
        INTO more, functions
        FROM unnest(members) r JOIN pg_trigger g ON g.tgrelid = r
        WHERE CASE
            WHEN g.tgisinternal AND g.tgconstraint <> 0 THEN g.tgenabled <> 'O'
            WHEN g.tgparentid = 0 OR r = ANY (roots) THEN true
            ELSE g.tgenabled IS DISTINCT FROM
                (SELECT p.tgenabled FROM pg_trigger p WHERE p.oid = g.tgparentid) END;
    lines := lines || more;

    -- Rules and row security, which few relations have
    IF ruled IS NOT NULL THEN
        SELECT array_agg(concat_ws('|', 'rule', w.ev_class, w.rulename, w.ev_type, w.ev_enabled,
                w.is_instead, w.ev_qual::text, w.ev_action::text)), array_agg(w.oid)
            INTO more, callers
            FROM unnest(ruled) r JOIN pg_rewrite w ON w.ev_class = r;
        lines := lines || more;
    END IF;
    IF secured IS NOT NULL THEN
        SELECT array_agg(concat_ws('|', 'policy', y.polrelid, y.polname, y.polcmd, y.polpermissive,
                y.polroles, y.polqual::text, y.polwithcheck::text)), array_agg(y.oid)
            INTO more, these
            FROM unnest(secured) r JOIN pg_policy y ON y.polrelid = r;
        lines := lines || more;
        callers := callers || these;
    END IF;

    -- Functions. Built-in ones leave no trace in pg_depend.
    SELECT array_agg(k.oid) INTO these
        FROM unnest(members) r JOIN pg_constraint k ON k.conrelid = r
        WHERE k.contype = 'c' AND (k.conislocal OR r = ANY (roots));
    callers := callers || these;
    SELECT array_agg(x.indexrelid) INTO these
        FROM unnest(members) r JOIN pg_index x ON x.indrelid = r
        WHERE x.indexprs IS NOT NULL OR x.indpred IS NOT NULL;
    callers := callers || these;
    SELECT array_agg(d.oid) INTO these
        FROM unnest(members) r
            CROSS JOIN LATERAL (SELECT * FROM pg_attrdef e WHERE e.adrelid = r OFFSET 0) d
        WHERE EXISTS (SELECT FROM pg_attribute a
                WHERE a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> '');
    callers := callers || these;
    IF callers IS NOT NULL THEN
        SELECT functions || array_agg(d.refobjid) INTO functions
            FROM unnest(callers) u CROSS JOIN unnest(
                    '{pg_constraint,pg_class,pg_attrdef,pg_rewrite,pg_policy}'::regclass[]) k
                CROSS JOIN LATERAL (SELECT e.refobjid FROM pg_depend e
                                    WHERE e.classid = k AND e.objid = u
                                      AND e.refclassid = 'pg_proc'::regclass OFFSET 0) d;
    END IF;
    IF functions IS NOT NULL THEN
        SELECT array_agg(concat_ws('|', 'function', p.oid, p.proname, p.prolang, p.provolatile,
                p.prosecdef, p.proowner, p.proconfig::text, p.probin, p.prosrc, p.prosqlbody::text))
            INTO more
            FROM (SELECT DISTINCT f AS oid FROM unnest(functions) f) called
                JOIN pg_proc p ON p.oid = called.oid;
        lines := lines || more;
    END IF;

    RETURN (SELECT encode(sha256(convert_to(string_agg(line, E'\n' ORDER BY line COLLATE "C"),
                                            'UTF8')), 'hex')
            FROM unnest(lines) line);
END
$function$;
REVOKE ALL ON FUNCTION retention.fingerprint(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.fingerprint(text[]) TO @prefix@worker;
