/* A batch: one transaction that acts on records of one leaf, and writes its log entries.
 *
 * Two groups of statements go out, each one network round trip:
 *
 *   1  BEGIN; pins; LOCK dependants and leaf; begin_batch; the action, in pieces
 *   2  append_batch, one for each relation touched; COMMIT
 *
 * While others work, the connection rests before and between pieces, and before the entries and
 * COMMIT (pace.h).
 *
 * The plain way is optimistic: the action is a DELETE of a block range, or of slices of starting
 * points (sweep.h), which waits for locked rows at most lock_timeout. Where it meets a locked row,
 * or a row that refuses, the transaction is rolled back and the same range is done carefully: rows
 * are locked first (FOR UPDATE SKIP LOCKED), so that what others hold is left for a later pass, and
 * then removed by tid.
 *
 * What a verdict rests on is locked before the verdict. Optimistic is only a category whose
 * condition reads the record's own columns: DELETE locks the row and judges its newest version. All
 * others, those that read parents, children, agreements or rows waited for, those with dependants,
 * and those that change what records of others read, go carefully, and judge in four steps, each a
 * statement with a snapshot of its own:
 *
 *   lock_rows   the records, FOR UPDATE: no child that a foreign key ties to them can appear
 *   lock_reads  the rows that the condition reads for them, FOR SHARE; a dependant's, which are to
 *               go, FOR UPDATE; what others hold is not waited for: its records are left
 *   judge_tids  the whole condition again, over rows that cannot change before COMMIT
 *   then dependants, then the records
 *
 * Without a foreign key a row that comes after judge_tids is not seen: there is nothing to lock.
 *
 *   ACTING ----------------------------------------------> COMMITTING -> ACTED
 *      | 55P03, 23xxx ...      rows 0: ROLLING_BACK -> NOTHING
 *      v
 *   LOCKING -> JUDGING -> COUNTING (dependants) -> REMOVING -> ... -> COMMITTING -> ACTED
 *                                                    |  ^
 *                                         23xxx ...  v  | the next part
 *                                                   UNDOING
 *
 * What is done with the records that a careful batch has locked is told in batch_family.c, what
 * becomes of a lost connection in batch_lost.c.
 *
 * Invariants:
 *  - a record of JUDGING's outcome is due and free, and every row that says so is locked by this
 *    transaction, or it is left;
 *  - COMMIT is sent only behind an entry for every relation that lost rows;
 *  - the brake has counted a batch's rows before its COMMIT is sent;
 *  - a batch whose connection is lost ends only when its backend is gone, and then it is known by
 *    (run, seq) whether it was committed. Nothing is ever replayed on a guess;
 *  - run_batch_done is called once, with all of the batch's numbers, or never (abandoned). */
#include "engine/batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "engine/batch_internal.h"
#include "engine/binary.h"
#include "pg/sqlstate.h"

enum {
    AGAIN_MS = 50, /* first delay before a batch is tried again; doubles */
    AGAIN_MOST_MS = 2000,
    ALONE_ATTEMPTS = 3, /* of a record that a statement timeout met alone */
    BLOCK_ROWS = 300,   /* about as many as a block has at most */
};

/* --- the end --- */

bool batch_is_busy(const struct batch *batch)
{
    return batch && batch->state != BATCH_STATE_IDLE;
}

static void take_back_counts(struct batch *batch)
{
    struct brake_gauge *gauge = &batch->run->brake;
    brake_uncount(gauge, batch->counted);
    batch->counted = 0;
    for (size_t i = 0; i < batch->tenant_count && batch->tenants_counted; i++)
        brake_uncount_tenant(gauge, batch->tenants[i].hash, batch->tenants[i].rows);
    batch->tenants_counted = false;
    batch_whole_uncount(batch);
}

