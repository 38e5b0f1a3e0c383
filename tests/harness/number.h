/* Numbers that people and programs wrote: whole, and nothing else, or the test fails. */
#ifndef NUMBER_H
#define NUMBER_H

long whole_number(const char *text);

/* What the environment says under this name; `otherwise` where it says nothing. A misspelt number
 * must not become none: a test of no rounds cannot fail. */
long number_from_environment(const char *name, long otherwise);

#endif
