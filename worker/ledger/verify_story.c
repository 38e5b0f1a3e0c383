/* What the entries say of each other, in the order of the log.
 *
 * A run is kept from its plan to its `done`, so that memory grows with the runs that are open at
 * one time and not with the log. Its batches come in the order in which they were committed, nearly
 * that of their numbers; those ahead of the lowest number not yet seen wait in a short list. `done`
 * stands after all batches of its run and after the anomalies that tell of numbers never used.
 *
 * A worker makes one run after the other, and one that was killed in the middle leaves its run to
 * the next leader, which ends it (status "lost") before it plans any of its own. So every run has
 * its `done`, but for one after which no other was planned: that one may not have ended yet.
 *
 * Where entries were pruned, runs that began before are counted, and otherwise believed; they have
 * their `done` before the first plan that is there, so behind it every run must be planned. What
 * the prune saved (verify_saved.c) still names keys, epochs and policies. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/lines.h"
#include "ledger/verify_internal.h"

enum { RUN_ID = 16, AHEAD_MOST = 1 << 16 };

struct run {
    uint8_t id[RUN_ID];
    struct run *next; /* in its bucket */
    uint64_t index;   /* of its plan, or of its first entry that is there */
    char *category;   /* NULL: not known */
    bool partly;      /* entries of it may be missing */
    uint64_t below;   /* all numbers below this were seen */
    uint64_t *ahead;  /* seen, and not below; sorted */
    size_t ahead_count;
    uint64_t batches, rows;
};

struct named {
    uint8_t hash[MERKLE_HASH_SIZE];
    uint64_t index;   /* of the entry that names it */
    bool is_in_force; /* approved, or a run enforced it: its text must be there */
    /* A run may enforce it: it was approved, or loaded after another text of its category was; one
     * that only keeps longer takes effect at once then. */
    bool may_run;
};

enum { BUCKETS = 1024 };

struct verify_story {
    struct run *runs[BUCKETS];
    uint64_t last_plan; /* its index */
    bool hole;          /* entries are missing */
    bool planned_after; /* a plan stands behind the hole: */
    uint64_t after;     /* the first */
    bool genesis;       /* was told */
    /* After a hole: the first entry that rests on one that was neither there nor saved. Told at the
     * end, since a hole that nothing excuses is what is wrong then. */
    uint64_t unnamed_at;
    struct text unnamed;
    struct named *texts;
    size_t text_count;
    uint64_t *epochs;
    size_t epoch_count;
};

struct verify_story *verify_story_new(void)
{
    return xcalloc(1, sizeof(struct verify_story));
}

static void run_free(struct run *run)
{
    free(run->category);
    free(run->ahead);
    free(run);
}

void verify_story_free(struct verify_story *story)
{
    if (!story)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct run *run = story->runs[i], *next; run; run = next) {
            next = run->next;
            run_free(run);
        }
    free(story->texts);
    free(story->epochs);
    text_free(&story->unnamed);
    free(story);
}

static bool fail(struct verify *v, uint64_t index, const char *format, ...) _printf_(3, 4);
static bool fail(struct verify *v, uint64_t index, const char *format, ...)
{
    struct text text _cleanup_text_ = {0};
    va_list args;
    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    return verify_fail(v, "", index, "entry %" PRIu64 ": %s", index, text_string(&text));
}

/* The entry rests on one that was not told. */
static bool unnamed(struct verify *v, uint64_t index, const char *format, ...) _printf_(3, 4);
static bool unnamed(struct verify *v, uint64_t index, const char *format, ...)
{
    struct text text _cleanup_text_ = {0};
    va_list args;
    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    if (!v->story->hole)
        return fail(v, index, "%s", text_string(&text));
    if (!v->story->unnamed.length) {
        v->story->unnamed_at = index;
        text_add(&v->story->unnamed, text_string(&text));
    }
    return true;
}

static uint64_t number_of(const struct entry *entry, const char *field)
{
    const char *value = entry_value(entry, field);
    uint64_t n = 0;
    if (value)
        lines_read_number(value, strlen(value), &n); /* the reader has seen that it is one */
    return n;
}

static bool hash_of(const struct entry *entry, const char *field, uint8_t ret_hash[32])
{
    const char *value = entry_value(entry, field);
    return value && hex_decode(ret_hash, 32, value, strlen(value));
}

