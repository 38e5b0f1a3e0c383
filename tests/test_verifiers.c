/* Logs and proofs of ours, verified by programs that are not: Go's sumdb note and tlog, npm's
 * @sigstore/verify, openssl. Without the tools the suite is left out, loudly; with CI=true it
 * fails then. */
#define _GNU_SOURCE
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "harness/db.h"
#include "logmaker.h"
#include "verifiers.h"

static char *dir;

struct program_result verifiers_sh(const char *directory, const char *script)
{
    char *top _cleanup_free_ = strdup(source_path(".")), *in _cleanup_free_ = NULL;
    char *build _cleanup_free_ = strdup(build_path("tests/verifiers"));
    char *ctl _cleanup_free_ = strdup(build_path("retentionctl"));
    ck_assert_int_gt(
        asprintf(&in,
                 "top='%s' build='%s' ctl='%s' tlogcheck='%s/tlogcheck'\n"
                 "sigstorecheck() { NODE_PATH='%s/node_modules' node "
                 "'%s/tests/verifiers/sigstorecheck.js' \"$@\"; }\ncd '%s' && {\n%s\n}",
                 top, build, ctl, build, build, top, directory, script),
        0);
    return program_run((const char *const[]){"/bin/sh", "-c", in, NULL});
}

static struct program_result sh(const char *script)
{
    return verifiers_sh(dir, script);
}

static void runs(const char *script)
{
    struct program_result r = sh(script);
    ck_assert_msg(r.exit_code == 0, "exit %d of %s\n%.500s%.1000s", r.exit_code, script, r.out,
                  r.err);
    program_result_free(&r);
}

static void refuses(const char *message, const char *script)
{
    struct program_result r = sh(script);
    ck_assert_msg(r.exit_code != 0, "accepted: %s", script);
    ck_assert_msg(strstr(r.err, message) || strstr(r.out, message), "%.500s%.1000s", r.out, r.err);
    program_result_free(&r);
}

bool verifiers_prepare(void)
{
    static const char script[] =
        "mkdir -p \"$build\" && cd \"$build\" || exit 1\n"
        "command -v go >/dev/null || { echo 'no go (package golang-go)'; exit 77; }\n"
        "[ -d /usr/share/gocode/src/golang.org/x/mod ] ||\n"
        "  { echo 'no golang.org/x/mod (package golang-golang-x-mod-dev)'; exit 77; }\n"
        "command -v npm >/dev/null || { echo 'no npm (packages nodejs, npm)'; exit 77; }\n"
        "GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE=\"$build/gocache\" \\\n"
        "  go build -o tlogcheck \"$top/tests/verifiers/tlogcheck.go\" || exit 1\n"
        "cmp -s \"$top/tests/verifiers/package-lock.json\" package-lock.json &&\n"
        "  [ -d node_modules/@sigstore/verify ] && exit 0\n"
        "cp \"$top\"/tests/verifiers/package*.json . && chmod u+w package*.json || exit 1\n"
        "npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >&2 ||\n"
        "  { echo 'npm could not install @sigstore/verify'; exit 77; }\n";
    struct program_result r = verifiers_sh("/", script);
    const char *ci = getenv("CI");
    bool ready = r.exit_code == 0;
    if (!ready && (r.exit_code != 77 || (ci && strcmp(ci, "true") == 0)))
        ck_abort_msg("%.1000s%.1000s", r.out, r.err);
    if (!ready)
        fprintf(stderr, "\n*** NOT VERIFIED BY OTHER PEOPLE'S PROGRAMS: %s\n", r.out);
    program_result_free(&r);
    return ready;
}

static void setup(void)
{
    char *vkey _cleanup_free_ = logmaker_vkey(0);
    dir = temporary_directory();
    free(file_write(dir, "vkey", vkey));
}

static void teardown(void)
{
    runs("rm -rf log");
    free(dir);
    dir = NULL;
}

static void make(uint64_t size)
{
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/log", dir), 0);
    struct logmaker *maker = logmaker_new(path, 0);
    for (uint64_t kept = 1; kept < size; kept *= 2) {
        logmaker_fill(maker, kept);
        logmaker_checkpoint(maker);
    }
    logmaker_fill(maker, size);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
}

