/* Does a changed policy take effect at once? Only where every difference is known to make the
 * worker act later, on fewer rows, or with more safety; or says nothing about rows. What cannot be
 * told needs approval, and so does a difference that nothing here looks at. */
#include "policy/change.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"
#include "policy/parse.h"

struct comparison {
    struct arena *arena;
    const struct category *before, *after;
    struct string_list approval; /* why approval is needed */
    struct string_list harmless; /* what else changed */
};

static _printf_(3, 0) void add(struct arena *arena, struct string_list *list, const char *format,
                               va_list args)
{
    const char *text = arena_vprintf(arena, format, args);
    list->items = arena_push(arena, list->items, &list->count, sizeof(*list->items));
    list->items[list->count - 1] = text;
}

static _printf_(2, 3) void needs(struct comparison *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(c->arena, &c->approval, format, args);
    va_end(args);
}

static _printf_(2, 3) void allows(struct comparison *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(c->arena, &c->harmless, format, args);
    va_end(args);
}

/* Where before and after are not the same text. */
static void compare_text(struct comparison *c, const char *what, const char *before,
                         const char *after, bool matters)
{
    if (text_equal(before, after))
        return;
    if (matters)
        needs(c, "%s changed", what);
    else
        allows(c, "%s changed", what);
}

static const char *joined(struct arena *arena, const struct string_list *list)
{
    const char *text = "";
    for (size_t i = 0; i < list->count; i++)
        text = arena_printf(arena, "%s%zu:%s", text, strlen(list->items[i]), list->items[i]);
    return text;
}

/* A period that decides when rows go: longer is harmless. */
static void compare_period(struct comparison *c, const char *what, struct period before,
                           struct period after)
{
    if (period_equal(before, after))
        return;
    if (period_is_shorter(before, after))
        allows(c, "%s is longer: %s instead of %s", what, after.text, before.text);
    else if (period_is_shorter(after, before))
        needs(c, "%s is shorter: %s instead of %s", what, after.text, before.text);
    else
        needs(c, "%s may be shorter: %s instead of %s", what, after.text, before.text);
}

/* Conditions that choose rows to act on. */
static void compare_scope(struct comparison *c, const char *what, const struct conditions *before,
                          const struct conditions *after)
{
    bool narrower = conditions_imply(c->arena, after, before);
    bool wider = conditions_imply(c->arena, before, after);
    if (narrower && wider)
        return;
    if (narrower)
        allows(c, "%s is narrower", what);
    else
        needs(c, wider ? "%s is wider" : "%s may be wider", what);
}

/* ---- data ---- */

static void compare_mode(struct comparison *c)
{
    static const char *const words[] = {"observe", "enforce", "declared"};
    enum mode before = c->before->mode, after = c->after->mode;
    if (before == after)
        return;
    if (after == MODE_OBSERVE && before == MODE_ENFORCE)
        allows(c, "mode is observe instead of enforce");
    else
        needs(c, "mode is %s instead of %s", words[after], words[before]);
}

static const char *subjects_text(struct arena *arena, const struct category *category)
{
    const char *text = "";
    for (size_t i = 0; i < category->subject_count; i++)
        text = arena_printf(arena, "%s{%s}", text, ref_print(arena, &category->subjects[i]));
    return text;
}

static void compare_dependants(struct comparison *c, const struct dependant *before,
                               size_t before_count, const struct dependant *after,
                               size_t after_count)
{
    for (size_t i = 0; i < after_count; i++) {
        const char *table = table_name_text(c->arena, after[i].table);
        const struct dependant *old = NULL;
        for (size_t j = 0; j < before_count && !old; j++)
            if (table_name_equal(before[j].table, after[i].table))
                old = &before[j];
        if (!old) {
            needs(c, "dependant %s is new", table);
            continue;
        }
        if (!text_equal(joined(c->arena, &old->by), joined(c->arena, &after[i].by)) ||
            !text_equal(joined(c->arena, &old->key), joined(c->arena, &after[i].key)))
            needs(c, "columns of dependant %s changed", table);
        compare_text(c, arena_printf(c->arena, "what becomes of columns of dependant %s", table),
                     dependant_changes_print(c->arena, old),
                     dependant_changes_print(c->arena, &after[i]), true);
        compare_dependants(c, old->with, old->with_count, after[i].with, after[i].with_count);
    }
    for (size_t j = 0; j < before_count; j++) {
        bool kept = false;
        for (size_t i = 0; i < after_count; i++)
            kept |= table_name_equal(before[j].table, after[i].table);
        if (!kept)
            allows(c, "dependant %s is gone", table_name_text(c->arena, before[j].table));
    }
}

