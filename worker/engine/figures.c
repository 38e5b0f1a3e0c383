#include "engine/figures.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine/loader.h"
#include "engine/state.h"

static void forget_found(struct category_figures *figures)
{
    free(figures->standing);
    figures->standing = NULL;
    figures->counted = false;
    figures->counted_us = figures->success_us = figures->failed_us = 0;
    figures->work_s = figures->window_s = figures->catch_up_s = figures->behind = -1;
}

static struct category_figures *figures_of(struct worker *worker, const char *name)
{
    for (size_t i = 0; i < worker->figure_count; i++)
        if (strcmp(worker->figures[i].name, name) == 0)
            return &worker->figures[i];
    worker->figures =
        xrealloc(worker->figures, (worker->figure_count + 1) * sizeof(*worker->figures));
    struct category_figures *figures = &worker->figures[worker->figure_count++];
    *figures = (struct category_figures){.name = xstrdup(name)};
    forget_found(figures);
    return figures;
}

void figures_note(struct worker *worker, const struct run_report *report)
{
    struct category_figures *figures = figures_of(worker, report->category);
    const struct category_state *state = loader_find(worker->policies, report->category);
    free(figures->standing);
    figures->standing = xstrdup(run_status_word(report->status));
    figures->runs += report->run != NULL;
    figures->failures += report->status == RUN_FAILED || report->status == RUN_LOST;
    if (text_equal(report->action, "delete")) {
        figures->deleted += report->rows;
        figures->dependants += report->dependant_rows;
    }
    figures->batches += report->batches;
    if (report->status == RUN_DONE || report->status == RUN_OBSERVED) {
        figures->success_us = clock_wall_us();
        figures->failed_us = 0;
    } else if (report->status == RUN_FAILED || report->status == RUN_LOST) {
        figures->failed_us = clock_wall_us();
    }
    if (!state || !state->found.counted_us || state->found.counted_us == figures->counted_us)
        return; /* nobody looked: what was found last stays */
    figures->counted = true;
    figures->counted_us = state->found.counted_us;
    figures->due = state->found.due;
    figures->held = state->found.held;
    figures->kept = state->found.kept_while + state->found.kept_floor;
    figures->waiting = state->found.waiting;
    figures->blocked = state->found.blocked;
    figures->locked = state->found.locked;
    figures->left =
        state->found.to_act > figures->locked ? state->found.to_act - figures->locked : 0;
    figures->oldest_us = state->found.oldest_us;
}

void figures_note_failed(struct worker *worker, const char *category)
{
    struct category_figures *figures = figures_of(worker, category);
    free(figures->standing);
    figures->standing = xstrdup(run_status_word(RUN_FAILED));
    figures->failed_us = clock_wall_us();
}

void figures_lead(struct worker *worker)
{
    int64_t before = worker->figures_term;
    worker->figures_term = worker->leadership.term;
    for (size_t i = 0; before + 1 != worker->figures_term && i < worker->figure_count; i++)
        forget_found(&worker->figures[i]);
}

void figures_drop_retired(struct worker *worker)
{
    size_t kept = 0;
    for (size_t i = 0; i < worker->figure_count; i++) {
        struct category_figures *figures = &worker->figures[i];
        if (loader_find(worker->policies, figures->name)) {
            worker->figures[kept++] = *figures;
        } else {
            free(figures->name);
            free(figures->standing);
        }
    }
    worker->figure_count = kept;
}

void figures_free(struct worker *worker)
{
    for (size_t i = 0; i < worker->figure_count; i++) {
        free(worker->figures[i].name);
        free(worker->figures[i].standing);
    }
    free(worker->figures);
    worker->figures = NULL;
    worker->figure_count = 0;
}
