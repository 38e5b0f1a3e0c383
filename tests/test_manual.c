/* The manual pages: clean mdoc, and every example in them works. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/command.h"
#include "cli_fixture.h"

static const char *const pages[] = {"worker/cli/retentionctl.1", "worker/config/retentiond.cfg.5",
                                    "worker/ledger/retention-log.7",
                                    "worker/policy/retention-policy.5", "worker/retentiond.8"};

START_TEST(pages_are_clean_mdoc)
{
    for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
        const char *const argv[] = {"/usr/bin/mandoc", "-Tlint", build_path(pages[i]), NULL};
        struct program_result r = program_run(argv);
        if (r.exit_code == 127) { /* no mandoc here */
            program_result_free(&r);
            return;
        }
        /* pages that are not installed yet are not found */
        for (char *save = NULL, *line = strtok_r(r.out, "\n", &save); line;
             line = strtok_r(NULL, "\n", &save))
            ck_assert_msg(strstr(line, "referenced manual not found"), "%s", line);
        program_result_free(&r);
        char *text _cleanup_free_ = file_read(build_path(pages[i]));
        ck_assert_ptr_null(strstr(text, "@generated"));
        ck_assert_ptr_null(strstr(text, "@sysconfdir@"));
    }
}
END_TEST

/* Who may run a command: the main file's role where nothing else is said. */
static const char *who(const char *command)
{
    static const struct {
        const char *command, *user;
    } users[] = {
        {"retentionctl migrate", "postgres"},          {"retentionctl adopt", "postgres"},
        {"retentionctl policy approve", CLI_APPROVER}, {"retentionctl policy retire", CLI_APPROVER},
        {"retentionctl pause", CLI_OPERATOR},          {"retentionctl resume", CLI_OPERATOR},
        {"retentionctl stop", CLI_OPERATOR},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(users); i++)
        if (strncmp(command, users[i].command, strlen(users[i].command)) == 0)
            return users[i].user;
    return NULL;
}

/* Runs an example as a shell would, the programs being those of the build tree and reading the
 * fixture's main file. */
static void try_example(const struct cli_fixture *f, const char *example, bool json)
{
    char *as _cleanup_free_ = NULL, *script _cleanup_free_ = NULL;
    size_t program = strcspn(example, " ");
    if (strncmp(example, "retention", 9) == 0) {
        const char *user = who(example);
        if (user)
            as = cluster_conninfo(cluster_shared(), f->database, user);
        char *name _cleanup_free_ = strndup(example, program);
        ck_assert_int_gt(asprintf(&script, "cd '%s' && '%s' -c '%s' %s%s%s %s", f->directory,
                                  build_path(name), f->config, as ? "-d '" : "", as ? as : "",
                                  as ? "'" : "", example + program),
                         0);
    } else {
        ck_assert_int_gt(
            asprintf(&script, "cd '%s' && rm -f epoch.kek && %s", f->directory, example), 0);
    }
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s: exit %d\n%s%s", example, r.exit_code, r.out, r.err);
    if (json) {
        json_t *document = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_msg(json_is_object(document), "%s: no JSON document:\n%s", example, r.out);
        ck_assert_ptr_null(json_object_get(document, "error"));
        json_decref(document);
    }
    program_result_free(&r);
}

/* Lines ".Dl $ command" of a page, in their order. */
static int try_page(const struct cli_fixture *f, const char *page)
{
    char *text _cleanup_free_ = file_read(build_path(page));
    int count = 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, ".Dl $ ", 6) != 0)
            continue;
        char *example = line + 6;
        for (char *quote; (quote = strstr(example, "\\(dq"));) {
            *quote = '"';
            memmove(quote + 1, quote + 4, strlen(quote + 4) + 1);
        }
        try_example(f, example, false);
        count++;
    }
    return count;
}

START_TEST(examples_of_the_pages_work)
{
    struct cli_fixture f = cli_fixture_new();
    cli_fixture_grant(&f);
    cli_fixture_log(&f);
    ck_assert_int_ge(try_page(&f, "worker/cli/retentionctl.1"), 15);
    ck_assert_int_ge(try_page(&f, "worker/retentiond.8"), 2);
    ck_assert_int_ge(try_page(&f, "worker/config/retentiond.cfg.5"), 2);
    /* the main file of the page, over the fixture's: the policies are retention-policy(5)'s */
    char *block _cleanup_free_ = manual_block("worker/config/retentiond.cfg.5.in", 0);
    free(file_write(f.directory, "retentiond.cfg", block));
    free(cli_out(&f, NULL, 0, WORDS("check", "--offline")));
    cli_fixture_free(&f);
}
END_TEST

static bool is_policy(const struct command *command, const char *name)
{
    return command->group && strcmp(command->group, "policy") == 0 &&
           strcmp(command->name, name) == 0;
}

/* Once for people, once as JSON documents. */
START_TEST(examples_of_the_commands_work)
{
    bool json = _i == 1;
    struct cli_fixture f = cli_fixture_new();
    cli_fixture_grant(&f);
    cli_fixture_log(&f);
    size_t count;
    const struct command *table = command_table(&count);
    static const char *const first[] = {"load", "approve"};
    for (size_t n = 0; n < ARRAY_LENGTH(first) + 2; n++)
        for (size_t i = 0; i < count; i++) {
            char *example _cleanup_free_ = NULL;
            bool early = is_policy(&table[i], "load") || is_policy(&table[i], "approve");
            bool late = is_policy(&table[i], "retire");
            bool now = n < ARRAY_LENGTH(first)    ? is_policy(&table[i], first[n])
                       : n == ARRAY_LENGTH(first) ? !early && !late
                                                  : late;
            if (!table[i].example || !now)
                continue;
            if (late) {
                char *path _cleanup_free_ = NULL;
                ck_assert_int_gt(asprintf(&path, "%s/policies/other.cfg", f.directory), 0);
                ck_assert_int_eq(unlink(path), 0);
                try_example(&f, "retentionctl policy load", false);
            }
            ck_assert_int_gt(
                asprintf(&example, "retentionctl %s%s", table[i].example, json ? " --json" : ""),
                0);
            try_example(&f, example, json);
        }
    cli_fixture_free(&f);
}
END_TEST

Suite *suite_manual(void)
{
    Suite *suite = suite_create("manual");
    TCase *tests = tcase_create("manual");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, pages_are_clean_mdoc);
    tcase_add_test(tests, examples_of_the_pages_work);
    tcase_add_loop_test(tests, examples_of_the_commands_work, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
