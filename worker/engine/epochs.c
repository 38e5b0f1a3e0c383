#include "engine/epochs.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "engine/state.h"
#include "ledger/epoch.h"
#include "ledger/keyfile.h"
#include "pg/conn.h"

struct load {
    struct worker *worker;
    epochs_done_fn *done;
    int64_t epoch;
    uint8_t key[EPOCH_KEY_SIZE];
};

bool epochs_read_kek(struct worker *worker, struct error *error)
{
    char *file _cleanup_free_ = keyfile_find(&keyfile_kek, worker->limits.kek_file);
    if (!file)
        return true;
    if (!keyfile_load(&keyfile_kek, file, worker->epochs->kek, error))
        return false;
    worker->epochs->has_kek = true;
    return true;
}

bool epochs_read_hmac_key(struct worker *worker, struct error *error)
{
    char *file _cleanup_free_ = keyfile_find(&keyfile_hmac, worker->limits.hmac_file);
    if (!file)
        return true;
    if (!keyfile_load(&keyfile_hmac, file, worker->epochs->hmac_key, error))
        return false;
    worker->epochs->has_hmac_key = true;
    return true;
}

static void finish(struct load *load, const struct error *error)
{
    struct worker *worker = load->worker;
    epochs_done_fn *done = load->done;
    if (!error) {
        worker->epochs->epoch = load->epoch;
        memcpy(worker->epochs->key, load->key, sizeof(load->key));
    }
    OPENSSL_cleanse(load, sizeof(*load));
    free(load);
    done(worker, !error, error);
}

static void on_created(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct load *load = arg;
    (void)conn;
    (void)result;
    if (outcome == PG_OK)
        log_info("log key of epoch %lld is in use", (long long)load->epoch);
    finish(load, outcome == PG_OK ? NULL : error);
}

static void create(struct load *load)
{
    struct worker *worker = load->worker;
    struct error error _cleanup_error_ = {0};
    uint8_t wrapped[EPOCH_WRAPPED_SIZE], commitment[32];
    random_bytes(load->key, sizeof(load->key));
    if (!epoch_wrap(worker->epochs->kek, (uint64_t)load->epoch, load->key, wrapped, &error)) {
        finish(load, &error);
        return;
    }
    epoch_commitment(load->key, commitment);
    char term[24], epoch[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    snprintf(epoch, sizeof(epoch), "%lld", (long long)load->epoch);
    const char *values[] = {term, epoch, (const char *)wrapped, (const char *)commitment};
    const int lengths[] = {0, 0, sizeof(wrapped), sizeof(commitment)};
    const int formats[] = {0, 0, 1, 1};
    pg_conn_query_binary(worker->control,
                         "SELECT retention.new_epoch($1::bigint, $2::bigint, $3::bytea, $4::bytea)",
                         ARRAY_LENGTH(values), values, lengths, formats, false, on_created, load);
    pg_conn_sync(worker->control);
}

enum { EPOCH_NUMBER, EPOCH_WRAPPED, EPOCH_OLD };

static void on_current(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct load *load = arg;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    if (outcome != PG_OK) {
        finish(load, error);
        return;
    }
    int64_t newest = strtoll(PQgetvalue(result, 0, EPOCH_NUMBER), NULL, 10);
    bool usable = newest > 0 && !PQgetisnull(result, 0, EPOCH_WRAPPED);
    load->epoch = newest;
    if (usable) {
        uint8_t wrapped[EPOCH_WRAPPED_SIZE];
        const char *hex = PQgetvalue(result, 0, EPOCH_WRAPPED);
        if (!hex_decode(wrapped, sizeof(wrapped), hex, strlen(hex))) {
            error_set(&own, ERROR_FAILED, "the wrapped key of epoch %lld has a wrong length",
                      (long long)newest);
            finish(load, &own);
            return;
        }
        /* Also where a new one is due: a wrong key-encryption key must not begin an epoch unseen.
         */
        if (!epoch_unwrap(load->worker->epochs->kek, (uint64_t)newest, wrapped, load->key, &own)) {
            finish(load, &own);
            return;
        }
    }
    if (usable && PQgetvalue(result, 0, EPOCH_OLD)[0] == 'f') {
        finish(load, NULL);
        return;
    }
    load->epoch = newest + 1;
    create(load);
}

void epochs_load(struct worker *worker, epochs_done_fn *done)
{
    struct load *load = xcalloc(1, sizeof(*load));
    *load = (struct load){.worker = worker, .done = done};
    if (!worker->epochs->has_kek) {
        finish(load, NULL);
        return;
    }
    const char *values[] = {worker->limits.epoch};
    pg_conn_query(worker->control, sql_file("engine/epoch.sql"), 1, values, false, on_current,
                  load);
    pg_conn_sync(worker->control);
}

void epochs_free(struct epochs *epochs)
{
    if (!epochs)
        return;
    OPENSSL_cleanse(epochs, sizeof(*epochs));
    free(epochs);
}
