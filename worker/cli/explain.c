/* retentionctl explain: one record, told to somebody who has to answer for it. While the record is
 * there, the builder's own judgement of it becomes sentences; once it is gone, the entry that it
 * went in is found by its digest under each epoch's key. */
#include "cli/explain.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/cause.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "pg/sqlstate.h"
#include "policy/resolve.h"
#include "policy/validate.h"

const char *explain_record_name(const struct explained *e)
{
    struct text text = {0};
    text_add(&text, "Record ");
    for (int i = 1; i < e->cli->operand_count; i++)
        text_printf(&text, "%s%s", i > 1 ? ", " : "", e->cli->operands[i]);
    text_printf(&text, " of category \"%s\"", e->category->name);
    if (e->category->title)
        text_printf(&text, " (%s)", e->category->title);
    const char *name = arena_strdup(e->cli->arena, text.data);
    text_free(&text);
    return name;
}

/* "2026-03-01T14:22:10.5-05:00" -> "2026-03-01 14:22:10" */
static const char *moment(struct arena *arena, const json_t *document, const char *name)
{
    const char *s = json_string_value(json_object_get(document, name));
    if (!s || strlen(s) < 19)
        return s;
    char *copy = arena_strndup(arena, s, 19);
    copy[10] = ' ';
    return copy;
}

static const char *string(const json_t *object, const char *name)
{
    const char *s = json_string_value(json_object_get(object, name));
    return s ? s : "";
}

static void add_because(struct text *out, const json_t *rule)
{
    const char *because = string(rule, "because");
    if (*because)
        text_printf(out, " (%s)", because);
}

/* The first reason of kept_while that keeps. */
static void add_keepers(struct text *out, const json_t *document)
{
    size_t i;
    const json_t *keep;
    json_array_foreach(json_object_get(document, "kept_while"), i, keep)
    {
        if (json_is_true(json_object_get(keep, "keeps")))
            text_printf(out, " It is kept as long as a condition of the policy holds: %s.",
                        string(keep, "because"));
    }
}

static void add_floors(struct arena *arena, struct text *out, const json_t *document)
{
    size_t i;
    const json_t *floor;
    json_array_foreach(json_object_get(document, "floors"), i, floor)
    {
        if (json_is_true(json_object_get(floor, "over")))
            continue;
        const char *end = moment(arena, floor, "end");
        text_printf(out, " A minimum period of %s", string(floor, "period"));
        add_because(out, floor);
        if (end)
            text_printf(out, " keeps it until %s.", end);
        else
            text_add(out, " keeps it, and the moment from which that runs is not known.");
    }
}

static const struct stage *stage_of(const struct explained *e, const json_t *document)
{
    const struct category *category = e->category;
    size_t i = 0;
    while (!text_equal(category->stages[i].name, string(document, "stage")))
        i++;
    return &category->stages[i];
}

/* The document of another of the stages, if it is due there and nothing keeps it; else NULL. */
static const json_t *acted_on_at(const struct explained *e, const struct stage *stage)
{
    size_t i;
    const json_t *document;
    json_array_foreach(e->documents, i, document)
    {
        if (stage_of(e, document) == stage)
            return !strcmp(string(document, "verdict"), "to_act") && !e->blocked.yes ? document
                                                                                     : NULL;
    }
    return NULL;
}

/* Only what is still to be counted waits: the run that counts it acts on it. */
static bool waits_to_be_counted(const json_t *document)
{
    size_t i;
    const json_t *wait;
    json_array_foreach(json_object_get(document, "waiting_for"), i, wait)
    {
        if (json_is_true(json_object_get(wait, "waits")))
            return false;
    }
    return json_is_true(json_object_get(document, "uncounted")) &&
           !json_is_true(json_object_get(document, "tenant_paused"));
}

/* Of a stage that changes records: a stage that takes the record away before, or NULL. */
static const struct stage *taken_before(const struct explained *e, const json_t *document)
{
    const struct category *category = e->category;
    const struct stage *own = stage_of(e, document), *counting = policy_counting_stage(category);
    if (policy_stage_removes(own) || own == counting)
        return NULL;
    size_t i;
    const json_t *other;
    json_array_foreach(e->documents, i, other)
    {
        const struct stage *stage = stage_of(e, other);
        if (!policy_stage_removes(stage))
            continue;
        if (acted_on_at(e, stage) || (!strcmp(string(other, "verdict"), "waiting") &&
                                      waits_to_be_counted(other) && acted_on_at(e, counting)))
            return stage;
    }
    return NULL;
}

