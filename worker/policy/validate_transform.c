/* Stages that de-identify: can the columns be changed as the policy says, and is it then true what
 * the policy claims? What only values can tell is tried on rows elsewhere (policy/sql.h:
 * sql_build_trial). */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"
#include "policy/quote.h"
#include "policy/transform.h"
#include "policy/validate_internal.h"

/* ---- what the column takes ---- */

static long decimals(const char *number)
{
    const char *point = strchr(number, '.');
    if (!point)
        return 0;
    size_t n = strlen(point + 1);
    while (n && point[n] == '0')
        n--;
    return (long)n;
}

static void check_number(struct check *check, const struct transform *t,
                         const struct catalog_column *column, const char *parameter,
                         const char *number)
{
    bool whole = strcmp(column->base_type, "smallint") == 0 ||
                 strcmp(column->base_type, "integer") == 0 ||
                 strcmp(column->base_type, "bigint") == 0;
    long scale = whole                                       ? 0
                 : strcmp(column->base_type, "numeric") == 0 ? transform_type_limit(column, 1)
                                                             : -1;
    if (!number || scale < 0 || decimals(number) <= scale)
        return;
    diag_error(check->diags, t->at,
               "\"%s\" of column \"%s\" has more decimals than its type \"%s\"", parameter,
               t->column, column->full_type);
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* PostgreSQL cuts and rounds what is cast: nobody asked for the value that would stand there. */
static void check_constant(struct check *check, const struct transform *t,
                           const struct catalog_column *column)
{
    unsigned family = transform_family(column);
    long limit = transform_type_limit(column, 0);
    const char *text = t->value.text, *point = strchr(text, '.');
    const char *expected = literal_expected(column->base_type, &t->value);
    struct diag *d = NULL;
    if (expected) {
        d = diag_error(check->diags, t->at,
                       "value \"%s\" does not fit column \"%s\" of type \"%s\"", text, t->column,
                       column->full_type);
        diag_hint(check->diags, d, "Expected is %s.", expected);
        return;
    }
    if (family == TAKES_NUMBER) {
        check_number(check, t, column, "value", text);
        return;
    }
    if (limit < 0)
        return;
    if (family == TAKES_TEXT && characters(text) > (size_t)limit)
        d = diag_error(check->diags, t->at,
                       "value \"%s\" has %zu characters, but column \"%s\" is of type \"%s\"", text,
                       characters(text), t->column, column->limited_type);
    else if (family == TAKES_MOMENT && point && strspn(point + 1, "0123456789") > (size_t)limit)
        d = diag_error(check->diags, t->at,
                       "value \"%s\" has more decimals than the type \"%s\" of column \"%s\"", text,
                       column->limited_type, t->column);
    if (d)
        diag_hint(check->diags, d, "PostgreSQL would cut it to fit.");
}

static void check_fit(struct check *check, const struct transform *t,
                      const struct catalog_column *column)
{
    check_number(check, t, column, "width", t->width.text);
    check_number(check, t, column, "min", t->min.text);
    check_number(check, t, column, "max", t->max.text);
    for (size_t i = 0; i < t->bound_count; i++)
        check_number(check, t, column, "bounds", t->bounds[i].text);
    if (text_equal(t->as->name, "constant") && t->value.text)
        check_constant(check, t, column);
    if (text_equal(t->as->name, "date_trunc") && text_equal(t->unit, "hour") &&
        text_equal(column->base_type, "date"))
        diag_hint(check->diags,
                  diag_error(check->diags, t->at,
                             "\"unit\" of column \"%s\" is \"hour\", but a date has none",
                             t->column),
                  "Use \"month\", or another unit above a day.");
    if (t->as->keyed && transform_family(column) == TAKES_TEXT &&
        transform_type_limit(column, 0) >= 0 &&
        transform_type_limit(column, 0) < TRANSFORM_DIGEST_LENGTH)
        diag_error(check->diags, t->at,
                   "\"%s\" gives %d characters, but column \"%s\" is of type \"%s\"", t->as->name,
                   TRANSFORM_DIGEST_LENGTH, t->column, column->limited_type);
    bool fixed = transform_family(column) == TAKES_TEXT && transformation_takes(t->as, "length");
    long most = fixed ? transform_type_limit(column, 0) : -1;
    if (most >= 0 && t->length > most)
        diag_error(check->diags, t->at,
                   "\"%s\" gives %lld characters, but column \"%s\" is of type \"%s\"", t->as->name,
                   (long long)t->length, t->column, column->limited_type);
}

static void check_nullable(struct check *check, const struct transform *t,
                           const struct catalog_column *column)
{
    if (!column->not_null)
        return;
    struct diag *d = diag_error(check->diags, t->at,
                                "column \"%s\" of \"%s\" is NOT NULL, and cannot be nullified",
                                t->column, check_name(check, check->table));
    diag_hint(check->diags, d,
              "Use \"constant\", or:\nALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;",
              quote_table(check->arena, check->table), quote_name(check->arena, t->column));
}

/* Of the record itself; that a dependant has no mark is said where the policy is read. */
static void check_seen(struct check *check, const struct stage *stage, const struct transform *t)
{
    if (!t->as || t->as->testable || stage->mark)
        return;
    struct diag *d = diag_error(
        check->diags, t->at,
        "that \"%s\" was done cannot be seen in column \"%s\": the stage needs a \"mark\"",
        t->as->name, t->column);
    diag_hint(check->diags, d,
              "ALTER TABLE %s ADD COLUMN deidentified_at timestamptz; and mark = "
              "\"deidentified_at\".",
              quote_table(check->arena, check->table));
}

static void check_transform(struct check *check, const struct transform *t)
{
    const struct catalog_column *column = check_column(check, t->at, check->table, t->column);
    if (!column || !t->as)
        return;
    struct string_list key =
        resolve_key(check->arena, check->table, check->category->key_given, &check->category->key);
    if (!(transform_family(column) & t->as->takes)) {
        diag_error(check->diags, t->at, "\"%s\" is for %s, but column \"%s\" is of type \"%s\"",
                   t->as->name, transform_takes_text(check->arena, t->as->takes), t->column,
                   column->type);
        return;
    }
    if (string_list_has(&key, t->column)) {
        diag_error(check->diags, t->at, "column \"%s\" is part of the key", t->column);
        return;
    }
    if (column->generated || column->identity) {
        diag_error(check->diags, t->at, "column \"%s\" is %s", t->column,
                   column->generated ? "a generated column" : "an identity column");
        return;
    }
    if (column->not_null && text_equal(t->as->name, "nullify"))
        check_nullable(check, t, column);
    if (!t->as->testable && !key.count)
        diag_error(check->diags, t->at, "\"%s\" needs a table with a key", t->as->name);
    check_fit(check, t, column);
    check_reach(check, t, column, &key);
}

/* ---- the stage ---- */

static bool stage_changes(const struct stage *stage, const char *column)
{
    for (size_t i = 0; policy_stage_column(stage, i); i++)
        if (text_equal(policy_stage_column(stage, i), column))
            return true;
    return false;
}

/* Of records that are to be done, the mark is empty: NULL, or false. */
static void check_empty(struct check *check, const struct stage *stage,
                        const struct catalog_column *mark)
{
    bool boolean = strcmp(mark->base_type, "boolean") == 0;
    if (boolean || mark->generated || (!mark->not_null && !mark->has_default))
        return;
    struct diag *d = diag_error(check->diags, stage->at,
                                "\"mark\" column \"%s\" %s: its records would count as done",
                                stage->mark, mark->not_null ? "is NOT NULL" : "has a default");
    diag_hint(
        check->diags, d,
        "It must be NULL until the stage sets it. Take a column of its own:\nALTER TABLE %s ADD "
        "COLUMN deidentified_at timestamptz; and mark = \"deidentified_at\".",
        quote_table(check->arena, check->table));
}

static void check_mark(struct check *check, const struct stage *stage)
{
    if (!stage->mark)
        return;
    const struct catalog_column *column = check_column(check, stage->at, check->table, stage->mark);
    if (!column)
        return;
    if (strcmp(column->base_type, "boolean") != 0 &&
        strcmp(column->base_type, "timestamp with time zone") != 0)
        diag_error(
            check->diags, stage->at,
            "\"mark\" must be a timestamptz or a boolean, but column \"%s\" is of type \"%s\"",
            stage->mark, column->type);
    if (column->generated)
        diag_error(check->diags, stage->at, "\"mark\" column \"%s\" is a generated column",
                   stage->mark);
    check_decides(check, stage->at, column);
    check_empty(check, stage, column);
    for (size_t i = 0; i < check->set->category_count; i++) {
        const struct category *other = &check->set->categories[i];
        if (!check_is_about_table(other) ||
            resolve_table(check->catalog, other->table) != check->table)
            continue;
        for (size_t k = 0; k < other->stage_count; k++)
            if ((&other->stages[k] != stage && text_equal(other->stages[k].mark, stage->mark)) ||
                stage_changes(&other->stages[k], stage->mark))
                diag_error(check->diags, stage->at,
                           "\"mark\" column \"%s\" is also used by stage \"%s\" of category \"%s\"",
                           stage->mark, other->stages[k].name, other->name);
    }
}

/* Two categories that share records must not change the same column: each would undo the other. */
static void check_others(struct check *check, const struct stage *stage)
{
    for (size_t i = 0; i < check->set->category_count; i++) {
        const struct category *other = &check->set->categories[i];
        if (other == check->category || !check_is_about_table(other) ||
            resolve_table(check->catalog, other->table) != check->table)
            continue;
        for (size_t k = 0; k < other->stage_count; k++)
            for (size_t c = 0; policy_stage_column(stage, c); c++)
                if (stage_changes(&other->stages[k], policy_stage_column(stage, c)) &&
                    check_may_share(check->table, check->category, other))
                    diag_error(
                        check->diags, c < stage->column_count ? stage->columns[c].at : stage->at,
                        "column \"%s\" is changed by category \"%s\" too, which may take the "
                        "same records",
                        policy_stage_column(stage, c), other->name);
    }
}

/* An earlier stage and a later one that change the same column: a record that is due for both
 * passes the later one first, and both again where the earlier one does not leave what it finds
 * then. One whose values cannot be seen to be done is done once, by its mark; so is one that
 * counts. */
static void check_pair(struct check *check, const struct stage *earlier, const struct stage *stage)
{
    for (size_t i = 0; i < stage->column_count; i++)
        for (size_t k = 0; k < earlier->column_count; k++) {
            const struct transform *later = &stage->columns[i], *t = &earlier->columns[k];
            if (!text_equal(later->column, t->column) || !t->as || !t->as->testable ||
                transform_leaves(t, later))
                continue;
            struct diag *d =
                diag_error(check->diags, later->at,
                           "what stage \"%s\" makes of column \"%s\" is changed again by stage "
                           "\"%s\"",
                           stage->name, later->column, earlier->name);
            diag_hint(check->diags, d,
                      "Use \"nullify\" in the later stage, or the same transformation with "
                      "parameters that keep less; or change the column in one stage alone.");
        }
}

static void check_earlier_stages(struct check *check, const struct stage *stage)
{
    for (const struct stage *s = check->category->stages; s < stage; s++)
        if (!policy_stage_removes(s) && !s->aggregate &&
            !check_contradict(check->table, &s->only, &stage->only))
            check_pair(check, s, stage);
}

/* Does every record that comes to the stage bear what the earlier one made of it? */
static bool passes_all(const struct stage *earlier, const struct stage *stage)
{
    return earlier == stage || (!earlier->start.ref_count && !conditions_are_given(&earlier->only));
}

static bool spares(const struct transform *t, const struct catalog_column *column,
                   const struct string_list *path)
{
    return path->count ? transform_spares_path(t, path) : column && transform_spares(t, column);
}

/* Of a stage that claims "anonymous": what is called `what` must have become something else, by it
 * or by an earlier one. A quasi-identifier alone stays as it is where enough persons share it. */
static void check_changed(struct check *check, const struct stage *stage, const char *what,
                          const char *name, const struct string_list *path)
{
    const struct catalog_column *column = catalog_column(check->table, name);
    const struct transform *spared = NULL;
    for (const struct stage *s = check->category->stages; s <= stage; s++)
        for (size_t i = 0; i < s->column_count; i++) {
            const struct transform *t = &s->columns[i];
            if (!text_equal(t->column, name) || !passes_all(s, stage))
                continue;
            if (!spares(t, column, path))
                return;
            spared = t;
        }
    const char *place = "";
    for (size_t i = 0; i < path->count; i++)
        place =
            arena_printf(check->arena, "%s%s\"%s\"", place, i ? ", " : " under ", path->items[i]);
    struct diag *diag =
        diag_error(check->diags, spared ? spared->at : stage->at,
                   "stage \"%s\" claims \"anonymous\", but leaves %s \"%s\"%s as it is",
                   stage->name, what, name, place);
    if (spared && spared->as && path->count)
        diag_hint(check->diags, diag, "\"%s\" does not take that out.", spared->as->name);
    else if (spared && spared->as && text_equal(spared->as->name, "json_drop"))
        diag_hint(check->diags, diag,
                  "\"json_drop\" leaves all that it does not name: use \"json_keep\".");
    else if (spared && spared->as)
        diag_hint(check->diags, diag, "With these parameters \"%s\" changes few values, or none.",
                  spared->as->name);
}

/* A quasi-identifier becomes NULL where its group is too small, whatever becomes of it else. */
static void check_quasi(struct check *check, const struct stage *stage)
{
    for (size_t i = 0; i < stage->quasi.count; i++) {
        const struct transform nullify = {
            .at = stage->at, .column = stage->quasi.items[i], .as = transformation_find("nullify")};
        const struct catalog_column *column = catalog_column(check->table, nullify.column);
        bool transformed = false;
        for (size_t k = 0; k < stage->column_count; k++) {
            const struct transform *t = &stage->columns[k];
            if (!text_equal(t->column, nullify.column))
                continue;
            transformed = true;
            if (t->as && !t->as->testable)
                diag_error(check->diags, stage->at,
                           "quasi-identifier \"%s\" is made \"%s\", which nobody shares", t->column,
                           t->as->name);
            if (column && column->not_null && t->as && !text_equal(t->as->name, "nullify"))
                check_nullable(check, &nullify, column);
        }
        if (!transformed)
            check_transform(check, &nullify);
        if (column && column->base_type && !column->deterministic_collation)
            diag_error(check->diags, stage->at,
                       "quasi-identifier \"%s\" has a collation that is not deterministic",
                       nullify.column);
    }
    const struct catalog_column *mark =
        stage->quasi.count && stage->mark ? catalog_column(check->table, stage->mark) : NULL;
    if (mark && strcmp(mark->base_type, "timestamp with time zone") != 0)
        diag_hint(
            check->diags,
            diag_error(check->diags, stage->at,
                       "\"mark\" column \"%s\" of a stage with \"quasi\" must be a timestamptz",
                       stage->mark),
            "It tells which records were de-identified together.");
    else if (mark && transform_type_limit(mark, 0) >= 0 && transform_type_limit(mark, 0) < 6)
        diag_hint(check->diags,
                  diag_error(check->diags, stage->at,
                             "\"mark\" column \"%s\" of a stage with \"quasi\" is of type "
                             "\"%s\", which rounds",
                             stage->mark, mark->limited_type),
                  "Records that were de-identified together are found by the very moment:\nALTER "
                  "TABLE %s ALTER COLUMN %s TYPE timestamptz;",
                  quote_table(check->arena, check->table), quote_name(check->arena, stage->mark));
}

/* Is what the earlier stage made of the column something else when the stage has passed? */
static bool is_replaced(struct check *check, const struct transform *t, const struct stage *earlier,
                        const struct stage *stage)
{
    const struct catalog_column *column = catalog_column(check->table, t->column);
    for (const struct stage *s = earlier + 1; s <= stage; s++)
        for (size_t i = 0; i < s->column_count; i++)
            if (text_equal(s->columns[i].column, t->column) && s->columns[i].as &&
                s->columns[i].as->class != CLASS_PSEUDONYMOUS && passes_all(s, stage) &&
                !(column && transform_spares(&s->columns[i], column)))
                return true;
    return false;
}

static void check_claim(struct check *check, const struct stage *stage)
{
    static const struct string_list whole;
    const struct category *category = check->category;
    if (stage->claim != CLAIM_ANONYMOUS)
        return;
    for (const struct stage *s = category->stages; s <= stage; s++)
        for (size_t i = 0; i < s->column_count; i++)
            if (s->columns[i].as && s->columns[i].as->class == CLASS_PSEUDONYMOUS &&
                !is_replaced(check, &s->columns[i], s, stage))
                diag_error(check->diags, s->columns[i].at,
                           "stage \"%s\" claims \"anonymous\", but \"%s\" is pseudonymous",
                           stage->name, s->columns[i].as->name);
    if (!category->subject_count && !category->identifiers.count)
        diag_hint(check->diags,
                  diag_error(check->diags, stage->at,
                             "stage \"%s\" claims \"anonymous\", but the category has neither "
                             "\"subject\" nor \"identifiers\"",
                             stage->name),
                  "Say in \"data\" which columns tell of a person: the claim is that they no "
                  "longer do.");
    for (size_t i = 0; i < category->subject_count; i++) {
        const struct ref *subject = &category->subjects[i];
        if (subject->kind != REF_COLUMN)
            diag_error(check->diags, stage->at,
                       "stage \"%s\" claims \"anonymous\", but the record still leads to its "
                       "subject in \"%s\"",
                       stage->name, table_name_text(check->arena, subject->table));
        else
            check_changed(check, stage, "subject", subject->column, &subject->path);
    }
    for (size_t i = 0; i < category->identifiers.count; i++)
        check_changed(check, stage, "identifier", category->identifiers.items[i], &whole);
}

/* As of a record; the row is known by the dependant's key. Its columns are no other category's. */
static void check_dependants(struct check *check, const struct dependant *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct stage *stage = policy_dependant_stage(check->category, &with[i]);
        struct category as_category = *check->category;
        struct check of = *check;
        of.table = resolve_table(check->catalog, with[i].table);
        of.category = &as_category;
        as_category.key = with[i].key;
        as_category.key_given = with[i].key.count > 0;
        for (size_t k = 0; k < with[i].column_count && stage && of.table; k++) {
            check_transform(&of, &with[i].columns[k]);
            for (size_t c = 0; c < check->set->category_count; c++) {
                const struct category *other = &check->set->categories[c];
                if (!check_is_about_table(other) ||
                    resolve_table(check->catalog, other->table) != of.table)
                    continue;
                for (size_t s = 0; s < other->stage_count; s++)
                    if (stage_changes(&other->stages[s], with[i].columns[k].column))
                        diag_error(
                            check->diags, with[i].columns[k].at,
                            "column \"%s\" is changed by category \"%s\" too, which may take "
                            "the same records",
                            with[i].columns[k].column, other->name);
            }
        }
        check_dependants(check, with[i].with, with[i].with_count);
    }
}

