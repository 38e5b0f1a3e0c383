#define _GNU_SOURCE
#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/cluster.h"

enum { NOT_TAKEN, TAKEN, ENDED };

/* What the jobs share: whose turn it is, and what came of it. */
struct board {
    atomic_size_t next;
    struct {
        int state, checks, failures, errors;
    } results[];
};

static void give_up(const char *what)
{
    fprintf(stderr, "tests/run: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static void copy_out(FILE *from, int to)
{
    char buffer[8192];
    size_t n;
    fflush(from);
    rewind(from);
    flock(to, LOCK_EX); /* the jobs have one file for it: see jobs_run */
    while ((n = fread(buffer, 1, sizeof(buffer), from)) > 0)
        for (size_t done = 0; done < n;) {
            ssize_t written = write(STDOUT_FILENO, buffer + done, n - done);
            if (written < 0)
                break;
            done += (size_t)written;
        }
    flock(to, LOCK_UN);
}

static void count(SRunner *runner, struct board *board, size_t index)
{
    int failed = srunner_ntests_failed(runner);
    TestResult **results = srunner_failures(runner);
    for (int i = 0; i < failed; i++) {
        if (tr_rtype(results[i]) == CK_ERROR)
            board->results[index].errors++;
        else
            board->results[index].failures++;
    }
    free(results);
    board->results[index].checks = srunner_ntests_run(runner);
    board->results[index].state = ENDED;
}

/* One suite; all that it and its programs print goes into a file first. */
static void run_suite(const struct job_suite *suite, struct board *board, size_t index, int lock)
{
    FILE *said = tmpfile();
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    if (!said || out < 0 || err < 0)
        give_up("could not set a suite's output aside");
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    board->results[index].state = TAKEN;
    fflush(NULL);
    dup2(fileno(said), STDOUT_FILENO);
    dup2(fileno(said), STDERR_FILENO);

    SRunner *runner = srunner_create(suite->make());
    srunner_run_all(runner, CK_NORMAL);
    count(runner, board, index);
    srunner_free(runner);

    printf("%s: %.1f s\n", suite->name, seconds_since(&begin));
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    copy_out(said, lock);
    fclose(said);
}

static void run_job(const struct job_suite *suites, size_t count_of_suites, struct board *board,
                    const char *lock_path)
{
    int lock = open(lock_path, O_RDWR | O_CLOEXEC); /* its own: a lock belongs to an open file */
    if (lock < 0)
        give_up(lock_path);
    cluster_shared_setup();
    for (size_t i; (i = atomic_fetch_add(&board->next, 1)) < count_of_suites;)
        run_suite(&suites[i], board, i, lock);
    cluster_shared_teardown();
    close(lock);
}

static int totals(const struct job_suite *suites, size_t suite_count, const struct board *board)
{
    int checks = 0, failures = 0, errors = 0;
    for (size_t i = 0; i < suite_count; i++) {
        if (board->results[i].state != ENDED) {
            printf("%s: %s\n", suites[i].name,
                   board->results[i].state == TAKEN ? "its process ended in the middle of it"
                                                    : "was not run");
            errors++;
            checks++;
            continue;
        }
        checks += board->results[i].checks;
        failures += board->results[i].failures;
        errors += board->results[i].errors;
    }
    printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
           checks ? (checks - failures - errors) * 100 / checks : 0, checks, failures, errors);
    return failures + errors;
}

int jobs_run(const struct job_suite *suites, size_t suite_count, size_t jobs)
{
    size_t size = sizeof(struct board) + suite_count * sizeof(((struct board *)0)->results[0]);
    struct board *board =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char lock_path[] = "/tmp/retentiond-tests-lock.XXXXXX";
    int lock = mkstemp(lock_path);
    if (board == MAP_FAILED || lock < 0)
        give_up("could not prepare the jobs");
    close(lock);
    fflush(NULL);
    for (size_t i = 0; i < jobs; i++) {
        pid_t pid = fork();
        if (pid < 0)
            give_up("fork");
        if (pid == 0) {
            run_job(suites, suite_count, board, lock_path);
            fflush(NULL);
            _exit(EXIT_SUCCESS);
        }
    }
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    unlink(lock_path);
    int failed = totals(suites, suite_count, board);
    munmap(board, size);
    return failed;
}
