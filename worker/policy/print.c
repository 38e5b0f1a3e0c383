/* The normalised text. Canonical order is the order of the tables in syntax.c and syntax_period.c;
 * what equals the default is left out; every list is written in the order of the file, since order
 * has a meaning or a change of it is none to hide. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"
#include "policy/transform.h"

struct printer {
    struct text out;
    struct arena *arena;
    int depth;
};

static void indent(struct printer *p)
{
    for (int i = 0; i < p->depth; i++)
        text_add(&p->out, "  ");
}

static void add_quoted(struct printer *p, const char *s)
{
    text_add_char(&p->out, '"');
    for (; s && *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            text_printf(&p->out, "\\%c", c);
        else if (c == '\n')
            text_add(&p->out, "\\n");
        else if (c == '\r')
            text_add(&p->out, "\\r");
        else if (c == '\t')
            text_add(&p->out, "\\t");
        else if (c < 0x20 || c == 0x7F)
            text_printf(&p->out, "\\x%02x", c);
        else
            text_add_char(&p->out, (char)c);
    }
    text_add_char(&p->out, '"');
}

static void add_key(struct printer *p, const char *key)
{
    indent(p);
    text_printf(&p->out, "%s = ", key);
}

static void add_end(struct printer *p)
{
    text_add(&p->out, ";\n");
}

static void add_string(struct printer *p, const char *key, const char *value)
{
    if (!value)
        return;
    add_key(p, key);
    add_quoted(p, value);
    add_end(p);
}

static void add_period(struct printer *p, const char *key, struct period period)
{
    add_string(p, key, period.text);
}

static void add_table(struct printer *p, const char *key, struct table_name table)
{
    add_string(p, key, table_name_text(p->arena, table));
}

/* Integers beyond 32 bits need an L. */
static void add_integer_value(struct printer *p, int64_t value)
{
    text_printf(&p->out, "%" PRId64 "%s", value, value < INT32_MIN || value > INT32_MAX ? "L" : "");
}

static void add_strings(struct printer *p, const char *key, const struct string_list *list)
{
    add_key(p, key);
    text_add(&p->out, "[ ");
    for (size_t i = 0; i < list->count; i++) {
        text_add(&p->out, i ? ", " : "");
        add_quoted(p, list->items[i]);
    }
    text_add(&p->out, list->count ? " ]" : "]");
    add_end(p);
}

static void open_group(struct printer *p, const char *key)
{
    indent(p);
    text_printf(&p->out, "%s: {\n", key);
    p->depth++;
}

static void close_group(struct printer *p)
{
    p->depth--;
    indent(p);
    text_add(&p->out, "};\n");
}

static void open_list(struct printer *p, const char *key)
{
    indent(p);
    text_printf(&p->out, "%s = (\n", key);
    p->depth++;
}

static void close_list(struct printer *p)
{
    p->depth--;
    indent(p);
    text_add(&p->out, ");\n");
}

static void open_element(struct printer *p)
{
    indent(p);
    text_add(&p->out, "{\n");
    p->depth++;
}

static void close_element(struct printer *p, bool last)
{
    p->depth--;
    indent(p);
    text_add(&p->out, last ? "}\n" : "},\n");
}

/* ---- references ---- */

static bool ref_is_plain(const struct ref *ref)
{
    return ref->kind == REF_COLUMN && !ref->path.count && !ref->subject_kind && !ref->as &&
           ref->unit == UNIT_NONE;
}

static void print_ref_value(struct printer *p, const char *key, const struct ref *ref);

static void print_ref_keys(struct printer *p, const struct ref *ref)
{
    static const char *const pick_keys[] = {"column", "latest", "earliest"};
    if (ref->kind == REF_PARENT)
        add_table(p, "parent", ref->table);
    if (ref->kind == REF_CHILD)
        add_table(p, "child", ref->table);
    if (ref->kind != REF_COLUMN)
        add_strings(p, "by", &ref->by);
    add_string(p, ref->kind == REF_CHILD ? pick_keys[ref->pick] : "column", ref->column);
    if (ref->path.count)
        add_strings(p, "path", &ref->path);
    if (ref->none)
        print_ref_value(p, "none", ref->none);
    add_string(p, "kind", ref->subject_kind);
    add_string(p, "as", ref->as);
    if (ref->unit == UNIT_EPOCH_S || ref->unit == UNIT_EPOCH_MS)
        add_string(p, "unit", ref->unit == UNIT_EPOCH_S ? "epoch_s" : "epoch_ms");
}

