/* retentionctl log prove | checkpoint | export: what leaves the machine. They read the log
 * directory; only who looks for a record needs the database, which has the keys. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/explain.h"
#include "cli/json.h"
#include "cli/log_directory.h"
#include "cli/log_key.h"
#include "cli/output.h"
#include "ledger/digest.h"
#include "ledger/proof.h"

enum { NOTE_MOST = 1 << 20, RECORDS_MOST = 1 << 30, POLICY_MOST = 1 << 24 };

/* To standard output, or into the document. */
static void hand_out(struct cli *cli, const char *name, const struct text *text)
{
    if (cli->json)
        json_object_set_new(output_document(cli), name, json_text(text_string(text)));
    else
        fwrite(text->data, 1, text->length, stdout);
}

/* --- log prove --- */

static bool prove_consistency(struct cli *cli, struct log_directory *log, const char *kept_file,
                              struct text *out, struct error *error)
{
    struct text kept _cleanup_text_ = {0};
    struct checkpoint old;
    struct merkle_proof proof;
    struct proof_result *result = arena_alloc(cli->arena, sizeof(*result));
    if (!log_file_read(kept_file, NOTE_MOST, &kept, error))
        return false;
    if (!log_directory_open_old(log, text_string(&kept), kept.length, &old, error)) {
        error_context(error, "while reading \"%s\"", kept_file);
        return false;
    }
    if (old.size > log->checkpoint.size || old.size == 0)
        return error_set(error, old.size ? ERROR_LOG : ERROR_USAGE,
                         "checkpoint of %" PRIu64 " entries has nothing to be consistent with: "
                         "the log has %" PRIu64,
                         old.size, log->checkpoint.size);
    if (!merkle_prove_consistency(tile_source_read, log->source, old.size, log->checkpoint.size,
                                  &proof))
        return error_set(error, ERROR_LOG, "hash tiles of the log are missing or damaged");
    proof_consistency_write(out, old.size, &proof, log->note.data);
    return proof_consistency_verify(result, out->data, out->length, &old, &log->own, 1, error);
}

/* The sorted digests of a batch, as the directory has them. */
static bool read_records(const struct log_directory *log, const PGresult *entry, struct text *out,
                         struct error *error)
{
    struct text name _cleanup_text_ = {0};
    char run[33];
    size_t n = 0;
    uint64_t seq = strtoull(PQgetvalue(entry, 0, PQfnumber(entry, "seq")), NULL, 10);
    for (const char *p = PQgetvalue(entry, 0, PQfnumber(entry, "run")); *p && n < 32; p++)
        if (*p != '-')
            run[n++] = *p;
    run[n] = '\0';
    directory_records_name(&name, run, seq);
    return directory_read(log->directory, name.data, RECORDS_MOST, out, NULL, error);
}

/* Where the digest stands among the sorted ones, or their number. */
static uint64_t place_of(const uint8_t *refs, uint64_t count, const uint8_t ref[DIGEST_SIZE])
{
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int order = memcmp(refs + middle * DIGEST_SIZE, ref, DIGEST_SIZE);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return count;
}

static bool write_record_proof(const struct log_directory *log, const struct record_found *found,
                               uint64_t index, struct text *out, struct error *error)
{
    struct text records _cleanup_text_ = {0}, entry _cleanup_text_ = {0};
    struct merkle_proof proof;
    if (!log_directory_prove(log, index, &entry, error) ||
        !read_records(log, found->entry, &records, error))
        return false;
    uint64_t count = records.length / DIGEST_SIZE;
    const uint8_t *refs = (const uint8_t *)records.data;
    uint64_t place = place_of(refs, count, found->ref);
    if (place == count)
        return error_set(error, ERROR_LOG,
                         "the log directory does not have the digests that the database has");
    uint8_t(*hashes)[MERKLE_HASH_SIZE] = xmalloc(count * MERKLE_HASH_SIZE);
    for (uint64_t i = 0; i < count; i++)
        merkle_leaf(refs + i * DIGEST_SIZE, DIGEST_SIZE, hashes[i]);
    struct merkle_leaves leaves = {(const uint8_t(*)[MERKLE_HASH_SIZE])hashes, count};
    merkle_prove_inclusion(merkle_read_leaves, &leaves, place, count, &proof);
    free(hashes);
    proof_record_write(out, (const uint8_t *)found->rk_text.data, found->rk_text.length,
                       found->opening, place, &proof, entry.data);
    struct proof_result *result = xmalloc(sizeof(*result));
    bool right = proof_record_verify(result, out->data, out->length, &log->own, 1, error);
    free(result);
    return right;
}