static const char *does_to_it(const struct explained *e, const json_t *document)
{
    return policy_action(stage_of(e, document)->action)->does;
}

static void add_waits(const struct explained *e, struct text *out, const json_t *document)
{
    const struct stage *counting = policy_counting_stage(e->category);
    if (waits_to_be_counted(document) && counting && acted_on_at(e, counting)) {
        text_printf(out, " Stage \"%s\" counts it first; the same run then %s it.", counting->name,
                    does_to_it(e, document));
        return;
    }
    size_t i;
    const json_t *wait;
    json_array_foreach(json_object_get(document, "waiting_for"), i, wait)
    {
        if (json_is_true(json_object_get(wait, "waits")))
            text_printf(out, " It waits for records that category \"%s\" still keeps%s.",
                        string(wait, "category"),
                        json_is_true(json_object_get(wait, "held")) ? ", under a legal hold" : "");
    }
    if (json_is_true(json_object_get(document, "uncounted")))
        text_add(out, " An earlier stage is still to count it.");
}

/* Legal holds keep it whatever else is said; "A legal hold" where they are not told. */
static void add_holds(struct explained *e, struct text *out, const json_t *document)
{
    bool several;
    const char *names = explain_holds(e, document, &several);
    const struct stage *stage = stage_of(e, document);
    const char *goes =
        policy_stage_removes(stage)
            ? "goes"
            : arena_printf(e->cli->arena, "is %s", policy_action(stage->action)->past);
    if (!json_is_true(json_object_get(document, "held")))
        return;
    if (names)
        text_printf(out, " Legal hold%s %s keep%s it: it %s when %s released, or was, and %s over.",
                    several ? "s" : "", names, several ? "" : "s", goes,
                    several ? "all of them are" : "that is",
                    several ? "their grace is" : "its grace is");
    else
        text_printf(out,
                    " A legal hold keeps it: it %s when the hold is released and its grace is "
                    "over.",
                    goes);
}

/* Of a due record that nothing keeps. */
static void add_free(struct text *out, const json_t *document, const struct explained *e)
{
    const struct record_blocked *blocked = &e->blocked;
    const struct stage *before = taken_before(e, document);
    char count[32];
    if (before) {
        text_printf(out, " Nothing keeps it, but stage \"%s\" takes it in the same run, and first.",
                    before->name);
        return;
    }
    if (blocked->yes) {
        text_printf(out,
                    " Nothing keeps it, but the database refused to let it go when it was last "
                    "tried, at %s UTC: %s, SQLSTATE %s",
                    blocked->last_seen, sqlstate_condition(blocked->sqlstate), blocked->sqlstate);
        if (blocked->constraint)
            text_printf(out, ", constraint \"%s\"", blocked->constraint);
        text_add(out, ". It was set aside, and every run tries it again.");
        return;
    }
    if (e->category->mode != MODE_ENFORCE)
        text_add(out, " Nothing keeps it, but the policy only observes (mode = \"observe\"): it "
                      "is reported, and not touched.");
    else
        text_printf(out, " Nothing keeps it: the next run %s it.", does_to_it(e, document));
    if (blocked->not_known)
        text_printf(out,
                    " Unless it is one of %s of this category that the database refused to let go: "
                    "%s.",
                    text_thousands(count, e->blocked_count), blocked->not_known);
}

