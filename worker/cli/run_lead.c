/* Leading for as long as one round takes: the engine of retentiond, with its events shown. */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/policies.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "engine/worker.h"

struct leading {
    struct run_show *show;
    bool other_leads;
};

static void on_policies(const struct diags *diags, void *arg)
{
    struct leading *leading = arg;
    struct diags *own = &leading->show->cli->diags;
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        if (d->level != DIAG_ERROR)
            continue;
        struct diag *copy = diag_add(own, d->level, d->at, "%s", d->message);
        if (d->hint)
            diag_hint(own, copy, "%s", d->hint);
    }
}

static void on_not_leading(const char *held_by, void *arg)
{
    struct leading *leading = arg;
    (void)held_by;
    leading->other_leads = true;
}

static void on_progress(const struct run_report *report, void *arg)
{
    struct leading *leading = arg;
    progress_update(&leading->show->progress, report->category, report->rows, report->to_act,
                    report->elapsed_us);
}

static void on_finished(const struct run_report *report, void *arg)
{
    struct leading *leading = arg;
    bool ran = report->run != NULL;
    struct run_result result = {
        .category = report->category,
        .stage = report->stage,
        .status = run_status_word(report->status),
        .run = report->run,
        .due = report->due,
        .held = report->held,
        .kept = report->kept,
        .waiting = report->waiting,
        .rows = ran ? report->rows : -1,
        .dependant_rows = ran ? report->dependant_rows : -1,
        .blocked = ran ? report->blocked : -1,
        .remaining = report->remaining,
        .elapsed_us = ran ? report->elapsed_us : -1,
        .message = report->message,
    };
    progress_clear(&leading->show->progress);
    run_show_add(leading->show, &result);
}

/* The engine would be refused too, but cannot say what to do about it. */
static bool role_may_lead(struct session *session, const char *brake, struct error *error)
{
    const char *group = arena_printf(session->cli->arena, "%sworker", session->prefix);
    const char *const values[] = {group};
    PGresult *result _cleanup_result_ = session_file(session, "cli/may_lead.sql", 1, values, error);
    if (!result)
        return false;
    bool member = PQgetvalue(result, 0, 0)[0] == 't',
         superuser = PQgetvalue(result, 0, 1)[0] == 't';
    if (member && !superuser)
        return true;
    error_set(error, ERROR_FAILED, "no worker runs, and %s \"%s\" cannot act as one",
              superuser ? "superuser" : "role", session->role);
    if (brake)
        error_hint(error, "Start retentiond, then do this again: it goes on at once.");
    else
        error_hint(error,
                   "Start retentiond, and it will take the request; or connect as a member of %s, "
                   "as the main file does.",
                   group);
    return false;
}

/* What this program does itself now must not be done again by the next worker. *ret_other where one
 * came meanwhile that did it, or has it. */
static bool withdraw(struct run_show *show, bool *ret_other, struct error *error)
{
    const char *const values[] = {show->request};
    PGresult *result _cleanup_result_ =
        session_file(show->session, "cli/withdraw_run.sql", 1, values, error);
    if (!result)
        return false;
    *ret_other = !text_equal(result_value(result, 0, 0), "t");
    if (!*ret_other)
        show->request = NULL;
    return true;
}

/* Names that no policy file has: said before anything is done. */
static bool categories_exist(struct cli *cli, struct error *error)
{
    if (!cli->operand_count)
        return true;
    struct policies policies _cleanup_policies_ = {0};
    size_t count;
    bool known =
        policies_read(&policies, cli, error) && policies_select(cli, &policies, &count, error);
    if (known)
        diags_free(&cli->diags); /* the engine reports them */
    return known;
}

bool run_may_lead(struct session *session, const char *brake, struct error *error)
{
    struct cli *cli = session->cli;
    if (role_may_lead(session, brake, error) && cli_settings(cli, error) &&
        session_conninfo(cli, error) && categories_exist(cli, error))
        return true;
    if (brake)
        error_detail(error, "The brake of category \"%s\" was not released.", brake);
    return false;
}

bool run_lead(struct run_show *show, bool *ret_other, struct error *error)
{
    struct cli *cli = show->cli;
    if (!run_may_lead(show->session, NULL, error))
        return false;
    const struct settings *settings = cli_settings(cli, error);
    const char *conninfo = session_conninfo(cli, error);
    if (show->request) {
        if (!withdraw(show, ret_other, error))
            return false;
        if (*ret_other)
            return true;
    }
    struct settings mine = *settings;
    mine.database.conninfo = conninfo; /* as the person who asked, not as the file says */
    struct leading leading = {.show = show};
    struct worker_options options = {
        .settings = &mine,
        .mode = WORKER_ONCE,
        .program = "retentionctl",
        .categories = (const char *const *)cli->operands,
        .category_count = (size_t)cli->operand_count,
        .lead_or_leave = true,
        .ignore_windows = true,
        .quiet = true,
        .events = {.policies = on_policies,
                   .not_leading = on_not_leading,
                   .run_progress = on_progress,
                   .run_finished = on_finished},
        .arg = &leading,
    };
    log_set_level(LOG_LEVEL_WARNING); /* what happens is shown, not logged */
    struct worker *worker = worker_new(&options);
    worker_heed_signals(worker);
    error_clear(&show->failure);
    int code = worker_run(worker, &show->failure);
    worker_free(worker);
    progress_clear(&show->progress);
    *ret_other = leading.other_leads;
    /* a code of its own, a run's or a policy's, has its row or its message */
    if (code && !leading.other_leads && !show->failure.primary && !show->count)
        (void)(policies_are_valid(cli, &show->failure) ||
               error_set(&show->failure, ERROR_FAILED, "nothing could be run"));
    return true;
}
