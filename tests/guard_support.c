#define _GNU_SOURCE
#include "guard_support.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

static const char roles[] = "DO $$ DECLARE n text; BEGIN"
                            "  FOREACH n IN ARRAY ARRAY['g_owner', 'g_app'] LOOP"
                            "    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = n) THEN"
                            "      EXECUTE format('CREATE ROLE %I LOGIN', n);"
                            "    END IF;"
                            "  END LOOP;"
                            "END $$;";

static const char tables[] =
    "CREATE SCHEMA ctm AUTHORIZATION g_owner;"
    "GRANT USAGE ON SCHEMA ctm TO g_app, t_worker;"
    "SET ROLE g_owner;"
    "CREATE TABLE ctm.account (account_id bigint PRIMARY KEY, email text, name text);"
    "CREATE TABLE ctm.import (import_id bigint PRIMARY KEY);"
    "CREATE TABLE ctm.agent (agent_id bigint PRIMARY KEY);"
    "CREATE TABLE ctm.recording (recording_id bigint PRIMARY KEY,"
    "    account_id bigint REFERENCES ctm.account ON UPDATE CASCADE, caller text,"
    "    kind text NOT NULL, at timestamptz, note text,"
    "    import_id bigint REFERENCES ctm.import ON DELETE CASCADE,"
    "    agent_id bigint REFERENCES ctm.agent ON DELETE SET NULL,"
    "    place varchar(40) DEFAULT 'Bath', zip text DEFAULT '12345', coarse boolean);"
    "CREATE INDEX ON ctm.recording (at);"
    "CREATE TABLE ctm.transcript (transcript_id bigint PRIMARY KEY,"
    "    recording_id bigint NOT NULL REFERENCES ctm.recording ON DELETE CASCADE, body text,"
    "    speaker text DEFAULT 'Ann');"
    "CREATE INDEX ON ctm.transcript (recording_id);"
    "CREATE TABLE ctm.word (transcript_id bigint REFERENCES ctm.transcript ON DELETE CASCADE,"
    "    n int, word text, PRIMARY KEY (transcript_id, n));"
    "CREATE TABLE ctm.message (region text, id bigint, sender text, at timestamptz, note text,"
    "    spot double precision[] DEFAULT '{51.381, -2.359}', score real DEFAULT 41.4,"
    "    PRIMARY KEY (region, id)) PARTITION BY LIST (region);"
    "CREATE TABLE ctm.message_eu PARTITION OF ctm.message FOR VALUES IN ('eu');"
    "CREATE TABLE ctm.message_us PARTITION OF ctm.message FOR VALUES IN ('us');"
    "CREATE INDEX ON ctm.message (at);"
    "CREATE TABLE ctm.visit (visitor text, at timestamptz, page text DEFAULT 'p');"
    "CREATE INDEX ON ctm.visit (at);"
    "CREATE TABLE ctm.site (site_id bigint PRIMARY KEY);"
    "CREATE TABLE ctm.session (session_id bigint PRIMARY KEY REFERENCES ctm.site (site_id)"
    "    ON UPDATE CASCADE ON DELETE CASCADE, note text);"
    "CREATE TABLE ctm.event (event_id bigint PRIMARY KEY, session_id bigint NOT NULL"
    "    REFERENCES ctm.session ON UPDATE CASCADE ON DELETE CASCADE, visitor text,"
    "    seen_at timestamptz NOT NULL, note text);"
    "CREATE INDEX ON ctm.event (session_id);"
    "CREATE TABLE ctm.purchase (order_id bigint PRIMARY KEY, note text)"
    "    PARTITION BY RANGE (order_id);"
    "CREATE TABLE ctm.purchase_low PARTITION OF ctm.purchase FOR VALUES FROM (0) TO (50);"
    "CREATE TABLE ctm.purchase_high PARTITION OF ctm.purchase FOR VALUES FROM (50) TO (500);"
    "CREATE TABLE ctm.line (line_id bigint PRIMARY KEY, order_id bigint NOT NULL"
    "    REFERENCES ctm.purchase ON DELETE CASCADE, buyer text, at timestamptz NOT NULL);"
    "CREATE INDEX ON ctm.line (order_id);"
    "CREATE VIEW ctm.calls AS SELECT recording_id, caller, note FROM ctm.recording;"
    "CREATE FUNCTION ctm.forget(r bigint) RETURNS void LANGUAGE sql SECURITY DEFINER AS"
    "    'DELETE FROM ctm.recording WHERE recording_id = r';"
    "INSERT INTO ctm.account SELECT g, 'U' || g || '@x.org', 'n' FROM generate_series(0, 9) g;"
    "INSERT INTO ctm.import SELECT g FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.agent SELECT g FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.recording SELECT g, g % 10, '+1410555' || lpad(g::text, 4, '0'),"
    "    CASE WHEN g = 13 THEN 'fax' ELSE 'call' END, now() - interval '1 year', 'x', g, g"
    "    FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.transcript SELECT g, g, 'b' FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.word SELECT g, 1, 'w' FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.message SELECT CASE g % 2 WHEN 0 THEN 'eu' ELSE 'us' END, g,"
    "    'S' || g || '@x.org', now() - interval '1 year', 'x' FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.visit SELECT 'v' || g / 2, now() - interval '1 year'"
    "    FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.site SELECT g FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.session SELECT g, 'x' FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.event SELECT g, g, 'v' || g, timestamptz '2020-01-01' + g * interval '1 day',"
    "    'x' FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.purchase SELECT g, 'x' FROM generate_series(1, 100) g;"
    "INSERT INTO ctm.line SELECT g, g, 'b' || g, timestamptz '2020-01-01' + g * interval '1 day'"
    "    FROM generate_series(1, 100) g;"
    "GRANT ALL ON ALL TABLES IN SCHEMA ctm TO g_app, t_worker;"
    "RESET ROLE;";