/* --- runs --- */

static struct run **run_place(struct verify_story *story, const uint8_t id[RUN_ID])
{
    struct run **place = &story->runs[(id[0] | id[1] << 8) % BUCKETS];
    while (*place && memcmp((*place)->id, id, RUN_ID) != 0)
        place = &(*place)->next;
    return place;
}

static struct run *run_add(struct verify_story *story, const uint8_t id[RUN_ID], uint64_t index)
{
    struct run **place = run_place(story, id), *run = xcalloc(1, sizeof(*run));
    memcpy(run->id, id, RUN_ID);
    run->index = index;
    *place = run;
    return run;
}

/* The run that an entry names, which must be open; one that may have begun where entries are
 * missing is made. NULL with the error set. */
static struct run *run_of(struct verify *v, uint64_t index, const struct entry *entry)
{
    uint8_t id[RUN_ID];
    const char *hex = entry_value(entry, "run");
    hex_decode(id, sizeof(id), hex, strlen(hex));
    struct run *run = *run_place(v->story, id);
    if (run)
        return run;
    if (!v->story->hole || v->story->planned_after) {
        fail(v, index, "%s of run %s, which was not planned, or is done", entry->type_name, hex);
        if (v->story->hole)
            error_detail(v->error,
                         "It did not begin where entries were pruned: such a run ends before entry "
                         "%" PRIu64 ", the first after them that plans one.",
                         v->story->after);
        return NULL;
    }
    run = run_add(v->story, id, index);
    run->partly = true;
    v->result->runs_partly++;
    return run;
}

/* The first `gone` of those ahead are below now, and so are those that follow upon it. */
static void run_close_up(struct run *run, size_t gone)
{
    for (; gone < run->ahead_count && run->ahead[gone] == run->below; gone++)
        run->below++;
    run->ahead_count -= gone;
    if (gone > 0)
        memmove(run->ahead, run->ahead + gone, run->ahead_count * sizeof(*run->ahead));
}

/* A number of the run was used. False where it was before. */
static bool run_take(struct run *run, uint64_t seq)
{
    size_t at = run->ahead_count; /* it is one of the last, mostly */
    if (seq < run->below)
        return run->partly;
    while (at > 0 && run->ahead[at - 1] > seq)
        at--;
    if (at > 0 && run->ahead[at - 1] == seq)
        return false;
    if (seq > run->below) {
        run->ahead = xrealloc(run->ahead, (run->ahead_count + 1) * sizeof(*run->ahead));
        memmove(run->ahead + at + 1, run->ahead + at,
                (run->ahead_count - at) * sizeof(*run->ahead));
        run->ahead[at] = seq;
        run->ahead_count++;
        return true;
    }
    run->below++;
    run_close_up(run, 0);
    return true;
}

/* Of a run that began where entries are missing, no number has to be there: the lower half of those
 * that wait for one is let go of. */
static void run_let_go(struct run *run)
{
    size_t gone = run->ahead_count / 2;
    run->below = run->ahead[gone - 1] + 1;
    run_close_up(run, gone);
}

static bool plan(struct verify *v, uint64_t index, const struct entry *entry)
{
    uint8_t id[RUN_ID], sha256[32];
    const char *hex = entry_value(entry, "run");
    hex_decode(id, sizeof(id), hex, strlen(hex));
    if (*run_place(v->story, id))
        return fail(v, index, "run %s is planned a second time", hex);
    struct run *run = run_add(v->story, id, index);
    v->story->last_plan = index;
    if (!v->story->planned_after)
        v->story->after = index;
    v->story->planned_after = true;
    run->category = xstrdup(entry_value(entry, "category"));
    v->result->runs++;
    hash_of(entry, "sha256", sha256);
    for (size_t i = 0; i < v->story->text_count; i++)
        if (memcmp(v->story->texts[i].hash, sha256, sizeof(sha256)) == 0) {
            v->story->texts[i].is_in_force = true;
            return v->story->texts[i].may_run ||
                   unnamed(v, index,
                           "run %s enforces a policy text that no entry before it approves", hex);
        }
    return unnamed(v, index, "run %s enforces a policy text that no entry before it names", hex);
}

