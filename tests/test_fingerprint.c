/* What changes retention.fingerprint, and what does not. */
#define _GNU_SOURCE
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
    "CREATE TYPE mood AS ENUM ('calm', 'cross'); CREATE TYPE pair AS (a int, b int);"
    "CREATE DOMAIN word AS text CHECK (VALUE <> ''); CREATE DOMAIN words AS word;"
    "CREATE TABLE typed (id int PRIMARY KEY, began timestamptz, ended timestamptz, m mood, w words,"
    " p pair, ms mood[]);"
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
                           "'{public.parent,public.child,public.log,public.typed}')");
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
        /* the same names and types */
        "ALTER TABLE typed DROP COLUMN ended; ALTER TABLE typed ADD COLUMN ended timestamptz",
        "BEGIN; ALTER TABLE typed RENAME COLUMN began TO x; ALTER TABLE typed RENAME COLUMN ended "
        "TO began; ALTER TABLE typed RENAME COLUMN x TO ended; COMMIT",
        "ALTER TABLE typed ALTER COLUMN began TYPE timestamp; ALTER TABLE typed RENAME COLUMN "
        "began TO x; ALTER TABLE typed ADD COLUMN began timestamptz",
        "DROP TYPE mood CASCADE; CREATE TYPE mood AS ENUM ('calm', 'cross'); "
        "ALTER TABLE typed ADD COLUMN m mood, ADD COLUMN ms mood[]",
        "ALTER TABLE typed ALTER COLUMN x TYPE text COLLATE \"C\"",
        "ALTER TABLE typed ALTER COLUMN x TYPE text COLLATE \"POSIX\"",
        /* types */
        "ALTER TYPE mood RENAME VALUE 'cross' TO 'glad'", "ALTER TYPE mood ADD VALUE 'sad'",
        "ALTER TABLE typed DROP COLUMN m", /* still there as an array's element */
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
        "ALTER DOMAIN word ADD CONSTRAINT short CHECK (length(VALUE) < 9) NOT VALID",
        "ALTER DOMAIN word VALIDATE CONSTRAINT short", "ALTER DOMAIN word DROP CONSTRAINT short",
        "ALTER DOMAIN words SET NOT NULL", "ALTER TABLE typed ALTER COLUMN w TYPE word",
        "ALTER TYPE pair RENAME ATTRIBUTE a TO c",
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
        "DROP TABLE log_2", "ALTER DOMAIN word SET DEFAULT 'x'",
        "CREATE TYPE other AS ENUM ('calm', 'cross')", "ALTER TYPE mood OWNER TO t_worker",
        "CREATE TABLE bystander (id int REFERENCES stranger)", NULL};
    each(statements, false);
}
END_TEST

