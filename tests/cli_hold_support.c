#define _GNU_SOURCE
#include "cli_hold_support.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

struct cli_fixture hold_cli;

/* Recordings by the caller's number, texts by a numeric customer and a key of two columns, invoices
 * about nobody, and what is with somebody else. */
static const char policies[] =
    "call_recordings: { title = \"Recordings\"; role = \"processor\"; basis = \"x\";\n"
    "  mode = \"enforce\";\n"
    "  data: { table = \"ctm.call_recording\"; start = \"recorded_at\"; tenant = \"account_id\";\n"
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n"
    "    with = ( { table = \"ctm.call_transcript\"; by = [ \"recording_id\" ]; } ); };\n"
    "  stages = ( { name = \"gone\"; after = \"13 months\"; do = \"delete\"; } ); };\n"
    "texts: { title = \"Texts\"; role = \"processor\"; basis = \"x\"; mode = \"enforce\";\n"
    "  data: { table = \"ctm.text_message\"; start = \"sent_at\"; tenant = \"account_id\";\n"
    "    subject = ( { column = \"customer\"; kind = \"customer\"; } ); };\n"
    "  stages = ( { name = \"gone\"; after = \"1 year\"; do = \"delete\"; } ); };\n"
    "invoices: { title = \"Invoices\"; role = \"controller\"; basis = \"x\"; mode = \"enforce\";\n"
    "  data: { table = \"ctm.invoice\"; start = \"issued\"; };\n"
    "  stages = ( { name = \"gone\"; after = \"10 years\"; do = \"delete\"; } ); };\n"
    "ungoverned = ( { table = \"ctm.schema_version\"; because = \"no personal data\"; },\n"
    "  { table = \"ctm.dispute\"; because = \"not personal\"; } );\n";

static const char elsewhere[] = "sms_at_carrier: { title = \"Texts at the carrier\"; mode = "
                                "\"declared\"; at = \"Carrier Inc\";\n"
                                "  basis = \"x\"; };\n";

static const char tables[] =
    "CREATE TABLE ctm.text_message (account_id bigint, number int, customer bigint,"
    "    sent_at timestamptz, PRIMARY KEY (account_id, number));"
    "INSERT INTO ctm.text_message SELECT 1, i, 100 + i, now() - interval '2 years'"
    "    FROM generate_series(1, 5) i;"
    "CREATE TABLE ctm.invoice (invoice_id bigint PRIMARY KEY, issued date);"
    "INSERT INTO ctm.invoice VALUES (1, '2026-01-02');";

void cli_hold_setup(void)
{
    hold_cli = cli_fixture_new();
    PGconn *conn = cli_fixture_connect(&hold_cli);
    db_script(conn, tables);
    cli_fixture_policy(&hold_cli, "recordings.cfg", policies);
    cli_fixture_policy(&hold_cli, "other.cfg", elsewhere);
    cli_fixture_grant(&hold_cli);
    free(cli_out(&hold_cli, NULL, 0, WORDS("policy", "load")));
    static const char *const names[] = {"call_recordings", "texts", "invoices", "sms_at_carrier"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        free(cli_out(&hold_cli, CLI_APPROVER, 0,
                     WORDS("policy", "approve", names[i], "--expect-due", "10")));
    PQfinish(conn);
}

void cli_hold_teardown(void)
{
    cli_fixture_free(&hold_cli);
}

void contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "\"%s\" is not in:\n%s", part, text);
}

void contains_not(const char *text, const char *part)
{
    ck_assert_msg(!strstr(text, part), "\"%s\" is in:\n%s", part, text);
}

int64_t ask(const char *query)
{
    PGconn *conn = cli_fixture_connect(&hold_cli);
    int64_t n = db_number(conn, "%s", query);
    PQfinish(conn);
    return n;
}

char *list_file(const char *name, const char *text)
{
    return file_write(hold_cli.directory, name, text);
}

char *place_one(void)
{
    json_t *placed = JSON(0, "hold", "place", "2026-CV-0113", "--reason", "Doe v. Acme",
                          "--subject", "phone:+14105551002", "--category", "call_recordings");
    char *hold = strdup(json_string_value(json_object_get(placed, "hold")));
    json_decref(placed);
    return hold;
}

char *typed(const char *line, int exit_code, const char *words)
{
    char *conninfo _cleanup_free_ =
        cluster_conninfo(cluster_shared(), hold_cli.database, CLI_LEGAL);
    struct text script _cleanup_text_ = {0};
    text_printf(&script, "echo '%s' | script -qec \"'%s' -c '%s' -d '%s' %s\" /dev/null", line,
                build_path("retentionctl"), hold_cli.config, conninfo, words);
    struct program_result r =
        program_run((const char *const[]){"/bin/sh", "-c", script.data, NULL});
    ck_assert_msg(r.exit_code == exit_code, "exit code %d: %s%s", r.exit_code, r.out, r.err);
    free(r.err);
    return r.out;
}
