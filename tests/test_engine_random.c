/* What a verdict rests on changes at random while the worker runs: starting points, tenants,
 * agreements, parents and their columns, conditions, children that come late; leaves come and go,
 * tables are rewritten, a key that cascades is added. Whatever happens: nothing goes that had to
 * stay when it went (P1), what went stands in the log (P3), nothing that is due is left in the end
 * (P6), and nothing that no policy names is touched (P7). tests/random_changes.sql keeps the books.
 *
 * RETENTIOND_RANDOM_CHANGES says how many changes (default 300), RETENTIOND_RANDOM_SEED which. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "application.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"

#define RECS                                                                                       \
    "  data: { table = \"public.rec\"; tenant = \"tenant\";\n"                                     \
    "    start = { latest = ( \"at\", { parent = \"public.person\"; by = [ \"person\" ]; "         \
    "column = \"left_at\"; } ); };\n"                                                              \
    "    only = ( { column = \"kind\"; eq = \"call\"; } );\n"                                      \
    "    with = ( { table = \"public.message\"; by = [ \"rec_id\" ]; } ); };\n"                    \
    "  keep_while = ( { child = \"public.message\"; by = \"rec_id\"; because = \"open\";\n"        \
    "    only = ( { column = \"open\"; eq = true; } ); } );\n"                                     \
    "  agreements: { table = \"public.agreed\"; tenant = \"tenant\"; period = \"keep\";\n"         \
    "    min = \"1 day\"; max = \"9 years\"; settle = \"14 days\"; };\n"                           \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"
#define VISITS                                                                                     \
    "  data: { table = \"public.visit\"; start = \"at\"; };\n"                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n"

enum { DEEDS = 11 };

static int from_environment(const char *name, int otherwise)
{
    return (int)number_from_environment(name, otherwise);
}

/* In a process of its own: what is refused (a record is gone, a deadlock) is not done. */
static void execute(PGconn *conn, const char *format, ...) _printf_(2, 3);
static void execute(PGconn *conn, const char *format, ...)
{
    struct text sql _cleanup_text_ = {0};
    va_list args;
    va_start(args, format);
    text_vprintf(&sql, format, args);
    va_end(args);
    PQclear(PQexec(conn, sql.data));
}

static pid_t write_changes(const struct site *site, uint64_t seed, int count)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct chance chance = {.state = seed};
    PGconn *conn = db_connect(site->cluster, site->database, NULL);
    for (int i = 0; i < count; i++) {
        execute(conn, "SELECT app.change(%u, %u)", (unsigned)chance_below(&chance, DEEDS),
                (unsigned)chance_below(&chance, 10000));
        usleep(chance_below(&chance, 40000));
    }
    PQfinish(conn);
    _exit(0);
}

/* What an administrator does meanwhile. A transaction that adds a key that cascades, or takes a
 * leaf away, then watches what must not be touched. */
static pid_t change_tables(const struct site *site, uint64_t seed)
{
    static const char *const deeds[] = {
        "VACUUM FULL rec",
        "VACUUM FULL message",
        "VACUUM FULL visit_a",
        "VACUUM (DISABLE_PAGE_SKIPPING) rec",
        "ALTER TABLE visit DETACH PARTITION visit_c;"
        "SELECT app.fill_c(20);"
        "CREATE TEMP TABLE counted AS SELECT count(*) AS n FROM visit_c;"
        "SELECT pg_sleep(0.3);"
        "INSERT INTO app.wrong SELECT 'a leaf that was taken away lost ' || n - (SELECT count(*) "
        "FROM visit_c) FROM counted WHERE n <> (SELECT count(*) FROM visit_c);"
        "DROP TABLE counted;"
        "ALTER TABLE visit ATTACH PARTITION visit_c FOR VALUES IN ('c')",
        "BEGIN; LOCK TABLE rec, message IN SHARE ROW EXCLUSIVE MODE;"
        "TRUNCATE app.precious; INSERT INTO app.precious SELECT id FROM rec;"
        "CREATE TEMP TABLE counted AS SELECT count(*) AS n FROM app.precious;"
        "ALTER TABLE app.precious ADD CONSTRAINT cascades FOREIGN KEY (rec_id) REFERENCES rec ON "
        "DELETE CASCADE; COMMIT;"
        "SELECT pg_sleep(0.5);"
        "INSERT INTO app.wrong SELECT 'a cascade took ' || n - (SELECT count(*) FROM app.precious) "
        "FROM counted WHERE n <> (SELECT count(*) FROM app.precious);"
        "DROP TABLE counted; ALTER TABLE app.precious DROP CONSTRAINT cascades",
    };
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct chance chance = {.state = seed};
    PGconn *conn = db_connect(site->cluster, site->database, NULL);
    execute(conn, "SET lock_timeout = '5s'");
    while (getppid() != 1) {
        char *copy = strdup(deeds[chance_below(&chance, ARRAY_LENGTH(deeds))]), *save = NULL;
        for (char *s = strtok_r(copy, ";", &save); s; s = strtok_r(NULL, ";", &save))
            execute(conn, "%s", s);
        free(copy);
        execute(conn, "ROLLBACK; DROP TABLE IF EXISTS pg_temp.counted");
        usleep(100000 + chance_below(&chance, 400000));
    }
    _exit(0);
}

