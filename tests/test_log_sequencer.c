/* The sequencer on a real server: places, checkpoints, kills at every step, anchors, keys. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "log_support.h"

static struct log_site site;

static void teardown(void)
{
    log_site_free(&site);
}

static void says(char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "\"%s\" is not in:\n%s", what, text);
    free(text);
}

/* A command on a terminal, at which somebody types a line. */
static char *typed(const char *line, int exit_code, const char *words)
{
    char *script, *text;
    ck_assert_int_ge(asprintf(&script,
                              "echo '%s' | script -qec \"'%s' -c '%s' -d 'host=%s dbname=%s "
                              "user=postgres' %s\" /dev/null",
                              line, build_path("retentionctl"), site.site.config,
                              PQhost(site.site.admin), site.site.database, words),
                     0);
    struct program_result r = program_run((const char *const[]){"/bin/sh", "-c", script, NULL});
    ck_assert_int_ge(asprintf(&text, "%s%s", r.out, r.err), 0);
    ck_assert_msg(r.exit_code == exit_code, "exit %d: %s", r.exit_code, text);
    program_result_free(&r);
    free(script);
    return text;
}

START_TEST(a_run_ends_in_a_signed_log)
{
    site = log_site_new(cluster_shared(), 1000, NULL);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 0);
    log_site_verify(&site);
    site_check_log(&site.site);
    char *first = db_value(site.site.admin, "SELECT e.type FROM retention.log_leaf l JOIN "
                                            "retention.log_entry e ON e.id = l.entry "
                                            "WHERE l.index = 0");
    ck_assert_str_eq(first, "genesis");
    free(first);
    /* nothing new: nothing is signed */
    int64_t size = log_site_size(&site);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_ge(log_site_size(&site), size);
    says(log_site_ctl(&site, 0, WORDS("status")), "signed entries");
}
END_TEST

/* As a loss of power leaves them: the names of files that were not on the disk yet. */
START_TEST(empty_files_are_written)
{
    site = log_site_new(cluster_shared(), 10, NULL);
    char *sha256 _cleanup_free_ =
        db_value(site.site.admin, "SELECT substring(entry, E'\nsha256 ([0-9a-f]+)\n') FROM "
                                  "retention.log_entry WHERE type = 'policy'");
    char *command _cleanup_free_ = NULL;
    ck_assert_int_ge(
        asprintf(&command, "mkdir -p %s/policies && : >%s/policies/%s", site.log, site.log, sha256),
        0);
    ck_assert_int_eq(system(command), 0);
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
}
END_TEST

/* kill -9 at each step of placing, publishing and signing, at different passes; then a start. What
 * had its place keeps it, what was signed is never signed otherwise, and the log verifies. */
START_TEST(kills_leave_the_same_tree)
{
    static const char *const points[] = {
        "log_before_place",     "log_after_place",  "log_after_partial_bundle",
        "log_after_tiles",      "log_before_sign",  "log_after_kept_checkpoint",
        "log_after_checkpoint", "log_after_record", "log_after_bundle"};
    static const int after[] = {0, 1}; /* the pass at the start, and the one after the run */
    site = log_site_new(cluster_shared(), 300, NULL);
    int row = 300;
    for (size_t p = 0; p < sizeof(points) / sizeof(points[0]); p++)
        for (size_t a = 0; a < sizeof(after) / sizeof(after[0]); a++) {
            char fault[64];
            log_site_rows(&site, row + 1, row + 20);
            row += 20;
            /* something to sign at the start too; for whole bundles, enough to fill two */
            db_exec(site.site.admin,
                    "SELECT retention.write_entry('heartbeat', NULL, NULL, '{\"size\": 1}') "
                    "FROM generate_series(1, %d)",
                    strcmp(points[p], "log_after_bundle") == 0 ? 600 : 1);
            snprintf(fault, sizeof(fault), "%s=exit:%d", points[p], after[a]);
            struct program_result killed = site_once(&site.site, fault);
            if (getenv("TEST_VERBOSE"))
                fprintf(stderr, "%s: %s\n", fault,
                        killed.exit_code == 70 ? "killed" : "not reached");
            /* a point that is not reached would test nothing */
            ck_assert_msg(killed.exit_code == 70, "%s: exit code %d\n%s", fault, killed.exit_code,
                          killed.err);
            program_result_free(&killed);
            log_site_no_fork(&site);
            db_exec(site.site.admin, "DROP TABLE IF EXISTS public.placed; CREATE TABLE "
                                     "public.placed AS TABLE retention.log_leaf");
            free(log_site_once(&site, NULL, 0));
            log_site_no_fork(&site);
            log_site_verify(&site);
            ck_assert_int_eq(db_number(site.site.admin,
                                       "SELECT count(*) FROM (TABLE public.placed EXCEPT TABLE "
                                       "retention.log_leaf) x"),
                             0);
        }
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 0);
    ck_assert_int_eq(site_logged(&site.site, "public.t"), row);
}
END_TEST

