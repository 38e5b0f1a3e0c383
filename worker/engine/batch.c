/* A batch: one transaction that acts on records of one leaf, and writes its log entries.
 *
 * Two groups of statements go out, each one network round trip:
 *
 *   1  BEGIN; pins; LOCK dependants and leaf; begin_batch; the action
 *   2  append_batch, one for each relation touched; COMMIT
 *
 * The plain way is optimistic: the action is a DELETE of a block range, which waits for locked rows
 * at most lock_timeout. Where it meets a locked row, or a row that refuses, the transaction is
 * rolled back and the same range is done carefully: rows are locked first (FOR UPDATE SKIP LOCKED),
 * so that what others hold is left for a later pass, and then removed by tid. Categories with
 * dependants always go that way: the parents are locked first, so that no late child can appear,
 * and judged again, since one may have appeared while they were being locked; then the children go,
 * then the parents.
 *
 *   ACTING ----------------------------------------------> COMMITTING -> ACTED
 *      | 55P03, 23xxx ...      rows 0: ROLLING_BACK -> NOTHING
 *      v
 *   LOCKING -> JUDGING -> COUNTING (dependants) -> REMOVING -> ... -> COMMITTING -> ACTED
 *                                                    |  ^
 *                                         23xxx ...  v  | the next part
 *                                                   UNDOING
 *
 * Bisecting: a careful batch that fails on a row is begun again with `bisect`; its records are then
 * removed in parts, each under a savepoint. A part that fails is halved, down to one record (with
 * its dependants), which is set aside by digest in the same transaction. So one bad row stops
 * neither its batch nor its category.
 *
 * Families: dependants are counted before they are removed. Too many for one transaction: fewer
 * parents; still too many for a single parent: its dependants go in batches of their own, some at
 * a time, before the parent does.
 *
 * Invariants:
 *  - COMMIT is sent only behind an entry for every relation that lost rows, in the same
 * transaction;
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
    MOST_ATTEMPTS = 30,
    RESOLVE_EVERY_MS = 200,
};

/* some_relation while whole rows of a dependant are removed, with all that hangs on them */
#define NO_RELATION SIZE_MAX

static void next_part(struct batch *batch);
static void commit_or_not(struct batch *batch);
static void set_aside(struct batch *batch, const char *sqlstate);

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
}

/* The one way out. committed: the transaction's effects are there to stay. */
static void finish(struct batch *batch, bool committed)
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

static void roll_back(struct batch *batch)
{
    batch_begin_group(batch, BATCH_STATE_ROLLING_BACK);
    batch_queue(batch, STEP_ROLLBACK, 0, "ROLLBACK", 0, NULL);
    batch_end_group(batch);
}

static void end_with(struct batch *batch, enum batch_end end)
{
    batch->result.end = end;
    roll_back(batch);
}

static void end_with_error(struct batch *batch, const char *what)
{
    error_set(&batch->result.error, ERROR_FAILED, "%s", what);
    end_with(batch, BATCH_STOP);
}

static void end_with_failure(struct batch *batch)
{
    error_move(&batch->result.error, &batch->error);
    end_with(batch, BATCH_STOP);
}

/* Rolls back, to be tried again: after a while that grows with the attempts. */
static void again(struct batch *batch, bool at_once)
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
    end_with(batch, BATCH_AGAIN);
}

/* --- a lost connection: what became of the batch? --- */

static void resolve(struct batch *batch);

static void on_resolve_timer(struct lane *lane, void *arg)
{
    struct batch *batch = arg;
    (void)lane;
    batch->resolve_waits = false;
    resolve(batch);
}

static void resolve_later(struct batch *batch)
{
    batch->resolve_waits = true;
    lane_after(batch->lane, RESOLVE_EVERY_MS, on_resolve_timer, batch);
}

