/* retentionctl log prove | checkpoint | export: what leaves the machine. They read the log
 * directory; none of them needs a database. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "cli/json.h"
#include "cli/log_directory.h"
#include "cli/log_key.h"
#include "cli/output.h"
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

static bool prove_consistency(struct cli *cli, const struct log_directory *log,
                              const char *kept_file, struct text *out, struct error *error)
{
    struct text kept _cleanup_text_ = {0};
    struct checkpoint old;
    struct merkle_proof proof;
    struct proof_result *result = arena_alloc(cli->arena, sizeof(*result));
    if (!log_file_read(kept_file, NOTE_MOST, &kept, error))
        return false;
    if (!checkpoint_open(&old, text_string(&kept), kept.length, &log->own, error)) {
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
    return proof_consistency_verify(result, out->data, out->length, &old, &log->own, error);
}

bool command_log_prove(struct cli *cli, struct error *error)
{
    const char *entry = cli_option(cli, "entry"), *kept = cli_option(cli, "since");
    struct log_directory log _cleanup_log_directory_ = {0};
    struct text proof _cleanup_text_ = {0};
    int64_t index;
    if (!entry == !kept)
        return error_set(error, ERROR_USAGE, "\"log prove\" wants one of --entry and --since");
    if (entry && !cli_number(entry, &index))
        return error_set(error, ERROR_USAGE, "--entry wants an entry's number, not \"%s\"", entry);
    if (!log_directory_open(&log, cli, error))
        return false;
    if (!(entry ? log_directory_prove(&log, (uint64_t)index, &proof, error)
                : prove_consistency(cli, &log, kept, &proof, error)))
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
               directory_sync(export.to, error);
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
