/* Reloading.
 *
 *   ask -> READ files -> CHECK against the database's facts of now -> PENDING -> taken by a load
 *              |                      |
 *              +----- refused --------+
 *
 * Whole or not at all: one error anywhere, in the main file or in any policy, and everything stays
 * as it was; the errors are logged, and told by `status`, the service's status line and the
 * metrics, until a reload is accepted. Where the server cannot be reached just now, the files alone
 * are checked, and the load that comes with the connection skips what does not fit, as always.
 *
 * What is accepted is used between batches: the run under way hands out nothing more and is closed,
 * the round ends, and the load that follows takes the new policies and settings (reload_take, where
 * nothing refers to the old ones any more). A reload that changes nothing disturbs no run. What was
 * accepted stays until it is used or another one is accepted, as where there is no database for a
 * while: one that is refused takes nothing back.
 *
 * Settings that are read at restart only keep their values; those that differ are named. */
#include "engine/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "config/settings.h"
#include "engine/loader.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "engine/state.h"
#include "engine/trying.h"
#include "pg/catalog.h"
#include "pg/function_list.h"
#include "policy/parse.h"
#include "policy/trial.h"
#include "policy/validate.h"

/* What was read. */
struct candidate {
    struct settings *settings;
    struct policy_set *set;
    struct function_list *accepted; /* or NULL */
    struct diags parse_diags;
};

struct reload {
    bool wanted;           /* asked for while it could not begin */
    bool checking;         /* the facts are under way */
    struct candidate next; /* while it is checked */
    struct diags diags;    /* of checking it */
    struct text restart;   /* names of its changed settings that are read at restart only */
    bool pending;
    struct candidate accepted; /* while it is pending */

    struct settings *own; /* what the worker uses, once it is not its caller's; owned */
    char *refused;        /* why the last one was, or NULL; owned */
    char *needs_restart;  /* of the last that was accepted, or NULL; owned */
    int64_t accepted_count, refused_count;
};

struct reload *reload_new(void)
{
    return xcalloc(1, sizeof(struct reload));
}

static void candidate_drop(struct candidate *candidate)
{
    settings_free(candidate->settings);
    policy_set_free(candidate->set);
    function_list_free(candidate->accepted);
    diags_free(&candidate->parse_diags);
    *candidate = (struct candidate){0};
}

/* The one that is checked; what was accepted before it stays. */
static void drop_next(struct reload *reload)
{
    candidate_drop(&reload->next);
    diags_free(&reload->diags);
    reload->diags = (struct diags){0};
    reload->checking = false;
    text_clear(&reload->restart);
}

void reload_free(struct reload *reload)
{
    if (!reload)
        return;
    drop_next(reload);
    candidate_drop(&reload->accepted);
    text_free(&reload->restart);
    settings_free(reload->own);
    free(reload->refused);
    free(reload->needs_restart);
    free(reload);
}

void reload_look(const struct worker *worker, struct worker_view *view)
{
    view->reload_refused = worker->reload->refused;
    view->reload_needs_restart = worker->reload->needs_restart;
    view->reloads = worker->reload->accepted_count;
    view->reloads_refused = worker->reload->refused_count;
}

void reload_record(struct worker *worker)
{
    const struct reload *reload = worker->reload;
    if (worker->leadership.term == 0 || pg_conn_state(worker->control) != PG_CONN_READY)
        return;
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term, reload->refused, reload->needs_restart};
    pg_conn_query(worker->control, "SELECT retention.record_reload($1::bigint, $2, $3)", 3, values,
                  false, NULL, NULL);
    pg_conn_sync(worker->control);
}

/* --- outcomes --- */

static void told(struct worker *worker)
{
    if (!worker->reading)
        reload_record(worker);
    if (worker->options.events.reloaded)
        worker->options.events.reloaded(worker->options.arg);
    worker_changed(worker);
}

static void refuse(struct worker *worker, const struct diags *diags)
{
    struct reload *reload = worker->reload;
    struct text first _cleanup_text_ = {0};
    for (size_t i = 0; i < diags->count; i++) {
        if (diags->items[i].level != DIAG_ERROR)
            continue;
        struct text line _cleanup_text_ = {0};
        worker_add_diag(&line, &diags->items[i]);
        if (!first.length)
            text_add(&first, text_string(&line));
        log_about(LOG_LEVEL_ERROR, &(struct log_about){.event = LOG_EVENT_RELOAD_REFUSED}, "%s",
                  text_string(&line));
    }
    if (diags->errors > 1)
        text_printf(&first, " (and %zu more)", diags->errors - 1);
    log_about(LOG_LEVEL_ERROR, &(struct log_about){.event = LOG_EVENT_RELOAD_REFUSED},
              "the reload is refused, what was %s stays in effect: %zu %s",
              reload->pending ? "accepted before" : "loaded", diags->errors,
              diags->errors == 1 ? "error" : "errors");
    free(reload->refused);
    reload->refused = text_steal(&first);
    reload->refused_count++;
    drop_next(reload);
    told(worker);
}

