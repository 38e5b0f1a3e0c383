/* Is the database the one whose log the directory holds?
 *
 *   database                          directory
 *   ahead of it                       is behind: repaired by the next pass
 *   has entries                       is empty: rebuilt, by the host that signed last
 *   lacks entries that it has         the database was restored, or a failover lost them: halt
 *   has others in their places        the same, and worse: halt
 *
 * Nobody but the directory knows what was signed: the database's own list (log_checkpoint) goes
 * back with it. The host that signed last may rebuild its directory while nothing suggests that the
 * database went back: same cluster, same timeline. Another host must have a directory that reaches
 * as far as the database's list: one that lay idle since its own time knows nothing of what was
 * signed meanwhile, and a restored backup does not either. Else somebody has to show the directory
 * that signed last, or the last anchored checkpoint (retentionctl log recover).
 *
 * The directory's lock names the server and database of the worker that has it. A worker that is
 * stopped keeps it after it was replaced, and may be passed by; a worker of another server or
 * database may not, for that one would sign a tree of its own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "config/settings.h"
#include "engine/sequencer_internal.h"
#include "engine/state.h"
#include "ledger/directory.h"
#include "ledger/entry.h"
#include "ledger/publish.h"

enum {
    CHECK_SIZE,
    CHECK_SIGNED,
    CHECK_HOLDER,
    CHECK_HOLDER_SYSTEM,
    CHECK_HOLDER_TIMELINE,
    CHECK_SYSTEM,
    CHECK_TIMELINE,
    CHECK_BOUND,
    CHECK_GENESIS,
    CHECK_KEYS,
    CHECK_ROTATION,
    CHECK_ANCHOR_AGE,
    CHECK_ANCHORED,
    CHECK_IDENTITY,
};

static const char *value(const PGresult *result, int column)
{
    return PQgetisnull(result, 0, column) ? NULL : PQgetvalue(result, 0, column);
}

static uint64_t number(const PGresult *result, int column)
{
    return strtoull(PQgetvalue(result, 0, column), NULL, 10);
}

static void halt(struct sequencer *sequencer, const char *state, int64_t missing,
                 struct error *error)
{
    sequencer_fail(sequencer, state, missing, error);
    error_clear(error);
}

/* --- keys --- */

static bool read_keys(struct sequencer *sequencer, const PGresult *result, struct error *error)
{
    const char *genesis = value(result, CHECK_GENESIS), *keys = value(result, CHECK_KEYS);
    const struct note_verifier *own = note_signer_verifier(sequencer->signer);
    sequencer->key_count = sequencer->named_count = 0;
    sequencer->has_rotation = value(result, CHECK_ROTATION) != NULL;
    sequencer->rotated_at = sequencer->has_rotation ? number(result, CHECK_ROTATION) : 0;
    for (const char *line = keys; line && *line;) {
        size_t n = strcspn(line, "\n");
        if (!sequencer_add_key(sequencer, line, n, error))
            return false;
        line += n + (line[n] == '\n');
    }
    if (genesis) {
        struct entry entry;
        const char *log =
            entry_read(&entry, genesis, strlen(genesis), error) ? entry_value(&entry, "log") : NULL;
        if (!log)
            return false;
        if (strcmp(log, own->name) != 0) {
            error_set(error, ERROR_CONFIG, "the log of this database is \"%s\", not \"%s\"", log,
                      own->name);
            error_hint(error, "Set log.origin to what the log is called; it cannot be renamed.");
            return false;
        }
    }
    bool known = false;
    for (size_t i = 0; i < sequencer->key_count; i++)
        known = known || memcmp(sequencer->keys[i].key, own->key, NOTE_KEY_SIZE) == 0;
    if (!known && sequencer->key_count < SEQUENCER_MOST_KEYS)
        sequencer->keys[sequencer->key_count++] = *own;
    return true;
}

