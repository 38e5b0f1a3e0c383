#include "config/value.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "config/file.h"

unsigned int type_of(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        return TYPE_STRING;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return TYPE_INTEGER;
    case CONFIG_TYPE_FLOAT:
        return TYPE_FLOAT;
    case CONFIG_TYPE_BOOL:
        return TYPE_BOOLEAN;
    case CONFIG_TYPE_GROUP:
        return TYPE_GROUP;
    default:
        return TYPE_LIST;
    }
}

/* Appends "a string, a group { } or a list". */
static void add_types(struct text *text, unsigned int types)
{
    static const struct {
        unsigned int types;
        const char *text;
    } names[] = {{TYPE_NUMBER, "a number"},
                 {TYPE_STRING, "a string"},
                 {TYPE_INTEGER, "an integer"},
                 {TYPE_FLOAT, "a fraction"},
                 {TYPE_GROUP, "a group { }"},
                 {TYPE_LIST, "a list"},
                 {TYPE_BOOLEAN, "a boolean (true or false)"}};
    bool first = true;
    for (size_t i = 0; i < ARRAY_LENGTH(names) && types; i++) {
        if ((types & names[i].types) != names[i].types)
            continue;
        types &= ~names[i].types;
        text_printf(text, "%s%s", first ? "" : types ? ", " : " or ", names[i].text);
        first = false;
    }
}

bool type_check(struct diags *diags, const char *file, const config_setting_t *setting,
                const char *what, unsigned int types)
{
    unsigned int type = type_of(setting);
    if (type & types)
        return true;
    struct text wanted _cleanup_text_ = {0}, found _cleanup_text_ = {0};
    add_types(&wanted, types);
    add_types(&found, type);
    struct diag *d = diag_error(diags, (struct position){file, config_line(setting)},
                                "%s must be %s, not %s", what, wanted.data, found.data);
    if (types & TYPE_STRING && !(types & (TYPE_NUMBER | TYPE_BOOLEAN)) && type & TYPE_SCALAR)
        diag_hint(diags, d, "Put it in double quotes.");
    else if (types & TYPE_NUMBER && !(types & TYPE_STRING) && type == TYPE_STRING)
        diag_hint(diags, d, "Leave the double quotes out.");
    else if (types & TYPE_BOOLEAN && !(types & TYPE_STRING) && type == TYPE_STRING)
        diag_hint(diags, d, "Write true or false, without quotes.");
    else if (types & TYPE_LIST && type == TYPE_GROUP)
        diag_hint(diags, d, "Put round brackets around the group: ( { ... } ).");
    return false;
}

int64_t integer_of(const config_setting_t *setting)
{
    return config_setting_type(setting) == CONFIG_TYPE_INT ? config_setting_get_int(setting)
                                                           : config_setting_get_int64(setting);
}

double number_of(const config_setting_t *setting)
{
    return type_of(setting) == TYPE_INTEGER ? (double)integer_of(setting)
                                            : config_setting_get_float(setting);
}
