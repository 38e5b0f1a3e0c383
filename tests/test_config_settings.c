/* retentiond.cfg: defaults, bounds, everything wrong at once, and what is made from the table. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/settings.h"
#include "expect.h"
#include "harness/db.h"

static struct diags diags;
static struct settings *settings;

static void teardown(void)
{
    settings_free(settings);
    settings = NULL;
    diags_free(&diags);
}

/* Loads the text; its complaints must be these. */
static void load(const char *text, const char *expected)
{
    teardown();
    settings = settings_load_text("/etc/x/retentiond.cfg", text, &diags);
    expect_diags(&diags, expected);
    ck_assert_int_eq(settings != NULL, diags.errors == 0);
}

static void check_defaults(void)
{
    ck_assert_ptr_null(settings->database.conninfo);
    ck_assert_int_eq(settings->database.connections, 2);
    ck_assert_int_eq(settings->database.statement_timeout_ms, 60000);
    ck_assert_int_eq(settings->database.lock_timeout_ms, 50);
    ck_assert_str_eq(settings->policies, "/etc/x/policies");
    ck_assert_ptr_null(settings->log.epoch_kek);
    ck_assert_int_eq(settings->log.epoch.months, 1);
    ck_assert_str_eq(settings->log.epoch_text, "1 mon");
    ck_assert_int_eq(settings->pace.rows_per_second, 0);
    ck_assert_int_eq(settings->pace.batch_rows, 25000);
    ck_assert_int_eq(settings->pace.family_rows, 10000);
    ck_assert_int_eq(settings->worker.lease_ms, 15000);
    ck_assert_int_eq(settings->worker.max_skew_ms, 120000);
    ck_assert_int_eq(settings->worker.wake_most_ms, 3600000);
    ck_assert_str_eq(settings->worker.role_prefix, "retention_");
    ck_assert(settings->holds.dual_control);
    ck_assert_int_eq(settings->holds.grace.days, 30);
    ck_assert_str_eq(settings->holds.grace_text, "30 days");
}

START_TEST(an_empty_file_means_the_defaults)
{
    load("", "");
    check_defaults();
}
END_TEST

START_TEST(every_setting_is_read)
{
    load("database: { conninfo = \"host=/run/pg dbname=ctm passfile=/etc/x/pass\"; connections = "
         "4;\n"
         "  statement_timeout = \"2 min\"; lock_timeout = \"1 s\"; };\n"
         "policies = \"more/policies\";\n"
         "log: { origin = \"example.com/log\"; directory = \"/var/log/r\"; epoch_kek = \"kek\";\n"
         "  epoch = \"2 weeks\"; signing_key = \"seed\"; checkpoint_every = \"5 min\";\n"
         "  sign_after = \"replicated\"; anchor = \"mail x\"; anchor_max_age = \"2 days\"; };\n"
         "pace: { rows_per_second = 1000; batch_rows = 200; family_rows = 300; };\n"
         "worker: { lease = \"20 s\"; max_skew = \"3 s\"; wake_most = \"1 day\"; role_prefix = "
         "\"r_\"; };\n"
         "holds: { dual_control = true; grace = \"30 days\"; };\n",
         "");
    ck_assert_str_eq(settings->database.conninfo, "host=/run/pg dbname=ctm passfile=/etc/x/pass");
    ck_assert_int_eq(settings->database.connections, 4);
    ck_assert_int_eq(settings->database.statement_timeout_ms, 120000);
    ck_assert_int_eq(settings->database.lock_timeout_ms, 1000);
    ck_assert_str_eq(settings->policies, "/etc/x/more/policies");
    ck_assert_str_eq(settings->log.origin, "example.com/log");
    ck_assert_str_eq(settings->log.directory, "/var/log/r");
    ck_assert_str_eq(settings->log.epoch_kek, "/etc/x/kek");
    ck_assert_int_eq(settings->log.epoch.days, 14);
    ck_assert_str_eq(settings->log.signing_key, "/etc/x/seed");
    ck_assert_int_eq(settings->log.checkpoint_every_ms, 300000);
    ck_assert_str_eq(settings->log.sign_after, "replicated");
    ck_assert_str_eq(settings->log.anchor, "mail x");
    ck_assert_int_eq(settings->log.anchor_max_age_ms, 172800000);
    ck_assert_int_eq(settings->pace.rows_per_second, 1000);
    ck_assert_int_eq(settings->pace.batch_rows, 200);
    ck_assert_int_eq(settings->pace.family_rows, 300);
    ck_assert_int_eq(settings->worker.lease_ms, 20000);
    ck_assert_int_eq(settings->worker.max_skew_ms, 3000);
    ck_assert_int_eq(settings->worker.wake_most_ms, 86400000);
    ck_assert_str_eq(settings->worker.role_prefix, "r_");
}
END_TEST

