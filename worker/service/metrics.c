#include "service/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mdoc.h"
#include "base/text.h"
#include "engine/view.h"
#include "service/words.h"

/* A value, or NAN where there is none: the line is then left out. */
typedef double worker_value(const struct worker_view *view);
typedef double category_value(const struct category_figures *figures);

struct metric {
    const char *name, *type, *help;
    const char *label; /* more labels, or NULL */
    worker_value *of_worker;
    category_value *of_category; /* one line a category */
};

static double age_s(int64_t since_us)
{
    return since_us ? (double)(clock_monotonic_us() - since_us) / 1e6 : NAN;
}

static double up(const struct worker_view *view)
{
    return view->activity != WORKER_CONNECTS;
}

static double leads(const struct worker_view *view)
{
    return view->term > 0;
}

static double ready(const struct worker_view *view)
{
    struct text why _cleanup_text_ = {0};
    return words_is_ready(view, &why);
}

static double reloads(const struct worker_view *view)
{
    return (double)view->reloads;
}

static double reloads_refused(const struct worker_view *view)
{
    return (double)view->reloads_refused;
}

static double reload_is_refused(const struct worker_view *view)
{
    return view->reload_refused != NULL;
}

static double log_size(const struct worker_view *view)
{
    return view->log_signed && view->term > 0 ? (double)view->log_size : NAN;
}

static double log_signed_size(const struct worker_view *view)
{
    return view->log_signed && view->term > 0 ? (double)view->log_signed_size : NAN;
}

static double log_ready(const struct worker_view *view)
{
    return view->term > 0 ? view->log_ready : NAN;
}

static double checkpoint_age(const struct worker_view *view)
{
    return view->term > 0 ? age_s(view->checkpoint_us) : NAN;
}

static double anchor_age(const struct worker_view *view)
{
    return view->term > 0 && view->log_anchored ? age_s(view->anchor_us) : NAN;
}

#define WAITED(name_, cause_)                                                                      \
    static double name_(const struct worker_view *view)                                            \
    {                                                                                              \
        return (double)view->waited_us[cause_] / 1e6;                                              \
    }
WAITED(waited_rows, PACE_ROWS)
WAITED(waited_wal, PACE_WAL)
WAITED(waited_lag, PACE_STANDBY_LAG)
WAITED(waited_missing, PACE_STANDBY_MISSING)
WAITED(waited_dead, PACE_DEAD_ROWS)

#define COUNTED(member_)                                                                           \
    static double category_##member_(const struct category_figures *figures)                       \
    {                                                                                              \
        return figures->counted ? (double)figures->member_ : NAN;                                  \
    }
#define SUM(member_)                                                                               \
    static double category_##member_(const struct category_figures *figures)                       \
    {                                                                                              \
        return (double)figures->member_;                                                           \
    }
COUNTED(due)
COUNTED(held)
COUNTED(kept)
COUNTED(waiting)
COUNTED(blocked)
COUNTED(locked)
COUNTED(left)
SUM(deleted)
SUM(dependants)
SUM(batches)
SUM(runs)
SUM(failures)

#define KNOWN(member_)                                                                             \
    static double category_##member_(const struct category_figures *figures)                       \
    {                                                                                              \
        return figures->member_ < 0 ? NAN : (double)figures->member_;                              \
    }
KNOWN(work_s)
KNOWN(window_s)
KNOWN(catch_up_s)
KNOWN(behind)

static double category_overdue(const struct category_figures *figures)
{
    if (!figures->counted)
        return NAN;
    return figures->oldest_us ? (double)(clock_wall_us() - figures->oldest_us) / 1e6 : 0;
}

static double category_counted(const struct category_figures *figures)
{
    return figures->counted ? (double)figures->counted_us / 1e6 : NAN;
}

static double category_success(const struct category_figures *figures)
{
    return figures->success_us ? (double)figures->success_us / 1e6 : NAN;
}

static double category_failed(const struct category_figures *figures)
{
    return figures->failed_us ? (double)figures->failed_us / 1e6 : NAN;
}

