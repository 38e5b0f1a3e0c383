/* The pace of runs with a real server: what they look at, and what people see of it. What is
 * decided then: test_pace.c. */
#define _GNU_SOURCE
#include <check.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define MB (INT64_C(1024) * 1024)

#define ROWS                                                                                       \
    "CREATE TABLE public.record (id int PRIMARY KEY, at timestamptz NOT NULL);"                    \
    "INSERT INTO public.record SELECT i, now() - interval '60 days' FROM generate_series(1, "      \
    "30000) i; ANALYZE public.record"
#define POLICY                                                                                     \
    "  data: { table = \"public.record\"; start = \"at\"; };\n"                                    \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { rows = 1000000; fraction = 1.0; tenant_fraction = 1.0; };\n"

static int64_t batches(const struct site *site)
{
    return db_number(site->admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'batch'");
}

/* A run, while a transaction of the application is open. */
static void once_beside_others(const struct site *site)
{
    PGconn *conn = db_connect(site->cluster, site->database, NULL);
    db_exec(conn, "BEGIN");
    db_exec(conn, "SELECT count(*) FROM pg_catalog.pg_class");
    site_once_expect(site, NULL, 0);
    PQfinish(conn);
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM public.record"), 0);
}

/* A transaction of the application that is open: batches are short; without it, long ones. On a
 * server of its own: other tests have transactions. */
START_TEST(transactions_of_others)
{
    struct cluster *cluster = cluster_new(NULL);
    for (int others = 0; others < 2; others++) {
        struct site site = site_new_single(cluster, ROWS, "pace: { batch_rows = 30000; };");
        site_policy(&site, "records", POLICY);
        site_load_and_approve(&site, "records", -1);
        if (others)
            once_beside_others(&site);
        else
            site_once_expect(&site, NULL, 0);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
        if (others)
            ck_assert_int_gt(batches(&site), 5);
        else
            ck_assert_int_le(batches(&site), 3);
        site_check_log(&site);
        site_free(&site);
    }
    cluster_free(cluster);
}
END_TEST

/* What statements note of themselves: in which transaction, and when they begin and end. */
#define NOTED                                                                                      \
    ROWS "; CREATE TABLE public.noted (began timestamptz, xid xid8, of text, at timestamptz);"     \
         "CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$"   \
         "BEGIN INSERT INTO public.noted VALUES (now(), pg_current_xact_id(), TG_WHEN,"            \
         " clock_timestamp()); RETURN NULL; END $$;"                                               \
         "CREATE TRIGGER b BEFORE DELETE ON public.record EXECUTE FUNCTION public.note();"         \
         "CREATE TRIGGER a AFTER DELETE ON public.record EXECUTE FUNCTION public.note()"

/* The policy, with the triggers of this function accepted. */
static void add_accepted(const struct site *site, const char *function, struct text *policy)
{
    struct text sql _cleanup_text_ = {0};
    text_printf(&sql,
                "SELECT string_agg('\"' || t.tgname || ':' || encode(sha256(convert_to("
                "pg_get_triggerdef(t.oid) || p.prosrc, 'UTF8')), 'hex') || '\"', ', ') "
                "FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid "
                "WHERE p.proname = '%s'",
                function);
    db_exec(site->admin, "SET search_path = ''");
    char *accepted _cleanup_free_ = db_value(site->admin, "%s", sql.data);
    db_exec(site->admin, "RESET search_path");
    text_printf(policy, POLICY "  accept_triggers = [ %s ];\n", accepted);
}

/* While others work, batches are several statements with rests between them, one batch at a time,
 * though there are two connections. */
START_TEST(rests_between_statements)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new_wide(cluster, NOTED, 2, NULL);
    struct text policy _cleanup_text_ = {0};
    add_accepted(&site, "note", &policy);
    site_policy(&site, "records", policy.data);
    site_load_and_approve(&site, "records", -1);
    once_beside_others(&site);
    ck_assert_int_gt(batches(&site), 2);
    /* a statement, its rest, and the next one; in the first batch at least: where a statement
     * turns out to take long, as on a machine that has other work, there is no time for a second */
    ck_assert_int_gt(db_number(site.admin,
                               "SELECT max(n) FROM (SELECT count(*) AS n FROM public.noted "
                               "WHERE of = 'BEFORE' GROUP BY xid) AS batch"),
                     1);
    ck_assert_int_ge(
        db_number(site.admin,
                  "SELECT (min(extract(epoch FROM n.at - n.before)) * 1000000)::bigint "
                  "FROM (SELECT of, at, "
                  "lag(at) OVER (PARTITION BY xid ORDER BY at) AS before FROM public.noted) AS "
                  "n WHERE n.of = 'BEFORE' AND n.before IS NOT NULL"),
        1000);
    ck_assert_int_eq(db_number(site.admin,
                               "WITH batch AS (SELECT xid, min(began) AS began, max(at) AS ended "
                               "FROM public.noted GROUP BY xid) SELECT count(*) FROM batch AS a "
                               "JOIN batch AS b ON a.xid < b.xid AND b.began < a.ended AND "
                               "a.began < b.ended"),
                     0);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* What the first batch connection did, one letter a statement, from the server's log: B
 * begin_batch, R rest, D DELETE, A append_batch, C COMMIT. Owned by the caller. */
static char *done_by_batches(const struct site *site)
{
    static const struct {
        const char *says;
        char letter;
    } steps[] = {{": -- The first call of every batch", 'B'},
                 {": -- While others work", 'R'},
                 {": DELETE FROM ONLY public.record", 'D'},
                 {": SELECT retention.append_batch(", 'A'},
                 {": COMMIT", 'C'}};
    char *log _cleanup_free_ = file_read(cluster_log_file(site->cluster));
    struct text done _cleanup_text_ = {0};
    char of[32] = "";
    for (char *next = NULL, *line = strtok_r(log, "\n", &next); line;
         line = strtok_r(NULL, "\n", &next)) {
        const char *pid = strchr(line, '[');
        for (size_t i = 0; pid && i < ARRAY_LENGTH(steps); i++) {
            if (!strstr(line, steps[i].says))
                continue;
            if (!of[0] && steps[i].letter == 'B')
                snprintf(of, sizeof(of), "%.*s", (int)strcspn(pid, "]"), pid);
            if (of[0] && strncmp(pid, of, strlen(of)) == 0)
                text_add_char(&done, steps[i].letter);
        }
    }
    return text_steal(&done);
}

/* A connection rests before the first statement on records, between them, before the entry, and
 * before the commit; and, for no time, behind the last one. */
START_TEST(rests_everywhere)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new_single(cluster, ROWS, NULL);
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    db_script(site.admin, "ALTER ROLE t_worker SET log_statement = 'all'");
    once_beside_others(&site);
    char *done _cleanup_free_ = done_by_batches(&site);
    regex_t good;
    ck_assert_int_eq(
        regcomp(&good, "^BR(DR)(DR)+RARC(BRDRAC|BR(DR)(DR)+RARC|B)*C*$", REG_EXTENDED | REG_NOSUB),
        0);
    ck_assert_msg(regexec(&good, done, 0, NULL, 0) == 0, "%s", done);
    regfree(&good);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* Statements that take long, as with this trigger, are measured, and are one a batch then. */
START_TEST(long_statements_are_alone)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new_single(
        cluster,
        ROWS "; CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$"
             "BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END $$;"
             "CREATE TRIGGER s AFTER DELETE ON public.record EXECUTE FUNCTION public.slow()",
        NULL);
    struct text policy _cleanup_text_ = {0};
    add_accepted(&site, "slow", &policy);
    site_policy(&site, "records", policy.data);
    site_load_and_approve(&site, "records", -1);
    db_script(site.admin, "ALTER ROLE t_worker SET log_statement = 'all'");
    once_beside_others(&site);
    char *done _cleanup_free_ = done_by_batches(&site);
    ck_assert_msg(strncmp(done, "BRDRDR", 6) == 0 && strstr(done, "RARCBRDRAC"), "%s", done);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* Where pg_sleep was taken from everybody, batches are of one statement. */
START_TEST(rests_are_forbidden)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new_single(cluster, ROWS, NULL);
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    db_exec(site.admin, "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep FROM PUBLIC");
    once_beside_others(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(rows) FROM retention.log_entry "
                                           "WHERE type = 'batch'"),
                     30000);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* Who worked while the plan was made counts when the first batch begins, though nobody does at that
 * very moment. */