static const uint64_t sizes[] = {1, 2, 255, 256, 257, 65535, 65536, 65537, 70000};

/* Directory, checkpoint, and proofs of inclusion and consistency at the sizes where a tree changes
 * its shape. */
START_TEST(others_accept_what_we_write)
{
    if (!verifiers_prepare())
        return;
    uint64_t size = sizes[_i];
    make(size);
    runs(VERIFIERS_OPENSSL);
    runs("$tlogcheck directory log vkey");
    const uint64_t entries[] = {0, size / 2, size - 1};
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++) {
        struct text script _cleanup_text_ = {0};
        text_printf(&script,
                    "$ctl log prove --entry %" PRIu64 " --log log >proof &&"
                    "$tlogcheck entry proof vkey && sigstorecheck proof vkey",
                    entries[i]);
        runs(script.data);
    }
    for (uint64_t kept = 1; kept < size; kept *= 16) {
        struct text script _cleanup_text_ = {0};
        text_printf(&script,
                    "$ctl log prove --since log/checkpoints/%" PRIu64 " --log log >proof &&"
                    "$tlogcheck consistency proof vkey log/checkpoints/%" PRIu64,
                    kept, kept);
        runs(script.data);
    }
    runs("$ctl log export copy --log log && $tlogcheck directory copy vkey && rm -r copy");
}
END_TEST

/* They look at what they are given: an altered thing is refused by each. */
START_TEST(others_refuse_what_was_altered)
{
    if (!verifiers_prepare())
        return;
    make(257);
    runs("$ctl log prove --entry 200 --log log >proof &&"
         "$ctl log prove --since log/checkpoints/128 --log log >extends &&"
         "cp -r log kept");
    refuses("does not match", "sed 's/^extra cmV0/extra cmV1/' proof >bad;"
                              "sigstorecheck bad vkey");
    refuses("malformed", "sed 's/^index 200/index 201/' proof >bad; sed -i 4d bad;"
                         "$tlogcheck entry bad vkey || { echo malformed; false; }");
    refuses("invalid", "sed 's/^index 200/index 201/' proof >bad; $tlogcheck entry bad vkey ||"
                       "{ echo invalid; false; }");
    refuses("tlogcheck",
            "sed 2d extends >bad; $tlogcheck consistency bad vkey log/checkpoints/128");
    refuses("entry 3 is not the one in the tree",
            "$ctl log verify log --vkey vkey >/dev/null;"
            "printf x | dd of=log/tile/entries/000 bs=1 seek=900 conv=notrunc status=none &&"
            "$tlogcheck directory log vkey");
    refuses("tiles:", "rm -r log && cp -r kept log;"
                      "printf x | dd of=log/tile/0/000 bs=1 seek=900 conv=notrunc status=none &&"
                      "$tlogcheck directory log vkey");
    refuses("checkpoint: ", "rm -r log && cp -r kept log && sed -i 's/^257$/258/' log/checkpoint &&"
                            "$tlogcheck directory log vkey");
    refuses("Signature Verification Failure", VERIFIERS_OPENSSL);
}
END_TEST

/* The known answers, which were made without any of this. */
START_TEST(others_accept_the_known_answers)
{
    if (!verifiers_prepare())
        return;
    runs("kat=$top/tests/vectors/log-kat && $tlogcheck directory $kat $kat/vkey &&"
         "$tlogcheck entry $kat/entry.tlog-proof $kat/vkey &&"
         "$tlogcheck consistency $kat/consistency.txt $kat/vkey $kat/checkpoint.2 &&"
         "sigstorecheck $kat/entry.tlog-proof $kat/vkey");
}
END_TEST

Suite *suite_verifiers(void)
{
    Suite *suite = suite_create("verifiers");
    TCase *tc = tcase_create("verifiers");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, others_accept_what_we_write, 0, (int)ARRAY_LENGTH(sizes));
    tcase_add_test(tc, others_refuse_what_was_altered);
    tcase_add_test(tc, others_accept_the_known_answers);
    suite_add_tcase(suite, tc);
    return suite;
}
