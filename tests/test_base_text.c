#include <check.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/text.h"

START_TEST(numbers_have_thousands_separators)
{
    static const struct {
        int64_t n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {-1000, "-1,000"},
        {1234567, "1,234,567"},
        {-999999, "-999,999"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };
    char buffer[32];
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        ck_assert_str_eq(text_thousands(buffer, cases[i].n), cases[i].text);
}
END_TEST

START_TEST(a_number_is_all_of_its_text)
{
    static const struct {
        const char *text;
        int number;
    } rows[] = {{"0", 0},
                {"65535", 65535},
                {"-7", -7},
                {"2147483647", 2147483647},
                {"", -1},
                {"2147483648", -1},
                {"9999999999999999999999", -1},
                {"12a", -1},
                {" 12", -1},
                {"+12", -1},
                {"-", -1},
                {"1.5", -1},
                {NULL, -1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_int_eq(text_number(rows[i].text, -1), rows[i].number);
}
END_TEST

START_TEST(nearest_name_is_found_and_far_ones_are_not)
{
    static const char *const names[] = {"subject", "start", "stages", "tenant", "timezone"};
    ck_assert_str_eq(text_nearest("tenent", names, 5), "tenant");
    ck_assert_str_eq(text_nearest("stagse", names, 5), "stages");
    ck_assert_ptr_null(text_nearest("colour", names, 5));
    ck_assert_uint_eq(text_distance("ab", "ba"), 1);
    ck_assert_uint_eq(text_distance("", "abc"), 3);
}
END_TEST

START_TEST(utf8_is_checked_strictly)
{
    ck_assert(text_is_valid_utf8("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80", 16));
    ck_assert(!text_is_valid_utf8("\xc0\xaf", 2));         /* overlong */
    ck_assert(!text_is_valid_utf8("\xed\xa0\x80", 3));     /* surrogate */
    ck_assert(!text_is_valid_utf8("\xf4\x90\x80\x80", 4)); /* beyond U+10FFFF */
    ck_assert(!text_is_valid_utf8("\xe2\x82", 2));         /* cut off */
    ck_assert(!text_is_valid_utf8("\x80", 1));
}
END_TEST

START_TEST(encodings_read_only_what_they_write)
{
    struct text out _cleanup_text_ = {0};
    percent_encode(&out, "Weird Table%\xc3\xbc");
    ck_assert_str_eq(out.data, "Weird%20Table%25%C3%BC");
    struct text back _cleanup_text_ = {0};
    ck_assert(percent_decode(&back, out.data, out.length));
    ck_assert_str_eq(back.data, "Weird Table%\xc3\xbc");
    text_clear(&back);
    ck_assert(!percent_decode(&back, "%41", 3)); /* "A" is written plain */
    ck_assert(!percent_decode(&back, "%c3", 3)); /* lower case */
    ck_assert(!percent_decode(&back, "a b", 3));
    ck_assert(!percent_decode(&back, "%4", 2));

    text_clear(&out);
    base64_encode(&out, (const uint8_t *)"abcd", 4);
    ck_assert_str_eq(out.data, "YWJjZA==");
    text_clear(&back);
    ck_assert(base64_decode(&back, "YWJjZA==", 8));
    ck_assert_str_eq(back.data, "abcd");
    ck_assert(!base64_decode(&back, "YWJjZB==", 8)); /* stray bits */
    ck_assert(!base64_decode(&back, "YWJjZA=", 7));
    ck_assert(!base64_decode(&back, "YW=jZA==", 8));

    uint8_t bytes[2];
    ck_assert(hex_decode(bytes, 2, "00ff", 4));
    ck_assert_uint_eq(bytes[1], 255);
    ck_assert(!hex_decode(bytes, 2, "00FF", 4));
    ck_assert(!hex_decode(bytes, 2, "00f", 3));
}
END_TEST

START_TEST(arena_arrays_keep_their_content_when_they_grow)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    int *items = NULL;
    size_t count = 0;
    for (int i = 0; i < 5000; i++) {
        items = arena_push(arena, items, &count, sizeof(*items));
        ck_assert_int_eq(items[i], 0);
        items[i] = i;
    }
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq(items[i], i);
    size_t before = arena_size(arena);
    arena_reset(arena);
    ck_assert_uint_lt(arena_size(arena), before);
}
END_TEST

Suite *suite_base_text(void)
{
    Suite *suite = suite_create("base_text");
    TCase *tc = tcase_create("text");
    tcase_add_test(tc, numbers_have_thousands_separators);
    tcase_add_test(tc, a_number_is_all_of_its_text);
    tcase_add_test(tc, nearest_name_is_found_and_far_ones_are_not);
    tcase_add_test(tc, utf8_is_checked_strictly);
    tcase_add_test(tc, encodings_read_only_what_they_write);
    tcase_add_test(tc, arena_arrays_keep_their_content_when_they_grow);
    suite_add_tcase(suite, tc);
    return suite;
}