static bool check_key(const struct sequencer *sequencer, struct error *error)
{
    if (sequencer_key_is_current(sequencer))
        return true;
    const struct note_verifier *own = note_signer_verifier(sequencer->signer);
    bool was = false;
    for (size_t i = 0; i < sequencer->named_count; i++)
        was = was || memcmp(sequencer->keys[i].key, own->key, NOTE_KEY_SIZE) == 0;
    error_set(error, ERROR_CONFIG,
              was ? "the log's key was rotated, and log.signing_key is still the old one"
                  : "log.signing_key is not the key that the log names");
    error_hint(error,
               was ? "Set log.signing_key to the file of the new key and restart."
                   : "Use the log's own key. If it shall be replaced, run \"retentionctl log "
                     "rotate-key\" while the worker with the old key runs.");
    return false;
}

/* --- what the directory has --- */

/* An earlier leader that was stopped (not ended) still has the lock. Whatever it may write when it
 * goes on is what its term committed, so the same bytes: after a while it is passed by. That is so
 * only where it is connected to this server: a clone, or what stayed on the other side of a
 * failover, has its own history. */
static bool pass_lock(struct sequencer *sequencer, const char *path, const char *identity,
                      struct error *error)
{
    struct text claim _cleanup_text_ = {0};
    struct directory *directory = directory_open(path, error);
    if (!directory || !directory_read_claim(directory, &claim, error)) {
        directory_free(directory);
        return false;
    }
    if (!text_equal(text_string(&claim), identity)) {
        directory_free(directory);
        error_set(error, ERROR_FAILED,
                  "log directory \"%s\" is in use by a worker of another server or database", path);
        error_hint(error, "One log has one directory and one database. Stop that worker, or give "
                          "this database a log and a directory of its own.");
        return false;
    }
    sequencer->directory = directory;
    log_warning("log directory \"%s\" is locked by a process that does not lead", path);
    return true;
}

static bool open_directory(struct sequencer *sequencer, const char *identity, struct error *error)
{
    const char *path = sequencer->worker->options.settings->log.directory;
    if (!sequencer->directory) {
        sequencer->directory = directory_open_locked(path, error);
        if (sequencer->directory && !directory_claim(sequencer->directory, identity, error))
            return false;
    }
    if (!sequencer->directory && sequencer->locked_out++ > 0) {
        error_clear(error);
        if (!pass_lock(sequencer, path, identity, error))
            return false;
    }
    if (!sequencer->directory)
        return false;
    sequencer->locked_out = 0;
    free(sequencer->holder);
    sequencer->holder = directory_holder(sequencer->directory);
    text_clear(&sequencer->last_note);
    return directory_last_checkpoint(sequencer->directory, sequencer->keys, sequencer->key_count,
                                     &sequencer->last, &sequencer->last_note, NULL, error);
}

/* The tree that the files hold is the one that was signed: then it may grow. */
static bool open_tree(struct sequencer *sequencer, struct error *error)
{
    uint8_t root[MERKLE_HASH_SIZE];
    publish_free(sequencer->publish);
    sequencer->publish = publish_new(sequencer->directory, sequencer->last.size, error);
    if (!sequencer->publish)
        return false;
    merkle_tree_root(publish_tree(sequencer->publish), root);
    if (sequencer->last.size == 0 || memcmp(root, sequencer->last.root, sizeof(root)) == 0)
        return true;
    error_set(error, ERROR_LOG, "the tiles in \"%s\" are not those of its last checkpoint",
              directory_path(sequencer->directory));
    error_hint(error, "Run \"retentionctl log verify\" to see where they differ. Restore the "
                      "directory from a copy, or move it away and let it be rebuilt.");
    return false;
}

static void publish_key(struct sequencer *sequencer)
{
    struct text vkey _cleanup_text_ = {0}, there _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    bool absent;
    note_verifier_format(&vkey, note_signer_verifier(sequencer->signer));
    text_add_char(&vkey, '\n');
    if (!directory_read(sequencer->directory, "vkey", 4096, &there, &absent, &error) ||
        (!text_equal(text_string(&there), vkey.data) &&
         !directory_write(sequencer->directory, "vkey", vkey.data, vkey.length, &error)))
        log_failure(LOG_LEVEL_WARNING, &error);
}