static bool same_policies(const struct policy_set *a, const struct policy_set *b)
{
    if (a->category_count != b->category_count || a->ungoverned_count != b->ungoverned_count)
        return false;
    for (size_t i = 0; i < a->category_count; i++)
        if (strcmp(a->categories[i].name, b->categories[i].name) != 0 ||
            strcmp(a->categories[i].sha256, b->categories[i].sha256) != 0)
            return false;
    for (size_t i = 0; i < a->ungoverned_count; i++)
        if (!text_equal(a->ungoverned[i].table.schema, b->ungoverned[i].table.schema) ||
            !text_equal(a->ungoverned[i].table.name, b->ungoverned[i].table.name))
            return false;
    return true;
}

/* What was wrong with the files decides what is valid, also where the texts are the same. */
static bool same_diags(const struct diags *a, const struct diags *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].level != b->items[i].level ||
            strcmp(a->items[i].message, b->items[i].message) != 0)
            return false;
    return true;
}

static bool same_list(const struct function_list *a, const struct function_list *b)
{
    return a && b ? strcmp(a->sha256, b->sha256) == 0 : a == b;
}

static bool is_new(const struct candidate *next, const struct policy_set *set,
                   const struct function_list *accepted, const struct diags *parse_diags,
                   const struct settings *settings)
{
    return !same_policies(next->set, set) || set->unread_count ||
           !same_diags(&next->parse_diags, parse_diags) || !same_list(next->accepted, accepted) ||
           !settings_are_equal(next->settings, settings);
}

static void take_candidate(struct worker *worker)
{
    struct reload *reload = worker->reload;
    const struct candidate *before = &reload->accepted;
    const struct policies *used = worker->policies;
    bool something = reload->pending ? is_new(&reload->next, before->set, before->accepted,
                                              &before->parse_diags, before->settings)
                                     : is_new(&reload->next, used->set, used->accepted,
                                              &used->parse_diags, worker->options.settings);
    free(reload->refused);
    free(reload->needs_restart);
    reload->refused = NULL;
    reload->needs_restart = reload->restart.length ? xstrdup(reload->restart.data) : NULL;
    reload->accepted_count++;
    reload->checking = false;
    log_about(reload->needs_restart ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
              &(struct log_about){.event = LOG_EVENT_RELOADED},
              "configuration and policies were reloaded%s%s%s",
              something ? "" : "; nothing that is read on reload has changed",
              reload->needs_restart ? "; changed, and read at restart only: " : "",
              reload->needs_restart ? reload->needs_restart : "");
    if (something) {
        candidate_drop(&reload->accepted);
        reload->accepted = reload->next;
        reload->next = (struct candidate){0};
        reload->pending = true;
        if (worker->run)
            run_stop(worker->run, RUN_STOPPED, "policies were reloaded; it begins anew");
        schedule_notified(worker, "policy");
    }
    drop_next(reload);
    told(worker);
}

/* --- checking --- */

static void name_changed(const char *name, void *arg)
{
    struct text *names = arg;
    text_printf(names, "%s%s", names->length ? ", " : "", name);
}

static void copy_diags(struct diags *to, const struct diags *from)
{
    for (size_t i = 0; i < from->count; i++) {
        struct diag *copy =
            diag_add(to, from->items[i].level, from->items[i].at, "%s", from->items[i].message);
        if (from->items[i].hint)
            diag_hint(to, copy, "%s", from->items[i].hint);
    }
}

static void decide(struct worker *worker)
{
    struct reload *reload = worker->reload;
    struct diags diags = reload->diags;
    reload->diags = (struct diags){0};
    diags_sort(&diags);
    if (diags.errors > 0)
        refuse(worker, &diags);
    else
        take_candidate(worker);
    diags_free(&diags);
    reload_go_on(worker);
}

/* The trials of a candidate, which is not dropped meanwhile. */
struct candidate_trial {
    struct catalog *catalog;
    struct arena *arena;
};

static void on_tried(struct worker *worker, bool done, const struct error *error, void *arg)
{
    struct candidate_trial *trial = arg;
    struct reload *reload = worker->reload;
    (void)error;
    catalog_free(trial->catalog);
    arena_free(trial->arena);
    free(trial);
    if (!reload->checking || worker->phase == PHASE_OVER)
        return;
    if (!done) { /* again, with the next connection or without one */
        drop_next(reload);
        reload->wanted = true;
        return;
    }
    decide(worker);
}

