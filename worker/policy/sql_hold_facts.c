/* What the database needs to know of a category to place holds (category.hold_facts): which kinds
 * of values its records have, one statement that counts what a hold covers and one that tells which
 * of its subjects are found there, and by which digests it knows the statements of plan and
 * explain.
 *
 * These two statements have no parameters of ours, so that a function can run them: values stand in
 * them as literals, and $1 is the hold. */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "policy/sql_private.h"

static const char *count(struct sql_builder *b)
{
    sql_begin(b);
    b->literal = true;
    const char *claim = sql_claim(b, &b->target, b->category);
    const char *held = sql_held_by(b, "$1::uuid");
    struct text where = {0};
    sql_add_and(&where, claim);
    sql_add_and(&where, held);
    struct sql_statement statement =
        sql_finish(b, arena_printf(b->arena, "SELECT count(*) AS rows\n  FROM %s t\n WHERE %s",
                                   sql_from(b, b->target.table), text_string(&where)));
    text_free(&where);
    b->literal = false;
    return statement.text;
}

/* "": the category has no subject */
static const char *found(struct sql_builder *b)
{
    sql_begin(b);
    b->literal = true;
    const char *text = sql_found_subjects(b, "$1::uuid");
    struct sql_statement statement = sql_finish(b, text);
    b->literal = false;
    return statement.text;
}

static const char *ref_type(const struct sql_builder *b, const struct ref *ref)
{
    const struct catalog_table *table =
        ref->kind == REF_COLUMN ? b->target.table : sql_catalog_table(b, ref->table);
    return sql_ref_type(ref, table);
}

/* In quotes where it has one of the characters that stand between names. */
static void add_name(struct text *text, const char *name)
{
    if (*name && !strpbrk(name, "\",@<#")) {
        text_add(text, name);
        return;
    }
    text_add_char(text, '"');
    for (const char *p = name; *p; p++)
        text_printf(text, *p == '"' ? "%c\"" : "%c", *p);
    text_add_char(text, '"');
}

static void add_names(struct text *text, char mark, const struct string_list *names)
{
    for (size_t i = 0; i < names->count; i++) {
        text_add_char(text, i ? ',' : mark);
        add_name(text, names->items[i]);
    }
}

/* What the value is read from, by name: a policy may not lose it while a hold relies on it. The
 * column of another table, or of another row of the same one, is another one, whatever its name:
 * "@" is before the columns that lead to a parent, "<" before those by which a child leads here,
 * "#" before a path. Two references have one name only if they read the same value. */
static const char *ref_name(const struct sql_builder *b, const struct ref *ref)
{
    struct text text = {0};
    struct table_name own = {b->target.table->schema, b->target.table->name};
    text_printf(&text, "%s.",
                table_name_text(b->arena, ref->kind == REF_COLUMN ? own : ref->table));
    add_name(&text, ref->column);
    add_names(&text, ref->kind == REF_CHILD ? '<' : '@', &ref->by);
    add_names(&text, '#', &ref->path);
    return sql_take_text(b->arena, &text);
}

/* One a form; the references that share it stand in its "columns". */
static json_t *subjects(struct sql_builder *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->category->subject_count; i++) {
        const struct ref *ref = &b->category->subjects[i];
        const char *form = sql_subject_form(b, ref);
        json_t *same = NULL, *other;
        size_t k;
        json_array_foreach(list, k, other)
        {
            if (text_equal(json_string_value(json_object_get(other, "form")), form))
                same = other;
        }
        if (!same) {
            same = json_pack("{ss ss? ss ss s[]}", "kind", ref->subject_kind, "as", ref->as, "type",
                             ref_type(b, ref), "form", form, "columns");
            json_array_append_new(list, same);
        }
        json_array_append_new(json_object_get(same, "columns"), json_string(ref_name(b, ref)));
    }
    return list;
}

static json_t *key(const struct sql_builder *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->target.key.count; i++) {
        const char *name = b->target.key.items[i];
        json_array_append_new(list,
                              json_pack("{ss ss}", "column", name, "type",
                                        sql_fact_type(catalog_column(b->target.table, name))));
    }
    return list;
}

static json_t *hold_facts(struct arena *arena, const struct policy_set *set,
                          const struct category *category, const struct catalog *catalog)
{
    json_t *facts;
    if (category->mode == MODE_DECLARED) {
        facts = json_pack("{ss}", "declared", category->held_at ? category->held_at : "");
    } else {
        struct sql_builder builder, *b = &builder;
        sql_builder_init(b, arena, set, category, 0, catalog);
        facts = json_pack("{so sb so ss ss}", "subjects", subjects(b), "start", 1, "key", key(b),
                          "count", count(b), "timezone", category->timezone);
        if (facts && category->subject_count)
            json_object_set_new(facts, "found", json_string(found(b)));
        if (facts && category->has_tenant)
            json_object_set_new(facts, "tenant",
                                json_pack("{ss s[s]}", "type", ref_type(b, &category->tenant),
                                          "columns", ref_name(b, &category->tenant)));
    }
    return facts;
}

