/* Every broken file of tests/policies-bad says exactly what the .expect file beside it says. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "expect.h"
#include "harness/db.h"
#include "policy/parse.h"

static int is_policy(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".cfg") == 0;
}

static void check_file(const char *directory, const char *name)
{
    struct text path _cleanup_text_ = {0}, expect _cleanup_text_ = {0};
    text_printf(&path, "%s/%s", directory, name);
    text_printf(&expect, "%s/%.*s.expect", directory, (int)strlen(name) - 4, name);
    char *text _cleanup_free_ = file_read(path.data),
               *expected _cleanup_free_ = file_read(expect.data);
    struct diags diags = {0};
    struct policy_set *set = policy_load_text(name, text, &diags);
    char *found _cleanup_free_ = diags_text(&diags);
    ck_assert_msg(strcmp(found, expected) == 0, "%s: expected:\n%s\ngot:\n%s", name, expected,
                  found);
    ck_assert_msg(*found, "%s: nothing is wrong with it", name);
    policy_set_free(set);
    diags_free(&diags);
}

START_TEST(each_broken_file_says_what_is_wrong)
{
    char directory[4096];
    struct dirent **entries;
    snprintf(directory, sizeof(directory), "%s", source_path("tests/policies-bad"));
    int count = scandir(directory, &entries, is_policy, alphasort);
    ck_assert_int_ge(count, 130);
    for (int i = 0; i < count; i++) {
        check_file(directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}
END_TEST

Suite *suite_policies_bad(void)
{
    Suite *suite = suite_create("policies_bad");
    TCase *tests = tcase_create("policies_bad");
    tcase_add_test(tests, each_broken_file_says_what_is_wrong);
    suite_add_tcase(suite, tests);
    return suite;
}