static void compare_data(struct comparison *c)
{
    const struct category *b = c->before, *a = c->after;
    struct arena *arena = c->arena;
    compare_text(c, "table", table_name_text(arena, b->table), table_name_text(arena, a->table),
                 true);
    if (b->key_given != a->key_given || !text_equal(joined(arena, &b->key), joined(arena, &a->key)))
        needs(c, "key changed");
    compare_text(c, "starting point", start_print(arena, &b->start), start_print(arena, &a->start),
                 true);
    compare_text(c, "subject", subjects_text(arena, b), subjects_text(arena, a), true);
    compare_text(c, "tenant", b->has_tenant ? ref_print(arena, &b->tenant) : NULL,
                 a->has_tenant ? ref_print(arena, &a->tenant) : NULL, true);
    compare_text(c, "time zone", b->timezone, a->timezone, true);
    compare_scope(c, "scope", &b->only, &a->only);
    if (a->only.rest && b->only.rest && !text_equal(a->rest_of, b->rest_of))
        needs(c, "it takes the rest of its table, and the scope of another category changed");
    compare_dependants(c, b->with, b->with_count, a->with, a->with_count);
    for (size_t i = 0; i < b->wait_for.count; i++)
        if (!string_list_has(&a->wait_for, b->wait_for.items[i]))
            needs(c, "it no longer waits for category \"%s\"", b->wait_for.items[i]);
    for (size_t i = 0; i < a->wait_for.count; i++)
        if (!string_list_has(&b->wait_for, a->wait_for.items[i]))
            allows(c, "it waits for category \"%s\"", a->wait_for.items[i]);
}

/* ---- limits ---- */

static bool floor_covers(struct comparison *c, const struct duration_rule *after,
                         const struct duration_rule *before)
{
    return (!after->stage || text_equal(after->stage, before->stage)) &&
           text_equal(start_print(c->arena, &after->start),
                      start_print(c->arena, &before->start)) &&
           (period_equal(before->period, after->period) ||
            period_is_shorter(before->period, after->period));
}

static void compare_floors(struct comparison *c)
{
    const struct category *b = c->before, *a = c->after;
    for (size_t i = 0; i < b->floor_count; i++) {
        bool covered = false;
        for (size_t j = 0; j < a->floor_count && !covered; j++)
            covered = floor_covers(c, &a->floors[j], &b->floors[i]);
        if (!covered)
            needs(c, "the floor of %s is gone or shorter", b->floors[i].period.text);
    }
    for (size_t j = 0; j < a->floor_count; j++) {
        bool known = false;
        for (size_t i = 0; i < b->floor_count && !known; i++)
            known = floor_covers(c, &b->floors[i], &a->floors[j]);
        if (!known)
            allows(c, "the floor of %s is new or longer", a->floors[j].period.text);
    }
}

static void compare_cap(struct comparison *c)
{
    const struct duration_rule *b = c->before->cap, *a = c->after->cap;
    if (!b && !a)
        return;
    if (!b) {
        needs(c, "the cap of %s is new", a->period.text);
    } else if (!a) {
        allows(c, "the cap of %s is gone", b->period.text);
    } else {
        compare_text(c, "starting point of the cap", start_print(c->arena, &b->start),
                     start_print(c->arena, &a->start), true);
        compare_period(c, "the cap", b->period, a->period);
    }
}

/* a keeps every row that b keeps. */
static bool keeps_as_much(struct comparison *c, const struct keep_while *a,
                          const struct keep_while *b)
{
    if (a->has_child != b->has_child || !conditions_imply(c->arena, &b->only, &a->only))
        return false;
    return !a->has_child || (table_name_equal(a->child, b->child) &&
                             text_equal(joined(c->arena, &a->by), joined(c->arena, &b->by)));
}