static void print_ref_value(struct printer *p, const char *key, const struct ref *ref)
{
    if (ref_is_plain(ref)) {
        add_string(p, key, ref->column);
        return;
    }
    open_group(p, key);
    print_ref_keys(p, ref);
    close_group(p);
}

static void print_ref_list(struct printer *p, const char *key, const struct ref *refs, size_t count)
{
    open_list(p, key);
    for (size_t i = 0; i < count; i++) {
        if (ref_is_plain(&refs[i])) {
            indent(p);
            add_quoted(p, refs[i].column);
            text_add(&p->out, i + 1 == count ? "\n" : ",\n");
            continue;
        }
        open_element(p);
        print_ref_keys(p, &refs[i]);
        close_element(p, i + 1 == count);
    }
    close_list(p);
}

static void print_start(struct printer *p, const struct start *start)
{
    static const char *const rounds[] = {NULL, "day", "month", "quarter", "year"};
    if (!start->ref_count)
        return;
    bool default_before = text_equal(start->not_before, "1970-01-02");
    if (start->form == START_SINGLE && !start->round_up && default_before) {
        print_ref_value(p, "start", &start->refs[0]);
        return;
    }
    open_group(p, "start");
    if (start->form == START_SINGLE)
        print_ref_keys(p, &start->refs[0]);
    else
        print_ref_list(p, start->form == START_LATEST ? "latest" : "earliest", start->refs,
                       start->ref_count);
    if (start->ignore_nulls)
        add_string(p, "nulls", "ignore");
    add_string(p, "round_up", rounds[start->round_up]);
    if (!default_before)
        add_string(p, "not_before", start->not_before);
    close_group(p);
}

/* ---- conditions ---- */

static void add_literal(struct printer *p, const struct literal *literal)
{
    if (literal->type == LITERAL_STRING)
        add_quoted(p, literal->text);
    else if (literal->type == LITERAL_INTEGER)
        add_integer_value(p, strtoll(literal->text, NULL, 10));
    else
        text_add(&p->out, literal->text);
}

static void print_condition(struct printer *p, const struct condition *c)
{
    static const char *const ops[] = {"eq", "ne",     "lt",      "le",         "gt",          "ge",
                                      "in", "not_in", "is_null", "older_than", "younger_than"};
    print_ref_keys(p, &c->ref);
    if (c->op == OP_OLDER_THAN || c->op == OP_YOUNGER_THAN) {
        add_period(p, ops[c->op], c->period);
    } else if (c->op == OP_IS_NULL) {
        add_key(p, ops[c->op]);
        text_add(&p->out, c->is_null ? "true" : "false");
        add_end(p);
    } else {
        bool list = c->op == OP_IN || c->op == OP_NOT_IN;
        add_key(p, ops[c->op]);
        text_add(&p->out, list ? "[ " : "");
        for (size_t i = 0; i < c->value_count; i++) {
            text_add(&p->out, i ? ", " : "");
            add_literal(p, &c->values[i]);
        }
        text_add(&p->out, list ? " ]" : "");
        add_end(p);
    }
    if (c->on_null != ON_NULL_UNSAID)
        add_string(p, "nulls", c->on_null == ON_NULL_MATCH ? "match" : "skip");
}

static void print_condition_list(struct printer *p, const char *key, const struct condition *items,
                                 size_t count)
{
    if (!count)
        return;
    open_list(p, key);
    for (size_t i = 0; i < count; i++) {
        open_element(p);
        print_condition(p, &items[i]);
        close_element(p, i + 1 == count);
    }
    close_list(p);
}

static void print_conditions(struct printer *p, const struct conditions *c)
{
    if (c->rest)
        add_string(p, "only", "rest");
    print_condition_list(p, "only", c->all, c->all_count);
    print_condition_list(p, "any", c->any, c->any_count);
}

/* ---- the rest of a category ---- */

static void print_dependants(struct printer *p, const struct dependant *items, size_t count);

static void print_data(struct printer *p, const struct category *c)
{
    open_group(p, "data");
    add_table(p, "table", c->table);
    if (c->key_given)
        add_strings(p, "key", &c->key);
    print_start(p, &c->start);
    if (c->subject_count)
        print_ref_list(p, "subject", c->subjects, c->subject_count);
    if (c->has_tenant)
        print_ref_value(p, "tenant", &c->tenant);
    print_conditions(p, &c->only);
    add_string(p, "rest_of", c->rest_of);
    print_dependants(p, c->with, c->with_count);
    if (c->wait_for.count)
        add_strings(p, "wait_for", &c->wait_for);
    if (c->identifiers.count)
        add_strings(p, "identifiers", &c->identifiers);
    close_group(p);
}