static const struct catalog_index *index_of(const struct catalog_table *table, const char *column)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (names_have(table->indexes[i].columns, table->indexes[i].column_count, column))
            return &table->indexes[i];
    return NULL;
}

/* PostgreSQL keeps a changed row in its page, and leaves the indexes alone, only where none of them
 * has a column that changes. */
static void hint_at_indexes(struct check *check, const struct stage *stage)
{
    struct text columns = {0};
    const char *column;
    for (size_t i = 0; (column = policy_stage_column(stage, i)) != NULL; i++) {
        const struct catalog_index *index = index_of(check->table, column);
        if (index)
            text_printf(&columns, "%s\"%s\" (index \"%s\")", columns.length ? ", " : "", column,
                        index->name);
    }
    if (columns.length) {
        struct diag *d = diag_warning(
            check->diags, stage->at,
            "stage \"%s\" changes columns that indexes have: %s; each change writes every index of "
            "\"%s\"",
            stage->name, columns.data, check_name(check, check->table));
        diag_hint(
            check->diags, d,
            "Where no index has them, changed rows stay in their page (HOT), which is several "
            "times as fast: drop those that nothing needs.");
    }
    text_free(&columns);
}

void check_transforms(struct check *check)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < category->identifiers.count; i++)
        check_column(check, category->data_at, check->table, category->identifiers.items[i]);
    for (size_t i = 0; i < category->stage_count; i++) {
        const struct stage *stage = &category->stages[i];
        if (policy_stage_removes(stage))
            continue;
        for (size_t k = 0; k < stage->column_count; k++) {
            check_transform(check, &stage->columns[k]);
            check_seen(check, stage, &stage->columns[k]);
        }
        check_mark(check, stage);
        check_quasi(check, stage);
        check_others(check, stage);
        check_earlier_stages(check, stage);
        check_claim(check, stage);
        hint_at_indexes(check, stage);
    }
    check_dependants(check, category->with, category->with_count);
}
