/* Entries get places, places become tiles, tiles get signed.
 *
 *   CHECK  once a leadership, and again after anything failed: sequencer_check.c
 *   PASS   ASK      whether a hold is missing: sequencer_holds.c
 *          PLACE    retention.sequence_log, in slices, until nothing visible waits
 *          READ     the entries from the directory's size on, one row at a time: bundles, tiles,
 *                   records/, policies/
 *          COPY     holds/ of what is new: sequencer_holds.c
 *          FLUSH    the partial tiles, fsync; then, with sign_after = "replicated", wait until the
 *                   standbys have the places on disk
 *          SIGN     checkpoints/SIZE, then `checkpoint`
 *          RECORD   the row in log_checkpoint
 *          ANCHOR   the command gets the checkpoint, on its own time: sequencer_anchor.c
 *
 * Invariants. A place is committed, synchronously, before anything is written from it. What is
 * signed extends what was signed last: the tree in memory was compared with the last checkpoint
 * when it was opened, and only grows. Whatever fails, the tree in memory is dropped, and CHECK
 * begins anew from what is signed: a crash between any two steps is no other case. No run starts
 * while the last pass failed.
 *
 * Only one check or pass is under way at a time. The work is done in callbacks of the control
 * connection; files are written there too, a tile at a time. */
#include "engine/sequencer.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "config/settings.h"
#include "engine/schedule.h"
#include "engine/sequencer_internal.h"
#include "engine/state.h"
#include "ledger/directory.h"
#include "ledger/keyfile.h"
#include "ledger/merkle.h"
#include "ledger/publish.h"

enum { SLICE = 5000, RETRY_MS = 15000 };

static void place(struct sequencer *sequencer);

void sequencer_arm(struct event *timer, int64_t ms)
{
    const struct timeval delay = {ms / 1000, (ms % 1000) * 1000};
    evtimer_add(timer, &delay);
}

const struct settings *sequencer_settings(const struct sequencer *sequencer)
{
    return sequencer->worker->options.settings;
}

const char *sequencer_number(char buffer[24], uint64_t number)
{
    snprintf(buffer, 24, "%" PRIu64, number);
    return buffer;
}

const char *sequencer_term(const struct sequencer *sequencer, char buffer[24])
{
    snprintf(buffer, 24, "%lld", (long long)sequencer->worker->leadership.term);
    return buffer;
}

/* --- keys --- */

bool sequencer_add_key(struct sequencer *sequencer, const char *vkey, size_t length,
                       struct error *error)
{
    char *line _cleanup_free_ = strndup(vkey, length);
    if (!line || sequencer->named_count == SEQUENCER_MOST_KEYS)
        return error_set(error, ERROR_LOG, "the log names more than %d keys", SEQUENCER_MOST_KEYS);
    /* the signer's own, if it stands behind, gives way: it is among those named, or it is added */
    if (!note_verifier_parse(&sequencer->keys[sequencer->named_count], line, error))
        return false;
    sequencer->key_count = ++sequencer->named_count;
    return true;
}

bool sequencer_key_is_current(const struct sequencer *sequencer)
{
    const struct note_verifier *own = note_signer_verifier(sequencer->signer);
    size_t n = sequencer->named_count;
    if (n == 0 || memcmp(sequencer->keys[n - 1].key, own->key, NOTE_KEY_SIZE) == 0)
        return true;
    return n > 1 && sequencer->has_rotation && sequencer->last.size <= sequencer->rotated_at &&
           memcmp(sequencer->keys[n - 2].key, own->key, NOTE_KEY_SIZE) == 0;
}

/* --- outcomes --- */

