/* worker/engine/brake.c: what is counted, and when it is too much. */
#include <check.h>
#include <string.h>

#include "engine/brake.h"

static struct brake_gauge gauge;
static struct brake_trip trip;

static void setup(void)
{
    gauge = (struct brake_gauge){.most_rows = 5000,
                                 .fraction = 0.25,
                                 .tenant_fraction = 0.5,
                                 .min_rows = 100,
                                 .table_rows = 10000,
                                 .seed = 1};
}

static void teardown(void)
{
    brake_free(&gauge);
}

static uint64_t tenant(const char *name)
{
    return brake_tenant_hash(&gauge, name, strlen(name));
}

static bool count_tenant(const char *name, int64_t rows)
{
    brake_count_tenant(&gauge, tenant(name), rows);
    return brake_allows_tenant(&gauge, tenant(name), &trip);
}

START_TEST(counts_as_it_goes)
{
    ck_assert(brake_count(&gauge, 2000, &trip));
    ck_assert(brake_count(&gauge, 500, &trip));
    ck_assert(!brake_count(&gauge, 1, &trip));
    ck_assert_str_eq(trip.limit_name, "fraction");
    ck_assert_int_eq(trip.due, 2501);
    ck_assert_int_eq(trip.limit, 2500);
    brake_uncount(&gauge, 1); /* that batch was rolled back */
    ck_assert(!brake_allows(&gauge, 1, &trip));
    ck_assert(brake_allows(&gauge, 0, &trip));
}
END_TEST

START_TEST(an_allowance_comes_before_the_limits)
{
    gauge.allowance = 7000;
    ck_assert(brake_count(&gauge, 9500, &trip));
    ck_assert(!brake_count(&gauge, 1, &trip));
    ck_assert_int_eq(trip.limit, 9500);
}
END_TEST

/* Records come and fall due while a run goes: more can go than there were at its start. */
START_TEST(a_fraction_of_one_is_no_limit)
{
    gauge.fraction = gauge.tenant_fraction = 1.0;
    gauge.most_rows = 20000;
    brake_add_tenant(&gauge, "a", 1, 1000);
    ck_assert(brake_count(&gauge, 12000, &trip));
    ck_assert(count_tenant("a", 1500));
    ck_assert(!brake_count(&gauge, 8001, &trip));
    ck_assert_str_eq(trip.limit_name, "rows");
}
END_TEST

START_TEST(counts_for_each_tenant)
{
    brake_add_tenant(&gauge, "a", 1, 1000);
    brake_add_tenant(&gauge, "b", 1, 1000);
    brake_add_tenant(&gauge, "few", 3, 100); /* too few to be kept */
    ck_assert_uint_eq(gauge.tenant_count, 2);
    ck_assert(brake_count(&gauge, 501, &trip));
    ck_assert(count_tenant("b", 500));
    ck_assert(!count_tenant("b", 1));
    ck_assert_str_eq(trip.limit_name, "tenant_fraction");
    brake_uncount_tenant(&gauge, tenant("b"), 1);
    ck_assert(count_tenant("a", 400));
    ck_assert(count_tenant("few", 100));
    ck_assert(count_tenant("unknown", 1000));
}
END_TEST

Suite *suite_brake(void)
{
    Suite *suite = suite_create("brake");
    TCase *tc = tcase_create("gauge");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, counts_as_it_goes);
    tcase_add_test(tc, an_allowance_comes_before_the_limits);
    tcase_add_test(tc, a_fraction_of_one_is_no_limit);
    tcase_add_test(tc, counts_for_each_tenant);
    suite_add_tcase(suite, tc);
    return suite;
}
