/* What a stage that aggregates says: its dimensions ("by") and its measures. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"

#define BY(member_)      offsetof(struct aggregate_by, member_)
#define MEASURE(member_) offsetof(struct measure_group, member_)

static const struct choice as_choices[] = {{"date_trunc", true, false}, {0}};
static const struct choice unit_choices[] = {
    {"day", BY_DAY, false},         {"week", BY_WEEK, false}, {"month", BY_MONTH, false},
    {"quarter", BY_QUARTER, false}, {"year", BY_YEAR, false}, {0}};

static const struct field by_fields[] = {
    {.key = "column",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_name,
     .offset = BY(column),
     .value = "name",
     .help = "A column of the table. Texts are cut to 200 characters."},
    {.key = "as",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = BY(truncated),
     .choices = as_choices,
     .value = "date_trunc",
     .help = "The moment's date, taken back to the first day of its unit in the category's time "
             "zone. One dimension must be such a period: when it is over, and no record of it is "
             "left to come, its cells are closed."},
    {.key = "unit",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = BY(unit),
     .choices = unit_choices,
     .value = "day | week | month | quarter | year",
     .help = "How long a period is. Default: month."},
    {.key = "to",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = BY(to),
     .value = "name",
     .help = "The column of the target. Default: the same name."},
    {0}};
const struct definition definition_by = {
    .name = "a dimension of \"by\"",
    .title = "Dimensions of aggregates",
    .help = "The groups of the list \"by\" of a stage that aggregates.",
    .fields = by_fields,
};

/* What the group reader fills before the measure is put together. */
struct measure_group {
    const char *of[MEASURE_KINDS]; /* by enum measure_kind */
    const char *to;
};

static const struct field measure_fields[] = {
    {.key = "count",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = MEASURE(of[MEASURE_COUNT]),
     .value = "target",
     .help = "The number of records, into this column of the target."},
    {.key = "sum",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = MEASURE(of[MEASURE_SUM]),
     .value = "column",
     .help = "The sum of this column, a whole number or a numeric; NULL counts as 0."},
    {.key = "histogram",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = MEASURE(of[MEASURE_HISTOGRAM]),
     .value = "column",
     .help = "How many records have a value below the first bound, from there to below the second, "
             "and so on, as an array with one element more than there are bounds. NULL is in none. "
             "A class can count few persons, although its cell counts many."},
    {.key = "subjects",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = MEASURE(of[MEASURE_SUBJECTS]),
     .value = "target",
     .help = "The number of distinct subjects, into this column of the target. Those of a coarser "
             "cell that took up what had been withheld count the last ones only."},
    {.key = "to",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = MEASURE(to),
     .value = "name",
     .help = "For sums and histograms: the column of the target. Default: the same name."},
    {.key = "bounds",
     .types = TYPE_LIST,
     .value = "[ number, ... ]",
     .help = "For histograms: where one class ends and the next begins, in rising order."},
    {0}};
const struct definition definition_measure = {
    .name = "a measure",
    .title = "Measures of aggregates",
    .help = "The groups of the list \"measures\" of a stage that aggregates: one of \"count\", "
            "\"sum\", \"histogram\" and \"subjects\", and what belongs to it.",
    .fields = measure_fields,
};

static struct aggregate *aggregate_of(struct reader *r, struct stage *stage)
{
    if (!stage->aggregate)
        stage->aggregate = arena_alloc(r->arena, sizeof(*stage->aggregate));
    return stage->aggregate;
}

void read_into(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    read_table(r, setting, field, &aggregate_of(r, out)->into);
}

void read_fold(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    struct aggregate *aggregate = aggregate_of(r, out);
    aggregate->fold_at = position_of(r, setting);
    read_names(r, setting, field, &aggregate->fold);
}

void read_then(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    const char *text = config_setting_get_string(setting);
    (void)field;
    struct aggregate *aggregate = aggregate_of(r, out);
    aggregate->keeps = strcmp(text, "deidentify") == 0;
    if (!aggregate->keeps && strcmp(text, "delete") != 0)
        diag_error(r->diags, position_of(r, setting),
                   "\"then\" must be \"delete\" or \"deidentify\", not \"%s\"", text);
}