static bool epoch_is_named(const struct verify_story *story, uint64_t epoch)
{
    for (size_t i = story->epoch_count; i-- > 0;)
        if (story->epochs[i] == epoch)
            return true;
    return false;
}

static bool batch(struct verify *v, uint64_t index, const struct entry *entry)
{
    struct run *run = run_of(v, index, entry);
    uint64_t seq = number_of(entry, "seq"), rows = number_of(entry, "rows");
    const char *category = entry_value(entry, "category");
    uint8_t root[MERKLE_HASH_SIZE];
    if (!run)
        return false;
    if (!run->category)
        run->category = xstrdup(category);
    if (strcmp(run->category, category) != 0)
        return fail(v, index, "batch of category \"%s\" in a run of category \"%s\"", category,
                    run->category);
    if (!run_take(run, seq))
        return fail(v, index, "batch %" PRIu64 " of run %s stands in the log twice", seq,
                    entry_value(entry, "run"));
    if (run->ahead_count > AHEAD_MOST && !run->partly)
        return fail(v, index, "batch %" PRIu64 " of run %s is missing", run->below,
                    entry_value(entry, "run"));
    if (run->ahead_count > AHEAD_MOST)
        run_let_go(run);
    run->batches++;
    v->result->batches++;
    if (__builtin_add_overflow(run->rows, rows, &run->rows) ||
        __builtin_add_overflow(v->result->rows, rows, &v->result->rows))
        return fail(v, index, "more rows than can be");
    if (!hash_of(entry, "records", root))
        return true; /* counts alone */
    if (!epoch_is_named(v->story, number_of(entry, "epoch")) &&
        !unnamed(v, index, "digests are of epoch %" PRIu64 ", which no entry before it names",
                 number_of(entry, "epoch")))
        return false;
    return verify_records(v, index, run->id, seq, rows, root);
}

static bool anomaly(struct verify *v, uint64_t index, const struct entry *entry)
{
    const char *code = entry_value(entry, "code");
    uint64_t seq = number_of(entry, "seq");
    struct run *run;
    v->result->anomalies++;
    if (text_starts_with(code, "lost.") && v->result->lost++ == 0) {
        v->lost_at = index;
        snprintf(v->lost_type, sizeof(v->lost_type), "%s", code + strlen("lost."));
    }
    if (text_starts_with(code, "unplaced."))
        v->result->unplaced++;
    if (strcmp(code, "gap") != 0 && strcmp(code, "count") != 0)
        return true; /* not of a run, or of one that is done */
    if (!(run = run_of(v, index, entry)))
        return false;
    if (strcmp(code, "count") == 0)
        v->result->counts++;
    else
        v->result->gaps++;
    if (strcmp(code, "count") == 0)
        return true;
    return run_take(run, seq) ||
           fail(v, index, "batch %" PRIu64 " of run %s is in the log, and said to be none", seq,
                entry_value(entry, "run"));
}

static bool done(struct verify *v, uint64_t index, const struct entry *entry)
{
    struct run *run = run_of(v, index, entry);
    const char *hex = entry_value(entry, "run");
    uint64_t batches = number_of(entry, "batches"), rows = number_of(entry, "rows");
    if (!run)
        return false;
    if (!run->partly && run->ahead_count > 0)
        return fail(v, index, "run %s is done, and its batch %" PRIu64 " is not in the log", hex,
                    run->below);
    if (run->partly ? run->batches > batches || run->rows > rows
                    : run->batches != batches || run->rows != rows)
        return fail(v, index,
                    "run %s is done with %" PRIu64 " batches and %" PRIu64
                    " rows; the log holds %" PRIu64 " and %" PRIu64,
                    hex, batches, rows, run->batches, run->rows);
    v->result->runs_done++;
    struct run **place = run_place(v->story, run->id);
    *place = run->next;
    run_free(run);
    return true;
}

/* --- what is named --- */

static bool policy(struct verify *v, uint64_t index, const struct entry *entry)
{
    struct verify_story *story = v->story;
    struct named text = {.index = index};
    bool approved = strcmp(entry_value(entry, "what"), "approved") == 0;
    hash_of(entry, "sha256", text.hash);
    text.is_in_force = approved;
    text.may_run = approved || strcmp(entry_value(entry, "previous"), "none") != 0;
    for (size_t i = 0; i < story->text_count; i++)
        if (memcmp(story->texts[i].hash, text.hash, sizeof(text.hash)) == 0) {
            story->texts[i].is_in_force |= approved;
            story->texts[i].may_run |= text.may_run;
            return true;
        }
    story->texts = xrealloc(story->texts, (story->text_count + 1) * sizeof(*story->texts));
    story->texts[story->text_count++] = text;
    return true;
}

