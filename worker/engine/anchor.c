#define _GNU_SOURCE
#include "engine/anchor.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"

enum { TIME_LIMIT_S = 60, BACKOFF_FIRST_S = 1, BACKOFF_MOST_S = 300 };

struct anchor {
    struct event_base *base;
    const char *command;
    anchor_result_fn *result;
    void *arg;
    struct event *child; /* SIGCHLD */
    struct event *timer; /* the limit of a command that runs, else the next attempt */
    pid_t pid;           /* 0: none runs; its process group's number too */
    bool timed_out;
    struct text note; /* to be anchored, or empty */
    uint64_t size;
    uint64_t running_size;
    int failures;
};

extern char **environ;

static void start(struct anchor *anchor);

static void arm(struct anchor *anchor, int seconds)
{
    const struct timeval delay = {seconds, 0};
    evtimer_add(anchor->timer, &delay);
}

static void fail(struct anchor *anchor, const char *why)
{
    int seconds = BACKOFF_FIRST_S;
    for (int i = 0; i < anchor->failures && seconds < BACKOFF_MOST_S; i++)
        seconds *= 2;
    anchor->failures++;
    arm(anchor, seconds < BACKOFF_MOST_S ? seconds : BACKOFF_MOST_S);
    anchor->result(anchor->arg, anchor->running_size, why);
}

static void on_child(evutil_socket_t number, short what, void *arg)
{
    struct anchor *anchor = arg;
    int status;
    char why[80];
    (void)number;
    (void)what;
    if (anchor->pid == 0 || waitpid(anchor->pid, &status, WNOHANG) != anchor->pid)
        return;
    anchor->pid = 0;
    evtimer_del(anchor->timer);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !anchor->timed_out) {
        anchor->failures = 0;
        if (anchor->size == anchor->running_size)
            text_clear(&anchor->note);
        else
            arm(anchor, 0);
        anchor->result(anchor->arg, anchor->running_size, NULL);
        return;
    }
    if (anchor->timed_out)
        snprintf(why, sizeof(why), "the anchor command took longer than %d s", TIME_LIMIT_S);
    else if (WIFEXITED(status))
        snprintf(why, sizeof(why), "the anchor command exited with code %d", WEXITSTATUS(status));
    else
        snprintf(why, sizeof(why), "the anchor command was ended by signal %d", WTERMSIG(status));
    fail(anchor, why);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct anchor *anchor = arg;
    (void)fd;
    (void)what;
    if (anchor->pid == 0) {
        start(anchor);
        return;
    }
    anchor->timed_out = true;
    kill(-anchor->pid, SIGKILL);
}

/* A pipe holds more than any checkpoint: writing does not wait. */
static int open_input(const struct text *note)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    ssize_t n = write(ends[1], note->data, note->length);
    int why = errno;
    close(ends[1]);
    if (n == (ssize_t)note->length && fcntl(ends[0], F_SETFL, 0) == 0)
        return ends[0];
    close(ends[0]);
    errno = why;
    return -1;
}

static void start(struct anchor *anchor)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    const char *const argv[] = {"sh", "-c", anchor->command, NULL};
    char why[80];
    if (anchor->note.length == 0)
        return;
    anchor->running_size = anchor->size;
    anchor->timed_out = false;
    int input = open_input(&anchor->note);
    int code = errno;
    if (input >= 0) {
        sigemptyset(&none);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setsigmask(&attributes, &none);
        code = posix_spawn(&anchor->pid, "/bin/sh", &actions, &attributes,
                           (char *const *)(uintptr_t)argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        close(input);
    }
    if (input >= 0 && code == 0) {
        arm(anchor, TIME_LIMIT_S);
        return;
    }
    anchor->pid = 0;
    snprintf(why, sizeof(why), "could not start the anchor command: %s", strerror(code));
    fail(anchor, why);
}

struct anchor *anchor_new(struct event_base *base, const char *command, anchor_result_fn *result,
                          void *arg)
{
    struct anchor *anchor = xcalloc(1, sizeof(*anchor));
    *anchor = (struct anchor){.base = base, .command = command, .result = result, .arg = arg};
    anchor->timer = evtimer_new(base, on_timer, anchor);
    anchor->child = evsignal_new(base, SIGCHLD, on_child, anchor);
    event_add(anchor->child, NULL);
    return anchor;
}

void anchor_send(struct anchor *anchor, uint64_t size, const char *note, size_t length)
{
    text_clear(&anchor->note);
    text_add_n(&anchor->note, note, length);
    anchor->size = size;
    if (anchor->pid == 0 && anchor->failures == 0)
        start(anchor);
}

bool anchor_is_busy(const struct anchor *anchor)
{
    return anchor->pid != 0 || anchor->note.length > 0;
}

int anchor_failures(const struct anchor *anchor)
{
    return anchor->failures;
}

void anchor_forget(struct anchor *anchor)
{
    if (anchor->pid != 0) {
        int status;
        kill(-anchor->pid, SIGKILL);
        waitpid(anchor->pid, &status, 0);
        anchor->pid = 0;
    }
    evtimer_del(anchor->timer);
    text_clear(&anchor->note);
    anchor->failures = 0;
}

void anchor_free(struct anchor *anchor)
{
    if (!anchor)
        return;
    anchor_forget(anchor);
    event_free(anchor->timer);
    event_free(anchor->child);
    text_free(&anchor->note);
    free(anchor);
}