void batch_finish(struct batch *batch, bool committed)
{
    assert(batch->state != BATCH_STATE_IDLE);
    struct run *run = batch->run;
    struct lane *lane = batch->lane;
    if (!batch->abandoned && committed) {
        for (size_t i = 0; i < batch->poison_count; i++)
            digest_set_add(&run->blocked, batch->poisons[i].digest);
    } else if (!batch->abandoned) {
        take_back_counts(batch);
        if (batch->seq_count > 0)
            seq_give_back(&run->seq, batch->seq, batch->seq_count);
    }
    batch->seq_count = 0;
    batch->state = BATCH_STATE_IDLE;
    batch_forget_values(batch);
    batch_forget_whole(batch);
    if (batch->abandoned) {
        error_clear(&batch->result.error);
        return;
    }
    struct batch_result result = batch->result;
    batch->result = (struct batch_result){0};
    struct work work = batch->work;
    run_batch_done(run, lane, &work, &result);
    error_clear(&result.error);
}

static void batch_roll_back(struct batch *batch)
{
    batch_begin_group(batch, BATCH_STATE_ROLLING_BACK);
    batch_queue(batch, STEP_ROLLBACK, 0, "ROLLBACK", 0, NULL);
    batch_end_group(batch);
}

void batch_end_with(struct batch *batch, enum batch_end end)
{
    batch->result.end = end;
    batch_roll_back(batch);
}

void batch_end_with_error(struct batch *batch, const char *what)
{
    error_set(&batch->result.error, ERROR_FAILED, "%s", what);
    batch_end_with(batch, BATCH_STOP);
}

static void end_with_failure(struct batch *batch)
{
    error_move(&batch->result.error, &batch->error);
    batch_end_with(batch, BATCH_STOP);
}

void batch_again(struct batch *batch, bool at_once)
{
    int64_t delay = AGAIN_MS;
    for (int i = 0; i < batch->work.attempts && delay < AGAIN_MOST_MS; i++)
        delay *= 2;
    uint32_t jitter;
    random_bytes(&jitter, sizeof(jitter));
    batch->result.delay_ms = at_once ? 0 : delay + (int64_t)(jitter % 50);
    batch->work.attempts += !at_once;
    batch->result.more = true;
    batch->result.rest = batch->work;
    batch_end_with(batch, BATCH_AGAIN);
}

/* --- committing --- */

static bool brake_holds(struct batch *batch)
{
    struct brake_gauge *gauge = &batch->run->brake;
    struct brake_trip *trip = &batch->result.trip;
    int64_t rows = batch->taken[batch->taken_count - 1].rows;
    batch->counted = rows;
    bool allowed = brake_count(gauge, rows, trip);
    batch->tenants_counted = true;
    for (size_t i = 0; i < batch->tenant_count; i++)
        brake_count_tenant(gauge, batch->tenants[i].hash, batch->tenants[i].rows);
    for (size_t i = 0; i < batch->tenant_count && allowed; i++)
        allowed = brake_allows_tenant(gauge, batch->tenants[i].hash, trip);
    return !allowed;
}

/* After a statement timeout batches are small. They grow again where they take so short that twice
 * as much should not meet it. */
static bool may_grow(const struct batch *batch)
{
    int64_t timeout_us = batch->run->worker->limits.statement_timeout_ms * 1000;
    int64_t took_us = clock_wall_us() - batch->began_us;
    return timeout_us == 0 || (took_us >= 0 && took_us < timeout_us / 4);
}

/* The rest of the range, behind the last record that this batch looked at. */
static void note_rest(struct batch *batch)
{
    const struct locked_set *locked = &batch->locked;
    if (!batch->work.careful)
        return;
    struct tid tid;
    const struct cell *cell = NULL;
    bool behind = false;
    if (batch->large_family) {
        cell = &locked->tids[batch->picks[batch->part.from]];
    } else if (batch->family_end < batch->pick_count) {
        cell = &locked->tids[batch->picks[batch->family_end]];
    } else if (locked->more && locked->count > 0) {
        cell = &locked->tids[locked->count - 1];
        behind = true;
    }
    if (!cell)
        return;
    if (!tid_parse(cell->bytes, cell->length, &tid))
        return; /* a pass that follows finds it */
    if (behind && tid.offset == UINT16_MAX) {
        tid.block++;
        tid.offset = 0;
    } else if (behind) {
        tid.offset++;
    }
    batch->result.more = true;
    batch->result.rest = batch->work;
    batch->result.rest.from = tid;
    batch->result.rest.attempts = 0;
    bool bound = batch->work.most > 0 && batch->work.most == batch_most_rows(batch);
    if (bound && may_grow(batch)) /* beyond what the pace asks for it need not */
        batch->result.rest.most *= 2;
}

