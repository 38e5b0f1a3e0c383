/* The installed service under a real systemd, with a real PostgreSQL and peer authentication:
 * systemd/, worker/service/, reload.c, stop.c. On one machine (harness/machine.h) for the whole
 * suite, so each test leaves the service stopped and its drop-ins gone. Where there can be no such
 * machine the suite is skipped, and says why; not where RETENTIOND_NEEDS_MACHINE is set. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config.h"
#include "harness/machine.h"

#define ETC "/usr/local/etc/retentiond"

/* Starts it, with the events policy approved, and waits until it sleeps. */
#define SLEEPS "systemctl show -P StatusText retentiond | grep -q sleeping"
#define GONE                                                                                       \
    "[ \"$(sql -c \"SELECT NOT EXISTS (SELECT FROM event) AND NOT EXISTS "                         \
    "(SELECT FROM retention.run WHERE finished_at IS NULL)\")\" = t ]"

static void setup(void)
{
    machine_up(source_path("tests/machine_setup.sh"));
}

static void approve(void)
{
    machine("sql -c \"SET SESSION AUTHORIZATION anna\" -c \"SELECT retention.approve_policy(name, "
            "loaded_sha256, NULL) FROM retention.category WHERE state = "
            "'suspended'\"");
}

static void drop_in(const char *lines)
{
    machine("mkdir -p /run/systemd/system/retentiond.service.d; printf '[Service]\\n%s\\n' > "
            "/run/systemd/system/retentiond.service.d/test.conf; systemctl daemon-reload",
            lines);
}

static void end(void)
{
    machine("systemctl stop retentiond; rm -rf /run/systemd/system/retentiond.service.d; "
            "systemctl daemon-reload; systemctl reset-failed 2>/dev/null || true");
}

static void start_and_enforce(void)
{
    machine("systemctl start retentiond");
    machine_until(SLEEPS);
    approve();
    machine_until(GONE);
    machine_until(SLEEPS);
}

/* make install puts everything where systemd, man and bash look; the units are clean, and reach
 * little. */
