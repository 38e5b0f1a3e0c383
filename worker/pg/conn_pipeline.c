/* Requests and results in libpq's pipeline mode.
 *
 * Requests wait in `unsent` until somebody asks for them to be sent (pg_conn_sync, pg_conn_flush,
 * or the connection becoming ready), then in `sent` until the server has answered. Sending happens
 * in conn_leave alone, never amid the loop over results, and stops while the socket is full, so
 * libpq's buffer stays small however much is queued.
 *
 * libpq gives for each statement one result (in single-row mode several) and then NULL, and for
 * each sync point one result. Results are matched to requests by their order; NULLs are skipped,
 * not relied on: after an error libpq 15 leaves one out when a request is queued at that moment.
 *
 * The outcome is what matters most. An ERROR is the server's word that a statement had no effect.
 * FATAL is not: a backend that is terminated just after it made a COMMIT durable says FATAL
 * instead of COMMIT. So FATAL, and every result that libpq makes up, is PG_LOST: unknown. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "pg/conn_internal.h"
#include "pg/sqlstate.h"

/* --- queueing --- */

static bool request_has_caller(const struct request *request)
{
    return request->kind == REQUEST_QUERY || request->kind == REQUEST_EXECUTE;
}

static void request_free(struct request *request)
{
    error_clear(&request->prepare_error);
    free(request->payload);
    free(request);
}

static void *take(char **at, size_t size)
{
    void *p = *at;
    *at += size;
    return p;
}

static size_t value_size(const char *value, size_t i, const int *lengths, const int *formats)
{
    if (!value)
        return 0;
    return formats && formats[i] ? (size_t)lengths[i] : strlen(value) + 1;
}

/* Copies everything into one block, so that it can go as soon as libpq has it. */
static struct request *request_new(const char *name, const char *sql, size_t count,
                                   const char *const *values, const int *lengths,
                                   const int *formats)
{
    if (count > UINT16_MAX) { /* the protocol's limit; libpq would break the connection */
        fputs("fatal: a statement has more than 65535 parameters\n", stderr);
        abort();
    }
    struct request *request = xcalloc(1, sizeof(*request));
    size_t sql_size = strlen(sql) + 1, name_size = name ? strlen(name) + 1 : 0;
    size_t size = count * (sizeof(char *) + 2 * sizeof(int)) + sql_size + name_size;
    for (size_t i = 0; i < count; i++)
        size += value_size(values[i], i, lengths, formats);
    char *at = request->payload = xmalloc(size);
    request->count = (int)count;
    request->values = take(&at, count * sizeof(char *));
    request->lengths = take(&at, count * sizeof(int));
    request->formats = take(&at, count * sizeof(int));
    for (size_t i = 0; i < count; i++) {
        size_t n = value_size(values[i], i, lengths, formats);
        request->values[i] = values[i] ? take(&at, n) : NULL;
        if (n)
            memcpy(request->values[i], values[i], n);
        request->lengths[i] = (int)n;
        request->formats[i] = formats ? formats[i] : 0;
    }
    request->sql = memcpy(take(&at, sql_size), sql, sql_size);
    if (name)
        request->name = memcpy(take(&at, name_size), name, name_size);
    return request;
}

static void queue(struct pg_conn *conn, struct request *request)
{
    TAILQ_INSERT_TAIL(&conn->unsent, request, link);
    conn->pending += request_has_caller(request);
    if (conn->state == PG_CONN_CLOSED || (conn->state == PG_CONN_BROKEN && !conn->retrying))
        conn_do_soon(conn); /* completes it as lost, but not within this call */
}

void pg_conn_execute(struct pg_conn *conn, const char *name, const char *sql, size_t count,
                     const char *const *values, const int *lengths, const int *formats,
                     bool binary_result, pg_result_fn *fn, void *arg)
{
    struct request *request = request_new(name, sql, count, values, lengths, formats);
    request->kind = name ? REQUEST_EXECUTE : REQUEST_QUERY;
    request->binary_result = binary_result;
    request->fn = fn;
    request->arg = arg;
    queue(conn, request);
}