void batch_commit_or_not(struct batch *batch)
{
    const struct taken *table = &batch->taken[batch->taken_count - 1];
    int64_t rows = 0;
    batch->result.rows = table->rows;
    batch->result.entries = 0;
    for (size_t i = 0; i < batch->taken_count; i++) {
        rows += batch->taken[i].rows;
        batch->result.entries += batch->taken[i].rows > 0;
    }
    batch->result.dependant_rows = rows - table->rows;
    batch->result.blocked = (int64_t)batch->poison_count;
    note_rest(batch);
    if (rows == 0 && batch->poison_count == 0) {
        batch_end_with(batch, BATCH_NOTHING);
        return;
    }
    if (brake_holds(batch)) {
        batch_end_with(batch, BATCH_BRAKE);
        return;
    }
    if (FAULT_POINT("batch_before_append")) {
        batch_end_with_error(batch, "fault point");
        return;
    }
    batch_send_entries(batch);
}

/* --- failures --- */

static bool is_action(enum step step)
{
    return step == STEP_REMOVE_RANGE || step == STEP_LOCK_ROWS || step == STEP_REMOVE_DEPENDANTS ||
           step == STEP_REMOVE_SOME || step == STEP_REMOVE_OWN || step == STEP_REMOVE_TIDS ||
           step == STEP_COUNT_DEPENDANTS || step == STEP_LOCK_DEPENDANTS ||
           step == STEP_LOCK_READS || step == STEP_JUDGE_ROWS || step == STEP_READ_VALUES;
}

/* Others keep a whole relation locked, for a change of it or a copy. Rows of it can be had no
 * sooner by care: the batch is tried again, as long as the run has patience. */
static void relation_locked(struct batch *batch)
{
    struct request_step step = batch->failed_step;
    struct leaf *leaf = batch->work.leaf;
    bool own = step.step == STEP_LOCK_LEAF;
    batch->result.busy = own ? leaf->quoted
                         : step.step == STEP_LOCK_RELATION
                             ? batch->run->sql->relations[step.relation].relation
                             : "";
    if (run_has_patience(batch->run, &leaf->busy_us))
        batch_again(batch, false);
    else
        batch_end_with(batch, own ? BATCH_LEAF_BUSY : BATCH_BUSY);
}

/* Of these no statement waits for rows: they skip those that are locked. */
static bool locks_relations(enum step step)
{
    return step == STEP_LOCK_LEAF || step == STEP_LOCK_RELATION || step == STEP_LOCK_ROWS ||
           step == STEP_LOCK_READS || step == STEP_JUDGE_ROWS;
}

/* So many records locked that the failed statement would have been about half of those that it was
 * about; 0: it was about one, alone. */
static int64_t half_of_locked(const struct batch *batch)
{
    const struct locked_set *locked = &batch->locked;
    if (locked->count == 0) {
        int64_t asked = batch_most_rows(batch);
        return (asked < BLOCK_ROWS ? asked : BLOCK_ROWS) / 2;
    }
    if (!batch->relation_keys || locked->count == 1) /* there are no parts yet */
        return (int64_t)locked->count / 2;
    const struct part part = batch->part;
    size_t middle = batch->picks[part.from + (part.to - part.from) / 2];
    return middle > 0 ? (int64_t)middle : 1;
}

/* A statement timeout that one record meets, again and again. What can be is set aside, the others
 * go on. */
static void alone(struct batch *batch, bool under_savepoint)
{
    struct work *work = &batch->work;
    if (work->attempts < ALONE_ATTEMPTS) {
        work->bisect = true; /* under a savepoint, from then on */
        batch_again(batch, false);
    } else if (under_savepoint) {
        work->attempts = 0;
        batch_undo_part(batch, batch->error.sqlstate);
    } else {
        batch->result.left++;
        batch->family_end = batch->pick_count; /* it has no part of its own yet */
        note_rest(batch);
        batch_end_with(batch, BATCH_NOTHING);
    }
}

