/* Records of a batch: answers read, digests made, entries written. Nothing here talks to the
 * server.
 *
 * Keys are read where libpq has them and become digests at once; only careful batches copy the keys
 * of the records they locked, into the batch's arena. So memory is bounded by the batch, whatever
 * the run deletes. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/text.h"
#include "engine/batch_internal.h"
#include "engine/binary.h"
#include "ledger/entry.h"
#include "pg/sqlstate.h"

enum { MOST_KEY_COLUMNS = 32 };

static bool bad_shape(struct error *error, const char *what)
{
    return error_set(error, ERROR_FAILED, "unexpected answer of the server: %s", what);
}

/* --- what was removed --- */

static void note_ref(struct batch *batch, struct taken *taken, const uint8_t ref[DIGEST_SIZE])
{
    if (taken->ref_count == taken->ref_capacity) {
        taken->ref_capacity = taken->ref_capacity ? taken->ref_capacity * 2 : 256;
        taken->refs = xrealloc(taken->refs, taken->ref_capacity * DIGEST_SIZE);
    }
    memcpy(taken->refs[taken->ref_count++], ref, DIGEST_SIZE);
    (void)batch;
}

/* Opens a column of an answer: of rows, or of arrays in its only row; it must have so many values.
 */
static bool open_column(struct column_reader *reader, const PGresult *result, bool rows, int column,
                        int64_t count)
{
    if (rows)
        column_open_rows(reader, result, column);
    else if (!column_open_array(reader, result, column))
        return false;
    return (int64_t)reader->count == count;
}

static bool take_keys(struct batch *batch, const PGresult *result, bool in_rows, size_t relation,
                      int column, int64_t rows, struct error *error)
{
    struct taken *taken = &batch->taken[relation];
    struct digester *digester = batch->run->digesters[relation];
    size_t columns = batch->run->sql->relations[relation].key.count;
    struct column_reader readers[MOST_KEY_COLUMNS];
    const char *values[MOST_KEY_COLUMNS];
    size_t lengths[MOST_KEY_COLUMNS];
    char texts[MOST_KEY_COLUMNS][BINARY_TEXT_SIZE];
    if (columns == 0 || columns > MOST_KEY_COLUMNS)
        return bad_shape(error, "number of key columns");
    for (size_t c = 0; c < columns; c++)
        if (!open_column(&readers[c], result, in_rows, column + (int)c, rows))
            return bad_shape(error, "keys do not match the rows");
    for (int64_t row = 0; row < rows; row++) {
        for (size_t c = 0; c < columns; c++)
            if (!column_next(&readers[c], &values[c], &lengths[c]) || !values[c] ||
                !binary_text(readers[c].type, &values[c], &lengths[c], texts[c]))
                return bad_shape(error, "a key is null");
        uint8_t ref[DIGEST_SIZE];
        digester_ref(digester, values, lengths, ref);
        note_ref(batch, taken, ref);
    }
    return true;
}

/* Row by row: those of one tenant often follow each other. */
static bool take_tenants(struct batch *batch, const PGresult *result, bool in_rows, int column,
                         int64_t rows, struct error *error)
{
    struct column_reader names;
    if (!open_column(&names, result, in_rows, column, rows))
        return bad_shape(error, "tenants do not match the rows");
    for (int64_t row = 0; row < rows; row++) {
        const char *name;
        size_t length;
        if (!column_next(&names, &name, &length))
            return bad_shape(error, "tenants");
        if (!name)
            continue; /* no tenant: the limits over all rows count it */
        uint64_t hash = brake_tenant_hash(&batch->run->brake, name, length);
        size_t count = batch->tenant_count;
        if (count > batch->tenant_mark && batch->tenants[count - 1].hash == hash) {
            batch->tenants[count - 1].rows++;
            continue;
        }
        if (count == batch->tenant_capacity) {
            batch->tenant_capacity = count ? count * 2 : 256;
            batch->tenants =
                xrealloc(batch->tenants, batch->tenant_capacity * sizeof(*batch->tenants));
        }
        batch->tenants[batch->tenant_count++] = (struct tenant_count){hash, 1};
    }
    return true;
}