static void resolved(struct batch *batch, bool committed)
{
    log_info("batch of category \"%s\": its connection was lost, and it was %s",
             batch->run->category->name, committed ? "committed" : "rolled back");
    batch->result.end = committed ? BATCH_ACTED : BATCH_LOST;
    if (!committed) {
        batch->result.more = true;
        batch->result.rest = batch->work;
        batch->result.rest.attempts++;
        if (batch->work.attempts > MOST_ATTEMPTS) {
            batch->result.end = BATCH_STOP;
            error_set(&batch->result.error, ERROR_FAILED,
                      "the connection was lost in the same batch again and again");
        }
    }
    finish(batch, committed);
}

static void on_exists(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct batch *batch = arg;
    (void)conn;
    (void)error;
    if (batch->abandoned) {
        finish(batch, false);
    } else if (outcome == PG_OK) {
        resolved(batch, PQgetvalue(result, 0, 0)[0] == 't');
    } else {
        resolve_later(batch); /* the control connection's loss ends everything by itself */
    }
}

static void on_gone(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct batch *batch = arg;
    (void)error;
    if (batch->abandoned) {
        finish(batch, false);
        return;
    }
    if (outcome != PG_OK || PQgetvalue(result, 0, 0)[0] != 't') {
        resolve_later(batch);
        return;
    }
    if (!batch->commit_sent || batch->seq_count == 0) {
        resolved(batch, false);
        return;
    }
    char seq[24];
    snprintf(seq, sizeof(seq), "%lld", (long long)batch->seq);
    const char *values[] = {batch->run->id, seq};
    pg_conn_query(conn, "SELECT retention.batch_exists($1::uuid, $2::bigint)", 2, values, false,
                  on_exists, batch);
    pg_conn_sync(conn);
}

static void resolve(struct batch *batch)
{
    if (batch->abandoned) {
        finish(batch, false);
        return;
    }
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", batch->lost_pid);
    const char *values[] = {pid, batch->lost_backend_start};
    pg_conn_query(batch->run->worker->control,
                  "SELECT retention.session_is_gone($1::int, $2::timestamptz, true)", 2, values,
                  false, on_gone, batch);
    pg_conn_sync(batch->run->worker->control);
}

static void lost(struct batch *batch)
{
    batch->state = BATCH_STATE_RESOLVING;
    resolve(batch);
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
    for (size_t i = 0; i < batch->tenant_count; i++) {
        struct brake_trip tenant_trip;
        if (!brake_count_tenant(gauge, batch->tenants[i].hash, batch->tenants[i].rows,
                                &tenant_trip) &&
            allowed) {
            *trip = tenant_trip;
            allowed = false;
        }
    }
    return !allowed;
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
}

static void commit_or_not(struct batch *batch)
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
        end_with(batch, BATCH_NOTHING);
        return;
    }
    if (brake_holds(batch)) {
        end_with(batch, BATCH_BRAKE);
        return;
    }
    if (FAULT_POINT("batch_before_append")) {
        end_with_error(batch, "fault point");
        return;
    }
    batch_send_entries(batch);
}

/* --- careful batches: parts and families --- */

static void push_part(struct batch *batch, size_t from, size_t to)
{
    if (from >= to)
        return;
    batch->parts =
        arena_push(batch->arena, batch->parts, &batch->part_count, sizeof(*batch->parts));
    batch->parts[batch->part_count - 1] = (struct part){from, to};
}

static void set_aside(struct batch *batch, const char *sqlstate);

/* --- families --- */

/* Nothing is known of what hangs on the top relation's rows. */
static void forget_below(struct batch *batch)
{
    for (size_t i = 0; i < batch->top; i++)
        if (batch_is_below(batch, i, batch->top))
            batch->relation_keys[i] = (struct relation_keys){0};
}

/* A very large family without further levels: what is over is removed from one relation after the
 * other until the batch is full. */