/* %s: the guard, five times. */
static const char policies[] =
    "recordings: { title = \"r\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"%s\";\n"
    "  data: { table = \"ctm.recording\"; start = \"at\"; tenant = \"account_id\";\n"
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; },\n"
    "                { parent = \"ctm.account\"; by = \"account_id\"; column = \"email\";\n"
    "                  kind = \"email\"; as = \"lower\"; } );\n"
    "    only = ( { column = \"kind\"; eq = \"call\"; } );\n"
    "    with = ( { table = \"ctm.transcript\"; by = [ \"recording_id\" ];\n"
    "               columns = ( { name = \"speaker\"; as = \"nullify\"; } );\n"
    "               with = ( { table = \"ctm.word\"; by = [ \"transcript_id\" ]; } ); } ); };\n"
    "  stages = ( { name = \"coarse\"; after = \"25 days\"; do = \"deidentify\"; mark = "
    "\"coarse\";\n"
    "      columns = ( { name = \"place\"; as = \"nullify\"; },\n"
    "                  { name = \"zip\"; as = \"zip_prefix\"; length = 3; } ); },\n"
    "    { after = \"30 days\"; do = \"delete\"; } ); };\n"
    "messages: { title = \"m\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"%s\";\n"
    "  data: { table = \"ctm.message\"; start = \"at\";\n"
    "    subject = ( { column = \"sender\"; kind = \"email\"; as = \"lower\"; } ); };\n"
    "  stages = ( { name = \"coarse\"; after = \"25 days\"; do = \"deidentify\";\n"
    "      columns = ( { name = \"spot\"; as = \"nullify\"; },\n"
    "                  { name = \"score\"; as = \"bucket\"; width = 10.0; } ); },\n"
    "    { after = \"30 days\"; do = \"delete\"; } ); };\n"
    "visits: { title = \"v\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"%s\"; evidence = \"counts\";\n"
    "  data: { table = \"ctm.visit\"; start = \"at\"; key = [];\n"
    "    subject = ( { column = \"visitor\"; kind = \"visitor\"; } ); };\n"
    "  stages = ( { name = \"coarse\"; after = \"25 days\"; do = \"deidentify\";\n"
    "      columns = ( { name = \"page\"; as = \"nullify\"; } ); },\n"
    "    { after = \"30 days\"; do = \"delete\"; } ); };\n"
    "sessions: { title = \"s\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"%s\";\n"
    "  data: { table = \"ctm.session\";\n"
    "    start = { child = \"ctm.event\"; by = \"session_id\"; latest = \"seen_at\"; };\n"
    "    subject = ( { child = \"ctm.event\"; by = \"session_id\"; column = \"visitor\";\n"
    "                  kind = \"visitor\"; } );\n"
    "    with = ( { table = \"ctm.event\"; by = [ \"session_id\" ]; } ); };\n"
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } ); };\n"
    "orders: { title = \"o\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"%s\";\n"
    "  data: { table = \"ctm.purchase\";\n"
    "    start = { child = \"ctm.line\"; by = \"order_id\"; latest = \"at\"; };\n"
    "    subject = ( { child = \"ctm.line\"; by = \"order_id\"; column = \"buyer\";\n"
    "                  kind = \"buyer\"; } );\n"
    "    with = ( { table = \"ctm.line\"; by = [ \"order_id\" ]; } ); };\n"
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } ); };\n"
    "ungoverned = ( { table = \"ctm.site\"; because = \"x\"; }, { table = \"ctm.account\"; because "
    "= \"x\"; },\n"
    "  { table = \"ctm.import\"; because = \"x\"; }, { table = \"ctm.agent\"; because = \"x\"; } "
    ");\n";

