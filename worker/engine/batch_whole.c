/* A leaf that is emptied as a whole: one transaction, whatever its size.
 *
 *   1  BEGIN; pins; LOCK leaf; begin_batch; what stands against it
 *   2  for each part of the leaf: the entry of the part before; the rows of this one
 *   3  the last entry; TRUNCATE; COMMIT
 *
 * The lock comes first, and keeps everybody from changing the leaf, not from reading it, until the
 * transaction ends. Then every row is looked at (but see below), by the condition that rows go by
 * one by one: if one of them would stay, nothing goes. So what was read is what TRUNCATE takes
 * away, and what the entries tell; each part has an entry of its own, as a batch of so many rows
 * has, and the memory of one part is all that is needed. TRUNCATE waits for those who read the
 * leaf, no longer than lock_timeout.
 *
 * Where the leaf's bounds say that all of its rows are due, and nothing is to be told of a row but
 * that it went (sql_whole.c), its rows are not read but counted, before the gate:
 *
 *   1  BEGIN; pins; LOCK leaf; what the bounds say
 *   2  how many rows; begin_batch; is there a hold of the category? what stands against it
 *   3  the entry; TRUNCATE; COMMIT
 *
 * Nothing here insists: where a lock cannot be had a few times, where anything stands against it,
 * or it takes long while holds wait for the gate, it is rolled back, and the leaf goes by its rows.
 *
 * Invariants:
 *  - the parts are the leaf from its first block to behind the last one that a table can have;
 *  - TRUNCATE is sent only when all parts were read under the lock and no row was to stay, with the
 *    rows counted by the brake and an entry for every part that has some. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "engine/batch_internal.h"
#include "engine/binary.h"
#include "engine/strategy.h"
#include "pg/sqlstate.h"

enum {
    MOST_ATTEMPTS = 3,     /* of locking it */
    MOST_US = 5 * 1000000, /* holds wait for the gate, which this keeps */
    PART_BLOCKS = 64,      /* where nothing is known of the rows' size */
    PIECES = 4,            /* of a part */
};

static size_t table_relation(const struct batch *batch)
{
    return batch->run->sql->relation_count - 1;
}

static void go_by_rows(struct batch *batch, const char *because)
{
    log_info("category \"%s\": partition %s goes row by row: %s", batch->run->category->name,
             batch->work.leaf->quoted, because);
    batch_end_with(batch, BATCH_BY_ROWS);
}

/* --- what stands against it --- */

static void send_facts(struct batch *batch)
{
    const char *values[] = {batch->work.leaf->quoted, NULL};
    batch_queue(batch, STEP_WHOLE_FACTS, 0, strategy_whole_sql(), 2, values);
    batch_end_group(batch);
}

void batch_send_whole(struct batch *batch)
{
    if (batch->sql->whole_proof.text[0] && !batch->work.leaf->unproven) {
        batch_begin_group(batch, BATCH_STATE_PROVING);
        batch_send_begin(batch);
        batch_queue(batch, STEP_PROOF_SETTING, 0, strategy_proof_settings(), 0, NULL);
        batch_queue_range(batch, STEP_PROOF, &batch->sql->whole_proof, &batch->work);
        batch_end_group(batch);
        return;
    }
    batch_begin_group(batch, BATCH_STATE_LOOKING);
    batch_send_prologue(batch);
    send_facts(batch);
}

bool batch_take_proof(struct batch *batch, enum step step, const PGresult *result,
                      struct error *error)
{
    struct whole *whole = &batch->whole;
    bool good = PQntuples(result) == 1;
    if (good && step == STEP_PROOF)
        whole->proven = strategy_is_proven(PQgetvalue(result, 0, 0));
    else if (good && step == STEP_COUNT_LEAF)
        batch->taken[table_relation(batch)].rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    else if (good)
        whole->held = PQgetvalue(result, 0, 0)[0] != 'f';
    return good || error_set(error, ERROR_FAILED, "unexpected answer of the server: a whole leaf");
}

/* Shared among processes of the server like what a run counts besides: the leaf is locked
 * meanwhile. For the proof there was to be one. */
static void send_count(struct batch *batch)
{
    enum pace_share share = batch->run->pace.preset.share;
    if (share != SHARE_NEVER)
        batch_queue(batch, STEP_PROOF_SETTING, 0,
                    "SET LOCAL max_parallel_workers_per_gather TO DEFAULT", 0, NULL);
    if (share == SHARE_ALONE) {
        const char *values[] = {"false"};
        batch_queue(batch, STEP_PROOF_SETTING, 0, sql_file("engine/share.sql"),
                    ARRAY_LENGTH(values), values);
    }
    batch_queue(batch, STEP_COUNT_LEAF, 0, batch->sql->whole_count, 0, NULL);
}