static void halt_unproven(struct sequencer *sequencer)
{
    struct error error _cleanup_error_ = {0};
    error_set(&error, ERROR_LOG, "the last signed checkpoint is not known here");
    error_detail(&error,
                 "The log was last signed by \"%s\". What that directory holds may be more than "
                 "this database knows.",
                 sequencer->last_holder);
    error_hint(&error, "Give this worker a copy of that directory, or the last checkpoint that was "
                       "anchored: retentionctl log recover --checkpoint FILE");
    halt(sequencer, "unproven", -1, &error);
}

static void go_on(struct sequencer *sequencer)
{
    struct error error _cleanup_error_ = {0};
    if (!sequencer->proven) {
        halt_unproven(sequencer);
        return;
    }
    if (!check_key(sequencer, &error)) {
        halt(sequencer, "key", -1, &error);
        return;
    }
    if (!open_tree(sequencer, &error)) {
        halt(sequencer, "damaged", -1, &error);
        return;
    }
    if (!sequencer_scan_holds(sequencer, &error)) {
        halt(sequencer, "failing", -1, &error);
        return;
    }
    publish_key(sequencer);
    sequencer->signed_size = sequencer->rebuild_from = sequencer->last.size;
    if (sequencer->last.size < sequencer->recorded_size)
        log_warning("log directory \"%s\" is behind the database: it is brought up from size "
                    "%" PRIu64,
                    directory_path(sequencer->directory), sequencer->last.size);
    (void)FAULT_POINT("log_compared");
    sequencer_pass(sequencer);
}

/* --- comparing --- */

static void on_leaf(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    struct error own _cleanup_error_ = {0};
    uint8_t theirs[TILE_BYTES];
    (void)conn;
    if (outcome == PG_LOST || !sequencer->busy)
        return;
    if (outcome != PG_OK) {
        sequencer_fail(sequencer, "failing", -1, error);
        return;
    }
    uint64_t index = sequencer->last.size - 1;
    struct tile tile = {0, index / TILE_WIDTH, (unsigned)(index % TILE_WIDTH) + 1};
    bool there = directory_fetch_tile(sequencer->directory, &tile, theirs);
    const uint8_t *hash = theirs + index % TILE_WIDTH * MERKLE_HASH_SIZE;
    if (there && PQntuples(result) == 1 && PQgetlength(result, 0, 0) == MERKLE_HASH_SIZE &&
        memcmp(PQgetvalue(result, 0, 0), hash, MERKLE_HASH_SIZE) == 0) {
        go_on(sequencer);
        return;
    }
    if (!there) {
        error_set(&own, ERROR_LOG, "the tile of entry %" PRIu64 " is missing in \"%s\"", index,
                  directory_path(sequencer->directory));
        halt(sequencer, "damaged", -1, &own);
        return;
    }
    error_set(&own, ERROR_LOG,
              "the database's log is another one than the directory's: entry %" PRIu64 " differs",
              index);
    error_hint(&own, "Nothing is deleted or signed. Either the directory belongs to another "
                     "database, or this database went on without it after it was restored.");
    halt(sequencer, "different", -1, &own);
}

static void compare(struct sequencer *sequencer)
{
    char index[24];
    snprintf(index, sizeof(index), "%" PRIu64, sequencer->last.size - 1);
    const char *values[] = {index};
    if (sequencer->last.size == 0) {
        go_on(sequencer);
        return;
    }
    pg_conn_query(sequencer->worker->control,
                  "SELECT leaf_hash FROM retention.log_leaf WHERE index = $1::bigint", 1, values,
                  true, on_leaf, sequencer);
    pg_conn_sync(sequencer->worker->control);
}

static bool is_copy(const PGresult *result)
{
    const char *system = value(result, CHECK_HOLDER_SYSTEM);
    return system && strcmp(system, PQgetvalue(result, 0, CHECK_SYSTEM)) != 0;
}

