/* From places to a signed checkpoint: READ, FLUSH, SIGN and RECORD of sequencer.c. COPY, between
 * READ and FLUSH, is in sequencer_holds.c. */
#define _GNU_SOURCE /* memmem */
#include <inttypes.h>
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
#include "engine/binary.h"
#include "engine/sequencer_internal.h"
#include "engine/state.h"
#include "ledger/directory.h"
#include "ledger/merkle.h"
#include "ledger/publish.h"

enum { CHUNK = 1000, FLUSH_FIRST_MS = 20, FLUSH_MOST_MS = 2000 };

/* --- READ --- */

enum {
    ENTRY_INDEX,
    ENTRY_TEXT,
    ENTRY_LEAF,
    ENTRY_RECORDS_NAME,
    ENTRY_REFS,
    ENTRY_SHA256,
    ENTRY_POLICY,
    ENTRY_NOTE
};

/* A key that the log names from here on. */
static bool note_rotation(struct sequencer *sequencer, uint64_t index, const char *entry,
                          size_t length, struct error *error)
{
    static const char start[] = "retention-log-entry/v1\ntype rotate\n", field[] = "\nvkey ";
    if (length <= sizeof(start) - 1 || memcmp(entry, start, sizeof(start) - 1) != 0)
        return true;
    const char *vkey = memmem(entry, length, field, sizeof(field) - 1);
    if (!vkey || (sequencer->has_rotation && sequencer->rotated_at >= index))
        return true;
    vkey += sizeof(field) - 1;
    sequencer->has_rotation = true;
    sequencer->rotated_at = index;
    return sequencer_add_key(sequencer, vkey, strcspn(vkey, "\n"), error);
}

static bool write_refs(struct sequencer *sequencer, const PGresult *row, struct error *error)
{
    struct text name _cleanup_text_ = {0};
    if (PQgetisnull(row, 0, ENTRY_REFS))
        return true;
    text_printf(&name, "records/%s", PQgetvalue(row, 0, ENTRY_RECORDS_NAME));
    return directory_write(sequencer->directory, name.data, PQgetvalue(row, 0, ENTRY_REFS),
                           (size_t)PQgetlength(row, 0, ENTRY_REFS), error);
}

static bool write_policy(struct sequencer *sequencer, const PGresult *row, struct error *error)
{
    struct text name _cleanup_text_ = {0};
    uint8_t hash[MERKLE_HASH_SIZE];
    char hex[2 * MERKLE_HASH_SIZE + 1];
    if (PQgetisnull(row, 0, ENTRY_POLICY))
        return true;
    size_t length = (size_t)PQgetlength(row, 0, ENTRY_POLICY);
    merkle_sha256(PQgetvalue(row, 0, ENTRY_POLICY), length, hash);
    hex_encode(hex, hash, sizeof(hash));
    if (strcmp(hex, PQgetvalue(row, 0, ENTRY_SHA256)) != 0)
        return error_set(error, ERROR_LOG,
                         "a policy's text in the database is not what was logged");
    text_printf(&name, "policies/%s", hex);
    /* what else is there, as an empty file after a loss of power, is not it */
    return directory_has(sequencer->directory, name.data, PQgetvalue(row, 0, ENTRY_POLICY),
                         length) ||
           directory_write(sequencer->directory, name.data, PQgetvalue(row, 0, ENTRY_POLICY),
                           length, error);
}

/* Where the database knows of a checkpoint that the directory lost: the tree must be its tree. */
static bool check_signed(struct sequencer *sequencer, const PGresult *row, struct error *error)
{
    uint8_t root[MERKLE_HASH_SIZE];
    struct checkpoint checkpoint;
    uint64_t size = publish_tree(sequencer->publish)->size;
    if (PQgetisnull(row, 0, ENTRY_NOTE) || size <= sequencer->signed_size)
        return true;
    const char *note = PQgetvalue(row, 0, ENTRY_NOTE), *end = strstr(note, "\n\n");
    merkle_tree_root(publish_tree(sequencer->publish), root);
    if (end && checkpoint_parse(&checkpoint, note, (size_t)(end - note) + 1, error) &&
        checkpoint.size == size && memcmp(checkpoint.root, root, sizeof(root)) == 0)
        return true;
    return error_set(error, ERROR_LOG,
                     "the entries in the database do not give the root that was signed at size "
                     "%" PRIu64,
                     size);
}

static bool tells_of_hold(const char *entry, size_t length)
{
    static const char start[] = "retention-log-entry/v1\ntype hold\n";
    return length > sizeof(start) - 1 && memcmp(entry, start, sizeof(start) - 1) == 0;
}

