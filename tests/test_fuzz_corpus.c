/* What fuzzing found, and what it began with, once more: every file of tests/fuzz/corpus. */
#define _GNU_SOURCE
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fuzz/targets.h"
#include "harness/db.h"

static void read_bytes(const char *path, uint8_t **ret_data, size_t *ret_size)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s", path);
    ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    ck_assert_int_ge(size, 0);
    rewind(f);
    *ret_data = malloc((size_t)size + 1);
    ck_assert_ptr_nonnull(*ret_data);
    *ret_size = fread(*ret_data, 1, (size_t)size, f);
    fclose(f);
    ck_assert_uint_eq(*ret_size, (size_t)size);
}

START_TEST(the_corpus)
{
    const struct fuzz_target *target = &fuzz_targets[_i];
    char relative[128];
    glob_t found;
    snprintf(relative, sizeof(relative), "tests/fuzz/corpus/%s/*", target->name);
    ck_assert_int_eq(glob(source_path(relative), 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        uint8_t *data;
        size_t size;
        read_bytes(found.gl_pathv[i], &data, &size);
        target->one(data, size); /* aborts, which fails the test */
        free(data);
    }
    ck_assert_uint_gt(found.gl_pathc, 3);
    globfree(&found);
}
END_TEST

Suite *suite_fuzz_corpus(void)
{
    Suite *suite = suite_create("fuzz_corpus");
    TCase *tcase = tcase_create("corpus");
    tcase_add_loop_test(tcase, the_corpus, 0, (int)fuzz_target_count);
    suite_add_tcase(suite, tcase);
    return suite;
}