/* Metrics of one name stand together. */
static const struct metric table[] = {
    {"retentiond_connected", "gauge", "Whether the worker is connected to the server.", NULL, up,
     NULL},
    {"retentiond_leader", "gauge", "Whether this worker leads: of all workers of a database, one.",
     NULL, leads, NULL},
    {"retentiond_ready", "gauge", "Whether it leads with a log that can be signed, or stands by.",
     NULL, ready, NULL},
    {"retentiond_reloads_total", "counter", "Reloads that were accepted.", NULL, reloads, NULL},
    {"retentiond_reload_failures_total", "counter", "Reloads that were refused.", NULL,
     reloads_refused, NULL},
    {"retentiond_reload_refused", "gauge",
     "Whether the last reload was refused, so that files and worker differ.", NULL,
     reload_is_refused, NULL},
    {"retentiond_pace_wait_seconds_total", "counter",
     "Time in which runs handed out no batch since the worker started, by cause: rows_per_second, "
     "wal (pace.wal_mb_per_second), standby_lag (pace.standby_lag_mb), standby_missing "
     "(pace.standbys), dead_rows (pace.dead_percent).",
     "cause=\"rows_per_second\"", waited_rows, NULL},
    {"retentiond_pace_wait_seconds_total", NULL, NULL, "cause=\"wal\"", waited_wal, NULL},
    {"retentiond_pace_wait_seconds_total", NULL, NULL, "cause=\"standby_lag\"", waited_lag, NULL},
    {"retentiond_pace_wait_seconds_total", NULL, NULL, "cause=\"standby_missing\"", waited_missing,
     NULL},
    {"retentiond_pace_wait_seconds_total", NULL, NULL, "cause=\"dead_rows\"", waited_dead, NULL},
    {"retentiond_log_entries", "gauge", "Entries of the deletion log that have their place.", NULL,
     log_size, NULL},
    {"retentiond_log_signed_entries", "gauge", "Entries under the last signed checkpoint.", NULL,
     log_signed_size, NULL},
    {"retentiond_log_ready", "gauge", "Whether runs may start as far as the log goes.", NULL,
     log_ready, NULL},
    {"retentiond_checkpoint_age_seconds", "gauge", "Time since this worker last signed.", NULL,
     checkpoint_age, NULL},
    {"retentiond_anchor_age_seconds", "gauge", "Time since a checkpoint was last anchored.", NULL,
     anchor_age, NULL},
    {"retentiond_due_records", "gauge", "Records whose period is over, at the last count.", NULL,
     NULL, category_due},
    {"retentiond_held_records", "gauge", "Of them, those under a legal hold.", NULL, NULL,
     category_held},
    {"retentiond_waiting_records", "gauge",
     "Of them, those that wait, by cause: kept (keep_while or a floor), wait_for (other "
     "categories, "
     "or a paused tenant), locked (by other transactions), blocked (they refuse to go), free "
     "(nothing keeps them; the next run takes them).",
     "cause=\"kept\"", NULL, category_kept},
    {"retentiond_waiting_records", NULL, NULL, "cause=\"wait_for\"", NULL, category_waiting},
    {"retentiond_waiting_records", NULL, NULL, "cause=\"locked\"", NULL, category_locked},
    {"retentiond_waiting_records", NULL, NULL, "cause=\"blocked\"", NULL, category_blocked},
    {"retentiond_waiting_records", NULL, NULL, "cause=\"free\"", NULL, category_left},
    {"retentiond_overdue_seconds", "gauge",
     "How long ago the oldest record fell due that nothing keeps and that is still there.", NULL,
     NULL, category_overdue},
    {"retentiond_falls_behind", "gauge",
     "Whether the time in which its runs may act, shared with other categories, is too short for "
     "what falls due.",
     NULL, NULL, category_behind},
    {"retentiond_intake_work_seconds", "gauge",
     "How long it takes to act on what falls due in a day, as the runs of the last seven days have "
     "it.",
     NULL, NULL, category_work_s},
    {"retentiond_window_seconds", "gauge", "For how long of a day its runs may act.", NULL, NULL,
     category_window_s},
    {"retentiond_catch_up_seconds", "gauge",
     "How long until what is due and free is gone, beside what falls due meanwhile; no line where "
     "that is not known, or never.",
     NULL, NULL, category_catch_up_s},
    {"retentiond_counted_timestamp_seconds", "gauge", "When the records were counted.", NULL, NULL,
     category_counted},
    {"retentiond_success_timestamp_seconds", "gauge", "When a run last ended well.", NULL, NULL,
     category_success},
    {"retentiond_failed_timestamp_seconds", "gauge",
     "When a run last failed, or was lost, where none ended well since.", NULL, NULL,
     category_failed},
    {"retentiond_deleted_records_total", "counter", "Records deleted since the worker started.",
     NULL, NULL, category_deleted},
    {"retentiond_deleted_dependants_total", "counter", "Dependants deleted with them.", NULL, NULL,
     category_dependants},
    {"retentiond_batches_total", "counter", "Batches committed.", NULL, NULL, category_batches},
    {"retentiond_runs_total", "counter", "Runs begun and over.", NULL, NULL, category_runs},
    {"retentiond_run_failures_total", "counter", "Runs that failed, or were lost.", NULL, NULL,
     category_failures},
};

