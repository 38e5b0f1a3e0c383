/* The sample policies: they cover the privacy notice, use the whole syntax, and suit the sample
 * database. */
#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "config/settings.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "pg/catalog.h"
#include "policy/definition.h"
#include "policy/parse.h"
#include "policy/sql.h"
#include "policy/transform.h"
#include "policy/validate.h"
#include "sample.h"

static struct diags diags;
static struct policy_set *set;

static void setup(void)
{
    set = policy_load_directory(source_path("policies"), &diags);
    diags_sort(&diags);
    if (diags.count)
        diags_print(&diags);
    ck_assert_ptr_nonnull(set);
}

static void teardown(void)
{
    policy_set_free(set);
    set = NULL;
    diags_free(&diags);
}

START_TEST(there_is_nothing_to_say_about_them)
{
    ck_assert_uint_eq(diags.count, 0);
    ck_assert_uint_gt(set->category_count, 40);
    ck_assert_uint_gt(set->ungoverned_count, 2);
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *c = &set->categories[i];
        ck_assert_msg(c->title != NULL, "%s has no title", c->name);
        ck_assert_msg(c->basis != NULL, "%s has no basis", c->name);
    }
}
END_TEST

START_TEST(the_main_file_is_valid)
{
    struct settings *settings =
        settings_load(source_path("policies/retentiond.cfg.sample"), &diags);
    diags_print(&diags);
    ck_assert_uint_eq(diags.count, 0);
    ck_assert_ptr_nonnull(settings);
    settings_free(settings);
}
END_TEST

static char *trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    for (char *end = s + strlen(s); end > s && isspace((unsigned char)end[-1]);)
        *--end = '\0';
    return s;
}

/* Every line of notice-categories.txt: "section | words | categories". */
START_TEST(they_cover_the_privacy_notice)
{
    char *text _cleanup_free_ = file_read(source_path("tests/notice-categories.txt"));
    char *rest = text;
    size_t notice = 0, subprocessors = 0;
    bool listed[256] = {false};
    ck_assert_uint_lt(set->category_count, ARRAY_LENGTH(listed));
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (!*line || *line == '#')
            continue;
        char *section = trim(strsep(&line, "|")), *words = trim(strsep(&line, "|"));
        ck_assert_msg(line != NULL, "%s: not three columns", section);
        bool is_subprocessor = strcmp(section, "subprocessor") == 0;
        bool acts = false;
        size_t names = 0;
        for (char *names_left = trim(line), *name; (name = strsep(&names_left, " ")); names++) {
            struct category *c = policy_find(set, name);
            ck_assert_msg(c != NULL, "%s, %s: no category \"%s\"", section, words, name);
            listed[c - set->categories] = true;
            acts = acts || c->mode != MODE_OBSERVE;
            if (is_subprocessor)
                ck_assert_msg(c->mode == MODE_DECLARED && text_equal(c->held_at, words),
                              "%s does not declare what %s holds", name, words);
        }
        ck_assert_msg(names > 0, "%s, %s: no category", section, words);
        ck_assert_msg(acts, "%s, %s: observed only", section, words);
        *(is_subprocessor ? &subprocessors : &notice) += 1;
    }
    ck_assert_uint_ge(notice, 40);
    ck_assert_uint_ge(subprocessors, 12);
    for (size_t i = 0; i < set->category_count; i++)
        ck_assert_msg(listed[i], "%s is not in notice-categories.txt", set->categories[i].name);
}
END_TEST

/* ---- the syntax: every key and choice that the tables of definitions know ---- */

