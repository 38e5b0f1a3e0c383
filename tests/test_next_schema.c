/* The worker of one version on the schema of the next: accept_functions. worker/pg/function_list.c,
 * functions.c. The "next version" is made here: this one's list with one function's line replaced,
 * which has a comment more, and one migration more. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "pg/function_list.h"
#include "up_support.h"

/* What the next version's "retentionctl migrate --print-functions" prints. No database is named. */
static char *print_list(void)
{
    const char *const argv[] = {"retentionctl", "migrate", "--print-functions", NULL};
    const char *const nowhere[] = {"PGHOST=/nonexistent", NULL};
    struct program_result result = program_run_env(argv, nowhere);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    char *out = strdup(result.out);
    program_result_free(&result);
    return out;
}

static int newest(PGconn *conn)
{
    return (int)db_number(conn, "SELECT max(number) FROM retention.schema_migration");
}

/* Replaces the line that begins so by another. */
static char *replace_line(const char *text, const char *begins, const char *by)
{
    const char *at = strstr(text, begins);
    ck_assert_msg(at && (at == text || at[-1] == '\n'), "no line \"%s\"", begins);
    char *all;
    ck_assert_int_ge(asprintf(&all, "%.*s%s%s", (int)(at - text), text, by, strchr(at, '\n')), 0);
    return all;
}

/* Gives the function one comment more, as CREATE OR REPLACE by its owner. */
static void replace_function(PGconn *conn, const char *name, const char *comment)
{
    char *sql _cleanup_free_ = db_value(
        conn,
        "SELECT replace(pg_get_functiondef(p.oid), E'\\nBEGIN\\n', E'\\n-- %s\\nBEGIN\\n') "
        "FROM pg_proc p WHERE p.pronamespace = 'retention'::regnamespace AND p.proname = '%s'",
        comment, name);
    ck_assert_ptr_nonnull(strstr(sql, comment));
    db_script(conn, sql);
}

/* The list with this function as it is installed. */
static char *list_installed(PGconn *conn, const char *list, const char *function)
{
    char begins[80],
        *line _cleanup_free_ =
            db_value(conn,
                     "SELECT proname || ' ' || encode(sha256(convert_to('plpgsql vdo ' || "
                     "encode(sha256(convert_to(prosrc, 'UTF8')), 'hex') || ' "
                     "search_path=pg_catalog, pg_temp', "
                     "'UTF8')), 'hex') FROM pg_proc WHERE proname = '%s' AND "
                     "pronamespace = 'retention'::regnamespace",
                     function);
    snprintf(begins, sizeof(begins), "%s ", function);
    return replace_line(list, begins, line);
}

/* The list of a next version that is at this schema's number, with "renew" as it is installed. */
static char *next_list(PGconn *conn, int schema, int workers)
{
    char head[64], *own _cleanup_free_ = print_list();
    char *renewed _cleanup_free_ = list_installed(conn, own, "renew");
    snprintf(head, sizeof(head), "schema: %d", schema);
    char *of_schema _cleanup_free_ = replace_line(renewed, "schema: ", head);
    snprintf(head, sizeof(head), "workers: %d", workers);
    return replace_line(of_schema, "workers: ", head);
}

static void accept_list(const struct site *site, const char *list)
{
    char *config _cleanup_free_ = file_read(site->config), *more _cleanup_free_ = NULL;
    free(file_write(site->directory, "next.functions", list));
    if (strstr(config, "accept_functions"))
        return;
    ck_assert_int_ge(asprintf(&more, "%saccept_functions = \"next.functions\";\n", config), 0);
    free(file_write(site->directory, "retentiond.cfg", more));
}

static void migrate_to_next(const struct site *site)
{
    replace_function(site->admin, "renew", "of the next version");
    db_exec(site->admin, "INSERT INTO retention.schema_migration (number, name, sha256) "
                         "SELECT max(number) + 1, 'next', repeat('0', 64) "
                         "FROM retention.schema_migration");
    db_exec(site->admin, "NOTIFY retention, 'bind'");
}

/* The whole of it. Without the list the worker stays up, deletes nothing and says what to do; with
 * it, it deletes, and says that it does so on another version's functions, until one is neither its
 * own nor the list's, and again with a list that has that. */
