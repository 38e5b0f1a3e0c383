#define _GNU_SOURCE
#include "cli_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "harness/schema.h"
#include "logmaker.h"

/* Recordings of account 1 but 1004, which has an agreement. With 13 months to "gone":
 * 1001 not due; 1002 and 1006 due and free; 1003 due, but under dispute; 1004 not due because of
 * the agreement; 1005 without a starting point. */
static const char tables[] =
    "CREATE SCHEMA ctm;"
    "CREATE TABLE ctm.call_recording (recording_id bigint PRIMARY KEY, account_id bigint NOT NULL,"
    "    recorded_at timestamptz, note text, caller text);"
    "CREATE TABLE ctm.call_transcript (transcript_id bigint PRIMARY KEY,"
    "    recording_id bigint NOT NULL REFERENCES ctm.call_recording, body text);"
    "CREATE INDEX ON ctm.call_transcript (recording_id);"
    "CREATE TABLE ctm.dispute (dispute_id bigint PRIMARY KEY, recording_id bigint, state text);"
    "CREATE TABLE ctm.schema_version (version int PRIMARY KEY);"
    "INSERT INTO ctm.call_recording VALUES"
    "    (1001, 1, now() - interval '3 months'),"
    "    (1002, 1, now() - interval '2 years'),"
    "    (1003, 1, now() - interval '2 years'),"
    "    (1004, 4711, now() - interval '2 years'),"
    "    (1005, 1, NULL),"
    "    (1006, 1, now() - interval '14 months');"
    "UPDATE ctm.call_recording SET caller = '+1410555' || recording_id;"
    "INSERT INTO ctm.call_transcript VALUES (1, 1001, 'x'), (2, 1002, 'x'), (3, 1002, 'x');"
    "INSERT INTO ctm.dispute VALUES (1, 1003, 'open'), (2, 1002, 'closed');";

static const char roles[] =
    "DO $$ DECLARE n text; BEGIN"
    "  FOREACH n IN ARRAY ARRAY['worker', 'approver', 'operator', 'auditor', 'legal'] LOOP"
    "    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cli_' || n) THEN"
    "      EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', 'cli_' || n, 'retention_' || n);"
    "    END IF;"
    "  END LOOP;"
    "  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cli_counsel') THEN"
    "    CREATE ROLE cli_counsel LOGIN IN ROLE retention_legal;"
    "  END IF;"
    "  GRANT cli_worker TO retention_owner;"
    "END $$";

char *manual_block(const char *page, int n)
{
    char *text _cleanup_free_ = file_read(source_path(page));
    char *start = text;
    for (int i = 0; i <= n; i++) {
        start = strstr(start, "\n.Bd -literal");
        ck_assert_msg(start, "%s has no block %d", page, n);
        start = strchr(start + 1, '\n');
    }
    char *end = strstr(start, "\n.Ed");
    ck_assert_ptr_nonnull(end);
    struct text out = {0};
    for (const char *p = start + 1; p <= end; p++) {
        if (strncmp(p, "\\e", 2) == 0) {
            text_add_char(&out, '\\');
            p++;
        } else {
            text_add_char(&out, *p);
        }
    }
    return text_steal(&out);
}

void cli_fixture_policy(const struct cli_fixture *fixture, const char *name, const char *text)
{
    char *directory _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&directory, "%s/policies", fixture->directory), 0);
    mkdir(directory, 0700);
    free(file_write(directory, name, text));
}

PGconn *cli_fixture_connect(const struct cli_fixture *fixture)
{
    return db_connect(cluster_shared(), fixture->database, NULL);
}

