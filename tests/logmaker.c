#define _GNU_SOURCE
#include "logmaker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/digest.h"
#include "ledger/directory.h"
#include "ledger/entry.h"
#include "ledger/epoch.h"
#include "ledger/merkle.h"
#include "ledger/proof.h"

enum { MOST_RECORDS = 100000 };

struct logmaker {
    char *directory;
    struct note_signer *signer;
    struct digester *digester;
    unsigned records;
    uint64_t size, seed, drawn;
    struct text bundle;
    struct {
        uint64_t index; /* of the tile under way */
        unsigned width;
        uint8_t hashes[TILE_WIDTH][MERKLE_HASH_SIZE];
    } levels[TILE_LEVELS];
    /* the run under way, and what it holds so far */
    bool running;
    uint64_t run_number, seq, batches, rows, planned, next_key;
    char run[33], policy[2][65];
};

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "logmaker: %s: %s\n", what, strerror(errno));
    abort();
}

static void write_file(const struct logmaker *maker, const char *name, const void *bytes,
                       size_t length)
{
    char *path _cleanup_free_ = NULL;
    if (asprintf(&path, "%s/%s", maker->directory, name) < 0)
        stop(name);
    for (char *slash = path + strlen(maker->directory); (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            stop(path);
        *slash = '/';
    }
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        stop(path);
}

static void write_tile(const struct logmaker *maker, int level, uint64_t index, unsigned width,
                       const void *bytes, size_t length)
{
    struct tile tile = {level, index, width};
    struct text name _cleanup_text_ = {0};
    tile_path(&name, &tile);
    write_file(maker, name.data, bytes, length);
}

/* A hash goes up as tiles are full. */
static void push(struct logmaker *maker, int level, const uint8_t hash[MERKLE_HASH_SIZE])
{
    uint8_t above[MERKLE_HASH_SIZE];
    memcpy(maker->levels[level].hashes[maker->levels[level].width++], hash, MERKLE_HASH_SIZE);
    if (maker->levels[level].width < TILE_WIDTH)
        return;
    const uint8_t(*hashes)[MERKLE_HASH_SIZE] =
        (const uint8_t(*)[MERKLE_HASH_SIZE])maker->levels[level].hashes;
    write_tile(maker, level, maker->levels[level].index++, TILE_WIDTH, hashes, TILE_BYTES);
    maker->levels[level].width = 0;
    tile_fold(hashes, TILE_WIDTH, above);
    push(maker, level + 1, above);
}

void logmaker_add_bytes(struct logmaker *maker, const void *bytes, size_t length)
{
    uint8_t hash[MERKLE_HASH_SIZE];
    merkle_leaf(bytes, length, hash);
    if (!bundle_add(&maker->bundle, bytes, length))
        stop("entry");
    maker->size++;
    if (maker->size % TILE_WIDTH == 0) {
        write_tile(maker, TILE_ENTRIES, maker->size / TILE_WIDTH - 1, TILE_WIDTH,
                   maker->bundle.data, maker->bundle.length);
        text_clear(&maker->bundle);
    }
    push(maker, 0, hash);
}

void logmaker_add(struct logmaker *maker, const char *type, const char *const *values)
{
    struct text entry _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    uint8_t salt[32];
    uint64_t draw[2] = {maker->seed, maker->drawn++};
    digest_sha256(draw, sizeof(draw), salt);
    if (!entry_write(&entry, entry_type_find(type), 1767225600 + (int64_t)maker->size * 7, salt,
                     values, &error)) {
        fprintf(stderr, "logmaker: %s\n", error.primary);
        abort();
    }
    logmaker_add_bytes(maker, entry.data, entry.length);
}

void logmaker_checkpoint(struct logmaker *maker)
{
    struct checkpoint checkpoint = {.size = maker->size};
    struct merkle_tree tree = {0};
    snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s", LOGMAKER_ORIGIN);
    if (maker->bundle.length)
        write_tile(maker, TILE_ENTRIES, maker->size / TILE_WIDTH, maker->size % TILE_WIDTH,
                   maker->bundle.data, maker->bundle.length);
    /* The complete subtrees are folds over what each level holds, the largest first. */
    for (int level = TILE_LEVELS - 1; level >= 0; level--) {
        unsigned width = maker->levels[level].width;
        if (width == 0)
            continue;
        write_tile(maker, level, maker->levels[level].index, width, maker->levels[level].hashes,
                   width * (size_t)MERKLE_HASH_SIZE);
        unsigned from = 0;
        for (int bit = TILE_HEIGHT - 1; bit >= 0; bit--)
            if (width >> bit & 1) {
                int place = level * TILE_HEIGHT + bit;
                tile_fold((const uint8_t(*)[MERKLE_HASH_SIZE])maker->levels[level].hashes + from,
                          1u << bit, tree.hashes[place]);
                tree.size |= UINT64_C(1) << place;
                from += 1u << bit;
            }
    }
    merkle_tree_root(&tree, checkpoint.root);
    struct text note _cleanup_text_ = {0};
    char name[64];
    if (!checkpoint_sign(&note, &checkpoint, maker->signer, NULL))
        stop("signing");
    snprintf(name, sizeof(name), "checkpoints/%" PRIu64, maker->size);
    write_file(maker, name, note.data, note.length);
    write_file(maker, "checkpoint", note.data, note.length);
}

uint64_t logmaker_size(const struct logmaker *maker)
{
    return maker->size;
}

void logmaker_reseed(struct logmaker *maker, uint64_t seed)
{
    maker->seed = seed;
}

struct note_signer *logmaker_signer(uint8_t seed)
{
    uint8_t key[NOTE_KEY_SIZE];
    for (int i = 0; i < NOTE_KEY_SIZE; i++)
        key[i] = (uint8_t)(i + seed);
    return note_signer_new(LOGMAKER_ORIGIN, key, NULL);
}

char *logmaker_vkey(uint8_t seed)
{
    struct text text = {0};
    struct note_signer *signer = logmaker_signer(seed);
    note_verifier_format(&text, note_signer_verifier(signer));
    text_add_char(&text, '\n');
    note_signer_free(signer);
    return text_steal(&text);
}

void logmaker_key(struct logmaker *maker, uint8_t seed)
{
    char *vkey _cleanup_free_ = logmaker_vkey(seed);
    note_signer_free(maker->signer);
    maker->signer = logmaker_signer(seed);
    write_file(maker, "vkey", vkey, strlen(vkey));
}

/* --- what is invented --- */

static const char *const categories[] = {"customers", "call_recordings"};
static const char *const relations[] = {"public.customer", "ctm.call recording"};

static void add_policy(struct logmaker *maker, int category, const char *what, const char *by)
{
    char text[128], name[80];
    uint8_t hash[32];
    snprintf(text, sizeof(text), "%s: {\n  stages = ( { after = \"13 months\"; } );\n};\n",
             categories[category]);
    digest_sha256(text, strlen(text), hash);
    hex_encode(maker->policy[category], hash, sizeof(hash));
    snprintf(name, sizeof(name), "policies/%s", maker->policy[category]);
    write_file(maker, name, text, strlen(text));
    const char *const policy[] = {
        categories[category], maker->policy[category], "none", "enforce", what, by};
    logmaker_add(maker, "policy", policy);
}

static void add_genesis(struct logmaker *maker)
{
    struct text vkey _cleanup_text_ = {0};
    note_verifier_format(&vkey, note_signer_verifier(maker->signer));
    const char *const genesis[] = {LOGMAKER_ORIGIN, vkey.data, "7300000000000000001", "1"};
    logmaker_add(maker, "genesis", genesis);
}

static void add_epoch(struct logmaker *maker)
{
    uint8_t key[32], commit[32];
    char hex[65];
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)(0x40 + i);
    epoch_commitment(key, commit);
    hex_encode(hex, commit, sizeof(commit));
    const char *const epoch[] = {"1", hex};
    logmaker_add(maker, "epoch", epoch);
}

