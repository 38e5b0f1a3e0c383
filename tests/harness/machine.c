#define _GNU_SOURCE
#include "harness/machine.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

enum { MOST_TRIES = 300, BUFFERS = 8 };

static char directory[256];
static bool is_up;

static struct program_result run(const char *command, const char *const *more)
{
    static char script[4096];
    const char *argv[16] = {"/bin/bash", script, command, directory};
    snprintf(script, sizeof(script), "%s", source_path("tests/harness/machine.sh"));
    for (size_t i = 0; more && more[i]; i++)
        argv[4 + i] = more[i];
    return program_run(argv);
}

bool machine_is_possible(const char **ret_why)
{
    static char why[256];
    struct program_result result = run("can", NULL);
    bool can = result.exit_code == 0;
    snprintf(why, sizeof(why), "%.*s", (int)strcspn(result.out, "\n"), result.out);
    program_result_free(&result);
    *ret_why = why;
    return can;
}

static struct program_result in(const char *script)
{
    const char *const argv[] = {"/bin/bash", "-euo", "pipefail", "-c", script, NULL};
    return run("in", argv);
}

static bool install(void)
{
    char *command;
    if (asprintf(&command, "make -s -C '%s' install DESTDIR='%s/m' 2>&1", build_path("."),
                 directory) < 0)
        abort();
    FILE *make = popen(command, "r");
    char line[512];
    struct text said = {0};
    while (make && fgets(line, sizeof(line), make))
        text_add(&said, line);
    bool done = make && pclose(make) == 0;
    if (!done)
        fprintf(stderr, "make install failed: %s\n", text_string(&said));
    text_free(&said);
    free(command);
    return done;
}

void machine_up(const char *script)
{
    const char *root = getenv("RETENTIOND_TEST_ROOT");
    snprintf(directory, sizeof(directory), "%s/machine", root ? root : "/tmp");
    struct program_result result = run("up", NULL);
    is_up = result.exit_code == 0;
    if (!is_up)
        fprintf(stderr, "%s%s\n", result.out, result.err);
    program_result_free(&result);
    is_up = is_up && install();
    if (!is_up)
        return;
    result = in(script);
    is_up = result.exit_code == 0;
    if (!is_up)
        fprintf(stderr, "the machine could not be set up:\n%s%s\n", result.out, result.err);
    program_result_free(&result);
}

void machine_down(void)
{
    struct program_result result = run("down", NULL);
    program_result_free(&result);
}

static char *format_script(const char *format, va_list args)
{
    char *script;
    if (vasprintf(&script, format, args) < 0)
        abort();
    ck_assert_msg(is_up, "the machine could not be set up");
    return script;
}

struct program_result machine_try(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *script = format_script(format, args);
    va_end(args);
    struct program_result result = in(script);
    free(script);
    return result;
}

static void dump(const char *script, const struct program_result *result)
{
    struct program_result log = in("journalctl --no-pager -n 60 -o short-monotonic");
    fprintf(stderr, "script: %s\nexit code %d\n%s%s\njournal:\n%s\n", script, result->exit_code,
            result->out, result->err, log.out);
    program_result_free(&log);
}

const char *machine(const char *format, ...)
{
    static char *kept[BUFFERS];
    static int next;
    va_list args;
    va_start(args, format);
    char *script = format_script(format, args);
    va_end(args);
    struct program_result result = in(script);
    if (result.exit_code != 0)
        dump(script, &result);
    ck_assert_msg(result.exit_code == 0, "script failed: %s", script);
    free(script);
    int at = next++ % BUFFERS;
    free(kept[at]);
    size_t length = strlen(result.out);
    if (length > 0 && result.out[length - 1] == '\n')
        result.out[length - 1] = '\0';
    kept[at] = result.out;
    free(result.err);
    return kept[at];
}

void machine_until(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *script = format_script(format, args);
    va_end(args);
    for (int i = 0; i < MOST_TRIES; i++) {
        struct program_result result = in(script);
        bool done = result.exit_code == 0;
        if (!done && i == MOST_TRIES - 1)
            dump(script, &result);
        program_result_free(&result);
        if (done) {
            free(script);
            return;
        }
        const struct timespec pause = {.tv_nsec = 150000000};
        nanosleep(&pause, NULL);
    }
    ck_abort_msg("waited in vain: %s", script);
}