/* Why it is still there and when it will go, in sentences. */
static void add_verdict(struct explained *e, struct text *out, const json_t *document)
{
    struct arena *arena = e->cli->arena;
    const char *verdict = string(document, "verdict"), *due = moment(arena, document, "due_at");
    const char *act = moment(arena, document, "act_at"), *stage = string(document, "stage");
    if (!strcmp(verdict, "unclaimed")) {
        text_add(out,
                 "This category does not take it: its condition \"only\" does not fit. Nothing "
                 "of this policy applies to it.");
    } else if (!strcmp(verdict, "other_stage")) {
        text_printf(out, "Stage \"%s\" does not take it: the stage's own condition does not fit.",
                    stage);
    } else if (!strcmp(verdict, "not_started")) {
        text_add(out, "Its period has not begun: its starting point is not known. It is kept until "
                      "there is one.");
    } else if (!strcmp(verdict, "not_due")) {
        text_printf(out, "Its period is not over: it falls due at %s.", due ? due : "");
        add_floors(arena, out, document);
        if (json_is_true(json_object_get(document, "held")))
            add_holds(e, out, document);
        else if (act)
            text_printf(out, " If nothing else keeps it then, the first run after %s %s it.", act,
                        does_to_it(e, document));
    } else if (!strcmp(verdict, "passed")) {
        text_printf(out, "It has passed stage \"%s\": it is %s.", stage,
                    policy_action(stage_of(e, document)->action)->past);
    } else {
        text_printf(out, "It has been due since %s.", due ? due : "");
        if (!strcmp(verdict, "held"))
            add_holds(e, out, document);
        else if (!strcmp(verdict, "kept_while"))
            add_keepers(out, document);
        else if (!strcmp(verdict, "kept_floor"))
            add_floors(arena, out, document);
        else if (!strcmp(verdict, "waiting"))
            add_waits(e, out, document);
        else if (!strcmp(verdict, "paused"))
            text_add(out, " Somebody paused the records of its tenant.");
        else
            add_free(out, document, e);
    }
}

