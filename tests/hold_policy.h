/* Policies of table public.call, for tests of what keeps a hold whole while policies change. */
#ifndef TESTS_HOLD_POLICY_H
#define TESTS_HOLD_POLICY_H

#include "hold_support.h"

#define START "    start = \"at\";\n"
#define ONLY(column, condition)                                                                    \
    "    only = (\n      {\n        column = \"" column "\";\n        " condition                  \
    ";\n      }\n    );\n"
#define REST(of)     "    only = \"rest\";\n    rest_of = \"" of "\";\n"
#define AFTER(years) "  stages = (\n    {\n      after = \"" years "\";\n    }\n  );\n"

/* A site with that table, empty, and no category. */
struct hold_site hold_policy_site(void);

/* A normalised text; `data` and `more` are whole lines. The caller frees all texts. */
char *hold_policy(const char *name, const char *data, const char *more);
/* The statement that loads a text as the worker would. */
char *hold_loading(const char *name, const char *text, const char *mode, const char *facts);
char *hold_approving(const char *name, const char *more);
/* Loads a text; fails the test unless the category is in that state then. */
void hold_load_mode(struct hold_site *site, const char *state, const char *name, const char *text,
                    const char *mode, const char *facts);
void hold_load(struct hold_site *site, const char *state, const char *name, const char *data,
               const char *more, const char *facts);
void hold_approve(struct hold_site *site, const char *name);
/* Loads a text that needs approval, and approves it. */
void hold_enforce(struct hold_site *site, const char *name, const char *data, const char *more);
/* Approving is refused with a message that begins so. */
void hold_not_approved(struct hold_site *site, const char *begin, const char *name,
                       const char *more);
/* Places a hold; its uuid. */
char *hold_place(struct hold_site *site, const char *arguments);
/* A refusal: `format` with up to three texts. */
char *hold_message(const char *format, const char *a, const char *b, const char *c);

#define TAKES                                                                                      \
    "RT024: hold %s covers records of category \"%s\" and would not keep them from category "      \
    "\"%s\", which may take them"

#endif