static bool take_entry(struct sequencer *sequencer, const PGresult *row, struct error *error)
{
    uint64_t index = publish_tree(sequencer->publish)->size;
    const char *entry = PQgetvalue(row, 0, ENTRY_TEXT);
    size_t length = (size_t)PQgetlength(row, 0, ENTRY_TEXT);
    uint8_t hash[MERKLE_HASH_SIZE];
    int64_t place;
    merkle_leaf(entry, length, hash);
    if (!binary_int64(row, 0, ENTRY_INDEX, &place) || (uint64_t)place != index)
        return error_set(error, ERROR_LOG,
                         "entry %" PRIu64 " of the tree is missing in the database", index);
    if (PQgetlength(row, 0, ENTRY_LEAF) != MERKLE_HASH_SIZE ||
        memcmp(PQgetvalue(row, 0, ENTRY_LEAF), hash, MERKLE_HASH_SIZE) != 0)
        return error_set(error, ERROR_LOG,
                         "entry %" PRIu64 " was altered in the database since it got its place",
                         index);
    sequencer->copy_due = sequencer->copy_due || tells_of_hold(entry, length);
    return publish_entry(sequencer->publish, entry, length, error) &&
           note_rotation(sequencer, index, entry, length, error) &&
           write_refs(sequencer, row, error) && write_policy(sequencer, row, error) &&
           check_signed(sequencer, row, error);
}

/* --- FLUSH and SIGN --- */

static bool check_key(struct sequencer *sequencer)
{
    struct error error _cleanup_error_ = {0};
    if (sequencer_key_is_current(sequencer))
        return true;
    error_set(&error, ERROR_CONFIG, "the log's key was rotated: this one signs no more");
    error_hint(&error, "Set log.signing_key to the file of the new key and restart.");
    sequencer_fail(sequencer, "key", -1, &error);
    return false;
}

static void on_recorded(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                        const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)conn;
    (void)result;
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    (void)FAULT_POINT("log_after_record");
    sequencer->recorded_size = sequencer->signed_size;
    sequencer_anchor_signed(sequencer);
    if (check_key(sequencer))
        sequencer_end_pass(sequencer);
}

static void record(struct sequencer *sequencer)
{
    char term[24], size[24];
    const char *values[] = {
        sequencer_term(sequencer, term), sequencer_number(size, sequencer->last.size),
        (const char *)sequencer->last.root, sequencer->last_note.data, sequencer->holder};
    const int lengths[] = {0, 0, MERKLE_HASH_SIZE, 0, 0};
    const int formats[] = {0, 0, 1, 0, 0};
    sequencer_transaction(
        sequencer, "SELECT retention.log_signed($1::bigint, $2::bigint, $3::bytea, $4, $5)",
        ARRAY_LENGTH(values), values, lengths, formats, sequencer_on_statement, on_recorded);
}

static void sign(struct sequencer *sequencer)
{
    struct error error _cleanup_error_ = {0};
    struct text note _cleanup_text_ = {0};
    if (!check_key(sequencer))
        return;
    if (FAULT_POINT("log_before_sign") ||
        !publish_checkpoint(sequencer->publish, sequencer->signer, &note, &error)) {
        if (!error.primary)
            error_set(&error, ERROR_FAILED, "fault before signing");
        sequencer_fail(sequencer, error.code == ERROR_LOG ? "different" : "failing", -1, &error);
        return;
    }
    text_clear(&sequencer->last_note);
    text_add_n(&sequencer->last_note, note.data, note.length);
    sequencer->last.size = sequencer->signed_size = publish_tree(sequencer->publish)->size;
    sequencer->signed_us = clock_monotonic_us();
    merkle_tree_root(publish_tree(sequencer->publish), sequencer->last.root);
    record(sequencer);
}

/* (size, note): the checkpoints that the directory lost, before the one to be signed. */
static void on_kept(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    if (!sequencer->row_error.primary && outcome == PG_OK && PQntuples(result) == 1) {
        struct text name _cleanup_text_ = {0};
        text_printf(&name, "checkpoints/%s", PQgetvalue(result, 0, 0));
        if (!directory_write(sequencer->directory, name.data, PQgetvalue(result, 0, 1),
                             (size_t)PQgetlength(result, 0, 1), &own))
            error_move(&sequencer->row_error, &own);
        return;
    }
    if (outcome == PG_OK && PQntuples(result) == 1)
        return;
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    if (!directory_sync(sequencer->directory, &own)) {
        sequencer_fail(sequencer, "failing", -1, &own);
        return;
    }
    sequencer->rebuild_from = sequencer->recorded_size;
    sign(sequencer);
}