START_TEST(a_directory_that_is_gone_or_behind_is_rebuilt)
{
    site = log_site_new(cluster_shared(), 100, NULL);
    free(log_site_once(&site, NULL, 0));
    log_site_no_fork(&site);
    char *command;
    ck_assert_int_ge(asprintf(&command, "cp -a %s %s.old", site.log, site.log), 0);
    ck_assert_int_eq(system(command), 0);
    free(command);
    for (int i = 0; i < 3; i++) {
        log_site_rows(&site, 1000 + i * 10, 1009 + i * 10);
        free(log_site_once(&site, NULL, 0));
    }
    log_site_no_fork(&site);
    /* behind: an older copy is put back */
    ck_assert_int_ge(asprintf(&command, "rm -rf %s && mv %s.old %s", site.log, site.log, site.log),
                     0);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    log_site_no_fork(&site);
    /* gone */
    ck_assert_int_ge(asprintf(&command, "rm -rf %s", site.log), 0);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    log_site_no_fork(&site);
    ck_assert_int_ge(asprintf(&command,
                              "cd %s/kept; for f in *; do cmp -s $f %s/checkpoints/$f || exit 1; "
                              "done",
                              site.site.directory, site.log),
                     0);
    ck_assert_msg(system(command) == 0, "checkpoints were not put back");
    free(command);
}
END_TEST

/* An entry that lost its row in log_pending is noticed when the next of its type gets its place;
 * one that is gone itself, too. */
START_TEST(holes_are_found)
{
    site = log_site_new(cluster_shared(), 10, NULL);
    free(log_site_once(&site, NULL, 0));
    PGconn *operator= db_connect(cluster_shared(), site.site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('category:t', 'x', NULL)");
    db_exec(site.site.admin, "DELETE FROM retention.log_pending");
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "entry LIKE '%%code unplaced.pause%%'"),
                     1);
    log_site_verify(&site);
    db_exec(operator, "SELECT retention.pause('category:t', 'x', NULL)");
    db_exec(site.site.admin,
            "ALTER TABLE retention.log_entry DISABLE TRIGGER insert_only; DELETE FROM "
            "retention.log_entry WHERE id IN (SELECT entry FROM retention.log_pending)");
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "entry LIKE '%%code lost.%%'"),
                     2); /* its row in log_pending, and its number */
    says(log_site_ctl(&site, 6, WORDS("log", "verify", site.log, "--vkey", site.vkey)),
         "was lost before it got its place");
    PQfinish(operator);
}
END_TEST

/* The last of its type: no next one shows it, and it is said once. An entry of a transaction that
 * is still open, or was rolled back, is not missed. */
START_TEST(the_last_of_a_type_is_missed)
{
    site = log_site_new(cluster_shared(), 10, NULL);
    free(log_site_once(&site, NULL, 0));
    PGconn *operator= db_connect(cluster_shared(), site.site.database, "t_operator");
    db_exec(operator, "BEGIN; SELECT retention.pause('category:t', 'x', NULL)");
    free(log_site_once(&site, NULL, 0));
    db_exec(operator, "ROLLBACK");
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    db_exec(operator, "SELECT retention.pause('category:t', 'x', NULL)");
    db_exec(site.site.admin,
            "ALTER TABLE retention.log_entry DISABLE TRIGGER insert_only; DELETE FROM "
            "retention.log_entry WHERE id IN (SELECT entry FROM retention.log_pending); DELETE "
            "FROM retention.log_pending");
    free(log_site_once(&site, NULL, 5)); /* paused: nothing runs */
    free(log_site_once(&site, NULL, 5));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "entry LIKE '%%code lost.pause%%'"),
                     1);
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "entry LIKE '%%code lost.%%'"),
                     1);
    says(log_site_ctl(&site, 6, WORDS("log", "verify", site.log, "--vkey", site.vkey)),
         "was lost before it got its place");
    PQfinish(operator);
}
END_TEST