static void compare_keep_while(struct comparison *c)
{
    const struct category *b = c->before, *a = c->after;
    for (size_t i = 0; i < b->keep_while_count; i++) {
        bool kept = false;
        for (size_t j = 0; j < a->keep_while_count && !kept; j++)
            kept = keeps_as_much(c, &a->keep_while[j], &b->keep_while[i]);
        if (!kept)
            needs(c, "keep_while \"%s\" is gone, or keeps less", b->keep_while[i].because);
    }
    for (size_t j = 0; j < a->keep_while_count; j++) {
        bool known = false;
        for (size_t i = 0; i < b->keep_while_count && !known; i++)
            known = keeps_as_much(c, &b->keep_while[i], &a->keep_while[j]);
        if (!known)
            allows(c, "keep_while \"%s\" is new, or keeps more", a->keep_while[j].because);
    }
}

/* ---- stages and agreements ---- */

static const struct stage *stage_find(const struct category *category, const char *name)
{
    for (size_t i = 0; i < category->stage_count; i++)
        if (text_equal(category->stages[i].name, name))
            return &category->stages[i];
    return NULL;
}

static void compare_stage(struct comparison *c, const struct stage *b, const struct stage *a)
{
    struct arena *arena = c->arena;
    if (a->action != b->action)
        needs(c, "action of stage \"%s\" changed", a->name);
    compare_text(c, arena_printf(arena, "starting point of stage \"%s\"", a->name),
                 start_print(arena, &b->start), start_print(arena, &a->start), true);
    compare_text(c, arena_printf(arena, "what stage \"%s\" does to columns", a->name),
                 changes_print(arena, b), changes_print(arena, a), true);
    compare_scope(c, arena_printf(arena, "scope of stage \"%s\"", a->name), &b->only, &a->only);
    compare_period(c, arena_printf(arena, "period of stage \"%s\"", a->name), b->after, a->after);
    compare_text(c, arena_printf(arena, "what stage \"%s\" aggregates", a->name),
                 aggregate_print(arena, b->aggregate), aggregate_print(arena, a->aggregate), true);
    if (a->k < b->k)
        needs(c, "k of stage \"%s\" is smaller: %lld instead of %lld", a->name, (long long)a->k,
              (long long)b->k);
    else if (a->k > b->k)
        allows(c, "k of stage \"%s\" is larger: %lld instead of %lld", a->name, (long long)a->k,
               (long long)b->k);
}

/* Records that stay when they are counted are known by the mark alone: with another one, all of
 * them are counted once more. */
static void compare_counting(struct comparison *c)
{
    const struct stage *b = policy_counting_stage(c->before);
    if (!b || !b->mark || !table_name_equal(c->before->table, c->after->table))
        return;
    for (size_t i = 0; i < c->after->stage_count; i++) {
        const struct stage *a = &c->after->stages[i];
        if (a->action == ACTION_AGGREGATE && !text_equal(a->mark, b->mark))
            needs(
                c,
                "stage \"%s\" counts again the records that stage \"%s\" has counted and marked in "
                "\"%s\": what both publish, taken from each other, can tell of fewer than k "
                "persons",
                a->name, b->name, b->mark);
    }
}

static void compare_stages(struct comparison *c)
{
    compare_counting(c);
    for (size_t i = 0; i < c->after->stage_count; i++) {
        const struct stage *a = &c->after->stages[i], *b = stage_find(c->before, a->name);
        if (b)
            compare_stage(c, b, a);
        else
            needs(c, "stage \"%s\" is new", a->name);
    }
    for (size_t i = 0; i < c->before->stage_count; i++)
        if (!stage_find(c->after, c->before->stages[i].name))
            allows(c, "stage \"%s\" is gone", c->before->stages[i].name);
}

/* The stage an agreement is about. */
static const char *stage_name(const struct category *category, const char *name)
{
    return name || category->stage_count != 1 ? name : category->stages[0].name;
}