/* A statement timeout: half of the range, or half of the records. */
static void smaller(struct batch *batch, bool under_savepoint)
{
    struct work *work = &batch->work;
    struct work rest;
    if ((!work->careful || batch->failed_step.step == STEP_LOCK_ROWS) && work_halve(work, &rest)) {
        batch->result.split = true;
        batch->result.other_half = rest;
        batch_again(batch, true);
        return;
    }
    if (!work->careful) {
        work->careful = true;
        batch_again(batch, true);
        return;
    }
    int64_t half = half_of_locked(batch);
    if (half == 0) {
        alone(batch, under_savepoint);
        return;
    }
    work->most = half;
    batch_again(batch, true);
}

static void act_on_failure(struct batch *batch)
{
    const char *sqlstate = batch->error.sqlstate;
    enum step step = batch->failed_step.step;
    enum retry_class class = sqlstate_retry_class(sqlstate);
    bool under_savepoint = batch->savepoint_open && is_action(step);
    if (batch->outcome == PG_LOST || (sqlstate[0] && class == RETRY_RECONNECT)) {
        batch_lost(batch);
        return;
    }
    if (step == STEP_ENTRY && strcmp(sqlstate, "22P02") == 0) {
        error_clear(&batch->error);
        error_set(&batch->error, ERROR_FAILED,
                  "retention.append_batch did not write the entry: the batch was rolled back; "
                  "\"retentionctl migrate\" puts the functions back");
        end_with_failure(batch);
        return;
    }
    if (step == STEP_REST && strcmp(sqlstate, "42501") == 0) { /* pg_sleep was revoked */
        log_warning("category \"%s\": no rests inside of batches: %s", batch->run->category->name,
                    batch->error.primary);
        batch->run->pace.no_rests = true;
        batch_again(batch, true);
        return;
    }
    if (batch->work.whole && batch_whole_failed(batch))
        return;
    if (!sqlstate[0]) { /* ours: an answer of the wrong shape, a fault point */
        end_with_failure(batch);
        return;
    }
    if (class == RETRY_LOCKED && locks_relations(step)) {
        relation_locked(batch);
        return;
    }
    if (batch->work.attempts > BATCH_MOST_ATTEMPTS && class != RETRY_RUN_STOP) {
        if (class == RETRY_LOCKED && step == STEP_BEGIN_BATCH) {
            batch->result.busy = "retention.hold_gate";
            batch_end_with(batch, BATCH_BUSY);
        } else if (class == RETRY_LOCKED) { /* a later pass, or the next run */
            batch->result.left++;
            batch_end_with(batch, BATCH_NOTHING);
        } else {
            end_with_failure(batch);
        }
        return;
    }
    switch (class) {
    case RETRY_LOCKED:
        if (under_savepoint) {
            batch_undo_part(batch, sqlstate);
        } else if (!is_action(step)) {
            batch_again(batch, false); /* a gate */
        } else if (!batch->work.careful) {
            batch->work.careful = true;
            batch_again(batch, true);
        } else {
            bool at_once = !batch->work.bisect; /* a dependant's row is locked */
            batch->work.bisect = true;
            batch_again(batch, at_once);
        }
        break;
    case RETRY_ROW:
        if (under_savepoint) {
            batch_undo_part(batch, sqlstate);
        } else if (!is_action(step)) {
            end_with_failure(batch);
        } else if (!batch->work.careful || !batch->work.bisect) {
            batch->work.careful = batch->work.bisect = true;
            batch_again(batch, true);
        } else {
            batch->result.refused = true;
            end_with_failure(batch);
        }
        break;
    case RETRY_AGAIN:
        batch_again(batch, false);
        break;
    case RETRY_CANCELED:
        if (is_action(step))
            smaller(batch, under_savepoint);
        else
            batch_again(batch, false);
        break;
    case RETRY_RUN_STOP:
        if (strcmp(sqlstate, SQLSTATE_LEAF_GONE) == 0)
            batch_end_with(batch, BATCH_LEAF_GONE);
        else
            end_with_failure(batch);
        break;
    case RETRY_RECONNECT:
    case RETRY_FATAL:
        if (step == STEP_LOCK_LEAF && strcmp(sqlstate, "42P01") == 0)
            batch_end_with(batch, BATCH_LEAF_GONE);
        else if (step == STEP_LOCK_LEAF && strcmp(sqlstate, "42501") == 0)
            batch_end_with(batch, BATCH_LEAF_DENIED);
        else
            end_with_failure(batch);
        break;
    }
}

