#include "fuzz/targets.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/entry.h"
#include "ledger/note.h"
#include "policy/parse.h"

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz: not so: %s\n", what);
    abort();
}

static char *terminated(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    must(text != NULL, "there is memory");
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* A text without errors has a normal form, which is read without errors, and is its own. */
static void policy(const uint8_t *data, size_t size)
{
    char *text _cleanup_free_ = terminated(data, size);
    struct diags diags = {0}, again = {0};
    struct policy_set *set = policy_load_text("fuzz.cfg", text, &diags);
    for (size_t i = 0; !diags.errors && set && i < set->category_count; i++) {
        const char *normal = set->categories[i].normal_text;
        must(normal != NULL, "a valid category has a normal text");
        struct policy_set *second = policy_load_text("normal.cfg", normal, &again);
        for (size_t d = 0; d < again.count; d++)
            if (again.items[d].level == DIAG_ERROR)
                fprintf(stderr, "%zu: %s\n", (size_t)again.items[d].at.line,
                        again.items[d].message);
        if (again.errors || second->category_count != 1 ||
            strcmp(second->categories[0].normal_text, normal) != 0)
            fprintf(stderr, "---\n%s---\n%s", normal,
                    second->category_count ? second->categories[0].normal_text : "");
        must(!again.errors && second->category_count == 1, "a normal text is valid");
        must(strcmp(second->categories[0].normal_text, normal) == 0, "a normal text is its own");
        policy_set_free(second);
        diags_free(&again);
    }
    policy_set_free(set);
    diags_free(&diags);
}

/* Only what entry_write would write again is read. */
static void entry(const uint8_t *data, size_t size)
{
    static struct entry read;
    struct error error _cleanup_error_ = {0};
    if (!entry_read(&read, (const char *)data, size, &error)) {
        must(error.primary != NULL, "a refusal has a reason");
        return;
    }
    if (!read.type)
        return;
    struct text out _cleanup_text_ = {0};
    must(entry_write(&out, read.type, read.seconds, read.salt, read.values, &error),
         "what was read can be written");
    must(out.length == size && memcmp(out.data, data, size) == 0, "it is written as it was read");
}

/* The log's key as auditors have it, tests/vectors/log-kat/vkey. */
static const char vkey[] =
    "retention.example/log1+0c70ea70+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

/* A key, a checkpoint's text, or a note: whatever the bytes are. */
static void note(const uint8_t *data, size_t size)
{
    char *text _cleanup_free_ = terminated(data, size);
    struct error error _cleanup_error_ = {0};
    struct text out _cleanup_text_ = {0};
    struct note_verifier verifier, known;
    struct checkpoint checkpoint;
    size_t length, by;
    if (note_verifier_parse(&verifier, text, &error))
        note_verifier_format(&out, &verifier);
    error_clear(&error);
    text_clear(&out);
    if (checkpoint_parse(&checkpoint, text, size, &error)) {
        checkpoint_format(&out, &checkpoint);
        must(out.length == size && memcmp(out.data, data, size) == 0,
             "a checkpoint is written as it was read");
    }
    error_clear(&error);
    must(note_verifier_parse(&known, vkey, &error), "the key is one");
    if (note_open(text, size, &known, 1, &length, &by, &error))
        must(length <= size && by == 0, "the note's text is part of it");
    else
        must(error.code == ERROR_LOG, "a refusal is one of the log");
    error_clear(&error);
    (void)checkpoint_open(&checkpoint, text, size, &known, &error);
}

const struct fuzz_target fuzz_targets[] = {{"policy", policy}, {"entry", entry}, {"note", note}};
const size_t fuzz_target_count = sizeof(fuzz_targets) / sizeof(fuzz_targets[0]);