static bool moved(const PGresult *result)
{
    const char *timeline = value(result, CHECK_HOLDER_TIMELINE);
    return is_copy(result) ||
           (timeline && strcmp(timeline, PQgetvalue(result, 0, CHECK_TIMELINE)) != 0);
}

/* How the database came to be as it is: a backup that is put back goes on with its timeline, a
 * server that was promoted begins another. */
static void halt_behind(struct sequencer *sequencer, const PGresult *result)
{
    struct error error _cleanup_error_ = {0};
    const char *then = value(result, CHECK_HOLDER_TIMELINE);
    const char *now = PQgetvalue(result, 0, CHECK_TIMELINE);
    uint64_t missing = sequencer->last.size - sequencer->size;
    struct text story _cleanup_text_ = {0};
    if (missing == 1)
        text_add(&story, "the database lacks the last entry of the log: ");
    else
        text_printf(&story,
                    "the database lacks the last %" PRIu64 " entries of the log: ", missing);
    if (is_copy(result))
        text_add(&story, "it is a copy in another cluster");
    else if (moved(result))
        text_printf(&story,
                    "a failover or a recovery to a point in time lost them (timeline %s, before it "
                    "%s)",
                    now, then);
    else
        text_printf(&story, "it was restored from a backup (still timeline %s)", now);
    error_set(&error, ERROR_LOG, "%s", story.data);
    error_detail(&error, "The directory has %" PRIu64 " signed entries, the database %" PRIu64 ".",
                 sequencer->last.size, sequencer->size);
    error_hint(&error, "Nothing is deleted or signed until they are brought back. Run: "
                       "retentionctl log recover");
    halt(sequencer, moved(result) ? "failed over" : "restored", (int64_t)missing, &error);
}

static bool is_proven(const struct sequencer *sequencer, const PGresult *result)
{
    bool reaches = sequencer->last.size >= sequencer->recorded_size;
    if (!sequencer->last_holder)
        return true; /* never signed */
    if (strcmp(sequencer->last_holder, sequencer->holder) == 0)
        return reaches || !moved(result);
    return reaches && !moved(result);
}

static void on_check(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    if (outcome == PG_LOST || !sequencer->busy)
        return;
    if (outcome != PG_OK) {
        sequencer_fail(sequencer, "failing", -1, error);
        return;
    }
    sequencer->size = number(result, CHECK_SIZE);
    sequencer->recorded_size = number(result, CHECK_SIGNED);
    free(sequencer->last_holder);
    sequencer->last_holder =
        value(result, CHECK_HOLDER) ? xstrdup(value(result, CHECK_HOLDER)) : NULL;
    sequencer->anchored_us =
        value(result, CHECK_ANCHOR_AGE)
            ? clock_monotonic_us() -
                  strtoll(PQgetvalue(result, 0, CHECK_ANCHOR_AGE), NULL, 10) * 1000000
            : INT64_MIN;
    sequencer->anchored_size = value(result, CHECK_ANCHORED) ? number(result, CHECK_ANCHORED) : 0;
    if (PQgetvalue(result, 0, CHECK_BOUND)[0] != 't') {
        error_set(&own, ERROR_LOG,
                  "this database is not the one that schema retention was installed in");
        error_hint(&own, "If the worker shall act on this copy, run: retentionctl adopt");
        halt(sequencer, "unbound", -1, &own);
    } else if (!read_keys(sequencer, result, &own)) {
        halt(sequencer, "key", -1, &own);
    } else if (!open_directory(sequencer, PQgetvalue(result, 0, CHECK_IDENTITY), &own)) {
        halt(sequencer, own.code == ERROR_LOG ? "damaged" : "failing", -1, &own);
    } else if (sequencer->last.size > sequencer->size) {
        halt_behind(sequencer, result);
    } else {
        sequencer->proven = is_proven(sequencer, result);
        compare(sequencer);
    }
}

void sequencer_check(struct sequencer *sequencer)
{
    pg_conn_query(sequencer->worker->control, sql_file("engine/log_check.sql"), 0, NULL, false,
                  on_check, sequencer);
    pg_conn_sync(sequencer->worker->control);
}