/* Of a foreign key to a partitioned table there is a clone for each partition. */
START_TEST(stays_where_clones_of_a_key_come_and_go)
{
    static const char *const statements[] = {
        "CREATE TABLE log_3 PARTITION OF log FOR VALUES FROM ('2020-03-01') TO ('2020-04-01')",
        "CREATE TABLE log_4 (LIKE log INCLUDING ALL); ALTER TABLE log ATTACH PARTITION log_4 FOR "
        "VALUES FROM ('2020-04-01') TO ('2020-05-01')",
        "ALTER TABLE log DETACH PARTITION log_1", NULL};
    db_script(admin, "ALTER TABLE child ADD COLUMN log_id int, ADD COLUMN log_d date, ADD FOREIGN "
                     "KEY (log_id, log_d) REFERENCES log");
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

/* A policy reads parent.n and parent.note, typed.began and typed.m, log.d. */
static const char reads[] = "{\"public.parent\": {\"note\": null, \"n\": null}, "
                            "\"public.typed\": {\"began\": null, \"m\": null, \"w\": null}, "
                            "\"public.log\": {\"d\": null, \"lookup\": null}}";

static const struct meaning {
    const char *sql;
    const char *seen; /* columns that are others now; "": none */
} meanings[] = {
    {"ALTER TABLE typed RENAME COLUMN began TO x; ALTER TABLE typed RENAME COLUMN ended TO began; "
     "ALTER TABLE typed RENAME COLUMN x TO ended",
     "public.typed.began"},
    {"ALTER TABLE typed DROP COLUMN began; ALTER TABLE typed ADD COLUMN began timestamptz",
     "public.typed.began"},
    {"ALTER TABLE typed DROP COLUMN began", "public.typed.began"},
    {"ALTER TABLE typed RENAME TO old; CREATE TABLE typed (LIKE old INCLUDING ALL)",
     "public.typed.began, public.typed.m, public.typed.w"},
    {"DROP TABLE typed", "public.typed.began, public.typed.m, public.typed.w"},
    {"ALTER TABLE typed ALTER COLUMN began TYPE timestamp", "public.typed.began"},
    {"ALTER TABLE typed ALTER COLUMN began TYPE timestamptz USING began - interval '1 year'",
     "public.typed.began"},
    {"ALTER TABLE typed ALTER COLUMN began SET DEFAULT now(), ALTER COLUMN "
     "began TYPE timestamptz USING began - interval '1 year'",
     "public.typed.began"},
    {"ALTER TABLE log ALTER COLUMN lookup TYPE int USING lookup + 1", "public.log.lookup"},
    {"ALTER TABLE parent ALTER COLUMN note TYPE text COLLATE \"C\"", "public.parent.note"},
    {"ALTER TABLE parent ALTER COLUMN note TYPE varchar(9)", "public.parent.note"},
    {"ALTER TYPE mood RENAME VALUE 'cross' TO 'x'; ALTER TYPE mood RENAME VALUE 'calm' TO 'cross'",
     "public.typed.m"},
    {"DROP TYPE mood CASCADE", "public.typed.m"},
    {"DROP DOMAIN word CASCADE", "public.typed.w"},
    /* not seen: what was read is what it was */
    {"ALTER TYPE mood ADD VALUE 'sad'", ""},
    {"ALTER TYPE mood ADD VALUE 'sad' BEFORE 'calm'", ""},
    {"ALTER TYPE mood RENAME TO temper; ALTER DOMAIN word ADD CHECK (VALUE <> 'x')", ""},
    {"ALTER TABLE typed ADD COLUMN more int DEFAULT 3, DROP COLUMN ended", ""},
    {"ALTER TABLE typed ALTER COLUMN ended TYPE timestamptz USING ended - interval '1 year'", ""},
    {"CREATE INDEX ON typed (began); CREATE INDEX ON log (lookup); REINDEX TABLE typed", ""},
    {"ALTER TABLE typed ALTER COLUMN began SET STATISTICS 10, ALTER COLUMN m SET DEFAULT 'calm'",
     ""},
    {"ALTER TABLE log ALTER COLUMN lookup SET STATISTICS 10", ""},
    {"ALTER TABLE log ALTER COLUMN lookup SET NOT NULL", ""},
    {"GRANT SELECT (began) ON typed TO t_worker; GRANT SELECT (d) ON log TO t_worker", ""},
    {"GRANT SELECT (lookup) ON log TO t_worker", ""}, /* it has that already */
    /* the same again on the table and its leaves in one transaction, as setup does */
    {"GRANT SELECT (lookup) ON log, log_1, log_2, log_2a TO t_worker", ""},
    {"ALTER TABLE log ALTER COLUMN lookup SET DEFAULT 3", ""},
    {"GRANT UPDATE (lookup) ON log TO t_worker; ALTER TABLE log ALTER COLUMN lookup TYPE int USING "
     "lookup + 1",
     "public.log.lookup"},
    {"DROP TABLE log_1; ALTER TABLE log ALTER COLUMN lookup TYPE int USING lookup + 1",
     "public.log.lookup"},
    {"REVOKE ALL ON log FROM t_worker", ""},
    {"TRUNCATE parent, child, log, typed", ""},
    {"UPDATE typed SET began = '2000-01-01'", ""},
    {"CREATE TABLE log_3 PARTITION OF log FOR VALUES FROM ('2020-03-01') TO ('2020-04-01')", ""},
    {"ALTER TABLE log DETACH PARTITION log_1", ""},
    {"ALTER TABLE typed SET UNLOGGED", ""},
};

/* Which columns `sql` made others, against what they were before; caller frees. */
static char *changed_by(const char *sql)
{
    const char *const load[] = {reads};
    PGresult *before =
        PQexecParams(admin, "SELECT retention.column_facts($1)", 1, NULL, load, NULL, NULL, 0);
    ck_assert_int_eq(PQresultStatus(before), PGRES_TUPLES_OK);
    db_script(admin, sql);
    const char *const facts[] = {PQgetvalue(before, 0, 0)};
    PGresult *after = PQexecParams(admin,
                                   "SELECT array_to_string(retention.changed_columns($1::jsonb, "
                                   "retention.column_facts($1::jsonb)), ', ')",
                                   1, NULL, facts, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(after) == PGRES_TUPLES_OK, "%s", PQerrorMessage(admin));
    char *names = strdup(PQgetvalue(after, 0, 0));
    PQclear(before);
    PQclear(after);
    return names;
}

START_TEST(a_name_that_means_something_else)
{
    static const char *const no_transaction[] = {
        "VACUUM FULL typed", "VACUUM FULL pg_attribute", "VACUUM (FREEZE)", "ANALYZE",
        "CLUSTER parent USING parent_pkey"};
    db_exec(admin, "GRANT SELECT (lookup) ON log, log_1, log_2, log_2a TO t_worker");
    for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
        db_exec(admin, "BEGIN");
        char *changed = changed_by(meanings[i].sql);
        ck_assert_msg(strcmp(changed, meanings[i].seen) == 0, "%s: \"%s\"", meanings[i].sql,
                      changed);
        free(changed);
        db_exec(admin, "ROLLBACK");
    }
    for (size_t i = 0; i < sizeof(no_transaction) / sizeof(*no_transaction); i++) {
        char *changed = changed_by(no_transaction[i]);
        ck_assert_msg(!*changed, "%s: \"%s\"", no_transaction[i], changed);
        free(changed);
    }
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
    tcase_add_test(tc, stays_where_clones_of_a_key_come_and_go);
    tcase_add_test(tc, names_with_and_without_quotes);
    tcase_add_test(tc, a_name_that_means_something_else);
    suite_add_tcase(suite, tc);
    return suite;
}
