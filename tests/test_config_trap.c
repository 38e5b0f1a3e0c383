/* libconfig's traps, and that the scanner's grammar is libconfig's own or narrower. */
#include <check.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/file.h"
#include "config/trap.h"
#include "expect.h"

static void expect(const char *text, const char *expected)
{
    struct diags diags _cleanup_diags_ = {0};
    config_t config;
    bool good = config_text_parse(&config, "test.cfg", text, strlen(text), &diags);
    expect_diags(&diags, expected);
    ck_assert_int_eq(good, diags.errors == 0);
    config_destroy(&config);
}

START_TEST(traps_are_errors)
{
    expect("a = [ \"legal\" \"vip\" ];",
           "1: two strings stand side by side and would be joined silently\n"
           "    hint: Put a comma between them, or write them as one string.\n");
    expect("a = \"x\" // comment\n /* and\n another */ \"y\";",
           "3: two strings stand side by side and would be joined silently\n"
           "    hint: Put a comma between them, or write them as one string.\n");
    expect("a = 3000000000;\nb = -2147483649;\nc = 0x80000000;\nd = 9223372036854775808L;",
           "1: integer 3000000000 does not fit in 32 bits\n"
           "    hint: Write it with an L at its end: 3000000000L.\n"
           "2: integer -2147483649 does not fit in 32 bits\n"
           "    hint: Write it with an L at its end: -2147483649L.\n"
           "3: integer 0x80000000 does not fit in 32 bits\n"
           "    hint: Write it with an L at its end: 0x80000000L.\n"
           "4: integer 9223372036854775808L does not fit in 64 bits\n");
    expect("a = 1;\n  @include \"more.cfg\"\nb = 2;",
           "2: \"@include\" is not allowed\n"
           "    hint: It would pull in text that nobody approved; put the text into this file.\n");
    expect("a = 1; /* open\nb = 2;",
           "1: comment is not closed\n"
           "    hint: Close it with \"*/\"; everything below would be left out.\n");
    expect("a = 1;\na = 2;\nb: { c = 1; d = 2; c = 3; };",
           "2: \"a\" is given twice\n    hint: It stands in line 1 already.\n"
           "3: \"c\" is given twice\n    hint: It stands in line 3 already.\n");
}
END_TEST

START_TEST(a_trap_below_a_syntax_error_is_still_named)
{
    expect("a = ;\nb = 3000000000;\n", "1: syntax error: expected a value, found \";\"\n"
                                       "2: integer 3000000000 does not fit in 32 bits\n"
                                       "    hint: Write it with an L at its end: 3000000000L.\n");
}
END_TEST

START_TEST(what_looks_like_a_trap_in_a_string_or_comment_is_none)
{
    expect(
        "a = \"@include \\\"x\\\" 3000000000 /* \";\n"
        "// @include \"x\" \"y\" 3000000000\n"
        "# \"a\" \"b\"\n"
        "/* @include \"x\"\n \"a\" \"b\" */\n"
        "b = [ \"x\", \"y\" ]; c = -2147483648; d = 2147483647; e = 3000000000L; f = 0x7FFFFFFF;\n",
        "");
}
END_TEST

/* Texts that libconfig reads, by itself. The scanner may refuse them, but where it accepts, so must
 * libconfig, with as many settings: config_text_parse says so otherwise. */
START_TEST(the_grammar_is_no_wider_than_libconfigs)
{
    static const char *const pieces[] = {"a",  "b-c", "\"s\"", "1",  "1.5", "true", "=", ":",
                                         "{",  "}",   "[",     "]",  "(",   ")",    ";", ",",
                                         "\n", "2L",  "0x1f",  "-3", ".5",  "1e3",  "x*"};
    uint32_t seed = 7;
    size_t accepted = 0;
    for (int round = 0; round < 60000; round++) {
        struct text text _cleanup_text_ = {0};
        text_add(&text, "q = ");
        for (int n = 0; n < 1 + round % 9; n++) {
            seed = seed * 1664525 + 1013904223;
            text_printf(&text, "%s ", pieces[(seed >> 8) % ARRAY_LENGTH(pieces)]);
        }
        struct diags diags _cleanup_diags_ = {0};
        config_t config;
        if (config_text_parse(&config, "test.cfg", text.data, text.length, &diags))
            accepted++;
        for (size_t i = 0; i < diags.count; i++)
            ck_assert_msg(!strstr(diags.items[i].message, "differently") &&
                              strcmp(diags.items[i].message, "syntax error") != 0,
                          "%s: %s", text.data, diags.items[i].message);
        config_destroy(&config);
    }
    ck_assert_uint_gt(accepted, 500);
}
END_TEST

