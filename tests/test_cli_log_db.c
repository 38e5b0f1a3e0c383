/* A real log: the worker deletes, sequences and signs; then the auditor's commands, and what
 * somebody does who has the database or the directory in hand. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli_fixture.h"
#include "config.h"
#include "harness/number.h"
#include "logmaker.h"

static struct cli_fixture f;

static void contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "\"%s\" is not in:\n%.3000s", part, text);
}

/* Runs a command line with $ctl in the fixture's directory. */
static void says(int code, const char *part, const char *script)
{
    char *in _cleanup_free_ = NULL, *both _cleanup_free_ = NULL;
    char *owner _cleanup_free_ = cluster_conninfo(cluster_shared(), f.database, NULL);
    ck_assert_int_gt(asprintf(&in,
                              "ctl=\"%s -c %s\"\nprune() { $ctl -d '%s' log prune \"$@\"; }\n"
                              "cd '%s' && {\n%s\n}",
                              build_path("retentionctl"), f.config, owner, f.directory, script),
                     0);
    struct program_result r = program_run((const char *const[]){"/bin/sh", "-c", in, NULL});
    ck_assert_int_ge(asprintf(&both, "%s%s", r.out, r.err), 0);
    ck_assert_msg(r.exit_code == code, "exit %d of %s:\n%.3000s", r.exit_code, script, both);
    contains(both, part);
    program_result_free(&r);
}

static void sql(const char *statement)
{
    PGconn *conn = cli_fixture_connect(&f);
    db_script(conn, statement);
    PQfinish(conn);
}