static void put_back_kept(struct sequencer *sequencer)
{
    char from[24], to[24];
    const char *values[] = {sequencer_number(from, sequencer->rebuild_from),
                            sequencer_number(to, publish_tree(sequencer->publish)->size)};
    if (sequencer->rebuild_from >= sequencer->recorded_size) {
        sign(sequencer);
        return;
    }
    pg_conn_query(sequencer->worker->control,
                  "SELECT size, note FROM retention.log_checkpoint WHERE size > $1::bigint AND "
                  "size < $2::bigint ORDER BY size",
                  2, values, false, on_kept, sequencer);
    pg_conn_single_rows(sequencer->worker->control);
    pg_conn_sync(sequencer->worker->control);
}

static void ask_flushed(struct sequencer *sequencer);

static void arm_flush(struct sequencer *sequencer)
{
    const struct timeval delay = {sequencer->flush_ms / 1000, sequencer->flush_ms % 1000 * 1000};
    evtimer_add(sequencer->flush_timer, &delay);
}

static void on_flushed(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)conn;
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    if (PQgetvalue(result, 0, 0)[0] == 't') {
        put_back_kept(sequencer);
        return;
    }
    arm_flush(sequencer);
    if (sequencer->flush_ms < FLUSH_MOST_MS && sequencer->flush_ms * 2 >= FLUSH_MOST_MS)
        log_warning("waiting for standbys before the log is signed: %s of at least %lld are known "
                    "(log.sign_after, log.standbys)",
                    PQgetvalue(result, 0, 1),
                    (long long)sequencer_settings(sequencer)->log.standbys);
    sequencer->flush_ms =
        sequencer->flush_ms * 2 < FLUSH_MOST_MS ? sequencer->flush_ms * 2 : FLUSH_MOST_MS;
    if (sequencer->yield_then)
        sequencer_give_way(sequencer);
}

void sequencer_on_flush_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    ask_flushed(arg);
}

static void ask_flushed(struct sequencer *sequencer)
{
    if (sequencer->yielded) {
        arm_flush(sequencer);
        return;
    }
    char least[24];
    const char *values[] = {
        sequencer->lsn,
        sequencer_number(least, (uint64_t)sequencer_settings(sequencer)->log.standbys)};
    pg_conn_query(sequencer->worker->control, sql_file("engine/log_flushed.sql"), 2, values, false,
                  on_flushed, sequencer);
    pg_conn_sync(sequencer->worker->control);
}

static void on_lsn(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                   const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)conn;
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    snprintf(sequencer->lsn, sizeof(sequencer->lsn), "%s", PQgetvalue(result, 0, 0));
    sequencer->flush_ms = FLUSH_FIRST_MS;
    ask_flushed(sequencer);
}

void sequencer_flush(struct sequencer *sequencer)
{
    struct error error _cleanup_error_ = {0};
    if (publish_tree(sequencer->publish)->size == sequencer->signed_size) {
        if (sequencer->recorded_size < sequencer->signed_size)
            record(sequencer); /* a crash came between */
        else
            sequencer_end_pass(sequencer);
        return;
    }
    if (!publish_flush(sequencer->publish, &error)) {
        sequencer_fail(sequencer, "failing", -1, &error);
        return;
    }
    if (!text_equal(sequencer_settings(sequencer)->log.sign_after, "replicated")) {
        put_back_kept(sequencer);
        return;
    }
    /* written after the places: whoever has this has them */
    pg_conn_query(sequencer->worker->control, "SELECT pg_catalog.pg_current_wal_lsn()", 0, NULL,
                  false, on_lsn, sequencer);
    pg_conn_sync(sequencer->worker->control);
}

static void on_entry(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    if (outcome == PG_OK && PQntuples(result) == 1) {
        if (sequencer->busy && !sequencer->row_error.primary &&
            !take_entry(sequencer, result, &own))
            error_move(&sequencer->row_error, &own);
        return;
    }
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    uint64_t size = publish_tree(sequencer->publish)->size;
    if (size == sequencer->read_to) {
        sequencer_publish(sequencer);
        return;
    }
    error_set(&own, ERROR_LOG, "entry %" PRIu64 " of the tree is missing in the database", size);
    sequencer_fail(sequencer, "different", -1, &own);
}

void sequencer_publish(struct sequencer *sequencer)
{
    char from[24], to[24];
    uint64_t size = publish_tree(sequencer->publish)->size;
    /* not all at once: the lease is renewed on this connection too */
    sequencer->read_to = sequencer->size - size > CHUNK ? size + CHUNK : sequencer->size;
    const char *values[] = {sequencer_number(from, size), sequencer_number(to, sequencer->read_to)};
    if (size == sequencer->size) {
        sequencer_copy_holds(sequencer);
        return;
    }
    pg_conn_query(sequencer->worker->control, sql_file("engine/log_entries.sql"), 2, values, true,
                  on_entry, sequencer);
    pg_conn_single_rows(sequencer->worker->control);
    pg_conn_sync(sequencer->worker->control);
}
