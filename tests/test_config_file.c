/* Which files and directories are refused, and how that is said. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/file.h"
#include "expect.h"
#include "harness/db.h"
#include "policy/parse.h"

static char *directory;
static struct diags diags;

static void setup(void)
{
    directory = temporary_directory();
}

static void teardown(void)
{
    diags_free(&diags);
    free(directory);
}

/* Reads a file of the directory; the complaints, if any, are these, "@" standing for its path. */
static void expect_file(const char *name, bool good, const char *expected)
{
    struct text path _cleanup_text_ = {0}, wanted _cleanup_text_ = {0};
    text_printf(&path, "%s/%s", directory, name);
    for (const char *p = expected; *p; p++)
        if (*p == '@')
            text_add(&wanted, path.data);
        else
            text_add_char(&wanted, *p);
    size_t length;
    char *text _cleanup_free_ = config_file_read(path.data, &length, &diags);
    expect_diags(&diags, text_string(&wanted));
    ck_assert_int_eq(text != NULL, good);
    for (size_t i = 0; i < diags.count; i++)
        ck_assert_str_eq(diags.items[i].at.file, path.data);
    diags_free(&diags);
}

static void write_file(const char *name, mode_t mode)
{
    char *path _cleanup_free_ = file_write(directory, name, "a = 1;\n");
    ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(files_that_others_may_write_are_refused)
{
    write_file("good.cfg", 0644);
    expect_file("good.cfg", true, "");
    write_file("group.cfg", 0620);
    expect_file("group.cfg", false,
                "0: file may be written by its group\n"
                "    hint: Run: chmod go-w '@'\n");
    write_file("other.cfg", 0602);
    expect_file("other.cfg", false,
                "0: file may be written by everybody\n"
                "    hint: Run: chmod go-w '@'\n");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    struct text path _cleanup_text_ = {0};
    expect_file("absent.cfg", false, "0: could not open the file: No such file or directory\n");
    expect_file("", false, "0: is a directory, not a file\n");
    text_printf(&path, "%s/fifo.cfg", directory);
    ck_assert_int_eq(mkfifo(path.data, 0600), 0);
    expect_file("fifo.cfg", false, "0: is not a regular file\n");
}
END_TEST

START_TEST(a_large_file_is_refused)
{
    char *text _cleanup_free_ = xmalloc(CONFIG_FILE_MOST + 2);
    memset(text, ' ', CONFIG_FILE_MOST + 1);
    text[CONFIG_FILE_MOST] = '\0';
    free(file_write(directory, "most.cfg", text));
    expect_file("most.cfg", true, "");
    text[CONFIG_FILE_MOST] = ' ';
    text[CONFIG_FILE_MOST + 1] = '\0';
    free(file_write(directory, "more.cfg", text));
    expect_file("more.cfg", false, "0: file is over 1 MiB\n");
}
END_TEST

static void expect_directory(const char *path, const char *expected)
{
    size_t count;
    char **paths = config_directory_list(path, &count, &diags);
    expect_diags(&diags, expected);
    ck_assert_ptr_null(paths);
    ck_assert_ptr_null(policy_load_directory(path, &diags));
    diags_free(&diags);
}

START_TEST(directories_are_checked)
{
    struct text hint _cleanup_text_ = {0};
    free(file_write(directory, ".hidden.cfg", "x"));
    free(file_write(directory, "policy.cfg~", "x"));
    expect_directory(directory, "0: directory holds no policy file\n"
                                "    hint: Policies are the files of this directory that end in "
                                ".cfg.\n");
    expect_directory("/nonexistent/policies",
                     "0: could not open the directory: No such file or directory\n    hint: Make "
                     "it, or correct \"policies\" in the main file.\n");
    char *path _cleanup_free_ = file_write(directory, "policy.cfg", "x");
    expect_directory(path, "0: could not open the directory: Not a directory\n");
    ck_assert_int_eq(chmod(directory, 0777), 0);
    text_printf(&hint, "0: directory may be written by everybody\n    hint: Run: chmod go-w '%s'\n",
                directory);
    expect_directory(directory, hint.data);
    ck_assert_int_eq(chmod(directory, 0700), 0);
}
END_TEST

/* Only who is not root can be refused a file. */
START_TEST(what_may_not_be_read_is_said)
{
    struct text closed _cleanup_text_ = {0};
    write_file("secret.cfg", 0000);
    text_printf(&closed, "%s/closed", directory);
    ck_assert_int_eq(mkdir(closed.data, geteuid() == 0 ? 0700 : 0000), 0);
    ck_assert_int_eq(chmod(directory, 0755), 0);
    if (geteuid() == 0 && setreuid(65534, 65534) != 0)
        return;
    expect_file("secret.cfg", false, "0: could not open the file: Permission denied\n");
    expect_directory(closed.data, "0: could not open the directory: Permission denied\n");
}
END_TEST

/* A directory is read file by file, in order; what is wrong in one does not hide the others. */
START_TEST(every_file_of_a_directory_is_read)
{
    free(file_write(directory, "b.cfg", "b: { mode = \"declared\"; at = \"B\"; };\n"));
    free(file_write(directory, "a.cfg", "a: { mode = \"declared\"; };\n"));
    free(file_write(directory, "c.cfg", "c: {\n"));
    free(file_write(directory, "d.cfg", "b: { mode = \"declared\"; at = \"D\"; };\n"));
    struct policy_set *set = policy_load_directory(directory, &diags);
    char *text _cleanup_free_ = diags_text(&diags);
    struct text expected _cleanup_text_ = {0};
    text_printf(&expected,
                "1: declared category \"a\" does not say where it is held\n"
                "    hint: Add at = \"...\".\n"
                "2: syntax error: expected a name or \"}\", found the end of the file\n"
                "    hint: The \"{\" of line 1 is still open.\n"
                "1: category \"b\" is defined a second time\n"
                "    hint: It is defined in %s/b.cfg, line 1.\n",
                directory);
    ck_assert_str_eq(text, expected.data);
    ck_assert_uint_eq(set->category_count, 2);
    ck_assert_str_eq(policy_find(set, "b")->held_at, "B");
    policy_set_free(set);
}
END_TEST

Suite *suite_config_file(void)
{
    Suite *suite = suite_create("config_file");
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, files_that_others_may_write_are_refused);
    tcase_add_test(tests, what_is_no_file_is_refused);
    tcase_add_test(tests, a_large_file_is_refused);
    tcase_add_test(tests, directories_are_checked);
    tcase_add_test(tests, what_may_not_be_read_is_said);
    tcase_add_test(tests, every_file_of_a_directory_is_read);
    suite_add_tcase(suite, tests);
    return suite;
}