/* What changed is tried on some records; the catalog is the trials' now. */
static void try_changed(struct worker *worker, struct catalog *catalog)
{
    struct reload *reload = worker->reload;
    struct candidate_trial *trial = xcalloc(1, sizeof(*trial));
    *trial = (struct candidate_trial){.catalog = catalog, .arena = arena_new()};
    struct trials *trials = trials_new(trial->arena, reload->next.set, catalog, &reload->diags);
    for (size_t i = 0; i < reload->next.set->category_count; i++) {
        const struct category *category = &reload->next.set->categories[i];
        const struct category *before = policy_find(worker->policies->set, category->name);
        if (!before || strcmp(before->sha256, category->sha256) != 0)
            trials_add(trials, category);
    }
    trying_begin(worker, trial->arena, trials, on_tried, trial);
}

static void on_facts(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct worker *worker = arg;
    struct reload *reload = worker->reload;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    if (!reload->checking || worker->phase == PHASE_OVER)
        return;
    if (outcome == PG_LOST) { /* again, with the next connection or without one */
        drop_next(reload);
        reload->wanted = true;
        return;
    }
    struct catalog *catalog =
        outcome == PG_OK ? catalog_parse(PQgetvalue(result, 0, 0), &own) : NULL;
    copy_diags(&reload->diags, &reload->next.parse_diags);
    if (catalog) {
        catalog->accepted = reload->next.accepted;
        policy_validate(reload->next.set, catalog, &reload->diags);
        try_changed(worker, catalog);
        return;
    }
    diag_error(&reload->diags, ((struct position){0}),
               "the database's tables could not be read: %s",
               outcome == PG_OK ? own.primary : error->primary);
    decide(worker);
}

static void check(struct worker *worker)
{
    struct reload *reload = worker->reload;
    struct diags diags _cleanup_diags_ = {0};
    drop_next(reload);
    reload->wanted = false;
    reload->next.settings = settings_load(worker->options.settings->file, &diags);
    if (reload->next.settings) {
        settings_keep(reload->next.settings, worker->options.settings, name_changed,
                      &reload->restart);
        reload->next.set =
            policy_load_directory(reload->next.settings->policies, &reload->next.parse_diags);
        copy_diags(&diags, &reload->next.parse_diags);
        if (reload->next.settings->accept_functions)
            reload->next.accepted =
                function_list_read(reload->next.settings->accept_functions, &diags);
    }
    diags_sort(&diags);
    if (diags.errors > 0 || !reload->next.set) {
        if (diags.errors == 0)
            diag_error(&diags, ((struct position){0}), "the policies could not be read");
        refuse(worker, &diags);
        return;
    }
    reload->checking = true;
    if (pg_conn_state(worker->control) != PG_CONN_READY) {
        take_candidate(worker);
        return;
    }
    const char *values[] = {NULL, policy_names_timezones(reload->next.set) ? "t" : "f"};
    pg_conn_query(worker->control, sql_file("catalog/facts.sql"), ARRAY_LENGTH(values), values,
                  false, on_facts, worker);
    pg_conn_sync(worker->control);
}

void reload_go_on(struct worker *worker)
{
    const struct reload *reload = worker->reload;
    /* one that was accepted is used first, where that is a matter of a batch: the next one may be
     * refused */
    bool used_soon = reload->pending && worker->leadership.term > 0;
    if (reload->wanted && !reload->checking && !used_soon && !worker->reading && !worker->stopping)
        check(worker);
}

void reload_ask(struct worker *worker)
{
    if (worker->stopping)
        return;
    worker->reload->wanted = true;
    if (worker->options.events.reloading)
        worker->options.events.reloading(worker->options.arg);
    reload_go_on(worker);
}

bool reload_is_pending(const struct worker *worker)
{
    return worker->reload->pending;
}

bool reload_names_timezones(const struct worker *worker)
{
    const struct reload *reload = worker->reload;
    return reload->pending && policy_names_timezones(reload->accepted.set);
}

struct policy_set *reload_take(struct worker *worker, bool knows_timezones)
{
    struct reload *reload = worker->reload;
    struct policies *policies = worker->policies;
    if (!reload->pending || (!knows_timezones && reload_names_timezones(worker)))
        return NULL;
    struct candidate *accepted = &reload->accepted;
    struct policy_set *before = policies->set;
    policies->set = accepted->set;
    diags_free(&policies->parse_diags);
    policies->parse_diags = accepted->parse_diags;
    function_list_free(policies->accepted);
    policies->accepted = accepted->accepted;
    worker_use_settings(worker, accepted->settings);
    settings_free(reload->own);
    reload->own = accepted->settings;
    *accepted = (struct candidate){0};
    reload->pending = false;
    return before;
}
