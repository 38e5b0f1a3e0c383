/* Signed notes and checkpoints: known answers (key seed 00..1f), what is refused, and why. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/db.h"
#include "ledger/note.h"

#define NAME "retention.example/log1"

static struct note_signer *signer_of(const char *name, uint8_t first)
{
    uint8_t seed[NOTE_KEY_SIZE];
    for (int i = 0; i < NOTE_KEY_SIZE; i++)
        seed[i] = (uint8_t)(first + i);
    struct error error _cleanup_error_ = {0};
    struct note_signer *signer = note_signer_new(name, seed, &error);
    ck_assert_msg(signer != NULL, "%s", error.primary);
    return signer;
}

static char *known(const char *file)
{
    char path[128];
    snprintf(path, sizeof(path), "tests/vectors/log-kat/%s", file);
    return file_read(source_path(path));
}

START_TEST(known_answers_pass_in_both_directions)
{
    char *vkey = known("vkey");
    struct note_signer *signer = signer_of(NAME, 0);
    struct note_verifier verifier;
    struct text again _cleanup_text_ = {0};
    ck_assert(note_verifier_parse(&verifier, vkey, NULL));
    ck_assert_mem_eq(&verifier, note_signer_verifier(signer), sizeof(verifier));
    note_verifier_format(&again, &verifier);
    ck_assert_int_eq(strncmp(again.data, vkey, again.length), 0);
    for (int i = 0; i < 2; i++) {
        char *note = known(i ? "checkpoint.2" : "checkpoint");
        struct checkpoint checkpoint;
        struct error error _cleanup_error_ = {0};
        ck_assert_msg(checkpoint_open(&checkpoint, note, strlen(note), &verifier, &error), "%s",
                      error.primary);
        ck_assert_str_eq(checkpoint.origin, NAME);
        ck_assert_uint_eq(checkpoint.size, i ? 2 : 3);
        text_clear(&again);
        ck_assert(checkpoint_sign(&again, &checkpoint, signer, NULL));
        ck_assert_str_eq(again.data, note);
        free(note);
    }
    free(vkey);
    note_signer_free(signer);
    note_signer_free(NULL);
}
END_TEST

START_TEST(no_flipped_bit_goes_unnoticed)
{
    char *note = known("checkpoint"), *vkey = known("vkey");
    struct note_verifier verifier;
    struct checkpoint checkpoint;
    size_t length = strlen(note);
    ck_assert(note_verifier_parse(&verifier, vkey, NULL));
    for (size_t i = 0; i < length; i++)
        for (int bit = 0; bit < 8; bit++) {
            note[i] = (char)(note[i] ^ 1 << bit);
            ck_assert_msg(!checkpoint_open(&checkpoint, note, length, &verifier, NULL),
                          "byte %zu bit %d", i, bit);
            note[i] = (char)(note[i] ^ 1 << bit);
        }
    for (size_t n = 0; n < length; n++)
        ck_assert(!checkpoint_open(&checkpoint, note, n, &verifier, NULL));
    ck_assert(checkpoint_open(&checkpoint, note, length, &verifier, NULL));
    vkey[strcspn(vkey, "\n")] = '\0';
    length = strlen(vkey);
    for (size_t i = 0; i < length; i++)
        for (int bit = 0; bit < 7; bit++) {
            vkey[i] = (char)(vkey[i] ^ 1 << bit);
            struct error error _cleanup_error_ = {0};
            ck_assert_msg(!note_verifier_parse(&verifier, vkey, &error), "byte %zu bit %d", i, bit);
            ck_assert_int_eq(error.code, ERROR_CONFIG);
            vkey[i] = (char)(vkey[i] ^ 1 << bit);
        }
    free(note);
    free(vkey);
}
END_TEST

/* Signs a text with several keys, as witnesses do. */
static void sign_more(struct text *note, const struct note_signer *signer, const char *text)
{
    struct text own _cleanup_text_ = {0};
    ck_assert(note_sign(&own, signer, text, strlen(text), NULL));
    text_add(note, own.data + strlen(text) + 1);
}

