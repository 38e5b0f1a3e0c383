/* The requests of a batch: which statements, in which order, with which parameters.
 *
 * A group is what goes out before a sync point; the answers come back in the order of batch->steps.
 * After the first failure PostgreSQL skips the rest of the group, so only that one is kept. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/batch_internal.h"

/* Gates may be waited for longer than what applications use: they take none. */
enum { GATE_TIMEOUT_MS = 2000 };

void batch_begin_group(struct batch *batch, enum batch_state state)
{
    assert(batch->step_next == batch->step_count);
    batch->state = state;
    batch->step_count = batch->step_next = 0;
    batch->failed = false;
    batch->constraint[0] = '\0';
    error_clear(&batch->error);
}

static void note_step(struct batch *batch, enum step step, size_t relation)
{
    if (batch->step_count == batch->step_capacity) {
        batch->step_capacity = batch->step_capacity ? batch->step_capacity * 2 : 32;
        batch->steps = xrealloc(batch->steps, batch->step_capacity * sizeof(*batch->steps));
    }
    batch->steps[batch->step_count++] = (struct request_step){step, relation};
}

void batch_queue(struct batch *batch, enum step step, size_t relation, const char *sql,
                 size_t count, const char *const *values)
{
    note_step(batch, step, relation);
    pg_conn_query(batch->lane->conn, sql, count, values, false, batch_on_result, batch);
}

static void queue_prepared(struct batch *batch, enum step step, const char *name, const char *sql,
                           size_t count, const char *const *values)
{
    note_step(batch, step, 0);
    pg_conn_execute(batch->lane->conn, name, sql, count, values, NULL, NULL, false, batch_on_result,
                    batch);
}

static void queue_lock_timeout(struct batch *batch, int64_t ms)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)ms);
    const char *values[] = {text};
    queue_prepared(batch, STEP_SETTING, "retention_lock_timeout",
                   "SELECT pg_catalog.set_config('lock_timeout', $1, true)", 1, values);
}

void batch_end_group(struct batch *batch)
{
    pg_conn_sync(batch->lane->conn);
}

static size_t table_relation(const struct batch *batch)
{
    return batch->run->sql->relation_count - 1;
}