static bool not_changed(struct error *error)
{
    error_set(error, ERROR_FAILED, "%s", sqlstate_condition(SQLSTATE_NOT_CHANGED));
    error_set_sqlstate(error, SQLSTATE_NOT_CHANGED);
    return false;
}

/* A trigger may have put other values in the place of those that were set. */
static bool all_changed(const PGresult *result, int column, struct error *error)
{
    int64_t unchanged;
    if (PQnfields(result) <= column || !binary_int64(result, 0, column, &unchanged))
        return bad_shape(error, "count of records that did not change");
    return unchanged == 0 || not_changed(error);
}

/* What goes uncounted would be missing in the sums for ever. Of records that stay, more may have
 * been counted than were changed: a trigger kept one as it was. */
static bool all_counted(const PGresult *result, int column, bool stay, struct error *error)
{
    int64_t uncounted;
    if (PQnfields(result) <= column || !binary_int64(result, 0, column, &uncounted))
        return bad_shape(error, "records that were not counted");
    if (uncounted < 0 && stay)
        return not_changed(error);
    return uncounted == 0 || bad_shape(error, "records that were not counted");
}

/* Tenants and keys of what was taken out of a relation. */
static bool take_records(struct batch *batch, const PGresult *result, bool in_rows, size_t relation,
                         int tenants_at, int keys_at, int64_t rows, struct error *error)
{
    if (rows <= 0)
        return true;
    batch->taken[relation].rows += rows;
    if (tenants_at >= 0 && batch->run->category->has_tenant &&
        brake_counts_tenants(&batch->run->brake) &&
        !take_tenants(batch, result, in_rows, tenants_at, rows, error))
        return false;
    return !batch->run->digesters ||
           take_keys(batch, result, in_rows, relation, keys_at, rows, error);
}

bool batch_take_deleted(struct batch *batch, const PGresult *result, size_t relation,
                        struct error *error)
{
    int tenants = batch->run->category->has_tenant;
    int columns = (int)batch->run->sql->relations[relation].key.count;
    if (PQresultStatus(result) == PGRES_COMMAND_OK && columns == 0 && !tenants) {
        batch->taken[relation].rows +=
            strtoll(PQcmdTuples((PGresult *)(uintptr_t)result), NULL, 10);
        return true;
    }
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQnfields(result) != tenants + columns)
        return bad_shape(error, "what was deleted");
    return take_records(batch, result, true, relation, tenants ? 0 : -1, tenants, PQntuples(result),
                        error);
}

bool batch_take_read(struct batch *batch, const PGresult *result, size_t relation,
                     int64_t *ret_staying, struct error *error)
{
    int tenants = batch->run->category->has_tenant;
    int columns = (int)batch->run->sql->relations[relation].key.count;
    *ret_staying = 0;
    if (!tenants && !columns) {
        int64_t rows;
        if (PQntuples(result) != 1 || PQnfields(result) != 2 ||
            !binary_int64(result, 0, 0, &rows) || !binary_int64(result, 0, 1, ret_staying))
            return bad_shape(error, "count of rows");
        batch->taken[relation].rows += rows;
        return true;
    }
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQnfields(result) != tenants + columns + 1)
        return bad_shape(error, "records of a leaf");
    for (int row = 0; row < PQntuples(result); row++) {
        bool stays;
        if (!binary_bool(result, row, tenants + columns, &stays))
            return bad_shape(error, "records that are to stay");
        *ret_staying += stays;
    }
    return take_records(batch, result, true, relation, tenants ? 0 : -1, tenants, PQntuples(result),
                        error);
}

