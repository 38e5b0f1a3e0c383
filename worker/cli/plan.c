/* retentionctl plan: what a run would do now. One snapshot, read-only, by the conditions that a run
 * acts by: the numbers are those of the builder's own statements. */
#include "cli/plan.h"
#include "cli/check_drop.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/check_drop.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/plan_aggregate.h"
#include "cli/plan_holds.h"
#include "cli/policies.h"
#include "engine/strategy.h"
#include "policy/quote.h"
#include "policy/resolve.h"
#include "policy/transform.h"
#include "policy/validate.h"

bool plan_begin(struct session *session, const char **ret_run_time, struct error *error)
{
    if (!session_execute(session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error))
        return false;
    PGresult *result _cleanup_result_ = session_file(session, "cli/plan_begin.sql", 0, NULL, error);
    if (!result)
        return false;
    *ret_run_time = arena_strdup(session->cli->arena, PQgetvalue(result, 0, 0));
    return true;
}

bool plan_settings(struct session *session, const struct category *category, struct error *error)
{
    const char *const values[] = {category->timezone};
    PGresult *result = session_file(session, "cli/plan_settings.sql", 1, values, error);
    PQclear(result);
    return result != NULL;
}

/* Rows that are JSON arrays of texts, as the result of the statement that made them. */
static PGresult *take_rows(struct session *session, PGresult *rows)
{
    enum { COLUMNS_MOST = 32 };
    PGresult *result = PQmakeEmptyPGresult(session->conn, PGRES_TUPLES_OK);
    for (int r = 0; result && r < PQntuples(rows); r++) {
        json_t *row = json_loads(PQgetvalue(rows, r, 0), 0, NULL), *value;
        PGresAttDesc columns[COLUMNS_MOST] = {0};
        char name[] = "";
        size_t i;
        for (i = 0; i < COLUMNS_MOST; i++)
            columns[i].name = name;
        bool made = row && json_array_size(row) <= COLUMNS_MOST &&
                    (r || PQsetResultAttrs(result, (int)json_array_size(row), columns));
        json_array_foreach(row, i, value)
        {
            const char *text = json_string_value(value);
            char *copy = text ? arena_strdup(session->cli->arena, text) : NULL;
            made = made && PQsetvalue(result, r, (int)i, copy, copy ? (int)strlen(copy) : -1);
        }
        json_decref(row);
        if (!made) {
            PQclear(result);
            result = NULL;
        }
    }
    return result;
}

static PGresult *query_as_reader(struct session *session, const char *category,
                                 const struct sql_statement *statement, const char **values,
                                 struct error *error)
{
    const char *const asked[] = {
        category, statement->text,
        statement->param_count
            ? session_array(session->cli, (char *const *)values, (int)statement->param_count)
            : "{}"};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/plan_reader.sql", ARRAY_LENGTH(asked), asked, error);
    if (!rows) {
        if (strcmp(error->sqlstate, "42501") == 0)
            error_hint(error,
                       "The statement is run by the group that counts, which lacks SELECT on "
                       "a table: \"retentionctl setup --sql\" prints the grants.");
        return NULL;
    }
    PGresult *result = take_rows(session, rows);
    if (!result)
        error_set(error, ERROR_FAILED, "could not read what the database says of the records");
    return result;
}

PGresult *plan_query(struct session *session, const char *category,
                     const struct sql_statement *statement, const char *run_time, char *const *key,
                     struct error *error)
{
    const char **values =
        arena_alloc(session->cli->arena, (statement->param_count + 1) * sizeof(*values));
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        values[i] = param->kind == PARAM_RUN_TIME ? run_time
                    : param->kind == PARAM_KEY    ? key[param->index]
                    : param->kind == PARAM_NONCE  ? "a made-up value"
                                                  : param->value;
    }
    bool needs_reader;
    if (!hold_needs_reader(session, &needs_reader, error))
        return NULL;
    if (needs_reader)
        return query_as_reader(session, category, statement, values, error);
    PGresult *result =
        session_query(session, statement->text, statement->param_count, values, error);
    if (!result && strcmp(error->sqlstate, "42501") == 0)
        error_hint(error, "Who asks must be able to read the governed tables, as the worker is: "
                          "connect as its role, or as a member of it.");
    return result;
}

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

