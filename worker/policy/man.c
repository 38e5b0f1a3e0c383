/* The keys of policy files for the manual page, from the tables of their syntax. */
#include <string.h>

#include "base/mdoc.h"
#include "policy/definition.h"
#include "policy/man.h"
#include "policy/transform.h"

static void print_field(FILE *out, const struct field *f)
{
    unsigned int later = f->flags & FIELD_LATER;
    if (!f->help || f->flags & FIELD_NORMAL)
        return;
    fprintf(out, ".It Ic %s No = ", f->key);
    mdoc_print_arguments(out, f->value);
    fputc('\n', out);
    mdoc_print_text(out, f->help);
    if (f->flags & FIELD_REQUIRED)
        fputs("Required.\n", out);
    if (later)
        fputs("Not available in this version.\n", out);
}

/* Keys that all references have are printed where the first of them is. */
static bool is_of_reference(const struct definition *definition, const char *key)
{
    if (definition == &definition_tenant || !definition->title)
        return false;
    bool refers = definition == &definition_start || definition == &definition_subject ||
                  definition == &definition_condition;
    for (const struct field *f = definition_tenant.fields; refers && f->key; f++)
        if (strcmp(f->key, key) == 0)
            return true;
    return false;
}

void policy_print_man(FILE *out)
{
    for (const struct definition *const *d = policy_definitions; *d; d++) {
        if (!(*d)->title)
            continue;
        fprintf(out, ".Ss %s\n", (*d)->title);
        mdoc_print_text(out, (*d)->help);
        fputs(".Bl -tag -width Ds\n", out);
        for (const struct field *f = (*d)->fields; f->key; f++)
            if (!is_of_reference(*d, f->key))
                print_field(out, f);
        fputs(".El\n", out);
        if (*d == &definition_transform) {
            fputs(".Ss Transformations\n", out);
            transform_print_man(out);
        }
    }
}
