/* When which category runs: rounds, sleep, requests, windows, the day's figures. */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

struct schedule;
struct worker;

struct schedule *schedule_new(struct worker *worker);
void schedule_free(struct schedule *schedule); /* accepts NULL */

/* Policies and keys are loaded: take the requests and run what is to run. */
void schedule_begin_round(struct worker *worker);
/* NOTIFY retention, PAYLOAD. */
void schedule_notified(struct worker *worker, const char *payload);
/* The leadership or connection went: forget the round. */
void schedule_forget(struct worker *worker);

#endif
