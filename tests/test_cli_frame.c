/* retentionctl's frame: the command table, options, help, exit codes, tables, JSON errors. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/table.h"
#include "harness/db.h"

static struct program_result run(const char *const *words)
{
    const char *argv[32] = {"retentionctl"};
    size_t n = 1;
    while (*words)
        argv[n++] = *words++;
    argv[n] = NULL;
    return program_run(argv);
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

START_TEST(usage_errors_name_the_nearest_and_exit_2)
{
    static const struct {
        const char *words[6];
        const char *message;
    } cases[] = {
        {{NULL}, "no command given"},
        {{"statsu"}, "Perhaps \"status\""},
        {{"policy"}, "command \"policy\" needs a second word"},
        {{"policy", "aprove"}, "Perhaps \"policy approve\""},
        {{"zzzzzzzz"}, "unknown command \"zzzzzzzz\""},
        {{"--jsn", "status"}, "Perhaps \"--json\""},
        {{"status", "--wach"}, "Perhaps \"--watch\""},
        {{"status", "-x"}, "unknown option \"-x\""},
        {{"status", "--check=1"}, "option \"--check\" takes no argument"},
        {{"-c"}, "option \"-c\" needs an argument"},
        {{"pause"}, "\"pause\" needs --reason TEXT"},
        {{"pause", "--reason", ""}, "--reason must not be empty"},
        {{"explain", "calls"}, "\"explain\" needs CATEGORY KEY..."},
        {{"policy", "show", "a", "b"}, "\"policy show\" takes no \"b\""},
        {{"stop", "--reason", "x"}, "\"stop\" needs --now"},
        {{"hold", "plce", "x"}, "Perhaps \"hold place\""},
        {{"hold", "place", "--reason", "x"}, "\"hold place\" needs MATTER"},
        {{"hold", "place", "m", "--reason=x"}, "nothing says which records to hold"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct program_result r = run(cases[i].words);
        ck_assert_msg(strstr(r.err, cases[i].message), "case %zu: %s", i, r.err);
        ck_assert_int_eq(r.exit_code, 2);
        ck_assert_str_eq(r.out, "");
        program_result_free(&r);
    }
}
END_TEST

START_TEST(every_command_explains_itself)
{
    size_t count;
    const struct command *table = command_table(&count);
    struct program_result all = RUN("--help");
    ck_assert_int_eq(all.exit_code, 0);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = &table[i];
        char name[64];
        snprintf(name, sizeof(name), "\n  %s%s%s", c->group ? c->group : "",
                 c->group && c->name ? " " : "", c->name ? c->name : "");
        ck_assert_msg(strstr(all.out, name), "not in the overview: %s", name);
        const char *words[] = {c->group ? c->group : c->name, c->group ? c->name : NULL, NULL,
                               NULL};
        words[words[1] ? 2 : 1] = "--help";
        struct program_result r = run(words);
        ck_assert_msg(r.exit_code == 0, "%s: %s", name, r.err);
        ck_assert(strncmp(r.out, "Usage: retentionctl [OPTIONS] ", 30) == 0);
        for (const char *line = r.out; line;
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
            ck_assert_msg(strncmp(line, "Usage", 5) == 0 || strcspn(line, "\n") <= 80, "%s", line);
        program_result_free(&r);
    }
    program_result_free(&all);
}
END_TEST

START_TEST(options_of_a_row_do_not_collide)
{
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t o = 0; o < OPTIONS_MOST && table[i].options[o].name; o++)
            for (size_t g = 0; g < global_option_count; g++) {
                const struct command_option *own = &table[i].options[o];
                ck_assert_str_ne(own->name, global_options[g].name);
                ck_assert(!own->letter || own->letter != global_options[g].letter);
            }
}
END_TEST

START_TEST(errors_are_json_with_json)
{
    static const char *const cases[][4] = {
        {"--json", "statsu"}, {"statsu", "--json"}, {"--json"}, {"--json", "hold", "place"}};
    static const int codes[] = {2, 2, 2, 2};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct program_result r = run(cases[i]);
        json_t *document = json_loads(r.out, 0, NULL);
        ck_assert_msg(document, "not JSON: %s", r.out);
        json_t *error = json_object_get(document, "error");
        ck_assert(json_is_string(json_object_get(error, "message")));
        ck_assert_int_eq(json_integer_value(json_object_get(error, "exit")), codes[i]);
        ck_assert_int_eq(r.exit_code, codes[i]);
        ck_assert_str_eq(r.err, "");
        json_decref(document);
        program_result_free(&r);
    }
}
END_TEST

/* Whatever a command needs first and does not get, its error is a document too. */
START_TEST(every_command_fails_in_json)
{
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = &table[i];
        const char *words[24] = {"--json", "-c", "/nonexistent.cfg", "-d", "host=/nonexistent"};
        size_t n = 5;
        if (c->group)
            words[n++] = c->group;
        words[n++] = c->name ? c->name : "x";
        for (size_t o = 0; o < OPTIONS_MOST && c->options[o].name; o++) {
            static char options[OPTIONS_MOST][64];
            if (!c->options[o].required)
                continue;
            snprintf(options[o], sizeof(options[o]), "--%s%s", c->options[o].name,
                     c->options[o].argument ? "=1" : "");
            words[n++] = options[o];
        }
        for (int o = 0; o < c->least; o++)
            words[n++] = "1";
        if (text_equal(c->name, "prove"))
            words[n++] = "--entry=1"; /* one of several options */
        if (text_equal(c->name, "show") && text_equal(c->group, "log"))
            words[n++] = "1"; /* or --entry */
        if (text_equal(c->name, "keygen"))
            words[n++] = "--signing=1";
        if (text_equal(c->name, "place") || text_equal(c->name, "preview"))
            words[n++] = "--everything";
        if (text_equal(c->name, "extend"))
            words[n++] = "--tenant=1";
        if (text_equal(c->name, "narrow"))
            words[n++] = "--part=1";
        if (text_equal(c->name, "config"))
            continue; /* needs nothing */
        struct program_result r = run(words);
        json_t *document = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
        json_t *error = json_object_get(document, "error");
        ck_assert_msg(json_is_object(error), "%s: %s", c->name, r.out);
        ck_assert_int_eq(json_integer_value(json_object_get(error, "exit")), r.exit_code);
        ck_assert_msg(r.exit_code == 1 || r.exit_code == 3, "%s: exit %d", c->name, r.exit_code);
        ck_assert_str_eq(r.err, "");
        json_decref(document);
        program_result_free(&r);
    }
}
END_TEST