bool batch_take_removed(struct batch *batch, const PGresult *result, size_t relation,
                        bool tenants_follow, struct error *error)
{
    int64_t rows;
    size_t columns = batch->run->sql->relations[relation].key.count;
    int keys_at = tenants_follow ? 2 : 1;
    if (PQntuples(result) != 1 || PQnfields(result) < keys_at + (int)columns ||
        !binary_int64(result, 0, 0, &rows) || rows < 0)
        return bad_shape(error, "count of rows");
    if (!take_records(batch, result, false, relation, tenants_follow ? 1 : -1, keys_at, rows,
                      error))
        return false;
    if (!tenants_follow)
        return policy_stage_removes(batch->run->sql->stage) ||
               all_changed(result, keys_at + (int)columns, error);
    const struct stage *stage = batch->run->sql->stage;
    int at = keys_at + (int)columns;
    if (!policy_stage_removes(stage) && !all_changed(result, at++, error))
        return false;
    return (!stage->aggregate && !stage->quasi.count) ||
           all_counted(result, at, !policy_stage_removes(stage), error);
}

void batch_mark(struct batch *batch)
{
    for (size_t i = 0; i < batch->taken_count; i++) {
        batch->taken[i].mark_rows = batch->taken[i].rows;
        batch->taken[i].mark_refs = batch->taken[i].ref_count;
    }
    batch->tenant_mark = batch->tenant_count;
}

void batch_back_to_mark(struct batch *batch)
{
    for (size_t i = 0; i < batch->taken_count; i++) {
        batch->taken[i].rows = batch->taken[i].mark_rows;
        batch->taken[i].ref_count = batch->taken[i].mark_refs;
    }
    batch->tenant_count = batch->tenant_mark;
}

/* --- what was locked --- */

static bool copy_column(struct arena *arena, const PGresult *result, int column, size_t count,
                        struct cell *cells, size_t stride, struct error *error)
{
    struct array_reader reader;
    if (!array_open(&reader, result, 0, column) || reader.count != count)
        return bad_shape(error, "locked rows");
    if (count == 0)
        return true;
    /* One copy of the whole value; the cells point into it. */
    size_t length = (size_t)PQgetlength(result, 0, column);
    char *copy = arena_alloc(arena, length);
    memcpy(copy, PQgetvalue(result, 0, column), length);
    ptrdiff_t moved = reader.cursor - PQgetvalue(result, 0, column);
    reader.cursor = copy + moved;
    reader.end = copy + length;
    for (size_t i = 0; i < count; i++) {
        struct cell *cell = &cells[i * stride];
        if (!array_next(&reader, &cell->bytes, &cell->length) || !cell->bytes)
            return bad_shape(error, "a key is null");
    }
    return true;
}

bool batch_take_locked(struct batch *batch, const PGresult *result, struct error *error)
{
    struct locked_set *locked = &batch->locked;
    size_t columns = batch->run->sql->relations[batch->taken_count - 1].key.count;
    int64_t rows;
    *locked = (struct locked_set){.columns = columns};
    if (PQntuples(result) != 1 || PQnfields(result) < 3 + (int)columns ||
        !binary_int64(result, 0, 0, &rows) || rows < 0 || !binary_bool(result, 0, 1, &locked->more))
        return bad_shape(error, "count of locked rows");
    locked->count = (size_t)rows;
    locked->tids = arena_alloc(batch->arena, (locked->count + 1) * sizeof(struct cell));
    locked->keys = arena_alloc(batch->arena, (locked->count * columns + 1) * sizeof(struct cell));
    if (!copy_column(batch->arena, result, 2, locked->count, locked->tids, 1, error))
        return false;
    for (size_t c = 0; c < columns; c++)
        if (!copy_column(batch->arena, result, 3 + (int)c, locked->count, locked->keys + c, columns,
                         error))
            return false;
    return true;
}