static void report(struct sequencer *sequencer, const char *state, int64_t missing,
                   const struct error *error, pg_result_fn *fn)
{
    char term[24], gone[24], size[24], signed_size[24];
    snprintf(gone, sizeof(gone), "%lld", (long long)missing);
    const char *values[] = {sequencer_term(sequencer, term),
                            state,
                            error ? error->primary : NULL,
                            error ? error->hint : NULL,
                            missing >= 0 ? gone : NULL,
                            sequencer_number(size, sequencer->size),
                            sequencer_number(signed_size, sequencer->last.size)};
    pg_conn_query(sequencer->worker->control,
                  "SELECT retention.log_report($1::bigint, $2, $3, $4, $5::bigint, $6::bigint, "
                  "$7::bigint)",
                  ARRAY_LENGTH(values), values, false, fn, sequencer);
    pg_conn_sync(sequencer->worker->control);
}

static void copy_error(struct error *to, const struct error *from)
{
    error_set(to, from->code, "%s", from->primary ? from->primary : "unknown");
    error_set_sqlstate(to, from->sqlstate);
    if (from->detail)
        error_detail(to, "%s", from->detail);
    if (from->hint)
        error_hint(to, "%s", from->hint);
    if (from->context)
        error_context(to, "%s", from->context);
}

void sequencer_tell(struct sequencer *sequencer, bool ready, const struct error *error)
{
    struct worker *worker = sequencer->worker;
    sequencer_done_fn *start = sequencer->start_done, *finish = sequencer->finish_done;
    if (ready)
        sequencer->start_done = NULL;
    sequencer->finish_done = NULL;
    if (start)
        start(worker, ready, error);
    if (finish)
        finish(worker, ready, error);
}

void sequencer_give_way(struct sequencer *sequencer)
{
    void (*then)(struct worker * worker) = sequencer->yield_then;
    sequencer->yield_then = NULL;
    sequencer->yielded = then != NULL;
    if (then)
        then(sequencer->worker);
}

static void on_failure_reported(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                                const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)conn;
    (void)result;
    (void)error;
    if (outcome == PG_LOST || !sequencer->error.primary)
        return;
    sequencer_give_way(sequencer);
    sequencer_tell(sequencer, false, &sequencer->error);
}

void sequencer_fail(struct sequencer *sequencer, const char *state, int64_t missing,
                    const struct error *error)
{
    bool told = text_equal(sequencer->error.primary, error->primary);
    if (!told)
        log_failure_as(LOG_LEVEL_ERROR, LOG_EVENT_LOG, error);
    if (error != &sequencer->error) {
        error_clear(&sequencer->error);
        copy_error(&sequencer->error, error);
    }
    sequencer->busy = sequencer->again = sequencer->ready = false;
    error_clear(&sequencer->row_error);
    publish_free(sequencer->publish);
    sequencer->publish = NULL;
    evtimer_del(sequencer->flush_timer);
    report(sequencer, state, missing, &sequencer->error, on_failure_reported);
    sequencer_arm(sequencer->timer, RETRY_MS);
}

/* --- without a key --- */

static void on_begun(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    if (PQgetvalue(result, 0, 0)[0] == 't') {
        error_set(&own, ERROR_CONFIG,
                  "this database's log is a signed one, and no signing key is "
                  "set");
        error_hint(&own,
                   "Set log.signing_key, or let the credential \"%s\" be there, and restart. %s",
                   keyfile_signing.credential, keyfile_signing.loss);
        sequencer_fail(sequencer, "key", -1, &own);
        return;
    }
    sequencer->busy = sequencer->again = false;
    sequencer->ready = true;
    error_clear(&sequencer->error);
    report(sequencer, "off", -1, NULL, NULL);
    sequencer_anchor_begin(sequencer);
    if (sequencer->yield_then)
        sequencer_give_way(sequencer);
    sequencer_tell(sequencer, true, NULL);
}

/* Nothing is sequenced or signed, unless a worker of this server once signed: whoever has no key
 * does not see that the database was restored. (A clone that was adopted may do without.) */
static void check_unsigned(struct sequencer *sequencer)
{
    pg_conn_query(sequencer->worker->control,
                  "SELECT EXISTS (SELECT FROM retention.log_state AS s WHERE s.holder_system = "
                  "(SELECT system_identifier::text FROM pg_catalog.pg_control_system()))",
                  0, NULL, false, on_begun, sequencer);
    pg_conn_sync(sequencer->worker->control);
}

