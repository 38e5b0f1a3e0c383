/* What changes retention.fingerprint, and what does not. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

static struct cluster *cluster;
static char *database;
static PGconn *admin;

static const char tables[] =
    "CREATE FUNCTION plain() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';"
    "CREATE FUNCTION is_fine(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';"
    "CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';"
    "CREATE TABLE parent (id int PRIMARY KEY, note text, n int, CONSTRAINT fine CHECK (is_fine(n)),"
    " m int GENERATED ALWAYS AS (twice(n)) STORED, UNIQUE (n));"
    "CREATE INDEX parent_twice ON parent (twice(n));"
    "CREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent);"
    "CREATE TRIGGER audit BEFORE DELETE ON parent FOR EACH ROW EXECUTE FUNCTION plain();"
    "CREATE TABLE lookup (id int PRIMARY KEY);"
    "CREATE TABLE log (id int NOT NULL, d date NOT NULL, lookup int REFERENCES lookup,"
    " CONSTRAINT positive CHECK (id > 0), PRIMARY KEY (id, d)) PARTITION BY RANGE (d);"
    "CREATE TRIGGER audit AFTER DELETE ON log FOR EACH ROW EXECUTE FUNCTION plain();"
    "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');"
    "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2020-02-01') TO ('2020-03-01')"
    " PARTITION BY RANGE (d);"
    "CREATE TABLE log_2a PARTITION OF log_2 FOR VALUES FROM ('2020-02-01') TO ('2020-02-15');"
    "CREATE TABLE stranger (id int PRIMARY KEY, log_id int, log_d date);";

static void setup(void)
{
    cluster = cluster_shared();
    database = schema_db_new(cluster);
    admin = db_connect(cluster, database, NULL);
    db_script(admin, tables);
}

static void teardown(void)
{
    PQfinish(admin);
    db_drop(cluster, database);
    free(database);
}

static char *fingerprint(void)
{
    return db_value(admin, "SELECT retention.fingerprint("
                           "'{public.parent,public.child,public.log}')");
}

/* Runs each statement and says whether the fingerprint followed it. */
static void each(const char *const *statements, bool changes)
{
    for (; *statements; statements++) {
        char *before = fingerprint();
        db_script(admin, *statements);
        char *after = fingerprint();
        ck_assert_msg((strcmp(before, after) != 0) == changes, "%s", *statements);
        free(before);
        free(after);
    }
}

START_TEST(follows_what_makes_a_deletion_safe)
{
    static const char *const statements[] = {
        "ALTER TABLE parent ADD COLUMN extra int",
        "ALTER TABLE parent ALTER COLUMN extra TYPE bigint",
        "ALTER TABLE parent ALTER COLUMN extra SET NOT NULL",
        "ALTER TABLE parent RENAME COLUMN extra TO other", "ALTER TABLE parent DROP COLUMN other",
        "ALTER TABLE parent ADD CONSTRAINT short CHECK (length(note) < 9) NOT VALID",
        "ALTER TABLE parent VALIDATE CONSTRAINT short", "ALTER TABLE parent DROP CONSTRAINT short",
        "CREATE UNIQUE INDEX parent_note ON parent (note)", "DROP INDEX parent_note",
        /* foreign keys to it, from tables that nobody named */
        "ALTER TABLE stranger ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES parent ON DELETE "
        "CASCADE",
        "ALTER TABLE stranger DROP CONSTRAINT k",
        "ALTER TABLE stranger ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES parent ON DELETE SET "
        "NULL",
        "ALTER TABLE stranger DROP CONSTRAINT k",
        "ALTER TABLE stranger ADD CONSTRAINT k FOREIGN KEY (log_id, log_d) REFERENCES log",
        "ALTER TABLE stranger DROP CONSTRAINT k",
        "ALTER TABLE stranger ADD CONSTRAINT k FOREIGN KEY (log_id, log_d) REFERENCES log_2a",
        "ALTER TABLE stranger DROP CONSTRAINT k",
        "ALTER TABLE child ALTER CONSTRAINT child_parent_fkey DEFERRABLE",
        /* triggers */
        "CREATE TRIGGER more AFTER DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION plain()",
        "ALTER TABLE child DISABLE TRIGGER more", "DROP TRIGGER more ON child",
        "CREATE CONSTRAINT TRIGGER later AFTER DELETE ON child DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION plain()",
        "CREATE TRIGGER more BEFORE DELETE ON log_1 FOR EACH ROW EXECUTE FUNCTION plain()",
        "ALTER TABLE log_1 DISABLE TRIGGER audit", "ALTER TABLE child DISABLE TRIGGER ALL",
        "CREATE OR REPLACE FUNCTION plain() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NULL; END'",
        "ALTER FUNCTION plain() SECURITY DEFINER",
        "CREATE OR REPLACE FUNCTION is_fine(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS "
        "'SELECT $1 > 0'",
        "CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 3'",
        /* rules and row security */
        "CREATE RULE instead AS ON DELETE TO child DO INSTEAD NOTHING",
        "ALTER TABLE child DISABLE RULE instead", "DROP RULE instead ON child",
        "CREATE RULE instead AS ON DELETE TO log_2a DO ALSO DELETE FROM stranger",
        "ALTER TABLE child ENABLE ROW LEVEL SECURITY", "CREATE POLICY mine ON child USING (id > 0)",
        "ALTER TABLE log_1 ENABLE ROW LEVEL SECURITY",
        /* inheritance, other tables under the same name */
        "CREATE TABLE heir () INHERITS (child)", "DROP TABLE heir",
        "ALTER TABLE child SET UNLOGGED",
        "ALTER TABLE child RENAME TO c; CREATE TABLE child (id int PRIMARY KEY, "
        "parent int NOT NULL REFERENCES parent)",
        /* a partition that leaves, and keeps its foreign key to a governed table */
        "ALTER TABLE log ADD CONSTRAINT up FOREIGN KEY (id) REFERENCES parent",
        "ALTER TABLE log DETACH PARTITION log_1",
        /* a partition that has more than its parent gave it */
        "CREATE TABLE log_3 (LIKE log); "
        "CREATE TRIGGER own BEFORE DELETE ON log_3 FOR EACH ROW EXECUTE FUNCTION plain();"
        "ALTER TABLE log_3 ADD CONSTRAINT positive CHECK (id > 0);"
        "ALTER TABLE log ATTACH PARTITION log_3 FOR VALUES FROM ('2020-03-01') TO ('2020-04-01')",
        NULL};
    each(statements, true);
}
END_TEST

