#include "cli/log_directory.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/proof.h"

enum { KEY_MOST = 4096 };

static const char *directory_of(struct cli *cli, struct error *error)
{
    const char *path = cli_option(cli, "log");
    if (path)
        return path;
    const struct settings *settings = cli_settings(cli, error);
    if (!settings) {
        error_hint(error, "Name the log directory with --log DIRECTORY.");
        return NULL;
    }
    if (!settings->log.directory) {
        error_set(error, ERROR_CONFIG, "\"%s\" names no log directory", cli->config_file);
        error_hint(error, "Name it with --log DIRECTORY, or add log: { directory = \"...\"; }.");
    }
    return settings->log.directory;
}

bool log_directory_open(struct log_directory *log, struct cli *cli, struct error *error)
{
    struct text vkey _cleanup_text_ = {0};
    *log = (struct log_directory){0};
    const char *path = directory_of(cli, error);
    if (!path || !(log->directory = directory_open(path, error)) ||
        !directory_read(log->directory, "vkey", KEY_MOST, &vkey, NULL, error) ||
        !note_verifier_parse(&log->own, text_string(&vkey), error) ||
        !directory_last_checkpoint(log->directory, &log->own, 1, &log->checkpoint, &log->note, NULL,
                                   error)) {
        if (path)
            error_context(error, "while opening the log in \"%s\"", path);
        return false;
    }
    if (log->note.length == 0)
        return error_set(error, ERROR_FAILED, "the log in \"%s\" has no checkpoint yet", path);
    log->source = xcalloc(1, sizeof(*log->source));
    log->source->size = log->checkpoint.size;
    log->source->fetch = directory_fetch_tile;
    log->source->arg = log->directory;
    return true;
}

void log_directory_close(struct log_directory *log)
{
    directory_free(log->directory);
    text_free(&log->note);
    free(log->source);
    *log = (struct log_directory){0};
}

bool log_directory_entry(const struct log_directory *log, uint64_t index, struct text *out,
                         struct error *error)
{
    struct text bundle _cleanup_text_ = {0};
    uint64_t size = log->checkpoint.size;
    bool absent;
    size_t at = 0, n = 0;
    const uint8_t *entry = NULL;
    if (index >= size)
        return error_set(error, ERROR_FAILED,
                         "there is no entry %" PRIu64 " in the log of %" PRIu64 " entries", index,
                         size);
    if (!directory_read_bundle(log->directory, index / TILE_WIDTH,
                               tile_width(TILE_ENTRIES, index / TILE_WIDTH, size), &bundle, &absent,
                               error))
        return false;
    if (absent)
        return error_set(error, ERROR_FAILED, "entry %" PRIu64 " was pruned", index);
    for (uint64_t i = 0; i <= index % TILE_WIDTH; i++)
        if (!bundle_next((const uint8_t *)bundle.data, bundle.length, &at, &entry, &n))
            return error_set(error, ERROR_LOG, "the bundle of entry %" PRIu64 " is cut off", index);
    text_add_n(out, entry, n);
    return true;
}

bool log_directory_prove(const struct log_directory *log, uint64_t index, struct text *out,
                         struct error *error)
{
    struct text entry _cleanup_text_ = {0};
    struct merkle_proof proof;
    struct proof_result *result;
    if (!log_directory_entry(log, index, &entry, error))
        return false;
    if (!merkle_prove_inclusion(tile_source_read, log->source, index, log->checkpoint.size, &proof))
        return error_set(error, ERROR_LOG, "hash tiles of the log are missing or damaged");
    size_t start = out->length;
    proof_entry_write(out, entry.data, entry.length, index, &proof, log->note.data);
    /* What does not verify is not handed out. */
    result = xmalloc(sizeof(*result));
    bool right =
        proof_entry_verify(result, out->data + start, out->length - start, &log->own, error);
    free(result);
    return right;
}