START_TEST(looks_while_it_plans)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new_single(cluster, ROWS, NULL);
    site_be_patient(&site);
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN; LOCK TABLE public.record");
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = "
                              "'t_worker' AND wait_event_type = 'Lock' AND clock_timestamp() - "
                              "query_start > interval '1 s')");
    db_exec(other, "COMMIT");
    PQfinish(other);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    ck_assert_int_lt(db_number(site.admin, "SELECT rows FROM retention.log_entry WHERE type = "
                                           "'batch' ORDER BY seq LIMIT 1"),
                     5000);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* What a look shows, where `own` is a connection of the run. */
static PGresult *look(const struct site *site, PGconn *own)
{
    struct text pids _cleanup_text_ = {0};
    text_printf(&pids, "{%d}", own ? PQbackendPID(own) : 0);
    const char *values[] = {pids.data};
    PGresult *result =
        PQexecParams(site->admin, sql_file("engine/pressure.sql"), 1, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQntuples(result) == 1, "%s", PQresultErrorMessage(result));
    return result;
}

static int64_t seen(PGresult *result, const char *column)
{
    int64_t value = strtoll(PQgetvalue(result, 0, PQfnumber(result, column)), NULL, 10);
    PQclear(result);
    return value;
}

/* Those who help the run count are not others; those who help others are. */
START_TEST(own_parallel_workers)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new_single(cluster, ROWS, NULL);
    PGconn *own = db_connect(site.cluster, site.database, NULL);
    db_exec(own, "SET force_parallel_mode = on");
    ck_assert_int_eq(PQsendQuery(own, "SELECT pg_sleep(600) FROM public.record WHERE id = 1"), 1);
    db_wait_until(site.admin,
                  "SELECT EXISTS (SELECT FROM pg_stat_activity AS a JOIN pg_locks AS l USING (pid) "
                  "WHERE a.leader_pid = %d AND l.locktype = 'relation' AND a.wait_event = "
                  "'PgSleep')",
                  PQbackendPID(own));
    ck_assert_int_eq(seen(look(&site, own), "others"), 0);
    ck_assert_int_eq(seen(look(&site, NULL), "others"), 2);
    PQfinish(own);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* A slot of which nothing is kept any more is no standby that could catch up. */
