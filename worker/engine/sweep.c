#include "engine/sweep.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sql_files.h"
#include "policy/sql.h"

/* Ranges where nothing is known of the rows' size; 4096 blocks are 32 MiB. */
enum { UNKNOWN_BLOCKS = 64, MOST_BLOCKS = 4096, MOST_CHECKS = 4 };

/* What is due stands together where the blocks between its oldest and its newest record are about
 * as many as it needs, not so many times more or fewer, and the planner's correlation is no less
 * than this. */
#define MOST_SPREAD       1.25
#define LEAST_CORRELATION 0.9

/* Columns of sql_leaf's `ends`. */
enum { ENDS_FIRST, ENDS_LAST, ENDS_CORRELATION };

/* A range has turns where one in so many of its rows is to be changed. */
enum { DENSE = 4 };

/* No table has it. */
#define LAST_BLOCK ((int64_t)UINT32_MAX)

enum {
    LEAF_OID,
    LEAF_SCHEMA,
    LEAF_NAME,
    LEAF_QUOTED,
    LEAF_FILENODE,
    LEAF_BLOCKS,
    LEAF_FILL,
    LEAF_COLUMNS
};

void sweep_init(struct sweep *sweep, int64_t batch_rows, bool records_stay)
{
    *sweep = (struct sweep){
        .range_blocks = UNKNOWN_BLOCKS, .batch_rows = batch_rows, .records_stay = records_stay};
    sweep->slice_rows = batch_rows > SWEEP_SLICES ? batch_rows / SWEEP_SLICES : 1;
}

/* The slices begin anew. */
static void forget_bounds(struct leaf *leaf)
{
    arena_free(leaf->bound_arena);
    leaf->bound_arena = NULL;
    leaf->from_start = NULL;
    leaf->bounds = NULL;
    leaf->bound_count = 0;
    leaf->more_bounds = false;
}

static void free_leaf(struct leaf *leaf)
{
    arena_free(leaf->arena);
    leaf->arena = NULL;
    leaf->sql = NULL;
    forget_bounds(leaf);
}

static void forget_leaves(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->leaf_count; i++)
        free_leaf(&sweep->leaves[i]);
    arena_free(sweep->arena);
    sweep->arena = NULL;
    sweep->leaves = NULL;
    sweep->leaf_count = sweep->first_open = 0;
}

void sweep_free(struct sweep *sweep)
{
    forget_leaves(sweep);
    free(sweep->returned);
    *sweep = (struct sweep){0};
}

const char *sweep_leaves_sql(void)
{
    return sql_file("engine/leaves.sql");
}

const char *sweep_check_sql(void)
{
    return sql_file("engine/leaf.sql");
}

/* A range should hold no more than a batch's rows even if all of them are due; by turns, no more
 * than a batch for each, and a little less, since they are not all of one size. */
static void set_range(struct sweep *sweep)
{
    sweep->most_blocks = UNKNOWN_BLOCKS;
    if (sweep->row_blocks > 0)
        sweep->most_blocks = (int64_t)((double)sweep->batch_rows * sweep->row_blocks *
                                       (sweep->by_turns ? sweep->turns * 0.97 : 1));
    if (sweep->most_blocks < 1)
        sweep->most_blocks = 1;
    if (sweep->most_blocks > MOST_BLOCKS)
        sweep->most_blocks = MOST_BLOCKS;
    sweep->range_blocks = sweep->most_blocks;
}

/* Where pages were left with room for some of their rows at once, turns may be longer. */
static int turns_of(int64_t fillfactor)
{
    return fillfactor <= 70 ? SQL_TURNS / 4 : fillfactor <= 90 ? SQL_TURNS / 2 : SQL_TURNS;
}

static void note_density(struct sweep *sweep, int64_t rows)
{
    int64_t blocks = 0;
    for (size_t i = 0; i < sweep->leaf_count; i++)
        blocks += sweep->leaves[i].end;
    sweep->row_blocks = rows > 0 ? (double)blocks / (double)rows : 0;
}

void sweep_expect(struct sweep *sweep, int64_t due, int64_t rows)
{
    sweep->due = due;
    sweep->may_turn = sweep->records_stay && due > sweep->batch_rows;
    sweep->by_turns = sweep->may_turn && due >= rows / DENSE;
}

void sweep_aim(struct sweep *sweep, int64_t batch_rows)
{
    int64_t difference = batch_rows - sweep->batch_rows;
    if ((difference < 0 ? -difference : difference) * 10 < sweep->batch_rows)
        return; /* what ranges have learned of the rows' density is worth more */
    sweep->batch_rows = batch_rows;
    set_range(sweep);
}