struct cli_fixture cli_fixture_new(void)
{
    struct cli_fixture f = {0};
    f.database = schema_db_new(cluster_shared());
    f.directory = temporary_directory();
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), f.database, CLI_WORKER);
    char *main_file _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&main_file,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                              "log: { origin = \"example.com/retention\"; epoch_kek = "
                              "\"epoch.kek\"; };\n",
                              conninfo),
                     0);
    f.config = file_write(f.directory, "retentiond.cfg", main_file);
    free(file_write(f.directory, "epoch.kek",
                    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f\n"));
    for (int i = 0; i < 2; i++) {
        char *block _cleanup_free_ = manual_block("worker/policy/retention-policy.5.in", i);
        cli_fixture_policy(&f, i ? "other.cfg" : "recordings.cfg", block);
    }
    PGconn *conn = cli_fixture_connect(&f);
    db_script(conn, tables);
    db_script(conn, roles);
    free(file_write(f.directory, "phones.txt", "+1 410 555 1002\n(410) 555-1003\n"));
    PQfinish(conn);
    return f;
}

void cli_fixture_log(const struct cli_fixture *fixture)
{
    char *path _cleanup_free_ = NULL, *kept _cleanup_free_ = NULL;
    char *vkey _cleanup_free_ = logmaker_vkey(0);
    ck_assert_int_gt(asprintf(&path, "%s/retention-log", fixture->directory), 0);
    struct logmaker *maker = logmaker_new(path, 3);
    logmaker_fill(maker, 128);
    logmaker_checkpoint(maker);
    logmaker_fill(maker, 300);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    free(file_write(fixture->directory, "log.vkey", vkey));
    ck_assert_int_gt(asprintf(&kept, "%s/checkpoints/128", path), 0);
    char *checkpoint _cleanup_free_ = file_read(kept);
    free(file_write(fixture->directory, "checkpoint.may", checkpoint));
}

void cli_fixture_grant(const struct cli_fixture *fixture)
{
    char *script _cleanup_free_ = cli_out(fixture, "postgres", 0, WORDS("setup", "--sql"));
    char *path _cleanup_free_ = file_write(fixture->directory, "setup.sql", script);
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), fixture->database, NULL);
    const char *const argv[] = {"/usr/bin/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", path,
                                conninfo,        NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s\n%s", r.err, script);
    program_result_free(&r);
}

void cli_fixture_free(struct cli_fixture *fixture)
{
    db_drop(cluster_shared(), fixture->database);
    free(fixture->database);
    free(fixture->directory);
    free(fixture->config);
    *fixture = (struct cli_fixture){0};
}

struct program_result cli_run(const struct cli_fixture *fixture, const char *user,
                              const char *const *words)
{
    char *conninfo _cleanup_free_ =
        user ? cluster_conninfo(cluster_shared(), fixture->database, user) : NULL;
    const char *argv[64] = {"retentionctl", "-c", fixture->config};
    size_t n = 3;
    if (conninfo) {
        argv[n++] = "-d";
        argv[n++] = conninfo;
    }
    while (*words)
        argv[n++] = *words++;
    argv[n] = NULL;
    return program_run(argv);
}

char *cli_out(const struct cli_fixture *fixture, const char *user, int exit_code,
              const char *const *words)
{
    struct program_result r = cli_run(fixture, user, words);
    ck_assert_msg(r.exit_code == exit_code, "%s %s: exit %d\n%.3000s%.3000s", words[0],
                  words[1] ? words[1] : "", r.exit_code, r.out, r.err);
    free(r.err);
    return r.out;
}

json_t *cli_json(const struct cli_fixture *fixture, const char *user, int exit_code,
                 const char *const *words)
{
    const char *with_json[56] = {"--json"};
    for (size_t i = 0; words[i]; i++)
        with_json[i + 1] = words[i];
    char *out _cleanup_free_ = cli_out(fixture, user, exit_code, with_json);
    json_error_t why;
    json_t *document = json_loads(out, JSON_REJECT_DUPLICATES, &why);
    ck_assert_msg(json_is_object(document), "%s: %s\n%s", words[0], why.text, out);
    return document;
}

void cli_fails(const struct cli_fixture *fixture, const char *user, int exit_code,
               const char *message, const char *const *words)
{
    struct program_result r = cli_run(fixture, user, words);
    ck_assert_msg(strstr(r.err, message), "\"%s\" is not in: %s", message, r.err);
    ck_assert_msg(r.exit_code == exit_code, "exit %d: %s", r.exit_code, r.err);
    program_result_free(&r);
}