static void print_rule(struct printer *p, const struct duration_rule *rule)
{
    add_period(p, "for", rule->period);
    add_string(p, "because", rule->because);
    print_start(p, &rule->start);
    add_string(p, "stage", rule->stage);
}

static void print_limits(struct printer *p, const struct category *c)
{
    if (c->floor_count) {
        open_list(p, "keep_at_least");
        for (size_t i = 0; i < c->floor_count; i++) {
            open_element(p);
            print_rule(p, &c->floors[i]);
            close_element(p, i + 1 == c->floor_count);
        }
        close_list(p);
    }
    if (c->cap) {
        open_group(p, "keep_at_most");
        print_rule(p, c->cap);
        close_group(p);
    }
    if (!c->keep_while_count)
        return;
    open_list(p, "keep_while");
    for (size_t i = 0; i < c->keep_while_count; i++) {
        const struct keep_while *k = &c->keep_while[i];
        open_element(p);
        if (k->has_child) {
            add_table(p, "child", k->child);
            add_strings(p, "by", &k->by);
        }
        print_conditions(p, &k->only);
        add_string(p, "because", k->because);
        close_element(p, i + 1 == c->keep_while_count);
    }
    close_list(p);
}

static void add_integer(struct printer *p, const char *key, int64_t value, int64_t default_value)
{
    if (value == default_value)
        return;
    add_key(p, key);
    add_integer_value(p, value);
    add_end(p);
}

static void print_by(struct printer *p, const struct aggregate *a)
{
    open_list(p, "by");
    for (size_t i = 0; i < a->by_count; i++) {
        const struct aggregate_by *by = &a->by[i];
        open_element(p);
        add_string(p, "column", by->column);
        if (by->truncated) {
            add_string(p, "as", "date_trunc");
            add_string(p, "unit", by_unit_name(by->unit));
        }
        if (!text_equal(by->to, by->column))
            add_string(p, "to", by->to);
        close_element(p, i + 1 == a->by_count);
    }
    close_list(p);
}

static void print_measures(struct printer *p, const struct aggregate *a)
{
    open_list(p, "measures");
    for (size_t i = 0; i < a->measure_count; i++) {
        const struct measure *m = &a->measures[i];
        open_element(p);
        add_string(p, measure_kind_name(m->kind), m->column ? m->column : m->to);
        if (m->column && !text_equal(m->to, m->column))
            add_string(p, "to", m->to);
        if (m->bounds.count) {
            add_key(p, "bounds");
            text_add(&p->out, "( "); /* whole numbers and others may stand side by side */
            for (size_t k = 0; k < m->bounds.count; k++)
                text_printf(&p->out, "%s%s", k ? ", " : "", m->bounds.items[k]);
            text_add(&p->out, " )");
            add_end(p);
        }
        close_element(p, i + 1 == a->measure_count);
    }
    close_list(p);
}

static void print_aggregate(struct printer *p, const struct aggregate *a)
{
    if (a->into.schema)
        add_table(p, "into", a->into);
    print_by(p, a);
    print_measures(p, a);
    if (a->fold.count)
        add_strings(p, "fold", &a->fold);
    if (a->keeps)
        add_string(p, "then", "deidentify");
}

static void add_string_list(struct printer *p, const char *key, const struct string_list *list)
{
    if (list->count)
        add_strings(p, key, list);
}

static void add_parameter(struct printer *p, const char *key, const struct literal *literal)
{
    if (!literal->text)
        return;
    add_key(p, key);
    add_literal(p, literal);
    add_end(p);
}

/* Defaults are written too: a later version's must not change what was approved. */
static void print_transform(struct printer *p, const struct transform *t)
{
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {{"length", t->length},
                   {"v4", t->v4},
                   {"v6", t->v6},
                   {"first", t->first},
                   {"last", t->last}};
    const struct {
        const char *key, *value;
    } texts[] = {{"keep", t->keep}, {"unit", t->unit}, {"char", t->fill}, {"domain", t->domain}};
    add_string(p, "name", t->column);
    if (!t->as)
        return;
    add_string(p, "as", t->as->name);
    add_parameter(p, "value", &t->value);
    add_string_list(p, "paths", &t->paths);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        if (transformation_takes(t->as, texts[i].key))
            add_string(p, texts[i].key, texts[i].value);
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        if (transformation_takes(t->as, numbers[i].key)) {
            add_key(p, numbers[i].key);
            add_integer_value(p, numbers[i].value);
            add_end(p);
        }
    add_string_list(p, "small", &t->small);
    add_parameter(p, "width", &t->width);
    if (t->bound_count) {
        add_key(p, "bounds");
        text_add(&p->out, "[ ");
        for (size_t i = 0; i < t->bound_count; i++) {
            text_add(&p->out, i ? ", " : "");
            add_literal(p, &t->bounds[i]);
        }
        text_add(&p->out, " ]");
        add_end(p);
    }
    if (t->clamp) {
        add_key(p, "clamp");
        text_add(&p->out, "true");
        add_end(p);
    }
    add_parameter(p, "min", &t->min);
    add_parameter(p, "max", &t->max);
    add_string_list(p, "allow", &t->allow);
}