/* All files, comments taken out, and white space before "=" and ":". */
static char *all_text(void)
{
    char directory[4096];
    snprintf(directory, sizeof(directory), "%s", source_path("policies"));
    DIR *d = opendir(directory);
    ck_assert_ptr_nonnull(d);
    struct text all = {0};
    for (struct dirent *entry; (entry = readdir(d));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".cfg") != 0)
            continue;
        char path[8192];
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        char *text _cleanup_free_ = file_read(path);
        bool quoted = false, comment = false;
        for (const char *s = text; *s; s++) {
            if (*s == '"' && (s == text || s[-1] != '\\') && !comment)
                quoted = !quoted;
            if (*s == '\n')
                comment = false;
            else if (!quoted && (*s == '#' || (s[0] == '/' && s[1] == '/')))
                comment = true;
            if (comment || (*s == ' ' && !quoted))
                continue;
            text_add_char(&all, *s);
        }
    }
    closedir(d);
    return text_steal(&all);
}

/* "key=" or "key:", then `value` if there is one. */
static bool stands_in(const char *text, const char *key, const char *value)
{
    size_t length = strlen(key);
    for (const char *s = text; (s = strstr(s, key)); s += length) {
        if (s > text && (isalnum((unsigned char)s[-1]) || s[-1] == '_'))
            continue;
        if (s[length] != '=' && s[length] != ':')
            continue;
        if (!value || (s[length + 1] == '"' && text_starts_with(s + length + 2, value) &&
                       s[length + 2 + strlen(value)] == '"'))
            return true;
    }
    return false;
}

START_TEST(they_use_every_key)
{
    char *text _cleanup_free_ = all_text();
    struct text missing _cleanup_text_ = {0};
    for (const struct definition *const *d = policy_definitions; *d; d++)
        for (const struct field *f = (*d)->fields; f->key; f++) {
            if (f->flags & (FIELD_LATER | FIELD_NORMAL))
                continue;
            /* of "hmac", see below */
            if (*d == &definition_transform && strcmp(f->key, "domain") == 0)
                continue;
            /* none of the sample database's tables has partitions */
            if (strcmp(f->key, "drop_empty") == 0)
                continue;
            if (!stands_in(text, f->key, NULL))
                text_printf(&missing, " \"%s\" of %s;", f->key, (*d)->name);
            for (const struct choice *c = f->choices; c && c->name; c++)
                /* a guard is installed by others than the sample database has, and none of its
                 * tables has partitions */
                if (!c->later && strcmp(f->key, "guard") != 0 &&
                    strcmp(c->name, "partition") != 0 && !stands_in(text, f->key, c->name))
                    text_printf(&missing, " %s = \"%s\";", f->key, c->name);
        }
    for (size_t i = 0; i < transformation_count; i++)
        /* The notice keeps what does "not ... identify you personally": a keyed digest does. */
        if (transformations[i].class != CLASS_PSEUDONYMOUS &&
            !stands_in(text, "as", transformations[i].name))
            text_printf(&missing, " as = \"%s\";", transformations[i].name);
    ck_assert_msg(!missing.length, "not used:%s", text_string(&missing));
}
END_TEST

/* ---- the syntax: where the same key means different things ---- */

static bool start_has(const struct start *start, enum ref_kind kind)
{
    for (size_t i = 0; i < start->ref_count; i++)
        if (start->refs[i].kind == kind)
            return true;
    return false;
}

static bool subject_is(const struct category *c, enum ref_kind kind, bool path)
{
    for (size_t i = 0; i < c->subject_count; i++)
        if (c->subjects[i].kind == kind && (c->subjects[i].path.count > 0) == path)
            return true;
    return false;
}

static bool has_op(const struct category *c, enum condition_op op)
{
    const struct conditions *lists[16] = {&c->only};
    size_t count = 1;
    for (size_t i = 0; i < c->stage_count && count < 8; i++)
        lists[count++] = &c->stages[i].only;
    for (size_t i = 0; i < c->keep_while_count && count < 16; i++)
        lists[count++] = &c->keep_while[i].only;
    for (size_t l = 0; l < count; l++) {
        for (size_t i = 0; i < lists[l]->all_count; i++)
            if (lists[l]->all[i].op == op)
                return true;
        for (size_t i = 0; i < lists[l]->any_count; i++)
            if (lists[l]->any[i].op == op)
                return true;
    }
    return false;
}

