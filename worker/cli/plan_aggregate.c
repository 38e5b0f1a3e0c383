#include "cli/plan_aggregate.h"

#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"

static void add_measure(struct text *text, const struct measure *m)
{
    switch (m->kind) {
    case MEASURE_COUNT:
        text_add(text, "number of records");
        break;
    case MEASURE_SUM:
        text_printf(text, "sum of %s", m->column);
        break;
    case MEASURE_HISTOGRAM:
        text_printf(text, "histogram of %s in %zu classes", m->column, m->bounds.count + 1);
        break;
    case MEASURE_SUBJECTS:
        text_add(text, "number of distinct subjects");
        break;
    case MEASURE_KINDS:
        break;
    }
}

void plan_aggregate_note(struct text *notes, const struct category *category,
                         const struct stage *stage)
{
    const struct aggregate *a = stage->aggregate;
    struct arena *arena _cleanup_arena_ = arena_new();
    text_printf(notes, "%s: counted into %s by ", category->name, table_name_text(arena, a->into));
    for (size_t i = 0; i < a->by_count; i++)
        text_printf(notes, "%s%s%s%s", i ? ", " : "",
                    a->by[i].unit ? by_unit_name(a->by[i].unit) : "", a->by[i].unit ? " of " : "",
                    a->by[i].column);
    text_add(notes, "; ");
    for (size_t i = 0; i < a->measure_count; i++) {
        text_add(notes, i ? ", " : "");
        add_measure(notes, &a->measures[i]);
    }
    text_printf(notes, "; a cell is published when it counts at least %lld subjects",
                (long long)stage->k);
    for (size_t i = 0; i < a->fold.count; i++)
        text_printf(notes, "%s%s", i ? ", " : ", smaller ones together without ", a->fold.items[i]);
    if (a->keeps)
        text_printf(notes,
                    "; the records stay, de-identified, and \"%s\" says that they were counted",
                    stage->mark);
    text_add_char(notes, '\n');
}

json_t *plan_aggregate_json(const struct stage *stage)
{
    const struct aggregate *a = stage->aggregate;
    struct arena *arena _cleanup_arena_ = arena_new();
    json_t *by = json_array(), *measures = json_array();
    for (size_t i = 0; i < a->by_count; i++)
        json_array_append_new(
            by, json_pack("{ss so ss sb}", "column", a->by[i].column, "unit",
                          json_text(a->by[i].unit ? by_unit_name(a->by[i].unit) : NULL), "to",
                          a->by[i].to, "folds", aggregate_folds(a, a->by[i].to)));
    for (size_t i = 0; i < a->measure_count; i++)
        json_array_append_new(measures,
                              json_pack("{ss so ss}", "kind",
                                        measure_kind_name(a->measures[i].kind), "column",
                                        json_text(a->measures[i].column), "to", a->measures[i].to));
    return json_pack("{ss so so sI ss}", "into", table_name_text(arena, a->into), "by", by,
                     "measures", measures, "k", (json_int_t)stage->k, "then",
                     policy_action_name(a->keeps ? ACTION_DEIDENTIFY : ACTION_DELETE));
}
