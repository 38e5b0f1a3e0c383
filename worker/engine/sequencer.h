/* The sequencer: gives entries their places in the tree, publishes them in the log directory, signs
 * checkpoints and has them anchored. On the leader's control connection. See sequencer.c. */
#ifndef ENGINE_SEQUENCER_H
#define ENGINE_SEQUENCER_H

#include <stdbool.h>

struct error;
struct sequencer;
struct worker;

/* ready: the log is what its directory says, and all that was visible is signed. Else error says
 * why not; where the worker goes on leading, it is called again after each later attempt. */
typedef void sequencer_done_fn(struct worker *worker, bool ready, const struct error *error);

struct sequencer *sequencer_new(struct worker *worker);
void sequencer_free(struct sequencer *sequencer); /* accepts NULL */
/* Reads the signing key. Without one there is no tree, and everything below does nothing; a
 * database whose log was signed before is not gone on with. */
bool sequencer_read_key(struct worker *worker, struct error *error);

/* This worker leads: compares the database with the directory, repairs, signs. */
void sequencer_start(struct worker *worker, sequencer_done_fn *done);
/* There are new entries: soon (log.checkpoint_every), or now. */
void sequencer_expect(struct worker *worker);
void sequencer_kick(struct worker *worker);
/* Who reads in a transaction over several groups needs the control connection alone: `then` is
 * called when no pass is under way, at once where that is so; none begins until sequencer_resume.
 */
void sequencer_yield(struct worker *worker, void (*then)(struct worker *worker));
void sequencer_resume(struct worker *worker);
/* Signs what is left, and waits for the anchor command; then done, once. */
void sequencer_finish(struct worker *worker, sequencer_done_fn *done);
/* The leadership or the connection went. */
void sequencer_forget(struct worker *worker);

/* False, and why, where no run may start: the log cannot be signed, or the last anchored checkpoint
 * is too old. */
bool sequencer_may_run(struct worker *worker, struct error *error);

#endif
