/* Leadership: one worker acts, under a term; the others wait. */
#ifndef ENGINE_LEADERSHIP_H
#define ENGINE_LEADERSHIP_H

struct worker;

/* Makes sure that the server itself is at the other end, listens, and asks for the leadership. */
void leadership_begin(struct worker *worker);
/* Asks for the leadership; once it is ours worker_leads is called. Otherwise asks again: when the
 * leader resigns (NOTIFY), and before its lease could pass. */
void leadership_ask(struct worker *worker);
/* Gives it up and calls worker_resigned. */
void leadership_resign(struct worker *worker);
/* Forgets the term and stops the timer; the connection is gone or to be closed. */
void leadership_forget(struct worker *worker);
/* Another worker resigned. */
void leadership_notified(struct worker *worker);

#endif