void batch_send_begin(struct batch *batch)
{
    struct run *run = batch->run;
    const struct limits *limits = &run->worker->limits;
    const bool whole = batch->work.whole; /* others wait for what it locks: it does not wait */
    batch->began_us = clock_wall_us();
    batch_queue(batch, STEP_BEGIN, 0, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", 0, NULL);
    note_step(batch, STEP_PINS, 0);
    lane_queue_pins(batch->lane, run->category->timezone, limits->statement_timeout_ms,
                    limits->lock_timeout_ms, batch_on_result, batch);
    for (size_t i = 0; i < table_relation(batch); i++)
        batch_queue(batch, STEP_LOCK_RELATION, i, run->sql->relations[i].lock, 0, NULL);
    batch_queue(batch, STEP_LOCK_LEAF, 0, whole ? batch->sql->whole_lock : batch->sql->lock, 0,
                NULL);
}

void batch_send_gate(struct batch *batch)
{
    struct run *run = batch->run;
    struct worker *worker = run->worker;
    char term[24], clock[24];
    if (!batch->work.whole)
        queue_lock_timeout(batch, GATE_TIMEOUT_MS);
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    snprintf(clock, sizeof(clock), "%lld", (long long)batch->began_us);
    const char *values[] = {run->id, term, run->category->name, batch->work.leaf->quoted, clock};
    queue_prepared(batch, STEP_BEGIN_BATCH, "retention_begin_batch",
                   sql_file("engine/begin_batch.sql"), ARRAY_LENGTH(values), values);
    const char *category[] = {run->category->name};
    queue_prepared(batch, STEP_HOLD_SHAPES, "retention_hold_shapes",
                   sql_file("engine/hold_shapes.sql"), 1, category);
    if (!batch->work.whole)
        queue_lock_timeout(batch, worker->limits.lock_timeout_ms);
    /* What a deferrable constraint would say at COMMIT is to be known before. */
    batch_queue(batch, STEP_SETTING, 0, "SET CONSTRAINTS ALL IMMEDIATE", 0, NULL);
}

void batch_send_prologue(struct batch *batch)
{
    batch_send_begin(batch);
    batch_send_gate(batch);
}

/* Binds a statement's parameters and queues it, asking for binary columns. */
static void queue_over(struct batch *batch, enum step step, size_t relation,
                       const struct sql_statement *statement, struct part part, int64_t limit,
                       const struct work *work)
{
    char from[32], to[32], most[24], nonce[33], turn[12], last_turn[12];
    uint8_t random[16];
    random_bytes(random, sizeof(random));
    hex_encode(nonce, random, sizeof(random));
    snprintf(from, sizeof(from), "(%u,%u)", work->from.block, work->from.offset);
    snprintf(to, sizeof(to), "(%lld,0)", (long long)work->to_block);
    snprintf(most, sizeof(most), "%lld", (long long)limit);
    snprintf(turn, sizeof(turn), "%d", work->turn);
    snprintf(last_turn, sizeof(last_turn), "%d", (work->to_turn ? work->to_turn : SQL_TURNS) - 1);
    const char **values = xcalloc(statement->param_count + 1, sizeof(*values));
    struct text *made = xcalloc(statement->param_count + 1, sizeof(*made));
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        switch (param->kind) {
        case PARAM_VALUE:
            values[i] = param->value;
            break;
        case PARAM_RUN_TIME:
            values[i] = batch->run->time;
            break;
        case PARAM_FROM_TID:
            values[i] = from;
            break;
        case PARAM_TO_TID:
            values[i] = to;
            break;
        case PARAM_TIDS:
            batch_tids_literal(batch, part, &made[i]);
            values[i] = text_string(&made[i]);
            break;
        case PARAM_KEYS: /* of the parent, or the relation's own */
            batch_keys_literal(
                batch,
                step == STEP_REMOVE_OWN ? relation : batch->run->sql->relations[relation].parent,
                part, param->index, &made[i]);
            values[i] = text_string(&made[i]);
            break;
        case PARAM_LIMIT:
            values[i] = most;
            break;
        case PARAM_NONCE:
            values[i] = nonce;
            break;
        case PARAM_HASHED_OLD:
        case PARAM_HASHED_NEW:
            assert(param->index < batch->made_count);
            values[i] =
                text_string(param->kind == PARAM_HASHED_OLD ? &batch->made[param->index].old
                                                            : &batch->made[param->index].new);
            break;
        case PARAM_FROM_START:
            values[i] = work_from_start(work);
            break;
        case PARAM_TO_START:
            values[i] = work_to_start(work);
            break;
        case PARAM_TURN:
            values[i] = turn;
            break;
        case PARAM_LAST_TURN:
            values[i] = last_turn;
            break;
        case PARAM_KEY:
        case PARAM_TERM:
        case PARAM_RUN:
        case PARAM_MOST:
        case PARAM_PASSED:
            abort(); /* of explain, and of closing cells */
        }
    }
    note_step(batch, step, relation);
    char name[96]; /* moments without a zone mean another one in another one's */
    snprintf(name, sizeof(name), "retention_remove %s", batch->run->category->timezone);
    const bool prepared = step == STEP_REMOVE_RANGE && run_plans_once(batch->run);
    pg_conn_execute(batch->lane->conn, prepared ? name : NULL, statement->text,
                    statement->param_count, values, NULL, NULL, true, batch_on_result, batch);
    for (size_t i = 0; i < statement->param_count; i++)
        text_free(&made[i]);
    free(made);
    free(values);
}

static void queue_statement(struct batch *batch, enum step step, size_t relation,
                            const struct sql_statement *statement, struct part part, int64_t limit)
{
    queue_over(batch, step, relation, statement, part, limit, &batch->work);
}

static const struct part no_part = {0, 0};

void batch_queue_range(struct batch *batch, enum step step, const struct sql_statement *statement,
                       const struct work *range)
{
    queue_over(batch, step, table_relation(batch), statement, no_part, 0, range);
}

/* A group within the transaction. At the first one of a part, the savepoint of the part before,
 * which went well, is released, and where the batch bisects another one is made. */
static void begin_inner_group(struct batch *batch, enum batch_state state)
{
    batch_begin_group(batch, state);
    if (!batch->part_begins && state != BATCH_STATE_COMMITTING)
        return;
    if (batch->savepoint_open)
        batch_queue(batch, STEP_RELEASE, 0, "RELEASE SAVEPOINT retention_part", 0, NULL);
    batch->savepoint_open = batch->work.bisect && state != BATCH_STATE_COMMITTING;
    if (batch->savepoint_open)
        batch_queue(batch, STEP_SAVEPOINT, 0, "SAVEPOINT retention_part", 0, NULL);
    batch->part_begins = false;
}

/* Of many rows, a range goes in pieces: digests of one are made while the server works on the next,
 * and what is made while it waits are those of the last. Each reads the lists of what is on hold,
 * so of few rows there is one. While others work pieces are of one size, and the
 * connection rests between them. What is counted is not cut: each statement adds a row to every
 * cell that it finds, whose persons are then made digests of. */
