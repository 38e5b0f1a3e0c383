/* A session prints values as it likes; whether a record is held does not depend on it. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

/* What holds name stands in a parent; nothing of the record's own is printed by a setting. */
static const char tables[] =
    "CREATE TABLE person (id int PRIMARY KEY, hash bytea NOT NULL);"
    "CREATE TABLE visit (id int PRIMARY KEY, person_id int REFERENCES person, seen bigint);"
    "CREATE INDEX ON visit (person_id);"
    "INSERT INTO person VALUES (1, '\\x41ff'), (2, '\\x42ff');"
    "INSERT INTO visit SELECT i, i, extract(epoch FROM now()) - 86400 * 40 FROM "
    "generate_series(1, 2) i;";

static void install_guard(const struct site *site)
{
    char *admin _cleanup_free_ = cluster_conninfo(site->cluster, site->database, NULL);
    const char *const argv[] = {"retentionctl", "-c",    site->config, "-d",
                                admin,          "setup", "--sql",      NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s", r.err);
    char *file _cleanup_free_ = file_write(site->directory, "setup.sql", r.out);
    program_result_free(&r);
    const char *const psql[] = {"/usr/bin/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", file,
                                admin,           NULL};
    r = program_run(psql);
    ck_assert_msg(r.exit_code == 0, "%s", r.err);
    program_result_free(&r);
}

START_TEST(values_of_parents)
{
    static const char *const settings[] = {"hex", "escape"};
    struct site site = site_new(cluster_shared(), tables, NULL);
    site_policy(&site, "visits",
                "  guard = \"refuse\";\n"
                "  data: { table = \"public.visit\";\n"
                "    start = { column = \"seen\"; unit = \"epoch_s\"; };\n"
                "    subject = ( { parent = \"public.person\"; by = \"person_id\"; column = "
                "\"hash\"; kind = \"hash\"; } ); };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; };\n");
    install_guard(&site);
    site_load_and_approve(&site, "visits", -1);
    install_guard(&site);
    db_exec(site.admin, "SELECT retention.place_hold(matter => 'M', reason => 'x', category => "
                        "'visits', subject => 'hash:\\x41ff')");
    for (size_t i = 0; i < 2; i++) {
        db_exec(site.admin, "SET bytea_output = '%s'", settings[i]);
        ck_assert_str_eq(db_fails(site.admin, "DELETE FROM visit WHERE id = 1"), "RT012");
    }
    db_exec(site.admin, "DELETE FROM visit WHERE id = 2");
    site_free(&site);
}
END_TEST

Suite *suite_guard_settings(void)
{
    Suite *suite = suite_create("guard_settings");
    TCase *tc = tcase_create("guard_settings");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, values_of_parents);
    suite_add_tcase(suite, tc);
    return suite;
}