/* (how long it takes: ./dev bench log) */
START_TEST(seventy_thousand_entries_at_once)
{
    site = log_site_new(cluster_shared(), 10, NULL);
    /* (write_entry 70 000 times in one transaction would be slow: one counter's row) */
    db_script(site.site.admin,
              "INSERT INTO retention.log_entry (type, seq, entry) SELECT 'heartbeat', g, "
              "E'retention-log-entry/v1\\ntype heartbeat\\ntime 2026-07-24T12:00:02Z\\nsalt ' || "
              "md5(g::text) || E'\\nsize ' || g || E'\\n' FROM generate_series(0, 69999) g; "
              "INSERT INTO retention.entry_counter VALUES ('heartbeat', 70000)");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_gt(log_site_size(&site), 70000);
    log_site_verify(&site);
}
END_TEST

/* The daemon signs by its timer what others write, too. */
START_TEST(a_daemon_signs_what_is_new)
{
    site = log_site_new(cluster_shared(), 10, "checkpoint_every = \"1 s\";");
    pid_t daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin, "SELECT count(*) = 1 FROM retention.log_entry WHERE "
                                   "type = 'done'");
    db_wait_until(site.site.admin, "SELECT state = 'ok' AND (SELECT max(index) + 1 FROM "
                                   "retention.log_leaf) = (SELECT max(size) FROM "
                                   "retention.log_checkpoint) FROM retention.log_state");
    PGconn *operator= db_connect(cluster_shared(), site.site.database, "t_operator");
    int64_t size = db_number(site.site.admin, "SELECT max(size) FROM retention.log_checkpoint");
    db_exec(operator, "SELECT retention.pause('all', 'x', NULL)");
    db_wait_until(site.site.admin, "SELECT max(size) > %lld FROM retention.log_checkpoint",
                  (long long)size);
    PQfinish(operator);
    kill(daemon, SIGTERM);
    ck_assert_int_eq(program_wait(daemon), 0);
    log_site_verify(&site);
}
END_TEST