enum { MANY_ROWS = 5000 };

static const int many_ends[] = {15, 30, 45, 60,
                                75, 90, 100}; /* where pieces end, percent of the range */

static int64_t pieces(const struct batch *batch)
{
    if (pace_is_paced(&batch->run->pace))
        return pace_statements(&batch->run->pace);
    const bool many = batch->run->sweep.batch_rows >= MANY_ROWS;
    return many && !batch->run->sql->stage->aggregate ? ARRAY_LENGTH(many_ends) : 1;
}

/* Where the i-th of so many pieces ends, in a range of such a size. */
static int64_t piece_end(const struct batch *batch, int64_t i, int64_t count, int64_t size)
{
    return batch->paced || count == 1 ? size * (i + 1) / count : size * many_ends[i] / 100;
}

/* Its end is the next statement's beginning: it goes out at once. */
static void queue_rest(struct batch *batch, int64_t rest_us)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld.%03lld", (long long)rest_us / 1000,
             (long long)rest_us % 1000);
    const char *values[] = {text};
    queue_prepared(batch, STEP_REST, "retention_rest", sql_file("engine/rest.sql"), 1, values);
    pg_conn_flush(batch->lane->conn);
}

void batch_send_remove_range(struct batch *batch)
{
    const struct work *work = &batch->work;
    batch_begin_group(batch, BATCH_STATE_ACTING);
    batch_send_prologue(batch);
    batch->paced = pace_is_paced(&batch->run->pace) && !batch->run->pace.no_rests;
    if (run_plans_once(batch->run))
        batch_queue(batch, STEP_SETTING, 0, "SET LOCAL plan_cache_mode = force_generic_plan", 0,
                    NULL);
    const struct sql_statement *remove =
        work->to_slice ? &batch->sql->remove_slice : &batch->sql->remove;
    const int64_t begin = work->to_slice ? work->slice : work->from.block;
    const int64_t end = work->to_slice ? work->to_slice : work->to_block;
    const int64_t count = pieces(batch);
    struct work piece = *work;
    int64_t from = begin;
    batch->rest_us = batch->paced && count > 1 ? pace_rest_us(&batch->run->pace) : 0;
    if (batch->paced)
        queue_rest(batch, batch->rest_us);
    for (int64_t i = 0; i < count; i++) {
        const int64_t to = begin + piece_end(batch, i, count, end - begin);
        if (to == from)
            continue;
        if (batch->paced && from > begin)
            queue_rest(batch, batch->rest_us);
        if (work->to_slice)
            piece.to_slice = to;
        else
            piece.to_block = to;
        queue_over(batch, STEP_REMOVE_RANGE, table_relation(batch), remove, no_part, 0, &piece);
        if (to < end)
            pg_conn_flush(batch->lane->conn);
        if (work->to_slice)
            piece.slice = to;
        else
            piece.from = (struct tid){.block = (uint32_t)to};
        from = to;
    }
    if (batch->paced) /* of no length: it tells what the last one took */
        queue_rest(batch, 0);
    batch_end_group(batch);
    (void)FAULT_POINT("batch_begin_sent");
}

int64_t batch_most_rows(const struct batch *batch)
{
    const struct run *run = batch->run;
    int64_t most = pace_statement_rows(&run->pace);
    if (run->sql->relation_count > 1 && (int64_t)run->family_hint < most)
        most = (int64_t)run->family_hint;
    if (batch->work.most > 0 && batch->work.most < most)
        most = batch->work.most;
    return most;
}

void batch_send_lock_rows(struct batch *batch)
{
    const struct sql_leaf *sql = batch->sql;
    batch_begin_group(batch, BATCH_STATE_LOCKING);
    batch_send_prologue(batch);
    queue_statement(batch, STEP_LOCK_ROWS, table_relation(batch),
                    batch->work.to_slice ? &sql->lock_slice : &sql->lock_rows, no_part,
                    batch_most_rows(batch));
    batch_end_group(batch);
}

bool batch_send_judge(struct batch *batch)
{
    const struct sql_statement *judge = &batch->sql->judge_tids;
    if (judge->param_count == 0 || batch->pick_count == 0)
        return false;
    const struct sql_leaf *sql = batch->sql;
    batch->verdicts = arena_alloc(batch->arena, batch->pick_count * sizeof(*batch->verdicts));
    batch_begin_group(batch, BATCH_STATE_JUDGING);
    /* Statements of their own: each takes its snapshot when those before it hold their locks. */
    for (size_t i = 0; i < sql->lock_read_count; i++)
        queue_statement(batch, STEP_LOCK_READS, table_relation(batch), &sql->lock_reads[i],
                        (struct part){0, batch->pick_count}, 0);
    queue_statement(batch, STEP_JUDGE_ROWS, table_relation(batch), judge,
                    (struct part){0, batch->pick_count}, 0);
    batch_end_group(batch);
    return true;
}