static void print_transforms(struct printer *p, const struct transform *columns, size_t count)
{
    if (!count)
        return;
    open_list(p, "columns");
    for (size_t i = 0; i < count; i++) {
        open_element(p);
        print_transform(p, &columns[i]);
        close_element(p, i + 1 == count);
    }
    close_list(p);
}

static void print_changes(struct printer *p, const struct stage *s)
{
    print_transforms(p, s->columns, s->column_count);
    add_string(p, "mark", s->mark);
    if (s->quasi.count) { /* with k: another one is another change */
        add_strings(p, "quasi", &s->quasi);
        add_integer(p, "k", s->k, 11);
    }
    if (s->claim == CLAIM_ANONYMOUS)
        add_string(p, "claim", "anonymous");
}

static void print_dependants(struct printer *p, const struct dependant *items, size_t count)
{
    if (!count)
        return;
    open_list(p, "with");
    for (size_t i = 0; i < count; i++) {
        open_element(p);
        add_table(p, "table", items[i].table);
        add_strings(p, "by", &items[i].by);
        if (items[i].key.count)
            add_strings(p, "key", &items[i].key);
        print_transforms(p, items[i].columns, items[i].column_count);
        if (items[i].stage)
            add_string(p, "stage", items[i].stage);
        print_dependants(p, items[i].with, items[i].with_count);
        close_element(p, i + 1 == count);
    }
    close_list(p);
}

const char *dependant_changes_print(struct arena *arena, const struct dependant *dependant)
{
    struct printer p = {.arena = arena};
    print_transforms(&p, dependant->columns, dependant->column_count);
    if (dependant->stage)
        add_string(&p, "stage", dependant->stage);
    const char *text = arena_strdup(arena, text_string(&p.out));
    text_free(&p.out);
    return text;
}

const char *changes_print(struct arena *arena, const struct stage *stage)
{
    struct printer p = {.arena = arena};
    print_changes(&p, stage);
    const char *text = arena_strdup(arena, text_string(&p.out));
    text_free(&p.out);
    return text;
}

static void print_stages(struct printer *p, const struct category *c)
{
    if (!c->stage_count)
        return;
    open_list(p, "stages");
    for (size_t i = 0; i < c->stage_count; i++) {
        const struct stage *s = &c->stages[i];
        open_element(p);
        if (!text_equal(s->name, policy_action_name(s->action)))
            add_string(p, "name", s->name);
        add_period(p, "after", s->after);
        add_string(p, "do", policy_action_name(s->action));
        print_start(p, &s->start);
        print_conditions(p, &s->only);
        print_changes(p, s);
        if (!s->quasi.count)
            add_integer(p, "k", s->k, 11);
        if (s->aggregate)
            print_aggregate(p, s->aggregate);
        close_element(p, i + 1 == c->stage_count);
    }
    close_list(p);
}

static void print_agreements(struct printer *p, const struct category *c)
{
    const struct agreement_table *t = &c->agreement_table;
    if (c->agreement_count) {
        open_list(p, "agreements");
        for (size_t i = 0; i < c->agreement_count; i++) {
            open_element(p);
            add_string(p, "tenant", c->agreements[i].tenant);
            add_string(p, "stage", c->agreements[i].stage);
            add_period(p, "after", c->agreements[i].after);
            add_string(p, "because", c->agreements[i].because);
            close_element(p, i + 1 == c->agreement_count);
        }
        close_list(p);
    }
    if (!t->at.file)
        return;
    open_group(p, "agreements");
    add_table(p, "table", t->table);
    add_string(p, "tenant", t->tenant);
    add_string(p, "period", t->period);
    if (t->unit != UNIT_NONE)
        add_string(p, "unit", t->unit == UNIT_DAYS ? "days" : "months");
    add_string(p, "stage", t->stage);
    add_period(p, "min", t->min);
    add_period(p, "max", t->max);
    if (!text_equal(t->settle.text, "14 days"))
        add_period(p, "settle", t->settle);
    close_group(p);
}