/* Counted first: holds do not wait for that. */
void batch_leaf_proven(struct batch *batch)
{
    if (!batch->whole.proven) {
        batch_end_with(batch, BATCH_UNPROVEN);
        return;
    }
    batch_begin_group(batch, BATCH_STATE_LOOKING);
    send_count(batch);
    batch_send_gate(batch);
    const char *category[] = {batch->run->category->name};
    batch_queue(batch, STEP_ANY_HOLD, 0, sql_file("engine/any_hold.sql"), 1, category);
    send_facts(batch);
}

bool batch_take_facts(struct batch *batch, const PGresult *result, struct error *error)
{
    (void)error;
    const char *because = strategy_not_whole(result);
    if (because)
        batch->whole.because = arena_strdup(batch->arena, because);
    else
        batch->whole.blocks = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    return true;
}

/* Where nothing is named, nothing needs to be kept of a row: all of them are one part. */
static int64_t part_blocks(const struct batch *batch)
{
    if (!batch->run->digesters && !batch->run->category->has_tenant)
        return batch->whole.blocks;
    return batch->run->sweep.row_blocks > 0 ? 2 * batch->run->sweep.most_blocks : PART_BLOCKS;
}

/* In several statements: of the rows of one, digests are made while the server reads the next. */
static void send_part(struct batch *batch)
{
    struct whole *whole = &batch->whole;
    const int pieces = batch->run->digesters ? PIECES : 1;
    const int64_t begin = whole->next, size = whole->part_blocks;
    struct work range = batch->work;
    int64_t from = begin;
    for (int i = 1; i <= pieces; i++) {
        const int64_t to = begin + size * i / pieces;
        const bool last = i == pieces || to >= whole->blocks;
        if (to == from && !last)
            continue;
        range.from = (struct tid){.block = (uint32_t)from};
        /* the leaf's last one ends behind all that a table can have, as the work says */
        range.to_block = to < whole->blocks ? to : batch->work.to_block;
        batch_queue_range(batch, STEP_READ_PART, &batch->sql->whole_read, &range);
        if (last)
            break;
        pg_conn_flush(batch->lane->conn);
        from = to;
    }
    whole->next = begin + size;
    batch_end_group(batch);
}

/* --- its rows --- */

bool batch_take_part(struct batch *batch, const PGresult *result, struct error *error)
{
    int64_t staying;
    if (!batch_take_read(batch, result, table_relation(batch), &staying, error))
        return false;
    batch->whole.staying += staying;
    return true;
}

static int by_hash(const void *a, const void *b)
{
    const struct tenant_count *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Adds the part's tenants to those counted. */
static void keep_tenants(struct batch *batch)
{
    struct whole *whole = &batch->whole;
    const struct brake_gauge *gauge = &batch->run->brake;
    size_t count = whole->tenant_count;
    whole->tenants =
        xrealloc(whole->tenants, (count + batch->tenant_count + 1) * sizeof(*whole->tenants));
    for (size_t i = 0; i < batch->tenant_count; i++)
        if (brake_knows_tenant(gauge, batch->tenants[i].hash))
            whole->tenants[count++] = batch->tenants[i];
    qsort(whole->tenants, count, sizeof(*whole->tenants), by_hash);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept && whole->tenants[kept - 1].hash == whole->tenants[i].hash)
            whole->tenants[kept - 1].rows += whole->tenants[i].rows;
        else
            whole->tenants[kept++] = whole->tenants[i];
    whole->tenant_count = kept;
    batch->tenant_count = 0;
}

static bool brake_allows_part(struct batch *batch)
{
    struct brake_gauge *gauge = &batch->run->brake;
    struct brake_trip *trip = &batch->result.trip;
    int64_t rows = batch->taken[table_relation(batch)].rows;
    batch->counted += rows;
    bool allowed = brake_count(gauge, rows, trip);
    for (size_t i = 0; i < batch->tenant_count; i++)
        brake_count_tenant(gauge, batch->tenants[i].hash, batch->tenants[i].rows);
    for (size_t i = 0; i < batch->tenant_count && allowed; i++)
        allowed = brake_allows_tenant(gauge, batch->tenants[i].hash, trip);
    keep_tenants(batch);
    return allowed;
}

/* The entry of the part that was read last. */
static void queue_entry(struct batch *batch)
{
    struct whole *whole = &batch->whole;
    struct taken *taken = &batch->taken[table_relation(batch)];
    if (taken->rows == 0)
        return;
    int64_t number = seq_take(&batch->run->seq, 1);
    if (batch->seq_count == 0) {
        batch->seq = number;
        batch->seq_count = 1;
    } else {
        whole->numbers =
            xrealloc(whole->numbers, (whole->number_count + 1) * sizeof(*whole->numbers));
        whole->numbers[whole->number_count++] = number;
    }
    batch_queue_entry(batch, table_relation(batch), number);
    whole->rows += taken->rows;
    taken->rows = 0;
    taken->ref_count = 0;
}

