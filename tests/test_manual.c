/* The manual pages: clean mdoc, and every example in them works. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli_fixture.h"

static const char *const pages[] = {
    "worker/cli/retention-holds.7",     "worker/cli/retentionctl.1",
    "worker/config/retentiond.cfg.5",   "worker/ledger/retention-log.7",
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
        {"retentionctl migrate", "postgres"},
        {"retentionctl adopt", "postgres"},
        {"retentionctl policy approve", CLI_APPROVER},
        {"retentionctl policy retire", CLI_APPROVER},
        {"retentionctl pause", CLI_OPERATOR},
        {"retentionctl resume", CLI_OPERATOR},
        {"retentionctl stop", CLI_OPERATOR},
        {"retentionctl hold inventory", NULL},
        {"retentionctl hold rules", NULL},
        {"retentionctl hold confirm", CLI_COUNSEL},
        {"retentionctl hold", CLI_LEGAL},
        {"retentionctl matter", CLI_LEGAL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(users); i++)
        if (strncmp(command, users[i].command, strlen(users[i].command)) == 0)
            return users[i].user;
    return NULL;
}

/* The hold of the examples: there it is the one placed last. */
#define SOME_HOLD "5f3c1a2b"

static void name_hold(const struct cli_fixture *f, char *example)
{
    PGconn *conn = cli_fixture_connect(f);
    char *hold _cleanup_free_ = db_value(
        conn, "SELECT left(hold::text, 8) FROM retention.hold ORDER BY placed_at DESC LIMIT 1");
    PQfinish(conn);
    ck_assert_ptr_nonnull(hold);
    for (char *p = example; (p = strstr(p, SOME_HOLD));)
        memcpy(p, hold, strlen(SOME_HOLD));
}

/* Runs an example as a shell would, the programs being those of the build tree and reading the
 * fixture's main file. */
static void try_example(const struct cli_fixture *f, const char *written, bool json)
{
    char *example _cleanup_free_ = strdup(written);
    if (strstr(written, SOME_HOLD))
        name_hold(f, example);
    char *as _cleanup_free_ = NULL, *script _cleanup_free_ = NULL;
    size_t program = strcspn(example, " ");
    if (strncmp(example, "journalctl ", strlen("journalctl ")) == 0)
        return; /* the fixture is no service */
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
    ck_assert_int_ge(try_page(&f, "worker/cli/retention-holds.7"), 15);
    ck_assert_int_ge(try_page(&f, "worker/retentiond.8"), 2);
    ck_assert_int_ge(try_page(&f, "worker/config/retentiond.cfg.5"), 2);
    /* the main file of the page, over the fixture's: the policies are retention-policy(5)'s */
    char *block _cleanup_free_ = manual_block("worker/config/retentiond.cfg.5.in", 0);
    free(file_write(f.directory, "retentiond.cfg", block));
    free(cli_out(&f, NULL, 0, WORDS("check", "--offline")));
    cli_fixture_free(&f);
}
END_TEST

/* Whether a text stands in a file of bytes. */
static bool is_in(const char *path, const char *what, size_t length)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    static char bytes[32 << 20];
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    return memmem(bytes, n, what, length) != NULL;
}

/* What the page of failures quotes is what the programs say, but for the words of others; and of
 * each it says more than that. */