static void add_number(struct printer *p, const char *key, double value, double default_value)
{
    if (value >= default_value && value <= default_value)
        return;
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    add_key(p, key);
    text_printf(&p->out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
    add_end(p);
}

static void print_brake(struct printer *p, const struct brake *b)
{
    struct printer inner = {.arena = p->arena, .depth = p->depth + 1};
    add_integer(&inner, "rows", b->rows, 1000000);
    add_number(&inner, "fraction", b->fraction, 0.25);
    add_number(&inner, "tenant_fraction", b->tenant_fraction, 0.5);
    add_integer(&inner, "min_rows", b->min_rows, 1000);
    if (inner.out.length) {
        open_group(p, "brake");
        text_add(&p->out, inner.out.data);
        close_group(p);
    }
    text_free(&inner.out);
}

static void print_safety(struct printer *p, const struct category *c)
{
    static const char *const guards[] = {NULL, "observe", "refuse"};
    static const char *const strategies[] = {NULL, "index", "sweep", "partition"};
    if (c->evidence == EVIDENCE_COUNTS)
        add_string(p, "evidence", "counts");
    add_string(p, "guard", guards[c->guard]);
    add_string(p, "strategy", strategies[c->strategy]);
    if (c->drop_empty) {
        add_key(p, "drop_empty");
        text_add(&p->out, "true");
        add_end(p);
    }
    if (c->accept_trigger_count) {
        struct string_list list = {0};
        for (size_t i = 0; i < c->accept_trigger_count; i++) {
            list.items = arena_push(p->arena, list.items, &list.count, sizeof(*list.items));
            list.items[i] = arena_printf(p->arena, "%s:%s", c->accept_triggers[i].name,
                                         c->accept_triggers[i].sha256);
        }
        add_strings(p, "accept_triggers", &list);
    }
    if (c->window.given)
        add_string(p, "window",
                   arena_printf(p->arena, "%02d:%02d-%02d:%02d", c->window.from_minute / 60,
                                c->window.from_minute % 60, c->window.to_minute / 60,
                                c->window.to_minute % 60));
    if (c->pace_preset || c->pace_rows_per_second) {
        open_group(p, "pace");
        if (c->pace_preset)
            add_string(p, "preset", c->pace_preset);
        add_integer(p, "rows_per_second", c->pace_rows_per_second, 0);
        close_group(p);
    }
    print_brake(p, &c->brake);
}

static const char *printed(struct printer *p)
{
    const char *text = arena_strdup(p->arena, text_string(&p->out));
    text_free(&p->out);
    return text;
}

const char *category_print(struct arena *arena, const struct category *c)
{
    static const char *const modes[] = {NULL, "enforce", "declared"};
    struct printer p = {.arena = arena};
    open_group(&p, c->name);
    add_string(&p, "title", c->title);
    if (c->role == ROLE_PROCESSOR)
        add_string(&p, "role", "processor");
    add_string(&p, "basis", c->basis);
    add_string(&p, "notice", c->notice);
    add_string(&p, "sensitivity", c->sensitivity);
    add_string(&p, "mode", modes[c->mode]);
    add_string(&p, "at", c->held_at);
    if (!text_equal(c->timezone, "UTC"))
        add_string(&p, "timezone", c->timezone);
    if (c->data_at.file)
        print_data(&p, c);
    print_limits(&p, c);
    print_stages(&p, c);
    print_agreements(&p, c);
    print_safety(&p, c);
    close_group(&p);
    return printed(&p);
}

const char *ref_print(struct arena *arena, const struct ref *ref)
{
    struct printer p = {.arena = arena};
    print_ref_keys(&p, ref);
    return printed(&p);
}

const char *start_print(struct arena *arena, const struct start *start)
{
    struct printer p = {.arena = arena};
    print_start(&p, start);
    return printed(&p);
}

const char *aggregate_print(struct arena *arena, const struct aggregate *aggregate)
{
    struct printer p = {.arena = arena};
    if (aggregate)
        print_aggregate(&p, aggregate);
    return printed(&p);
}

const char *conditions_print(struct arena *arena, const struct conditions *conditions)
{
    struct printer p = {.arena = arena};
    print_conditions(&p, conditions);
    return printed(&p);
}