START_TEST(installed)
{
    static const char *const files[] = {
        "sbin/retentiond",
        "bin/retentionctl",
        "lib/systemd/system/retentiond.service",
        "lib/systemd/system/retentiond@.service",
        "lib/systemd/catalog/retentiond.catalog",
        "lib/sysusers.d/retentiond.conf",
        "lib/tmpfiles.d/retentiond.conf",
        "share/bash-completion/completions/retentionctl",
        "share/doc/retentiond/policies/recordings.cfg",
        "share/doc/retentiond/policies/retentiond.cfg.sample",
        "share/man/man1/retentionctl.1",
        "share/man/man5/retention-policy.5",
        "share/man/man5/retentiond.cfg.5",
        "share/man/man7/retention-holds.7",
        "share/man/man7/retention-log.7",
        "share/man/man8/retentiond.8",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        machine("test -s /usr/local/%s", files[i]);
    ck_assert_str_eq(machine("for u in retentiond.service retentiond@x.service; do "
                             "systemd-analyze verify --recursive-errors=no --man=no $u 2>&1 | "
                             "grep -i retentiond || true; "
                             "systemd-analyze security --threshold=15 --offline=yes "
                             "/usr/local/lib/systemd/system/${u/x/} >/dev/null || echo $u; done"),
                     "");
    ck_assert_str_eq(machine("stat -c '%%U:%%G %%a' " ETC " " ETC "/policies /etc/credstore"),
                     "root:retentiond 750\nroot:retentiond 750\nroot:root 700");
    ck_assert_str_eq(machine("bash -c 'source /usr/local/share/bash-completion/completions/"
                             "retentionctl; COMP_WORDS=(retentionctl hold pl); COMP_CWORD=2; "
                             "_retentionctl; echo ${COMPREPLY[@]}'"),
                     "place");
}
END_TEST

/* Peer authentication, credentials, enforcement, the status line, journal fields with their
 * catalog. */
START_TEST(starts_and_enforces)
{
    start_and_enforce();
    ck_assert_str_eq(machine("stat -c %%U /proc/$(systemctl show -P MainPID retentiond)"),
                     "retentiond");
    ck_assert_str_eq(machine("sql -c \"SELECT count(*) FROM retention.log_records\""), "1");
    ck_assert_msg(strstr(machine("systemctl show -P StatusText retentiond"), "leading (term 1), "
                                                                             "sleeping until "),
                  "%s", machine("systemctl show -P StatusText retentiond"));
    ck_assert_ptr_nonnull(
        strstr(machine("journalctl -u retentiond RETENTIOND_CATEGORY=events "
                       "MESSAGE_ID=9e1b498b015345f382d49c8887c4a88c -o json | tail -n 1"),
               "category \\\"events\\\": done, 100 records"));
    ck_assert_ptr_nonnull(strstr(machine("journalctl -x -u retentiond --no-pager"),
                                 "Subject: A category was enforced"));
    end();
    ck_assert_str_eq(machine("sql -c \"SELECT worker IS NULL FROM retention.leader\""), "t");
}
END_TEST

/* A reload with an error is refused, told by systemctl, status line, status and journal, and what
 * was loaded stays; a good one counts. A setting that needs a restart is named. */
START_TEST(reloads)
{
    machine("systemctl start retentiond");
    machine_until(SLEEPS);
    machine("sed -i 's/start = \"at\"/start = \"att\"/' " ETC "/policies/events.cfg");
    struct program_result result = machine_try("systemctl reload retentiond");
    ck_assert_int_ne(result.exit_code, 0);
    program_result_free(&result);
    machine_until(
        "systemctl show -P StatusText retentiond | grep 'reload was refused: .*events.cfg:3'");
    machine("systemctl is-active --quiet retentiond");
    machine_until(
        "runuser -u postgres -- retentionctl -d 'host=/run/postgresql dbname=app' status | "
        "grep 'last reload was refused.*events.cfg:3'");
    ck_assert_ptr_nonnull(strstr(
        machine("journalctl -u retentiond MESSAGE_ID=d816334595cc420b9941c750815e8504 --no-pager"),
        "events.cfg:3"));
    machine("more-events; run-now");
    machine_until(GONE); /* under the old text */

    machine("sed -i 's/\"att\"/\"at\"/; s/30 days/60 days/' " ETC "/policies/events.cfg; "
            "sed -i 's/connections = 1/connections = 3/' " ETC "/retentiond.cfg");
    machine("systemctl reload retentiond");
    machine_until("systemctl show -P StatusText retentiond | grep 'sleeping.*restart only: "
                  "database.connections$'");
    machine("more-events; run-now");
    machine_until("[ \"$(sql -c \"SELECT count(*) FROM retention.run_request WHERE finished_at IS "
                  "NULL\")\" = 0 ]");
    ck_assert_str_eq(machine("sql -c 'SELECT count(*) FROM event'"), "10"); /* not due any more */
    machine("sed -i 's/60 days/30 days/' " ETC "/policies/events.cfg; "
            "sed -i 's/connections = 3/connections = 1/' " ETC "/retentiond.cfg");
    end();
    machine("sql -c 'DELETE FROM event'");
}
END_TEST

/* A broken file keeps the service from starting. */
START_TEST(does_not_start_broken)
{
    machine("cp -p " ETC "/retentiond.cfg /root/cfg; echo x >> " ETC "/retentiond.cfg");
    struct program_result result = machine_try("systemctl start retentiond");
    ck_assert_int_ne(result.exit_code, 0);
    program_result_free(&result);
    machine("cp -p /root/cfg " ETC "/retentiond.cfg");
    end();
    machine("journalctl -u retentiond --no-pager | grep 'retentiond.cfg:[0-9]*: syntax error'");
}
END_TEST

/* A worker that does not go round any more is killed and started again; one whose statements take
 * longer than the watchdog waits is not. */
START_TEST(watchdog)
{
    drop_in("WatchdogSec=1\\nRestartSec=100ms");
    start_and_enforce();
    machine("more-events");
    ck_assert_str_eq(
        machine("sql -c 'BEGIN' -c 'LOCK TABLE event' -c \"SELECT retention.request_run(ARRAY["
                "'events'])\" -c 'SELECT pg_sleep(3)' -c 'COMMIT' >/dev/null; "
                "systemctl show -P NRestarts retentiond"),
        "0");
    machine("run-now");
    machine_until(GONE);
    machine("kill -STOP $(systemctl show -P MainPID retentiond)");
    machine_until("[ $(systemctl show -P NRestarts retentiond) = 1 ]");
    machine_until(SLEEPS);
    machine("journalctl -u retentiond --no-pager | grep -i 'watchdog timeout'");
    end();
}
END_TEST

/* kill -9: started again, and goes on. */
START_TEST(killed)
{
    drop_in("RestartSec=100ms");
    start_and_enforce();
    machine("systemctl kill -s KILL retentiond");
    machine_until("[ $(systemctl show -P NRestarts retentiond) = 1 ]");
    machine("more-events; run-now");
    machine_until(GONE);
    end();
}
END_TEST

/* Two instances for one database: one leads; when it is killed or stopped, the other does. */
START_TEST(instances)
{
    machine("for i in a b; do cp -p " ETC "/retentiond.cfg " ETC "/$i.cfg; "
            "sed -i \"s|retentiond/http|retentiond-$i/http|\" " ETC "/$i.cfg; "
            "cp -p /etc/credstore/retentiond.log-epoch-kek "
            "/etc/credstore/retentiond-$i.log-epoch-kek; done; "
            "systemctl start retentiond@a");
    machine_until("systemctl show -P StatusText retentiond@a | grep sleeping");
    machine("systemctl start retentiond@b");
    machine_until("systemctl show -P StatusText retentiond@b | grep 'standing by: worker'");
    machine("systemctl kill -s KILL retentiond@a");
    machine_until("systemctl show -P StatusText retentiond@b | grep 'leading.*sleeping'");
    machine("systemctl start retentiond@a; more-events");
    machine_until("systemctl show -P StatusText retentiond@a | grep 'standing by: worker'");
    machine("systemctl stop retentiond@b; run-now");
    machine_until(GONE);
    machine("systemctl stop retentiond@a; rm " ETC "/[ab].cfg");
}
END_TEST

/* TCP with TLS and a password; the password changes while it runs, and the file with it. */
START_TEST(password_is_rotated)
{
    drop_in("RestartSec=100ms");
    machine("cp -p " ETC "/retentiond.cfg /root/cfg; cp /var/lib/testpg/data/server.crt " ETC "/; "
            "chmod 644 " ETC "/server.crt; "
            "sed -i 's|host=/run/postgresql|host=127.0.0.1 user=retentiond sslmode=verify-full "
            "sslrootcert=" ETC "/server.crt passfile=/var/lib/retentiond/pgpass|' " ETC
            "/retentiond.cfg; "
            "install -d -o retentiond -g retentiond -m 750 /var/lib/retentiond; "
            "install -o retentiond -m 600 /dev/null /var/lib/retentiond/pgpass; "
            "echo '*:*:*:*:first' > /var/lib/retentiond/pgpass");
    start_and_enforce();
    ck_assert_str_eq(machine("sql -c \"SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity "
                             "USING (pid) WHERE usename = 'retentiond'\""),
                     "t");
    machine("sql -c \"ALTER ROLE retentiond PASSWORD 'second'\"; "
            "echo '*:*:*:*:second' > /var/lib/retentiond/pgpass; more-events; "
            "sql -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
            "'retentiond'\" >/dev/null");
    machine_until(SLEEPS);
    machine("run-now");
    machine_until(GONE);
    end();
    machine("cp -p /root/cfg " ETC "/retentiond.cfg");
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* Told to stop in the middle of a run: the batch is finished, the run closed, the leadership given
 * up. */
START_TEST(stops_during_a_run)
{
    drop_in("Environment=RETENTIOND_FAULT=batch_after_action=stop");
    machine("sql -c 'DELETE FROM event'; more-events 100; systemctl start retentiond");
    machine_until(
        "grep -q 'State:.*T (stopped)' /proc/$(systemctl show -P MainPID retentiond)/status");
    end(); /* SIGTERM, and SIGCONT after it */
    ck_assert_str_eq(machine("sql -c \"SELECT status || ' ' || rows FROM retention.run "
                             "ORDER BY started_at DESC LIMIT 1\""),
                     "stopped 100");
    ck_assert_str_eq(machine("sql -c \"SELECT worker IS NULL FROM retention.leader\""), "t");
    ck_assert_str_eq(machine("systemctl show -P Result retentiond"), "success");
}
END_TEST

#endif

START_TEST(skipped)
{
    const char *why;
    bool possible = machine_is_possible(&why);
    if (possible)
        return;
    printf("*** SKIPPED: the tests under a real systemd cannot run here: %s\n", why);
    ck_assert_msg(!getenv("RETENTIOND_NEEDS_MACHINE"), "the tests under systemd are needed: %s",
                  why);
}
END_TEST

Suite *suite_systemd(void)
{
    Suite *suite = suite_create("systemd");
    TCase *tc = tcase_create("machine");
    const char *why;
    tcase_set_timeout(tc, 180);
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, skipped);
    if (!machine_is_possible(&why))
        return suite;
    tcase_add_unchecked_fixture(tc, setup, machine_down);
    tcase_add_test(tc, installed);
    tcase_add_test(tc, starts_and_enforces);
    tcase_add_test(tc, reloads);
    tcase_add_test(tc, does_not_start_broken);
    tcase_add_test(tc, watchdog);
    tcase_add_test(tc, killed);
    tcase_add_test(tc, instances);
    tcase_add_test(tc, password_is_rotated);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, stops_during_a_run);
#endif
    return suite;
}