START_TEST(anchors_are_tried_again)
{
    char log[512], *path;
    site = log_site_new(cluster_shared(), 10, NULL);
    ck_assert_int_ge(asprintf(&path, "%s/go", site.site.directory), 0);
    snprintf(log, sizeof(log), "anchor = \"test -e %s && cat > %s\"; anchor_max_age = \"1 hour\";",
             path, site.anchored);
    log_site_config(&site, NULL, NULL, NULL, log);
    /* never anchored: no run */
    says(log_site_once(&site, NULL, 5), "older than log.anchor_max_age");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 10);
    says(log_site_ctl(&site, 0, WORDS("status")), "the anchor command exited with code 1");
    pid_t daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin, "SELECT anchor_failures >= 2 FROM retention.log_state");
    /* who asks the worker is told that nothing ran, and why */
    says(log_site_ctl(&site, 5, WORDS("run", "t")),
         "exited with code 1; mend the command log.anchor");
    says(log_site_ctl(&site, 5, WORDS("run")), "older than log.anchor_max_age");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 10);
    free(file_write(site.site.directory, "go", ""));
    db_wait_until(site.site.admin, "SELECT anchor_error IS NULL AND anchor_failures = 0 FROM "
                                   "retention.log_state");
    db_wait_until(site.site.admin, "SELECT count(*) = 0 FROM public.t");
    kill(daemon, SIGTERM);
    ck_assert_int_eq(program_wait(daemon), 0);
    log_site_verify(&site);
    char *checkpoint;
    ck_assert_int_ge(asprintf(&checkpoint, "%s/checkpoint", site.log), 0);
    char *anchored = file_read(site.anchored), *last = file_read(checkpoint);
    ck_assert_str_eq(anchored, last);
    free(anchored);
    free(last);
    free(checkpoint);
    /* the last anchor is too old, and the command fails again */
    unlink(path);
    db_exec(site.site.admin, "ALTER TABLE retention.log_anchor DISABLE TRIGGER insert_only; UPDATE "
                             "retention.log_anchor SET anchored_at = anchored_at - interval '2 h'");
    log_site_rows(&site, 100, 110);
    says(log_site_once(&site, NULL, 5), "older than log.anchor_max_age");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 11);
    db_exec(site.site.admin, "ALTER TABLE retention.log_anchor ENABLE TRIGGER insert_only");
    /* no worker: who leads for one round is told the same */
    struct program_result alone = program_run(
        (const char *const[]){"retentionctl", "-c", site.site.config, "run", "t", NULL});
    ck_assert_msg(alone.exit_code == 5 &&
                      strstr(alone.out, "exited with code 1; mend the command log.anchor") &&
                      !strstr(alone.out, "run it again"),
                  "exit %d: %s%s", alone.exit_code, alone.out, alone.err);
    program_result_free(&alone);
    /* a command that is not set any more is waited for by nothing, and complained of nowhere */
    log_site_config(&site, NULL, NULL, NULL, NULL);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 0);
    char *status = log_site_ctl(&site, 0, WORDS("status"));
    ck_assert_msg(strstr(status, "not anchored any more: log.anchor is not set") &&
                      !strstr(status, "exited with code"),
                  "%s", status);
    free(status);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_state WHERE "
                                                "anchor_command OR anchor_error IS NOT NULL"),
                     0);
    free(path);
}
END_TEST

START_TEST(keys_are_rotated)
{
    site = log_site_new(cluster_shared(), 10, NULL);
    free(log_site_once(&site, NULL, 0));
    const char *const verify[] = {"log",     "verify",     site.log, "--vkey",
                                  site.vkey, "--database", NULL};
    char *fresh, *next, *made;
    ck_assert_int_ge(asprintf(&fresh, "%s/new.seed", site.site.directory), 0);
    ck_assert_int_ge(asprintf(&next, "%s/next.seed", site.site.directory), 0);
    free(log_site_ctl(&site, 0, WORDS("log", "keygen", "--signing", next)));
    made = log_site_ctl(&site, 0, WORDS("log", "keygen", "--signing", fresh));
    ck_assert_int_eq(strncmp(made, "log.example/t+", 14), 0);
    /* another key that nobody announced */
    log_site_config(&site, NULL, NULL, "new.seed", NULL);
    says(log_site_once(&site, NULL, 3), "is not the key that the log names");
    log_site_config(&site, NULL, NULL, NULL, NULL);
    says(log_site_ctl(&site, 2, WORDS("log", "rotate-key", "--key", fresh)), "say --yes");
    free(log_site_ctl(&site, 0, WORDS("log", "rotate-key", "--key", fresh, "--yes")));
    /* once, and for this log */
    says(log_site_ctl(&site, 1, WORDS("log", "rotate-key", "--key", fresh, "--yes")),
         "the log names this key already");
    ck_assert_str_eq(db_fails(site.site.admin,
                              "SELECT retention.rotate_key('another.example/t+"
                              "0123abcd+%s')",
                              "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh"),
                     "RT011");
    ck_assert_str_eq(db_fails(site.site.admin, "SELECT retention.rotate_key('nothing')"), "RT011");
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = 'rotate'"),
                     1);
    /* before the old key signed it, another one would leave no way from the old key to the newest;
     * also where it has its place already */
    says(log_site_ctl(&site, 1, WORDS("log", "rotate-key", "--key", next, "--yes")),
         "the last rotation of the log's key was not signed yet");
#ifdef ENABLE_FAULT_POINTS
    free(log_site_once(&site, "log_before_sign=exit", 70));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_leaf l JOIN "
                                                "retention.log_entry e ON e.id = l.entry WHERE "
                                                "e.type = 'rotate'"),
                     1);
    says(log_site_ctl(&site, 1, WORDS("log", "rotate-key", "--key", next, "--yes")),
         "the last rotation of the log's key was not signed yet");