/* One call of the command. */
struct planning {
    struct cli *cli;
    struct session *session;
    struct policies policies;
    const char *run_time;
    unsigned shapes;           /* of scopes that holds have, for the builder: all, or none */
    struct table *table;       /* for people */
    json_t *rows;              /* for --json */
    struct text notes;         /* lines below the table */
    struct string_list acting; /* categories that a run would enforce */
    int invalid;               /* categories that cannot be counted */
    struct plan_holds *holds;  /* --holds, else NULL */
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
static struct sql_statement forecast(const struct planning *p, const struct sql_category *sql)
{
    return sql_build_forecast(p->cli->arena, p->policies.set, sql->category,
                              (size_t)(sql->stage - sql->category->stages), p->policies.catalog,
                              &p->acting, p->shapes);
}

static bool ask(struct planning *p, const struct sql_category *sql, struct numbers *n,
                struct error *error)
{
    struct arena *arena = p->cli->arena;
    struct sql_statement statement = forecast(p, sql);
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

/* Which way a leaf would go, as the run decides it (worker/engine/strategy.h). */
static bool leaf_strategy(struct planning *p, const struct sql_category *sql,
                          const struct catalog_table *leaf, const char **ret, struct error *error)
{
    const struct category *category = sql->category;
    struct sql_leaf *statements = sql_build_leaf(
        p->cli->arena, p->policies.set, category, (size_t)(sql->stage - category->stages),
        p->policies.catalog, (struct table_name){leaf->schema, leaf->name}, 0);
    if (!statements->choose.text[0])
        *ret = "sweep";
    else if (category->strategy == STRATEGY_INDEX || category->strategy == STRATEGY_SWEEP)
        *ret = category->strategy == STRATEGY_INDEX ? "index, as the policy says"
                                                    : "sweep, as the policy says";
    if (!statements->choose.text[0] || category->strategy == STRATEGY_INDEX ||
        category->strategy == STRATEGY_SWEEP)
        return true;
    bool needs_reader; /* who may not read the table cannot ask how it would be read */
    if (!hold_needs_reader(p->session, &needs_reader, error))
        return false;
    *ret = "index or sweep, as the planner will say";
    if (needs_reader)
        return true;
    PGresult *answer _cleanup_result_ =
        plan_query(p->session, category->name, &statements->choose, p->run_time, NULL, error);
    if (!answer)
        return false;
    *ret = strategy_text(p->cli->arena, result_value(answer, 0, 0));
    return true;
}

/* Why a leaf would not be emptied as a whole: NULL: it would be. `ret_empty`: it has no rows. */
static bool whole_leaf(struct planning *p, const struct sql_category *sql,
                       const struct catalog_table *leaf, const char **ret_because, bool *ret_empty,
                       struct error *error)
{
    struct arena *arena = p->cli->arena;
    const struct category *category = sql->category;
    struct table_name name = {leaf->schema, leaf->name};
    const struct sql_leaf *statements =
        sql_build_leaf(arena, p->policies.set, category, (size_t)(sql->stage - category->stages),
                       p->policies.catalog, name, p->shapes);
    *ret_because = statements->by_rows;
    *ret_empty = false;
    if (*ret_because)
        return true;
    const char *const values[] = {quote_table(arena, leaf), p->policies.catalog->worker_role};
    PGresult *facts _cleanup_result_ =
        session_query(p->session, strategy_whole_sql(), ARRAY_LENGTH(values), values, error);
    if (!facts)
        return false;
    const char *because = strategy_not_whole(facts);
    *ret_because = because ? arena_strdup(arena, because) : NULL;
    *ret_empty = !because && strcmp(PQgetvalue(facts, 0, 1), "0") == 0;
    if (because || *ret_empty)
        return true;
    PGresult *stays _cleanup_result_ =
        plan_query(p->session, category->name, &statements->whole_stays, p->run_time, NULL, error);
    if (stays)
        *ret_because = strategy_stays(stays);
    return stays;
}

/* Partitions that go row by row for one reason. */
struct by_rows {
    const char *because, *first;
    size_t count;
};

static void note_by_rows(struct planning *p, struct by_rows **all, size_t *count,
                         const struct catalog_table *leaf, const char *because)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*all)[i].because, because) == 0) {
            (*all)[i].count++;
            return;
        }
    *all = arena_push(p->cli->arena, *all, count, sizeof(**all));
    (*all)[*count - 1] = (struct by_rows){because, quote_table(p->cli->arena, leaf), 1};
}

