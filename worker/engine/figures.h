/* What the runs of each category found and did, for whoever looks (view.h): the worker's figures.
 */
#ifndef ENGINE_FIGURES_H
#define ENGINE_FIGURES_H

struct run_report;
struct worker;

/* A run, or what stands for a skipped one, is over. */
void figures_note(struct worker *worker, const struct run_report *report);
/* A run failed before others of its category went well. */
void figures_note_failed(struct worker *worker, const char *category);
/* This worker leads from now on. Where another did meanwhile, what was found before is forgotten.
 */
void figures_lead(struct worker *worker);
/* The policies were loaded: of categories that are gone nothing is told any more. */
void figures_drop_retired(struct worker *worker);
void figures_free(struct worker *worker);

#endif