void pg_conn_query_binary(struct pg_conn *conn, const char *sql, size_t count,
                          const char *const *values, const int *lengths, const int *formats,
                          bool binary_result, pg_result_fn *fn, void *arg)
{
    pg_conn_execute(conn, NULL, sql, count, values, lengths, formats, binary_result, fn, arg);
}

void pg_conn_query(struct pg_conn *conn, const char *sql, size_t count, const char *const *values,
                   bool binary_result, pg_result_fn *fn, void *arg)
{
    pg_conn_execute(conn, NULL, sql, count, values, NULL, NULL, binary_result, fn, arg);
}

static void queue_mark(struct pg_conn *conn, enum request_kind kind)
{
    conn_enter(conn);
    struct request *request = xcalloc(1, sizeof(*request));
    request->kind = kind;
    queue(conn, request);
    conn->want_send = true;
    conn_leave(conn);
}

void pg_conn_sync(struct pg_conn *conn)
{
    queue_mark(conn, REQUEST_SYNC);
}

void pg_conn_flush(struct pg_conn *conn)
{
    queue_mark(conn, REQUEST_FLUSH);
}

void pg_conn_single_rows(struct pg_conn *conn)
{
    struct request *last = TAILQ_LAST(&conn->unsent, request_list);
    if (!last || !request_has_caller(last)) {
        fputs("fatal: single rows were asked for after the request was sent\n", stderr);
        abort();
    }
    last->single_rows = true;
}

/* --- prepared statements --- */

static void statement_free(struct statement *statement)
{
    LIST_REMOVE(statement, link);
    free(statement->name);
    free(statement->sql);
    free(statement);
}

void conn_forget_statements(struct pg_conn *conn)
{
    free(conn->stale);
    conn->stale = NULL;
    conn->stale_count = 0;
    while (!LIST_EMPTY(&conn->statements))
        statement_free(LIST_FIRST(&conn->statements));
}

static void add_stale(struct pg_conn *conn, uint64_t serial)
{
    conn->stale = xrealloc(conn->stale, (conn->stale_count + 1) * sizeof(*conn->stale));
    conn->stale[conn->stale_count++] = serial;
}

static struct statement *statement_of(struct pg_conn *conn, const struct request *request)
{
    struct statement *statement;
    LIST_FOREACH(statement, &conn->statements, link)
    if (strcmp(statement->name, request->name) == 0)
        break;
    if (statement && strcmp(statement->sql, request->sql) != 0) { /* another text: another one */
        if (statement->prepared)
            add_stale(conn, statement->serial);
        free(statement->sql);
        statement->sql = xstrdup(request->sql);
        statement->prepared = statement->sent = false;
    }
    if (!statement) {
        statement = xcalloc(1, sizeof(*statement));
        statement->name = xstrdup(request->name);
        statement->sql = xstrdup(request->sql);
        LIST_INSERT_HEAD(&conn->statements, statement, link);
    }
    return statement;
}

static bool send_forget(struct pg_conn *conn)
{
    while (conn->stale_count > 0) {
        char sql[48];
        struct request *forget = xcalloc(1, sizeof(*forget));
        forget->kind = REQUEST_FORGET;
        forget->serial = conn->stale[--conn->stale_count];
        TAILQ_INSERT_TAIL(&conn->sent, forget, link);
        snprintf(sql, sizeof(sql), "DEALLOCATE s%llu", (unsigned long long)forget->serial);
        if (!PQsendQueryParams(conn->libpq, sql, 0, NULL, NULL, NULL, NULL, 0))
            return false;
    }
    return true;
}

static bool send_execute(struct pg_conn *conn, struct request *request)
{
    struct statement *statement = statement_of(conn, request);
    char server_name[32];
    /* A Parse under way in an earlier group may still be aborted with it: make another. */
    if (!statement->prepared && !(statement->sent && statement->group == conn->group)) {
        statement->serial = ++conn->last_serial;
        statement->group = conn->group;
        statement->sent = true;
        snprintf(server_name, sizeof(server_name), "s%llu", (unsigned long long)statement->serial);
        if (!send_forget(conn))
            return false;
        if (!PQsendPrepare(conn->libpq, server_name, request->sql, 0, NULL))
            return false;
        struct request *prepare = xcalloc(1, sizeof(*prepare));
        prepare->kind = REQUEST_PREPARE;
        prepare->statement = statement;
        prepare->serial = statement->serial;
        TAILQ_INSERT_TAIL(&conn->sent, prepare, link);
    }
    snprintf(server_name, sizeof(server_name), "s%llu", (unsigned long long)statement->serial);
    return PQsendQueryPrepared(conn->libpq, server_name, request->count,
                               (const char *const *)request->values, request->lengths,
                               request->formats, request->binary_result);
}