/* The first entries; false after them. */
static bool add_first(struct logmaker *maker)
{
    switch (maker->size) {
    case 0:
        add_genesis(maker);
        return true;
    case 1:
        add_epoch(maker);
        return true;
    case 2:
    case 4:
        add_policy(maker, (int)(maker->size / 2) - 1, "loaded", "lead");
        return true;
    case 3:
    case 5:
        add_policy(maker, (int)(maker->size / 2) - 1, "approved", "anna");
        return true;
    default:
        return false;
    }
}

static void begin_run(struct logmaker *maker)
{
    uint8_t id[32];
    uint64_t draw[2] = {maker->seed, maker->run_number};
    int category = (int)(maker->run_number++ % 2);
    digest_sha256(draw, sizeof(draw), id);
    hex_encode(maker->run, id, 16);
    maker->running = true;
    maker->seq = maker->batches = maker->rows = 0;
    maker->planned = 1 + id[16] % 40;
    const char *const plan[] = {maker->run,
                                categories[category],
                                maker->policy[category],
                                relations[category],
                                "delete",
                                "13 months",
                                "2026-01-01T00:00:00Z",
                                "100",
                                "0",
                                "1",
                                "1"};
    logmaker_add(maker, "plan", plan);
}

/* The digests of the next records, in their order, as a file; their root in hex. */
static void add_records(struct logmaker *maker, char hex[65])
{
    static uint8_t refs[MOST_RECORDS][DIGEST_SIZE];
    uint8_t root[32];
    char name[96];
    for (unsigned i = 0; i < maker->records; i++) {
        char key[24];
        const char *value = key;
        size_t length = (size_t)snprintf(key, sizeof(key), "%" PRIu64, maker->next_key++);
        digester_ref(maker->digester, &value, &length, refs[i]);
    }
    digest_sort_refs(refs, maker->records);
    digest_records_root((const uint8_t(*)[DIGEST_SIZE])refs, maker->records, root);
    hex_encode(hex, root, sizeof(root));
    snprintf(name, sizeof(name), "records/%s.%" PRIu64, maker->run, maker->seq);
    write_file(maker, name, refs, maker->records * (size_t)DIGEST_SIZE);
}

