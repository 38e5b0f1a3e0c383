/* Entries: the table, the writer, the strict reader; the known answers in both directions. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "ledger/entry.h"

#define RUN  "abababababababababababababababab"
#define HASH "115114c82e02baf2c162bbb6eaf1af7a91ae3a3dd9ebf93982f77a3eaa8582d2"
#define HEAD(type)                                                                                 \
    "retention-log-entry/v1\ntype " type "\ntime 2026-07-24T12:00:02Z\n"                           \
    "salt 03030303030303030303030303030303\n"

static const uint8_t salt3[16] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
static const int64_t noon = 1784894402; /* 2026-07-24T12:00:02Z */

static bool reads(const char *bytes, size_t length)
{
    static struct entry entry;
    struct error error _cleanup_error_ = {0};
    bool read = entry_read(&entry, bytes, length, &error);
    ck_assert(read == (error.primary == NULL));
    ck_assert(read || error.code == ERROR_LOG);
    return read;
}

/* An entry bundle is u16be length || entry, repeated. */
START_TEST(known_answers_pass_in_both_directions)
{
    FILE *f = fopen(source_path("tests/vectors/log-kat/tile/entries/000.p/3"), "rb");
    ck_assert_ptr_nonnull(f);
    static char bundle[4096];
    size_t n = fread(bundle, 1, sizeof(bundle), f), at = 0;
    fclose(f);
    static const char *const names[] = {"genesis", "epoch", "batch"};
    for (int i = 0; i < 3; i++) {
        size_t length = (size_t)(uint8_t)bundle[at] << 8 | (uint8_t)bundle[at + 1];
        static struct entry entry;
        struct error error _cleanup_error_ = {0};
        struct text again _cleanup_text_ = {0};
        ck_assert_msg(entry_read(&entry, bundle + at + 2, length, &error), "%s", error.primary);
        ck_assert_str_eq(entry.type->name, names[i]);
        ck_assert_int_eq(entry.seconds, noon - 2 + i);
        ck_assert_int_eq(entry.salt[15], i + 1);
        ck_assert(entry_write(&again, entry.type, entry.seconds, entry.salt, entry.values, NULL));
        ck_assert_uint_eq(again.length, length);
        ck_assert_mem_eq(again.data, bundle + at + 2, length);
        if (i == 0)
            ck_assert_str_eq(entry_value(&entry, "log"), "retention.example/log1");
        if (i == 2) {
            ck_assert_str_eq(entry_value(&entry, "relation"), "public.customer");
            ck_assert_str_eq(entry_value(&entry, "records"), HASH);
            ck_assert_ptr_null(entry_value(&entry, "held"));
        }
        at += 2 + length;
    }
    ck_assert_uint_eq(at, n);
}
END_TEST

START_TEST(a_batch_is_written)
{
    struct text out _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    const char *values[] = {RUN, "0",  "customers", "public.customer", "delete", "1",
                            "3", HASH, "742"};
    ck_assert(entry_write(&out, entry_type_find("batch"), noon, salt3, values, &error));
    ck_assert_str_eq(out.data, HEAD("batch") "run " RUN "\nseq 0\ncategory customers\n"
                                             "relation public.customer\naction delete\nepoch 1\n"
                                             "rows 3\nrecords " HASH "\nxid 742\n");
    ck_assert_uint_eq(out.length, 295); /* values.txt */
}
END_TEST

START_TEST(names_are_encoded)
{
    struct text out _cleanup_text_ = {0};
    const char *values[] = {HASH, "Weird \"R\xc3\xb6le\"\n%*"};
    ck_assert(entry_write(&out, entry_type_find("config"), noon, salt3, values, NULL));
    ck_assert_str_eq(out.data,
                     HEAD("config") "sha256 " HASH "\nby Weird%20%22R%C3%B6le%22%0A%25%2A\n");
    static struct entry entry;
    ck_assert(entry_read(&entry, out.data, out.length, NULL));
    ck_assert_str_eq(entry_value(&entry, "by"), values[1]);
    /* All categories: a star stands for itself. */
    const char *hold[] = {RUN, HASH, "placed", "*", HASH, "0", "9", "10:20:10,14", "counsel"};
    text_clear(&out);
    ck_assert(entry_write(&out, entry_type_find("hold"), noon, salt3, hold, NULL));
    ck_assert_ptr_nonnull(strstr(out.data, "\ncategory *\n"));
    ck_assert(entry_read(&entry, out.data, out.length, NULL));
    ck_assert_str_eq(entry_value(&entry, "category"), "*");
}
END_TEST