bool batch_send_read_values(struct batch *batch)
{
    if (!batch->sql->hashed_count || batch->made || batch->pick_count == 0)
        return false;
    batch_begin_group(batch, BATCH_STATE_READING);
    queue_statement(batch, STEP_READ_VALUES, table_relation(batch), &batch->sql->read_values,
                    (struct part){0, batch->pick_count}, 0);
    batch_end_group(batch);
    return true;
}

bool batch_is_below(const struct batch *batch, size_t relation, size_t top)
{
    const struct sql_relation *relations = batch->run->sql->relations;
    while (relation != top && relation != table_relation(batch))
        relation = relations[relation].parent;
    return relation == top;
}

/* Level by level, below the top relation: the dependants of rows whose keys are known are counted;
 * where they have dependants of their own, and are not too many, they are locked and their keys
 * read. */
bool batch_send_family(struct batch *batch)
{
    struct run *run = batch->run;
    const struct sql_relation *relations = run->sql->relations;
    int64_t most = run->worker->limits.family_rows + 1;
    bool locking = false;
    size_t sent = 0;
    for (int pass = 0; pass < 2 && sent == 0; pass++, locking = true) {
        for (size_t i = batch->top; i-- > 0;) {
            struct relation_keys *keys = &batch->relation_keys[i];
            size_t parent = relations[i].parent;
            if (!batch_is_below(batch, i, batch->top))
                continue;
            bool parent_known =
                parent == table_relation(batch) || batch->relation_keys[parent].known;
            bool wanted =
                locking ? keys->counted && !keys->known && relations[i].lock_rows.param_count > 0
                        : !keys->counted;
            if (!parent_known || !wanted)
                continue;
            if (sent++ == 0)
                begin_inner_group(batch, BATCH_STATE_COUNTING);
            if (locking)
                queue_statement(batch, STEP_LOCK_DEPENDANTS, i, &relations[i].lock_rows,
                                batch->part, most);
            else
                queue_statement(batch, STEP_COUNT_DEPENDANTS, i, &relations[i].count, batch->part,
                                most);
        }
    }
    if (sent > 0)
        batch_end_group(batch);
    return sent > 0;
}

void batch_send_lock_some(struct batch *batch, size_t relation)
{
    struct run *run = batch->run;
    begin_inner_group(batch, BATCH_STATE_COUNTING);
    queue_statement(batch, STEP_LOCK_DEPENDANTS, relation, &run->sql->relations[relation].lock_some,
                    batch->part, run->worker->limits.family_rows / 2);
    batch_end_group(batch);
}

void batch_send_remove_own(struct batch *batch)
{
    struct run *run = batch->run;
    begin_inner_group(batch, BATCH_STATE_REMOVING);
    for (size_t i = 0; i < batch->top; i++)
        if (batch_is_below(batch, i, batch->top))
            queue_statement(batch, STEP_REMOVE_DEPENDANTS, i, &run->sql->relations[i].remove,
                            batch->part, 0);
    queue_statement(batch, STEP_REMOVE_OWN, batch->top, &run->sql->relations[batch->top].remove_own,
                    batch->part, 0);
    batch_end_group(batch);
}

void batch_send_part(struct batch *batch)
{
    struct run *run = batch->run;
    begin_inner_group(batch, BATCH_STATE_REMOVING);
    for (size_t i = 0; i < table_relation(batch); i++)
        queue_statement(batch, STEP_REMOVE_DEPENDANTS, i, &run->sql->relations[i].remove,
                        batch->part, 0);
    queue_statement(batch, STEP_REMOVE_TIDS, table_relation(batch), &batch->sql->remove_tids,
                    batch->part, 0);
    batch_end_group(batch);
}

void batch_send_remove_some(struct batch *batch)
{
    begin_inner_group(batch, BATCH_STATE_REMOVING);
    queue_statement(batch, STEP_REMOVE_SOME, batch->some_relation,
                    &batch->run->sql->relations[batch->some_relation].remove_some, batch->part,
                    batch->some_budget);
    batch_end_group(batch);
}