bool sweep_begin(struct sweep *sweep, const PGresult *result, int64_t rows)
{
    forget_leaves(sweep);
    sweep->returned_count = 0;
    if (PQnfields(result) != LEAF_COLUMNS)
        return false;
    sweep->arena = arena_new();
    sweep->turns = 1;
    sweep->passes++;
    size_t count = (size_t)PQntuples(result);
    sweep->leaves = arena_alloc(sweep->arena, (count + 1) * sizeof(*sweep->leaves));
    for (int row = 0; row < (int)count; row++) {
        struct leaf *leaf = &sweep->leaves[row];
        leaf->oid = (uint32_t)strtoul(PQgetvalue(result, row, LEAF_OID), NULL, 10);
        leaf->name.schema = arena_strdup(sweep->arena, PQgetvalue(result, row, LEAF_SCHEMA));
        leaf->name.name = arena_strdup(sweep->arena, PQgetvalue(result, row, LEAF_NAME));
        leaf->quoted = arena_strdup(sweep->arena, PQgetvalue(result, row, LEAF_QUOTED));
        leaf->filenode = (uint32_t)strtoul(PQgetvalue(result, row, LEAF_FILENODE), NULL, 10);
        leaf->end = leaf->blocks = strtoll(PQgetvalue(result, row, LEAF_BLOCKS), NULL, 10);
        int turns = turns_of(strtoll(PQgetvalue(result, row, LEAF_FILL), NULL, 10));
        sweep->turns = turns > sweep->turns ? turns : sweep->turns;
    }
    sweep->leaf_count = count;
    note_density(sweep, rows);
    set_range(sweep);
    return true;
}

static void leaf_done(struct leaf *leaf)
{
    assert(leaf->in_flight == 0);
    leaf->done = true;
    free_leaf(leaf);
}

enum sweep_next sweep_take(struct sweep *sweep, struct work *ret_work, struct leaf **ret_leaf)
{
    while (sweep->returned_count > 0) {
        struct work work = sweep->returned[--sweep->returned_count];
        if (work.leaf->gone)
            continue;
        work.leaf->in_flight++;
        *ret_work = work;
        return SWEEP_WORK;
    }
    while (sweep->first_open < sweep->leaf_count && sweep->leaves[sweep->first_open].done)
        sweep->first_open++;
    bool busy = false;
    for (size_t i = sweep->first_open; i < sweep->leaf_count; i++) {
        struct leaf *leaf = &sweep->leaves[i];
        if (leaf->done)
            continue;
        if (leaf->gone) {
            if (leaf->in_flight == 0)
                leaf_done(leaf);
            else
                busy = true;
            continue;
        }
        if (leaf->way == LEAF_UNKNOWN || leaf->way == LEAF_ENDS || leaf->way == LEAF_BOUNDS ||
            leaf->way == LEAF_WHOLE_FACTS || leaf->way == LEAF_WHOLE_STAYS) {
            if (leaf->checking) {
                busy = true;
                continue;
            }
            leaf->checking = true;
            *ret_leaf = leaf;
            return SWEEP_OPEN;
        }
        if (leaf->way == LEAF_WHOLE && leaf->next < leaf->end) {
            *ret_work = (struct work){.leaf = leaf, .to_block = LAST_BLOCK, .whole = true};
            leaf->next = leaf->end;
            leaf->in_flight++;
            return SWEEP_WORK;
        }
        if (leaf->way == LEAF_BY_SLICES && leaf->next < leaf->end) {
            int64_t slices = sweep->batch_rows / sweep->slice_rows;
            int64_t to = leaf->next + (slices > 0 ? slices : 1);
            *ret_work = (struct work){.leaf = leaf,
                                      .slice = leaf->next,
                                      .to_slice = to < leaf->end ? to : leaf->end,
                                      .to_block = LAST_BLOCK};
            leaf->next = ret_work->to_slice;
            leaf->in_flight++;
            return SWEEP_WORK;
        }
        if (leaf->next < leaf->end) {
            int64_t to = leaf->next + sweep->range_blocks;
            if (to > leaf->end)
                to = leaf->end;
            *ret_work = (struct work){.leaf = leaf,
                                      .from = {.block = (uint32_t)leaf->next},
                                      .first_block = leaf->next,
                                      .to_block = to,
                                      .to_turn = sweep->by_turns ? SQL_TURNS / sweep->turns : 0};
            leaf->next = to;
            leaf->in_flight++;
            return SWEEP_WORK;
        }
        if (leaf->in_flight == 0 && !leaf->checking) {
            bool more = leaf->way == LEAF_BY_SLICES && leaf->more_bounds;
            if (more)
                leaf->way = LEAF_BOUNDS;
            leaf->checking = true;
            *ret_leaf = leaf;
            return more ? SWEEP_OPEN : SWEEP_CHECK;
        }
        busy = true;
    }
    return busy ? SWEEP_WAIT : SWEEP_OVER;
}

