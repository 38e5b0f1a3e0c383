/* A machine of the tests' own, on which a real systemd runs the installed program: machine.sh. */
#ifndef HARNESS_MACHINE_H
#define HARNESS_MACHINE_H

#include <stdbool.h>

#include "harness/db.h"

/* Whether there can be one here; else why not (static). */
bool machine_is_possible(const char **ret_why);

/* Boots it with the program installed from the build tree, and runs a file's script in it. For
 * unchecked fixtures: what fails is printed, and told by every later call. */
void machine_up(const char *script_file);
void machine_down(void);

/* Runs a bash script (-eu, pipefail) in it. */
struct program_result machine_try(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, must exit 0; what it printed, in a buffer of the tests' (8, reused in turn). */
const char *machine(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Repeats the script, at most 60 s, until it exits 0. */
void machine_until(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