/* What the connection asks before a statement, and is refused, libpq will call aborted for the
 * statement: its caller is to know why. */
static void tell_next(struct request *request, const struct error *error)
{
    do
        request = TAILQ_NEXT(request, link);
    while (request && !request_has_caller(request));
    if (!request || !error || !error->sqlstate[0])
        return;
    error_clear(&request->prepare_error);
    error_set(&request->prepare_error, error->code, "%s", error->primary);
    error_set_sqlstate(&request->prepare_error, error->sqlstate);
    if (error->hint)
        error_hint(&request->prepare_error, "%s", error->hint);
}

static void prepare_answered(struct pg_conn *conn, struct request *prepare,
                             const struct error *error)
{
    struct statement *statement = prepare->statement;
    if (statement->serial != prepare->serial && !error)
        add_stale(conn, prepare->serial);
    if (statement->serial == prepare->serial && statement->sent) {
        statement->prepared = error == NULL;
        statement->sent = error == NULL;
    }
    tell_next(prepare, error);
}

static void forget_answered(struct pg_conn *conn, struct request *forget, const struct error *error)
{
    if (error && strcmp(error->sqlstate, SQLSTATE_NO_STATEMENT) != 0)
        add_stale(conn, forget->serial); /* again, later */
    tell_next(forget, error);
}

/* --- sending --- */

static bool send_one(struct pg_conn *conn, struct request *request)
{
    switch (request->kind) {
    case REQUEST_QUERY:
        return PQsendQueryParams(conn->libpq, request->sql, request->count, NULL,
                                 (const char *const *)request->values, request->lengths,
                                 request->formats, request->binary_result);
    case REQUEST_EXECUTE:
        return send_execute(conn, request);
    case REQUEST_SYNC:
        conn->group++;
        return PQpipelineSync(conn->libpq);
    case REQUEST_FLUSH:
        return PQsendFlushRequest(conn->libpq);
    case REQUEST_PREPARE:
    case REQUEST_FORGET:
        break;
    }
    abort(); /* made while sending, never queued */
}

bool conn_send(struct pg_conn *conn)
{
    struct request *request;
    int full = PQflush(conn->libpq);
    while (full == 0 && (request = TAILQ_FIRST(&conn->unsent))) {
        if (!send_one(conn, request))
            return false;
        TAILQ_REMOVE(&conn->unsent, request, link);
        bool mark = !request_has_caller(request);
        if (request->kind == REQUEST_FLUSH) {
            request_free(request);
        } else {
            free(request->payload);
            request->payload = NULL;
            TAILQ_INSERT_TAIL(&conn->sent, request, link);
        }
        if (mark)
            full = PQflush(conn->libpq);
    }
    if (full == 0)
        full = PQflush(conn->libpq);
    conn->want_send = false;
    if (full == 1)
        event_add(conn->write_event, NULL); /* writable: conn_send again */
    return full >= 0;
}

/* --- results --- */

static void complete(struct pg_conn *conn, struct request *request, enum pg_outcome outcome,
                     PGresult *result, const struct error *error)
{
    pg_result_fn *fn = request->fn;
    void *arg = request->arg;
    request_free(request);
    conn->pending--;
    if (fn)
        fn(conn, outcome, result, error, arg);
}

const char *pg_conn_refused_field(const struct pg_conn *conn, int field)
{
    return conn->refused ? PQresultErrorField(conn->refused, field) : NULL;
}