static void add_escaped(struct text *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\\' || *s == '"')
            text_add_char(out, '\\');
        if (*s == '\n')
            text_add(out, "\\n");
        else
            text_add_char(out, *s);
    }
}

static void add_value(struct text *out, double value)
{
    if (value == floor(value) && fabs(value) < 9e15)
        text_printf(out, " %" PRId64 "\n", (int64_t)value);
    else
        text_printf(out, " %.3f\n", value);
}

/* Sums since this worker started stay true. What a run found does not: while another worker leads,
 * it knows better. */
static void write_categories(const struct metric *metric, bool sum, const struct worker_view *view,
                             struct text *out)
{
    if (view->term == 0 && !sum)
        return;
    for (size_t i = 0; i < view->figure_count; i++) {
        const struct category_figures *figures = &view->figures[i];
        double value = metric->of_category(figures);
        if (isnan(value))
            continue;
        text_printf(out, "%s{category=\"", metric->name);
        add_escaped(out, figures->name);
        text_printf(out, "\"%s%s}", metric->label ? "," : "", metric->label ? metric->label : "");
        add_value(out, value);
    }
}

/* How the last run ended, as a label: one line a category. */
static void write_standings(const struct worker_view *view, struct text *out)
{
    text_add(out, "# HELP retentiond_category_info How the category's last run ended.\n"
                  "# TYPE retentiond_category_info gauge\n");
    for (size_t i = 0; view->term > 0 && i < view->figure_count; i++) {
        if (!view->figures[i].standing)
            continue;
        text_add(out, "retentiond_category_info{category=\"");
        add_escaped(out, view->figures[i].name);
        text_printf(out, "\",status=\"%s\"} 1\n", view->figures[i].standing);
    }
}

void metrics_write(const struct worker_view *view, struct text *out)
{
    bool sum = false;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        const struct metric *metric = &table[i];
        if (metric->type) {
            sum = strcmp(metric->type, "counter") == 0;
            text_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                        metric->name, metric->type);
        }
        if (metric->of_category) {
            write_categories(metric, sum, view, out);
            continue;
        }
        double value = metric->of_worker(view);
        if (isnan(value))
            continue;
        text_add(out, metric->name);
        if (metric->label)
            text_printf(out, "{%s}", metric->label);
        add_value(out, value);
    }
    write_standings(view, out);
}

void metrics_print_man(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (!table[i].type)
            continue;
        fprintf(out, ".It Li %s\n%s%s.\n", table[i].name, table[i].type,
                !table[i].of_category                 ? ""
                : strcmp(table[i].type, "gauge") == 0 ? ", one a category, of the worker that leads"
                                                      : ", one a category");
        mdoc_print_text(out, table[i].help);
    }
    fputs(".It Li retentiond_category_info\ngauge, one a category, of the worker that leads; its "
          "label\n.Li status\nsays how the last run ended.\n.El\n",
          out);
}
