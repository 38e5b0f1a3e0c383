/* Somebody who may create objects shadows what PostgreSQL brings: functions and operators of the
 * same names and types, in a schema that the database's own search_path puts first. None of them
 * may run with the rights of the worker, or of a person who uses retentionctl: what is ours is
 * qualified, or pins search_path. (Row security, triggers, rules, and functions in constraints,
 * generated columns and indexes are refused when a policy is loaded: policies_bad_db.) */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "up_support.h"

static const char shadows[] =
    "CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC;"
    "SET check_function_bodies = off; SET client_min_messages = error;"
    "DO $do$ DECLARE f record; t text; o text; BEGIN"
    /* every function of fixed types, under its name */
    " FOR f IN SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments,"
    "     pg_get_function_result(p.oid) AS result FROM pg_proc p"
    "   WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset"
    "     AND p.proargmodes IS NULL AND p.provariadic = 0 AND NOT EXISTS (SELECT FROM pg_type y"
    "       WHERE y.typtype = 'p' AND (y.oid = ANY (p.proargtypes) OR y.oid = p.prorettype))"
    "     AND p.proname IN (SELECT m[1] FROM regexp_matches(current_setting('test.words'),"
    "       '[a-z_0-9]+', 'g') m) LOOP"
    "  EXECUTE format($$CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS 'BEGIN"
    "   RAISE LOG ''hostile code ran''; RAISE EXCEPTION ''hostile code ran''; END'$$,"
    "   f.proname, f.arguments, f.result);"
    " END LOOP;"
    /* and the operators that conditions are made of */
    " FOREACH t IN ARRAY '{int4,int8,text,timestamptz,oid,uuid,bool,name,regclass,interval,bytea}'"
    "   ::text[] LOOP"
    "  EXECUTE format($$CREATE FUNCTION evil.op(pg_catalog.%1$s, pg_catalog.%1$s) RETURNS bool"
    "   LANGUAGE plpgsql AS 'BEGIN RAISE LOG ''hostile code ran'';"
    "   RAISE EXCEPTION ''hostile code ran''; END'$$, t);"
    "  FOREACH o IN ARRAY '{=,<>,<,<=,>,>=}'::text[] LOOP"
    "   EXECUTE format('CREATE OPERATOR evil.%1$s (LEFTARG = pg_catalog.%2$s, RIGHTARG = "
    "pg_catalog.%2$s, FUNCTION = evil.op)', o, t);"
    "  END LOOP;"
    " END LOOP;"
    " CREATE FUNCTION evil.plus(timestamptz, interval) RETURNS timestamptz LANGUAGE plpgsql AS"
    "  'BEGIN RAISE LOG ''hostile code ran''; RAISE EXCEPTION ''hostile code ran''; END';"
    " CREATE OPERATOR evil.+ (LEFTARG = timestamptz, RIGHTARG = interval, FUNCTION = evil.plus);"
    " CREATE FUNCTION evil.together(text, text) RETURNS text LANGUAGE plpgsql AS"
    "  'BEGIN RAISE LOG ''hostile code ran''; RAISE EXCEPTION ''hostile code ran''; END';"
    " CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.together);"
    "END $do$";

/* The words of every function that statements of ours may call. */
static const char words[] =
    "now clock_timestamp statement_timestamp transaction_timestamp pg_backend_pid set_config "
    "current_setting to_char date_trunc timezone age md5 sha256 encode decode substr substring "
    "length octet_length lower upper btrim left right replace format_type pg_get_expr "
    "pg_get_userbyid pg_get_triggerdef pg_get_constraintdef pg_get_indexdef to_regclass to_regtype "
    "to_regnamespace has_table_privilege has_schema_privilege has_column_privilege pg_has_role "
    "pg_relation_size pg_relation_filenode pg_current_xact_id pg_is_in_recovery pg_sleep "
    "pg_terminate_backend pg_cancel_backend pg_notify gen_random_uuid uuid_send int8 int4 text "
    "timestamptz array_to_string string_to_array cardinality isfinite justify_interval "
    "pg_export_snapshot txid_current abs floor round date extract date_part quote_ident "
    "quote_literal split_part regexp_replace position strpos concat ascii chr greatest least";