START_TEST(everything_wrong_is_said_at_once)
{
    load("database: {\n"
         "  connections = 0;\n"
         "  statement_timeout = 60;\n"
         "  lock_timeout = \"20 s\";\n"
         "  conection = 3;\n"
         "};\n"
         "polices = \"x\";\n"
         "log: { epoch = \"13 moths\"; };\n"
         "lease = \"15 s\";\n"
         "worker: { max_skew = \"1 month\"; role_prefix = \"Ret-\"; };\n"
         "pace = \"fast\";\n"
         "wrker: { };\n"
         "policies = \"\";\n"
         "xyzzyxyzzyxyzzy = 1;\n"
         "deidentfy: { };\n",
         "2: \"database.connections\" must be between 1 and 32, not 0\n"
         "3: \"database.statement_timeout\" must be a string, not an integer\n"
         "    hint: Put it in double quotes.\n"
         "4: \"database.lock_timeout\" must be between 1 ms and 10 s, not 20 s\n"
         "5: unknown setting \"database.conection\"\n"
         "    hint: Did you mean \"database.connections\"?\n"
         "7: unknown setting \"polices\"\n"
         "    hint: Did you mean \"policies\"?\n"
         "8: \"log.epoch\" is \"13 moths\", which has an unknown unit \"moths\"\n"
         "    hint: Did you mean \"months\"?\n"
         "9: unknown setting \"lease\"\n"
         "    hint: Did you mean \"worker.lease\"?\n"
         "10: \"worker.max_skew\" must be between 1 s and 1 hour, not 1 month\n"
         "10: \"worker.role_prefix\" cannot be \"Ret-\"\n"
         "    hint: Use up to 40 lower-case letters, digits and _, and start with a letter; pg_ is "
         "PostgreSQL's own.\n"
         "11: \"pace\" must be a group { }, not a string\n"
         "12: unknown setting \"wrker\"\n"
         "    hint: Did you mean \"worker\"?\n"
         "13: \"policies\" is empty\n"
         "14: unknown setting \"xyzzyxyzzyxyzzy\"\n"
         "    hint: \"retentionctl config --defaults\" prints every setting.\n"
         "15: unknown setting \"deidentfy\"\n"
         "    hint: Did you mean \"deidentify\"?\n");
}
END_TEST

START_TEST(addresses_that_others_reach_are_refused)
{
    load("http: { listen = \"localhost:9187\"; };\n"
         "log: { epoch = \"20 years\"; };\n"
         "holds: { dual_control = false; grace = \"11 years\"; };\n",
         "1: \"http.listen\" cannot be \"localhost:9187\"\n"
         "    hint: Write unix:/run/retentiond/http.sock, 127.0.0.1:PORT or [::1]:PORT: only this "
         "machine may reach it.\n"
         "2: \"log.epoch\" must be between 1 day and 3653 days, not 20 years\n"
         "3: \"holds.grace\" must be between 0 days and 3653 days, not 11 years\n");
}
END_TEST

START_TEST(settings_that_need_others)
{
    load("log: { signing_key = \"k\"; };", "0: \"log.signing_key\" needs \"log.origin\"\n");
    load("log: { signing_key = \"k\"; origin = \"x\"; };",
         "0: \"log.signing_key\" needs \"log.directory\"\n");
    load("log: { anchor_max_age = \"1 day\"; };",
         "0: \"log.anchor_max_age\" needs \"log.anchor\"\n");
    load("log: { sign_after = \"flush\"; };",
         "1: \"log.sign_after\" must be \"commit\" or \"replicated\", not \"flush\"\n");
}
END_TEST

START_TEST(passwords_are_refused)
{
    static const char *const bad[] = {
        "host=x password=hunter2",    "host=x password = 'hunter2'",
        "password=hunter2",           "sslkey=k sslpassword=hunter2",
        "postgres://me:hunter2@h/db", "postgresql://h/db?user=me&password=hunter2"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct text text _cleanup_text_ = {0};
        text_printf(&text, "database: { conninfo = \"%s\"; };", bad[i]);
        load(text.data, "1: \"database.conninfo\" holds a password\n"
                        "    hint: Put it into a file that only its owner may read, and name that: "
                        "passfile=FILE.\n");
    }
    load("database: { conninfo = \"postgres://me@h:5432/db?passfile=/x\"; };", "");
    load("database: { conninfo = \"host=x require_auth=password user=password\"; };", "");
}
END_TEST