PGconn *guard_site_connect(const struct guard_site *site, const char *user)
{
    return db_connect(site->cluster, site->database, user);
}

char *guard_site_run(const struct guard_site *site, const char *user, int exit_code,
                     const char *const *words)
{
    char *conninfo _cleanup_free_ =
        user ? cluster_conninfo(site->cluster, site->database, user) : NULL;
    const char *argv[16] = {"retentionctl", "-c", site->config};
    size_t n = 3;
    if (conninfo) {
        argv[n++] = "-d";
        argv[n++] = conninfo;
    }
    for (; *words; words++)
        argv[n++] = *words;
    struct program_result r = program_run(argv);
    char *text = NULL;
    ck_assert_msg(r.exit_code == exit_code, "%s: exit %d\n%.3000s%.3000s", argv[n - 1], r.exit_code,
                  r.out, r.err);
    ck_assert_int_ge(asprintf(&text, "%s%s", r.out, r.err), 0);
    program_result_free(&r);
    return text;
}

void guard_site_setup(const struct guard_site *site, const char *user, bool remove)
{
    const char *const words[] = {"setup", "--sql", remove ? "--remove" : NULL, NULL};
    char *conninfo _cleanup_free_ = cluster_conninfo(site->cluster, site->database, user);
    char *admin _cleanup_free_ = cluster_conninfo(site->cluster, site->database, NULL);
    const char *argv[] = {"retentionctl", "-c",     site->config, "-d", admin,
                          words[0],       words[1], words[2],     NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s", r.err);
    char *path _cleanup_free_ = file_write(site->directory, "setup.sql", r.out);
    program_result_free(&r);
    const char *const psql[] = {"/usr/bin/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", path,
                                conninfo,        NULL};
    r = program_run(psql);
    ck_assert_msg(r.exit_code == 0, "%s", r.err);
    program_result_free(&r);
}

void guard_site_policies(const struct guard_site *site, const char *guard)
{
    char *directory _cleanup_free_ = NULL, *text _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&directory, "%s/policies", site->directory), 0);
    mkdir(directory, 0700);
    ck_assert_int_gt(asprintf(&text, policies, guard, guard, guard, guard, guard), 0);
    free(file_write(directory, "all.cfg", text));
    /* the privileges first: without them the policies are not valid */
    guard_site_setup(site, NULL, false);
    free(guard_site_run(site, NULL, 0, (const char *const[]){"policy", "load", NULL}));
}

struct guard_site guard_site_new(struct cluster *cluster, const char *guard)
{
    struct guard_site site = {.cluster = cluster};
    site.database = schema_db_new(cluster);
    site.directory = temporary_directory();
    site.admin = guard_site_connect(&site, NULL);
    db_script(site.admin, roles);
    db_script(site.admin, tables);
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster, site.database, "t_worker");
    char *text _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&text,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                              "log: { origin = \"example.com/retention\"; epoch_kek = "
                              "\"epoch.kek\"; };\n",
                              conninfo),
                     0);
    site.config = file_write(site.directory, "retentiond.cfg", text);
    free(file_write(site.directory, "epoch.kek",
                    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f\n"));
    guard_site_policies(&site, guard);
    static const char *const names[] = {"recordings", "messages", "visits", "sessions", "orders"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        free(guard_site_run(
            &site, "t_approver", 0,
            (const char *const[]){"policy", "approve", names[i], "--expect-due", "1000", NULL}));
    return site;
}

void guard_site_free(struct guard_site *site)
{
    PQfinish(site->admin);
    db_drop(site->cluster, site->database);
    free(site->database);
    free(site->directory);
    free(site->config);
    *site = (struct guard_site){0};
}

void guard_hold(PGconn *admin, const char *category, const char *scope, char digit)
{
    char uuid[] = "00000000-0000-4000-8000-00000000000?";
    uuid[sizeof(uuid) - 2] = digit;
    db_exec(admin, "SET SESSION AUTHORIZATION t_legal");
    db_exec(admin, "SELECT retention.place_hold('M', 'r', hold => '%s', category => '%s', %s)",
            uuid, category, scope);
    db_exec(admin, "RESET SESSION AUTHORIZATION");
}