static bool keeps_while(const struct category *c, bool child)
{
    for (size_t i = 0; i < c->keep_while_count; i++)
        if (c->keep_while[i].has_child == child)
            return true;
    return false;
}

static bool floor_has_start(const struct category *c)
{
    for (size_t i = 0; i < c->floor_count; i++)
        if (c->floors[i].start.ref_count)
            return true;
    return false;
}

static size_t stage_count(const struct category *c, enum action action)
{
    size_t count = 0;
    for (size_t i = 0; i < c->stage_count; i++)
        count += c->stages[i].action == action;
    return count;
}

static bool floor_has_stage(const struct category *c)
{
    for (size_t i = 0; i < c->floor_count; i++)
        if (c->floors[i].stage)
            return true;
    return false;
}

static bool stage_has_start(const struct category *c)
{
    for (size_t i = 0; i < c->stage_count; i++)
        if (c->stages[i].start.ref_count)
            return true;
    return false;
}

#define FEATURES                                                                                   \
    F(start_of_a_parent, start_has(&c->start, REF_PARENT))                                         \
    F(start_of_a_child_with_none, start_has(&c->start, REF_CHILD) && c->start.refs[0].none)        \
    F(start_in_jsonb, c->start.ref_count && c->start.refs[0].path.count > 1)                       \
    F(start_in_seconds, c->start.ref_count && c->start.refs[0].unit == UNIT_EPOCH_S)               \
    F(start_in_milliseconds, c->start.ref_count && c->start.refs[0].unit == UNIT_EPOCH_MS)         \
    F(start_latest, c->start.form == START_LATEST && c->start.ignore_nulls)                        \
    F(start_latest_unknown, c->start.form == START_LATEST && !c->start.ignore_nulls)               \
    F(start_earliest_with_parent,                                                                  \
      c->start.form == START_EARLIEST && start_has(&c->start, REF_PARENT))                         \
    F(not_before, c->start.not_before &&strcmp(c->start.not_before, "1970-01-02") != 0)            \
    F(subject_of_a_parent, subject_is(c, REF_PARENT, false))                                       \
    F(subject_in_jsonb, subject_is(c, REF_COLUMN, true))                                           \
    F(several_subjects, c->subject_count > 1)                                                      \
    F(tenant_of_a_parent, c->has_tenant && c->tenant.kind == REF_PARENT)                           \
    F(tenant_of_children, c->has_tenant && c->tenant.kind == REF_CHILD)                            \
    F(only_rest, c->only.rest)                                                                     \
    F(only_any, c->only.any_count > 1)                                                             \
    F(several_conditions, c->only.all_count > 1)                                                   \
    F(dependant_of_a_dependant, c->with_count && c->with[0].with_count)                            \
    F(dependant_with_a_composite_key, c->with_count && c->with[0].by.count > 1)                    \
    F(composite_key, c->key.count > 1)                                                             \
    F(no_key, c->key_given && c->key.count == 0 && c->evidence == EVIDENCE_COUNTS)                 \
    F(wait_for_several, c->wait_for.count > 1)                                                     \
    F(several_floors, c->floor_count > 1)                                                          \
    F(floor_with_a_start, floor_has_start(c))                                                      \
    F(cap_with_a_start, c->cap && c->cap->start.ref_count)                                         \
    F(keep_while_child, keeps_while(c, true))                                                      \
    F(keep_while_itself, keeps_while(c, false))                                                    \
    F(stage_with_a_start, stage_has_start(c))                                                      \
    F(stage_with_conditions, c->stage_count && c->stages[0].only.all_count)                        \
    F(no_period, c->stage_count && c->stages[0].after.months == 0 &&                               \
                     c->stages[0].after.days == 0 && c->stages[0].after.microseconds == 0)         \
    F(period_in_hours, c->stage_count && c->stages[0].after.microseconds > 0)                      \
    F(de_identified_then_deleted,                                                                  \
      stage_count(c, ACTION_DEIDENTIFY) && stage_count(c, ACTION_DELETE))                          \
    F(de_identified_then_aggregated,                                                               \
      stage_count(c, ACTION_DEIDENTIFY) && stage_count(c, ACTION_AGGREGATE))                       \
    F(mark, stage_count(c, ACTION_DEIDENTIFY) && c->stages[0].mark)                                \
    F(anonymous, stage_count(c, ACTION_DEIDENTIFY) && c->stages[0].claim == CLAIM_ANONYMOUS)       \
    F(aggregated_without_key, stage_count(c, ACTION_AGGREGATE) && c->key_given && !c->key.count)   \
    F(aggregated_with_dependants, stage_count(c, ACTION_AGGREGATE) && c->with_count)               \
    F(floor_of_a_stage, floor_has_stage(c))                                                        \
    F(agreements_in_a_list, c->agreement_count > 1)                                                \
    F(agreements_in_a_table, c->agreement_table.at.file && c->agreement_table.settle.text)         \
    F(window_over_midnight, c->window.given && c->window.from_minute > c->window.to_minute)        \
    F(window_in_a_day, c->window.given && c->window.from_minute < c->window.to_minute)             \
    F(zone, strcmp(c->timezone, "UTC") != 0)                                                       \
    F(pace, c->pace_rows_per_second > 0)                                                           \
    F(accepted_trigger, c->accept_trigger_count > 0)                                               \
    F(observed, c->mode == MODE_OBSERVE)                                                           \
    F(declared, c->mode == MODE_DECLARED && c->held_at)                                            \
    F(op_eq, has_op(c, OP_EQ))                                                                     \
    F(op_ne, has_op(c, OP_NE))                                                                     \
    F(op_lt, has_op(c, OP_LT))                                                                     \
    F(op_le, has_op(c, OP_LE))                                                                     \
    F(op_gt, has_op(c, OP_GT))                                                                     \
    F(op_ge, has_op(c, OP_GE))                                                                     \
    F(op_in, has_op(c, OP_IN))                                                                     \
    F(op_not_in, has_op(c, OP_NOT_IN))                                                             \
    F(op_is_null, has_op(c, OP_IS_NULL))                                                           \
    F(op_older_than, has_op(c, OP_OLDER_THAN))                                                     \
    F(op_younger_than, has_op(c, OP_YOUNGER_THAN))

