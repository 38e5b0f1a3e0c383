/* retentionctl plan: what a run would do now. One snapshot, read-only, by the conditions that a run
 * acts by: the numbers are those of the builder's own statements. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/cause.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/plan_aggregate.h"
#include "cli/plan_internal.h"
#include "policy/transform.h"
#include "policy/validate.h"

static const struct table_column columns[] = {
    {"category", CELL_TEXT, "category"},
    {"stage", CELL_TEXT, "stage"},
    {"due", CELL_NUMBER, "due"},
    {"held", CELL_NUMBER, "held"},
    {"kept", CELL_NUMBER, "kept"},
    {"waiting", CELL_NUMBER, "waiting"},
    {"to act", CELL_NUMBER, "to_act"},
    {"not started", CELL_NUMBER, "not_started"},
    {"unclaimed", CELL_NUMBER, "unclaimed"},
    {"oldest due", CELL_TIME, "oldest"},
    {"strategy", CELL_TEXT, "strategy"},
};

/* Numbers of one stage; the texts live in the arena, moments are in UTC. */
struct numbers {
    const char *plan[PLAN_COLUMNS];
    const char *unclaimed;
};

static int64_t number(const char *s)
{
    int64_t n = 0;
    return s && cli_number(s, &n) ? n : 0;
}

/* The statements print moments in the category's time zone. */
static bool to_utc(struct session *session, struct numbers *n, struct error *error)
{
    const char *const values[] = {n->plan[PLAN_OLDEST], n->plan[PLAN_NEXT_DUE]};
    PGresult *utc _cleanup_result_ = session_file(session, "cli/utc.sql", 2, values, error);
    if (!utc)
        return false;
    n->plan[PLAN_OLDEST] = arena_strdup(session->cli->arena, result_value(utc, 0, 0));
    n->plan[PLAN_NEXT_DUE] = arena_strdup(session->cli->arena, result_value(utc, 0, 1));
    return true;
}

/* Where no hold is in force the server need not plan how its records would be found, which takes it
 * most of the time. Who may not read them gets the statements that the category was loaded with. */
static bool choose_shapes(struct planning *p, struct error *error)
{
    p->shapes = SQL_ALL_SHAPES | SQL_READERS;
    bool needs_reader;
    if (!hold_needs_reader(p->session, &needs_reader, error))
        return false;
    if (needs_reader || cli_flag(p->cli, "sql"))
        return true;
    PGresult *result _cleanup_result_ =
        session_file(p->session, "cli/plan_any_hold.sql", 0, NULL, error);
    if (result && strcmp(PQgetvalue(result, 0, 0), "f") == 0)
        p->shapes = 0;
    return result;
}

/* The run takes them in an order in which none waits for a later one. */
struct sql_statement plan_forecast(const struct planning *p, const struct sql_category *sql)
{
    return sql_build_forecast(p->cli->arena, p->policies.set, sql->category,
                              (size_t)(sql->stage - sql->category->stages), p->policies.catalog,
                              &p->acting, p->shapes);
}

static bool ask(struct planning *p, const struct sql_category *sql, struct numbers *n,
                struct error *error)
{
    struct arena *arena = p->cli->arena;
    struct sql_statement statement = plan_forecast(p, sql);
    PGresult *plan _cleanup_result_ =
        plan_query(p->session, sql->category->name, &statement, p->run_time, NULL, error);
    if (!plan)
        return false;
    for (int i = 0; i < PLAN_COLUMNS; i++)
        n->plan[i] = arena_strdup(arena, result_value(plan, 0, i));
    PGresult *unclaimed _cleanup_result_ =
        plan_query(p->session, sql->category->name, &sql->unclaimed, p->run_time, NULL, error);
    if (!unclaimed)
        return false;
    n->unclaimed = arena_strdup(arena, result_value(unclaimed, 0, 0));
    return to_utc(p->session, n, error);
}