/* A database whose worker signs, with the key that logmaker's vkey is of. */
static void setup(void)
{
    f = cli_fixture_new();
    cli_fixture_grant(&f);
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), f.database, CLI_WORKER);
    char *main_file _cleanup_free_ = NULL, *vkey _cleanup_free_ = logmaker_vkey(0);
    ck_assert_int_gt(asprintf(&main_file,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                              "log: { origin = \"" LOGMAKER_ORIGIN
                              "\"; epoch_kek = \"epoch.kek\";\n"
                              "  directory = \"log\"; signing_key = \"log.key\"; };\n"
                              /* whatever other tests do on this server: so many batches */
                              "pace: { preset = \"fast\"; };\n",
                              conninfo),
                     0);
    free(file_write(f.directory, "retentiond.cfg", main_file));
    free(file_write(f.directory, "log.key",
                    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"));
    free(file_write(f.directory, "vkey", vkey));
    sql("INSERT INTO ctm.call_recording SELECT n, 1, now() - interval '3 years', 'x'"
        " FROM generate_series(2001, 2400) n");
    free(cli_out(&f, NULL, 0, WORDS("policy", "load")));
    free(cli_out(&f, CLI_APPROVER, 0,
                 WORDS("policy", "approve", "call_recordings", "--expect-due", "1000")));
    free(cli_out(&f, NULL, 0, WORDS("run", "call_recordings")));
}

static void teardown(void)
{
    cli_fixture_free(&f);
}

START_TEST(a_real_log_verifies)
{
    says(0, "The log \"example.com/retention\" verifies.", "$ctl log verify log --vkey vkey");
    says(0, "deletions   2 batches of 404 rows; 404 record digests in 2 files fit",
         "$ctl log verify log --vkey vkey");
    says(0, "runs        1 run planned, 1 done and adding up", "$ctl log verify log --vkey vkey");
    says(0, "\"unknown\": 0", "$ctl log verify log --vkey vkey --json");
    says(0, "\"strays\": 0", "$ctl log verify log --vkey vkey --json");
    says(0, "\"records_extra\": 0", "$ctl log verify log --vkey vkey --json");
    /* it goes on, and extends what was kept */
    says(0, "", "cp log/checkpoint kept");
    sql("INSERT INTO ctm.call_recording SELECT n, 1, now() - interval '3 years', 'x'"
        " FROM generate_series(3001, 3400) n");
    free(cli_out(&f, NULL, 0, WORDS("run", "call_recordings")));
    says(0, "against     the log extends the checkpoint of",
         "$ctl log verify log --vkey vkey --against kept");
    says(0, "verifies", "$ctl log export copy && $ctl log verify copy --vkey vkey --against kept");
}
END_TEST

/* The proof of a record that went opens it and no other, and holds without the database. */
START_TEST(a_record_that_went_is_proved)
{
    says(0, "retention-record-proof/v1\nrecord ", "$ctl log prove --record call_recordings 2001");
    says(0, "The record ctm.call_recording 2001 is proved: it is one of those of entry ",
         "$ctl log prove --record call_recordings 2001 >proof && "
         "$ctl log verify proof --vkey vkey");
    says(0, "The record ctm.call_recording 2400 is proved",
         "$ctl log prove --record call_recordings 02400 >proof && "
         "$ctl log verify proof --vkey vkey");
    says(1, "is not in its table, and no log entry says that it was deleted",
         "$ctl log prove --record call_recordings 9999");
    says(2, "--record wants CATEGORY KEY...", "$ctl log prove --record call_recordings");
    says(2, "CATEGORY KEY... is for --record", "$ctl log prove --entry 1 call_recordings 1");
    says(6, "the log directory does not have the digests that the database has",
         "for file in log/records/*; do head -c $(wc -c <$file) /dev/zero >zero && "
         "cat zero >$file; done; $ctl log prove --record call_recordings 2001");
}
END_TEST

/* Where a record went is found by looking into a window of each batch: what is read grows with the
 * batches, not with the digests in them. */
START_TEST(the_search_for_a_record_reads_little)
{
    PGconn *conn = cli_fixture_connect(&f);
    db_script(conn,
              "CREATE FUNCTION pg_temp.ref(n int) RETURNS bytea LANGUAGE sql IMMUTABLE AS "
              "$$ SELECT sha256(convert_to(n::text, 'UTF8')) $$;"
              "INSERT INTO retention.log_entry (type, run, seq, category, relation, rows, entry)"
              " SELECT 'batch', '00000000-0000-0000-0000-00000000abcd', b, 'call_recordings',"
              "        'ctm.call_recording', 20000, E'epoch 1\\n' FROM generate_series(0, 19) b;"
              "INSERT INTO retention.log_records (run, seq, refs)"
              " SELECT '00000000-0000-0000-0000-00000000abcd', n / 20000,"
              "        string_agg(pg_temp.ref(n), '' ORDER BY pg_temp.ref(n))"
              " FROM generate_series(0, 399999) n GROUP BY n / 20000;"
              "ANALYZE retention.log_entry; ANALYZE retention.log_records;");
    char *find _cleanup_free_ = file_read(source_path("sql/cli/find_ref.sql"));
    /* each of some is found, in its batch; and what is not there is not */
    for (int n = 0; n < 400000; n += 7919) {
        char *hex _cleanup_free_ = db_value(conn, "SELECT encode(pg_temp.ref(%d), 'hex')", n);
        const char *const values[] = {"call_recordings", "ctm.call_recording", "1", hex};
        PGresult *found = PQexecParams(conn, find, 4, NULL, values, NULL, NULL, 0);
        ck_assert_msg(PQntuples(found) == 1, "%d: %s", n, PQresultErrorMessage(found));
        ck_assert_int_eq(whole_number(PQgetvalue(found, 0, PQfnumber(found, "seq"))), n / 20000);
        PQclear(found);
    }
    char *absent _cleanup_free_ = db_value(conn, "SELECT encode(pg_temp.ref(400000), 'hex')");
    const char *const values[] = {"call_recordings", "ctm.call_recording", "1", absent};
    PGresult *none = PQexecParams(conn, find, 4, NULL, values, NULL, NULL, 0);
    ck_assert_int_eq(PQntuples(none), 0);
    PQclear(none);
    /* 20000 digests are 640 kB, at least 80 pages, and those of 20 batches 1600 */
    char *explain _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&explain, "EXPLAIN (ANALYZE, BUFFERS, FORMAT TEXT) %s", find), 0);
    PGresult *plan = PQexecParams(conn, explain, 4, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQntuples(plan) > 0, "%s", PQresultErrorMessage(plan));
    const char *buffers = strstr(PQgetvalue(plan, 1, 0), "hit=");
    ck_assert_ptr_nonnull(buffers);
    long hit = strtol(buffers + 4, NULL, 10);
    const char *read = strstr(PQgetvalue(plan, 1, 0), "read=");
    hit += read ? strtol(read + 5, NULL, 10) : 0;
    ck_assert_msg(hit > 0 && hit < 1000, "%ld pages", hit);
    PQclear(plan);
    PQfinish(conn);
}
END_TEST

