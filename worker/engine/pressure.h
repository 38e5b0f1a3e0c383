/* Looks at what the server feels while a run acts on records, for the run's pace. */
#ifndef ENGINE_PRESSURE_H
#define ENGINE_PRESSURE_H

struct run;

/* While a run reads what it needs for its plan, so that it knows who else works when its first
 * batch begins; nothing where that takes no longer than from one look to the next. */
void pressure_watch(struct run *run);
/* Looks, and then again every so often while batches are handed out; no effect while it does. The
 * run is pumped behind each look. */
void pressure_begin(struct run *run);
void pressure_end(struct run *run);

#endif