START_TEST(a_file_may_end_in_a_comment)
{
    expect("a = 1; # one", "");
    expect("a = 1; // one", "");
    expect("# none", "");
}
END_TEST

START_TEST(lines_are_those_of_the_values)
{
    static const char text[] = "a = [ \"one\"\n\n, \"two\"\n,\n\"three\"\n];\n"
                               "b = ( { c = \"x\";\n }, \"s\"\n\n);\n";
    struct diags diags _cleanup_diags_ = {0};
    config_t config;
    ck_assert(config_text_parse(&config, "test.cfg", text, strlen(text), &diags));
    const config_setting_t *a = config_lookup(&config, "a"), *b = config_lookup(&config, "b");
    ck_assert_int_eq(config_line(a), 1);
    ck_assert_int_eq(config_line(config_setting_get_elem(a, 0)), 1);
    ck_assert_int_eq(config_line(config_setting_get_elem(a, 1)), 3);
    ck_assert_int_eq(config_line(config_setting_get_elem(a, 2)), 5);
    ck_assert_int_eq(config_line(b), 7);
    ck_assert_int_eq(config_line(config_lookup(&config, "b.[0].c")), 7);
    ck_assert_int_eq(config_line(config_setting_get_elem(b, 1)), 8);
    config_destroy(&config);
}
END_TEST

START_TEST(escapes_mean_what_they_say)
{
    struct diags diags _cleanup_diags_ = {0};
    config_t config;
    const char *value;
    static const char text[] = "a = \"\\n\\r\\t\\f\\\\\\\"\\x41\";";
    ck_assert(config_text_parse(&config, "test.cfg", text, strlen(text), &diags));
    ck_assert(config_lookup_string(&config, "a", &value));
    ck_assert_str_eq(value, "\n\r\t\f\\\"A");
    config_destroy(&config);
    expect("a = \"\\q\";",
           "1: unknown escape in a string\n"
           "    hint: Known are \\\\, \\\", \\n, \\r, \\t, \\f and \\xHH; a backslash "
           "itself is written \\\\.\n");
    expect("a = \"x\\", "1: string is not closed\n    hint: Close it with a double quote.\n"
                        "1: unknown escape in a string\n"
                        "    hint: Known are \\\\, \\\", \\n, \\r, \\t, \\f and \\xHH; a backslash "
                        "itself is written \\\\.\n");
}
END_TEST

START_TEST(bytes_are_checked)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct diags diags _cleanup_diags_ = {0};
    struct trap_lines lines;
    ck_assert(!trap_scan(arena, "x", "a = 1;\nb\0 = 2;", 14, &lines, &diags));
    expect_diags(&diags, "2: file holds a NUL byte\n");
    char *many _cleanup_free_ = xmalloc(70001);
    memset(many, '\n', 70000);
    many[70000] = '\0';
    expect(many, "65535: file has more than 65535 lines\n");
}
END_TEST

Suite *suite_config_trap(void)
{
    Suite *suite = suite_create("config_trap");
    TCase *tests = tcase_create("trap");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, traps_are_errors);
    tcase_add_test(tests, a_trap_below_a_syntax_error_is_still_named);
    tcase_add_test(tests, what_looks_like_a_trap_in_a_string_or_comment_is_none);
    tcase_add_test(tests, the_grammar_is_no_wider_than_libconfigs);
    tcase_add_test(tests, a_file_may_end_in_a_comment);
    tcase_add_test(tests, lines_are_those_of_the_values);
    tcase_add_test(tests, escapes_mean_what_they_say);
    tcase_add_test(tests, bytes_are_checked);
    suite_add_tcase(suite, tests);
    return suite;
}
