/* Connections that went dead without anybody's saying so. */
#ifndef ENGINE_SILENCE_H
#define ENGINE_SILENCE_H

struct worker;

/* Looks whether what is under way on the worker connections is; called now and then by who leads.
 */
void silence_look(struct worker *worker);

#endif