START_TEST(signers_are_told_apart)
{
    const char *text = "a text\n\nwith a blank line\n";
    struct note_signer *mine = signer_of("mine", 0), *other = signer_of("other", 1),
                       *namesake = signer_of("mine", 2);
    struct note_verifier verifiers[2] = {*note_signer_verifier(other), *note_signer_verifier(mine)};
    struct error error _cleanup_error_ = {0};
    size_t length, by;

    struct text note _cleanup_text_ = {0};
    ck_assert(note_sign(&note, namesake, text, strlen(text), NULL));
    ck_assert(!note_open(note.data, note.length, verifiers, 2, &length, &by, &error));
    ck_assert_str_eq(error.primary, "note is not signed by any key that is trusted");
    sign_more(&note, mine, text); /* beside an unknown one */
    ck_assert(note_open(note.data, note.length, verifiers, 2, &length, &by, NULL));
    ck_assert_uint_eq(length, strlen(text));
    ck_assert_uint_eq(by, 1);
    ck_assert(note_open(note.data, note.length, verifiers, 2, NULL, NULL, NULL));
    sign_more(&note, other, "another text\n"); /* a known one that fails */
    ck_assert(!note_open(note.data, note.length, verifiers, 2, &length, &by, &error));
    ck_assert_str_eq(error.primary, "signature of \"other\" is not right");
    ck_assert(note_open(note.data, note.length, &verifiers[1], 1, &length, &by, NULL));
    ck_assert(!note_open(note.data, note.length, verifiers, 0, &length, &by, NULL));
    note_signer_free(mine);
    note_signer_free(other);
    note_signer_free(namesake);
}
END_TEST

START_TEST(notes_are_read_strictly)
{
    struct note_signer *signer = signer_of(NAME, 0);
    const struct note_verifier *verifier = note_signer_verifier(signer);
    static const char *const unsignable[] = {"", "no newline", "tab\there\n", "cr\r\n",
                                             "\xff\xfe\n"};
    struct text note _cleanup_text_ = {0};
    for (size_t i = 0; i < sizeof(unsignable) / sizeof(unsignable[0]); i++)
        ck_assert(!note_sign(&note, signer, unsignable[i], strlen(unsignable[i]), NULL));
    ck_assert_uint_eq(note.length, 0);

    /* Signed texts that are no checkpoint. */
    static const char *const bad[] = {
        NAME "\n03\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        NAME "\n+3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        NAME "\n-3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        NAME "\n\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        NAME "\n18446744073709551616\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        NAME "\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==\n",
        NAME "\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
        NAME "\n3\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        NAME "\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n",
        NAME "\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n",
        "\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "other.example\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        NAME "\n3\n",
    };
    struct checkpoint checkpoint;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        text_clear(&note);
        ck_assert(note_sign(&note, signer, bad[i], strlen(bad[i]), NULL));
        ck_assert(note_open(note.data, note.length, verifier, 1, NULL, NULL, NULL));
        ck_assert_msg(!checkpoint_open(&checkpoint, note.data, note.length, verifier, NULL),
                      "case %zu", i);
    }

    /* A good note, altered in form only. */
    text_clear(&note);
    checkpoint = (struct checkpoint){.origin = NAME, .size = UINT64_MAX};
    ck_assert(checkpoint_sign(&note, &checkpoint, signer, NULL));
    ck_assert(checkpoint_open(&checkpoint, note.data, note.length, verifier, NULL));
    ck_assert_uint_eq(checkpoint.size, UINT64_MAX);
    const char *dash = strstr(note.data, "\n\xe2\x80\x94") + 1;
    struct text altered _cleanup_text_ = {0};
