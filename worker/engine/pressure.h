/* Looks at what the server feels while a run acts on records, for the run's pace. */
#ifndef ENGINE_PRESSURE_H
#define ENGINE_PRESSURE_H

struct run;

/* Looks, and then again every so often while batches are handed out; no effect while it does. The
 * run is pumped behind each look. */
void pressure_begin(struct run *run);
void pressure_end(struct run *run);

#endif