static json_t *stage_json(const struct planning *p, const struct sql_category *sql,
                          const struct numbers *n, const char *how)
{
    static const char *const names[PLAN_COLUMNS] = {
        [PLAN_ROWS] = "rows",
        [PLAN_CLAIMED] = "claimed",
        [PLAN_NOT_STARTED] = "not_started",
        [PLAN_DUE] = "due",
        [PLAN_HELD] = "held",
        [PLAN_KEPT_WHILE] = "kept_while",
        [PLAN_KEPT_FLOOR] = "kept_floor",
        [PLAN_WAITING] = "waiting",
        [PLAN_TO_ACT] = "to_act",
        [PLAN_FLOOR_AFTER_CAP] = "floor_after_cap",
        [PLAN_OLDEST] = "oldest",
        [PLAN_NEXT_DUE] = "next_due",
        [PLAN_PASSED] = "passed",
        [PLAN_UNCOUNTED] = "uncounted",
        [PLAN_PAUSED] = "tenant_paused",
        [PLAN_COUNTED_FIRST] = "counted_first",
    };
    json_t *row =
        json_pack("{ss ss ss ss ss sb}", "category", sql->category->name, "stage", sql->stage->name,
                  "action", policy_action_name(sql->stage->action), "run_time", p->run_time,
                  "strategy", how, "observe_only", sql->category->mode != MODE_ENFORCE);
    for (int i = 0; i < PLAN_COLUMNS; i++)
        json_object_set_new(row, names[i],
                            i == PLAN_OLDEST || i == PLAN_NEXT_DUE ? json_text(n->plan[i])
                                                                   : json_number(n->plan[i]));
    json_object_set_new(row, "unclaimed", json_number(n->unclaimed));
    json_object_set_new(row, "cause", json_text(cause_find(p->causes, sql->category->name, NULL)));
    if (sql->stage->aggregate)
        json_object_set_new(row, "aggregate", plan_aggregate_json(sql->stage));
    return row;
}

/* The reason that the policy gives, where there is only one. */
static const char *reason(const struct category *category, enum plan_column column)
{
    if (column == PLAN_KEPT_WHILE && category->keep_while_count == 1)
        return category->keep_while[0].because;
    if (column == PLAN_KEPT_FLOOR && category->floor_count == 1)
        return category->floors[0].because;
    return NULL;
}

static void add_note(struct text *notes, const struct sql_category *sql, int64_t count,
                     const char *words)
{
    char buffer[32];
    text_printf(notes, "%s", sql->category->name);
    if (sql->category->stage_count > 1)
        text_printf(notes, ", stage \"%s\"", sql->stage->name);
    text_printf(notes, ": %s %s", text_thousands(buffer, count), words);
}

/* Records that an earlier stage counts before this one acts on them. */
static void add_counting(struct text *notes, const struct sql_category *sql,
                         const struct numbers *n)
{
    const struct stage *counting = policy_counting_stage(sql->category);
    int64_t first = number(n->plan[PLAN_COUNTED_FIRST]);
    int64_t uncounted = number(n->plan[PLAN_UNCOUNTED]);
    if (first) {
        add_note(notes, sql, first, first == 1 ? "is" : "are");
        text_printf(notes, " counted by stage \"%s\" first; the same run then %s %s\n",
                    counting->name, policy_action(sql->stage->action)->does,
                    first == 1 ? "it" : "them");
    }
    if (uncounted) {
        add_note(notes, sql, uncounted, "due, and kept until");
        text_printf(notes, " stage \"%s\" has counted %s\n", counting->name,
                    uncounted == 1 ? "it" : "them");
    }
}

/* What keeps due records, one line each. */
static void add_notes(struct text *notes, const struct sql_category *sql, const struct numbers *n)
{
    const struct {
        enum plan_column column;
        const char *words;
        int64_t less;
    } rows[] = {
        {PLAN_HELD,
         sql->category->stage_count > 1
             ? "due and under legal hold (each is counted once, at the last stage that it is due "
               "for)"
             : "due and under legal hold",
         0},
        {PLAN_KEPT_WHILE, "due and kept while something else lasts", 0},
        {PLAN_KEPT_FLOOR, "due and kept by a minimum period", 0},
        {PLAN_WAITING, "due and waiting for records that other categories keep",
         number(n->plan[PLAN_UNCOUNTED]) + number(n->plan[PLAN_PAUSED])},
        {PLAN_PAUSED, "due, and their tenant is paused", 0},
        {PLAN_FLOOR_AFTER_CAP, "kept by a minimum period although the maximum is over", 0},
    };
    const struct category *category = sql->category;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        int64_t count = number(n->plan[rows[i].column]) - rows[i].less;
        if (!count)
            continue;
        add_note(notes, sql, count, rows[i].words);
        const char *because = reason(category, rows[i].column);
        if (because)
            text_printf(notes, " (%s)", because);
        text_add_char(notes, '\n');
    }
    add_counting(notes, sql, n);
    if (sql->stage->aggregate)
        plan_aggregate_note(notes, category, sql->stage);
    if (category->mode == MODE_OBSERVE)
        text_printf(notes, "%s: only observed, a run deletes nothing (mode = \"observe\")\n",
                    category->name);
}