/* Strategy `partition`: how many partitions go as a whole; why the others do not, in the notes. */
static bool whole_strategy(struct planning *p, const struct sql_category *sql,
                           const struct catalog_table *const *leaves, size_t count,
                           const char **ret, struct error *error)
{
    struct by_rows *others = NULL;
    size_t whole = 0, empty = 0, other_count = 0;
    bool needs_reader;
    if (!hold_needs_reader(p->session, &needs_reader, error))
        return false;
    *ret = "partitions as a whole or row by row, as the run will find";
    if (needs_reader)
        return true;
    for (size_t i = 0; i < count; i++) {
        const char *because;
        bool is_empty;
        if (!whole_leaf(p, sql, leaves[i], &because, &is_empty, error))
            return false;
        empty += is_empty;
        whole += !because && !is_empty;
        if (because)
            note_by_rows(p, &others, &other_count, leaves[i], because);
    }
    *ret = arena_printf(p->cli->arena, "%zu of %zu partitions as a whole, %zu row by row", whole,
                        count, count - whole - empty);
    for (size_t i = 0; i < other_count; i++) {
        const struct by_rows *o = &others[i];
        const char *more =
            o->count > 1 ? arena_printf(p->cli->arena, " and %zu more go", o->count - 1) : " goes";
        const char *note = arena_printf(p->cli->arena, "partition %s%s row by row: %s", o->first,
                                        more, o->because);
        if (p->rows)
            *ret = arena_printf(p->cli->arena, "%s; %s", *ret, note);
        else
            text_printf(&p->notes, "%s: %s\n", sql->category->name, note);
    }
    return true;
}

/* Where the policy has empty partitions dropped and they would not be, why. */
static bool note_drops(struct planning *p, const struct sql_category *sql, const char **ret,
                       struct error *error)
{
    const char *because;
    if (sql->stage->action != ACTION_DELETE)
        return true;
    if (!drop_is_kept(p->session, &p->policies, sql->category, &because, error))
        return false;
    if (because && p->rows)
        *ret = arena_printf(p->cli->arena, "%s; empty ones are not dropped: %s", *ret, because);
    else if (because)
        text_printf(&p->notes,
                    "%s: empty partitions are not dropped: %s; its owner runs what "
                    "\"retentionctl setup --sql\" prints\n",
                    sql->category->name, because);
    return true;
}

/* How a run would go about it. */
static bool strategy(struct planning *p, const struct sql_category *sql, const char **ret,
                     struct error *error)
{
    struct arena *arena = p->cli->arena;
    const struct catalog_table *table = resolve_table(p->policies.catalog, sql->category->table);
    const char *text = "sweep";
    if (table->kind == 'p') {
        size_t leaves;
        const struct catalog_table **each =
            resolve_leaves(arena, p->policies.catalog, table, &leaves);
        text =
            arena_printf(arena, "%zu partition%s, each by itself", leaves, leaves == 1 ? "" : "s");
        if (sql->category->strategy == STRATEGY_PARTITION &&
            (!whole_strategy(p, sql, each, leaves, &text, error) ||
             !note_drops(p, sql, &text, error)))
            return false;
    } else if (!leaf_strategy(p, sql, table, &text, error)) {
        return false;
    }
    size_t dependants = sql->relation_count - 1;
    if (dependants)
        text = arena_printf(arena, "%s, %zu dependant%s first", text, dependants,
                            dependants == 1 ? "" : "s");
    *ret = text;
    return true;
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
        !strategy(p, sql, &how, error)) {
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

static json_t *statement_json(const struct sql_statement *statement, const char *title,
                              const char *run_time)
{
    static const char *const kinds[] = {
        [PARAM_VALUE] = "value",
        [PARAM_RUN_TIME] = "run time",
        [PARAM_FROM_TID] = "from block",
        [PARAM_TO_TID] = "to block",
        [PARAM_TIDS] = "row addresses",
        [PARAM_KEY] = "key",
        [PARAM_KEYS] = "keys",
        [PARAM_LIMIT] = "limit",
        [PARAM_TERM] = "term",
        [PARAM_RUN] = "run",
        [PARAM_NONCE] = "random",
        [PARAM_HASHED_OLD] = "values",
        [PARAM_HASHED_NEW] = "their keyed digests",
        [PARAM_FROM_START] = "from starting point",
        [PARAM_TO_START] = "to starting point",
        [PARAM_MOST] = "families to close",
        [PARAM_PASSED] = "families to pass by",
    };
    json_t *params = json_array();
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        json_array_append_new(
            params, json_pack("{ss so}", "kind", kinds[param->kind], "value",
                              json_text(param->kind == PARAM_RUN_TIME ? run_time : param->value)));
    }
    return json_pack("{ss ss so}", "statement", title, "text", statement->text, "parameters",
                     params);
}