bool batch_take_relation_keys(struct batch *batch, const PGresult *result, size_t relation,
                              struct error *error)
{
    size_t columns = batch->run->sql->relations[relation].key.count;
    struct relation_keys *keys = &batch->relation_keys[relation];
    int64_t rows;
    if (PQntuples(result) != 1 || PQnfields(result) < 1 + (int)columns ||
        !binary_int64(result, 0, 0, &rows) || rows < 0)
        return bad_shape(error, "count of locked dependants");
    *keys = (struct relation_keys){.count = (size_t)rows, .columns = columns, .known = true};
    keys->cells = arena_alloc(batch->arena, (keys->count * columns + 1) * sizeof(struct cell));
    for (size_t c = 0; c < columns; c++)
        if (!copy_column(batch->arena, result, 1 + (int)c, keys->count, keys->cells + c, columns,
                         error))
            return false;
    return true;
}

void batch_digest_of(struct batch *batch, size_t record, uint8_t ret_digest[DIGEST_SIZE])
{
    const struct locked_set *locked = &batch->locked;
    size_t relation = batch->taken_count - 1;
    if (batch->run->digesters) {
        const char *values[MOST_KEY_COLUMNS];
        size_t lengths[MOST_KEY_COLUMNS];
        assert(locked->columns <= MOST_KEY_COLUMNS);
        for (size_t c = 0; c < locked->columns; c++) {
            values[c] = locked->keys[record * locked->columns + c].bytes;
            lengths[c] = locked->keys[record * locked->columns + c].length;
        }
        digester_ref(batch->run->digesters[relation], values, lengths, ret_digest);
        return;
    }
    /* evidence = "counts": no keyed digest; where the row stands says nothing about a person. */
    struct text text _cleanup_text_ = {0};
    text_printf(&text, "%s\n%u\n", batch->run->sql->relations[relation].relation,
                batch->work.leaf->oid);
    text_add_n(&text, locked->tids[record].bytes, locked->tids[record].length);
    digest_sha256(text.data, text.length, ret_digest);
}

void batch_make_picks(struct batch *batch)
{
    const struct digest_set *blocked = &batch->run->blocked;
    batch->picks = arena_alloc(batch->arena, (batch->locked.count + 1) * sizeof(*batch->picks));
    batch->pick_count = 0;
    for (size_t i = 0; i < batch->locked.count; i++) {
        if (blocked->count > 0) {
            uint8_t digest[DIGEST_SIZE];
            batch_digest_of(batch, i, digest);
            if (digest_set_has(blocked, digest)) {
                batch->result.met++;
                continue;
            }
        }
        batch->picks[batch->pick_count++] = i;
    }
}

bool batch_take_judged(struct batch *batch, const PGresult *result, enum step step,
                       struct error *error)
{
    struct array_reader reader;
    int64_t rows;
    if (PQntuples(result) != 1 || PQnfields(result) < 2 || !binary_int64(result, 0, 0, &rows) ||
        !array_open(&reader, result, 0, 1) || reader.count != (size_t)rows)
        return bad_shape(error, "judged rows");
    /* Both are in the order of tids, and what was judged is part of the picks. */
    size_t next = 0;
    while (reader.left > 0) {
        const char *tid;
        size_t length;
        if (!array_next(&reader, &tid, &length) || !tid)
            return bad_shape(error, "judged rows");
        for (;; next++) {
            if (next == batch->pick_count)
                return bad_shape(error, "judged rows that were not locked");
            const struct cell *cell = &batch->locked.tids[batch->picks[next]];
            if (cell->length == length && memcmp(cell->bytes, tid, length) == 0)
                break;
        }
        if (step == STEP_JUDGE_ROWS)
            batch->verdicts[next].due = true;
        else
            batch->verdicts[next].unlocked = true;
        next++;
    }
    return true;
}

void batch_keep_judged(struct batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->pick_count; i++) {
        const struct verdict *verdict = &batch->verdicts[i];
        if (!verdict->due)
            continue;
        if (verdict->unlocked)
            batch->result.left++;
        else
            batch->picks[kept++] = batch->picks[i];
    }
    batch->pick_count = kept;
    batch->verdicts = NULL;
}