START_TEST(lost_slot)
{
    struct cluster *cluster =
        cluster_new("wal_level = logical\nmax_slot_wal_keep_size = 1MB\nmin_wal_size = 32MB");
    struct site site = site_new_single(cluster, ROWS, NULL);
    db_exec(site.admin, "SELECT pg_create_logical_replication_slot('subscriber', 'pgoutput')");
    ck_assert_int_ge(seen(look(&site, NULL), "lag"), 0);
    db_exec(site.admin, "CREATE TABLE public.more AS SELECT 1 AS n");
    ck_assert_int_gt(seen(look(&site, NULL), "lag"), 0);
    for (int i = 0; i < 4; i++)
        db_exec(site.admin, "INSERT INTO public.more VALUES (1); SELECT pg_switch_wal()");
    db_exec(site.admin, "CHECKPOINT");
    db_wait_until(site.admin, "SELECT wal_status = 'lost' FROM pg_replication_slots");
    ck_assert_int_eq(seen(look(&site, NULL), "lag"), 0);
    db_exec(site.admin, "SELECT pg_drop_replication_slot('subscriber')");
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* A standby that should be there and is not: the run waits, status says for what, and it goes on
 * once there is one. */
START_TEST(standby_comes_back)
{
    struct cluster *cluster = cluster_new_system("wal_level = replica\nmax_wal_senders = 4");
    struct site site = site_new(cluster, ROWS, "pace: { standbys = 1; };");
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(site.admin,
                  "SELECT cause LIKE 'running: waits, 0 of 1 standbys are connected; %%' FROM "
                  "retention.compliance");
    ck_assert_int_eq(batches(&site), 0);
    struct cluster *standby = cluster_standby(cluster, "s1");
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE waits_for IS NOT NULL"), 0);
    site_free(&site);
    cluster_free(standby);
    cluster_free(cluster);
}
END_TEST

/* A standby that does not replay: the run waits before its limit, and ends when it replays. */
START_TEST(standby_stands_still)
{
    struct cluster *cluster = cluster_new_system("wal_level = replica\nmax_wal_senders = 4");
    struct site site = site_new(cluster, ROWS, "pace: { standby_lag_mb = 1; batch_rows = 500; };");
    db_exec(site.admin, "GRANT pg_read_all_stats TO t_worker");
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    struct cluster *standby = cluster_standby(cluster, "s1");
    PGconn *replica = db_connect(standby, "postgres", NULL);
    db_exec(replica, "SELECT pg_wal_replay_pause()");
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(
        site.admin,
        "SELECT cause LIKE 'running: waits, standby or slot %% "
        "behind; batches begin at half of the 1 that pace allows' FROM retention.compliance");
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    ck_assert_int_lt(db_number(site.admin,
                               "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint "
                               "FROM pg_stat_replication"),
                     MB);
    db_exec(replica, "SELECT pg_wal_replay_resume()");
    PQfinish(replica);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    site_check_log(&site);
    site_free(&site);
    cluster_free(standby);
    cluster_free(cluster);
}
END_TEST

/* What the test's session did is in the statistics. */
static void flush(const struct site *site)
{
    db_exec(site->admin, "SELECT pg_stat_force_next_flush()");
    db_wait_until(site->admin, "SELECT sum(n_dead_tup) = 40000 AND sum(n_live_tup) = 30000 FROM "
                               "pg_stat_user_tables WHERE schemaname = 'public'");
}

/* 40 000 rows are dead, 30 000 live, of which 10 000 are due. Autovacuum, where it is on, does not
 * come by itself. */
static struct site dead_site(struct cluster *cluster, const char *preset, const char *more)
{
    char *settings _cleanup_free_ = NULL, *sql _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&settings,
                              "pace: { preset = \"%s\"; dead_rows = 1000; batch_rows = 1000; };",
                              preset),
                     0);
    ck_assert_int_gt(
        asprintf(&sql,
                 "CREATE TABLE public.record (id int PRIMARY KEY, at timestamptz NOT NULL) %s;"
                 "INSERT INTO public.record SELECT i, now() - CASE WHEN i <= 10000 THEN interval "
                 "'60 days' ELSE interval '1 day' END FROM generate_series(1, 70000) i;"
                 "DELETE FROM public.record WHERE id > 30000",
                 more),
        0);
    struct site site = site_new(cluster, sql, settings);
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    flush(&site);
    return site;
}

