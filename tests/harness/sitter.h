/* Whoever ends the tests by force (Ctrl-C, timeout, a crash) leaves no servers behind. */
#ifndef SITTER_H
#define SITTER_H

/* Forks a process that outlives the caller by a moment: when the caller and all that it forked have
 * ended, it stops the servers whose data directories lie in ROOT/NAME/data, and removes root. Where
 * root is gone by then, as after tests that ended well, it does nothing. */
void sitter_start(const char *root);

#endif