void sequencer_begin(struct sequencer *sequencer)
{
    if (sequencer->worker->leadership.term == 0)
        return;
    if (sequencer->busy || sequencer->yielded || sequencer->yield_then) {
        sequencer->again = true;
        return;
    }
    sequencer->busy = true;
    evtimer_del(sequencer->timer);
    if (!sequencer->signer)
        check_unsigned(sequencer);
    else if (sequencer->publish)
        sequencer_pass(sequencer);
    else
        sequencer_check(sequencer);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    sequencer_begin(arg);
}

void sequencer_transaction(struct sequencer *sequencer, const char *sql, size_t count,
                           const char *const *values, const int *lengths, const int *formats,
                           pg_result_fn *fn, pg_result_fn *committed)
{
    struct pg_conn *conn = sequencer->worker->control;
    pg_conn_query_binary(conn, sql, count, values, lengths, formats, false, fn, sequencer);
    pg_conn_sync(conn);
    if (!committed)
        return;
    pg_conn_query(conn, "SELECT 1", 0, NULL, false, committed, sequencer);
    pg_conn_sync(conn);
}

/* Of a statement of sequencer_transaction: what went wrong is told once that it is over. */
static bool note_error(struct sequencer *sequencer, enum pg_outcome outcome,
                       const struct error *error)
{
    if (outcome != PG_OK && outcome != PG_LOST && !sequencer->row_error.primary)
        copy_error(&sequencer->row_error, error);
    return outcome == PG_OK;
}

/* True where the request, and all before it, did what they should; else the pass has failed or is
 * over. */
bool sequencer_went_well(struct sequencer *sequencer, enum pg_outcome outcome,
                         const struct error *error)
{
    struct error own _cleanup_error_ = {0};
    if (outcome == PG_LOST || !sequencer->busy)
        return false;
    if (!note_error(sequencer, outcome, error) || sequencer->row_error.primary) {
        error_move(&own, &sequencer->row_error);
        sequencer_fail(sequencer, own.code == ERROR_LOG ? "different" : "failing", -1, &own);
        return false;
    }
    return true;
}

/* --- PLACE --- */

static void on_placed(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)conn;
    if (!note_error(sequencer, outcome, error))
        return;
    sequencer->size = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    sequencer->again = sequencer->again || PQgetvalue(result, 0, 1)[0] == 't';
    (void)FAULT_POINT("log_before_place");
}

static void on_place_committed(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                               const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)conn;
    (void)result;
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    (void)FAULT_POINT("log_after_place");
    if (sequencer->again) {
        sequencer->again = false;
        place(sequencer);
        return;
    }
    sequencer_publish(sequencer);
}

static void place(struct sequencer *sequencer)
{
    char term[24], most[24];
    const char *values[] = {sequencer_term(sequencer, term), sequencer_number(most, SLICE)};
    sequencer_transaction(sequencer,
                          "SELECT size, more FROM retention.sequence_log($1::bigint, $2::int)", 2,
                          values, NULL, NULL, on_placed, on_place_committed);
}

void sequencer_on_statement(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                            const struct error *error, void *arg)
{
    (void)conn;
    (void)result;
    note_error(arg, outcome, error);
}

static void on_own(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                   const struct error *error, void *arg)
{
    sequencer_on_statement(conn, outcome, result, error, arg);
    (void)FAULT_POINT("log_own_placed");
}