START_TEST(stays_where_nothing_of_that_changed)
{
    static const char *const statements[] = {
        "INSERT INTO parent SELECT g, 'x', g FROM generate_series(1, 2000) g",
        "INSERT INTO log SELECT g, '2020-01-02' FROM generate_series(1, 2000) g", "ANALYZE",
        "VACUUM FULL parent", "VACUUM FULL log_1", "REINDEX TABLE parent",
        "REINDEX TABLE CONCURRENTLY parent", "CLUSTER parent USING parent_pkey",
        "CREATE INDEX ON parent (note)", "ALTER TABLE parent ALTER COLUMN note SET STATISTICS 10",
        "ALTER TABLE parent ALTER COLUMN note SET DEFAULT 'y'",
        "ALTER TABLE parent SET (fillfactor = 50)", "GRANT SELECT ON parent TO t_worker",
        "COMMENT ON TABLE parent IS 'x'", "TRUNCATE log_2a",
        /* partitions that match come and go: made as one, attached, detached, dropped */
        "CREATE TABLE log_3 PARTITION OF log FOR VALUES FROM ('2020-03-01') TO ('2020-04-01')",
        "CREATE TABLE log_4 (LIKE log INCLUDING ALL);"
        "ALTER TABLE log_4 ADD CONSTRAINT spare CHECK (d >= '2020-04-01' AND d < '2020-05-01');"
        "ALTER TABLE log ATTACH PARTITION log_4 FOR VALUES FROM ('2020-04-01') TO ('2020-05-01')",
        "CREATE TABLE log_2b PARTITION OF log_2 FOR VALUES FROM ('2020-02-15') TO ('2020-03-01')",
        "ALTER TABLE log DETACH PARTITION log_1",
        "ALTER TABLE log DETACH PARTITION log_3 CONCURRENTLY", "DROP TABLE log_4",
        "DROP TABLE log_2", "CREATE TABLE bystander (id int REFERENCES stranger)", NULL};
    each(statements, false);
}
END_TEST

START_TEST(names_with_and_without_quotes)
{
    db_script(
        admin,
        "CREATE SCHEMA \"Odd schema\"; CREATE TABLE \"Odd schema\".\"a.b \"\"c\"\"\" (id int);"
        "CREATE SCHEMA \"x.y\"; CREATE TABLE \"x.y\".z (id int);"
        "CREATE SCHEMA x; CREATE TABLE x.\"w\" (id int)");
    ck_assert_int_eq(db_number(admin,
                               "SELECT count(*) FROM unnest(ARRAY['Odd schema.a.b \"c\"', "
                               "'x.y.z', 'x.w']) n WHERE retention.relation_oid(n) IS NOT NULL"),
                     3);
    /* the SQL builder's spelling: quotes where SQL needs them */
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM unnest(ARRAY['\"Odd schema\".\"a.b "
                                      "\"\"c\"\"\"', '\"x.y\".z', 'x.\"w\"']) n "
                                      "WHERE retention.relation_oid(n) IS NOT NULL"),
                     3);
    /* which of the two is meant nobody knows */
    db_script(admin, "CREATE TABLE x.\"y.z\" (id int)");
    ck_assert_int_eq(db_number(admin,
                               "SELECT count(*) FROM unnest(ARRAY['x.y.z', 'x', '', 'a.b']) n "
                               "WHERE retention.relation_oid(n) IS NOT NULL"),
                     0);
    char *none = db_value(admin, "SELECT retention.fingerprint('{public.parent,public.absent}')");
    ck_assert_ptr_null(none);
    /* quoted where SQL needs it, and the plain name, are one relation */
    ck_assert_int_eq(db_number(admin, "SELECT count(DISTINCT f) + count(*) FROM unnest(ARRAY["
                                      "retention.fingerprint(ARRAY['x.\"w\"']), "
                                      "retention.fingerprint(ARRAY['x.w'])]) f "
                                      "WHERE f IS NOT NULL"),
                     3);
}
END_TEST

Suite *suite_fingerprint(void)
{
    Suite *suite = suite_create("fingerprint");
    TCase *tc = tcase_create("fingerprint");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, follows_what_makes_a_deletion_safe);
    tcase_add_test(tc, stays_where_nothing_of_that_changed);
    tcase_add_test(tc, names_with_and_without_quotes);
    suite_add_tcase(suite, tc);
    return suite;
}
