/* tests/run [SUITE...]: runs the suites named, or all of them, and closes with Check's totals. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"

#define SUITE(name) Suite *suite_##name(void);
#include "suites.h"
#undef SUITE

static const struct {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, suite_##name},
#include "suites.h"
#undef SUITE
};

enum { SUITE_COUNT = sizeof(suites) / sizeof(suites[0]) };

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc < 2;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int known = 0;
        for (size_t s = 0; s < SUITE_COUNT; s++)
            known |= strcmp(argv[i], suites[s].name) == 0;
        if (!known) {
            fprintf(stderr, "tests/run: no suite \"%s\"; there are:", argv[i]);
            for (size_t s = 0; s < SUITE_COUNT; s++)
                fprintf(stderr, " %s", suites[s].name);
            fputc('\n', stderr);
            return 2;
        }
    }
    SRunner *runner = srunner_create(NULL);
    for (size_t s = 0; s < SUITE_COUNT; s++)
        if (wanted(suites[s].name, argc, argv))
            srunner_add_suite(runner, suites[s].make());
    cluster_shared_setup();
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    cluster_shared_teardown();
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