START_TEST(version_and_full_device)
{
    struct program_result r = RUN("--version");
    ck_assert_ptr_nonnull(strstr(r.out, "retentionctl (retentiond) "));
    ck_assert_int_eq(r.exit_code, 0);
    program_result_free(&r);

    char command[512];
    snprintf(command, sizeof(command), "'%s' --help >/dev/full", build_path("retentionctl"));
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    r = program_run(argv);
    ck_assert_int_eq(r.exit_code, 1);
    ck_assert_ptr_nonnull(strstr(r.err, "could not write to standard output"));
    program_result_free(&r);
}
END_TEST

static char *printed(const struct table *table)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    table_print(table, out);
    fclose(out);
    return text;
}

START_TEST(tables_align_numbers_widths_and_nulls)
{
    static const struct table_column columns[] = {
        {"category", CELL_TEXT, "category"}, {"due", CELL_NUMBER, "due"},
        {"oldest", CELL_TIME, "oldest"},     {"ok", CELL_BOOLEAN, "ok"},
        {"sha256", CELL_DIGEST, "sha256"},
    };
    struct arena *arena _cleanup_arena_ = arena_new();
    struct table *table = table_new(arena, columns, ARRAY_LENGTH(columns));
    table_row(table, (const char *const[]){"anrufe-größer", "1234567", "2026-07-24 12:00:02.5+00",
                                           "t", "0123456789abcdef0123"});
    table_row(table, (const char *const[]){"電話", "-7", NULL, "f", NULL});
    table_row(table, (const char *const[]){"\033[31mred\n", "x", "infinity", NULL, "12"});
    char *text _cleanup_free_ = printed(table);
    ck_assert_str_eq(text, "category             due  oldest            ok   sha256\n"
                           "-------------  ---------  ----------------  ---  ------------\n"
                           "anrufe-größer  1,234,567  2026-07-24 12:00  yes  0123456789ab\n"
                           "電話                  -7  -                 no   -\n"
                           "?[31mred?              x  infinity          -    12\n");
    ck_assert_uint_eq(text_width("e\xcc\x81"), 1);
    ck_assert_uint_eq(text_width("\xff"), 1);
}
END_TEST

START_TEST(wrapped_text_steers_no_terminal)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    text_wrap(out, "a\033[2J b\n c\033[2J  d\r\n", 2, 79, false);
    fclose(out);
    ck_assert_str_eq(text, "  a?[2J b\n   c?[2J  d?\n");
    free(text);
}
END_TEST

Suite *suite_cli_frame(void)
{
    Suite *suite = suite_create("cli_frame");
    TCase *tests = tcase_create("frame");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, usage_errors_name_the_nearest_and_exit_2);
    tcase_add_test(tests, every_command_explains_itself);
    tcase_add_test(tests, options_of_a_row_do_not_collide);
    tcase_add_test(tests, errors_are_json_with_json);
    tcase_add_test(tests, every_command_fails_in_json);
    tcase_add_test(tests, version_and_full_device);
    tcase_add_test(tests, tables_align_numbers_widths_and_nulls);
    tcase_add_test(tests, wrapped_text_steers_no_terminal);
    suite_add_tcase(suite, tests);
    return suite;
}
