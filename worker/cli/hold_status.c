/* What status tells of holds: how many are in force, what waits for somebody, what is over, and
 * where they do not reach. Matters are named to who may read them. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

/* Everything that is asked; matters is NULL where they may not be read. */
struct telling {
    struct session *session;
    PGresult *holds, *waiting, *gaps, *rules, *matters;
    struct table *counts; /* records kept, by hold and category */
    json_t *rows;         /* the same for --json */
};

static const char *value(const PGresult *rows, int row, const char *name)
{
    return result_value(rows, row, PQfnumber(rows, name));
}

/* "5f3c1a2b" or "5f3c1a2b (matter 2026-CV-0113)"; a confidential matter is not named here. */
static const char *hold_name(const struct telling *t, const char *hold)
{
    struct arena *arena = t->session->cli->arena;
    int m = t->matters ? hold_matter_row(t->matters, hold) : -1;
    if (m >= 0 && value(t->matters, m, "confidential")[0] != 't')
        return arena_printf(arena, "%.8s (matter %s)", hold, value(t->matters, m, "matter"));
    return arena_strndup(arena, hold, 8);
}

static void print_sentence(const struct telling *t, const char *format, ...) _printf_(2, 3);

static void print_sentence(const struct telling *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *sentence = arena_vprintf(t->session->cli->arena, format, args);
    va_end(args);
    text_wrap(stdout, sentence, 2, 100, false);
}

static void print_waiting(const struct telling *t)
{
    for (int r = 0; r < PQntuples(t->waiting); r++)
        print_sentence(t,
                       "Hold %s: its %s waits for a second person since %.16s UTC, asked for by "
                       "%s; \"retentionctl hold confirm %.8s --reason TEXT\" or \"hold withdraw\"",
                       hold_name(t, value(t->waiting, r, "hold")),
                       text_equal(value(t->waiting, r, "what"), "release") ? "release"
                                                                           : "narrowing",
                       value(t->waiting, r, "requested_at"), value(t->waiting, r, "requested_by"),
                       value(t->waiting, r, "request"));
}

static void print_reviews(const struct telling *t)
{
    for (int r = 0; r < PQntuples(t->holds); r++)
        if (value(t->holds, r, "review_over")[0] == 't')
            print_sentence(t, "Hold %s: it was to be reviewed by %s; it lasts until it is released",
                           hold_name(t, value(t->holds, r, "hold")),
                           value(t->holds, r, "review_by"));
}

/* The categories that each hold does not reach, a line a hold; reasons are for `hold show`. */
static void print_gaps(const struct telling *t)
{
    struct text names _cleanup_text_ = {0};
    for (int r = 0; r < PQntuples(t->gaps); r++) {
        const char *hold = PQgetvalue(t->gaps, r, 0);
        text_printf(&names, "%s%s", names.length ? ", " : "", PQgetvalue(t->gaps, r, 1));
        if (r + 1 < PQntuples(t->gaps) && strcmp(PQgetvalue(t->gaps, r + 1, 0), hold) == 0)
            continue;
        print_sentence(t, "Hold %s: it does not reach, or not wholly: %s", hold_name(t, hold),
                       text_string(&names));
        text_clear(&names);
    }
}

static void print_holds(const struct telling *t)
{
    int in_force = 0, grace = 0;
    for (int r = 0; r < PQntuples(t->holds); r++)
        text_equal(value(t->holds, r, "state"), "in its grace") ? grace++ : in_force++;
    bool waits = value(t->rules, 0, "waits")[0] == 't';
    if (!PQntuples(t->holds) && !waits)
        return;
    printf("%d legal hold%s in force", in_force, in_force == 1 ? " is" : "s are");
    if (grace)
        printf(", and %d more %s in the grace after %s release", grace, grace == 1 ? "is" : "are",
               grace == 1 ? "its" : "their");
    puts(".");
    print_waiting(t);
    print_reviews(t);
    print_gaps(t);
    if (waits)
        print_sentence(t, "Weaker rules of holds wait for approval: \"retentionctl hold rules\"");
    if (t->counts && table_rows(t->counts)) {
        putchar('\n');
        table_print(t->counts, stdout);
    }
    putchar('\n');
}

