/* The unified diff of policy texts: what it prints, applied to the first text, gives the second. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/diff.h"

START_TEST(one_hunk_with_context)
{
    struct text out _cleanup_text_ = {0};
    ck_assert(diff_unified(&out, "old", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "new",
                           "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"));
    ck_assert_str_eq(out.data,
                     "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}
END_TEST

START_TEST(far_changes_have_hunks_of_their_own)
{
    struct text out _cleanup_text_ = {0};
    ck_assert(diff_unified(&out, "a", "x\n1\n2\n3\n4\n5\n6\n7\n", "b", "1\n2\n3\n4\n5\n6\n7\ny\n"));
    ck_assert_str_eq(out.data, "--- a\n+++ b\n@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n"
                               "@@ -6,3 +5,4 @@\n 5\n 6\n 7\n+y\n");
}
END_TEST

START_TEST(equal_and_empty_texts)
{
    struct text out _cleanup_text_ = {0};
    ck_assert(!diff_unified(&out, "a", "1\n2\n", "b", "1\n2\n"));
    ck_assert(!diff_unified(&out, "a", "", "b", ""));
    ck_assert_uint_eq(out.length, 0);
    ck_assert(diff_unified(&out, "/dev/null", "", "b", "1\n"));
    ck_assert_str_eq(out.data, "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+1\n");
}
END_TEST

/* Applies a diff; the caller frees. Fails the test where a line does not fit. */
static char *apply(const char *before, const char *diff)
{
    struct text out = {0};
    size_t at = 0; /* lines of `before` that were taken */
    diff = strchr(strchr(diff, '\n') + 1, '\n') + 1;
    while (*diff) {
        if (*diff == '@') {
            char *end;
            size_t start = strtoul(diff + 4, &end, 10);
            size_t count = *end == ',' ? strtoul(end + 1, NULL, 10) : 1;
            for (size_t upto = count ? start - 1 : start; at < upto; at++) {
                size_t n = strcspn(before, "\n") + 1;
                text_add_n(&out, before, n);
                before += n;
            }
        } else {
            size_t n = strcspn(diff + 1, "\n") + 1;
            if (*diff != '+') {
                ck_assert(strncmp(before, diff + 1, n) == 0);
                before += n;
                at++;
            }
            if (*diff != '-')
                text_add_n(&out, diff + 1, n);
        }
        diff += strcspn(diff, "\n") + 1;
    }
    text_add(&out, before);
    return text_steal(&out);
}

static void add_line(struct text *text)
{
    text_add_char(text, (char)('a' + random() % 8));
    text_add_char(text, '\n');
}

START_TEST(random_texts)
{
    srandom(7);
    for (int i = 0; i < 500; i++) {
        struct text a _cleanup_text_ = {0}, b _cleanup_text_ = {0}, diff _cleanup_text_ = {0};
        for (long n = random() % 40; n > 0; n--)
            add_line(&a);
        for (size_t at = 0; at < a.length; at += 2) {
            if (random() % 10 == 0)
                add_line(&b);
            if (random() % 10)
                text_add_n(&b, a.data + at, 2);
        }
        const char *before = text_string(&a), *after = text_string(&b);
        bool changed = diff_unified(&diff, "a", before, "b", after);
        ck_assert(changed == (strcmp(before, after) != 0));
        if (!changed)
            continue;
        char *result _cleanup_free_ = apply(before, diff.data);
        ck_assert_str_eq(result, after);
    }
}
END_TEST

Suite *suite_cli_diff(void)
{
    Suite *suite = suite_create("cli_diff");
    TCase *tests = tcase_create("diff");
    tcase_add_test(tests, one_hunk_with_context);
    tcase_add_test(tests, far_changes_have_hunks_of_their_own);
    tcase_add_test(tests, equal_and_empty_texts);
    tcase_add_test(tests, random_texts);
    suite_add_tcase(suite, tests);
    return suite;
}
