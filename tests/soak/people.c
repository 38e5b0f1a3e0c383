#define _GNU_SOURCE
#include "soak/people.h"

#include <check.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void quiet(void *arg, const PGresult *result)
{
    (void)arg, (void)result;
}

static pid_t begin(void)
{
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

/* Connected, however long that takes. */
static PGconn *connected(PGconn *conn, const char *conninfo)
{
    while (PQstatus(conn) != CONNECTION_OK) {
        PQfinish(conn);
        poll(NULL, 0, 50);
        conn = PQconnectdb(conninfo);
        PQsetNoticeReceiver(conn, quiet, NULL);
    }
    return conn;
}

pid_t people_start_writer(const char *conninfo, uint64_t seed)
{
    pid_t pid = begin();
    if (pid)
        return pid;
    struct chance chance = {seed};
    for (PGconn *conn = NULL;;) {
        char sql[64];
        conn = connected(conn, conninfo);
        snprintf(sql, sizeof(sql), "SELECT soak.act(%u)", chance_below(&chance, 1000000));
        /* It may fail: what it wanted to write to is gone, or the server is. */
        PQclear(PQexec(conn, sql));
        poll(NULL, 0, (int)chance_below(&chance, 40));
    }
}

struct holder {
    const char *conninfo, *legal_conninfo;
    PGconn *books, *legal;
    char hold[64];
};

/* Whether it may go well if it is done once more: the server went, or somebody was in the way. */
static bool may_be_repeated(const char *state)
{
    static const char *const classes[] = {"57P", "08", "40", "55P03"};
    for (size_t i = 0; state && i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strncmp(state, classes[i], strlen(classes[i])) == 0)
            return true;
    return !state;
}

/* Repeats until it was done: all of these may be done twice. The first value, or NULL; freed by the
 * caller. What is refused is a violation; of a release, that it was released already is not. */
static char *ask(PGconn **conn, const char *conninfo, const char *sql, const char *value)
{
    for (;;) {
        *conn = connected(*conn, conninfo);
        PGresult *result = PQexecParams(*conn, sql, 1, NULL, &value, NULL, NULL, 0);
        bool done = PQresultStatus(result) == PGRES_TUPLES_OK;
        char *first = done && PQntuples(result) && !PQgetisnull(result, 0, 0)
                          ? strdup(PQgetvalue(result, 0, 0))
                          : NULL;
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        bool again = !done && may_be_repeated(state);
        if (!done && !again && !(strstr(sql, "release_hold") && strcmp(state, "RT011") == 0))
            printf("VIOLATION: a holder was refused: %s\n", PQerrorMessage(*conn));
        fflush(stdout);
        PQclear(result);
        if (!again)
            return first;
        poll(NULL, 0, 20);
    }
}

static void place(struct holder *h)
{
    /* with a uuid of its own: an uncertain COMMIT is repeated */
    char *scope = ask(
        &h->books, h->conninfo,
        "SELECT format('SELECT retention.place_hold(matter => ''soak'', reason => ''a test'', hold "
        "=> %L, category => %L, tenant => %L, subject => %L, starts_from => %L, starts_to => %L, "
        "record_key => %L), $1::text', hold, category, tenant::text, 'phone:' || phone, "
        "starts_from, "
        "starts_to, CASE WHEN key IS NOT NULL THEN ARRAY[key::text] END) FROM soak.hold WHERE hold "
        "= $1::uuid",
        h->hold);
    free(ask(&h->legal, h->legal_conninfo, scope, h->hold));
    free(scope);
    free(ask(&h->books, h->conninfo,
             "SELECT soak.placed($1::uuid) WHERE EXISTS (SELECT FROM "
             "retention.hold WHERE hold = $1::uuid)",
             h->hold));
}

pid_t people_start_holder(const char *conninfo, const char *legal, uint64_t seed)
{
    pid_t pid = begin();
    if (pid)
        return pid;
    struct chance chance = {seed};
    struct holder h = {.conninfo = conninfo, .legal_conninfo = legal};
    for (;;) {
        char pick[16];
        snprintf(pick, sizeof(pick), "%u", chance_below(&chance, 1000000));
        char *hold = ask(&h.books, conninfo, "SELECT soak.want_hold($1::int)", pick);
        if (hold) {
            snprintf(h.hold, sizeof(h.hold), "%s", hold);
            free(hold);
            place(&h);
            poll(NULL, 0, (int)chance_below(&chance, 12000));
            if (chance_below(&chance, 6)) { /* the others stay until the end */
                free(ask(&h.books, conninfo, "SELECT soak.check_hold($1::uuid)", h.hold));
                free(ask(&h.legal, legal, "SELECT retention.release_hold($1::uuid, 'a test')",
                         h.hold));
            }
        }
        poll(NULL, 0, (int)chance_below(&chance, 500));
    }
}