#define F(name, condition)                                                                         \
    static bool feature_##name(const struct category *c)                                           \
    {                                                                                              \
        return condition;                                                                          \
    }
FEATURES
#undef F

static const struct {
    const char *name;
    bool (*is_used)(const struct category *c);
} features[] = {
#define F(name, condition) {#name, feature_##name},
    FEATURES
#undef F
};

START_TEST(they_use_every_feature)
{
    struct text missing _cleanup_text_ = {0};
    for (size_t f = 0; f < ARRAY_LENGTH(features); f++) {
        bool used = false;
        for (size_t i = 0; i < set->category_count && !used; i++)
            used = features[f].is_used(&set->categories[i]);
        if (!used)
            text_printf(&missing, " %s", features[f].name);
    }
    ck_assert_msg(!missing.length, "not used:%s", text_string(&missing));
}
END_TEST

/* ---- against the sample database ---- */

static char *database;
static PGconn *conn;
static struct catalog *catalog;

/* The worker's role is the cluster's: other tests may have made it. */
static void make_worker(void)
{
    db_script(conn, "DO $$ BEGIN CREATE ROLE sample_worker LOGIN;"
                    " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
                    "GRANT retention_worker TO sample_worker;"
                    "GRANT sample_worker TO retention_owner");
    static const char *const schemas[] = {"ctm",  "web",     "billing", "support",
                                          "risk", "privacy", "hr"};
    for (size_t i = 0; i < ARRAY_LENGTH(schemas); i++)
        db_exec(conn,
                "GRANT USAGE ON SCHEMA %1$s TO sample_worker;"
                "GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$s TO sample_worker",
                schemas[i]);
    db_exec(conn, "REVOKE UPDATE, DELETE ON ctm.call_month, web.visit_week, risk.login_day "
                  "FROM sample_worker;"
                  "GRANT INSERT ON ctm.call_month, web.visit_week, risk.login_day "
                  "TO sample_worker");
}

