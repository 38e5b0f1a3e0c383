/* `retentionctl run`: what it shows of runs, whoever makes them. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "base/error.h"
#include "cli/progress.h"
#include "cli/session.h"

/* One run at its end, or a category that was not run. Numbers below 0 are not known. */
struct run_result {
    const char *category, *stage, *status; /* words of run_status_word */
    const char *run;                       /* uuid, or NULL */
    int64_t due, held, kept, waiting, rows, dependant_rows, blocked, remaining, elapsed_us;
    const char *message;
};

struct run_show {
    struct cli *cli;
    struct session *session;
    const char *categories; /* text[] literal, NULL: all */
    const char *request;    /* uuid of what was asked of the leader, or NULL */
    struct progress progress;
    struct run_result *results;
    size_t count;
    struct error failure; /* why the engine could not start or go on; shown after the table */
};

/* Keeps a copy of the result for the table at the end. */
void run_show_add(struct run_show *show, const struct run_result *result);

/* The table, what to do next, and the error that the exit code is made of. */
bool run_show_end(struct run_show *show, struct error *error);

/* Whether a worker leads now. */
bool run_has_leader(struct session *session, bool *ret_leads, struct error *error);

/* cli/run_follow.c: asks the leader and follows it. *ret_alone where it went before it finished,
 * and no other came for a while: nothing was shown then. */
bool run_follow(struct run_show *show, bool *ret_alone, struct error *error);

/* cli/run_lead.c: whether this program could lead here; `brake` names the category whose brake
 * would be released first, or NULL. */
bool run_may_lead(struct session *session, const char *brake, struct error *error);
/* Leads for as long as it takes. *ret_other where another one leads already. */
bool run_lead(struct run_show *show, bool *ret_other, struct error *error);

#endif