static void remove_some_next(struct batch *batch)
{
    const struct sql_relation *relations = batch->run->sql->relations;
    int64_t rows = 0;
    for (; batch->some_relation < batch->top; batch->some_relation++) {
        const struct relation_keys *keys = &batch->relation_keys[batch->some_relation];
        if (relations[batch->some_relation].parent == batch->top && keys->rows > 0 &&
            batch->some_budget > 0) {
            batch->some_before = batch->taken[batch->some_relation].rows;
            batch_send_remove_some(batch);
            return;
        }
    }
    for (size_t i = 0; i < batch->taken_count; i++)
        rows += batch->taken[i].rows;
    if (rows == 0) { /* it would go on like that for ever */
        set_aside(batch, SQLSTATE_REFUSED);
        batch->large_family = false;
    }
    commit_or_not(batch);
}

/* One row of the top relation has more below it than a batch may hold. Where a dependant of it has
 * dependants of its own, some of these are taken with all that hangs on them: they become the top,
 * and are weighed in their turn. */
static void take_apart(struct batch *batch)
{
    const struct sql_relation *relations = batch->run->sql->relations;
    batch->large_family = true;
    batch->some_relation = NO_RELATION;
    for (size_t i = batch->top; i-- > 0;)
        if (relations[i].parent == batch->top && relations[i].lock_some.param_count > 0 &&
            batch->relation_keys[i].rows > 0) {
            batch->top = i;
            batch_send_lock_some(batch, i);
            return;
        }
    batch->some_relation = 0;
    batch->some_budget = batch->run->worker->limits.family_rows;
    remove_some_next(batch);
}

static bool weigh_again(struct batch *batch)
{
    forget_below(batch);
    return batch_send_family(batch);
}

/* What hangs on the top relation's rows is counted, as far as it is known; decides whether it fits
 * one transaction. */
static void family_counted(struct batch *batch)
{
    struct run *run = batch->run;
    int64_t most = run->worker->limits.family_rows;
    bool own_rows = batch->top == batch->taken_count - 1;
    struct relation_keys *top = &batch->relation_keys[batch->top];
    size_t parents = own_rows ? batch->part.to - batch->part.from : top->count;
    batch->family_children = own_rows ? 0 : (int64_t)top->count;
    for (size_t i = 0; i < batch->top; i++)
        if (batch_is_below(batch, i, batch->top))
            batch->family_children += batch->relation_keys[i].rows;
    if (parents == 0) { /* of a dependant: others removed it meanwhile */
        again(batch, false);
        return;
    }
    if (batch->family_children > most && parents > 1) {
        if (own_rows) {
            /* Fewer parents; the others are a later batch's, or the next part's where we bisect. */
            size_t half = batch->part.from + parents / 2;
            if (batch->work.bisect)
                push_part(batch, half, batch->part.to);
            else
                batch->family_end = half;
            batch->part.to = half;
            run->family_hint = parents / 2;
        } else {
            top->count = parents / 2; /* the others stay locked, and come later */
        }
        weigh_again(batch);
        return;
    }
    if (batch->family_children > most) {
        take_apart(batch);
        return;
    }
    if (batch_send_family(batch))
        return; /* the next level */
    if (!own_rows) {
        batch_send_remove_own(batch);
        return;
    }
    if (batch->family_children < most / 2 && !batch->work.bisect && parents >= run->family_hint)
        run->family_hint = parents * 2;
    batch_send_part(batch);
}

static void next_part(struct batch *batch)
{
    if (batch->part_count == 0) {
        commit_or_not(batch);
        return;
    }
    batch->part = batch->parts[--batch->part_count];
    batch->part_begins = true;
    batch_mark(batch);
    batch->top = batch->taken_count - 1;
    if (!weigh_again(batch))
        batch_send_part(batch);
}