/* What a stage makes of a made-up value: a line, or a member of `list`. */
static bool add_example(struct planning *p, const struct sql_category *sql,
                        const struct transform *t, struct table_name table, json_t *list,
                        struct error *error)
{
    struct arena *arena = p->cli->arena;
    const struct stage *stage = sql->stage;
    size_t number_of_stage = (size_t)(stage - sql->category->stages);
    const char *class = transform_class_name(t->as->class), *before = NULL, *after = NULL;
    const char *of =
        table_name_equal(table, sql->category->table) ? NULL : table_name_text(arena, table);
    struct sql_statement example = sql_build_example(
        arena, p->policies.set, sql->category, number_of_stage, p->policies.catalog, t, table);
    PGresult *result _cleanup_result_ = NULL;
    if (example.text[0]) {
        if (!(result =
                  plan_query(p->session, sql->category->name, &example, p->run_time, NULL, error)))
            return false;
        before = result_value(result, 0, 0);
        after = result_value(result, 0, 1);
    }
    if (list) {
        json_array_append_new(list,
                              json_pack("{ss ss ss so so so}", "column", t->column, "as",
                                        t->as->name, "class", class, "before", json_text(before),
                                        "after", json_text(after), "dependant", json_text(of)));
        return true;
    }
    text_printf(&p->notes, "%s, stage \"%s\": column \"%s\"%s%s, %s (%s)", sql->category->name,
                stage->name, t->column, of ? " of dependant " : "", of ? of : "", t->as->name,
                class);
    if (before)
        text_printf(&p->notes,
                    after ? "; of the made-up value \"%s\" it makes \"%s\""
                          : "; of the made-up value \"%s\" it makes NULL",
                    before, after);
    text_add_char(&p->notes, '\n');
    return true;
}

static bool add_dependants_examples(struct planning *p, const struct sql_category *sql,
                                    const struct dependant *with, size_t count, json_t *list,
                                    struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        bool own = policy_dependant_stage(sql->category, &with[i]) == sql->stage;
        for (size_t k = 0; k < with[i].column_count && own; k++)
            if (!add_example(p, sql, &with[i].columns[k], with[i].table, list, error))
                return false;
        if (!add_dependants_examples(p, sql, with[i].with, with[i].with_count, list, error))
            return false;
    }
    return true;
}

static bool add_examples(struct planning *p, const struct sql_category *sql, json_t *list,
                         struct error *error)
{
    for (size_t i = 0; i < sql->stage->column_count; i++)
        if (!add_example(p, sql, &sql->stage->columns[i], sql->category->table, list, error))
            return false;
    return add_dependants_examples(p, sql, sql->category->with, sql->category->with_count, list,
                                   error);
}

/* How many groups of records that share their quasi-identifiers are too small. */
static bool add_groups(struct planning *p, const struct sql_category *sql, json_t *row,
                       struct error *error)
{
    if (!sql->groups.text[0])
        return true;
    PGresult *result _cleanup_result_ =
        plan_query(p->session, sql->category->name, &sql->groups, p->run_time, NULL, error);
    if (!result)
        return false;
    const char *groups = result_value(result, 0, 0), *small = result_value(result, 0, 1);
    const char *nullified = result_value(result, 0, 2);
    if (row) {
        json_object_set_new(row, "groups",
                            json_pack("{so so so sI}", "groups", json_number(groups), "small",
                                      json_number(small), "nullified", json_number(nullified), "k",
                                      (json_int_t)sql->stage->k));
        return true;
    }
    text_printf(&p->notes,
                "%s, stage \"%s\": of %s groups that share their quasi-identifiers, %s count fewer "
                "than %lld subjects; their %s records lose ",
                sql->category->name, sql->stage->name, groups, small, (long long)sql->stage->k,
                nullified);
    for (size_t i = 0; i < sql->stage->quasi.count; i++)
        text_printf(&p->notes, "%s%s", i ? ", " : "", sql->stage->quasi.items[i]);
    text_add(&p->notes, " too\n");
    return true;
}