START_TEST(values_that_do_not_fit_are_refused)
{
    static const struct {
        const char *type;
        int field;
        const char *value;
    } bad[] = {
        {"batch", 0, "ABABABABABABABABABABABABABABABAB"},
        {"batch", 0, "none"},
        {"batch", 0, RUN "00"},
        {"batch", 1, "-1"},
        {"batch", 1, "01"},
        {"batch", 1, ""},
        {"batch", 1, " 1"},
        {"batch", 1, "18446744073709551616"},
        {"batch", 2, ""},
        {"batch", 2, NULL},
        {"batch", 4, "destroy"},
        {"batch", 4, "delete|deidentify"},
        {"batch", 4, ""},
        {"batch", 7, "None"},
        {"plan", 5, "13 months "},
        {"plan", 5, "13\nmonths"},
        {"plan", 5, "\xc3\xa4"},
        {"plan", 6, "2026-02-29T00:00:00Z"},
        {"plan", 6, "2026-07-24 12:00:02"},
        {"plan", 6, "2026-07-24T12:00:60Z"},
        {"plan", 6, "2026-07-24T12:00:02.5Z"},
        {"plan", 6, "none"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *batch[] = {RUN, "0", "c", "r", "delete", "1", "3", HASH, "742"};
        const char *plan[] = {RUN, "c", HASH, "r", "delete", "13 months", "2026-07-24T12:00:02Z",
                              "0", "0", "1",  "1"};
        const char **values = strcmp(bad[i].type, "plan") == 0 ? plan : batch;
        struct text out _cleanup_text_ = {0};
        struct error error _cleanup_error_ = {0};
        text_add(&out, "kept");
        const struct entry_type *type = entry_type_find(bad[i].type);
        ck_assert(entry_write(&out, type, noon, salt3, values, NULL));
        out.length = 4;
        values[bad[i].field] = bad[i].value;
        ck_assert_msg(!entry_write(&out, type, noon, salt3, values, &error), "case %zu", i);
        ck_assert_str_eq(out.data, "kept");
        ck_assert_ptr_nonnull(strstr(error.primary, type->fields[bad[i].field].name));
    }
    struct text out _cleanup_text_ = {0};
    struct text name _cleanup_text_ = {0};
    for (int i = 0; i < 1000; i++)
        text_add(&name, " \"x\"");
    const char *values[] = {HASH, name.data};
    struct error error _cleanup_error_ = {0};
    ck_assert(!entry_write(&out, entry_type_find("config"), noon, salt3, values, &error));
    ck_assert_ptr_nonnull(strstr(error.primary, "longer than 4096 bytes"));
    values[1] = "x";
    error_clear(&error);
    ck_assert(
        !entry_write(&out, entry_type_find("config"), INT64_C(1) << 40, salt3, values, &error));
}
END_TEST

START_TEST(the_reader_takes_only_what_the_writer_writes)
{
    static const char *const good[] = {
        HEAD("epoch") "epoch 1\ncommit " HASH "\n",
        HEAD("batch") "run " RUN "\nseq 18446744073709551615\ncategory a%20b\nrelation r\n"
                      "action delete\nepoch 1\nrows 3\nrecords none\nxid 742\n",
        HEAD("compliance") "category c\nday 2026-07-24\ndue 0\nheld 0\nkept 0\nblocked 0\n"
                           "notstarted 0\nunclaimed 0\noverdue 0\noldest none\n",
        HEAD("done") "run " RUN "\nbatches 1\nrows 3\nremaining none\nstatus done\n",
        HEAD("witness") "any thing\nelse 7 8\n", /* a later version's */
        HEAD("witness"),
    };
    static const char *const bad[] = {
        "",
        "\n",
        "retention-log-entry/v2\n",
        HEAD("epoch"),
        HEAD("epoch") "epoch 1\n",
        HEAD("epoch") "epoch 1\ncommit " HASH,
        HEAD("epoch") "epoch 1\ncommit " HASH "\n\n",
        HEAD("epoch") "epoch 1\ncommit " HASH "\nmore 1\n",
        HEAD("epoch") "epoch 1 \ncommit " HASH "\n",
        HEAD("epoch") "epoch  1\ncommit " HASH "\n",
        HEAD("epoch") "epoch 01\ncommit " HASH "\n",
        HEAD("epoch") "epoch +1\ncommit " HASH "\n",
        HEAD("epoch") "epoch\t1\ncommit " HASH "\n",
        HEAD("epoch") "epoch 1\r\ncommit " HASH "\r\n",
        HEAD("epoch") "commit " HASH "\nepoch 1\n",
        HEAD("epoch") "epoch 1\nepoch 1\ncommit " HASH "\n",
        HEAD("epoch") "Epoch 1\ncommit " HASH "\n",
        HEAD("epoch") "epoch \ncommit " HASH "\n",
        HEAD("epoch") "epoch 1\ncommit "
                      "115114C82e02baf2c162bbb6eaf1af7a91ae3a3dd9ebf93982f77a3eaa8582d2\n",
        HEAD("epoch") "epoch 1\ncommit none\n",
        HEAD("config") "sha256 " HASH "\nby a b\n",
        HEAD("config") "sha256 " HASH "\nby %61\n",  /* needs no encoding */
        HEAD("config") "sha256 " HASH "\nby a%2f\n", /* lower case */
        HEAD("config") "sha256 " HASH "\nby %2A\n",  /* a star stands for itself */
        HEAD("config") "sha256 " HASH "\nby a%\n",
        HEAD("config") "sha256 " HASH "\nby a%00b\n",
        HEAD("witness") "any\n",
        HEAD("witness") "any thing\n\n",
        HEAD("witness") "any thing",
        HEAD("Witness") "any thing\n",
        HEAD("witnesswitnesswitnesswitnesswitness") "any thing\n",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(reads(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!reads(bad[i], strlen(bad[i])), "bad %zu", i);
    ck_assert(!reads(good[0], strlen(good[0]) + 1)); /* with its NUL */

    static struct entry entry;
    ck_assert(entry_read(&entry, good[4], strlen(good[4]), NULL));
    ck_assert_ptr_null(entry.type);
    ck_assert_str_eq(entry.type_name, "witness");
    ck_assert_int_eq(entry.seconds, noon);
    ck_assert_ptr_null(entry_value(&entry, "any"));

    struct text long_one _cleanup_text_ = {0};
    text_add(&long_one, HEAD("witness"));
    while (long_one.length < ENTRY_MOST_BYTES - 2)
        text_add(&long_one, "a b\n");
    long_one.length = ENTRY_MOST_BYTES;
    long_one.data[ENTRY_MOST_BYTES - 1] = '\n';
    if (long_one.data[ENTRY_MOST_BYTES - 2] == '\n')
        long_one.data[ENTRY_MOST_BYTES - 2] = 'b';
    text_add(&long_one, "a b\n");
    ck_assert(!reads(long_one.data, long_one.length));
}
END_TEST

/* Whatever bytes a good entry is changed into: either it is refused, or it is what the writer makes
 * of the values read. */
START_TEST(no_altered_byte_is_taken_for_something_else)
{
    const char *good = HEAD("batch") "run " RUN "\nseq 7\ncategory a%20b\nrelation r\n"
                                     "action delete\nepoch 1\nrows 3\nrecords none\nxid 742\n";
    char bytes[512];
    size_t length = strlen(good);
    for (size_t i = 0; i < length; i++)
        for (int value = 0; value < 256; value++) {
            memcpy(bytes, good, length);
            bytes[i] = (char)value;
            static struct entry entry;
            if (!entry_read(&entry, bytes, length, NULL) || !entry.type)
                continue;
            struct text again _cleanup_text_ = {0};
            ck_assert(
                entry_write(&again, entry.type, entry.seconds, entry.salt, entry.values, NULL));
            ck_assert_uint_eq(again.length, length);
            ck_assert_mem_eq(again.data, bytes, length);
        }
}
END_TEST

START_TEST(the_table_is_sound)
{
    size_t count;
    const struct entry_type *types = entry_types(&count);
    ck_assert_uint_eq(count, 28);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_eq(entry_type_find(types[i].name), &types[i]);
        ck_assert_uint_le(types[i].field_count, ENTRY_MOST_FIELDS);
        const char *values[ENTRY_MOST_FIELDS];
        for (size_t f = 0; f < types[i].field_count; f++) {
            const struct entry_field *field = &types[i].fields[f];
            ck_assert((field->type == FIELD_WORD) == (field->words != NULL));
            static char word[64];
            switch (field->type) {
            case FIELD_NAME:
                values[f] = "a b";
                break;
            case FIELD_NUMBER:
                values[f] = "0";
                break;
            case FIELD_TIME:
                values[f] = "1969-12-31T23:59:59Z";
                break;
            case FIELD_HEX16:
                values[f] = RUN;
                break;
            case FIELD_HEX32:
                values[f] = HASH;
                break;
            case FIELD_WORD:
                snprintf(word, sizeof(word), "%.*s", (int)strcspn(field->words, "|"), field->words);
                values[f] = strdup(word);
                break;
            case FIELD_TEXT:
                values[f] = "a +/: b";
                break;
            }
        }
        struct text out _cleanup_text_ = {0};
        struct error error _cleanup_error_ = {0};
        ck_assert_msg(entry_write(&out, &types[i], 0, salt3, values, &error), "%s", error.primary);
        ck_assert(reads(out.data, out.length));
        for (size_t f = 0; f < types[i].field_count; f++)
            if (types[i].fields[f].type == FIELD_WORD)
                free((void *)(uintptr_t)values[f]);
    }
    ck_assert_ptr_null(entry_type_find("Batch"));
}
END_TEST

/* Entries that belong to no batch are composed in the database, from a table of its own: it says
 * the same as the one here, and what it composes is read here. */
START_TEST(the_database_has_the_same_table)
{
    static const char *const formats[] = {
        [FIELD_NAME] = "name",   [FIELD_NUMBER] = "number", [FIELD_TIME] = "time",
        [FIELD_HEX16] = "hex16", [FIELD_HEX32] = "hex32",   [FIELD_WORD] = "word",
        [FIELD_TEXT] = "text"};
    struct cluster *cluster = cluster_shared();
    char *database = schema_db_new(cluster);
    PGconn *conn = db_connect(cluster, database, NULL);
    PGresult *rows = PQexec(conn, "SELECT type, place, field, format, coalesce(words, ''), "
                                  "optional FROM retention.entry_type ORDER BY type, place");
    ck_assert_int_gt(PQntuples(rows), 50);
    for (int i = 0; i < PQntuples(rows); i++) {
        const struct entry_type *type = entry_type_find(PQgetvalue(rows, i, 0));
        ck_assert_ptr_nonnull(type);
        size_t place = strtoul(PQgetvalue(rows, i, 1), NULL, 10) - 1;
        ck_assert_uint_lt(place, type->field_count);
        const struct entry_field *field = &type->fields[place];
        ck_assert_str_eq(PQgetvalue(rows, i, 2), field->name);
        ck_assert_str_eq(PQgetvalue(rows, i, 3), formats[field->type]);
        ck_assert_str_eq(PQgetvalue(rows, i, 4), field->words ? field->words : "");
        ck_assert_str_eq(PQgetvalue(rows, i, 5), field->optional ? "t" : "f");
        bool is_last = i + 1 == PQntuples(rows) ||
                       strcmp(PQgetvalue(rows, i, 0), PQgetvalue(rows, i + 1, 0)) != 0;
        ck_assert(is_last == (place + 1 == type->field_count));
    }
    PQclear(rows);
    static const char *const composed[] = {
        "SELECT retention.write_entry('pause', NULL, NULL, jsonb_build_object('scope', "
        "'category:\"R\u00f6le\" %', 'what', 'paused', 'by', session_user))",
        "SELECT retention.write_entry('compliance', NULL, 'c', jsonb_build_object('category', 'c', "
        "'day', '2026-07-24', 'due', 0, 'held', 0, 'kept', 0, 'blocked', 0, 'notstarted', 0, "
        "'unclaimed', 0, 'overdue', 9223372036854775807, 'oldest', NULL))",
        "SELECT retention.write_entry('compliance', NULL, 'c', jsonb_build_object('category', 'c', "
        "'day', '2026-07-24', 'due', 0, 'held', 0, 'kept', 0, 'blocked', 0, 'notstarted', 0, "
        "'unclaimed', 0, 'overdue', 0, 'oldest', '1066-10-14 09:00+00'))",
    };
    for (size_t i = 0; i < sizeof(composed) / sizeof(composed[0]); i++) {
        db_exec(conn, "SET client_encoding = 'UTF8'");
        int64_t id = db_number(conn, "%s", composed[i]);
        char *text =
            db_value(conn, "SELECT entry FROM retention.log_entry WHERE id = %lld", (long long)id);
        ck_assert_msg(reads(text, strlen(text)), "%s", text);
        free(text);
    }
    PQfinish(conn);
    db_drop(cluster, database);
    free(database);
}
END_TEST

Suite *suite_ledger_entry(void)
{
    Suite *suite = suite_create("ledger_entry");
    TCase *tc = tcase_create("entry");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, known_answers_pass_in_both_directions);
    tcase_add_test(tc, a_batch_is_written);
    tcase_add_test(tc, names_are_encoded);
    tcase_add_test(tc, values_that_do_not_fit_are_refused);
    tcase_add_test(tc, the_reader_takes_only_what_the_writer_writes);
    tcase_add_test(tc, no_altered_byte_is_taken_for_something_else);
    tcase_add_test(tc, the_table_is_sound);
    tcase_add_test(tc, the_database_has_the_same_table);
    suite_add_tcase(suite, tc);
    return suite;
}