static void database_setup(void)
{
    setup();
    database = sample_load("60000", "1");
    conn = db_connect(cluster_shared(), database, NULL);
    db_exec(conn, "SET jit = off"); /* as the worker and plan have it */
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), database, NULL);
    struct program_result result =
        program_run((const char *[]){"retentionctl", "-d", conninfo, "migrate", NULL});
    ck_assert_msg(result.exit_code == 0, "migrate: %s", result.err);
    program_result_free(&result);
    make_worker();
    PGconn *worker = db_connect(cluster_shared(), database, "sample_worker");
    PGresult *answer = PQexecParams(worker, sql_file("catalog/facts.sql"), 2, NULL,
                                    (const char *[]){NULL, "t"}, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(answer) == PGRES_TUPLES_OK, "%s", PQerrorMessage(worker));
    struct error error _cleanup_error_ = {0};
    catalog = catalog_parse(PQgetvalue(answer, 0, 0), &error);
    ck_assert_msg(catalog != NULL, "%s", error.primary);
    PQclear(answer);
    PQfinish(worker);
}

static void database_teardown(void)
{
    catalog_free(catalog);
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
    teardown();
}

/* No error; and the only warnings are that nobody deletes files yet, and that calls and visits lose
 * whose they were before they are counted. */
START_TEST(they_suit_the_sample_database)
{
    policy_validate(set, catalog, &diags);
    diags_sort(&diags);
    size_t files = 0, counted = 0;
    for (size_t i = 0; i < diags.count; i++)
        if (diags.items[i].level == DIAG_WARNING &&
            strstr(diags.items[i].message, "looks like the place of a file"))
            files++;
    for (size_t i = 0; i < diags.count; i++)
        if (diags.items[i].level == DIAG_WARNING &&
            strstr(diags.items[i].message, "before stage \"gone\" counts"))
            counted++;
    if (diags.count > files + counted)
        diags_print(&diags);
    ck_assert_uint_eq(diags.count, files + counted);
    ck_assert_uint_eq(files, 9);
    ck_assert_uint_eq(counted, 2);
}
END_TEST

/* What plan must say is due, in plain SQL written from the policy's words. */
#define RUN_TIME "timestamptz '2026-07-24 01:00:00+00'"
#define IN_ZONE(start, period, zone)                                                               \
    "((" start ") at time zone '" zone "' + interval '" period "') at time zone '" zone            \
    "' <= " RUN_TIME