#endif
    /* the old key signs it, and no more */
    log_site_rows(&site, 100, 110);
    says(log_site_once(&site, NULL, 3), "the log's key was rotated");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 11);
    int64_t size = log_site_size(&site);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT index FROM retention.log_leaf l JOIN "
                                                "retention.log_entry e ON e.id = l.entry WHERE "
                                                "e.type = 'rotate'") < size,
                     1);
    says(log_site_once(&site, NULL, 3), "still the old one");
    log_site_config(&site, NULL, NULL, "new.seed", NULL);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 0);
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = 'retire'"),
                     1);
    free(log_site_once(&site, NULL, 0));
    /* "log list" names the keys by their ids */
    char key[] = "key 01234567", *id = strchr(made, '+') + 1;
    memcpy(key + 4, id, 8);
    says(log_site_ctl(&site, 0, WORDS("log", "list", "--type", "rotate")), key);
    char *first = log_site_ctl(&site, 0, WORDS("log", "list", "--type", "genesis"));
    ck_assert_ptr_null(strstr(first, key));
    memcpy(key + 4, strstr(first, "key ") + 4, 8);
    says(log_site_ctl(&site, 0, WORDS("log", "list", "--type", "retire")), key);
    free(first);
    free(log_site_ctl(&site, 0, verify));
    /* and on to a third one */
    free(log_site_ctl(&site, 0, WORDS("log", "rotate-key", "--key", next, "--yes")));
    says(log_site_once(&site, NULL, 3), "the log's key was rotated");
    log_site_config(&site, NULL, NULL, "next.seed", NULL);
    free(log_site_once(&site, NULL, 0));
    free(log_site_ctl(&site, 0, verify));
    free(made);
    free(next);
    free(fresh);
}
END_TEST

START_TEST(epochs_rotate_and_are_shredded)
{
    site = log_site_new(cluster_shared(), 10, NULL);
    free(log_site_once(&site, NULL, 0));
    /* monthly, where nothing else is said */
    db_exec(site.site.admin, "UPDATE retention.epoch_key SET created_at = created_at - interval "
                             "'27 days'");
    log_site_rows(&site, 50, 60);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT max(epoch) FROM retention.epoch_key"), 1);
    db_exec(site.site.admin, "UPDATE retention.epoch_key SET created_at = created_at - interval "
                             "'5 days'");
    log_site_rows(&site, 100, 110);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT max(epoch) FROM retention.epoch_key"), 2);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "type = 'batch' AND entry LIKE '%%epoch 2%%'"),
                     1);
    says(log_site_ctl(&site, 2, WORDS("log", "shred-epoch", "1")), "say --yes");
    says(typed("no", 5, "log shred-epoch 1"), "Nobody will be able to prove");
    says(typed("2", 5, "log shred-epoch 1"), "not confirmed: nothing was done");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.epoch_key WHERE "
                                                "wrapped IS NULL"),
                     0);
    says(typed("1", 0, "log shred-epoch 1"), "and in backups and archived write-ahead log until");
    says(log_site_ctl(&site, 1, WORDS("log", "shred-epoch", "1", "--yes")), "");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.epoch_key WHERE "
                                                "wrapped IS NULL"),
                     1);
    says(log_site_ctl(&site, 0, WORDS("log", "list", "--type", "shred")), "epoch 1");
    says(log_site_ctl(&site, 0, WORDS("log", "list", "--type", "epoch")), "epoch 2");
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
}
END_TEST

