/* The metrics: one table, from which /metrics and the manual page are written. */
#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include <stdio.h>

struct text;
struct worker_view;

/* Prometheus' text format, version 0.0.4. */
void metrics_write(const struct worker_view *view, struct text *out);
void metrics_print_man(FILE *out);

#endif