/* Tables are changed by somebody who may do everything: the triggers that refuse are off. */
static void tamper(const char *statement)
{
    sql("ALTER TABLE retention.log_entry DISABLE TRIGGER USER;"
        "ALTER TABLE retention.log_records DISABLE TRIGGER USER;"
        "ALTER TABLE retention.log_leaf DISABLE TRIGGER USER");
    sql(statement);
}

#define VERIFY "$ctl log verify --vkey vkey --database"

/* The place in the tree, which proofs and `verify` mean, and the id of the database. */
START_TEST(entries_have_an_id_and_a_place)
{
    says(0, "place", "$ctl log list");
    says(0, "same",
         "$ctl log list --json | grep -q '\"place\": 0' && $ctl log show --entry 3 >one && "
         "$ctl log prove --entry 3 | sed -n 's/^extra //p' | base64 -d | cmp - one && echo same");
    says(0, "type genesis", "$ctl log show --entry 0");
    says(0, "\"place\": 0", "$ctl log show --entry 0 --json");
    says(1, "no log entry has the place 4711 in the tree", "$ctl log show --entry 4711");
    says(1, "there is no log entry with the id 4711", "$ctl log show 4711");
    says(2, "\"log show\" wants an ID or --entry N", "$ctl log show");
    says(2, "\"log show\" wants an ID or --entry N", "$ctl log show 1 --entry 1");
    says(2, "--entry wants an entry's place", "$ctl log show --entry x");
    /* a table that no entry names is a slip, and not a log without such entries */
    says(0, "batch", "$ctl log list --relation ctm.call_recording");
    says(2, "no entry of the log is of a table \"call_recording\"",
         "$ctl log list --relation call_recording");
    says(2, "Perhaps \"ctm.call_recording\".", "$ctl log list --relation ctm.call_recordings");
    says(0, "No entries.", "$ctl log list --relation ctm.call_recording --type policy");
}
END_TEST

/* The time of an entry is what stands in it, whatever the column beside it says. */
START_TEST(times_are_those_of_the_entries)
{
    says(0, "No entries.", "$ctl log list --until 2002-01-01");
    says(0, "batch", "$ctl log list --since 2002-01-01");
    tamper("UPDATE retention.log_entry SET at = '2001-02-03 04:05:06Z'");
    says(0, "No entries.", "$ctl log list --until 2002-01-01");
    says(0, "batch", "$ctl log list --since 2002-01-01");
    says(1, "", "$ctl log list | grep 2001-02-03");
    says(1, "", "$ctl log show 3 --json | grep 2001-02-03");
    says(0, "Nothing to remove", "prune --before 2002-01-01");
}
END_TEST

/* What stands in the place of an entry steers no terminal. */
START_TEST(an_entry_is_printed_as_text)
{
    tamper("UPDATE retention.log_entry SET entry = replace(entry, 'system', E'\\x1b[2Jsystem')");
    says(0, "\n?[2Jsystem ", "$ctl log show --entry 0");
    says(1, "", "$ctl log show --entry 0 | grep -q \"$(printf '\\033')\"");
}
END_TEST