/* The records to act on are known, and nothing can be added to them any more. */
static void rows_judged(struct batch *batch)
{
    batch->relation_keys =
        arena_alloc(batch->arena, batch->taken_count * sizeof(*batch->relation_keys));
    batch->family_end = batch->pick_count;
    push_part(batch, 0, batch->pick_count);
    if (FAULT_POINT("batch_after_lock")) {
        end_with_error(batch, "fault point");
        return;
    }
    next_part(batch);
}

static void rows_locked(struct batch *batch)
{
    batch_make_picks(batch);
    if (!batch_send_judge(batch))
        rows_judged(batch);
}

static void set_aside(struct batch *batch, const char *sqlstate)
{
    struct run *run = batch->run;
    struct poison poison = {0};
    batch_digest_of(batch, batch->picks[batch->part.from], poison.digest);
    snprintf(poison.sqlstate, sizeof(poison.sqlstate), "%s", sqlstate);
    snprintf(poison.constraint, sizeof(poison.constraint), "%s", batch->constraint);
    batch->poisons =
        arena_push(batch->arena, batch->poisons, &batch->poison_count, sizeof(*batch->poisons));
    batch->poisons[batch->poison_count - 1] = poison;
    log_warning("category \"%s\": a record of \"%s\" cannot be acted on and is set aside: %s",
                run->category->name, run->report.relation,
                batch->error.primary ? batch->error.primary : "a trigger keeps it");
}

/* The part was undone: halve it, or set its one record aside (or leave it, if it is locked). */
static void part_undone(struct batch *batch, enum retry_class class, const char *sqlstate)
{
    size_t half = batch->part.from + (batch->part.to - batch->part.from) / 2;
    if (batch->part.to - batch->part.from == 1) {
        if (class == RETRY_LOCKED)
            batch->result.left++;
        else
            set_aside(batch, sqlstate);
        batch->large_family = false;
    } else {
        push_part(batch, half, batch->part.to);
        push_part(batch, batch->part.from, half);
    }
    next_part(batch);
}

static void undo_part(struct batch *batch, const char *sqlstate)
{
    batch_back_to_mark(batch);
    snprintf(batch->undo_sqlstate, sizeof(batch->undo_sqlstate), "%s", sqlstate);
    struct error kept = batch->error; /* for the message; a new group forgets it */
    char constraint[sizeof(batch->constraint)];
    memcpy(constraint, batch->constraint, sizeof(constraint));
    batch->error = (struct error){0};
    batch_send_undo(batch);
    batch->error = kept;
    memcpy(batch->constraint, constraint, sizeof(constraint));
}

static void begin_bisecting(struct batch *batch)
{
    batch->work.bisect = true;
    again(batch, true);
}

static void part_removed(struct batch *batch)
{
    const struct taken *table = &batch->taken[batch->taken_count - 1];
    if (batch->large_family && batch->top != batch->taken_count - 1 &&
        batch->some_relation == NO_RELATION) {
        const struct relation_keys *top = &batch->relation_keys[batch->top];
        if (batch->taken[batch->top].rows == (int64_t)top->count)
            commit_or_not(batch);
        else if (batch->work.bisect)
            undo_part(batch, SQLSTATE_REFUSED);
        else
            begin_bisecting(batch);
        return;
    }
    if (batch->large_family) {
        batch->some_budget -= batch->taken[batch->some_relation].rows - batch->some_before;
        batch->some_relation++;
        remove_some_next(batch);
        return;
    }
    int64_t wanted = (int64_t)(batch->part.to - batch->part.from);
    if (table->rows - table->mark_rows == wanted) {
        next_part(batch);
        return;
    }
    /* Records that were locked as due and free stay: an agreement or the like changed meanwhile, or
     * a trigger keeps them. Their dependants must stay with them. */
    if (batch->work.bisect)
        undo_part(batch, SQLSTATE_REFUSED);
    else
        begin_bisecting(batch);
}

/* --- failures --- */