static struct cluster *autovacuum_cluster(void)
{
    return cluster_new("autovacuum = on\nautovacuum_vacuum_threshold = 2000000000\n"
                       "autovacuum_vacuum_insert_threshold = -1\n"
                       "autovacuum_analyze_threshold = 2000000000");
}

static void check_rest(struct site *site)
{
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM public.record"), 20000);
    site_check_log(site);
    site_free(site);
}

/* Nothing goes until the table was vacuumed, and status says so. */
START_TEST(vacuum_is_waited_for)
{
    struct cluster *cluster = autovacuum_cluster();
    struct site site = dead_site(cluster, "gentle", "");
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(site.admin, "SELECT cause = 'running: waits, 40,000 of 70,000 rows of the table "
                              "are dead; batches begin again once it was vacuumed' FROM "
                              "retention.compliance");
    ck_assert_int_eq(batches(&site), 0);
    db_exec(site.admin, "VACUUM public.record");
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE message IS NOT NULL"), 0);
    check_rest(&site);
    cluster_free(cluster);
}
END_TEST

/* Nobody would come: the run says so, with what to do, and goes on. And so does one that does not
 * wait for vacuum anyhow, in other words. */
START_TEST(vacuum_is_asked_for)
{
    static const struct {
        bool on;
        const char *preset, *more, *said;
    } cases[] = {
        {false, "gentle", "", "autovacuum is off for it"},
        {true, "gentle", "WITH (autovacuum_enabled = off)", "autovacuum is off for it"},
        {true, "normal", "", "vacuum does not keep up"},
        {true, "fast", "", NULL},
    };
    const char *said = cases[_i].said;
    struct cluster *cluster = cases[_i].on ? autovacuum_cluster() : cluster_new(NULL);
    struct site site = dead_site(cluster, cases[_i].preset, cases[_i].more);
    struct program_result result = site_once(&site, NULL);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    char *message _cleanup_free_ =
        db_value(site.admin, "SELECT coalesce(message, '') FROM retention.run");
    const char *const told[] = {result.err, message};
    for (size_t i = 0; i < ARRAY_LENGTH(told); i++) {
        ck_assert_msg(!said == !strstr(told[i], "are dead"), "%s", told[i]);
        ck_assert_msg(!said || (strstr(told[i], said) &&
                                strstr(told[i], "run: VACUUM \"public\".\"record\"")),
                      "%s", told[i]);
    }
    program_result_free(&result);
    check_rest(&site);
    cluster_free(cluster);
}
END_TEST