void plan_print_sql(struct cli *cli, const char *title, const struct sql_statement *statement,
                    const char *run_time)
{
    if (!statement->text || !*statement->text)
        return;
    json_t *json = statement_json(statement, title, run_time);
    if (cli->json) {
        json_t *list = json_object_get(output_document(cli), "statements");
        if (!list)
            json_object_set_new(cli->document, "statements", list = json_array());
        json_array_append_new(list, json);
        return;
    }
    printf("-- %s\n", title);
    json_t *params = json_object_get(json, "parameters"), *param;
    size_t i;
    json_array_foreach(params, i, param)
    {
        const char *value = json_string_value(json_object_get(param, "value"));
        printf("-- $%zu: ", i + 1);
        if (value)
            text_print_safe(stdout, value);
        else
            printf("(%s)", json_string_value(json_object_get(param, "kind")));
        putchar('\n');
    }
    printf("%s;\n\n", statement->text);
    json_decref(json);
}

/* The statements that a run would execute, for the first leaf where there are several, with the
 * holds that there are now. */
static bool print_stage(struct planning *p, const struct sql_category *sql, size_t stage,
                        struct error *error)
{
    struct cli *cli = p->cli;
    const struct category *category = sql->category;
    const char *name =
        arena_printf(cli->arena, "%s, stage \"%s\"", category->name, sql->stage->name);
    const struct catalog_table *table = resolve_table(p->policies.catalog, category->table);
    size_t leaf_count;
    const struct catalog_table **leaves =
        resolve_leaves(cli->arena, p->policies.catalog, table, &leaf_count);
    const char *const values[] = {category->name};
    PGresult *found _cleanup_result_ =
        session_file(p->session, "engine/hold_shapes.sql", 1, values, error);
    if (!found)
        return false;
    unsigned shapes = (unsigned)strtoul(PQgetvalue(found, 0, 0), NULL, 10);
#define TITLE(what) arena_printf(cli->arena, "%s: %s", name, what)
    struct sql_statement numbers = forecast(p, sql);
    plan_print_sql(cli, TITLE("the numbers of plan"), &numbers, p->run_time);
    plan_print_sql(cli, TITLE("records that no category takes"), &sql->unclaimed, p->run_time);
    bool removes = policy_stage_removes(sql->stage);
    for (size_t r = 0; r + 1 < sql->relation_count; r++)
        plan_print_sql(cli,
                       arena_printf(cli->arena, "%s: %s dependant %s", name,
                                    removes ? "delete from" : "change", sql->relations[r].relation),
                       &sql->relations[r].remove, p->run_time);
    if (leaf_count) {
        struct table_name first = {leaves[0]->schema, leaves[0]->name};
        const struct sql_leaf *leaf = sql_build_leaf(cli->arena, p->policies.set, category, stage,
                                                     p->policies.catalog, first, shapes);
        const char *where = table_name_text(cli->arena, first);
        if (leaf_count > 1)
            where = arena_printf(cli->arena, "%s (and the same for each of %zu partitions)", where,
                                 leaf_count);
        plan_print_sql(
            cli,
            arena_printf(cli->arena, "%s: %s %s", name, removes ? "delete from" : "change", where),
            &leaf->remove, p->run_time);
        plan_print_sql(cli, arena_printf(cli->arena, "%s: lock in %s", name, where),
                       &leaf->lock_rows, p->run_time);
        plan_print_sql(cli,
                       arena_printf(cli->arena, "%s: %s what was locked in %s", name,
                                    removes ? "delete" : "change", where),
                       &leaf->remove_tids, p->run_time);
        if (!leaf->by_rows)
            plan_print_sql(cli,
                           arena_printf(cli->arena, "%s: look at every row before \"%s\"", name,
                                        leaf->whole_empty),
                           &leaf->whole_read, p->run_time);
    }
    plan_print_sql(cli, TITLE("what remains"), &sql->remaining, p->run_time);
    plan_print_sql(cli, TITLE("groups that share their quasi-identifiers"), &sql->groups,
                   p->run_time);
    plan_print_sql(cli, TITLE("groups that may keep them"), &sql->keep, p->run_time);
    plan_print_sql(cli,
                   sql->stage->quasi.count ? TITLE("settle the groups of the run")
                                           : TITLE("close cells that are complete"),
                   &sql->close, p->run_time);
#undef TITLE
    return true;
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
            planned = print_stage(p, sql, s, error);
        else
            planned = plan_stage(p, sql, error);
        if (!planned)
            return false;
    }
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
        !policies_validate(&p->policies, p->session, error) ||
        !plan_begin(p->session, &p->run_time, error) || !choose_shapes(p, error))
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
    text_free(&planning.notes);
    return done;
}
