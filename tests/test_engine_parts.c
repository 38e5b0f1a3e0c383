/* The small parts of the engine that need no server: numbers, brake, pace, tids, sets of digests.
 */
#include <check.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "engine/batch_internal.h"
#include "engine/binary.h"
#include "engine/brake.h"
#include "engine/run.h"
#include "engine/seq.h"

START_TEST(numbers_are_dense)
{
    struct seq_pool pool = {0};
    ck_assert_int_eq(seq_take(&pool, 1), 0);
    ck_assert_int_eq(seq_take(&pool, 3), 1);
    ck_assert_int_eq(seq_take(&pool, 1), 4);
    seq_give_back(&pool, 1, 3);
    ck_assert_int_eq(seq_take(&pool, 1), 1);
    ck_assert_int_eq(seq_take(&pool, 3), 5); /* 2 and 3 are too few together */
    ck_assert_int_eq(seq_take(&pool, 2), 2);
    seq_give_back(&pool, 5, 3);
    ck_assert_uint_eq(pool.free_count, 0); /* at the end: not a gap */
    ck_assert_int_eq(pool.next, 5);
    seq_give_back(&pool, 4, 1);
    seq_give_back(&pool, 2, 2);
    ck_assert_int_eq(pool.next, 2);
    seq_free(&pool);
}
END_TEST

START_TEST(brake_counts_before_commit)
{
    struct brake_gauge gauge = {.most_rows = 100,
                                .fraction = 0.5,
                                .tenant_fraction = 0.5,
                                .min_rows = 10,
                                .table_rows = 1000};
    struct brake_trip trip;
    ck_assert(brake_count(&gauge, 60, &trip));
    ck_assert(!brake_count(&gauge, 60, &trip)); /* two open batches together */
    ck_assert_str_eq(trip.limit_name, "rows");
    ck_assert_int_eq(trip.due, 120);
    brake_uncount(&gauge, 60);
    ck_assert(brake_count(&gauge, 40, &trip));
    gauge.table_rows = 150;
    ck_assert(!brake_count(&gauge, 0, &trip));
    ck_assert_str_eq(trip.limit_name, "fraction");
    gauge.allowance = 100;
    ck_assert(brake_count(&gauge, 10, &trip)); /* 10 beyond the allowance: min_rows */
    ck_assert(!brake_count(&gauge, 66, &trip));
    brake_free(&gauge);
}
END_TEST

START_TEST(brake_knows_tenants)
{
    struct brake_gauge gauge = {.most_rows = 100000,
                                .fraction = 1,
                                .tenant_fraction = 0.5,
                                .min_rows = 10,
                                .table_rows = 100000,
                                .seed = 42};
    struct brake_trip trip;
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "t%d", i);
        brake_add_tenant(&gauge, name, strlen(name), i);
    }
    ck_assert_uint_eq(gauge.tenant_count, 989); /* those with more than min_rows */
    uint64_t tenant = brake_tenant_hash(&gauge, "t100", 4);
    ck_assert(brake_count(&gauge, 51, &trip));
    brake_count_tenant(&gauge, tenant, 50);
    ck_assert(brake_allows_tenant(&gauge, tenant, &trip));
    brake_count_tenant(&gauge, tenant, 1);
    ck_assert(!brake_allows_tenant(&gauge, tenant, &trip));
    ck_assert_str_eq(trip.limit_name, "tenant_fraction");
    ck_assert_int_eq(trip.limit, 50);
    brake_uncount_tenant(&gauge, tenant, 1);
    ck_assert(brake_allows_tenant(&gauge, tenant, &trip));
    ck_assert(brake_allows_tenant(&gauge, brake_tenant_hash(&gauge, "t5", 2), &trip));
    brake_free(&gauge);
}
END_TEST

START_TEST(tids_and_literals)
{
    struct tid tid;
    ck_assert(tid_parse("(4294967295,65535)", 18, &tid));
    ck_assert_uint_eq(tid.block, 4294967295u);
    ck_assert_uint_eq(tid.offset, 65535);
    ck_assert(!tid_parse("(1,65536)", 9, &tid));
    ck_assert(!tid_parse("(1)", 3, &tid));
    struct text text _cleanup_text_ = {0};
    array_literal_add(&text, "a\"b\\c,{}", 8);
    ck_assert_str_eq(text.data, "\"a\\\"b\\\\c,{}\"");
}
END_TEST

START_TEST(digest_sets)
{
    struct digest_set set = {0};
    uint8_t digest[DIGEST_SIZE] = {0};
    for (int i = 99; i >= 0; i--) {
        digest[0] = (uint8_t)(i * 37);
        digest_set_add(&set, digest);
        digest_set_add(&set, digest);
    }
    ck_assert_uint_eq(set.count, 100);
    ck_assert(digest_set_has(&set, digest));
    digest[1] = 1;
    ck_assert(!digest_set_has(&set, digest));
    digest_set_free(&set);
}
END_TEST

/* Keys come as PostgreSQL keeps them, and digests are made of its text. */
START_TEST(keys_print_as_the_server_prints)
{
    static const struct {
        uint32_t type;
        const char *bytes, *text;
        size_t length;
    } members[] = {
        {20, "\0\0\0\0\0\0\0\0", "0", 8},
        {20, "\0\0\0\0\0\0\4\322", "1234", 8},
        {20, "\377\377\377\377\377\377\377\366", "-10", 8},
        {20, "\177\377\377\377\377\377\377\377", "9223372036854775807", 8},
        {20, "\200\0\0\0\0\0\0\0", "-9223372036854775808", 8},
        {2950, "\0\1\2\3\4\5\6\7\250\251\252\253\254\255\256\377",
         "00010203-0405-0607-a8a9-aaabacadaeff", 16},
        {25, "as it is", "as it is", 8},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        const struct array_reader reader = {.type = members[i].type};
        char buffer[BINARY_TEXT_SIZE];
        const char *value = members[i].bytes;
        size_t length = members[i].length;
        ck_assert(binary_text(reader.type, &value, &length, buffer));
        ck_assert_uint_eq(length, strlen(members[i].text));
        ck_assert_mem_eq(value, members[i].text, length);
        value = members[i].bytes;
        length = members[i].length - 1;
        ck_assert_int_eq(binary_text(reader.type, &value, &length, buffer), reader.type == 25);
    }
}
END_TEST

Suite *suite_engine_parts(void)
{
    Suite *suite = suite_create("engine_parts");
    TCase *tc = tcase_create("parts");
    tcase_add_test(tc, numbers_are_dense);
    tcase_add_test(tc, brake_counts_before_commit);
    tcase_add_test(tc, brake_knows_tenants);
    tcase_add_test(tc, tids_and_literals);
    tcase_add_test(tc, digest_sets);
    tcase_add_test(tc, keys_print_as_the_server_prints);
    suite_add_tcase(suite, tc);
    return suite;
}
