/* Being told to stop: what is in flight is finished, within worker.stop_within; then cancelled. */
#ifndef ENGINE_STOP_H
#define ENGINE_STOP_H

struct worker;

void stop_begin(struct worker *worker); /* the worker is stopping: the time runs */
void stop_free(struct worker *worker);

#endif