/* The first entry, and the one that says that the key before the signer's is not used any more. */
static void place_own(struct sequencer *sequencer)
{
    const struct note_verifier *own = note_signer_verifier(sequencer->signer);
    struct text vkey _cleanup_text_ = {0};
    char term[24], id[2 * NOTE_ID_SIZE + 1];
    size_t n = sequencer->named_count;
    if (n == 0) {
        note_verifier_format(&vkey, own);
        const char *values[] = {sequencer_term(sequencer, term), own->name, vkey.data};
        sequencer_transaction(sequencer, "SELECT retention.begin_log($1::bigint, $2, $3)", 3,
                              values, NULL, NULL, on_own, NULL);
        sequencer->keys[0] = *own;
        sequencer->named_count = sequencer->key_count = 1;
    } else if (n > 1 && memcmp(sequencer->keys[n - 1].key, own->key, NOTE_KEY_SIZE) == 0 &&
               memcmp(sequencer->keys[n - 2].key, own->key, NOTE_KEY_SIZE) != 0) {
        hex_encode(id, sequencer->keys[n - 2].id, NOTE_ID_SIZE);
        const char *values[] = {sequencer_term(sequencer, term), id};
        sequencer_transaction(sequencer, "SELECT retention.retire_key($1::bigint, $2)", 2, values,
                              NULL, NULL, on_own, NULL);
    }
}

void sequencer_pass(struct sequencer *sequencer)
{
    sequencer_ask_holds(sequencer);
}

void sequencer_place(struct sequencer *sequencer)
{
    if (!sequencer->ready)
        place_own(sequencer);
    place(sequencer);
}

/* --- the end of a pass --- */

/* What was refused may be tried now. */
void sequencer_wake(struct sequencer *sequencer)
{
    if (!sequencer->refused)
        return;
    sequencer->refused = false;
    schedule_notified(sequencer->worker, "resume");
}

void sequencer_end_pass(struct sequencer *sequencer)
{
    bool again = sequencer->again;
    if (!sequencer->ready) {
        log_info("the log has %" PRIu64 " signed entries", sequencer->signed_size);
        sequencer_anchor_begin(sequencer);
    }
    sequencer->busy = sequencer->again = false;
    sequencer->ready = true;
    error_clear(&sequencer->error);
    report(sequencer, "ok", -1, NULL, NULL);
    sequencer_anchor_arm_beat(sequencer);
    sequencer->again = again;
    if (sequencer->yield_then) {
        sequencer_give_way(sequencer);
        return;
    }
    if (again) {
        sequencer->again = false;
        sequencer_begin(sequencer);
        return;
    }
    if (sequencer_anchor_at_end(sequencer))
        return;
    if (sequencer->worker->run)
        sequencer_expect(sequencer->worker);
    if (sequencer_anchor_is_awaited(sequencer))
        return;
    sequencer_tell(sequencer, true, NULL);
    sequencer_wake(sequencer);
}

/* --- for the worker --- */

struct sequencer *sequencer_new(struct worker *worker)
{
    struct sequencer *sequencer = xcalloc(1, sizeof(*sequencer));
    sequencer->worker = worker;
    sequencer->anchored_us = INT64_MIN;
    sequencer->timer = evtimer_new(worker->base, on_timer, sequencer);
    sequencer->flush_timer = evtimer_new(worker->base, sequencer_on_flush_timer, sequencer);
    return sequencer;
}

bool sequencer_read_key(struct worker *worker, struct error *error)
{
    struct sequencer *sequencer = worker->sequencer;
    const struct settings *settings = worker->options.settings;
    uint8_t seed[KEYFILE_SIZE];
    char *file _cleanup_free_ = keyfile_find(&keyfile_signing, settings->log.signing_key);
    if (!file || worker->options.mode == WORKER_CHECK)
        return true;
    if (!settings->log.origin || !settings->log.directory)
        return error_set(error, ERROR_CONFIG, "a signing key is there, but log.%s is not set",
                         settings->log.origin ? "directory" : "origin");
    bool loaded = keyfile_load(&keyfile_signing, file, seed, error);
    sequencer->signer = loaded ? note_signer_new(settings->log.origin, seed, error) : NULL;
    OPENSSL_cleanse(seed, sizeof(seed));
    if (!sequencer->signer)
        return false;
    sequencer_anchor_open(sequencer);
    return true;
}

void sequencer_start(struct worker *worker, sequencer_done_fn *done)
{
    struct sequencer *sequencer = worker->sequencer;
    sequencer->start_done = done;
    sequencer_begin(sequencer);
}