static bool plan_stage(struct planning *p, const struct sql_category *sql, struct error *error)
{
    struct numbers n;
    const char *how;
    if (!plan_settings(p->session, sql->category, error) || !ask(p, sql, &n, error) ||
        !plan_strategy(p, sql, &how, error)) {
        error_context(error, "while planning category \"%s\"", sql->category->name);
        return false;
    }
    if (p->rows) {
        json_t *row = stage_json(p, sql, &n, how), *examples = json_array();
        json_array_append_new(p->rows, row);
        json_object_set_new(row, "columns", examples);
        return add_groups(p, sql, row, error) && add_examples(p, sql, examples, error);
    }
    const char *kept = arena_printf(
        p->cli->arena, "%lld",
        (long long)(number(n.plan[PLAN_KEPT_WHILE]) + number(n.plan[PLAN_KEPT_FLOOR])));
    const char *const cells[] = {
        sql->category->name,
        sql->stage->name,
        n.plan[PLAN_DUE],
        n.plan[PLAN_HELD],
        kept,
        n.plan[PLAN_WAITING],
        n.plan[PLAN_TO_ACT],
        n.plan[PLAN_NOT_STARTED],
        n.unclaimed,
        n.plan[PLAN_OLDEST],
        how,
    };
    table_row(p->table, cells);
    add_notes(&p->notes, sql, &n);
    return add_groups(p, sql, NULL, error) && add_examples(p, sql, NULL, error);
}

/* The numbers are those of a run that may act; this one may not. */
static void add_cause(struct planning *p, const struct category *category)
{
    const char *cause = cause_find(p->causes, category->name, NULL);
    if (cause)
        text_printf(&p->notes,
                    "%s: a run acts on nothing now: %s; see \"retentionctl status %s\"\n",
                    category->name, cause, category->name);
}

static bool plan_category(struct planning *p, const struct category *category, struct error *error)
{
    if (category->mode == MODE_DECLARED) {
        if (p->cli->operand_count)
            text_printf(&p->notes, "%s: held outside of this database\n", category->name);
        return true;
    }
    if (!policy_category_is_valid(category, p->policies.set, &p->cli->diags)) {
        p->invalid++;
        return true;
    }
    for (size_t s = 0; s < category->stage_count; s++) {
        const struct sql_category *sql =
            sql_build_category(p->cli->arena, p->policies.set, category, s, p->policies.catalog);
        bool planned;
        if (cli_flag(p->cli, "sql"))
            planned = plan_print_stage(p, sql, s, error);
        else
            planned = plan_stage(p, sql, error);
        if (!planned)
            return false;
    }
    if (!cli_flag(p->cli, "sql"))
        add_cause(p, category);
    if (p->holds &&
        !plan_holds_count(p->holds, p->policies.set, category, p->policies.catalog, error)) {
        error_context(error, "while counting what holds keep in category \"%s\"", category->name);
        return false;
    }
    return true;
}

static void add_acting(struct planning *p, const char *name)
{
    struct string_list *list = &p->acting;
    list->items = arena_push(p->cli->arena, list->items, &list->count, sizeof(*list->items));
    list->items[list->count - 1] = name;
}

static bool plan_all(struct planning *p, struct error *error)
{
    struct cli *cli = p->cli;
    size_t count;
    if (!policies_read(&p->policies, cli, error))
        return false;
    const struct category **categories = policies_select(cli, &p->policies, &count, error);
    if (!categories || !session_open(p->session, cli, SESSION_SCHEMA, error) ||
        !policies_validate(&p->policies, p->session, error))
        return false;
    p->causes = cause_read(p->session, NULL);
    if (!plan_begin(p->session, &p->run_time, error) || !choose_shapes(p, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (categories[i]->mode == MODE_ENFORCE &&
            policy_category_is_valid(categories[i], p->policies.set, &cli->diags))
            add_acting(p, categories[i]->name);
    if (cli_flag(cli, "holds") && !(p->holds = plan_holds_new(p->session, error)))
        return false;
    p->table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    if (cli->json && !cli_flag(cli, "sql"))
        json_object_set_new(output_document(cli), "categories", p->rows = json_array());
    for (size_t i = 0; i < count; i++)
        if (!plan_category(p, categories[i], error))
            return false;
    if (!cli->json && table_rows(p->table))
        table_print(p->table, stdout);
    if (p->holds)
        plan_holds_show(p->holds, cli->json ? output_document(cli) : NULL);
    if (p->invalid)
        text_printf(&p->notes, "%d %s not counted: %s\n", p->invalid,
                    p->invalid == 1 ? "category is" : "categories are",
                    p->invalid == 1 ? "its policy is invalid" : "their policies are invalid");
    if (!cli->json && p->notes.length) {
        if (table_rows(p->table))
            putchar('\n');
        text_wrap(stdout, p->notes.data, 0, 100, false);
    }
    return policies_are_valid(cli, error);
}

bool command_plan(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct planning planning = {.cli = cli, .session = &session};
    bool done = plan_all(&planning, error);
    policies_free(&planning.policies);
    plan_holds_free(planning.holds);
    PQclear(planning.causes);
    text_free(&planning.notes);
    return done;
}