/* What a superuser does to the tables is seen by comparison with the directory. */
START_TEST(tables_are_compared_with_the_directory)
{
    says(0, "database    13 entries and the digests of 2 batches are those of the\n", VERIFY);
    says(0, "\"database_entries\": 13", VERIFY " --json");
    says(0, "verifies", "$ctl log verify log --vkey vkey --database");
    static const struct {
        const char *change, *message, *back;
    } changes[] = {
        {"UPDATE retention.log_entry SET rows = rows - 1 WHERE type = 'batch' AND rows > 100",
         "database: column \"rows\" of entry ",
         "UPDATE retention.log_entry SET rows = rows + 1 WHERE type = 'batch' AND rows > 100"},
        {"UPDATE retention.log_entry SET category = 'x' WHERE type = 'batch' AND rows > 100",
         "database: column \"category\" of entry ",
         "UPDATE retention.log_entry SET category = 'call_recordings' WHERE type = 'batch'"},
        {"UPDATE retention.log_entry SET run_ref = NULL WHERE type = 'done'",
         "database: column \"run\" of entry ",
         "UPDATE retention.log_entry d SET run_ref = p.run_ref FROM retention.log_entry p"
         " WHERE d.type = 'done' AND p.type = 'plan'"},
        {"UPDATE retention.log_entry SET category = 'x' WHERE type = 'done'",
         "database: column \"category\" of entry ",
         "UPDATE retention.log_entry SET category = 'call_recordings' WHERE type = 'done'"},
        {"UPDATE retention.log_entry SET rows = 0 WHERE type = 'done'",
         "database: column \"rows\" of entry ",
         "UPDATE retention.log_entry SET rows = NULL WHERE type = 'done'"},
        {"UPDATE retention.log_entry SET relation = 'x' WHERE type = 'done'",
         "database: column \"relation\" of entry ",
         "UPDATE retention.log_entry SET relation = NULL WHERE type = 'done'"},
        {"UPDATE retention.log_entry SET entry = replace(entry, 'rows 402', 'rows 401')",
         " was altered in log_entry",
         "UPDATE retention.log_entry SET entry = replace(entry, 'rows 401', 'rows 402')"},
        {"UPDATE retention.log_entry SET entry = replace(entry, 'rows 402', 'rows 401');"
         "UPDATE retention.log_leaf l SET leaf_hash = sha256('\\x00'::bytea ||"
         "    convert_to(e.entry, 'UTF8')) FROM retention.log_entry e WHERE e.id = l.entry",
         " has another hash in log_leaf than in the log directory",
         "UPDATE retention.log_entry SET entry = replace(entry, 'rows 401', 'rows 402');"
         "UPDATE retention.log_leaf l SET leaf_hash = sha256('\\x00'::bytea ||"
         "    convert_to(e.entry, 'UTF8')) FROM retention.log_entry e WHERE e.id = l.entry"},
        {"UPDATE retention.log_records SET refs = set_byte(refs, 40, get_byte(refs, 40) # 1)",
         "database: the digests in log_records are not those of entry ",
         "UPDATE retention.log_records SET refs = set_byte(refs, 40, get_byte(refs, 40) # 1)"},
        {"CREATE TABLE kept AS SELECT * FROM retention.log_records;"
         "DELETE FROM retention.log_records",
         " are missing, and no entry of the log says that they were pruned",
         "INSERT INTO retention.log_records SELECT * FROM kept; DROP TABLE kept"},
        {"CREATE TABLE kept AS SELECT * FROM retention.log_entry WHERE type = 'done';"
         "DELETE FROM retention.log_entry WHERE type = 'done'",
         " is gone from log_entry",
         "INSERT INTO retention.log_entry OVERRIDING SYSTEM VALUE SELECT * FROM kept;"
         "DROP TABLE kept"},
        {"CREATE TABLE kept AS SELECT * FROM retention.log_leaf WHERE index > 9;"
         "DELETE FROM retention.log_leaf WHERE index > 9",
         " has no place in the tree, and waits for none",
         "INSERT INTO retention.log_leaf SELECT * FROM kept; DROP TABLE kept"},
        {"CREATE TABLE kept AS SELECT * FROM retention.log_leaf WHERE index > 9;"
         "DELETE FROM retention.log_leaf WHERE index > 9;"
         "INSERT INTO retention.log_pending SELECT entry FROM kept",
         "database has no entry 10, which the log directory has",
         "INSERT INTO retention.log_leaf SELECT * FROM kept; DROP TABLE kept;"
         "DELETE FROM retention.log_pending"},
        {"INSERT INTO retention.log_records VALUES (gen_random_uuid(), 0, '')",
         "database: 1 sets of digests belong to no batch",
         "DELETE FROM retention.log_records WHERE refs = ''"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
        tamper(changes[i].change);
        says(6, changes[i].message, VERIFY);
        tamper(changes[i].back);
    }
    says(0, "verifies", VERIFY);
    char *auditor _cleanup_free_ = cluster_conninfo(cluster_shared(), f.database, CLI_AUDITOR);
    char *script _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&script, VERIFY " -d '%s'", auditor), 0);
    says(0, "verifies", script);
}
END_TEST

/* An entry whose row of the outbox is taken away before it gets its place: the worker sees the hole
 * and tells of it, and the run that has lost a batch does not add up. */