/* A run and its checkpoints do not wait for a command that takes its time. */
START_TEST(anchoring_does_not_block)
{
    char log[512];
    site = log_site_new(cluster_shared(), 10, NULL);
    snprintf(log, sizeof(log),
             "checkpoint_every = \"1 s\"; anchor = \"cat >%s; touch %s/began; while [ ! -e %s/go "
             "]; do sleep 0.1; done\";",
             site.anchored, site.site.directory, site.site.directory);
    log_site_config(&site, NULL, NULL, NULL, log);
    pid_t daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin, "SELECT count(*) = 0 FROM public.t");
    db_wait_until(site.site.admin,
                  "SELECT count(*) = 1 FROM retention.log_entry e JOIN retention.log_leaf l ON "
                  "l.entry = e.id WHERE e.type = 'done' AND l.index < (SELECT max(size) FROM "
                  "retention.log_checkpoint)");
    /* the first is at it still: nothing was anchored, and nothing failed */
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_anchor"), 0);
    free(file_write(site.site.directory, "go", ""));
    db_wait_until(site.site.admin, "SELECT max(size) = (SELECT max(size) FROM "
                                   "retention.log_checkpoint) FROM retention.log_anchor");
    kill(daemon, SIGTERM);
    ck_assert_int_eq(program_wait(daemon), 0);
    log_site_verify(&site);
}
END_TEST

/* What is lost with a key, and what is done without it: nothing. */
START_TEST(a_key_that_is_lost_is_told_of)
{
    char *file;
    site = log_site_new(cluster_shared(), 10, NULL);
    ck_assert_int_ge(asprintf(&file, "%s/seed", site.site.directory), 0);
    ck_assert_int_eq(unlink(file), 0);
    says(log_site_once(&site, NULL, 3), "Without this key the log cannot go on: its checkpoints "
                                        "stay valid, but nobody can sign that a later one");
    free(file);
    ck_assert_int_ge(asprintf(&file, "%s/kek", site.site.directory), 0);
    /* not set at all: a log that was signed is not gone on with unsigned */
    char *conninfo = cluster_conninfo(cluster_shared(), site.site.database, "t_worker"), *text;
    ck_assert_int_ge(asprintf(&text,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                              "log: { epoch_kek = \"kek\"; origin = \"log.example/t\"; "
                              "directory = \"log\"; };\n",
                              conninfo),
                     0);
    free(file_write(site.site.directory, "retentiond.cfg", text));
    says(log_site_once(&site, NULL, 3), "this database's log is a signed one, and no signing key "
                                        "is set");
    says(log_site_ctl(&site, 0, WORDS("status")), "The log is not signed, and no run starts: this "
                                                  "database's log is a signed one");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 10);
    /* as credentials, both keys are found without being named */
    free(file_write(site.site.directory, "log-signing-key",
                    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"));
    char *credential;
    ck_assert_int_ge(asprintf(&credential, "%s/log-epoch-kek", site.site.directory), 0);
    ck_assert_int_eq(rename(file, credential), 0);
    char *unnamed = strstr(text, "epoch_kek = \"kek\";");
    memset(unnamed, ' ', strlen("epoch_kek = \"kek\";"));
    free(file_write(site.site.directory, "retentiond.cfg", text));
    setenv("CREDENTIALS_DIRECTORY", site.site.directory, 1);
    free(log_site_once(&site, NULL, 0));
    unsetenv("CREDENTIALS_DIRECTORY");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.t"), 0);
    log_site_verify(&site);
    free(credential);
    free(conninfo);
    free(text);
    free(file);
}
END_TEST

Suite *suite_log_sequencer(void)
{
    Suite *suite = suite_create("log_sequencer");
    TCase *tcase = tcase_create("sequencer");
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, a_run_ends_in_a_signed_log);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tcase, kills_leave_the_same_tree);
#endif
    tcase_add_test(tcase, a_directory_that_is_gone_or_behind_is_rebuilt);
    tcase_add_test(tcase, holes_are_found);
    tcase_add_test(tcase, seventy_thousand_entries_at_once);
    tcase_add_test(tcase, a_daemon_signs_what_is_new);
    tcase_add_test(tcase, anchors_are_tried_again);
    tcase_add_test(tcase, anchoring_does_not_block);
    tcase_add_test(tcase, a_key_that_is_lost_is_told_of);
    tcase_add_test(tcase, empty_files_are_written);
    tcase_add_test(tcase, keys_are_rotated);
    tcase_add_test(tcase, epochs_rotate_and_are_shredded);
    suite_add_tcase(suite, tcase);
    TCase *last = tcase_create("last of a type");
    tcase_add_checked_fixture(last, NULL, teardown);
    tcase_set_timeout(last, 180);
    tcase_add_test(last, the_last_of_a_type_is_missed);
    suite_add_tcase(suite, last);
    return suite;
}
