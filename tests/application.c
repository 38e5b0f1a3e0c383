#define _GNU_SOURCE
#include "application.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "log_audit.h"

static const struct {
    const char *name, *data;
} policies[] = {
    {"events", "table = \"public.event\"; start = \"at\";"},
    {"calls", "table = \"public.call\"; start = \"at\"; with = ( { table = \"public.transcript\";"
              " by = [ \"call_id\" ]; with = ( { table = \"public.word\";"
              " by = [ \"transcript_id\" ]; } ); } );"},
    {"messages", "table = \"public.message\"; start = \"at\";"},
};

static const struct {
    const char *relation;
    size_t key_columns;
} relations[] = {
    {"public.event", 1},      {"public.message", 2}, {"public.call", 1},
    {"public.transcript", 1}, {"public.word", 2},
};

uint32_t chance_below(struct chance *chance, uint32_t limit)
{
    /* splitmix64 */
    uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) >> 32) % limit;
}

struct site application_site(struct cluster *cluster, const char *settings)
{
    char *schema _cleanup_free_ = file_read(source_path("tests/application.sql"));
    struct site site = site_new(cluster, schema, settings);
    for (size_t i = 0; i < ARRAY_LENGTH(policies); i++) {
        char *body _cleanup_free_ = NULL;
        ck_assert_int_gt(asprintf(&body,
                                  "  data: { %s };\n"
                                  "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                                  "  brake: { rows = 100000000; fraction = 1.0; };\n",
                                  policies[i].data),
                         0);
        site_policy(&site, policies[i].name, body);
    }
    site_once_expect(&site, NULL, 5);
    for (size_t i = 0; i < ARRAY_LENGTH(policies); i++)
        site_approve(&site, policies[i].name, -1);
    return site;
}

void application_fill(PGconn *conn, int events)
{
    db_exec(conn,
            "SELECT app.insert_events(%d, '31 days'), app.insert_messages(%d, '31 days'),"
            " app.insert_calls(%d, '31 days'), app.insert_events(20, '0'),"
            " app.insert_messages(20, '0'), app.insert_calls(5, '0')",
            events, events / 2, events / 10);
}

static void quiet(void *arg, const PGresult *result)
{
    (void)arg, (void)result;
}

static _Noreturn void write_for_ever(const char *conninfo, uint64_t seed)
{
    struct chance chance = {seed};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        PGconn *conn = PQconnectdb(conninfo);
        PQsetNoticeReceiver(conn, quiet, NULL);
        while (PQstatus(conn) == CONNECTION_OK) {
            char sql[64];
            snprintf(sql, sizeof(sql), "SELECT app.act(%u, %u)", chance_below(&chance, 12),
                     chance_below(&chance, 1000000));
            /* It may fail: what it wanted to write to is gone, or the server is. */
            PQclear(PQexec(conn, sql));
            poll(NULL, 0, (int)chance_below(&chance, 16)); /* its users think */
        }
        PQfinish(conn);
        poll(NULL, 0, 20);
    }
}

pid_t application_start(const struct site *site, uint64_t seed)
{
    char *conninfo = cluster_conninfo(site->cluster, site->database, NULL);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        write_for_ever(conninfo, seed);
    free(conninfo);
    return pid;
}

void application_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void application_compare_numbers(PGconn *conn, struct text *report)
{
    PGresult *result = PQexec(conn, "SELECT relation, taken, logged, digests FROM app.numbers");
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
    ck_assert_int_eq(PQntuples(result), (int)ARRAY_LENGTH(relations));
    for (int i = 0; i < PQntuples(result); i++) {
        const char *taken = PQgetvalue(result, i, 1), *logged = PQgetvalue(result, i, 2),
                   *digests = PQgetvalue(result, i, 3);
        if (strcmp(taken, logged) != 0 || strcmp(taken, digests) != 0)
            text_printf(report, "%s: %s rows taken, %s rows and %s digests in the log\n",
                        PQgetvalue(result, i, 0), taken, logged, digests);
    }
    PQclear(result);
}

void application_compare_keys(const struct site *site, struct text *report)
{
    char *kek _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&kek, "%s/kek", site->directory), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(relations); i++) {
        char *sql _cleanup_free_ = NULL;
        ck_assert_int_gt(asprintf(&sql, "SELECT key[1]%s FROM app.taken WHERE relation = '%s'",
                                  relations[i].key_columns > 1 ? ", key[2]" : "",
                                  relations[i].relation),
                         0);
        log_audit(site->admin, kek, relations[i].relation, relations[i].key_columns, sql, report);
    }
    log_audit_runs(site->admin, report);
    int64_t early = db_number(site->admin, "SELECT count(*) FROM app.early");
    if (early)
        text_printf(report, "%lld records were taken before their time\n", (long long)early);
}

int64_t application_due(PGconn *conn)
{
    return db_number(conn, "SELECT sum(count) FROM app.due");
}