START_TEST(failures_are_quoted_as_they_are)
{
    static const char *const of_others[] = {"Connection refused",
                                            "certificate verify failed",
                                            "certificate has expired",
                                            "No space left on device",
                                            "password authentication failed",
                                            "No such file or directory",
                                            "session is read-only",
                                            "remaining connection slots are reserved",
                                            "does not match host name",
                                            "root certificate file",
                                            "does not exist",
                                            "no password supplied",
                                            "pg_hba.conf rejects connection",
                                            "is not permitted to log in"};
    char *text _cleanup_free_ = file_read(build_path("worker/retentiond.8"));
    char *from = strstr(text, ".Ss What goes wrong around it\n");
    ck_assert_ptr_nonnull(from);
    int quoted = 0;
    for (char *save = NULL, *line = strtok_r(from, "\n", &save); line && strcmp(line, ".El") != 0;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, ".It Dq ", 7) != 0)
            continue;
        for (char *quote; (quote = strstr(line, "\\(dq"));) {
            *quote = '"';
            memmove(quote + 1, quote + 4, strlen(quote + 4) + 1);
        }
        /* one message a line, or its quotes would close at the end of all; and "No" is a macro */
        ck_assert_msg(!strstr(line + 7, " Dq ") && !strstr(line, " No "), "%s", line);
        for (char *mark; (mark = strstr(line, "\\&"));)
            memmove(mark, mark + 2, strlen(mark + 2) + 1);
        const char *phrase = line + 7;
        for (size_t length = strlen(phrase); length > 0; quoted++) {
            char *dots = memmem(phrase, length, " ... ", 5);
            size_t piece = dots ? (size_t)(dots - phrase) : length;
            bool known = is_in(build_path("retentiond"), phrase, piece) ||
                         is_in(build_path("retentionctl"), phrase, piece);
            for (size_t i = 0; i < sizeof(of_others) / sizeof(*of_others); i++)
                known = known || strncmp(of_others[i], phrase, piece) == 0;
            ck_assert_msg(known, "nobody says \"%.*s\"", (int)piece, phrase);
            phrase += dots ? piece + 5 : piece;
            length -= dots ? piece + 5 : piece;
        }
    }
    ck_assert_int_ge(quoted, 20);
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

/* Who says what in the README's section on holds. */
static void readme_as(struct text *script, const struct cli_fixture *f, const char *line)
{
    static const struct {
        const char *name, *user;
    } people[] = {{"lena", CLI_LEGAL}, {"otto", CLI_COUNSEL}};
    for (size_t i = 0; i < ARRAY_LENGTH(people); i++) {
        char start[64];
        int n = snprintf(start, sizeof(start), "retentionctl -d \"dbname=app user=%s\"",
                         people[i].name);
        if (strncmp(line, start, (size_t)n) != 0)
            continue;
        char *as _cleanup_free_ = cluster_conninfo(cluster_shared(), f->database, people[i].user);
        text_printf(script, "cd '%s' && '%s' -c '%s' -d '%s' %s", f->directory,
                    build_path("retentionctl"), f->config, as, line + n);
        return;
    }
    ck_abort_msg("who is this? %s", line);
}

/* The five minutes of a lawyer: every command of the section, and what it is said to print. */
START_TEST(readme_places_a_hold)
{
    struct cli_fixture f = cli_fixture_new();
    cli_fixture_grant(&f);
    try_example(&f, "retentionctl policy load", false);
    try_example(&f, "retentionctl policy approve call_recordings", false);
    char *readme _cleanup_free_ = file_read(source_path("README.md"));
    char *section = strstr(readme, "\n## Placing a litigation hold\n");
    ck_assert_ptr_nonnull(section);
    char *end = strstr(section + 1, "\n## ");
    ck_assert_ptr_nonnull(end);
    *end = 0;
    struct text out _cleanup_text_ = {0};
    int count = 0;
    for (char *save = NULL, *line = strtok_r(section, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " ");
        if (strncmp(line, "retentionctl ", 13) != 0)
            continue;
        struct text script _cleanup_text_ = {0};
        readme_as(&script, &f, line);
        if (strstr(script.data, SOME_HOLD))
            name_hold(&f, script.data);
        const char *const argv[] = {"/bin/sh", "-c", script.data, NULL};
        struct program_result r = program_run(argv);
        ck_assert_msg(r.exit_code == 0, "%s: exit %d\n%s%s", line, r.exit_code, r.out, r.err);
        text_add(&out, r.out);
        program_result_free(&r);
        count++;
    }
    ck_assert_int_eq(count, 6);
    static const char *const said[] = {"in force since 20", "tell these by hand",
                                       "waits for a second person", "is released."};
    for (size_t i = 0; i < ARRAY_LENGTH(said); i++)
        ck_assert_msg(strstr(out.data, said[i]), "%s is not in:\n%s", said[i], out.data);
    cli_fixture_free(&f);
}
END_TEST

Suite *suite_manual(void)
{
    Suite *suite = suite_create("manual");
    TCase *tests = tcase_create("manual");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, pages_are_clean_mdoc);
    tcase_add_test(tests, failures_are_quoted_as_they_are);
    tcase_add_test(tests, examples_of_the_pages_work);
    tcase_add_loop_test(tests, examples_of_the_commands_work, 0, 2);
    tcase_add_test(tests, readme_places_a_hold);
    suite_add_tcase(suite, tests);
    return suite;
}