/* The record is looked for in the database, which has the keys; the proof is the directory's. */
static bool prove_record(struct cli *cli, const struct log_directory *log, struct text *out,
                         struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct explained record = {.cli = cli, .session = &session};
    struct record_found found = {0};
    PGresult *place _cleanup_result_ = NULL;
    int64_t index = 0;
    bool done = explain_open(&record, error) && record_find(&record, &found, error);
    if (done) {
        const char *const values[] = {PQgetvalue(found.entry, 0, PQfnumber(found.entry, "id"))};
        place = session_file(&session, "cli/log_place.sql", 1, values, error);
        done = place != NULL;
    }
    if (done &&
        (PQntuples(place) == 0 || !result_value(place, 0, 0) ||
         !cli_number(PQgetvalue(place, 0, 0), &index) || (uint64_t)index >= log->checkpoint.size)) {
        done = error_set(error, ERROR_FAILED, "no checkpoint covers the record's entry yet");
        error_hint(error, "The worker signs one every log.checkpoint_every.");
    }
    done = done && write_record_proof(log, &found, (uint64_t)index, out, error);
    record_found_free(&found);
    policies_free(&record.policies);
    return done;
}

bool command_log_prove(struct cli *cli, struct error *error)
{
    const char *entry = cli_option(cli, "entry"), *kept = cli_option(cli, "since");
    struct log_directory log _cleanup_log_directory_ = {0};
    struct text proof _cleanup_text_ = {0};
    bool record = cli_flag(cli, "record"), done;
    int64_t index = 0;
    if ((entry != NULL) + (kept != NULL) + record != 1)
        return error_set(error, ERROR_USAGE,
                         "\"log prove\" wants one of --entry, --record and --since");
    if (entry && !cli_number(entry, &index))
        return error_set(error, ERROR_USAGE, "--entry wants an entry's number, not \"%s\"", entry);
    if (record && cli->operand_count < 2)
        return error_set(error, ERROR_USAGE, "--record wants CATEGORY KEY...");
    if (!record && cli->operand_count > 0)
        return error_set(error, ERROR_USAGE, "CATEGORY KEY... is for --record");
    if (!log_directory_open(&log, cli, error))
        return false;
    if (entry)
        done = log_directory_prove(&log, (uint64_t)index, &proof, error);
    else if (kept)
        done = prove_consistency(cli, &log, kept, &proof, error);
    else
        done = prove_record(cli, &log, &proof, error);
    if (!done)
        return false;
    hand_out(cli, "proof", &proof);
    return true;
}

/* --- log checkpoint --- */

bool command_log_checkpoint(struct cli *cli, struct error *error)
{
    struct log_directory log _cleanup_log_directory_ = {0};
    if (!log_directory_open(&log, cli, error))
        return false;
    hand_out(cli, "checkpoint", &log.note);
    return true;
}

/* --- log export --- */

struct export
{
    const struct log_directory *log;
    struct directory *to;
    struct error *error;
    const char *folder;
    uint64_t files;
};

static bool export_file(struct export *export, const char *name, size_t most)
{
    struct text bytes _cleanup_text_ = {0};
    bool absent;
    if (!directory_read(export->log->directory, name, most, &bytes, &absent, export->error))
        return false;
    export->files += !absent;
    return absent ||
           directory_write(export->to, name, text_string(&bytes), bytes.length, export->error);
}

