#include "service/words.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/view.h"
#include "engine/worker.h"

static void describe_run(const struct run_report *run, struct text *out)
{
    char rows[32], all[32];
    text_printf(out, "category \"%s\": ", run->category);
    if (run->to_act > 0)
        text_printf(out, "%s of %s records %s", text_thousands(rows, run->rows),
                    text_thousands(all, run->to_act), run_done_word(run->action));
    else if (run->rows > 0)
        text_printf(out, "%s records %s", text_thousands(rows, run->rows),
                    run_done_word(run->action));
    else
        text_add(out, "looking for what is due");
}

static void describe_sleep(const struct worker_view *view, struct text *out)
{
    char when[32];
    text_add(out, "sleeping");
    if (view->wakes_us)
        text_printf(out, " until %s", clock_format_utc(when, view->wakes_us / 1000000));
    if (view->wakes_for)
        text_printf(out, ", for category \"%s\"", view->wakes_for);
}

static void describe_activity(const struct worker_view *view, struct text *out)
{
    switch (view->activity) {
    case WORKER_CONNECTS:
        text_printf(out, "connecting%s%s", view->trouble ? ": " : "",
                    view->trouble ? view->trouble : "");
        break;
    case WORKER_STANDS_BY:
        if (view->term > 0)
            text_add(out, "comparing the log with its directory");
        else if (view->held_by)
            text_printf(out, "standing by: %s leads", view->held_by);
        else if (view->trouble)
            text_printf(out, "waiting: %s", view->trouble);
        else
            text_add(out, "asking who leads");
        break;
    case WORKER_LOADS:
        text_add(out, "checking policies against the database");
        break;
    case WORKER_RUNS:
        if (view->run)
            describe_run(view->run, out);
        else
            text_add(out, "looking which category is due");
        if (view->waits_for)
            text_printf(out, "; waits: %s", view->waits_for);
        break;
    case WORKER_SLEEPS:
        describe_sleep(view, out);
        break;
    case WORKER_STOPS:
        text_add(out, "stopping");
        if (view->run) {
            text_add(out, "; ");
            describe_run(view->run, out);
        }
        break;
    }
}

static void describe_failures(const struct worker_view *view, struct text *out)
{
    const char *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < view->figure_count; i++)
        if (view->figures[i].failed_us && count++ == 0)
            first = view->figures[i].name;
    if (first)
        text_printf(out, "; the last run of category \"%s\"", first);
    if (count > 1)
        text_printf(out, ", and of %zu more,", count - 1);
    if (first)
        text_add(out, " failed");
}

void words_describe(const struct worker_view *view, struct text *out)
{
    if (view->term > 0)
        text_printf(out, "leading (term %" PRId64 "), ", view->term);
    describe_activity(view, out);
    if (view->term > 0)
        describe_failures(view, out);
    if (view->term > 0 && view->log_trouble)
        text_printf(out, "; the log cannot be signed: %s", view->log_trouble);
    if (view->reload_refused)
        text_printf(out, "; the last reload was refused: %s", view->reload_refused);
    if (view->reload_needs_restart)
        text_printf(out, "; read at restart only: %s", view->reload_needs_restart);
    if (view->accepted)
        text_printf(out, "; %s", view->accepted);
}

bool words_is_ready(const struct worker_view *view, struct text *ret_why)
{
    if (view->activity == WORKER_CONNECTS)
        text_printf(ret_why, "not connected: %s",
                    view->trouble ? view->trouble : "an attempt is under way");
    else if (view->activity == WORKER_STOPS)
        text_add(ret_why, "stopping");
    else if (view->term > 0 && !view->log_ready)
        text_printf(ret_why, "the log cannot be signed: %s",
                    view->log_trouble ? view->log_trouble : "it is being compared");
    else if (view->term == 0 && !view->held_by)
        text_add(ret_why, view->trouble ? view->trouble : "it neither leads nor stands by yet");
    return ret_why->length == 0;
}