/* --- answers --- */

static bool take_begin_batch(struct batch *batch, const PGresult *result, struct error *error)
{
    if (PQntuples(result) != 1 || PQnfields(result) != 3)
        return error_set(error, ERROR_FAILED, "unexpected answer of retention.begin_batch");
    batch->at = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    snprintf(batch->xid, sizeof(batch->xid), "%s", PQgetvalue(result, 0, 1));
    batch->epoch = strtoll(PQgetvalue(result, 0, 2), NULL, 10);
    if (batch->run->digesters && batch->epoch != batch->run->epoch)
        return error_set(error, ERROR_FAILED, "the epoch of the log key changed during the run");
    return true;
}

static bool take_count(const PGresult *result, int64_t *ret, struct error *error)
{
    if (PQntuples(result) != 1 || !binary_int64(result, 0, 0, ret))
        return error_set(error, ERROR_FAILED, "unexpected answer of the server: a count");
    return true;
}

/* What went before a rest, since the one before it, was a statement on records. */
static bool take_rest(struct batch *batch, const PGresult *result, struct error *error)
{
    if (PQntuples(result) != 1 || PQnfields(result) != 3)
        return error_set(error, ERROR_FAILED, "unexpected answer of the server: a rest");
    int64_t began_us = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    int64_t ended_us = strtoll(PQgetvalue(result, 0, 2), NULL, 10);
    const bool acted = batch->state == BATCH_STATE_ACTING && batch->acts_us;
    if (acted && began_us > batch->acts_us) { /* else its clock was set */
        batch->result.action_us += began_us - batch->acts_us;
        batch->result.statements++;
    }
    if (ended_us > began_us)
        batch->result.rested_us += ended_us - began_us;
    batch->acts_us = ended_us;
    return true;
}

static bool take_answer(struct batch *batch, struct request_step step, const PGresult *result,
                        struct error *error)
{
    switch (step.step) {
    case STEP_BEGIN_BATCH:
        if (FAULT_POINT("batch_after_begin"))
            return error_set(error, ERROR_FAILED, "fault point");
        return take_begin_batch(batch, result, error);
    case STEP_HOLD_SHAPES:
        if (PQntuples(result) != 1)
            return error_set(error, ERROR_FAILED,
                             "unexpected answer of the server: shapes of holds");
        batch->found = (unsigned)strtoul(PQgetvalue(result, 0, 0), NULL, 10);
        return true;
    case STEP_PROOF:
    case STEP_COUNT_LEAF:
    case STEP_ANY_HOLD:
        return batch_take_proof(batch, step.step, result, error);
    case STEP_WHOLE_FACTS:
        return batch_take_facts(batch, result, error);
    case STEP_READ_PART:
        return batch_take_part(batch, result, error);
    case STEP_REST:
        return take_rest(batch, result, error);
    case STEP_REMOVE_RANGE:
    case STEP_REMOVE_TIDS:
        if (batch->run->sql->stage->action == ACTION_DELETE)
            return batch_take_deleted(batch, result, step.relation, error);
        return batch_take_removed(batch, result, step.relation, true, error);
    case STEP_REMOVE_DEPENDANTS:
    case STEP_REMOVE_SOME:
    case STEP_REMOVE_OWN:
        return batch_take_removed(batch, result, step.relation, false, error);
    case STEP_LOCK_ROWS:
        return batch_take_locked(batch, result, error);
    case STEP_LOCK_READS:
    case STEP_JUDGE_ROWS:
        return batch_take_judged(batch, result, step.step, error);
    case STEP_READ_VALUES:
        return batch_take_values(batch, result, error);
    case STEP_COUNT_DEPENDANTS:
        batch->relation_keys[step.relation].counted = true;
        return take_count(result, &batch->relation_keys[step.relation].rows, error);
    case STEP_LOCK_DEPENDANTS: {
        bool counted = batch->relation_keys[step.relation].counted;
        int64_t rows = batch->relation_keys[step.relation].rows;
        bool taken = batch_take_relation_keys(batch, result, step.relation, error);
        batch->relation_keys[step.relation].counted = counted;
        batch->relation_keys[step.relation].rows = rows;
        return taken;
    }
    case STEP_COMMIT:
        /* A transaction that failed answers COMMIT with ROLLBACK. */
        if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "COMMIT") != 0)
            return error_set(error, ERROR_FAILED, "the server rolled back at COMMIT");
        return true;
    default:
        return true;
    }
}

