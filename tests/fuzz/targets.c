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

/* A text of one category without errors has a normal form, which is read without errors, and is its
 * own. */
static void policy(const uint8_t *data, size_t size)
{
    char *text _cleanup_free_ = terminated(data, size);
    struct diags diags = {0}, again = {0};
    struct policy_set *set = policy_load_text("fuzz.cfg", text, &diags), *second = NULL;
    if (set && !diags.errors && set->category_count == 1) {
        const char *normal = set->categories[0].normal_text;
        must(normal != NULL, "a valid category has a normal text");
        second = policy_load_text("normal.cfg", normal, &again);
        if (again.errors || strcmp(second->categories[0].normal_text, normal) != 0)
            fprintf(stderr, "%s---\n%s", normal,
                    again.errors ? again.items[0].message : second->categories[0].normal_text);
        must(!again.errors && second->category_count == 1, "a normal text is valid");
        must(strcmp(second->categories[0].normal_text, normal) == 0, "a normal text is its own");
    }
    policy_set_free(second);
    policy_set_free(set);
    diags_free(&again);
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
