#include "ledger/proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/digest.h"
#include "ledger/lines.h"

#define ENTRY_LINE  "c2sp.org/tlog-proof@v1"
#define RECORD_LINE "retention-record-proof/v1"

enum proof_kind proof_kind_of(const char *bytes, size_t length)
{
    struct lines lines = {bytes, bytes + length};
    const char *value;
    size_t n;
    if (lines_literal(&lines, ENTRY_LINE))
        return PROOF_ENTRY;
    if (lines_literal(&lines, RECORD_LINE))
        return PROOF_RECORD;
    return lines_field(&lines, "old", &value, &n) ? PROOF_CONSISTENCY : PROOF_NONE;
}

/* --- writing --- */

static void add_base64_line(struct text *out, const char *word, const void *bytes, size_t n)
{
    if (word)
        text_printf(out, "%s ", word);
    base64_encode(out, bytes, n);
    text_add_char(out, '\n');
}

static void add_hashes(struct text *out, const struct merkle_proof *proof)
{
    for (size_t i = 0; i < proof->count; i++)
        add_base64_line(out, NULL, proof->hashes[i], MERKLE_HASH_SIZE);
    text_add_char(out, '\n');
}

void proof_entry_write(struct text *out, const void *entry, size_t entry_length, uint64_t index,
                       const struct merkle_proof *proof, const char *checkpoint)
{
    text_add(out, ENTRY_LINE "\n");
    add_base64_line(out, "extra", entry, entry_length);
    text_printf(out, "index %" PRIu64 "\n", index);
    add_hashes(out, proof);
    text_add(out, checkpoint);
}

void proof_consistency_write(struct text *out, uint64_t old_size, const struct merkle_proof *proof,
                             const char *checkpoint)
{
    text_printf(out, "old %" PRIu64 "\n", old_size);
    add_hashes(out, proof);
    text_add(out, checkpoint);
}

void proof_record_write(struct text *out, const uint8_t *rk_text, size_t rk_length,
                        const uint8_t opening[32], uint64_t index, const struct merkle_proof *proof,
                        const char *entry_proof)
{
    text_add(out, RECORD_LINE "\n");
    add_base64_line(out, "record", rk_text, rk_length);
    add_base64_line(out, "opening", opening, DIGEST_SIZE);
    text_printf(out, "index %" PRIu64 "\n", index);
    add_hashes(out, proof);
    text_add(out, entry_proof);
}

/* --- reading --- */

static bool read_number_field(struct lines *lines, const char *word, uint64_t *ret_number)
{
    const char *value;
    size_t length;
    return lines_field(lines, word, &value, &length) &&
           lines_read_number(value, length, ret_number);
}

/* A field of at most `most` bytes. */
static bool read_bytes_field(struct lines *lines, const char *word, uint8_t *ret_bytes, size_t most,
                             size_t *ret_length)
{
    struct text bytes _cleanup_text_ = {0};
    const char *value;
    size_t length;
    if (!lines_field(lines, word, &value, &length) || length > (most + 2) / 3 * 4 ||
        !base64_decode(&bytes, value, length) || bytes.length > most)
        return false;
    memcpy(ret_bytes, bytes.data, bytes.length);
    *ret_length = bytes.length;
    return true;
}

/* Hashes up to the blank line, which is taken too. */
static bool read_hashes(struct lines *lines, struct merkle_proof *ret_proof)
{
    const char *line;
    size_t length;
    ret_proof->count = 0;
    while (lines_next(lines, &line, &length)) {
        if (length == 0)
            return true;
        if (ret_proof->count == MERKLE_MOST_PROOF ||
            !lines_read_base64(line, length, ret_proof->hashes[ret_proof->count++],
                               MERKLE_HASH_SIZE))
            return false;
    }
    return false;
}

static const uint8_t (*hashes_of(const struct merkle_proof *proof))[MERKLE_HASH_SIZE]
{
    return (const uint8_t(*)[MERKLE_HASH_SIZE])proof->hashes;
}