void sequencer_expect(struct worker *worker)
{
    struct sequencer *sequencer = worker->sequencer;
    if (sequencer->signer && sequencer->ready && worker->leadership.term > 0 &&
        !evtimer_pending(sequencer->timer, NULL))
        sequencer_arm(sequencer->timer, sequencer_settings(sequencer)->log.checkpoint_every_ms);
}

void sequencer_kick(struct worker *worker)
{
    struct sequencer *sequencer = worker->sequencer;
    if (sequencer->signer)
        sequencer_begin(sequencer);
}

void sequencer_yield(struct worker *worker, void (*then)(struct worker *worker))
{
    struct sequencer *sequencer = worker->sequencer;
    sequencer->yield_then = then;
    /* one that only waits for standbys has nothing under way */
    if (!sequencer->busy || evtimer_pending(sequencer->flush_timer, NULL))
        sequencer_give_way(sequencer);
}

void sequencer_resume(struct worker *worker)
{
    struct sequencer *sequencer = worker->sequencer;
    sequencer->yielded = false;
    sequencer->yield_then = NULL;
    sequencer_anchor_tell(sequencer);
    if (sequencer->again && !sequencer->busy) {
        sequencer->again = false;
        sequencer_begin(sequencer);
    }
}

void sequencer_finish(struct worker *worker, sequencer_done_fn *done)
{
    struct sequencer *sequencer = worker->sequencer;
    if (!sequencer->signer || !sequencer->ready) {
        done(worker, true, NULL);
        return;
    }
    sequencer->finish_done = done;
    sequencer_begin(sequencer);
}

void sequencer_forget(struct worker *worker)
{
    struct sequencer *sequencer = worker->sequencer;
    sequencer->busy = sequencer->again = sequencer->ready = false;
    sequencer->yielded = false;
    sequencer->yield_then = NULL;
    sequencer->start_done = sequencer->finish_done = NULL;
    error_clear(&sequencer->row_error);
    error_clear(&sequencer->error);
    evtimer_del(sequencer->timer);
    evtimer_del(sequencer->flush_timer);
    sequencer_forget_holds(sequencer);
    publish_free(sequencer->publish);
    sequencer->publish = NULL;
    directory_free(sequencer->directory);
    sequencer->directory = NULL;
    sequencer_anchor_forget(sequencer);
}

bool sequencer_may_run(struct worker *worker, struct error *error)
{
    struct sequencer *sequencer = worker->sequencer;
    sequencer->refused = true;
    if (!sequencer->ready)
        return error_set(error, ERROR_STOPPED, "the log cannot be signed: %s",
                         sequencer->error.primary ? sequencer->error.primary : "unknown");
    if (sequencer->signer && sequencer_anchor_is_too_old(sequencer))
        return sequencer_anchor_refuse(sequencer, error);
    sequencer->refused = false;
    return true;
}

void sequencer_look(const struct worker *worker, struct worker_view *view)
{
    const struct sequencer *sequencer = worker->sequencer;
    view->log_signed = sequencer->signer != NULL;
    view->log_ready = sequencer->ready;
    view->log_trouble = sequencer->error.primary;
    view->log_size = sequencer->size;
    view->log_signed_size = sequencer->signed_size;
    view->checkpoint_us = sequencer->signed_us;
    view->log_anchored = sequencer->anchor != NULL;
    view->anchor_us = sequencer->anchored_us == INT64_MIN ? 0 : sequencer->anchored_us;
}

void sequencer_free(struct sequencer *sequencer)
{
    if (!sequencer)
        return;
    sequencer_anchor_free(sequencer);
    publish_free(sequencer->publish);
    directory_free(sequencer->directory);
    note_signer_free(sequencer->signer);
    event_free(sequencer->timer);
    event_free(sequencer->flush_timer);
    error_clear(&sequencer->error);
    error_clear(&sequencer->row_error);
    text_free(&sequencer->last_note);
    text_free(&sequencer->note);
    free(sequencer->holder);
    free(sequencer->last_holder);
    free(sequencer->copies);
    free(sequencer);
}
