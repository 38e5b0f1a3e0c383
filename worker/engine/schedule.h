/* When which category runs: rounds, sleep, requests, windows, the day's figures. */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include <stdbool.h>

struct category_state;
struct schedule;
struct window;
struct worker;

struct schedule *schedule_new(struct worker *worker);
void schedule_free(struct schedule *schedule); /* accepts NULL */

/* What the database says is about to be read: what is notified from here on may be younger. */
void schedule_begin_load(struct worker *worker);
/* Something was notified since, and what was read may be older: read again before acting on it. A
 * few times at most, so that a stream of requests cannot keep the worker from its work. */
bool schedule_must_load_again(struct worker *worker);
/* Policies and keys are loaded: take the requests and run what is to run. */
void schedule_begin_round(struct worker *worker);
/* The policy's window, or the main file's. */
const struct window *schedule_window(const struct worker *worker,
                                     const struct category_state *state);
/* NOTIFY retention, PAYLOAD. */
void schedule_notified(struct worker *worker, const char *payload);
/* The leadership or connection went: forget the round. */
void schedule_forget(struct worker *worker);

#endif