static const struct agreement *agreement_find(const struct category *category, const char *tenant,
                                              const char *stage)
{
    for (size_t i = 0; i < category->agreement_count; i++) {
        const struct agreement *a = &category->agreements[i];
        if (text_equal(a->tenant, tenant) && text_equal(stage_name(category, a->stage), stage))
            return a;
    }
    return NULL;
}

/* What counts for a tenant: the agreement, or else the stage's own period. */
static struct period period_of(const struct category *category, const char *tenant,
                               const char *stage)
{
    const struct agreement *agreement = agreement_find(category, tenant, stage);
    const struct stage *s = stage_find(category, stage);
    return agreement ? agreement->after : s ? s->after : (struct period){0};
}

/* The agreements of `list` that `skip` has not; of NULL, all. */
static void compare_listed(struct comparison *c, const struct category *list,
                           const struct category *skip)
{
    for (size_t i = 0; i < list->agreement_count; i++) {
        const struct agreement *a = &list->agreements[i];
        const char *stage = stage_name(list, a->stage);
        if ((skip && agreement_find(skip, a->tenant, stage)) || !stage_find(c->before, stage) ||
            !stage_find(c->after, stage))
            continue; /* a stage that is new or gone was reported as such */
        compare_period(c, arena_printf(c->arena, "period of tenant \"%s\"", a->tenant),
                       period_of(c->before, a->tenant, stage),
                       period_of(c->after, a->tenant, stage));
    }
}

static void compare_agreement_table(struct comparison *c)
{
    const struct agreement_table *b = &c->before->agreement_table, *a = &c->after->agreement_table;
    if (!b->at.file && !a->at.file)
        return;
    if (!b->at.file || !a->at.file) {
        needs(c, "the table of agreements is %s", a->at.file ? "new" : "gone");
        return;
    }
    if (!table_name_equal(a->table, b->table) || !text_equal(a->tenant, b->tenant) ||
        !text_equal(a->period, b->period) || a->unit != b->unit ||
        !text_equal(stage_name(c->after, a->stage), stage_name(c->before, b->stage)))
        needs(c, "the table of agreements is another, or read in another way");
    compare_period(c, "least period of agreements", b->min, a->min);
    compare_period(c, "greatest period of agreements", b->max, a->max);
    compare_period(c, "time in which a shorter agreement settles", b->settle, a->settle);
}

/* ---- safety ---- */

static void compare_brake_rows(struct comparison *c, const char *what, int64_t before,
                               int64_t after)
{
    if (after > before)
        needs(c, "the brake is weaker: %s is %lld instead of %lld", what, (long long)after,
              (long long)before);
    else if (after < before)
        allows(c, "the brake is stronger: %s is %lld instead of %lld", what, (long long)after,
               (long long)before);
}

static void compare_brake_fraction(struct comparison *c, const char *what, double before,
                                   double after)
{
    if (after > before)
        needs(c, "the brake is weaker: %s is %g instead of %g", what, after, before);
    else if (after < before)
        allows(c, "the brake is stronger: %s is %g instead of %g", what, after, before);
}

static bool accepts(const struct category *category, const struct accepted_trigger *trigger)
{
    for (size_t i = 0; i < category->accept_trigger_count; i++)
        if (text_equal(category->accept_triggers[i].name, trigger->name) &&
            text_equal(category->accept_triggers[i].sha256, trigger->sha256))
            return true;
    return false;
}

static void compare_safety(struct comparison *c)
{
    const struct category *b = c->before, *a = c->after;
    if (a->evidence != b->evidence) {
        if (a->evidence == EVIDENCE_COUNTS)
            needs(c, "evidence is of counts instead of records");
        else
            allows(c, "evidence is of records instead of counts");
    }
    if (a->guard < b->guard)
        needs(c, "the guard is weaker");
    else if (a->guard > b->guard)
        allows(c, "the guard is stronger");
    if (a->drop_empty && !b->drop_empty)
        needs(c, "empty partitions are dropped");
    else if (!a->drop_empty && b->drop_empty)
        allows(c, "empty partitions are not dropped any more");
    for (size_t i = 0; i < a->accept_trigger_count; i++)
        if (!accepts(b, &a->accept_triggers[i]))
            needs(c, "trigger \"%s\" is newly accepted", a->accept_triggers[i].name);
    for (size_t i = 0; i < b->accept_trigger_count; i++)
        if (!accepts(a, &b->accept_triggers[i]))
            allows(c, "trigger \"%s\" is no longer accepted", b->accept_triggers[i].name);
    compare_brake_rows(c, "rows", b->brake.rows, a->brake.rows);
    compare_brake_fraction(c, "fraction", b->brake.fraction, a->brake.fraction);
    compare_brake_fraction(c, "tenant_fraction", b->brake.tenant_fraction,
                           a->brake.tenant_fraction);
    compare_brake_rows(c, "min_rows", b->brake.min_rows, a->brake.min_rows);
}