static void send_end(struct batch *batch)
{
    batch_begin_group(batch, BATCH_STATE_COMMITTING);
    queue_entry(batch);
    batch->result.rows = batch->whole.rows;
    batch->result.entries = (int64_t)(1 + batch->whole.number_count);
    batch_queue(batch, STEP_EMPTY, 0, batch->sql->whole_empty, 0, NULL);
    if (FAULT_POINT("batch_before_commit")) {
        batch_queue(batch, STEP_COMMIT, 0, "SELECT 1/0", 0, NULL);
    } else {
        batch->commit_sent = true;
        batch_queue(batch, STEP_COMMIT, 0, "COMMIT", 0, NULL);
    }
    batch_end_group(batch);
    (void)FAULT_POINT("batch_commit_sent");
}

/* Whoever is held, the rows tell. */
static void end_proven(struct batch *batch)
{
    if (batch->whole.held)
        batch_end_with(batch, BATCH_UNPROVEN);
    else if (batch->taken[table_relation(batch)].rows == 0)
        batch_end_with(batch, BATCH_NOTHING);
    else if (!brake_allows_part(batch))
        batch_end_with(batch, BATCH_BRAKE);
    else
        send_end(batch);
}

void batch_leaf_looked_at(struct batch *batch)
{
    if (batch->whole.because) {
        go_by_rows(batch, batch->whole.because);
        return;
    }
    if (batch->whole.proven) {
        end_proven(batch);
        return;
    }
    batch->whole.part_blocks = part_blocks(batch);
    if (batch->whole.part_blocks < 1)
        batch->whole.part_blocks = 1;
    batch_begin_group(batch, BATCH_STATE_READING_LEAF);
    send_part(batch);
}

void batch_part_read(struct batch *batch)
{
    struct whole *whole = &batch->whole;
    if (whole->staying != 0) {
        go_by_rows(batch, "not all of its records are to go");
    } else if (!brake_allows_part(batch)) {
        batch_end_with(batch, BATCH_BRAKE);
    } else if (FAULT_POINT("batch_after_part")) {
        batch_end_with_error(batch, "fault point");
    } else if (clock_monotonic_us() - batch->lane->began_us > MOST_US) {
        go_by_rows(batch, "it is too large to be read at once");
    } else if (whole->next < whole->blocks) {
        batch_begin_group(batch, BATCH_STATE_READING_LEAF);
        queue_entry(batch);
        send_part(batch);
    } else if (whole->rows + batch->taken[table_relation(batch)].rows == 0) {
        batch_end_with(batch, BATCH_NOTHING);
    } else {
        send_end(batch);
    }
}

/* --- failures --- */

bool batch_whole_failed(struct batch *batch)
{
    const char *sqlstate = batch->error.sqlstate;
    enum step step = batch->failed_step.step;
    enum retry_class class = sqlstate_retry_class(sqlstate);
    bool own = step == STEP_LOCK_LEAF || step == STEP_PROOF_SETTING || step == STEP_PROOF ||
               step == STEP_COUNT_LEAF || step == STEP_ANY_HOLD || step == STEP_WHOLE_FACTS ||
               step == STEP_READ_PART || step == STEP_EMPTY;
    if (!sqlstate[0] || class == RETRY_RUN_STOP ||
        (step == STEP_LOCK_LEAF && strcmp(sqlstate, "42P01") == 0))
        return false;
    if (class == RETRY_LOCKED || class == RETRY_AGAIN) {
        if (batch->work.attempts + 1 < MOST_ATTEMPTS)
            batch_again(batch, false);
        else
            go_by_rows(batch, "others use it");
        return true;
    }
    if (!own)
        return false;
    go_by_rows(batch, batch->error.primary);
    return true;
}

void batch_whole_uncount(struct batch *batch)
{
    struct whole *whole = &batch->whole;
    for (size_t i = 0; i < whole->tenant_count; i++)
        brake_uncount_tenant(&batch->run->brake, whole->tenants[i].hash, whole->tenants[i].rows);
    whole->tenant_count = 0;
    for (size_t i = 0; i < whole->number_count; i++)
        seq_give_back(&batch->run->seq, whole->numbers[i], 1);
    whole->number_count = 0;
}

void batch_forget_whole(struct batch *batch)
{
    free(batch->whole.numbers);
    free(batch->whole.tenants);
    batch->whole = (struct whole){0};
}