bool tid_parse(const char *text, size_t length, struct tid *ret)
{
    char copy[32];
    unsigned block, offset;
    char end;
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (sscanf(copy, "(%u,%u%c", &block, &offset, &end) != 3 || end != ')' || offset > UINT16_MAX)
        return false;
    *ret = (struct tid){block, (uint16_t)offset};
    return true;
}

void batch_tids_literal(const struct batch *batch, struct part part, struct text *out)
{
    text_add_char(out, '{');
    for (size_t i = part.from; i < part.to; i++) {
        const struct cell *tid = &batch->locked.tids[batch->picks[i]];
        if (i > part.from)
            text_add_char(out, ',');
        array_literal_add(out, tid->bytes, tid->length);
    }
    text_add_char(out, '}');
}

void batch_keys_literal(const struct batch *batch, size_t relation, struct part part, size_t column,
                        struct text *out)
{
    text_add_char(out, '{');
    if (relation == batch->taken_count - 1) {
        const struct locked_set *locked = &batch->locked;
        for (size_t i = part.from; i < part.to; i++) {
            const struct cell *key = &locked->keys[batch->picks[i] * locked->columns + column];
            if (i > part.from)
                text_add_char(out, ',');
            array_literal_add(out, key->bytes, key->length);
        }
    } else {
        const struct relation_keys *keys = &batch->relation_keys[relation];
        assert(keys->known);
        for (size_t i = 0; i < keys->count; i++) {
            const struct cell *key = &keys->cells[i * keys->columns + column];
            if (i > 0)
                text_add_char(out, ',');
            array_literal_add(out, key->bytes, key->length);
        }
    }
    text_add_char(out, '}');
}

/* --- entries --- */

bool batch_entry(struct batch *batch, size_t relation, int64_t seq, struct text *out,
                 struct error *error)
{
    struct run *run = batch->run;
    struct taken *taken = &batch->taken[relation];
    const enum action action = run->category->stages[run->stage].action;
    const bool is_dependant = relation + 1 < run->sql->relation_count;
    const bool removes = policy_stage_removes(run->sql->stage);
    char seq_text[24], epoch[24], rows[24], records[2 * DIGEST_SIZE + 1] = "none";
    snprintf(seq_text, sizeof(seq_text), "%lld", (long long)seq);
    snprintf(epoch, sizeof(epoch), "%lld", (long long)batch->epoch);
    snprintf(rows, sizeof(rows), "%lld", (long long)taken->rows);
    if (run->digesters) {
        if ((int64_t)taken->ref_count != taken->rows)
            return bad_shape(error, "digests do not match the rows");
        uint8_t root[DIGEST_SIZE];
        digest_sort_refs(taken->refs, taken->ref_count);
        digest_records_root((const uint8_t(*)[DIGEST_SIZE])taken->refs, taken->ref_count, root);
        hex_encode(records, root, DIGEST_SIZE);
    }
    const struct {
        const char *field;
        const char *value;
    } known[] = {
        {"run", run->id},
        {"seq", seq_text},
        {"category", run->category->name},
        {"relation", run->sql->relations[relation].relation},
        {"action", policy_action_name(!is_dependant ? action
                                      : removes     ? ACTION_DELETE
                                                    : ACTION_DEIDENTIFY)},
        {"epoch", epoch},
        {"rows", rows},
        {"records", records},
        {"xid", batch->xid},
    };
    const struct entry_type *type = entry_type_find("batch");
    const char *values[ENTRY_MOST_FIELDS] = {0};
    for (size_t f = 0; f < type->field_count; f++)
        for (size_t k = 0; k < ARRAY_LENGTH(known); k++)
            if (strcmp(type->fields[f].name, known[k].field) == 0)
                values[f] = known[k].value;
    uint8_t salt[16];
    random_bytes(salt, sizeof(salt));
    return entry_write(out, type, batch->at, salt, values, error);
}