/* A table whose statistics were lost, as those of a copied database are: what lives is not unknown.
 */
START_TEST(rows_without_statistics_live)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new(
        cluster,
        "CREATE TABLE public.record (id int PRIMARY KEY, at timestamptz NOT NULL);"
        "INSERT INTO public.record SELECT i, now() - CASE WHEN i <= 10000 THEN interval '60 days' "
        "ELSE interval '1 day' END FROM generate_series(1, 100000) i; ANALYZE public.record",
        "pace: { preset = \"normal\"; dead_rows = 1000; batch_rows = 1000; };");
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    db_wait_until(site.admin, "SELECT n_live_tup = 100000 FROM pg_stat_user_tables WHERE relname = "
                              "'record'");
    db_exec(site.admin, "SELECT pg_stat_reset_single_table_counters('public.record'::regclass)");
    db_exec(site.admin, "SELECT pg_stat_force_next_flush()");
    db_exec(site.admin, "DELETE FROM public.record WHERE id > 98000");
    db_wait_until(site.admin, "SELECT n_dead_tup = 2000 AND n_live_tup < 1000 FROM "
                              "pg_stat_user_tables WHERE relname = 'record'");
    struct program_result result = site_once(&site, NULL);
    ck_assert_msg(result.exit_code == 0 && !strstr(result.err, "are dead"), "%s", result.err);
    program_result_free(&result);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 88000);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* The rows of partitions count together, and a VACUUM that is under way is waited for even where
 * autovacuum is off; what it cannot clear away is not waited for behind it. */