void read_by(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    struct aggregate *a = aggregate_of(r, out);
    (void)field;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = element(setting, i);
        if (!type_check(r->diags, r->file, group, definition_by.name, TYPE_GROUP))
            continue;
        struct aggregate_by by = {.at = position_of(r, group)};
        group_read(r, group, &definition_by, &by);
        if (by.truncated && !by.unit)
            by.unit = BY_MONTH;
        if (!by.truncated && member(group, "unit"))
            diag_hint(r->diags,
                      diag_error(r->diags, position_of(r, member(group, "unit")),
                                 "\"unit\" goes with as = \"date_trunc\" only"),
                      "Add as = \"date_trunc\", or remove it.");
        if (!by.to)
            by.to = by.column;
        a->by = arena_push(r->arena, a->by, &a->by_count, sizeof(*a->by));
        a->by[a->by_count - 1] = by;
    }
}

static void bounds_read(struct reader *r, config_setting_t *setting, struct measure *m)
{
    double last = 0;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *item = element(setting, i);
        struct literal literal;
        if (!type_check(r->diags, r->file, item, "a bound", TYPE_NUMBER) ||
            !literal_read(r, item, "bounds", &literal))
            continue;
        double number = number_of(item);
        if (m->bounds.count && number <= last)
            diag_error(r->diags, position_of(r, item), "bounds must rise: %s stands behind %s",
                       literal.text, m->bounds.items[m->bounds.count - 1]);
        last = number;
        m->bounds.items =
            arena_push(r->arena, m->bounds.items, &m->bounds.count, sizeof(*m->bounds.items));
        m->bounds.items[m->bounds.count - 1] = literal.text;
    }
}

static void measure_read(struct reader *r, config_setting_t *group, struct aggregate *a)
{
    static const bool of_column[MEASURE_KINDS] = {[MEASURE_SUM] = true, [MEASURE_HISTOGRAM] = true};
    struct measure_group read = {0};
    struct measure m = {.at = position_of(r, group)};
    size_t kinds = 0;
    group_read(r, group, &definition_measure, &read);
    for (size_t i = 0; i < MEASURE_KINDS; i++)
        if (member(group, measure_kind_name((enum measure_kind)i))) {
            m.kind = (enum measure_kind)i;
            kinds++;
        }
    if (kinds != 1) {
        diag_error(r->diags, m.at,
                   "a measure has %s of \"count\", \"sum\", \"histogram\" and \"subjects\"",
                   kinds ? "more than one" : "none");
        return;
    }
    const char *name = read.of[m.kind];
    if (of_column[m.kind])
        m.column = name;
    else if (read.to)
        diag_hint(r->diags,
                  diag_error(r->diags, position_of(r, member(group, "to")),
                             "\"to\" goes with \"sum\" and \"histogram\" only"),
                  "Write %s = \"%s\".", measure_kind_name(m.kind), read.to);
    m.to = of_column[m.kind] && read.to ? read.to : name;
    config_setting_t *bounds = member(group, "bounds");
    if (bounds && m.kind != MEASURE_HISTOGRAM)
        diag_error(r->diags, position_of(r, bounds), "\"bounds\" goes with \"histogram\" only");
    else if (bounds && type_of(bounds) == TYPE_LIST)
        bounds_read(r, bounds, &m);
    if (m.kind == MEASURE_HISTOGRAM && (!bounds || element_count(bounds) == 0))
        diag_hint(r->diags,
                  diag_error(r->diags, m.at, "histogram of \"%s\" has no bounds", m.column),
                  "Add bounds = [ 30, 60, 300 ].");
    a->measures = arena_push(r->arena, a->measures, &a->measure_count, sizeof(*a->measures));
    a->measures[a->measure_count - 1] = m;
}

void read_measures(struct reader *r, config_setting_t *setting, const struct field *field,
                   void *out)
{
    struct aggregate *a = aggregate_of(r, out);
    (void)field;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = element(setting, i);
        if (type_check(r->diags, r->file, group, definition_measure.name, TYPE_GROUP))
            measure_read(r, group, a);
    }
}

