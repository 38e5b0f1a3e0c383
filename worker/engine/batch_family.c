/* Careful batches: the records are locked, and removed in parts.
 *
 * Families: what hangs on a part's records is counted level by level before anything is removed.
 * Too much for one transaction: fewer parents; the others come in a later batch. Too much even for
 * one parent: its dependants go in batches of their own, some at a time, before it does
 * (`large_family`). Where these have dependants of their own, some of them are locked and become
 * the `top`: they are weighed with all that hangs on them, as the parents were, and removed by
 * their own keys.
 *
 * Bisecting: each part is removed under a savepoint; one that fails is undone and halved, down to a
 * single record, which is set aside by its digest, or left where others have locked it.
 *
 * Invariants: a part's dependants are removed only together with its parents, or, of a very large
 * family, under a parent that is locked; what is undone leaves no trace in the numbers and digests.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "engine/batch_internal.h"
#include "pg/sqlstate.h"

/* some_relation while whole rows of a dependant are removed, with all that hangs on them */
#define NO_RELATION SIZE_MAX

static void push_part(struct batch *batch, size_t from, size_t to)
{
    if (from >= to)
        return;
    batch->parts =
        arena_push(batch->arena, batch->parts, &batch->part_count, sizeof(*batch->parts));
    batch->parts[batch->part_count - 1] = (struct part){from, to};
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
    enum log_level level =
        run->blocked.count < RUN_TOLD_BLOCKED ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG;
    log_message(level,
                "category \"%s\": a record of \"%s\" cannot be acted on and is set aside: %s",
                run->category->name, run->report.relation,
                batch->error.primary ? batch->error.primary : "a trigger keeps it");
}

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
    batch_commit_or_not(batch);
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
void batch_family_counted(struct batch *batch)
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
        batch_again(batch, false);
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
        batch_commit_or_not(batch);
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
void batch_rows_judged(struct batch *batch)
{
    if (batch_send_read_values(batch))
        return;
    batch->relation_keys =
        arena_alloc(batch->arena, batch->taken_count * sizeof(*batch->relation_keys));
    batch->family_end = batch->pick_count;
    push_part(batch, 0, batch->pick_count);
    if (FAULT_POINT("batch_after_lock")) {
        batch_end_with_error(batch, "fault point");
        return;
    }
    next_part(batch);
}

void batch_rows_locked(struct batch *batch)
{
    batch_make_picks(batch);
    if (!batch_send_judge(batch))
        batch_rows_judged(batch);
}

/* The part was undone: halve it, or set its one record aside (or leave it, if it is locked). */
void batch_part_undone(struct batch *batch)
{
    const char *sqlstate = batch->undo_sqlstate;
    size_t half = batch->part.from + (batch->part.to - batch->part.from) / 2;
    if (batch->part.to - batch->part.from == 1) {
        if (sqlstate_retry_class(sqlstate) == RETRY_LOCKED)
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

void batch_undo_part(struct batch *batch, const char *sqlstate)
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
    batch_again(batch, true);
}

void batch_part_removed(struct batch *batch)
{
    const struct taken *table = &batch->taken[batch->taken_count - 1];
    if (batch->large_family && batch->top != batch->taken_count - 1 &&
        batch->some_relation == NO_RELATION) {
        const struct relation_keys *top = &batch->relation_keys[batch->top];
        if (batch->run->sql->relations[batch->top].passes ||
            batch->taken[batch->top].rows - batch->taken[batch->top].mark_rows ==
                (int64_t)top->count)
            batch_commit_or_not(batch);
        else if (batch->work.bisect)
            batch_undo_part(batch, SQLSTATE_REFUSED);
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
        batch_undo_part(batch, SQLSTATE_REFUSED);
    else
        begin_bisecting(batch);
}