static void add_batch(struct logmaker *maker)
{
    int category = (int)((maker->run_number + 1) % 2);
    char seq[24], rows[24], records[65] = "none";
    if (maker->records)
        add_records(maker, records);
    unsigned count = maker->records ? maker->records : 1000;
    snprintf(seq, sizeof(seq), "%" PRIu64, maker->seq);
    snprintf(rows, sizeof(rows), "%u", count);
    const char *const batch[] = {maker->run,
                                 seq,
                                 categories[category],
                                 relations[category],
                                 "delete",
                                 maker->records ? "1" : "0",
                                 rows,
                                 records,
                                 "742"};
    logmaker_add(maker, "batch", batch);
    maker->seq++;
    maker->batches++;
    maker->rows += count;
}

static void end_run(struct logmaker *maker)
{
    char batches[24], rows[24];
    snprintf(batches, sizeof(batches), "%" PRIu64, maker->batches);
    snprintf(rows, sizeof(rows), "%" PRIu64, maker->rows);
    const char *const done[] = {maker->run, batches, rows, "0", "done"};
    logmaker_add(maker, "done", done);
    maker->running = false;
}

void logmaker_fill(struct logmaker *maker, uint64_t size)
{
    static const char *const figures[] = {"customers", "2026-01-01", "0", "0", "0",
                                          "0",         "0",          "0", "0", "none"};
    while (maker->size < size) {
        if (add_first(maker))
            continue;
        if (!maker->running && maker->run_number % 16 == 15) {
            maker->run_number++;
            logmaker_add(maker, "compliance", figures);
        } else if (!maker->running) {
            begin_run(maker);
        } else if (maker->batches == maker->planned / 2 && maker->planned > 20 &&
                   maker->seq == maker->batches) {
            char seq[24]; /* a number that was never used */
            snprintf(seq, sizeof(seq), "%" PRIu64, maker->seq++);
            const char *const anomaly[] = {maker->run, seq, "gap"};
            logmaker_add(maker, "anomaly", anomaly);
        } else if (maker->batches < maker->planned) {
            add_batch(maker);
        } else {
            end_run(maker);
        }
    }
}

static struct digester *make_digester(void)
{
    uint8_t key[32];
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)(0x40 + i);
    return digester_new(key, relations[0], 1);
}

struct logmaker *logmaker_new(const char *directory, unsigned records)
{
    struct logmaker *maker = xcalloc(1, sizeof(*maker));
    maker->directory = xstrdup(directory);
    maker->records = records < MOST_RECORDS ? records : MOST_RECORDS;
    maker->digester = make_digester();
    maker->next_key = 1;
    if (mkdir(directory, 0755) != 0 && errno != EEXIST)
        stop(directory);
    logmaker_key(maker, 0);
    return maker;
}