static bool epoch(struct verify *v, uint64_t index, const struct entry *entry)
{
    struct verify_story *story = v->story;
    uint64_t number = number_of(entry, "epoch");
    if (epoch_is_named(story, number))
        return fail(v, index, "epoch %" PRIu64 " begins a second time", number);
    story->epochs = xrealloc(story->epochs, (story->epoch_count + 1) * sizeof(*story->epochs));
    story->epochs[story->epoch_count++] = number;
    return true;
}

/* A key that the log names: whether it is trusted is decided when the log is. */
static bool name_key(struct verify *v, uint64_t index, const struct entry *entry)
{
    struct note_verifier verifier;
    if (!note_verifier_parse(&verifier, entry_value(entry, "vkey"), NULL))
        return fail(v, index, "its verifier key is not one");
    if (strcmp(verifier.name, v->keys[0].verifier.name) != 0)
        return fail(v, index, "its verifier key is of log \"%s\"", verifier.name);
    for (size_t i = 0; i < v->key_count; i++)
        if (memcmp(verifier.key, v->keys[i].verifier.key, sizeof(verifier.key)) == 0) {
            if (!v->keys[i].named)
                v->keys[i].from = index;
            v->keys[i].named = true;
            return true;
        }
    if (v->key_count == VERIFY_MOST_KEYS)
        return fail(v, index, "too many keys");
    v->keys[v->key_count++] = (struct verify_key){
        .verifier = verifier, .from = index, .until = UINT64_MAX, .named = true};
    return true;
}

/* From here on the key signs no more. */
static bool retire(struct verify *v, uint64_t index, const struct entry *entry)
{
    const char *id = entry_value(entry, "keyid");
    for (size_t i = 0; i < v->key_count; i++) {
        char hex[2 * NOTE_ID_SIZE + 1];
        hex_encode(hex, v->keys[i].verifier.id, NOTE_ID_SIZE);
        if (strcmp(hex, id) == 0 && v->keys[i].until > index)
            v->keys[i].until = index;
    }
    return true;
}

static bool genesis(struct verify *v, uint64_t index, const struct entry *entry)
{
    if (index > 0)
        return fail(v, index, "a second genesis");
    v->story->genesis = true;
    if (strcmp(entry_value(entry, "log"), v->result->checkpoint.origin) != 0)
        return fail(v, index, "log is \"%s\", and the checkpoint of \"%s\"",
                    entry_value(entry, "log"), v->result->checkpoint.origin);
    return name_key(v, index, entry);
}

static bool prune(struct verify *v, uint64_t index, const struct entry *entry)
{
    uint64_t upto = number_of(entry, "upto");
    if (upto > index || upto % TILE_WIDTH != 0)
        return fail(v, index, "no prune can be up to %" PRIu64, upto);
    if (upto > v->prune_upto)
        v->prune_upto = upto;
    return true;
}

static const struct {
    const char *type;
    bool (*tell)(struct verify *v, uint64_t index, const struct entry *entry);
} tellers[] = {
    {"batch", batch},   {"plan", plan},     {"done", done},       {"anomaly", anomaly},
    {"epoch", epoch},   {"policy", policy}, {"genesis", genesis}, {"rotate", name_key},
    {"retire", retire}, {"prune", prune},
};

bool verify_story_entry(struct verify *v, uint64_t index, const struct entry *entry)
{
    if (index == 0 && strcmp(entry->type_name, "genesis") != 0)
        return fail(v, index, "a log begins with its genesis, not with %s", entry->type_name);
    if (!entry->type) {
        if (v->result->unknown++ == 0)
            memcpy(v->result->unknown_type, entry->type_name, sizeof(entry->type_name));
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(tellers); i++)
        if (strcmp(tellers[i].type, entry->type_name) == 0)
            return tellers[i].tell(v, index, entry);
    return true;
}