static const char *take_json(struct arena *arena, json_t *facts)
{
    char *text = facts ? json_dumps(facts, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (!text)
        abort(); /* out of memory: there is nothing else that could fail */
    const char *result = arena_strdup(arena, text);
    free(text);
    json_decref(facts);
    return result;
}

const char *sql_hold_facts(struct arena *arena, const struct policy_set *set,
                           const struct category *category, const struct catalog *catalog)
{
    return take_json(arena, hold_facts(arena, set, category, catalog));
}

const char *sql_hold_bound(struct arena *arena, const struct policy_set *set,
                           const struct category *category, const struct catalog *catalog)
{
    static const char *const unbound[] = {"count", "found", "timezone"};
    json_t *facts = hold_facts(arena, set, category, catalog);
    for (size_t i = 0; i < sizeof(unbound) / sizeof(*unbound); i++)
        json_object_del(facts, unbound[i]);
    return take_json(arena, facts);
}

static void add_statement(json_t *list, struct sql_statement statement)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    if (!statement.text || !*statement.text)
        return;
    if (!EVP_Digest(statement.text, strlen(statement.text), digest, &size, EVP_sha256(), NULL))
        abort(); /* without a digest nothing can be recognised */
    hex_encode(hex, digest, size);
    json_array_append_new(list, json_string(hex));
}

/* plan asks of one category alone, or of all that act, in the order in which they would. */
static void add_plans(struct arena *arena, const struct policy_set *set,
                      const struct category *category, size_t stage, const struct catalog *catalog,
                      json_t *list)
{
    struct string_list all = {0};
    for (size_t i = 0; i < set->category_count; i++)
        if (set->categories[i].mode == MODE_ENFORCE) {
            all.items = arena_push(arena, all.items, &all.count, sizeof(*all.items));
            all.items[all.count - 1] = set->categories[i].name;
        }
    const struct string_list alone = {(const char **)&category->name, 1}, none = {0};
    const struct string_list *const acting[] = {&all, &alone, &none};
    for (size_t i = 0; i < sizeof(acting) / sizeof(*acting); i++)
        add_statement(list, sql_build_forecast(arena, set, category, stage, catalog, acting[i],
                                               SQL_ALL_SHAPES | SQL_READERS));
}

/* What plan shows of a transformation, on a made-up value. */
static void add_examples(struct arena *arena, const struct policy_set *set,
                         const struct category *category, size_t stage,
                         const struct catalog *catalog, struct table_name table,
                         const struct transform *columns, size_t count, json_t *list)
{
    for (size_t i = 0; i < count; i++)
        add_statement(list,
                      sql_build_example(arena, set, category, stage, catalog, &columns[i], table));
}

static void add_dependants_examples(struct arena *arena, const struct policy_set *set,
                                    const struct category *category, size_t stage,
                                    const struct catalog *catalog, const struct dependant *with,
                                    size_t count, json_t *list)
{
    for (size_t i = 0; i < count; i++) {
        add_examples(arena, set, category, stage, catalog, with[i].table, with[i].columns,
                     with[i].column_count, list);
        add_dependants_examples(arena, set, category, stage, catalog, with[i].with,
                                with[i].with_count, list);
    }
}

const char *sql_load_facts(struct arena *arena, const struct policy_set *set,
                           const struct category *category, const struct catalog *catalog)
{
    json_t *facts = hold_facts(arena, set, category, catalog), *list = json_array();
    for (size_t i = 0; category->mode != MODE_DECLARED && i < category->stage_count; i++) {
        const struct sql_category *sql = sql_build_category(arena, set, category, i, catalog);
        add_statement(list, sql->unclaimed);
        add_statement(list, sql->explain);
        add_statement(list, sql->groups);
        add_plans(arena, set, category, i, catalog, list);
        const struct stage *stage = &category->stages[i];
        add_examples(arena, set, category, i, catalog, category->table, stage->columns,
                     stage->column_count, list);
        add_dependants_examples(arena, set, category, i, catalog, category->with,
                                category->with_count, list);
    }
    if (json_array_size(list))
        json_object_set(facts, "statements", list);
    json_decref(list);
    return take_json(arena, facts);
}