static bool not_well_formed(struct error *error, const char *what)
{
    return error_set(error, ERROR_LOG, "%s is not well formed", what);
}

bool proof_entry_read(const char *bytes, size_t length, uint64_t *ret_index, uint8_t *ret_entry,
                      size_t *ret_entry_length)
{
    struct lines lines = {bytes, bytes + length};
    return lines_literal(&lines, ENTRY_LINE) &&
           read_bytes_field(&lines, "extra", ret_entry, ENTRY_MOST_BYTES, ret_entry_length) &&
           read_number_field(&lines, "index", ret_index);
}

bool proof_entry_verify(struct proof_result *ret_result, const char *bytes, size_t length,
                        const struct note_verifier *verifiers, size_t count, struct error *error)
{
    struct lines lines = {bytes, bytes + length};
    struct merkle_proof proof;
    uint8_t entry[ENTRY_MOST_BYTES], leaf[MERKLE_HASH_SIZE];
    size_t entry_length;
    *ret_result = (struct proof_result){0};
    if (!lines_literal(&lines, ENTRY_LINE) ||
        !read_bytes_field(&lines, "extra", entry, sizeof(entry), &entry_length) ||
        !read_number_field(&lines, "index", &ret_result->index) || !read_hashes(&lines, &proof))
        return not_well_formed(error, "proof of the entry");
    if (!checkpoint_open_by(&ret_result->checkpoint, lines.at, (size_t)(lines.end - lines.at),
                            verifiers, count, NULL, error))
        return false;
    if (ret_result->index >= ret_result->checkpoint.size)
        return error_set(error, ERROR_LOG,
                         "entry %" PRIu64 " cannot be in a log of %" PRIu64 " entries",
                         ret_result->index, ret_result->checkpoint.size);
    merkle_leaf(entry, entry_length, leaf);
    if (!merkle_verify_inclusion(ret_result->index, ret_result->checkpoint.size, leaf,
                                 hashes_of(&proof), proof.count, ret_result->checkpoint.root))
        return error_set(error, ERROR_LOG, "entry is not entry %" PRIu64 " of the log",
                         ret_result->index);
    return entry_read(&ret_result->entry, (const char *)entry, entry_length, error);
}

bool proof_consistency_verify(struct proof_result *ret_result, const char *bytes, size_t length,
                              const struct checkpoint *old, const struct note_verifier *verifiers,
                              size_t count, struct error *error)
{
    struct lines lines = {bytes, bytes + length};
    struct merkle_proof proof;
    uint64_t old_size;
    *ret_result = (struct proof_result){0};
    if (!read_number_field(&lines, "old", &old_size) || !read_hashes(&lines, &proof))
        return not_well_formed(error, "proof of consistency");
    if (!checkpoint_open_by(&ret_result->checkpoint, lines.at, (size_t)(lines.end - lines.at),
                            verifiers, count, NULL, error))
        return false;
    if (strcmp(old->origin, ret_result->checkpoint.origin) != 0)
        return error_set(error, ERROR_LOG, "old checkpoint is of log \"%s\", the new one of \"%s\"",
                         old->origin, ret_result->checkpoint.origin);
    if (old_size != old->size)
        return error_set(error, ERROR_LOG,
                         "proof is from size %" PRIu64 ", the old checkpoint of size %" PRIu64,
                         old_size, old->size);
    if (old_size > ret_result->checkpoint.size)
        return error_set(error, ERROR_LOG,
                         "log has shrunk: %" PRIu64 " entries then, %" PRIu64 " now", old_size,
                         ret_result->checkpoint.size);
    if (!merkle_verify_consistency(old_size, ret_result->checkpoint.size, old->root,
                                   ret_result->checkpoint.root, hashes_of(&proof), proof.count)) {
        error_set(error, ERROR_LOG,
                  "log of %" PRIu64 " entries does not extend the log of %" PRIu64 " entries",
                  ret_result->checkpoint.size, old_size);
        error_hint(error, "One key has signed two histories, or the proof is of another log.");
        return false;
    }
    return true;
}