/* What says nothing about rows. */
static void compare_words(struct comparison *c)
{
    const struct category *b = c->before, *a = c->after;
    compare_text(c, "title", b->title, a->title, false);
    compare_text(c, "basis", b->basis, a->basis, false);
    compare_text(c, "notice", b->notice, a->notice, false);
    compare_text(c, "sensitivity", b->sensitivity, a->sensitivity, false);
    compare_text(c, "place of the data", b->held_at, a->held_at, false);
    if (a->role != b->role)
        allows(c, "role changed");
    if (a->window.given != b->window.given || a->window.from_minute != b->window.from_minute ||
        a->window.to_minute != b->window.to_minute)
        allows(c, "window changed");
    if (a->pace_rows_per_second != b->pace_rows_per_second ||
        !text_equal(a->pace_preset, b->pace_preset))
        allows(c, "pace changed");
}

/* Reasons and orders that do not matter, which the comparisons pass over. */
static bool differs_in_words_only(struct comparison *c)
{
    struct category b = *c->before, a = *c->after;
    if (a.floor_count != b.floor_count || a.keep_while_count != b.keep_while_count ||
        a.agreement_count != b.agreement_count || !a.cap != !b.cap)
        return false;
    b.floors = a.floors;
    b.cap = a.cap;
    b.keep_while = a.keep_while;
    b.agreements = a.agreements;
    b.wait_for = a.wait_for;
    b.accept_triggers = a.accept_triggers;
    return text_equal(category_print(c->arena, &b), category_print(c->arena, &a));
}

struct policy_change policy_compare(struct arena *arena, const struct category *before,
                                    const struct category *after)
{
    struct comparison c = {.arena = arena, .before = before, .after = after};
    if (!before) {
        needs(&c, "the category is new");
        return (struct policy_change){true, true, c.approval};
    }
    if (text_equal(before->normal_text, after->normal_text))
        return (struct policy_change){0};
    compare_text(&c, "name", before->name, after->name, true);
    compare_mode(&c);
    compare_data(&c);
    compare_floors(&c);
    compare_cap(&c);
    compare_keep_while(&c);
    compare_stages(&c);
    compare_listed(&c, before, NULL);
    compare_listed(&c, after, before);
    compare_agreement_table(&c);
    compare_safety(&c);
    compare_words(&c);
    if (!c.approval.count && !c.harmless.count) {
        if (differs_in_words_only(&c))
            allows(&c, "reasons or the order of entries changed");
        else
            needs(&c, "the text changed in a way that cannot be judged");
    }
    bool approval = c.approval.count > 0;
    return (struct policy_change){true, approval, approval ? c.approval : c.harmless};
}

struct policy_change policy_compare_text(struct arena *arena, const char *before,
                                         const struct category *after)
{
    if (!before)
        return policy_compare(arena, NULL, after);
    /* What names other categories is complained of, since they are not there: that the text is
     * written again as it was says more of whether it was understood. */
    struct diags ignored _cleanup_diags_ = {0};
    struct policy_set *set = policy_load_text("approved", before, &ignored);
    struct policy_change change;
    if (set->category_count == 1 && text_equal(set->categories[0].normal_text, before)) {
        change = policy_compare(arena, &set->categories[0], after);
    } else {
        struct comparison c = {.arena = arena};
        needs(&c, "the approved text is not one that this version would write");
        change = (struct policy_change){true, true, c.approval};
    }
    policy_set_free(set);
    return change;
}