/* NULL: nothing. */
static char *first_wrong(const struct site *site)
{
    return db_value(
        site->admin,
        "SELECT coalesce((SELECT 'early: ' || relation || ' ' || id FROM app.early LIMIT "
        "1), (SELECT what FROM app.wrong LIMIT 1), (SELECT format('%%s of %%s gone, %%s "
        "logged, %%s digests', gone, relation, logged, digests) FROM app.numbers WHERE "
        "gone <> logged OR logged <> digests LIMIT 1))");
}

START_TEST(everything_changes)
{
    uint64_t seed = (uint64_t)from_environment("RETENTIOND_RANDOM_SEED", 1);
    int runs = 0, acted = 0;
    char *sql = file_read(source_path("tests/random_changes.sql"));
    struct site site = site_new(cluster_shared(), sql, "pace: { batch_rows = 100; };");
    free(sql);
    site_policy(&site, "recs", RECS);
    site_policy(&site, "visits", VISITS);
    site_load_and_approve(&site, "recs", -1);
    site_approve(&site, "visits", -1);
    pid_t changes = write_changes(&site, seed, from_environment("RETENTIOND_RANDOM_CHANGES", 300));
    pid_t tables = change_tables(&site, seed + 1);
    /* the worker may fail (a batch met another schema) or refuse (a key cascades), and goes on */
    for (int status; waitpid(changes, &status, WNOHANG) == 0; runs++) {
        struct program_result r = site_once(&site, NULL);
        ck_assert_msg(r.exit_code == 0 || r.exit_code == 1 || r.exit_code == 3, "exit code %d: %s",
                      r.exit_code, r.err);
        acted += r.exit_code == 0;
        if (getenv("TEST_VERBOSE"))
            fprintf(stderr, "-- exit code %d\n%s", r.exit_code, r.err);
        program_result_free(&r);
    }
    kill(tables, SIGKILL);
    waitpid(tables, NULL, 0);
    db_wait_until(site.admin,
                  "SELECT count(*) = 1 FROM pg_stat_activity WHERE usename = 'postgres' "
                  "AND datname = current_database()");
    char *wrong = first_wrong(&site);
    ck_assert_msg(!wrong, "seed %llu: %s", (unsigned long long)seed, wrong);
    ck_assert_msg(acted > 0, "of %d runs none went through", runs);

    db_script(
        site.admin,
        "ALTER TABLE app.precious DROP CONSTRAINT IF EXISTS cascades;"
        "DO $$ BEGIN IF NOT (SELECT relispartition FROM pg_class WHERE relname = 'visit_c') "
        "THEN ALTER TABLE visit ATTACH PARTITION visit_c FOR VALUES IN ('c'); END IF; END $$");
    site_once_expect(&site, NULL, 0);
    wrong = first_wrong(&site);
    ck_assert_msg(!wrong, "seed %llu, in the end: %s", (unsigned long long)seed, wrong);
    char *late =
        db_value(site.admin, "SELECT (SELECT relation || ' ' || id FROM app.late LIMIT 1)");
    ck_assert_msg(!late, "seed %llu: %s is due and still there", (unsigned long long)seed, late);
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM rec"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

Suite *suite_engine_random(void)
{
    Suite *suite = suite_create("engine_random");
    TCase *tcase = tcase_create("random");
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, everything_changes);
    suite_add_tcase(suite, tcase);
    return suite;
}
