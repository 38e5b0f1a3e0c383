/* README, "From package to first enforcement in production", tried step by step as it stands there,
 * on a machine with a real systemd and a PostgreSQL that knows nothing of retentiond yet. Where
 * there can be no such machine the suite is skipped, and says so; not where
 * RETENTIOND_NEEDS_MACHINE is set. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "harness/machine.h"

#define SQL "psql -X -q -A -t -v ON_ERROR_STOP=1 -h /run/postgresql -d app "

static void setup(void)
{
    machine_up(source_path("tests/machine_setup_readme.sh"));
}

/* The nth block of a section of README, without its indentation; caller frees. */
static char *block(const char *section, int n)
{
    char *text _cleanup_free_ = file_read(source_path("README.md"));
    char *at = strstr(text, section), *end;
    ck_assert_ptr_nonnull(at);
    for (int fence = 0;; fence++) {
        at = strstr(at + 1, "```");
        ck_assert_msg(at != NULL, "%s has no block %d", section, n);
        if (fence == 2 * n)
            break;
    }
    size_t indent = 0;
    while (at[-1 - (long)indent] == ' ')
        indent++;
    at = strchr(at, '\n') + 1;
    end = strstr(at, "```");
    char *out = calloc(1, (size_t)(end - at) + 1), *to = out;
    for (char *line = at; line + indent < end;) {
        size_t length = strcspn(line, "\n") + 1;
        size_t skip = length > indent ? indent : 0;
        memcpy(to, line + skip, length - skip);
        to += length - skip;
        line += length;
    }
    return out;
}

/* As it stands there, with this installation's prefix. */
static void run_block(const char *section, int n)
{
    char *commands _cleanup_free_ = block(section, n);
    machine("cat >/root/step.sed <<'S'\ns|/etc/retentiond|/usr/local/etc/retentiond|g\nS\n"
            "cat >/root/step.in <<'README'\n%s\nREADME\n"
            "sed -f /root/step.sed /root/step.in >/root/step.sh; cd /root; "
            "export PGHOST=/run/postgresql; bash -eu /root/step.sh",
            commands);
}

static void run_sql(const char *section, int n, const char *user)
{
    char *statements _cleanup_free_ = block(section, n);
    machine("cat >/root/step.sql <<'README'\n%s\nREADME\n" SQL "-U %s -f /root/step.sql",
            statements, user);
}

static void write_block(const char *section, int n, const char *file)
{
    char *content _cleanup_free_ = block(section, n);
    machine("cd /usr/local/etc/retentiond; cat >%s <<'README'\n%s\nREADME\n"
            "chown root:retentiond %s; chmod 640 %s",
            file, content, file, file);
}

#define USE  "\n## Use it\n"
#define PROD "\n## From package to first enforcement in production\n"

START_TEST(from_package_to_first_enforcement)
{
    run_block(PROD, 0);
    run_sql(USE, 0, "postgres");
    run_block(USE, 1);
    run_sql(USE, 2, "postgres");
    write_block(PROD, 1, "retentiond.cfg");
    write_block(USE, 6, "policies/call_recordings.cfg");
    machine("sed -i 's/\"enforce\"/\"observe\"/' /usr/local/etc/retentiond/policies/*.cfg");
    run_block(PROD, 2);
    run_block(PROD, 3);
    run_block(PROD, 4);
    machine_until(SQL "-U postgres -c 'SELECT due FROM retention.compliance' | grep -qx 100");
    ck_assert_str_eq(machine(SQL "-U app -c 'SELECT count(*) FROM ctm.call_recording'"), "110");

    /* its own secrets are in no argument, no variable; and no core would be dumped */
    machine("pid=$(systemctl show -P MainPID retentiond); "
            "! tr '\\0' '\\n' </proc/$pid/cmdline | grep -i -e key -e kek; "
            "for f in log-epoch-kek log-signing-key; do ! grep -q \"$(head -c 64 "
            "/etc/credstore/retentiond.$f)\" /proc/$pid/environ; done; "
            "grep -q 'Max core file size  *0 ' /proc/$pid/limits");

    /* days later */
    machine("sed -i 's/\"observe\"/\"enforce\"/' /usr/local/etc/retentiond/policies/*.cfg");
    char *enforce _cleanup_free_ = block(PROD, 5);
    char *number = strstr(enforce, "--expect-due N");
    ck_assert_ptr_nonnull(number);
    number[strlen("--expect-due ")] = '\0'; /* the N that status counted */
    char *reload = strchr(enforce, '\n');
    *reload = '\0';
    machine("%s", enforce);
    machine_until(SQL "-U postgres -c 'SELECT state FROM retention.category' | grep -qx suspended");
    machine("export PGHOST=/run/postgresql; %s 100", reload + 1);
    machine_until(SQL "-U app -c 'SELECT count(*) FROM ctm.call_recording' | grep -qx 10");
    machine_until("systemctl show -P StatusText retentiond | grep -q sleeping");
    ck_assert_ptr_nonnull(strstr(
        machine("retentionctl -d 'host=/run/postgresql dbname=app user=anna' status"), "signed"));
    machine("test -s /var/lib/retentiond/log/checkpoint");

    /* commands have the keys where they are given them */
    run_block(PROD, 6);
    struct program_result without =
        machine_try("cd /; runuser -u retentiond -- retentionctl check 2>&1");
    ck_assert_int_eq(without.exit_code, 3);
    program_result_free(&without);
    char *with _cleanup_free_ = block(PROD, 6);
    char *check = strstr(with, "retentionctl check");
    ck_assert_ptr_nonnull(check);
    *check = '\0';
    ck_assert_ptr_nonnull(
        strstr(machine("%s retentionctl explain call_recordings 1", with), "is gone"));
    machine("systemctl stop retentiond");
}
END_TEST

START_TEST(skipped)
{
    const char *why;
    bool possible = machine_is_possible(&why);
    if (possible)
        return;
    printf("*** SKIPPED: README cannot be tried under a real systemd here: %s\n", why);
    ck_assert_msg(!getenv("RETENTIOND_NEEDS_MACHINE"), "the tests under systemd are needed: %s",
                  why);
}
END_TEST

Suite *suite_systemd_readme(void)
{
    Suite *suite = suite_create("systemd_readme");
    TCase *tc = tcase_create("machine");
    const char *why;
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, skipped);
    if (!machine_is_possible(&why))
        return suite;
    tcase_add_unchecked_fixture(tc, setup, machine_down);
    tcase_add_test(tc, from_package_to_first_enforcement);
    return suite;
}
