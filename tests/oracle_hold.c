/* Holds of the cases of oracle_case.c: subjects for the policy, scopes of every shape as they stand
 * in retention.held_scope, and what they cover, in plain SQL over the record r. */
#include "oracle_draw.h"

#include <stdio.h>
#include <string.h>

struct subject {
    const char *policy; /* a reference; {by} is the child's */
    const char *form;
    const char *values;   /* the record's, a text[] over r; {join} is child c's and the record's */
    const char *drawn[4]; /* what scopes ask for, as it would be stored */
};

static const struct subject subjects[] = {
    {"{ column = \"state\"; kind = \"state\"; }",
     "state - text",
     "ARRAY[r.state]",
     {"open", "closed", "it''s", "none"}},
    {"{ column = \"j\"; path = [ \"customer\" ]; kind = \"customer\"; as = \"lower\"; }",
     "customer lower text",
     "ARRAY[lower(r.j->>'customer')]",
     {"{1}", "{2}", "{3}", "{9}"}},
    {"{ column = \"mood\"; kind = \"mood\"; }",
     "mood - text",
     "ARRAY[r.mood::text]",
     {"sad", "ok", "very happy", "OK"}},
    {"{ parent = \"o.account\"; by = \"account_id\"; column = \"plan\"; kind = \"plan\"; }",
     "plan - text",
     "ARRAY(SELECT p.plan FROM o.account p WHERE p.account_id = r.account_id)",
     {"trial", "full", "none", "TRIAL"}},
    {"{ child = \"o.child\"; by = %s; column = \"account_id\"; kind = \"account\"; }",
     "account - integer",
     "ARRAY(SELECT c.account_id::text FROM o.child c WHERE %s)",
     {"{1}", "{4}", "{5}", "{6}"}},
    {"{ column = \"n\"; kind = \"n\"; }",
     "n - smallint",
     "ARRAY[r.n::text]",
     {"0", "3", "7", "99"}},
};
enum { SUBJECTS = sizeof(subjects) / sizeof(*subjects) };

static bool has[SUBJECTS];

void hold_subjects(struct text *policy)
{
    int count = 0;
    for (int i = 0; i < SUBJECTS; i++) {
        has[i] = draw_chance(30);
        if (!has[i])
            continue;
        text_add(policy, count++ ? ",\n      " : "\n    subject = ( ");
        if (strstr(subjects[i].policy, "%s")) {
            const char *at = strstr(subjects[i].policy, "%s");
            text_printf(policy, "%.*s%s%s", (int)(at - subjects[i].policy), subjects[i].policy,
                        drawing.by, at + 2);
        } else {
            text_add(policy, subjects[i].policy);
        }
    }
    if (count)
        text_add(policy, " );");
}

static void add_values(struct text *sql, int subject)
{
    const char *values = subjects[subject].values, *at = strstr(values, "%s");
    if (at)
        text_printf(sql, "%.*s%s%s", (int)(at - values), values, drawing.join, at + 2);
    else
        text_add(sql, values);
}

static int any_subject(void)
{
    int subject = draw_below(SUBJECTS);
    for (int i = 0; i < SUBJECTS; i++)
        if (has[(subject + i) % SUBJECTS])
            return (subject + i) % SUBJECTS;
    return -1;
}

/* One part of a hold: all of what it names. */
static void add_scope(struct text *marks, struct text *free_of, const struct start *start,
                      int number)
{
    struct oracle_case *c = drawing.c;
    int subject = draw_chance(50) ? any_subject() : -1;
    bool keyed = draw_chance(25), ranged = draw_chance(35), over = draw_chance(15);
    bool tenant = drawing.tenant && draw_chance(40);
    if (subject < 0 && !keyed && !ranged && !tenant && !draw_chance(10))
        return;
    int id = 1 + draw_below(60), customer = 1 + draw_below(6);
    const char *from = draw_chance(20) ? "-infinity" : NULL,
               *to = draw_chance(20) ? "infinity" : NULL;
    char since[200], until[200];
    int days = draw_below(900);
    snprintf(since, sizeof(since),
             from || !ranged ? "'-infinity'::timestamptz"
                             : "'%s'::timestamptz - interval '%d days'",
             c->run_time, days);
    snprintf(until, sizeof(until),
             to || !ranged ? "'infinity'::timestamptz" : "'%s'::timestamptz - interval '%d days'",
             c->run_time, days - 1 - draw_below(500));
    const char *value = subject < 0 ? NULL : subjects[subject].drawn[draw_below(4)];
    bool more = tenant || ranged || subject >= 0;
    const char *shape = keyed ? more ? "key_more" : "key"
                        : subject >= 0 && tenant
                            ? ranged ? "tenant_subject_start" : "tenant_subject"
                        : subject >= 0 ? ranged ? "subject_start" : "subject"
                        : tenant       ? ranged ? "tenant_start" : "tenant"
                        : ranged       ? "start"
                                       : "all";
    char hold[40];
    snprintf(hold, sizeof(hold), "00000000-0000-0000-0000-%012d", number);
    const char *end = over ? "now()" : "'infinity'";
    text_printf(
        marks,
        "INSERT INTO retention.held_scope (category, shape, hold, part, tenant, form, value, "
        "key, starts_from, starts_to, with_subjects, held_until) SELECT '{c}', '%s', '%s', 1, ",
        shape, hold);
    text_printf(marks, tenant ? "'{%d}', " : "NULL, ", customer);
    if (subject >= 0 && !keyed)
        text_printf(marks, "'%s', '%s', ", subjects[subject].form, value);
    else
        text_add(marks, "NULL, NULL, ");
    if (keyed) {
        text_printf(marks, "ARRAY[%s", c->key_text[0]);
        if (c->key_count == 2)
            text_printf(marks, ", %s", c->key_text[1]);
        text_add(marks, "], ");
    } else {
        text_add(marks, "NULL, ");
    }
    text_printf(marks, "%s, %s, %s, %s", since, until, keyed && subject >= 0 ? "true" : "false",
                end);
    if (keyed)
        text_printf(marks, " FROM %s r WHERE r.id = %d", c->table, id);
    text_add(marks, ";\n");
    if (keyed && subject >= 0)
        text_printf(marks,
                    "INSERT INTO retention.held_scope (category, shape, hold, part, form, value, "
                    "held_until) VALUES ('{c}', 'key_subject', '%s', 1, '%s', '%s', %s);\n",
                    hold, subjects[subject].form, value, end);
    if (over)
        return;
    text_add(free_of, "\n AND NOT coalesce(true");
    if (keyed)
        text_printf(free_of, " AND r.id = %d", id);
    if (tenant)
        text_printf(free_of, " AND '{%d}' = ANY (%s)", customer, rule_tenants_sql());
    if (subject >= 0) {
        text_printf(free_of, " AND '%s' = ANY (", value);
        add_values(free_of, subject);
        text_add(free_of, ")");
    }
    if (ranged) {
        struct text moment = {0};
        rule_start_sql(&moment, start);
        text_printf(free_of, " AND (%s IS NULL OR %s >= %s AND %s < %s)", text_string(&moment),
                    text_string(&moment), since, text_string(&moment), until);
        text_free(&moment);
    }
    text_add(free_of, ", false)");
}

void oracle_hold_scopes(struct text *marks, struct text *free_of, const struct start *start)
{
    int count = draw_chance(50) ? 0 : 1 + draw_below(4);
    for (int i = 0; i < count; i++)
        add_scope(marks, free_of, start, i + 1);
}
