/* Longest common subsequence over lines, once what both texts begin and end with is cut off. A
 * policy has tens of lines; beyond MOST_CELLS the middle is shown as wholly replaced. */
#include "cli/diff.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

enum { CONTEXT = 3, MOST_CELLS = 4000000 };

struct line {
    const char *start;
    size_t length;
};

struct lines {
    struct line *items;
    size_t count;
};

/* One line of the result: ' ', '-' or '+'. */
struct edit {
    char sign;
    struct line line;
    size_t before, after; /* numbers of lines of each text that come before it */
};

struct edits {
    struct arena *arena;
    struct edit *items;
    size_t count;
    size_t before, after;
};

static struct lines split(struct arena *arena, const char *s)
{
    struct lines lines = {0};
    while (*s) {
        size_t n = strcspn(s, "\n");
        lines.items = arena_push(arena, lines.items, &lines.count, sizeof(*lines.items));
        lines.items[lines.count - 1] = (struct line){s, n};
        s += n + (s[n] == '\n');
    }
    return lines;
}

static bool same(struct line a, struct line b)
{
    return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

static void add(struct edits *edits, char sign, struct line line)
{
    edits->items = arena_push(edits->arena, edits->items, &edits->count, sizeof(*edits->items));
    edits->items[edits->count - 1] = (struct edit){sign, line, edits->before, edits->after};
    edits->before += sign != '+';
    edits->after += sign != '-';
}

/* The lines a[0..n) and b[0..m) that are left between common ends. */
static void compare(struct edits *edits, const struct line *a, size_t n, const struct line *b,
                    size_t m)
{
    size_t i = 0, j = 0;
    if (n && m && n <= MOST_CELLS / m) {
        /* length[i][j]: the longest common subsequence of a[i..] and b[j..] */
        size_t width = m + 1;
        uint32_t *length = arena_alloc(edits->arena, (n + 1) * width * sizeof(*length));
        for (size_t x = n; x-- > 0;)
            for (size_t y = m; y-- > 0;) {
                uint32_t down = length[(x + 1) * width + y], right = length[x * width + y + 1];
                length[x * width + y] = same(a[x], b[y]) ? length[(x + 1) * width + y + 1] + 1
                                        : down > right   ? down
                                                         : right;
            }
        while (i < n && j < m) {
            if (same(a[i], b[j])) {
                add(edits, ' ', a[i++]);
                j++;
            } else if (length[(i + 1) * width + j] >= length[i * width + j + 1])
                add(edits, '-', a[i++]);
            else
                add(edits, '+', b[j++]);
        }
    }
    while (i < n)
        add(edits, '-', a[i++]);
    while (j < m)
        add(edits, '+', b[j++]);
}

/* A range of a hunk's head; an empty one names the line before it. */
static void add_range(struct text *out, char sign, size_t start, size_t count)
{
    text_printf(out, " %c%zu", sign, count ? start + 1 : start);
    if (count != 1)
        text_printf(out, ",%zu", count);
}

static void add_hunk(struct text *out, const struct edit *edits, size_t count)
{
    size_t before = 0, after = 0;
    for (size_t i = 0; i < count; i++) {
        before += edits[i].sign != '+';
        after += edits[i].sign != '-';
    }
    text_add(out, "@@");
    add_range(out, '-', edits[0].before, before);
    add_range(out, '+', edits[0].after, after);
    text_add(out, " @@\n");
    for (size_t i = 0; i < count; i++)
        text_printf(out, "%c%.*s\n", edits[i].sign, (int)edits[i].line.length, edits[i].line.start);
}

/* The first changed line at or after `from`; count where there is none. */
static size_t next_change(const struct edits *edits, size_t from)
{
    while (from < edits->count && edits->items[from].sign == ' ')
        from++;
    return from;
}

bool diff_unified(struct text *out, const char *before_name, const char *before,
                  const char *after_name, const char *after)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct lines a = split(arena, before), b = split(arena, after);
    struct edits edits = {.arena = arena};
    size_t head = 0, tail = 0;
    while (head < a.count && head < b.count && same(a.items[head], b.items[head]))
        add(&edits, ' ', a.items[head++]);
    while (tail < a.count - head && tail < b.count - head &&
           same(a.items[a.count - 1 - tail], b.items[b.count - 1 - tail]))
        tail++;
    compare(&edits, head ? a.items + head : a.items, a.count - head - tail,
            head ? b.items + head : b.items, b.count - head - tail); /* an empty text has none */
    for (size_t i = a.count - tail; i < a.count; i++)
        add(&edits, ' ', a.items[i]);

    size_t change = next_change(&edits, 0);
    if (change == edits.count)
        return false;
    text_printf(out, "--- %s\n+++ %s\n", before_name, after_name);
    while (change < edits.count) {
        size_t start = change > CONTEXT ? change - CONTEXT : 0, end = change;
        /* changes that are nearer than two contexts share a hunk */
        for (size_t next = change; next < edits.count && next <= end + 2 * CONTEXT;
             next = next_change(&edits, end))
            end = next + 1;
        change = next_change(&edits, end);
        size_t stop = end + CONTEXT < edits.count ? end + CONTEXT : edits.count;
        add_hunk(out, edits.items + start, stop - start);
    }
    return true;
}