bool proof_rk_read(const uint8_t *rk_text, size_t length, const char **ret_relation,
                   size_t *ret_relation_length, proof_column_fn *column, void *arg)
{
    const uint8_t *at = rk_text, *end = rk_text + length;
    uint32_t columns = 0;
    /* Field 0 is the relation; the count stands before field 1. */
    for (uint32_t i = 0; i <= columns; i++) {
        if (end - at < 4)
            return false;
        uint32_t n = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        at += 4;
        /* Texts as PostgreSQL has them: what else is in one could not be told of. */
        if (n > (size_t)(end - at) || memchr(at, 0, n) || !text_is_valid_utf8((const char *)at, n))
            return false;
        if (i > 0 && column)
            column(arg, (const char *)at, n);
        if (i == 0) {
            *ret_relation = (const char *)at;
            *ret_relation_length = n;
        }
        at += n;
        if (i > 0)
            continue;
        if (end - at < 4)
            return false;
        columns = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        if (columns == 0 || columns == UINT32_MAX)
            return false;
        at += 4;
    }
    return at == end;
}

/* The record is in the batch whose entry the result holds. */
static bool record_is_in_batch(const struct proof_result *result, const struct merkle_proof *proof,
                               const uint8_t opening[DIGEST_SIZE], struct error *error)
{
    const char *relation, *entry_relation = entry_value(&result->entry, "relation");
    const char *records = entry_value(&result->entry, "records");
    const char *rows = entry_value(&result->entry, "rows");
    size_t relation_length;
    uint64_t count;
    uint8_t ref[DIGEST_SIZE], leaf[MERKLE_HASH_SIZE], root[MERKLE_HASH_SIZE];
    if (!proof_rk_read(result->rk_text, result->rk_length, &relation, &relation_length, NULL, NULL))
        return not_well_formed(error, "record of the proof");
    if (!records || !rows)
        return error_set(error, ERROR_LOG, "entry of type %s tells of no records",
                         result->entry.type_name);
    if (!hex_decode(root, sizeof(root), records, strlen(records)))
        return error_set(error, ERROR_LOG, "entry has counts, and no digests of records");
    if (strlen(entry_relation) != relation_length ||
        memcmp(entry_relation, relation, relation_length) != 0)
        return error_set(error, ERROR_LOG, "record is of another relation than the entry");
    if (!lines_read_number(rows, strlen(rows), &count) ||
        !digest_open(result->rk_text, result->rk_length, opening, ref))
        return error_set(error, ERROR_LOG, "record could not be opened");
    merkle_leaf(ref, sizeof(ref), leaf);
    if (!merkle_verify_inclusion(result->record_index, count, leaf, hashes_of(proof), proof->count,
                                 root))
        return error_set(error, ERROR_LOG, "record is not among those of the entry");
    return true;
}

bool proof_record_verify(struct proof_result *ret_result, const char *bytes, size_t length,
                         const struct note_verifier *verifiers, size_t count, struct error *error)
{
    struct lines lines = {bytes, bytes + length};
    struct merkle_proof proof;
    uint8_t rk_text[sizeof(ret_result->rk_text)], opening[DIGEST_SIZE];
    size_t rk_length, opening_length;
    uint64_t index;
    *ret_result = (struct proof_result){0};
    if (!lines_literal(&lines, RECORD_LINE) ||
        !read_bytes_field(&lines, "record", rk_text, sizeof(rk_text), &rk_length) ||
        !read_bytes_field(&lines, "opening", opening, sizeof(opening), &opening_length) ||
        opening_length != sizeof(opening) || !read_number_field(&lines, "index", &index) ||
        !read_hashes(&lines, &proof))
        return not_well_formed(error, "proof of the record");
    if (!proof_entry_verify(ret_result, lines.at, (size_t)(lines.end - lines.at), verifiers, count,
                            error))
        return false;
    memcpy(ret_result->rk_text, rk_text, rk_length);
    ret_result->rk_length = rk_length;
    ret_result->record_index = index;
    return record_is_in_batch(ret_result, &proof, opening, error);
}