static bool export_named(void *arg, const char *name)
{
    struct export *export = arg;
    struct text path _cleanup_text_ = {0};
    int64_t size;
    if (strcmp(export->folder, "checkpoints") == 0 &&
        (!cli_number(name, &size) || (uint64_t)size > export->log->checkpoint.size))
        return true; /* signed since, or not one */
    if (strcmp(export->folder, "proofs") == 0 && cli_number(name, &size)) {
        struct tile bundle = {TILE_ENTRIES, (uint64_t)size / TILE_WIDTH, TILE_WIDTH};
        tile_path(&path, &bundle);
        if (directory_exists(export->to, path.data))
            return true; /* of a prune that is under way, and perhaps signed since */
        text_clear(&path);
    }
    text_printf(&path, "%s/%s", export->folder, name);
    return export_file(export, path.data, RECORDS_MOST);
}

static bool export_tiles(struct export *export)
{
    struct tile_walk walk = {.new_size = export->log->checkpoint.size};
    struct tile tile;
    while (tile_walk_next(&walk, &tile)) {
        struct text path _cleanup_text_ = {0}, bytes _cleanup_text_ = {0};
        uint8_t hashes[TILE_BYTES];
        bool absent = false;
        tile_path(&path, &tile);
        if (tile.level == TILE_ENTRIES) {
            if (!directory_read_bundle(export->log->directory, tile.index, tile.width, &bytes,
                                       &absent, export->error))
                return false;
        } else if (directory_fetch_tile(export->log->directory, &tile, hashes)) {
            text_add_n(&bytes, hashes, tile.width * (size_t)MERKLE_HASH_SIZE);
        } else {
            return error_set(export->error, ERROR_LOG, "%s is missing or damaged", path.data);
        }
        if (absent)
            continue; /* pruned: the log tells, and verification looks */
        if (!directory_write(export->to, path.data, bytes.data, bytes.length, export->error))
            return false;
        export->files++;
    }
    return true;
}

static bool export_folder(struct export *export, const char *folder)
{
    export->folder = folder;
    return directory_each(export->log->directory, folder, export_named, export, export->error) &&
           !export->error->code;
}

bool command_log_export(struct cli *cli, struct error *error)
{
    struct log_directory log _cleanup_log_directory_ = {0};
    const char *to = cli->operands[0];
    if (!log_directory_open(&log, cli, error))
        return false;
    struct export export = {.log = &log, .error = error};
    if (!(export.to = directory_open_locked(to, error)))
        return false;
    bool done;
    if (directory_exists(export.to, "checkpoint") || directory_exists(export.to, "tile"))
        done = error_set(error, ERROR_FAILED, "there is a log in \"%s\" already", to);
    else
        /* The checkpoint comes last: before it, what is there is no log. */
        done = export_tiles(&export) && export_folder(&export, "records") &&
               export_folder(&export, "policies") && export_folder(&export, "proofs") &&
               export_folder(&export, "checkpoints") && export_file(&export, "vkey", NOTE_MOST) &&
               directory_write(export.to, "checkpoint", log.note.data, log.note.length, error) &&
               directory_sync(export.to, error) && directory_remove_lock(export.to, error);
    directory_free(export.to);
    if (!done)
        return false;
    if (cli->json) {
        json_t *document = output_document(cli);
        json_object_set_new(document, "directory", json_text(to));
        json_object_set_new(document, "log", json_text(log.checkpoint.origin));
        json_object_set_new(document, "size", json_integer((json_int_t)log.checkpoint.size));
        json_object_set_new(document, "files", json_integer((json_int_t) export.files + 1));
        return true;
    }
    char entries[32], files[32];
    printf("Exported the log \"%s\" to \"%s\": %s entries, %s files.\n", log.checkpoint.origin, to,
           text_thousands(entries, (int64_t)log.checkpoint.size),
           text_thousands(files, (int64_t) export.files + 1));
    puts("Whoever gets it verifies it with \"retentionctl log verify DIRECTORY --vkey FILE\", with "
         "the\nkey got from elsewhere.");
    return true;
}