static void put_holds(const struct telling *t)
{
    static const struct table_column hold_columns[] = {
        {NULL, CELL_TEXT, "hold"},         {NULL, CELL_TEXT, "kind"},
        {NULL, CELL_TEXT, "category"},     {NULL, CELL_BOOLEAN, "everything"},
        {NULL, CELL_TIME, "placed_at"},    {NULL, CELL_TEXT, "placed_by"},
        {NULL, CELL_TEXT, "review_by"},    {NULL, CELL_BOOLEAN, "review_over"},
        {NULL, CELL_TEXT, "expected_end"}, {NULL, CELL_TEXT, "state"},
        {NULL, CELL_TIME, "held_until"},
    };
    static const struct table_column waiting_columns[] = {
        {NULL, CELL_TEXT, "request"},      {NULL, CELL_TEXT, "hold"},
        {NULL, CELL_TEXT, "what"},         {NULL, CELL_NUMBER, "part"},
        {NULL, CELL_TIME, "requested_at"}, {NULL, CELL_TEXT, "requested_by"},
    };
    static const struct table_column gap_columns[] = {
        {NULL, CELL_TEXT, "hold"}, {NULL, CELL_TEXT, "category"}, {NULL, CELL_TEXT, "why"}};
    json_t *list = output_json(t->holds, hold_columns, ARRAY_LENGTH(hold_columns));
    for (int r = 0; t->matters && r < PQntuples(t->holds); r++) {
        int m = hold_matter_row(t->matters, value(t->holds, r, "hold"));
        if (m >= 0)
            json_object_set_new(json_array_get(list, (size_t)r), "matter",
                                json_text(value(t->matters, m, "matter")));
    }
    json_t *document = output_document(t->session->cli);
    json_object_set_new(
        document, "holds",
        json_pack("{so so so sb}", "in_force", list, "waiting",
                  output_json(t->waiting, waiting_columns, ARRAY_LENGTH(waiting_columns)), "gaps",
                  output_json(t->gaps, gap_columns, ARRAY_LENGTH(gap_columns)), "rules_wait",
                  value(t->rules, 0, "waits")[0] == 't'));
    if (t->rows)
        json_object_set(json_object_get(document, "holds"), "kept", t->rows);
}

/* How many records each hold keeps, by category. */
static bool count(struct telling *t, struct error *error)
{
    static const struct table_column columns[] = {
        {"hold", CELL_TEXT, NULL}, {"category", CELL_TEXT, NULL}, {"records", CELL_NUMBER, NULL}};
    struct cli *cli = t->session->cli;
    t->counts = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    t->rows = json_array();
    for (int h = 0; h < PQntuples(t->holds); h++) {
        const char *hold = value(t->holds, h, "hold");
        const char *const values[] = {hold};
        PGresult *rows _cleanup_result_ =
            session_file(t->session, "cli/hold_coverage.sql", 1, values, error);
        if (!rows)
            return false;
        for (int r = 0; r < PQntuples(rows); r++) {
            const char *n = result_value(rows, r, 3), *why = result_value(rows, r, 2);
            if (PQgetvalue(rows, r, 1)[0] != 't' || text_equal(n, "0"))
                continue;
            table_row(t->counts, (const char *const[]){hold_name(t, hold), PQgetvalue(rows, r, 0),
                                                       n ? n : why});
            json_array_append_new(t->rows,
                                  json_pack("{ss ss so}", "hold", hold, "category",
                                            PQgetvalue(rows, r, 0), "rows", json_number(n)));
        }
    }
    return true;
}

static bool tell(struct telling *t, bool counting, struct error *error)
{
    struct session *session = t->session;
    bool may;
    const char *const values[] = {"f", NULL};
    if (!hold_may_read_matters(session, &may, error) ||
        !(t->holds = session_file(session, "cli/hold_list.sql", 2, values, error)) ||
        !(t->waiting = session_file(session, "cli/hold_waiting.sql", 1, values + 1, error)) ||
        !(t->gaps = session_file(session, "cli/hold_gaps.sql", 1, values + 1, error)) ||
        !(t->rules = session_file(session, "cli/hold_rules.sql", 0, NULL, error)) ||
        (may &&
         !(t->matters = session_file(session, "cli/hold_matters.sql", 1, values + 1, error))) ||
        (counting && !count(t, error)))
        return false;
    if (session->cli->json)
        put_holds(t);
    else
        print_holds(t);
    return true;
}

bool hold_status_show(struct session *session, bool counting, struct error *error)
{
    struct telling t = {.session = session};
    bool done = tell(&t, counting, error);
    PQclear(t.holds);
    PQclear(t.waiting);
    PQclear(t.gaps);
    PQclear(t.rules);
    PQclear(t.matters);
    json_decref(t.rows);
    return done;
}