static const struct {
    const char *category;
    const char *table_and_condition;
} due[] = {
    {"test_calls", "ctm.call where status = 'test' and started_at > '1970-01-02' and " IN_ZONE(
                       "started_at", "30 days", "UTC")},
    {"call_logs",
     "ctm.call where status <> 'test' and started_at > '1970-01-02' and (started_at at time zone"
     " 'America/New_York' + case account_id when 3 then interval '7 years' when 11 then interval"
     " '18 months' else interval '3 years' end) at time zone 'America/New_York' <= " RUN_TIME},
    {"call_events",
     "ctm.call_event where " IN_ZONE("to_timestamp((payload #>> '{meta,at_ms}')::bigint / 1000.0)",
                                     "6 months", "UTC")},
    {"greetings",
     "ctm.call_recording where kind = 'greeting' and " IN_ZONE("replaced_at", "30 days", "UTC")},
    {"contacts",
     "ctm.contact c where (coalesce((select max(last_activity_at) from ctm.contact_account a where"
     " a.contact_id = c.contact_id), first_seen_at) at time zone 'UTC' + case when exists (select"
     " from ctm.contact_account a where a.contact_id = c.contact_id and a.account_id = 3) then"
     " interval '7 years' else interval '2 years' end) at time zone 'UTC' <= " RUN_TIME},
    {"own_site_visits",
     "web.visitor_session v where property = 'own_site' and " IN_ZONE(
         "coalesce((select max(seen_at) from web.page_event e where e.session_id = v.session_id),"
         " v.started_at)",
         "25 months", "UTC")},
    {"invoices", "billing.invoice where issued_on >= '2005-01-01' and (date_trunc('year',"
                 " issued_on::timestamp) + interval '1 year' + interval '7 years') at time zone"
                 " 'America/New_York' <= " RUN_TIME},
    {"tracking_cookies",
     "web.tracking_cookie where (greatest(first_seen_on, last_seen_on) + 1 + interval '13 months')"
     " at time zone 'UTC' <= " RUN_TIME},
    {"users", "ctm.app_user u join ctm.account a using (account_id) where least(u.deactivated_at,"
              " a.closed_at) > '2010-01-01' and isfinite(least(u.deactivated_at, a.closed_at)) and"
              " " IN_ZONE("least(u.deactivated_at, a.closed_at)", "1 year", "UTC")},
    {"verification_codes", "ctm.verification_code where sent_at_ms > 86400000 and " IN_ZONE(
                               "to_timestamp(sent_at_ms / 1000.0)", "24 hours", "UTC")},
    {"voice_prints", "ctm.voice_print where " IN_ZONE("last_used_at", "1 year", "UTC")},
    {"payments",
     "billing.payment where ((date_trunc('year', paid_at at time zone 'America/New_York') + "
     "interval '1 year' + interval '7 years') at time zone 'America/New_York') <= " RUN_TIME},
    {"security_events", "risk.login_event where (date_trunc('day', at at time zone 'UTC') +"
                        " case when date_trunc('day', at at time zone 'UTC') = at at time zone"
                        " 'UTC' then interval '0' else interval '1 day' end + interval '1 year')"
                        " at time zone 'UTC' <= " RUN_TIME},
};

START_TEST(plan_counts_what_plain_sql_counts)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LENGTH(due); i++) {
        const struct category *c = policy_find(set, due[i].category);
        ck_assert_ptr_nonnull(c);
        const struct sql_statement plan =
            sql_build_category(arena, set, c, c->stage_count - 1, catalog)->plan;
        const char *values[64];
        ck_assert_uint_le(plan.param_count, ARRAY_LENGTH(values));
        for (size_t p = 0; p < plan.param_count; p++)
            values[p] = plan.params[p].kind == PARAM_RUN_TIME ? "2026-07-24 01:00:00+00"
                                                              : plan.params[p].value;
        db_exec(conn, "SET timezone = '%s'", c->timezone);
        PGresult *result =
            PQexecParams(conn, plan.text, (int)plan.param_count, NULL, values, NULL, NULL, 0);
        ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", c->name,
                      PQerrorMessage(conn));
        int64_t expected = db_number(conn, "select count(*) from %s", due[i].table_and_condition);
        int64_t planned = strtoll(PQgetvalue(result, 0, PLAN_DUE), NULL, 10);
        ck_assert_msg(expected == planned, "%s: plan says %lld due, plain SQL %lld", c->name,
                      (long long)planned, (long long)expected);
        ck_assert_msg(expected > 0, "%s: nothing due", c->name);
        PQclear(result);
    }
    arena_free(arena);
}
END_TEST

Suite *suite_sample_policies(void)
{
    Suite *suite = suite_create("sample_policies");
    TCase *tc = tcase_create("files");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, there_is_nothing_to_say_about_them);
    tcase_add_test(tc, the_main_file_is_valid);
    tcase_add_test(tc, they_cover_the_privacy_notice);
    tcase_add_test(tc, they_use_every_key);
    tcase_add_test(tc, they_use_every_feature);
    suite_add_tcase(suite, tc);
    tc = tcase_create("database");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, database_setup, database_teardown);
    tcase_add_test(tc, they_suit_the_sample_database);
    tcase_add_test(tc, plan_counts_what_plain_sql_counts);
    suite_add_tcase(suite, tc);
    return suite;
}
