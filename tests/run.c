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

/* Those that take long begin first, the longest before all, lest one runs alone at the end. */
static const char *const slow[] = {
    "yielding",       "strategy_partition",
    "engine_faults",  "guard",
    "hold_races",     "log_holds",
    "log_page",       "guard_races",
    "fault_matrix",   "strategy_drop",
    "log_kill",       "log_recovery",
    "log_restore",    "kill",
    "log_sample",     "policies_bad_db",
    "systemd",        "cli_flow",
    "aggregate",      "pace_server",
    "plan",           "log_sequencer",
    "cli_hold_place", "engine_deidentify",
    "oracle",         "oracle_run",
    "memory",         "strategy_bounds",
    "cli_hold_end",   "engine_daemon",
    "verifiers",
};
enum { SLOW_COUNT = sizeof(slow) / sizeof(slow[0]) };

/* Its place among them, behind them for a quick one. */
static size_t place_of(const char *name)
{
    for (size_t i = 0; i < SLOW_COUNT; i++)
        if (strcmp(name, slow[i]) == 0)
            return i;
    return SLOW_COUNT;
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
    for (size_t place = 0; place <= SLOW_COUNT; place++)
        for (size_t s = 0; s < SUITE_COUNT; s++)
            if (place_of(suites[s].name) == place && wanted(suites[s].name, argc, argv))
                chosen[count++] = suites[s];
    setenv("CK_TIMEOUT_MULTIPLIER", "3", 0); /* limits are for what hangs, not for slow machines */
    size_t jobs = job_count();
    return jobs_run(chosen, count, jobs < count ? jobs : count) ? EXIT_FAILURE : EXIT_SUCCESS;
}