bool verify_story_saved(struct verify *v, uint64_t index, const struct entry *entry)
{
    static const char *const types[] = {"genesis", "epoch", "policy", "rotate", "retire"};
    for (size_t i = 0; entry->type && i < ARRAY_LENGTH(types); i++)
        if (strcmp(types[i], entry->type_name) == 0)
            return verify_story_entry(v, index, entry);
    return true;
}

void verify_story_hole(struct verify *v)
{
    v->story->hole = true;
    v->story->planned_after = false;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct run *run = v->story->runs[i]; run; run = run->next)
            if (!run->partly) {
                run->partly = true;
                v->result->runs_partly++;
            }
}

bool verify_story_names_text(const struct verify *v, const uint8_t hash[MERKLE_HASH_SIZE])
{
    for (size_t i = 0; i < v->story->text_count; i++)
        if (memcmp(v->story->texts[i].hash, hash, MERKLE_HASH_SIZE) == 0)
            return true;
    return false;
}

static bool signer_is_named(const struct verify *v)
{
    for (size_t i = 0; i < v->key_count; i++)
        if (memcmp(&v->keys[i].verifier, &v->result->signer, sizeof(v->result->signer)) == 0)
            return v->keys[i].named;
    return false;
}

/* Of the runs that have not ended, the first; one after which another was planned is missing its
 * `done`. */
static bool check_open_runs(struct verify *v)
{
    const struct run *first = NULL;
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct run *run = v->story->runs[i]; run; run = run->next) {
            v->result->runs_open++;
            if (!first || run->index < first->index)
                first = run;
        }
    if (!first || first->index >= v->story->last_plan)
        return true;
    char hex[2 * RUN_ID + 1];
    hex_encode(hex, first->id, RUN_ID);
    fail(v, first->index,
         "run %s begins here, and no entry of the log ends it, though entry %" PRIu64
         " plans another",
         hex, v->story->last_plan);
    error_hint(v->error, "A run that is cut off is ended by the next worker before it plans one of "
                         "its own: the entry \"done\" was taken away, and with it what the run "
                         "came to.");
    return false;
}

/* The text is there, and is the one that was named: whatever way leads to it, a link say, that no
 * walk through the directory takes. */
static bool check_text(struct verify *v, const struct named *text)
{
    char path[96] = "policies/";
    uint8_t hash[MERKLE_HASH_SIZE];
    size_t length;
    hex_encode(path + strlen(path), text->hash, sizeof(text->hash));
    switch (verify_read_file(v, path, v->bundle, VERIFY_BUNDLE_MOST, &length)) {
    case READ_FAILED:
        return false;
    case READ_ABSENT:
        return verify_fail(v, path, text->index,
                           "%s is missing: the policy text that entry %" PRIu64 " names", path,
                           text->index);
    case READ_DONE:
        break;
    }
    merkle_sha256(v->bundle, length, hash);
    return memcmp(hash, text->hash, sizeof(hash)) == 0 ||
           verify_fail(v, path, text->index, "%s was altered: its SHA-256 is not its name", path);
}

bool verify_story_end(struct verify *v)
{
    if (v->story->hole && !v->story->genesis)
        return verify_fail(v, "proofs/0", 0,
                           "proofs/0 is missing or not the proof of entry 0: a prune saves the "
                           "proofs of what the rest of the log stands on");
    if (v->result->checkpoint.size > 0 && !signer_is_named(v))
        return verify_fail(v, "checkpoint", UINT64_MAX,
                           "checkpoint: signed by a key that no entry of the log names");
    if (v->result->against_size > 0 && !v->keys[v->against_key].named)
        return verify_fail(v, "", UINT64_MAX,
                           "the checkpoint kept earlier: signed by a key that no entry of the log "
                           "names");
    if (v->story->unnamed.length) {
        verify_fail(v, "", v->story->unnamed_at, "entry %" PRIu64 ": %s", v->story->unnamed_at,
                    v->story->unnamed.data);
        error_detail(v->error, "Nor does any of the proofs that a prune saved.");
        return false;
    }
    if (!check_open_runs(v))
        return false;
    for (size_t i = 0; i < v->story->text_count; i++)
        if (v->story->texts[i].is_in_force && !check_text(v, &v->story->texts[i]))
            return false;
    return true;
}