START_TEST(vacuum_of_partitions)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new(
        cluster,
        "CREATE TABLE public.record (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at)) "
        "PARTITION BY RANGE (id);"
        "CREATE TABLE low PARTITION OF record FOR VALUES FROM (0) TO (35001) PARTITION BY RANGE "
        "(id);"
        "CREATE TABLE lowest PARTITION OF low DEFAULT;"
        "CREATE TABLE high PARTITION OF record DEFAULT;"
        "INSERT INTO public.record SELECT i, now() - CASE WHEN i <= 10000 THEN interval '60 days' "
        "ELSE interval '1 day' END FROM generate_series(1, 70000) i;"
        "DELETE FROM public.record WHERE id > 30000",
        "pace: { preset = \"gentle\"; dead_rows = 1000; batch_rows = 1000; };");
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    PGconn *application = db_connect(cluster, site.database, NULL);
    PGconn *vacuum = db_connect(cluster, site.database, NULL);
    flush(&site);
    db_exec(application, "BEGIN; DECLARE c CURSOR FOR SELECT * FROM lowest");
    PQclear(PQexec(application, "FETCH 1 FROM c"));
    ck_assert_int_eq(PQsendQuery(vacuum, "VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) lowest"), 1);
    db_wait_until(site.admin, "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = "
                              "'BufferPin'");
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(site.admin, "SELECT cause LIKE 'running: waits, 40,000 of 70,000 rows %%' FROM "
                              "retention.compliance");
    ck_assert_int_eq(batches(&site), 0);
    db_exec(application, "COMMIT");
    ck_assert_int_eq(program_wait(pid), 0);
    char *message _cleanup_free_ =
        db_value(site.admin, "SELECT coalesce(message, '') FROM retention.run");
    ck_assert_msg(strstr(message, "35,000 of 65,000 rows of \"public\".\"record\" are dead, and "
                                  "autovacuum is off") != NULL,
                  "%s", message);
    PQfinish(vacuum);
    PQfinish(application);
    check_rest(&site);
    cluster_free(cluster);
}
END_TEST

/* A connection that is cut while it rests comes back before the rest is over. It gets no work until
 * then: or the run would wait for ever for the end of a rest that another one took the place of. */
START_TEST(cut_while_it_rests)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site =
        site_new_single(cluster, ROWS, "pace: { preset = \"gentle\"; batch_rows = 5000; };");
    site_be_patient(&site);
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN; LOCK TABLE public.record IN SHARE MODE");
    pid_t pid = site_start(&site, "--once", NULL);
    /* the batch takes so long, and then rests as long */
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = "
                              "'t_worker' AND wait_event_type = 'Lock' AND clock_timestamp() - "
                              "query_start > interval '1500 ms')");
    db_exec(other, "COMMIT");
    PQfinish(other);
    while (batches(&site) == 0)
        ;
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM retention.worker_session "
                        "WHERE kind = 'batch'");
    db_wait_until(site.admin, "SELECT count(*) = 0 FROM public.record");
    db_wait_until(site.admin, "SELECT bool_and(status = 'done') FROM retention.run");
    ck_assert_int_eq(program_wait(pid), 0);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* One partition that is wholly due. */
#define OLD_LEAF                                                                                   \
    "CREATE TABLE public.record (id int, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY "      \
    "RANGE "                                                                                       \
    "(at);"                                                                                        \
    "CREATE TABLE public.old PARTITION OF public.record FOR VALUES FROM ('2000-01-01') TO "        \
    "('2001-01-01'); GRANT TRUNCATE ON public.old TO t_worker;"                                    \
    "INSERT INTO public.record SELECT i, '2000-06-01' FROM generate_series(1, 30000) i;"           \
    "ANALYZE public.record"

/* Did the server plan several processes for the statement that begins so? */
static bool is_shared(const char *log, const char *statement)
{
    const char *plan = strstr(log, statement);
    ck_assert_msg(plan != NULL, "no plan of \"%s\"", statement);
    const char *end = strstr(plan, " LOG: "), *workers = strstr(plan, "Workers Planned");
    return workers && (!end || workers < end);
}

/* What a run counts is shared among processes of the server where nobody is at work, or nobody
 * asks for whom; not at pace gentle. */