/* Rows stand closer here than on the average: smaller ranges; and larger again behind. */
static void adapt(struct sweep *sweep, const struct work *work, int64_t rows)
{
    int64_t blocks = work->to_block - work->from.block;
    if (rows > sweep->batch_rows && blocks > 1 && blocks <= sweep->range_blocks)
        sweep->range_blocks = blocks * sweep->batch_rows / rows;
    else if (rows < sweep->batch_rows / 2 && blocks >= sweep->range_blocks)
        sweep->range_blocks = blocks * 2 < sweep->most_blocks ? blocks * 2 : sweep->most_blocks;
    if (sweep->range_blocks < 1)
        sweep->range_blocks = 1;
}

/* Are so many rows of the range's a good part of all? */
static bool is_dense(const struct sweep *sweep, const struct work *work, int64_t rows)
{
    double blocks = (double)(work->to_block - work->first_block);
    double turns = work->to_turn ? work->to_turn - work->turn : SQL_TURNS;
    return sweep->row_blocks > 0 &&
           (double)rows * DENSE >= blocks / sweep->row_blocks * turns / SQL_TURNS;
}

/* The range's next turn; all that are left at once where there is little to do. */
static void next_turn(struct sweep *sweep, const struct work *work)
{
    struct work next = {.leaf = work->leaf,
                        .from = {.block = (uint32_t)work->first_block},
                        .first_block = work->first_block,
                        .to_block = work->to_block,
                        .turn = work->to_turn,
                        .to_turn = SQL_TURNS};
    if (sweep->by_turns)
        next.to_turn = work->to_turn + SQL_TURNS / sweep->turns;
    sweep_add(sweep, &next);
}

void sweep_finished(struct sweep *sweep, const struct work *work, int64_t rows)
{
    assert(work->leaf->in_flight > 0);
    work->leaf->in_flight--;
    if (!work->careful && !work->to_slice && !work->whole) {
        bool by_turns = sweep->may_turn && is_dense(sweep, work, rows);
        if (by_turns == sweep->by_turns) {
            adapt(sweep, work, rows);
        } else {
            sweep->by_turns = by_turns;
            set_range(sweep);
        }
    }
    if (work->to_turn && work->to_turn < SQL_TURNS)
        next_turn(sweep, work);
}

void sweep_return(struct sweep *sweep, const struct work *work)
{
    assert(work->leaf->in_flight > 0);
    work->leaf->in_flight--;
    sweep_add(sweep, work);
}

void sweep_add(struct sweep *sweep, const struct work *work)
{
    if (sweep->returned_count == sweep->returned_capacity) {
        sweep->returned_capacity = sweep->returned_capacity ? sweep->returned_capacity * 2 : 16;
        sweep->returned =
            xrealloc(sweep->returned, sweep->returned_capacity * sizeof(*sweep->returned));
    }
    sweep->returned[sweep->returned_count++] = *work;
}

void sweep_leaf_gone(struct sweep *sweep, struct leaf *leaf)
{
    (void)sweep;
    leaf->gone = true;
}

void sweep_check_failed(struct leaf *leaf)
{
    leaf->checking = false;
}

/* All of it, whatever slices were done. */
static void by_blocks(struct leaf *leaf)
{
    leaf->way = LEAF_BY_BLOCKS;
    if (!leaf->more_bounds)
        return;
    leaf->next = 0;
    leaf->end = leaf->blocks;
    forget_bounds(leaf);
}

void sweep_decided(struct leaf *leaf, enum leaf_way way)
{
    leaf->checking = false;
    leaf->way = way;
    if (way == LEAF_BY_BLOCKS)
        by_blocks(leaf);
}

/* What came since is behind the end: the leaf is looked at again, and has another file. */
void sweep_emptied(struct sweep *sweep, struct leaf *leaf)
{
    (void)sweep;
    leaf->in_flight--;
    leaf->way = LEAF_BY_BLOCKS;
    leaf->next = leaf->end = 0;
}

void sweep_unproven(struct sweep *sweep, struct leaf *leaf)
{
    (void)sweep;
    leaf->in_flight--;
    leaf->unproven = true;
    leaf->way = LEAF_WHOLE_STAYS;
    leaf->next = 0;
}

void sweep_by_rows(struct sweep *sweep, struct leaf *leaf)
{
    (void)sweep;
    if (leaf->way == LEAF_WHOLE)
        leaf->in_flight--;
    leaf->checking = false;
    leaf->by_rows = true;
    leaf->way = LEAF_UNKNOWN;
    leaf->next = 0;
}

bool sweep_may_be_in_order(const struct sweep *sweep)
{
    return sweep->passes == 1 && sweep->leaf_count == 1 && !sweep->records_stay &&
           sweep->row_blocks > 0 && sweep->due > sweep->batch_rows;
}

