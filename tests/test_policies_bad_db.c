/* policy_validate against real databases: policy files that are wrong for them.
 *
 * Each case of tests/policies-bad-db/ is three files: NNN-name.sql makes a fresh database,
 * NNN-name.cfg is the policy file, NNN-name.expect all that must be reported, a line each as
 * "LINE: message", sorted, hints indented below. Before the facts are read the worker's role gets
 * every privilege it may need, unless the .sql says "-- no grants". Warnings without a place in a
 * file (coverage) are compared only where it says "-- coverage".
 *
 * RETENTIOND_WRITE_EXPECT=1 writes the .expect files; read them before they are committed. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness/db.h"
#include "validate_support.h"

enum { MOST_CASES = 200 };
static char *cases[MOST_CASES];
static int case_count;

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_cases(void)
{
    DIR *directory = opendir(source_path("tests/policies-bad-db"));
    if (!directory) { /* no test runs yet: nothing to fail but everything */
        perror("tests/policies-bad-db");
        exit(EXIT_FAILURE);
    }
    for (struct dirent *entry; (entry = readdir(directory)) && case_count < MOST_CASES;) {
        size_t n = strlen(entry->d_name);
        if (n > 4 && strcmp(entry->d_name + n - 4, ".sql") == 0)
            cases[case_count++] = strndup(entry->d_name, n - 4);
    }
    closedir(directory);
    qsort(cases, (size_t)case_count, sizeof(*cases), compare_names);
}

static char *case_file(const char *name, const char *suffix)
{
    char path[256];
    snprintf(path, sizeof(path), "tests/policies-bad-db/%s.%s", name, suffix);
    return strdup(source_path(path));
}

static char *case_read(const char *name, const char *suffix)
{
    char *path = case_file(name, suffix);
    char *text = file_read(path);
    free(path);
    return text;
}

START_TEST(test_case)
{
    const char *name = cases[_i];
    char *sql = case_read(name, "sql");
    char *policy = case_read(name, "cfg");
    db_script(site.conn, sql);
    if (!strstr(sql, "-- no grants"))
        validate_grant_all();
    validate_policy_text(policy);
    char *seen = validate_report(strstr(sql, "-- coverage") != NULL);
    char *path = case_file(name, "expect");
    if (getenv("RETENTIOND_WRITE_EXPECT")) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fputs(seen, file);
        fclose(file);
    }
    char *expected = file_read(path);
    ck_assert_msg(strcmp(seen, expected) == 0, "%s: expected\n%s\nbut was\n%s", name, expected,
                  seen);
    free(path);
    free(expected);
    free(seen);
    free(sql);
    free(policy);
}
END_TEST

Suite *suite_policies_bad_db(void)
{
    Suite *suite = suite_create("policies_bad_db");
    find_cases();
    TCase *each = tcase_create("cases");
    tcase_add_checked_fixture(each, validate_setup, validate_teardown);
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, test_case, 0, case_count);
    suite_add_tcase(suite, each);
    return suite;
}