START_TEST(goes_on_with_the_list)
{
    struct site site = up_site(cluster_shared(), NULL);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    int own = newest(site.admin);
    migrate_to_next(&site);
    site_wait_said(&site, "newer than this program's");
    site_wait_said(&site, "retentionctl migrate --print-functions");
    up_ask_for_run(&site);
    db_wait_until(site.admin,
                  "SELECT bool_and(finished_at IS NOT NULL) FROM retention.run_request");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.leader WHERE worker IS NOT NULL"), 1);

    char *list _cleanup_free_ = next_list(site.admin, own + 1, own);
    accept_list(&site, list);
    kill(pid, SIGHUP);
    site_wait_empty(&site);
    db_wait_until(site.admin,
                  "SELECT accepted LIKE 'schema \"retention\" is at version %d, newer than this "
                  "program''s %d, and as \"%%/next.functions\" accepts it' FROM retention.leader",
                  own + 1, own);
    char *said _cleanup_free_ = site_stderr(&site);
    const char *once = strstr(said, "/next.functions\" accepts it");
    ck_assert_msg(once && !strstr(once + 1, "/next.functions\" accepts it"), "%s", said);

    replace_function(site.admin, "resign", "of nobody");
    db_exec(site.admin, "NOTIFY retention, 'bind'");
    site_wait_said(&site, "/next.functions\" lists it: \"resign\" (changed)");
    up_ask_for_run(&site);
    db_wait_until(site.admin,
                  "SELECT bool_and(finished_at IS NOT NULL) FROM retention.run_request");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    db_wait_until(site.admin, "SELECT accepted IS NULL FROM retention.leader");

    char *mended _cleanup_free_ = list_installed(site.admin, list, "resign");
    accept_list(&site, mended);
    kill(pid, SIGHUP);
    site_wait_empty(&site);
    up_end(&site, pid, 1010); /* the same ten twice */
}
END_TEST

/* A next version that brings functions alone, and no migration: status, too, says whose they are. A
 * mixture of its functions and this one's is neither. */
START_TEST(functions_alone)
{
    struct site site = up_site(cluster_shared(), NULL);
    int own = newest(site.admin);
    replace_function(site.admin, "renew", "of the next version");
    char *list _cleanup_free_ = next_list(site.admin, own, own);
    up_check_says(&site, 3, "\"renew\" (changed)");
    accept_list(&site, list);
    up_check_says(&site, 0, "configuration and policies are valid");
    up_check_says(&site, 0, "/next.functions\" accepts them");
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    up_status_says(&site, "It acts on a newer version's functions: functions of schema");
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'config'"), 2);

    char *changed _cleanup_free_ = replace_line(
        list, "resign ", "resign 0000000000000000000000000000000000000000000000000000000000000000");
    accept_list(&site, changed);
    kill(pid, SIGHUP);
    db_wait_until(site.admin, "SELECT reload_refused LIKE '%%function%%of schema%%' "
                              "FROM retention.leader");
    up_end(&site, pid, 1000);
}
END_TEST

/* What a list is not for is said, and nothing is deleted. */
START_TEST(lists_for_others)
{
    struct site site = up_site(cluster_shared(), NULL);
    int own = newest(site.admin);
    migrate_to_next(&site);
    char *good _cleanup_free_ = next_list(site.admin, own + 1, own);
    char *other_schema _cleanup_free_ = next_list(site.admin, own + 2, own);
    char *newer_workers _cleanup_free_ = next_list(site.admin, own + 1, own + 1);
    char *other_roles _cleanup_free_ = replace_line(good, "roles: ", "roles: u_");
    char *as_it_was _cleanup_free_ = print_list();
    char head[64], *without_comment _cleanup_free_;
    snprintf(head, sizeof(head), "schema: %d", own + 1);
    without_comment = replace_line(as_it_was, "schema: ", head);
    const struct {
        const char *list, *message;
    } rows[] = {
        {other_schema, "next.functions\" lists the functions of version"},
        {newer_workers, "serves workers of version"},
        {other_roles, "is for roles that begin with \"u_\", not \"retention_\""},
        {as_it_was, "next.functions\" lists the functions of version"},
        {without_comment, "next.functions\" lists it: \"renew\" (changed)"},
    };
    up_check_says(&site, 3, "set accept_functions to a file");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        accept_list(&site, rows[i].list);
        up_check_says(&site, 3, rows[i].message);
    }
    site_once_expect(&site, NULL, 3);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1000);
    accept_list(&site, good);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    site_free(&site);
}
END_TEST

#define A64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEAD "schema: 2\nworkers: 1\nroles: t_\n"