/* A hold of a kind was placed that the statements do not ask for: they left everything alone. The
 * same range again, with others. */
static bool asked_too_little(struct batch *batch)
{
    if (batch->failed || !(batch->found & ~batch->shapes))
        return false;
    batch->run->shapes |= batch->found;
    batch_again(batch, true);
    return true;
}

static void group_over(struct batch *batch)
{
    if (batch->abandoned) {
        batch_finish(batch, false);
        return;
    }
    switch (batch->state) {
    case BATCH_STATE_ACTING:
        if (batch->failed)
            act_on_failure(batch);
        else if (asked_too_little(batch))
            break;
        else if (FAULT_POINT("batch_after_action"))
            batch_end_with_error(batch, "fault point");
        else
            batch_commit_or_not(batch);
        break;
    case BATCH_STATE_PROVING:
        if (batch->failed)
            act_on_failure(batch);
        else
            batch_leaf_proven(batch);
        break;
    case BATCH_STATE_LOOKING:
        if (batch->failed)
            act_on_failure(batch);
        else if (!asked_too_little(batch))
            batch_leaf_looked_at(batch);
        break;
    case BATCH_STATE_READING_LEAF:
        if (batch->failed)
            act_on_failure(batch);
        else
            batch_part_read(batch);
        break;
    case BATCH_STATE_LOCKING:
        if (batch->failed)
            act_on_failure(batch);
        else if (!asked_too_little(batch))
            batch_rows_locked(batch);
        break;
    case BATCH_STATE_JUDGING:
        if (batch->failed) {
            act_on_failure(batch);
        } else {
            batch_keep_judged(batch);
            batch_rows_judged(batch);
        }
        break;
    case BATCH_STATE_READING:
        if (batch->failed)
            act_on_failure(batch);
        else
            batch_values_read(batch);
        break;
    case BATCH_STATE_COUNTING:
        if (batch->failed)
            act_on_failure(batch);
        else
            batch_family_counted(batch);
        break;
    case BATCH_STATE_REMOVING:
        if (batch->failed)
            act_on_failure(batch);
        else if (FAULT_POINT("batch_after_remove"))
            batch_end_with_error(batch, "fault point");
        else
            batch_part_removed(batch);
        break;
    case BATCH_STATE_UNDOING:
        if (batch->failed)
            act_on_failure(batch);
        else
            batch_part_undone(batch);
        break;
    case BATCH_STATE_COMMITTING:
        (void)FAULT_POINT("batch_after_commit");
        if (FAULT_POINT("batch_lose_answer")) { /* as if COMMIT's answer had not come */
            batch->failed = true;
            batch->outcome = PG_LOST;
        }
        if (batch->failed) {
            batch->commit_sent = batch->commit_sent && batch->outcome == PG_LOST;
            act_on_failure(batch);
        } else {
            batch->result.end = BATCH_ACTED;
            batch_finish(batch, true);
        }
        break;
    case BATCH_STATE_ROLLING_BACK:
        if (batch->failed)
            batch_lost(batch); /* its backend goes, and the transaction with it */
        else
            batch_finish(batch, false);
        break;
    case BATCH_STATE_IDLE:
    case BATCH_STATE_RESOLVING:
        abort();
    }
}