static bool is_action(enum step step)
{
    return step == STEP_REMOVE_RANGE || step == STEP_LOCK_ROWS || step == STEP_REMOVE_DEPENDANTS ||
           step == STEP_REMOVE_SOME || step == STEP_REMOVE_OWN || step == STEP_REMOVE_TIDS ||
           step == STEP_COUNT_DEPENDANTS || step == STEP_LOCK_DEPENDANTS || step == STEP_JUDGE_ROWS;
}

/* A statement timeout: half of the range, or one record at a time. */
static void smaller(struct batch *batch)
{
    struct work *work = &batch->work;
    int64_t blocks = work->to_block - work->from.block;
    if (!work->careful && blocks > 1) {
        struct work rest = *work;
        work->to_block = work->from.block + blocks / 2;
        rest.from = (struct tid){.block = (uint32_t)work->to_block};
        batch->result.split = true;
        batch->result.other_half = rest;
        again(batch, true);
        return;
    }
    work->careful = true;
    if (work->attempts >= 3)
        work->bisect = true;
    again(batch, false);
}

static void act_on_failure(struct batch *batch)
{
    const char *sqlstate = batch->error.sqlstate;
    enum step step = batch->failed_step.step;
    enum retry_class class = sqlstate_retry_class(sqlstate);
    bool under_savepoint = batch->savepoint_open && is_action(step);
    if (batch->outcome == PG_LOST || (sqlstate[0] && class == RETRY_RECONNECT)) {
        lost(batch);
        return;
    }
    if (!sqlstate[0]) { /* ours: an answer of the wrong shape, a fault point */
        end_with_failure(batch);
        return;
    }
    if (batch->work.attempts > MOST_ATTEMPTS && class != RETRY_RUN_STOP) {
        if (class == RETRY_LOCKED) { /* a later pass, or the next run */
            batch->result.left++;
            end_with(batch, BATCH_NOTHING);
        } else {
            end_with_failure(batch);
        }
        return;
    }
    switch (class) {
    case RETRY_LOCKED:
        if (under_savepoint) {
            undo_part(batch, sqlstate);
        } else if (!is_action(step)) {
            again(batch, false); /* a gate, or the relation */
        } else if (!batch->work.careful) {
            batch->work.careful = true;
            again(batch, true);
        } else {
            bool at_once = !batch->work.bisect; /* a dependant's row is locked */
            batch->work.bisect = true;
            again(batch, at_once);
        }
        break;
    case RETRY_ROW:
        if (under_savepoint) {
            undo_part(batch, sqlstate);
        } else if (!is_action(step)) {
            end_with_failure(batch);
        } else if (!batch->work.careful || !batch->work.bisect) {
            batch->work.careful = batch->work.bisect = true;
            again(batch, true);
        } else {
            end_with_failure(batch);
        }
        break;
    case RETRY_AGAIN:
        again(batch, false);
        break;
    case RETRY_CANCELED:
        if (is_action(step))
            smaller(batch);
        else
            again(batch, false);
        break;
    case RETRY_RUN_STOP:
        if (strcmp(sqlstate, SQLSTATE_LEAF_GONE) == 0)
            end_with(batch, BATCH_LEAF_GONE);
        else
            end_with_failure(batch);
        break;
    case RETRY_RECONNECT:
    case RETRY_FATAL:
        if (step == STEP_LOCK_LEAF && strcmp(sqlstate, "42P01") == 0)
            end_with(batch, BATCH_LEAF_GONE);
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

static bool take_answer(struct batch *batch, struct request_step step, const PGresult *result,
                        struct error *error)
{
    switch (step.step) {
    case STEP_BEGIN_BATCH:
        if (FAULT_POINT("batch_after_begin"))
            return error_set(error, ERROR_FAILED, "fault point");
        return take_begin_batch(batch, result, error);
    case STEP_REMOVE_RANGE:
    case STEP_REMOVE_TIDS:
        return batch_take_removed(batch, result, step.relation, true, error);
    case STEP_REMOVE_DEPENDANTS:
    case STEP_REMOVE_SOME:
    case STEP_REMOVE_OWN:
        return batch_take_removed(batch, result, step.relation, false, error);
    case STEP_LOCK_ROWS:
        return batch_take_locked(batch, result, error);
    case STEP_JUDGE_ROWS:
        return batch_take_judged(batch, result, error);
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

static void group_over(struct batch *batch)
{
    if (batch->abandoned) {
        finish(batch, false);
        return;
    }
    switch (batch->state) {
    case BATCH_STATE_ACTING:
        if (batch->failed)
            act_on_failure(batch);
        else if (FAULT_POINT("batch_after_action"))
            end_with_error(batch, "fault point");
        else
            commit_or_not(batch);
        break;
    case BATCH_STATE_LOCKING:
        if (batch->failed)
            act_on_failure(batch);
        else
            rows_locked(batch);
        break;
    case BATCH_STATE_JUDGING:
        if (batch->failed)
            act_on_failure(batch);
        else
            rows_judged(batch);
        break;
    case BATCH_STATE_COUNTING:
        if (batch->failed)
            act_on_failure(batch);
        else
            family_counted(batch);
        break;
    case BATCH_STATE_REMOVING:
        if (batch->failed)
            act_on_failure(batch);
        else if (FAULT_POINT("batch_after_remove"))
            end_with_error(batch, "fault point");
        else
            part_removed(batch);
        break;
    case BATCH_STATE_UNDOING:
        if (batch->failed)
            act_on_failure(batch);
        else
            part_undone(batch, sqlstate_retry_class(batch->undo_sqlstate), batch->undo_sqlstate);
        break;
    case BATCH_STATE_COMMITTING:
        (void)FAULT_POINT("batch_after_commit");
        if (batch->failed) {
            batch->commit_sent = batch->commit_sent && batch->outcome == PG_LOST;
            act_on_failure(batch);
        } else {
            batch->result.end = BATCH_ACTED;
            finish(batch, true);
        }
        break;
    case BATCH_STATE_ROLLING_BACK:
        if (batch->failed)
            lost(batch); /* its backend goes, and the transaction with it */
        else
            finish(batch, false);
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
    if (batch->taken_count < relations) {
        batch->taken = xrealloc(batch->taken, relations * sizeof(*batch->taken));
        memset(batch->taken + batch->taken_count, 0,
               (relations - batch->taken_count) * sizeof(*batch->taken));
        batch->taken_capacity = relations;
    }
    for (size_t i = 0; i < relations; i++)
        batch->taken[i].rows = 0, batch->taken[i].ref_count = 0;
    batch->taken_count = relations;
    arena_reset(batch->arena);
    batch->locked = (struct locked_set){0};
    batch->relation_keys = NULL;
    batch->picks = NULL;
    batch->pick_count = batch->family_end = 0;
    batch->large_family = batch->savepoint_open = batch->part_begins = false;
    batch->parts = NULL;
    batch->part_count = 0;
    batch->tenants = NULL;
    batch->tenant_count = 0;
    batch->tenants_counted = false;
    batch->counted = 0;
    batch->poisons = NULL;
    batch->poison_count = 0;
    batch->seq_count = 0;
    batch->commit_sent = false;
    batch->result = (struct batch_result){0};
}

static void start(struct batch *batch)
{
    reset(batch);
    batch->lost_pid = batch->lane->pid;
    memcpy(batch->lost_backend_start, batch->lane->backend_start,
           sizeof(batch->lost_backend_start));
    if (batch->run->sql->relation_count > 1)
        batch->work.careful = true;
    if (batch->work.careful)
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
        finish(batch, false);
    }
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->taken_capacity; i++)
        free(batch->taken[i].refs);
    free(batch->taken);
    free(batch->steps);
    arena_free(batch->arena);
    error_clear(&batch->error);
    error_clear(&batch->result.error);
    free(batch);
}
