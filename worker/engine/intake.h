/* Whether categories keep up with what falls due, for the metrics; retentionctl status asks the
 * same view. */
#ifndef ENGINE_INTAKE_H
#define ENGINE_INTAKE_H

struct worker;

/* Asks on the control connection; the answers go into the figures of the categories. */
void intake_ask(struct worker *worker);

#endif
