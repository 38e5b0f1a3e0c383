#define _GNU_SOURCE
#include "hold_policy.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"

struct hold_site hold_policy_site(void)
{
    struct hold_site site = hold_site_new(cluster_shared());
    db_script(site.admin,
              "CREATE TYPE kind AS ENUM ('call', 'text', 'fax');"
              "CREATE TABLE public.call (call_id bigint PRIMARY KEY, kind kind, n int, c bpchar, "
              "at timestamptz, account_id bigint, caller text, callee text)");
    return site;
}

char *hold_policy(const char *name, const char *data, const char *more)
{
    char *text;
    ck_assert_int_ge(asprintf(&text,
                              "%s: {\n  mode = \"enforce\";\n  data: {\n    table = "
                              "\"public.call\";\n%s  };\n%s};\n",
                              name, data, more),
                     0);
    return text;
}

char *hold_loading(const char *name, const char *text, const char *mode, const char *facts)
{
    char *sql;
    ck_assert_int_ge(
        asprintf(&sql,
                 "SELECT retention.load_policy(NULL, '%s', encode(sha256('%s'), 'hex'), (SELECT "
                 "approved_sha256 FROM retention.category WHERE name = '%s'), '%s', '%s', "
                 "'public.call', '{public.call}', NULL, false, 'Title', '%s'::jsonb)",
                 name, text, name, text, mode, facts),
        0);
    return sql;
}

char *hold_approving(const char *name, const char *more)
{
    char *sql;
    ck_assert_int_ge(asprintf(&sql,
                              "SELECT retention.approve_policy('%s', loaded_sha256, NULL%s) FROM "
                              "retention.category WHERE name = '%s'",
                              name, more, name),
                     0);
    return sql;
}

void hold_load_mode(struct hold_site *site, const char *state, const char *name, const char *text,
                    const char *mode, const char *facts)
{
    char *sql = hold_loading(name, text, mode, facts), *is = db_value(site->worker, "%s", sql);
    ck_assert_msg(strcmp(is, state) == 0, "%s instead of %s: %s", is, state, text);
    free(is);
    free(sql);
}

void hold_load(struct hold_site *site, const char *state, const char *name, const char *data,
               const char *more, const char *facts)
{
    char *text = hold_policy(name, data, more);
    hold_load_mode(site, state, name, text, "enforce", facts);
    free(text);
}

void hold_approve(struct hold_site *site, const char *name)
{
    char *sql = hold_approving(name, "");
    db_exec(site->approver, "%s", sql);
    free(sql);
}

void hold_enforce(struct hold_site *site, const char *name, const char *data, const char *more)
{
    hold_load(site, "suspended", name, data, more, FACTS_CALLS);
    hold_approve(site, name);
}

void hold_not_approved(struct hold_site *site, const char *begin, const char *name,
                       const char *more)
{
    char *sql = hold_approving(name, more), *refused = hold_refused(site->approver, "%s", sql);
    ck_assert_msg(strncmp(refused, begin, strlen(begin)) == 0, "%s\ninstead of\n%s", refused,
                  begin);
    ck_is("suspended", site->admin, "SELECT state FROM retention.category WHERE name = '%s'", name);
    free(refused);
    free(sql);
}

char *hold_place(struct hold_site *site, const char *arguments)
{
    return db_value(site->legal, "SELECT retention.place_hold('2026-1', 'suit filed', %s)",
                    arguments);
}

char *hold_message(const char *format, const char *a, const char *b, const char *c)
{
    char *text;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    ck_assert_int_ge(asprintf(&text, format, a, b, c), 0);
#pragma GCC diagnostic pop
    return text;
}