static void complete_first(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                           const struct error *error)
{
    struct request *request = TAILQ_FIRST(&conn->sent);
    struct error own _cleanup_error_ = {0};
    if (request->kind == REQUEST_PREPARE || request->kind == REQUEST_FORGET) {
        if (request->kind == REQUEST_PREPARE)
            prepare_answered(conn, request, error);
        else
            forget_answered(conn, request, error);
        TAILQ_REMOVE(&conn->sent, request, link);
        request_free(request);
        return;
    }
    if (outcome == PG_ABORTED && request->prepare_error.primary) {
        error_move(&own, &request->prepare_error);
        outcome = PG_ERROR;
        error = &own;
    }
    TAILQ_REMOVE(&conn->sent, request, link);
    complete(conn, request, outcome, outcome == PG_OK ? result : NULL, error);
}

static bool result_is_fatal(const struct pg_conn *conn, const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return !severity || !strcmp(severity, "FATAL") || !strcmp(severity, "PANIC") ||
           TAILQ_EMPTY(&conn->sent);
}

/* One result, for the first request that awaits one. False: the connection is lost. */
static bool take_result(struct pg_conn *conn, PGresult *result)
{
    struct request *first = TAILQ_FIRST(&conn->sent);
    struct error error _cleanup_error_ = {0};
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_FATAL_ERROR) {
        const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (result_is_fatal(conn, result)) {
            if (sqlstate)
                snprintf(conn->last_fatal, sizeof(conn->last_fatal), "%s", sqlstate);
            return false;
        }
        /* An implicit transaction failed as the sync point ended it, after its statements were
         * reported done: nobody is left to tell but the owner of the connection. */
        if (first->kind == REQUEST_SYNC) {
            snprintf(conn->last_fatal, sizeof(conn->last_fatal), "%s", sqlstate);
            return false;
        }
        conn_result_error(result, &error);
        if (conn->own_class[0] && text_starts_with(error.sqlstate, conn->own_class))
            conn_result_own_words(result, &error);
        conn->refused = result;
        complete_first(conn, PG_ERROR, NULL, &error);
        conn->refused = NULL;
        return true;
    }
    if (!first || (status == PGRES_PIPELINE_SYNC) != (first->kind == REQUEST_SYNC))
        return false; /* COPY ends here too: it does not exist in a pipeline */
    switch (status) {
    case PGRES_PIPELINE_SYNC:
        TAILQ_REMOVE(&conn->sent, first, link);
        request_free(first);
        return true;
    case PGRES_PIPELINE_ABORTED:
        error_set(&error, ERROR_FAILED, "not executed: an earlier statement of its group failed");
        complete_first(conn, PG_ABORTED, NULL, &error);
        return true;
    case PGRES_SINGLE_TUPLE:
        if (first->fn)
            first->fn(conn, PG_OK, result, NULL, first->arg);
        return true;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        conn->useful = true;
        complete_first(conn, PG_OK, result, NULL);
        return true;
    default:
        return false;
    }
}

bool conn_results(struct pg_conn *conn)
{
    int nulls = 0; /* two in a row: libpq has nothing more */
    while (conn->state == PG_CONN_READY && nulls < 2) {
        struct request *first = TAILQ_FIRST(&conn->sent);
        if (first && first->single_rows && !first->single_rows_on)
            first->single_rows_on =
                PQsetSingleRowMode(conn->libpq); /* refused until it is its turn */
        if (PQisBusy(conn->libpq))
            break;
        PGresult *result = PQgetResult(conn->libpq);
        if (!result) {
            nulls++;
            continue;
        }
        nulls = 0;
        bool alive = take_result(conn, result);
        PQclear(result);
        if (!alive)
            return false;
    }
    return true;
}

void conn_lose_requests(struct pg_conn *conn, const char *why)
{
    /* What callbacks queue from here on is not lost. A callback may close or free the connection:
     * that call then completes the rest, and nothing is left for this one. */
    TAILQ_CONCAT(&conn->lost, &conn->sent, link);
    TAILQ_CONCAT(&conn->lost, &conn->unsent, link);
    struct error error _cleanup_error_ = {0};
    error_set(&error, ERROR_FAILED, "%s", why);
    struct request *request;
    while ((request = TAILQ_FIRST(&conn->lost))) {
        TAILQ_REMOVE(&conn->lost, request, link);
        if (request_has_caller(request))
            complete(conn, request, PG_LOST, NULL, &error);
        else
            request_free(request);
    }
}
