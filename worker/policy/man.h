/* The keys of policy files for the manual page retention-policy(5), mdoc. */
#ifndef POLICY_MAN_H
#define POLICY_MAN_H

#include <stdio.h>

void policy_print_man(FILE *out);

#endif