#define REFUSED(...)                                                                               \
    do {                                                                                           \
        text_clear(&altered);                                                                      \
        text_printf(&altered, __VA_ARGS__);                                                        \
        ck_assert(!note_open(altered.data, altered.length, verifier, 1, NULL, NULL, NULL));        \
    } while (0)
    int head = (int)(dash - note.data);
    REFUSED("%.*s", head, note.data);                    /* no signature */
    REFUSED("%.*s%.*s", head - 1, note.data, 200, dash); /* no blank line */
    REFUSED("%s\n", note.data);                          /* a blank line at the end */
    REFUSED("%s\n%s", note.data, dash);                  /* another, before the signature */
    REFUSED("%s\xe2\x80\x94 x\n", note.data);            /* a line that is no signature */
    REFUSED("%s\xe2\x80\x94 x AAAA\n", note.data);       /* no more than an id */
    REFUSED("%s\xe2\x80\x94 x+y AAAAAAAA\n", note.data); /* a bad name */
    REFUSED("%s\xe2\x80\x94 x\xc2\xa0y AAAAAAAA\n", note.data);
    REFUSED("%s- x AAAAAAAA\n", note.data); /* a hyphen for the dash */
    REFUSED("%.*s\xe2\x80\x94  %s", head, note.data, dash + 4);
    text_clear(&altered);
    text_printf(&altered, "%s\xe2\x80\x94 stranger AAAAAAAA\n", note.data);
    ck_assert(note_open(altered.data, altered.length, verifier, 1, NULL, NULL, NULL));
    for (int i = 0; i < NOTE_MOST_SIGNATURES; i++)
        text_add(&altered, "\xe2\x80\x94 stranger AAAAAAAA\n");
    ck_assert(!note_open(altered.data, altered.length, verifier, 1, NULL, NULL, NULL));
    note_signer_free(signer);
}
END_TEST

START_TEST(names_and_keys_are_checked)
{
    static const char *const bad[] = {"",     "a b",  "a+b",       "a\tb",
                                      "a\nb", "\xff", "a\xc2\x85", "\xe3\x80\x80x"};
    uint8_t seed[NOTE_KEY_SIZE] = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error error _cleanup_error_ = {0};
        ck_assert(!note_name_is_valid(bad[i]));
        ck_assert_ptr_null(note_signer_new(bad[i], seed, &error));
        ck_assert_ptr_nonnull(error.hint);
    }
    char name[NOTE_MOST_NAME + 2];
    memset(name, 'a', sizeof(name) - 1);
    name[NOTE_MOST_NAME + 1] = '\0';
    ck_assert(!note_name_is_valid(name));
    name[NOTE_MOST_NAME] = '\0';
    ck_assert(note_name_is_valid(name));
    ck_assert(note_name_is_valid("l\xc3\xb6g.example/\xe2\x9c\x93"));
    static const char *const vkeys[] = {
        "",
        "a",
        "a+b",
        "+0c70ea70+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        NAME "+0C70EA70+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        NAME "+0c70ea71+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        NAME "+0c70ea70+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        NAME "+0c70ea70+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n\n",
        NAME "+0c70ea70+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVQ=="};
    struct note_verifier verifier;
    for (size_t i = 0; i < sizeof(vkeys) / sizeof(vkeys[0]); i++)
        ck_assert_msg(!note_verifier_parse(&verifier, vkeys[i], NULL), "%s", vkeys[i]);
}
END_TEST

Suite *suite_ledger_note(void)
{
    Suite *suite = suite_create("ledger_note");
    TCase *tc = tcase_create("note");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, known_answers_pass_in_both_directions);
    tcase_add_test(tc, no_flipped_bit_goes_unnoticed);
    tcase_add_test(tc, signers_are_told_apart);
    tcase_add_test(tc, notes_are_read_strictly);
    tcase_add_test(tc, names_and_keys_are_checked);
    suite_add_tcase(suite, tc);
    return suite;
}