/* ---- what needs the whole stage ---- */

static const struct aggregate_by *by_of(const struct aggregate *a, const char *to)
{
    for (size_t i = 0; i < a->by_count; i++)
        if (text_equal(a->by[i].to, to))
            return &a->by[i];
    return NULL;
}

static void check_targets(const struct aggregate *a, struct diags *diags)
{
    for (size_t i = 0; i < a->by_count; i++)
        for (size_t k = 0; k < i; k++)
            if (text_equal(a->by[i].to, a->by[k].to))
                diag_error(diags, a->by[i].at, "two dimensions go to column \"%s\" of the target",
                           a->by[i].to);
    for (size_t i = 0; i < a->measure_count; i++) {
        const struct measure *m = &a->measures[i];
        bool twice = m->to && by_of(a, m->to);
        for (size_t k = 0; k < i; k++)
            twice |= m->to && text_equal(a->measures[k].to, m->to);
        if (twice)
            diag_error(diags, m->at, "column \"%s\" of the target is filled twice", m->to);
    }
}

static void check_fold(const struct aggregate *a, struct diags *diags)
{
    for (size_t i = 0; i < a->fold.count; i++) {
        const struct aggregate_by *by = by_of(a, a->fold.items[i]);
        if (!by)
            diag_hint(diags,
                      diag_error(diags, a->fold_at, "\"fold\" names \"%s\", which is not in \"by\"",
                                 a->fold.items[i]),
                      "Name dimensions by their columns of the target.");
        else if (by->truncated)
            diag_hint(diags,
                      diag_error(diags, a->fold_at, "\"fold\" names the period, \"%s\"", by->to),
                      "Cells are closed period by period. Use a longer unit instead.");
    }
}

void aggregate_check(const struct category *c, const struct stage *stage, struct diags *diags)
{
    static const struct aggregate nothing;
    const struct aggregate *a = stage->aggregate ? stage->aggregate : &nothing;
    size_t periods = 0;
    if (!a->into.schema)
        diag_hint(diags, diag_error(diags, stage->at, "stage \"%s\" has no \"into\"", stage->name),
                  "Name the table that the cells are published in.");
    if (!a->measure_count)
        diag_hint(diags,
                  diag_error(diags, stage->at, "stage \"%s\" has no \"measures\"", stage->name),
                  "Add measures = ( { count = \"records\"; } ).");
    for (size_t i = 0; i < a->by_count; i++)
        periods += a->by[i].truncated != 0;
    if (periods != 1)
        diag_hint(diags,
                  diag_error(diags, stage->at,
                             "\"by\" of stage \"%s\" has %s: a cell is closed when its period is "
                             "over",
                             stage->name, periods ? "more than one period" : "no period"),
                  periods ? "Leave as = \"date_trunc\" to one dimension."
                          : "Add { column = \"...\"; as = \"date_trunc\"; unit = \"month\"; }.");
    if (!c->subject_count)
        diag_hint(diags,
                  diag_error(diags, stage->at,
                             "stage \"%s\" aggregates, but the category has no subject",
                             stage->name),
                  "A cell is published when it counts at least %lld distinct subjects: say in "
                  "\"data\" who the records are about.",
                  (long long)stage->k);
    else if (c->subjects[0].kind != REF_COLUMN)
        diag_hint(diags,
                  diag_error(diags, stage->at,
                             "stage \"%s\" aggregates, but the category's first subject is no "
                             "column of the table itself",
                             stage->name),
                  "Subjects of parents and children cannot be counted in this version.");
    if (c->table.schema && a->into.schema && table_name_equal(c->table, a->into))
        diag_error(diags, stage->at, "stage \"%s\" aggregates into the table that it takes from",
                   stage->name);
    if (a->keeps && !stage->mark)
        diag_hint(diags,
                  diag_error(diags, stage->at,
                             "stage \"%s\" counts records and keeps them, but has no \"mark\"",
                             stage->name),
                  "That a record was counted cannot be seen in its values: name a column that says "
                  "so, a timestamptz or a boolean.");
    check_targets(a, diags);
    check_fold(a, diags);
}