START_TEST(the_printed_defaults_read_back_as_the_defaults)
{
    char *text _cleanup_free_ = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    settings_print_defaults(out);
    fclose(out);
    load(text, "");
    check_defaults();
    ck_assert_ptr_nonnull(strstr(text, "\n  connections = 2;\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  // conninfo = \"\";\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "  // Duration, from \"1 ms\" to \"10 s\"; read on reload.\n"));
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        ck_assert_uint_le(strcspn(line, "\n"), 100);
}
END_TEST

static void count_setting(const struct setting_info *info, void *arg)
{
    size_t n = strlen(info->help);
    ck_assert_msg(n && info->help[n - 1] == '.', "%s", info->name);
    (*(size_t *)arg)++;
}

START_TEST(the_manual_has_every_setting)
{
    char *text _cleanup_free_ = NULL;
    size_t length, count = 0, items = 0;
    FILE *out = open_memstream(&text, &length);
    settings_print_man(out);
    fclose(out);
    settings_describe(count_setting, &count);
    for (const char *p = text; (p = strstr(p, "\n.It Va ")); p++)
        items++;
    ck_assert_uint_gt(count, 20);
    ck_assert_uint_eq(items, count);
}
END_TEST

START_TEST(a_missing_file_is_one_clear_error)
{
    settings = settings_load("/nonexistent/retentiond.cfg", &diags);
    ck_assert_ptr_null(settings);
    expect_diags(&diags, "0: could not open the file: No such file or directory\n");
}
END_TEST

static void name_it(const char *name, void *arg)
{
    snprintf(arg, 64, "%s", name);
}

/* For a reload: each type of setting, a value and another one, which begins as the first does where
 * that is possible. settings_keep names those that are read at restart only, and takes the old
 * value, after which both are equal. */
START_TEST(what_differs_is_seen)
{
    static const struct {
        const char *a, *b, *kept;
    } pairs[] = {
        {"pace: { window = \"01:00-05:00\"; };", "pace: { window = \"02:00-05:00\"; };", NULL},
        {"pace: { window = \"01:00-05:00\"; };", "pace: { window = \"01:00-04:00\"; };", NULL},
        {"pace: { window = \"00:00-05:00\"; };", "", NULL},
        {"pace: { rows_per_second = 1000; };", "pace: { rows_per_second = 1001; };", NULL},
        {"pace: { preset = \"gentle\"; };", "pace: { preset = \"fast\"; };", NULL},
        {"holds: { dual_control = true; };", "holds: { dual_control = false; };", NULL},
        {"holds: { grace = \"30 days\"; };", "holds: { grace = \"31 days\"; };", NULL},
        {"policies = \"one\";", "policies = \"two\";", NULL},
        {"database: { conninfo = \"dbname=a\"; };", "database: { conninfo = \"dbname=b\"; };",
         "database.conninfo"},
        {"database: { conninfo = \"dbname=a\"; };", "", "database.conninfo"},
        {"worker: { lease = \"20 s\"; };", "worker: { lease = \"21 s\"; };", "worker.lease"},
        {"worker: { role_prefix = \"a_\"; };", "worker: { role_prefix = \"b_\"; };",
         "worker.role_prefix"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct diags none _cleanup_diags_ = {0};
        struct settings *a = settings_load_text("/etc/x/r.cfg", pairs[i].a, &none);
        struct settings *same = settings_load_text("/etc/x/r.cfg", pairs[i].a, &none);
        struct settings *b = settings_load_text("/etc/x/r.cfg", pairs[i].b, &none);
        ck_assert_msg(a && same && b, "%s %s", pairs[i].a, pairs[i].b);
        ck_assert_msg(settings_are_equal(a, same), "%s", pairs[i].a);
        ck_assert_msg(!settings_are_equal(a, b), "%s %s", pairs[i].a, pairs[i].b);
        ck_assert_msg(!settings_are_equal(b, a), "%s %s", pairs[i].b, pairs[i].a);
        char kept[64] = "";
        settings_keep(b, a, name_it, kept);
        ck_assert_str_eq(kept, pairs[i].kept ? pairs[i].kept : "");
        ck_assert_int_eq(settings_are_equal(a, b), pairs[i].kept != NULL);
        settings_free(a);
        settings_free(same);
        settings_free(b);
    }
}
END_TEST

Suite *suite_config_settings(void)
{
    Suite *suite = suite_create("config_settings");
    TCase *tests = tcase_create("settings");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, an_empty_file_means_the_defaults);
    tcase_add_test(tests, every_setting_is_read);
    tcase_add_test(tests, everything_wrong_is_said_at_once);
    tcase_add_test(tests, addresses_that_others_reach_are_refused);
    tcase_add_test(tests, settings_that_need_others);
    tcase_add_test(tests, passwords_are_refused);
    tcase_add_test(tests, the_printed_defaults_read_back_as_the_defaults);
    tcase_add_test(tests, what_differs_is_seen);
    tcase_add_test(tests, the_manual_has_every_setting);
    tcase_add_test(tests, a_missing_file_is_one_clear_error);
    suite_add_tcase(suite, tests);
    return suite;
}