/* The state in a word, of a list of stages. */
static const char *state_word(const char *verdict)
{
    static const struct {
        const char *verdict, *word;
    } words[] = {
        {"other_stage", "not taken"}, {"not_started", "to come"}, {"not_due", "to come"},
        {"passed", "passed"},         {"held", "held"},           {"kept_while", "kept"},
        {"kept_floor", "kept"},       {"waiting", "waits"},       {"paused", "paused"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (!strcmp(verdict, words[i].verdict))
            return words[i].word;
    return "due";
}

static void print_fact(const char *name, const char *value)
{
    printf("  %-16s", name);
    text_wrap(stdout, value, 18, 100, true);
}

static void print_rule(struct arena *arena, const char *name, const json_t *rule)
{
    if (!json_is_object(rule))
        return;
    struct text text _cleanup_text_ = {0};
    const char *start = moment(arena, rule, "start"), *end = moment(arena, rule, "end");
    text_printf(&text, "%s from %s", string(rule, "period"), start ? start : "a moment not known");
    if (end)
        text_printf(&text, ": %s %s",
                    json_is_true(json_object_get(rule, "over")) ? "over since" : "until", end);
    add_because(&text, rule);
    print_fact(name, text.data);
}

/* What the verdict follows from, one fact a line. */
static void print_facts(struct explained *e, const json_t *document)
{
    struct arena *arena = e->cli->arena;
    const struct category *category = e->category;
    bool several;
    const char *holds = explain_holds(e, document, &several);
    const char *start = moment(arena, document, "start"),
               *due = moment(arena, document, "stage_due");
    if (!e->told)
        printf("\n  Judged at %s; times are those of %s.\n", moment(arena, document, "now"),
               category->timezone);
    else
        putchar('\n');
    e->told = true;
    print_fact("Starting point", start ? start : "not known");
    print_fact("Stage", arena_printf(arena, "\"%s\", %s after: %s", string(document, "stage"),
                                     string(document, "after"), due ? due : "not known"));
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(document, "agreements"), i, item)
    {
        struct text text _cleanup_text_ = {0};
        text_printf(&text, "%s for tenant %s", string(item, "period"), string(item, "tenant"));
        add_because(&text, item);
        print_fact("Agreement", text.data);
    }
    print_rule(arena, "Maximum", json_object_get(document, "cap"));
    json_array_foreach(json_object_get(document, "floors"), i, item)
        print_rule(arena, "Minimum", item);
    json_array_foreach(json_object_get(document, "kept_while"), i, item) print_fact(
        "Kept while", arena_printf(arena, "%s: %s", string(item, "because"),
                                   json_is_true(json_object_get(item, "keeps")) ? "yes" : "no"));
    json_array_foreach(json_object_get(document, "waiting_for"), i, item) print_fact(
        "Waits for", arena_printf(arena, "category \"%s\": %s", string(item, "category"),
                                  json_is_true(json_object_get(item, "waits")) ? "yes" : "no"));
    bool held = json_is_true(json_object_get(document, "held"));
    print_fact("Legal hold", !held ? "none" : holds ? holds : "yes");
}

/* Each stage that the record has passed or will pass, one after the other. */
static void print_stages(struct explained *e)
{
    size_t i;
    const json_t *document;
    json_array_foreach(e->documents, i, document)
    {
        struct text text _cleanup_text_ = {0};
        const char *verdict = string(document, "verdict");
        text_printf(&text, "%s", state_word(verdict));
        if (!strcmp(verdict, "passed")) {
            text_printf(&text, ": it is %s", policy_action(stage_of(e, document)->action)->past);
        } else {
            text_add(&text, ". ");
            add_verdict(e, &text, document);
        }
        print_fact(arena_printf(e->cli->arena, "\"%s\"", string(document, "stage")), text.data);
    }
}

static void tell(struct explained *e)
{
    struct text text _cleanup_text_ = {0}, cause _cleanup_text_ = {0};
    const json_t *document, *first = json_array_get(e->documents, 0);
    bool list = json_array_size(e->documents) > 1 && strcmp(string(first, "verdict"), "unclaimed");
    size_t i;
    text_printf(&text, "%s is still there.%s\n\n", explain_record_name(e),
                list ? " Its stages:" : "");
    if (!list) {
        add_verdict(e, &text, first);
        text_add_char(&text, '\n');
    }
    json_array_foreach(e->documents, i, document)
    {
        if (e->cause && !cause.length && !strcmp(string(document, "verdict"), "to_act"))
            text_printf(&cause,
                        "The category is not being enforced now: %s. See \"retentionctl status "
                        "%s\".\n",
                        e->cause, e->category->name);
    }
    if (!list)
        text_add(&text, text_string(&cause));
    text_wrap(stdout, text.data, 0, 100, false);
    if (list) {
        print_stages(e);
        if (cause.length) {
            putchar('\n');
            text_wrap(stdout, cause.data, 0, 100, false);
        }
    }
    json_array_foreach(e->documents, i, document)
    {
        bool last = i + 1 == json_array_size(e->documents);
        bool passed = !strcmp(string(document, "verdict"), "passed");
        if (list ? !passed || (last && !e->told) : !i)
            print_facts(e, document);
    }
}

/* What stands in the way of the whole category, or NULL. */
static const char *category_cause(struct explained *e)
{
    char *const name[] = {(char *)e->category->name};
    PGresult *causes _cleanup_result_ = cause_read(e->session, session_array(e->cli, name, 1));
    return cause_find(causes, e->category->name, &e->blocked_count);
}

/* The document is the database's, which cannot know: records are set aside by their digests. */
static void add_blocked(const struct explained *e, json_t *document)
{
    const struct record_blocked *blocked = &e->blocked;
    if (strcmp(string(document, "verdict"), "to_act") != 0)
        return;
    json_object_set_new(document, "blocked",
                        blocked->yes ? json_pack("{ss so ss}", "sqlstate", blocked->sqlstate,
                                                 "constraint", json_text(blocked->constraint),
                                                 "last_seen", blocked->last_seen)
                        : blocked->not_known ? json_null()
                                             : json_false());
}

/* Which value is the wrong one is not known where the key has several columns. */
static bool refuse_key(const struct explained *e, struct error *error)
{
    const struct catalog_table *table = resolve_table(e->policies.catalog, e->category->table);
    struct text columns _cleanup_text_ = {0};
    for (size_t i = 0; i < e->key.count; i++) {
        const struct catalog_column *column = catalog_column(table, e->key.items[i]);
        text_printf(&columns, "%s%s%s%s%s", i ? ", " : "", e->key.items[i], column ? " (" : "",
                    column ? column->full_type : "", column ? ")" : "");
    }
    error_set(error, ERROR_USAGE, "no record can have the key that was given");
    error_hint(error, "The key of category \"%s\": %s.", e->category->name, columns.data);
    return false;
}

static bool explain_stage(struct explained *e, const struct sql_category *sql, bool *ret_found,
                          struct error *error)
{
    PGresult *result _cleanup_result_ = plan_query(e->session, e->category->name, &sql->explain,
                                                   e->run_time, e->cli->operands + 1, error);
    if (!result)
        return error_is_bad_value(error) ? refuse_key(e, error) : false;
    *ret_found = PQntuples(result) > 0;
    if (!*ret_found)
        return true;
    json_t *document = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
    if (!document)
        return error_set(error, ERROR_FAILED,
                         "could not read what the database says of the record");
    add_blocked(e, document);
    json_array_append_new(e->documents, document);
    return true;
}

static bool check_key(struct explained *e, struct error *error)
{
    const struct catalog_table *table = resolve_table(e->policies.catalog, e->category->table);
    e->key = resolve_key(e->cli->arena, table, e->category->key_given, &e->category->key);
    size_t given = (size_t)e->cli->operand_count - 1;
    struct text columns _cleanup_text_ = {0};
    for (size_t i = 0; i < e->key.count; i++)
        text_printf(&columns, "%s%s", i ? ", " : "", e->key.items[i]);
    if (!e->key.count)
        return error_set(error, ERROR_USAGE, "records of category \"%s\" have no key",
                         e->category->name);
    if (given != e->key.count)
        return error_set(error, ERROR_USAGE,
                         "the key of category \"%s\" has %zu column%s (%s), and %zu value%s given",
                         e->category->name, e->key.count, e->key.count == 1 ? "" : "s",
                         columns.data, given, given == 1 ? " was" : "s were");
    return true;
}

static bool find_category(struct explained *e, struct error *error)
{
    struct cli *cli = e->cli;
    int words = cli->operand_count;
    size_t count;
    cli->operand_count = 1;
    const struct category **list = policies_select(cli, &e->policies, &count, error);
    cli->operand_count = words;
    if (!list)
        return false;
    e->category = list[0];
    if (e->category->mode == MODE_DECLARED)
        return error_set(error, ERROR_USAGE, "category \"%s\" is held outside of this database%s%s",
                         e->category->name, e->category->held_at ? ": " : "",
                         e->category->held_at ? e->category->held_at : "");
    return true;
}

bool explain_open(struct explained *e, struct error *error)
{
    if (!policies_read(&e->policies, e->cli, error) || !find_category(e, error) ||
        !session_open(e->session, e->cli, SESSION_SCHEMA, error) ||
        !policies_validate(&e->policies, e->session, error))
        return false;
    if (!policy_category_is_valid(e->category, e->policies.set, &e->cli->diags))
        return error_set(error, ERROR_CONFIG, "the policy of category \"%s\" is not valid",
                         e->category->name);
    if (!check_key(e, error))
        return false;
    const struct sql_category *sql =
        sql_build_category(e->cli->arena, e->policies.set, e->category, 0, e->policies.catalog);
    e->relation = sql->relations[sql->relation_count - 1].relation;
    return true;
}

static bool explain(struct explained *e, struct error *error)
{
    struct cli *cli = e->cli;
    if (!explain_open(e, error))
        return false;
    e->cause = category_cause(e);
    explain_find_blocked(e);
    if (!plan_begin(e->session, &e->run_time, error) ||
        !plan_settings(e->session, e->category, error))
        return false;
    json_object_set_new(output_document(cli), "category", json_text(e->category->name));
    json_t *key = json_array();
    for (int i = 1; i < cli->operand_count; i++)
        json_array_append_new(key, json_text(cli->operands[i]));
    json_object_set_new(cli->document, "key", key);
    json_object_set_new(cli->document, "stages", e->documents = json_array());
    bool found = true;
    for (size_t s = 0; found && s < e->category->stage_count; s++) {
        const struct sql_category *sql =
            sql_build_category(cli->arena, e->policies.set, e->category, s, e->policies.catalog);
        if (!explain_stage(e, sql, &found, error))
            return false;
    }
    json_object_set_new(cli->document, "found", json_string(found ? "table" : "nowhere"));
    if (found && !cli->json)
        tell(e);
    return found || explain_from_log(e, error);
}

bool command_explain(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct explained e = {.cli = cli, .session = &session};
    bool done = explain(&e, error);
    policies_free(&e.policies);
    return done;
}
