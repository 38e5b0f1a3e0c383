#include "cli/log_directory.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/entry.h"
#include "ledger/proof.h"

enum { KEY_MOST = 16384, PROOF_MOST = 1 << 20 };

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

/* One more key, unless it is known or there are too many. */
static bool add_key(struct log_directory *log, const char *vkey, struct error *error)
{
    struct note_verifier key;
    if (!note_verifier_parse(&key, vkey, error))
        return false;
    for (size_t i = 0; i < log->key_count; i++)
        if (memcmp(&log->keys[i], &key, sizeof(key)) == 0)
            return true;
    if (log->key_count < ARRAY_LENGTH(log->keys))
        log->keys[log->key_count++] = key;
    return true;
}

static bool read_keys(struct log_directory *log, struct error *error)
{
    struct text text _cleanup_text_ = {0};
    char *save = NULL;
    if (!directory_read(log->directory, "vkey", KEY_MOST, &text, NULL, error))
        return false;
    for (char *line = text.data ? strtok_r(text.data, "\r\n", &save) : NULL; line;
         line = strtok_r(NULL, "\r\n", &save))
        if (!add_key(log, line, error))
            return false;
    return log->key_count > 0 || error_set(error, ERROR_CONFIG, "its file vkey holds no key");
}

bool log_directory_open(struct log_directory *log, struct cli *cli, struct error *error)
{
    size_t by = 0;
    *log = (struct log_directory){0};
    const char *path = directory_of(cli, error);
    if (!path || !(log->directory = directory_open(path, error)) || !read_keys(log, error) ||
        !directory_last_checkpoint(log->directory, log->keys, log->key_count, &log->checkpoint,
                                   &log->note, &by, error)) {
        if (path)
            error_context(error, "while opening the log in \"%s\"", path);
        return false;
    }
    if (log->note.length == 0)
        return error_set(error, ERROR_FAILED, "the log in \"%s\" has no checkpoint yet", path);
    log->own = log->keys[by];
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

/* --- keys that the log names --- */

/* Takes the key of an entry that announces one. */
static void take_key(struct log_directory *log, const char *bytes, size_t length)
{
    struct entry *entry = xmalloc(sizeof(*entry));
    struct error ignored _cleanup_error_ = {0};
    if (entry_read(entry, bytes, length, &ignored) && entry->type &&
        (strcmp(entry->type_name, "genesis") == 0 || strcmp(entry->type_name, "rotate") == 0))
        add_key(log, entry_value(entry, "vkey"), &ignored);
    free(entry);
}

/* Of an entry that was pruned. */
static bool take_key_of_proof(void *arg, const char *name)
{
    struct log_directory *log = arg;
    struct text path _cleanup_text_ = {0}, proof _cleanup_text_ = {0}, entry _cleanup_text_ = {0};
    struct error ignored _cleanup_error_ = {0};
    bool absent;
    text_printf(&path, "proofs/%s", name);
    if (!directory_read(log->directory, path.data, PROOF_MOST, &proof, &absent, &ignored) || absent)
        return true;
    const char *extra = strstr(text_string(&proof), "\nextra ");
    if (extra && base64_decode(&entry, extra + 7, strcspn(extra + 7, "\n")))
        take_key(log, text_string(&entry), entry.length);
    return true;
}

/* What is found so only tells which signature to look for: the proof itself rests on the tiles. */
static bool find_keys(struct log_directory *log, struct error *error)
{
    uint64_t size = log->checkpoint.size;
    for (uint64_t n = 0; n * TILE_WIDTH < size; n++) {
        struct text bundle _cleanup_text_ = {0};
        const uint8_t *entry;
        size_t at = 0, length;
        bool absent;
        if (!directory_read_bundle(log->directory, n, tile_width(TILE_ENTRIES, n, size), &bundle,
                                   &absent, error))
            return false;
        while (!absent &&
               bundle_next((const uint8_t *)bundle.data, bundle.length, &at, &entry, &length))
            take_key(log, (const char *)entry, length);
    }
    return directory_each(log->directory, "proofs", take_key_of_proof, log, error);
}

static bool open_by_keys(const struct log_directory *log, const char *note, size_t length,
                         struct checkpoint *ret_old, struct error *error)
{
    return checkpoint_open_by(ret_old, note, length, log->keys, log->key_count, NULL, error);
}

bool log_directory_open_old(struct log_directory *log, const char *note, size_t length,
                            struct checkpoint *ret_old, struct error *error)
{
    struct error first _cleanup_error_ = {0};
    if (open_by_keys(log, note, length, ret_old, &first))
        return true;
    if (!find_keys(log, error))
        return false;
    if (open_by_keys(log, note, length, ret_old, error))
        return true;
    if (log->key_count > 1 && strstr(error->primary, "trusted"))
        error_hint(error, "The log's key was rotated; none of its %zu keys signed this checkpoint.",
                   log->key_count);
    return false;
}

/* --- entries --- */

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
        proof_entry_verify(result, out->data + start, out->length - start, &log->own, 1, error);
    free(result);
    return right;
}