void logmaker_free(struct logmaker *maker)
{
    if (!maker)
        return;
    note_signer_free(maker->signer);
    digester_free(maker->digester);
    text_free(&maker->bundle);
    free(maker->directory);
    free(maker);
}

void logmaker_open_record(unsigned records, const char *key, const char *entry_proof,
                          struct text *out)
{
    static uint8_t refs[MOST_RECORDS][DIGEST_SIZE], hashes[MOST_RECORDS][DIGEST_SIZE];
    struct text rk _cleanup_text_ = {0};
    struct merkle_proof proof;
    uint8_t opening[32], wanted[DIGEST_SIZE];
    size_t length = strlen(key);
    uint64_t place = 0;
    struct digester *digester = make_digester();
    for (unsigned i = 0; i < records; i++) {
        char number[24];
        const char *value = number;
        size_t n = (size_t)snprintf(number, sizeof(number), "%u", i + 1);
        digester_ref(digester, &value, &n, refs[i]);
    }
    digester_ref(digester, &key, &length, wanted);
    digester_opening(digester, &key, &length, &rk, opening);
    digest_sort_refs(refs, records);
    for (unsigned i = 0; i < records; i++) {
        merkle_leaf(refs[i], DIGEST_SIZE, hashes[i]);
        if (memcmp(refs[i], wanted, DIGEST_SIZE) == 0)
            place = i;
    }
    struct merkle_leaves leaves = {(const uint8_t(*)[DIGEST_SIZE])hashes, records};
    if (!merkle_prove_inclusion(merkle_read_leaves, &leaves, place, records, &proof))
        stop("record");
    digester_free(digester);
    proof_record_write(out, (uint8_t *)rk.data, rk.length, opening, place, &proof, entry_proof);
}

/* The proofs of a bundle's entries that later ones rest on. */
static void save_proofs(const struct logmaker *maker, uint64_t bundle)
{
    static const char *const types[] = {"genesis", "epoch", "policy", "rotate", "retire", "prune"};
    static struct entry entry;
    struct directory *directory = directory_open(maker->directory, NULL);
    struct checkpoint checkpoint;
    struct text note _cleanup_text_ = {0}, bytes _cleanup_text_ = {0};
    struct merkle_proof proof;
    struct error error _cleanup_error_ = {0};
    bool absent;
    size_t at = 0, n;
    const uint8_t *next;
    if (!directory ||
        !directory_last_checkpoint(directory, note_signer_verifier(maker->signer), 1, &checkpoint,
                                   &note, NULL, &error) ||
        !directory_read_bundle(directory, bundle, TILE_WIDTH, &bytes, &absent, NULL))
        stop("proofs");
    struct tile_source source = {
        .size = checkpoint.size, .fetch = directory_fetch_tile, .arg = directory};
    for (uint64_t i = bundle * TILE_WIDTH;
         !absent && bundle_next((uint8_t *)bytes.data, bytes.length, &at, &next, &n); i++) {
        bool saved = false;
        if (!entry_read(&entry, (const char *)next, n, NULL))
            stop("entry");
        for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
            saved |= strcmp(types[t], entry.type_name) == 0;
        if (!saved)
            continue;
        struct text name _cleanup_text_ = {0}, text _cleanup_text_ = {0};
        if (!merkle_prove_inclusion(tile_source_read, &source, i, checkpoint.size, &proof))
            stop("proof");
        proof_entry_write(&text, next, n, i, &proof, note.data);
        text_printf(&name, "proofs/%" PRIu64, i);
        write_file(maker, name.data, text.data, text.length);
    }
    directory_free(directory);
}

void logmaker_remove_below(struct logmaker *maker, uint64_t upto)
{
    for (uint64_t n = 0; (n + 1) * TILE_WIDTH <= upto; n++) {
        struct tile bundle = {TILE_ENTRIES, n, TILE_WIDTH};
        struct text path _cleanup_text_ = {0};
        save_proofs(maker, n);
        text_printf(&path, "%s/", maker->directory);
        tile_path(&path, &bundle);
        if (remove(path.data) != 0)
            stop(path.data);
    }
}