void sweep_ends(struct sweep *sweep, struct leaf *leaf, const PGresult *result)
{
    sweep_decided(leaf, LEAF_BOUNDS);
    if (PQntuples(result) != 1 || PQnfields(result) != ENDS_CORRELATION + 1)
        return;
    for (int i = 0; i <= ENDS_CORRELATION; i++)
        if (PQgetisnull(result, 0, i))
            return;
    int64_t first = strtoll(PQgetvalue(result, 0, ENDS_FIRST), NULL, 10);
    int64_t last = strtoll(PQgetvalue(result, 0, ENDS_LAST), NULL, 10);
    int64_t low = first < last ? first : last, end = (first < last ? last : first) + 1;
    double blocks = (double)(end - low), needed = (double)sweep->due * sweep->row_blocks;
    if (strtod(PQgetvalue(result, 0, ENDS_CORRELATION), NULL) < LEAST_CORRELATION ||
        blocks > needed * MOST_SPREAD || needed > blocks * MOST_SPREAD)
        return;
    leaf->way = LEAF_BY_BLOCKS;
    leaf->in_order = true;
    leaf->next = low;
    leaf->end = end < leaf->end ? end : leaf->end;
}

void sweep_bounded(struct sweep *sweep, struct leaf *leaf, const PGresult *result)
{
    int count = PQntuples(result);
    leaf->checking = false;
    for (int row = 0; row < count; row++)
        if (strtoll(PQgetvalue(result, row, 1), NULL, 10) >= SWEEP_SLICES * sweep->slice_rows) {
            by_blocks(leaf); /* one slice of them would be too much at once */
            return;
        }
    struct arena *arena = arena_new();
    const char *from =
        leaf->more_bounds ? arena_strdup(arena, leaf->bounds[leaf->bound_count - 1]) : NULL;
    forget_bounds(leaf);
    leaf->bound_arena = arena;
    leaf->from_start = from;
    leaf->bounds = arena_alloc(arena, ((size_t)count + 1) * sizeof(*leaf->bounds));
    for (int row = 0; row < count; row++)
        leaf->bounds[row] = arena_strdup(arena, PQgetvalue(result, row, 0));
    leaf->bound_count = (size_t)count;
    leaf->more_bounds = count >= SQL_BOUNDS;
    leaf->way = LEAF_BY_SLICES;
    leaf->next = 0;
    leaf->end = leaf->more_bounds ? count : count + 1;
}

const char *sweep_bounds_from(const struct leaf *leaf)
{
    return leaf->more_bounds ? leaf->bounds[leaf->bound_count - 1] : "-infinity";
}

const char *work_from_start(const struct work *work)
{
    const struct leaf *leaf = work->leaf;
    if (work->slice > 0)
        return leaf->bounds[work->slice - 1];
    return leaf->from_start ? leaf->from_start : "-infinity";
}

const char *work_to_start(const struct work *work)
{
    size_t to = (size_t)work->to_slice;
    return to > work->leaf->bound_count ? "infinity" : work->leaf->bounds[to - 1];
}

bool work_halve(struct work *work, struct work *ret_rest)
{
    int64_t blocks = work->to_block - work->from.block, slices = work->to_slice - work->slice;
    *ret_rest = *work;
    if (slices > 1) {
        work->to_slice = ret_rest->slice = work->slice + slices / 2;
        return true;
    }
    if (work->to_slice || blocks <= 1)
        return false;
    work->to_block = work->from.block + blocks / 2;
    ret_rest->from = (struct tid){.block = (uint32_t)work->to_block};
    ret_rest->first_block = work->to_block;
    return true;
}

void sweep_checked(struct sweep *sweep, struct leaf *leaf, const PGresult *result)
{
    leaf->checking = false;
    if (!result || PQntuples(result) != 1) {
        sweep_leaf_gone(sweep, leaf);
        return;
    }
    uint32_t filenode = (uint32_t)strtoul(PQgetvalue(result, 0, LEAF_FILENODE), NULL, 10);
    int64_t blocks = strtoll(PQgetvalue(result, 0, LEAF_BLOCKS), NULL, 10);
    bool again = leaf->checks++ < MOST_CHECKS && !leaf->in_order;
    if (again && filenode != leaf->filenode) {
        leaf->filenode = filenode;
        leaf->next = 0;
        leaf->blocks = blocks;
        if (leaf->way == LEAF_BY_BLOCKS) {
            leaf->end = blocks;
        } else if (leaf->from_start) { /* the first of the slices are forgotten */
            forget_bounds(leaf);
            leaf->way = LEAF_BOUNDS;
            leaf->end = blocks;
        }
    } else if (again && leaf->way == LEAF_BY_BLOCKS && blocks > leaf->end && !sweep->records_stay) {
        leaf->next = leaf->end > 0 ? leaf->end - 1 : 0;
        leaf->end = blocks;
    } else {
        leaf_done(leaf);
    }
}