START_TEST(shared_counts)
{
    static const struct {
        const char *pace;
        bool others, shared;
    } cases[] = {
        {"normal", false, true},
        {"normal", true, false},
        {"fast", true, true},
        {"gentle", false, false},
    };
    struct cluster *cluster = cluster_new(NULL);
    char settings[64];
    snprintf(settings, sizeof(settings), "pace: { preset = \"%s\"; };", cases[_i].pace);
    struct site site = site_new_single(cluster, OLD_LEAF, settings);
    site_policy(&site, "records", POLICY "  strategy = \"partition\"; evidence = \"counts\";");
    site_load_and_approve(&site, "records", -1);
    db_exec(site.admin, "ALTER ROLE t_worker SET session_preload_libraries = 'auto_explain'");
    db_exec(site.admin, "ALTER ROLE t_worker SET auto_explain.log_min_duration = 0");
    db_exec(site.admin, "ALTER ROLE t_worker SET parallel_setup_cost = 0");
    db_exec(site.admin, "ALTER ROLE t_worker SET parallel_tuple_cost = 0");
    db_exec(site.admin, "ALTER ROLE t_worker SET min_parallel_table_scan_size = 0");
    PQfinish(site.approver);
    site.approver = NULL;
    if (!cases[_i].others)
        PQfinish(site.admin);
    site_once_expect(&site, NULL, 0);
    if (!cases[_i].others)
        site.admin = db_connect(site.cluster, site.database, NULL);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    char *log _cleanup_free_ = file_read(cluster_log_file(cluster));
    static const char *const counts[] = {"Query Text: SELECT coalesce(sum(g.rows), 0)::bigint",
                                         "Query Text: SELECT count(*) AS rows FROM ONLY",
                                         "Query Text: SELECT count(*) AS rows,"};
    for (size_t i = 0; i < ARRAY_LENGTH(counts); i++)
        ck_assert_msg(is_shared(log, counts[i]) == cases[_i].shared, "%s", counts[i]);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* Whoever is not seen, or has done something a moment ago, is at work; the worker's own sessions,
 * and those that ask how it goes, are not. */
START_TEST(who_is_at_work)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = site_new_single(cluster, ROWS, NULL);
    static const char *const none[] = {"false"}, *const never[] = {"true"};
    PGconn *worker = db_connect(site.cluster, site.database, "t_worker");
    PQfinish(site.approver);
    site.approver = NULL;
    const struct {
        const char *of_admin;
        const char *const *values;
        int told;
    } cases[] = {
        {"SET application_name = 'retentionctl'", none, 0},
        {"SET application_name = 'retentiond'", none, 0},
        {"SET application_name = 'shop'", none, 1},
        {"GRANT pg_read_all_stats TO t_worker", none, 1},
        {"SET application_name = 'retentionctl'", never, 1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        db_exec(site.admin, "%s", cases[i].of_admin);
        PGresult *result = PQexecParams(worker, sql_file("engine/share.sql"), 1, NULL,
                                        cases[i].values, NULL, NULL, 0);
        ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s",
                      PQresultErrorMessage(result));
        ck_assert_msg(PQntuples(result) == cases[i].told, "case %zu", i);
        PQclear(result);
    }
    PQfinish(worker);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

Suite *suite_pace_server(void)
{
    Suite *suite = suite_create("pace_server");
    TCase *tc = tcase_create("server");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, transactions_of_others);
    tcase_add_test(tc, looks_while_it_plans);
    tcase_add_test(tc, own_parallel_workers);
    tcase_add_test(tc, lost_slot);
    tcase_add_test(tc, standby_comes_back);
    tcase_add_test(tc, standby_stands_still);
    tcase_add_test(tc, cut_while_it_rests);
    tcase_add_test(tc, vacuum_is_waited_for);
    tcase_add_loop_test(tc, vacuum_is_asked_for, 0, 4);
    tcase_add_test(tc, vacuum_of_partitions);
    tcase_add_test(tc, rows_without_statistics_live);
    suite_add_tcase(suite, tc);
    tc = tcase_create("shares");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, shared_counts, 0, 4);
    tcase_add_test(tc, who_is_at_work);
    suite_add_tcase(suite, tc);
    tc = tcase_create("rests");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, rests_between_statements);
    tcase_add_test(tc, rests_everywhere);
    tcase_add_test(tc, long_statements_are_alone);
    tcase_add_test(tc, rests_are_forbidden);
    suite_add_tcase(suite, tc);
    return suite;
}