/* Everything that is wrong with a list is said at once, with its line. */
START_TEST(reading)
{
    static const struct {
        const char *text, *errors; /* "line: message" each; "": it is read */
    } rows[] = {
        {HEAD "functions: 1\n# a comment\n\nlead " A64 "\n", ""},
        {HEAD "functions: 2\nlead " A64 "\n", "4: the list is not whole: 1 functions, not 2\n"},
        {"schema: 2\nroles: t_\nfunctions: 1\nlead " A64 "\n",
         "0: there is no line \"workers: ...\"\n"},
        {"schema: two\nworkers: 0\nroles: T\nfunctions: 1\nfunctions: 1\nlead " A64 "\nlead x\n"
         "Lead " A64 "\n",
         "1: \"schema:\" must be a number from 1 to 9999, not \"two\"\n"
         "2: \"workers:\" must be a number from 1 to 9999, not \"0\"\n"
         "3: \"roles:\" must be up to 40 lower-case letters, digits and _, not \"T\"\n"
         "4: the list is not whole: 3 functions, not 1\n"
         "5: \"functions:\" stands in line 4 too\n"
         "7: cannot be \"lead x\": a line is a function's name, a space, and 64 digits of 0 to 9 "
         "and a to f\n"
         "8: cannot be \"Lead " A64 "\": a line is a function's name, a space, and 64 digits of 0 "
         "to 9 and a to f\n"},
        {"schema: 2\nworkers: 3\nroles: t_\nfunctions: 1\nlead " A64 "\n",
         "2: \"workers:\" cannot be greater than \"schema:\"\n"},
        {"", "0: there is no line \"functions: ...\"\n0: there is no line \"roles: ...\"\n"
             "0: there is no line \"schema: ...\"\n0: there is no line \"workers: ...\"\n"},
        {"\xff\n", "0: is not a text\n"},
    };
    char *directory _cleanup_free_ = temporary_directory();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *file _cleanup_free_ = file_write(directory, "list", rows[i].text);
        struct diags diags = {0};
        struct text said _cleanup_text_ = {0};
        struct function_list *list = function_list_read(file, &diags);
        diags_sort(&diags);
        for (size_t d = 0; d < diags.count; d++)
            text_printf(&said, "%d: %s\n", diags.items[d].at.line, diags.items[d].message);
        ck_assert_str_eq(text_string(&said), rows[i].errors);
        ck_assert_int_eq(list != NULL, !*rows[i].errors);
        if (list) {
            ck_assert_int_eq(list->schema, 2);
            ck_assert_int_eq(list->oldest_worker, 1);
            ck_assert_str_eq(list->prefix, "t_");
            ck_assert_uint_eq(list->count, 1);
            ck_assert_str_eq(list->items[0].sha256, A64);
        }
        function_list_free(list);
        diags_free(&diags);
    }
}
END_TEST

/* A list that cannot be trusted or read keeps a worker from starting, and one that runs from
 * reloading. */
START_TEST(lists_that_cannot_be_read)
{
    struct site site = up_site(cluster_shared(), NULL);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    char *list _cleanup_free_ = print_list();
    accept_list(&site, list);
    char *file _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&file, "%s/next.functions", site.directory), 0);
    ck_assert_int_eq(chmod(file, 0620), 0);
    kill(pid, SIGHUP);
    db_wait_until(site.admin, "SELECT reload_refused LIKE '%%/next.functions: file may be written "
                              "by its group%%' FROM retention.leader");
    ck_assert_int_eq(chmod(file, 0600), 0);
    accept_list(&site, "nonsense\n");
    kill(pid, SIGHUP);
    db_wait_until(site.admin, "SELECT reload_refused LIKE '%%there is no line%%(and 4 more)' "
                              "FROM retention.leader");
    up_check_says(&site, 3, "next.functions:1: cannot be \"nonsense\"");
    unlink(file);
    up_check_says(&site, 3, "next.functions: could not open the file");
    up_check_says(&site, 3, "accept_functions names this file");
    accept_list(&site, list);
    kill(pid, SIGHUP);
    db_wait_until(site.admin, "SELECT reload_refused IS NULL FROM retention.leader");
    up_end(&site, pid, 1000);
}
END_TEST

Suite *suite_next_schema(void)
{
    Suite *suite = suite_create("next_schema");
    TCase *tc = tcase_create("next schema");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, reading);
    tcase_add_test(tc, goes_on_with_the_list);
    tcase_add_test(tc, functions_alone);
    tcase_add_test(tc, lists_for_others);
    tcase_add_test(tc, lists_that_cannot_be_read);
    suite_add_tcase(suite, tc);
    return suite;
}