START_TEST(an_entry_taken_away_before_it_is_placed_is_told_of)
{
    sql("INSERT INTO ctm.call_recording SELECT n, 1, now() - interval '3 years', 'x'"
        " FROM generate_series(4001, 4100) n;"
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        "  IF EXISTS (SELECT FROM retention.log_entry e WHERE e.id = NEW.entry"
        "             AND e.type = 'batch') THEN RETURN NULL; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER forget BEFORE INSERT ON retention.log_pending FOR EACH ROW"
        "  EXECUTE FUNCTION forget()");
    struct program_result r = cli_run(&f, NULL, WORDS("run", "call_recordings"));
    program_result_free(&r);
    sql("DROP TRIGGER forget ON retention.log_pending");
    r = cli_run(&f, NULL, WORDS("run", "call_recordings")); /* places what is left */
    program_result_free(&r);
    says(6, " is done with 1 batches and 100 rows; the log holds 0 and 0",
         "$ctl log verify log --vkey vkey");
}
END_TEST

/* Entries go when the log says so under a checkpoint, and not before. */
START_TEST(a_log_is_pruned)
{
    sql("SELECT retention.write_entry('pause', NULL, NULL, jsonb_build_object('scope', 'all',"
        "    'what', 'paused', 'by', 'x')) FROM generate_series(1, 600)");
    says(2, "wants one of --before and --upto", "prune");
    says(2, "--upto wants a multiple of 256, not \"100\"", "prune --upto 100");
    free(cli_out(&f, NULL, 0, WORDS("run", "call_recordings"))); /* places them, and signs */
    says(1, "no checkpoint covers 2560 entries", "prune --upto 2560");
    says(2, "--before wants a time", "prune --before soon");
    says(0, "Nothing to remove", "prune --before 2001-01-01");
    /* as a loss of power left it, in a prune that did not come to its end */
    says(0, "", "mkdir log/proofs && : >log/proofs/0");

    /* the worker places and signs the prune entry while the command waits; no anchor is, whatever
     * an earlier worker had that was told to */
    sql("UPDATE retention.log_state SET anchor_command = true, anchor_failures = 3,"
        "    anchor_error = 'the anchor command exited with code 3'");
    says(0, "",
         "(prune --upto 512 >pruned 2>&1; echo $? >code) & "
         "n=0; while [ $n -lt 100 ] && ! grep -q Waiting pruned; do "
         "sleep 0.1; n=$((n + 1)); done; "
         "$ctl run call_recordings >/dev/null; wait");
    says(0, "Removed 512 entries and 2 sets of record digests", "cat pruned; exit $(cat code)");
    says(0, "pruned      512 entries are gone: the log itself says so",
         "$ctl log verify log --vkey vkey");
    says(0, "upto 512", "$ctl log list --type prune");
    says(0, "proofs of such", "$ctl log verify log --vkey vkey");
    says(0, "\"unknown\": 0",
         "test ! -e log/tile/entries/000 && test -e log/tile/0/000 &&"
         "test -e log/proofs/0 && $ctl log verify log --vkey vkey --json");
    says(0, "verifies", VERIFY);
    says(0, "it is entry 0 in the log", "$ctl log verify log/proofs/0 --vkey vkey");
    says(1, "entry 3 was pruned", "$ctl log prove --entry 3");
    says(0, "verifies", "$ctl log export copy && $ctl log verify copy --vkey vkey");
    says(0, "Removed 0 entries", "prune --upto 512"); /* once more: all is done */
    /* for an anchor it waits too, and says so, and how long */
    sql("UPDATE retention.log_state SET anchor_command = true, anchor_failures = 3,"
        "    anchor_error = 'the anchor command exited with code 3'");
    sql("ALTER TABLE retention.log_anchor DISABLE TRIGGER insert_only; DELETE FROM "
        "retention.log_anchor; ALTER TABLE retention.log_anchor ENABLE TRIGGER insert_only");
    says(0, "at most 120 s; so far the anchor command exited with code 3...",
         "(prune --upto 512 >pruned 2>&1; echo $? >code) & "
         "n=0; while [ $n -lt 100 ] && ! grep -q 'command log.anchor to take' pruned; do "
         "sleep 0.1; n=$((n + 1)); done; "
         "$ctl run call_recordings >/dev/null; wait; cat pruned; exit $(cat code)");
    cli_fails(&f, CLI_OPERATOR, 1, "It takes the role that installed the schema, a member of ",
              WORDS("log", "recover"));
    /* the worker goes on with it */
    sql("INSERT INTO ctm.call_recording SELECT n, 1, now() - interval '3 years', 'x'"
        " FROM generate_series(3001, 3400) n");
    free(cli_out(&f, NULL, 0, WORDS("run", "call_recordings")));
    says(0, "verifies", VERIFY);
    says(6, "is the proof of entry ", "set -- log/proofs/*; cp $1 $2;" VERIFY);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS
/* kill -9 of the command at every file that it writes, syncs or takes away: what is there verifies,
 * and the same command once more comes to the same end. */
START_TEST(a_prune_can_be_stopped_anywhere)
{
    sql("SELECT retention.write_entry('pause', NULL, NULL, jsonb_build_object('scope', 'all',"
        "    'what', 'paused', 'by', 'x')) FROM generate_series(1, 600)");
    free(cli_out(&f, NULL, 0, WORDS("run", "call_recordings")));
    says(70, "",
         "(RETENTIOND_FAULT=log_file_half_written=exit prune --upto 512 >pruned 2>&1; "
         "echo $? >code) & n=0; while [ $n -lt 100 ] && ! grep -q Waiting pruned; do "
         "sleep 0.1; n=$((n + 1)); done; "
         "$ctl run call_recordings >/dev/null; wait; exit $(cat code)");
    says(0, "verifies", "rm log/.new.*; cp -a log base; $ctl log verify log --vkey vkey");
    says(0, "verifies",
         "prune --upto 512 >/dev/null && $ctl log verify log --vkey vkey && "
         "cp -a log end");
    says(
        0, "killed 1",
        "k=0; for p in log_file_half_written log_file_renamed log_before_sync log_file_removed; do "
        "i=0; while rm -rf log; cp -a base log; "
        "RETENTIOND_FAULT=$p=exit:$i prune --upto 512 >out 2>&1; c=$?; [ $c = 70 ]; do "
        "$ctl log verify log --vkey vkey >out || { echo $p $i; cat out; exit 1; }; "
        "prune --upto 512 >out 2>&1 || { cat out; exit 1; }; rm -f log/.new.*; "
        "$ctl log verify log --vkey vkey >out || { echo $p $i; cat out; exit 1; }; "
        "diff -r log end || exit 1; i=$((i + 1)) k=$((k + 1)); done; "
        "[ $c = 0 ] && [ $i -gt 0 ] || { echo $p $i $c; exit 1; }; done; echo killed $k");
}
END_TEST
#endif

/* Where checkpoints are anchored, the one over the prune entry must have left the machine. */
START_TEST(a_prune_waits_for_its_anchor)
{
    PGconn *conn = cli_fixture_connect(&f);
    char *ask _cleanup_free_ = file_read(source_path("sql/cli/log_prune_state.sql"));
    char *first _cleanup_free_ = db_value(conn, "SELECT min(entry) FROM retention.log_leaf");
    const char *const values[] = {first};
    static const struct {
        const char *state, *covered, *anchored;
    } cases[] = {
        {"SELECT 1", "t", "t"},
        {"UPDATE retention.log_state SET anchor_command = true", "t", "f"},
        {"INSERT INTO retention.log_anchor (size) SELECT max(size) FROM retention.log_checkpoint",
         "t", "t"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        db_exec(conn, "%s", cases[i].state);
        PGresult *state = PQexecParams(conn, ask, 1, NULL, values, NULL, NULL, 0);
        ck_assert_msg(PQntuples(state) == 1, "%s", PQresultErrorMessage(state));
        ck_assert_str_eq(PQgetvalue(state, 0, PQfnumber(state, "covered")), cases[i].covered);
        ck_assert_str_eq(PQgetvalue(state, 0, PQfnumber(state, "anchored")), cases[i].anchored);
        PQclear(state);
    }
    PQfinish(conn);
}
END_TEST

Suite *suite_cli_log_db(void)
{
    Suite *suite = suite_create("cli_log_db");
    TCase *tc = tcase_create("log");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_real_log_verifies);
    tcase_add_test(tc, a_record_that_went_is_proved);
    tcase_add_test(tc, entries_have_an_id_and_a_place);
    tcase_add_test(tc, times_are_those_of_the_entries);
    tcase_add_test(tc, an_entry_is_printed_as_text);
    tcase_add_test(tc, tables_are_compared_with_the_directory);
    tcase_add_test(tc, an_entry_taken_away_before_it_is_placed_is_told_of);
    tcase_add_test(tc, a_log_is_pruned);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, a_prune_can_be_stopped_anywhere);
#endif
    tcase_add_test(tc, a_prune_waits_for_its_anchor);
    tcase_add_test(tc, the_search_for_a_record_reads_little);
    suite_add_tcase(suite, tc);
    return suite;
}