static void runs(const struct site *site, const char *conninfo, int code, const char *const *words_)
{
    const char *argv[12] = {"retentionctl", "-c", site->config};
    size_t n = 3;
    if (conninfo) {
        argv[n++] = "-d";
        argv[n++] = conninfo;
    }
    for (; *words_; words_++)
        argv[n++] = *words_;
    struct program_result result = program_run(argv);
    if (result.exit_code != code && getenv("TEST_VERBOSE")) {
        char *log _cleanup_free_ = file_read(cluster_log_file(site->cluster));
        char *at = strstr(log, "ERROR:  hostile code ran");
        for (char *next = at; next && (next = strstr(next + 1, "ERROR:  hostile code ran"));)
            at = next;
        fprintf(stderr, "%.3000s\n", at ? at : log);
    }
    ck_assert_msg(result.exit_code == code, "retentionctl %s: exit code %d\n%s%s", argv[n - 1],
                  result.exit_code, result.out, result.err);
    program_result_free(&result);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(shadows_never_run)
{
    struct site site = up_site(cluster_shared(), NULL);
    char *person _cleanup_free_ = cluster_conninfo(site.cluster, site.database, NULL);
    char *operator_ _cleanup_free_ = cluster_conninfo(site.cluster, site.database, "t_operator");
    db_exec(site.admin, "SELECT set_config('test.words', '%s', false)", words);
    db_script(site.admin, shadows);
    ck_assert_int_ge(db_number(site.admin, "SELECT count(*) FROM pg_proc WHERE pronamespace = "
                                           "'evil'::regnamespace"),
                     80);
    db_exec(site.admin, "ALTER DATABASE %s SET search_path = evil, public, pg_catalog",
            site.database);
    PGconn *victim = db_connect(site.cluster, site.database, "t_worker");
    ck_assert_str_eq(db_fails(victim, "SELECT now()"), "P0001"); /* they would run */
    ck_assert_str_eq(db_fails(victim, "SELECT FROM event WHERE id = 1::bigint"), "P0001");
    PQfinish(victim);

    runs(&site, NULL, 0, WORDS("check"));
    runs(&site, NULL, 0, WORDS("plan"));
    runs(&site, NULL, 0, WORDS("setup", "--sql"));
    runs(&site, NULL, 0, WORDS("explain", "events", "7"));
    runs(&site, person, 0, WORDS("migrate"));
    runs(&site, operator_, 0, WORDS("pause", "--category", "events", "--reason", "test"));
    runs(&site, operator_, 0, WORDS("resume", "--category", "events", "--reason", "test"));
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    runs(&site, person, 0, WORDS("status"));
    runs(&site, person, 0, WORDS("log", "list"));
    runs(&site, person, 0, WORDS("hold", "list"));
    runs(&site, NULL, 0, WORDS("explain", "events", "7"));

    char *log _cleanup_free_ = file_read(cluster_log_file(site.cluster));
    int ran = 0;
    for (char *p = log; (p = strstr(p, "LOG:  hostile code ran")); p++)
        ran++;
    ck_assert_int_eq(ran, 2); /* the two above */
    ck_assert_int_eq(site_digests(&site, "public.event"), 1000);
    site_free(&site);
}
END_TEST

/* What setup prints is run by superusers and owners: it does not go by their search_path either. */
START_TEST(setup_script_goes_by_no_path)
{
    struct guard_site site = guard_site_new(cluster_shared(), "refuse");
    db_exec(site.admin, "SELECT set_config('test.words', '%s', false)", words);
    db_script(site.admin, shadows);
    db_exec(site.admin, "ALTER DATABASE %s SET search_path = evil, public, pg_catalog",
            site.database);
    db_exec(site.admin, "ALTER DATABASE %s SET standard_conforming_strings = off", site.database);
    guard_site_setup(&site, NULL, false);
    guard_site_setup(&site, NULL, true);
    guard_site_setup(&site, NULL, false);
    char *said = guard_site_run(&site, NULL, 0, WORDS("check"));
    ck_assert_msg(!strstr(said, "the guard of"), "%s", said);
    free(said);
    guard_site_free(&site);
}
END_TEST

static const char odd_tables[] =
    "CREATE SCHEMA \"a$retention$b\" AUTHORIZATION g_owner; SET ROLE g_owner;"
    "CREATE TABLE \"a$retention$b\".\"$retention_drop$\" (id bigint, at timestamptz NOT NULL,"
    "  \"$retention_guard$\" text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
    "CREATE TABLE \"a$retention$b\".\"it's `false` \\\nSELECT 1/0;\n--\" PARTITION OF"
    "  \"a$retention$b\".\"$retention_drop$\" FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
    "RESET ROLE";

static const char odd_policy[] =
    "odd: { title = \"o\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"refuse\"; strategy = \"partition\"; drop_empty = true;\n"
    "  data: { table = \"\\\"a$retention$b\\\".\\\"$retention_drop$\\\"\"; start = \"at\";\n"
    "    subject = ( { column = \"$retention_guard$\"; kind = \"visitor\"; } ); };\n"
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } ); };\n";

/* What others called their tables and columns ends no comment, text or function's body of the
 * script, and begins no command of psql. */
START_TEST(names_in_the_setup_script)
{
    struct guard_site site = guard_site_new(cluster_shared(), "refuse");
    char *policies _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&policies, "%s/policies", site.directory), 0);
    db_script(site.admin, odd_tables);
    free(file_write(policies, "odd.cfg", odd_policy));
    guard_site_setup(&site, NULL, false);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_proc WHERE proname ~ "
                                           "'^(retention_drop|odd)_'"),
                     2);
    char *script _cleanup_free_ =
        guard_site_run(&site, NULL, 0, WORDS("setup", "--sql", "--remove"));
    static const char echo[] = "\n\\echo '";
    int told = 0;
    for (char *p = script; (p = strstr(p, echo));) {
        p += strlen(echo);
        size_t n = strcspn(p, "\n'`\\");
        ck_assert_msg(strncmp(p + n, "'\n", 2) == 0, "%.200s", p);
        char *name = strstr(p, "it?s ?false? ??SELECT 1/0;?--");
        told += name && name < p + n;
    }
    ck_assert_int_gt(told, 0);
    guard_site_setup(&site, NULL, true);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_proc WHERE proname ~ "
                                           "'^(retention_drop|odd)_'"),
                     0);
    guard_site_free(&site);
}
END_TEST

Suite *suite_hostile(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tc = tcase_create("hostile");
    tcase_set_timeout(tc, 90);
    tcase_add_test(tc, shadows_never_run);
    tcase_add_test(tc, setup_script_goes_by_no_path);
    tcase_add_test(tc, names_in_the_setup_script);
    suite_add_tcase(suite, tc);
    return suite;
}