void batch_on_result(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct batch *batch = arg;
    (void)conn;
    assert(batch->step_next < batch->step_count);
    struct request_step step = batch->steps[batch->step_next++];
    struct error own _cleanup_error_ = {0};
    if (outcome == PG_OK && !batch->failed && !batch->abandoned) {
        if (!take_answer(batch, step, result, &own)) {
            batch->failed = true;
            batch->outcome = PG_ERROR;
            batch->failed_step = step;
            error_move(&batch->error, &own);
        }
    } else if (outcome != PG_OK && (!batch->failed || outcome == PG_LOST)) {
        bool first = !batch->failed;
        batch->failed = true;
        batch->outcome = outcome;
        if (first) {
            batch->failed_step = step;
            error_set(&batch->error, ERROR_FAILED, "%s", error->primary);
            error_set_sqlstate(&batch->error, error->sqlstate);
            if (error->hint)
                error_hint(&batch->error, "%s", error->hint);
            const char *constraint = strstr(error->primary, "constraint \"");
            if (constraint)
                snprintf(batch->constraint, sizeof(batch->constraint), "%.*s",
                         (int)strcspn(constraint + 12, "\""), constraint + 12);
        }
    }
    if (batch->step_next == batch->step_count)
        group_over(batch);
}

/* --- the beginning --- */

static void reset(struct batch *batch)
{
    size_t relations = batch->run->sql->relation_count;
    if (batch->taken_capacity < relations) { /* what a category with more of them left is kept */
        batch->taken = xrealloc(batch->taken, relations * sizeof(*batch->taken));
        memset(batch->taken + batch->taken_capacity, 0,
               (relations - batch->taken_capacity) * sizeof(*batch->taken));
        batch->taken_capacity = relations;
    }
    for (size_t i = 0; i < relations; i++)
        batch->taken[i].rows = 0, batch->taken[i].ref_count = 0;
    batch->taken_count = relations;
    arena_reset(batch->arena);
    batch->locked = (struct locked_set){0};
    batch->relation_keys = NULL;
    batch->verdicts = NULL;
    batch->picks = NULL;
    batch->pick_count = batch->family_end = 0;
    batch->large_family = batch->savepoint_open = batch->part_begins = false;
    batch->parts = NULL;
    batch->part_count = 0;
    batch->tenant_count = batch->tenant_mark = 0;
    batch->tenants_counted = false;
    batch->counted = 0;
    batch->poisons = NULL;
    batch->poison_count = 0;
    batch->seq_count = 0;
    batch->whole = (struct whole){0};
    batch->commit_sent = false;
    batch->paced = false;
    batch->rest_us = batch->acts_us = 0;
    batch->result = (struct batch_result){0};
}

static void start(struct batch *batch)
{
    reset(batch);
    batch->sql = batch->work.leaf->sql;
    batch->shapes = batch->work.leaf->shapes;
    batch->found = 0;
    batch->lost_pid = batch->lane->pid;
    memcpy(batch->lost_backend_start, batch->lane->backend_start,
           sizeof(batch->lost_backend_start));
    if (batch->sql->judge_tids.param_count > 0)
        batch->work.careful = true; /* dependants, or what the verdict rests on is elsewhere */
    if (batch->work.whole)
        batch_send_whole(batch);
    else if (batch->work.careful)
        batch_send_lock_rows(batch);
    else
        batch_send_remove_range(batch);
}

void batch_start(struct lane *lane, struct run *run, const struct work *work)
{
    if (!lane->batch) {
        lane->batch = xcalloc(1, sizeof(*lane->batch));
        lane->batch->arena = arena_new();
    }
    struct batch *batch = lane->batch;
    assert(batch->state == BATCH_STATE_IDLE);
    batch->lane = lane;
    batch->run = run;
    batch->abandoned = false;
    batch->work = *work;
    start(batch);
}

void batch_abandon(struct batch *batch)
{
    if (!batch_is_busy(batch))
        return;
    batch->abandoned = true;
    if (batch->state == BATCH_STATE_RESOLVING && batch->resolve_waits) {
        evtimer_del(batch->lane->timer);
        batch_finish(batch, false);
    }
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->taken_capacity; i++)
        free(batch->taken[i].refs);
    free(batch->taken);
    free(batch->tenants);
    batch_forget_values(batch);
    batch_forget_whole(batch);
    free(batch->steps);
    arena_free(batch->arena);
    error_clear(&batch->error);
    error_clear(&batch->result.error);
    free(batch);
}
