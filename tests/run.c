/* tests/run [SUITE...]: runs the suites named, or all of them, and closes with Check's totals.
 * RETENTIOND_JOBS says how many run side by side; by default one more than there
 * are processors, for they wait for locks and timers now and then. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cluster.h"
#include "jobs.h"

#define SUITE(name) Suite *suite_##name(void);
#include "suites.h"
#undef SUITE

static const struct job_suite suites[] = {
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

/* Those that take long begin first, lest one of them runs alone at the end. */
static int is_slow(const char *name)
{
    static const char *const slow[] = {
        "kill",          "log_kill",   "log_page",      "log_recovery",    "log_holds",
        "log_restore",   "oracle",     "oracle_run",    "memory",          "engine_faults",
        "engine_daemon", "cli_flow",   "fault_matrix",  "hold_races",      "verifiers",
        "systemd",       "guard",      "guard_races",   "cli_hold_place",  "cli_hold_end",
        "plan",          "log_sample", "log_sequencer", "policies_bad_db",
    };
    for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
        if (strcmp(name, slow[i]) == 0)
            return 1;
    return 0;
}

static size_t job_count(void)
{
    const char *given = getenv("RETENTIOND_JOBS");
    long jobs = given ? strtol(given, NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN) + 1;
    return jobs < 1 ? 1 : jobs > 64 ? 64 : (size_t)jobs;
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
    struct job_suite chosen[SUITE_COUNT];
    size_t count = 0;
    for (int slow = 1; slow >= 0; slow--)
        for (size_t s = 0; s < SUITE_COUNT; s++)
            if (is_slow(suites[s].name) == slow && wanted(suites[s].name, argc, argv))
                chosen[count++] = suites[s];
    setenv("CK_TIMEOUT_MULTIPLIER", "3", 0); /* limits are for what hangs, not for slow machines */
    size_t jobs = job_count();
    return jobs_run(chosen, count, jobs < count ? jobs : count) ? EXIT_FAILURE : EXIT_SUCCESS;
}