void batch_send_undo(struct batch *batch)
{
    batch_begin_group(batch, BATCH_STATE_UNDOING);
    batch_queue(batch, STEP_ROLLBACK_TO, 0, "ROLLBACK TO SAVEPOINT retention_part", 0, NULL);
    batch_queue(batch, STEP_RELEASE, 0, "RELEASE SAVEPOINT retention_part", 0, NULL);
    batch->savepoint_open = false;
    batch_end_group(batch);
}

void batch_queue_entry(struct batch *batch, size_t relation, int64_t number)
{
    struct run *run = batch->run;
    struct taken *taken = &batch->taken[relation];
    struct text entry _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    if (!batch_entry(batch, relation, number, &entry, &error)) {
        /* Cannot happen with checked policies; without an entry nothing may be committed. */
        batch_queue(batch, STEP_APPEND, relation, "SELECT 1/0", 0, NULL);
        return;
    }
    char seq[24], term[24], rows[24];
    snprintf(seq, sizeof(seq), "%lld", (long long)number);
    snprintf(term, sizeof(term), "%lld", (long long)run->worker->leadership.term);
    snprintf(rows, sizeof(rows), "%lld", (long long)taken->rows);
    bool has_refs = run->digesters && run->digesters[relation];
    const char *values[] = {run->id,
                            seq,
                            term,
                            run->category->name,
                            run->sql->relations[relation].relation,
                            rows,
                            text_string(&entry),
                            has_refs ? (const char *)taken->refs : NULL};
    const int formats[] = {0, 0, 0, 0, 0, 0, 0, 1};
    const int lengths[] = {0, 0, 0, 0, 0, 0, 0, (int)(taken->ref_count * DIGEST_SIZE)};
    note_step(batch, STEP_APPEND, relation);
    pg_conn_execute(batch->lane->conn, "retention_append_batch",
                    sql_file("engine/append_batch.sql"), ARRAY_LENGTH(values), values, lengths,
                    formats, false, batch_on_result, batch);
    char bytes[24];
    snprintf(bytes, sizeof(bytes), "%zu", taken->ref_count * DIGEST_SIZE);
    const char *expected[] = {run->id, seq, text_string(&entry), has_refs ? bytes : NULL};
    queue_prepared(batch, STEP_ENTRY, "retention_entry_exists", sql_file("engine/entry_exists.sql"),
                   ARRAY_LENGTH(expected), expected);
}

static void queue_block(struct batch *batch, const struct poison *poison)
{
    struct run *run = batch->run;
    char term[24], epoch[24];
    snprintf(term, sizeof(term), "%lld", (long long)run->worker->leadership.term);
    snprintf(epoch, sizeof(epoch), "%lld", (long long)batch->epoch);
    const char *values[] = {term,
                            run->id,
                            run->category->name,
                            run->sql->relations[table_relation(batch)].relation,
                            (const char *)poison->digest,
                            epoch,
                            poison->sqlstate,
                            poison->constraint[0] ? poison->constraint : NULL};
    const int formats[] = {0, 0, 0, 0, 1, 0, 0, 0};
    const int lengths[] = {0, 0, 0, 0, DIGEST_SIZE, 0, 0, 0};
    note_step(batch, STEP_BLOCK, table_relation(batch));
    pg_conn_execute(batch->lane->conn, "retention_block_record",
                    sql_file("engine/block_record.sql"), ARRAY_LENGTH(values), values, lengths,
                    formats, false, batch_on_result, batch);
}

void batch_send_entries(struct batch *batch)
{
    struct run *run = batch->run;
    begin_inner_group(batch, BATCH_STATE_COMMITTING);
    batch->seq_count = 0;
    for (size_t i = 0; i < run->sql->relation_count; i++)
        batch->seq_count += batch->taken[i].rows > 0;
    if (batch->seq_count > 0)
        batch->seq = seq_take(&run->seq, batch->seq_count);
    int64_t number = batch->seq;
    if (batch->rest_us) /* the entry takes as long as a statement, */
        queue_rest(batch, batch->rest_us);
    for (size_t i = 0; i < run->sql->relation_count; i++)
        if (batch->taken[i].rows > 0)
            batch_queue_entry(batch, i, number++);
    for (size_t i = 0; i < batch->poison_count; i++)
        queue_block(batch, &batch->poisons[i]);
    if (batch->rest_us) /* and so does the commit */
        queue_rest(batch, batch->rest_us);
    if (FAULT_POINT("batch_before_commit")) {
        batch_queue(batch, STEP_COMMIT, 0, "SELECT 1/0", 0, NULL);
    } else {
        batch->commit_sent = true;
        batch_queue(batch, STEP_COMMIT, 0, "COMMIT", 0, NULL);
    }
    batch_end_group(batch);
    (void)FAULT_POINT("batch_commit_sent");
}
