#include "policy/transform.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mdoc.h"
#include "base/text.h"

/* ---- what is wrong with parameters ---- */

static void check_mask(const struct transform *t, struct diags *diags)
{
    int64_t shown = t->first + t->last;
    if (shown * 2 > t->length)
        diag_hint(diags,
                  diag_error(diags, t->at,
                             "\"mask\" of column \"%s\" shows %lld of %lld characters", t->column,
                             (long long)shown, (long long)t->length),
                  "At least half of \"length\" must be hidden.");
    size_t n = 0;
    for (const char *p = t->fill; *p; p++)
        n += ((unsigned char)*p & 0xC0) != 0x80;
    if (n != 1)
        diag_error(diags, t->at, "\"char\" of column \"%s\" must be one character", t->column);
}

static bool ascend(const struct literal *low, const struct literal *high)
{
    return strtod(low->text, NULL) < strtod(high->text, NULL);
}

static void check_bucket(const struct transform *t, struct diags *diags)
{
    if ((t->width.text != NULL) == (t->bound_count > 0)) {
        diag_hint(diags,
                  diag_error(diags, t->at, "\"bucket\" of column \"%s\" needs a width or bounds",
                             t->column),
                  "Write width = 10, or bounds = [ 0, 18, 65 ].");
        return;
    }
    if (t->width.text && t->clamp)
        diag_error(diags, t->at, "\"clamp\" of column \"%s\" goes with \"bounds\"", t->column);
    if (t->width.text && strtod(t->width.text, NULL) <= 0)
        diag_error(diags, t->at, "\"width\" of column \"%s\" must be above 0, not %s", t->column,
                   t->width.text);
    for (size_t i = 0; i + 1 < t->bound_count; i++)
        if (!ascend(&t->bounds[i], &t->bounds[i + 1]))
            diag_error(diags, t->at, "\"bounds\" of column \"%s\" do not ascend: %s, %s", t->column,
                       t->bounds[i].text, t->bounds[i + 1].text);
}

static void check_top_code(const struct transform *t, struct diags *diags)
{
    if (!t->min.text && !t->max.text)
        diag_hint(diags,
                  diag_error(diags, t->at, "\"top_code\" of column \"%s\" has no limit", t->column),
                  "Write min, max, or both.");
    else if (t->min.text && t->max.text && !ascend(&t->min, &t->max))
        diag_error(diags, t->at, "\"min\" of column \"%s\" is not below \"max\"", t->column);
}

static void check_zip(const struct transform *t, struct diags *diags)
{
    for (size_t i = 0; i < t->small.count; i++)
        if ((int64_t)strlen(t->small.items[i]) != t->length)
            diag_hint(diags,
                      diag_error(diags, t->at,
                                 "\"small\" of column \"%s\" names \"%s\", which has not %lld "
                                 "characters",
                                 t->column, t->small.items[i], (long long)t->length),
                      "It lists prefixes of the length that is kept.");
}

static void check_paths(const struct transform *t, struct diags *diags)
{
    for (size_t i = 0; i < t->paths.count; i++) {
        const char *path = t->paths.items[i];
        if (!*path || path[0] == '.' || path[strlen(path) - 1] == '.' || strstr(path, ".."))
            diag_hint(diags,
                      diag_error(diags, t->at, "path \"%s\" of column \"%s\" has an empty part",
                                 path, t->column),
                      "Write keys with dots between them: \"address.city\".");
    }
}

/* ---- the table ---- */

const struct transformation transformations[] = {
    {"nullify", CLASS_ERASING, TAKES_ANY, true, false, false, " ", "The value becomes NULL.", NULL,
     NULL, sql_transform_nullify},
    {"constant", CLASS_ERASING, TAKES_ANY & ~(unsigned)TAKES_OTHER, true, false, false, " value! ",
     "Every value becomes the one given.", NULL, NULL, sql_transform_constant},
    {"random_token", CLASS_ERASING, TAKES_TEXT | TAKES_UUID, false, true, false, " length ",
     "A fresh random token of so many hexadecimal digits (16, at least 8), for columns that must "
     "stay unique. Needs \"mark\", since a token cannot be told from a value.",
     NULL, NULL, sql_transform_random_token},
    {"json_keep", CLASS_ERASING, TAKES_JSON, true, false, false, " paths! ",
     "Keeps what stands under the paths (keys with dots between them, through arrays), and nothing "
     "else. What stands deeper than 100 levels becomes null; a document of type json that is no "
     "jsonb becomes NULL.",
     NULL, check_paths, sql_transform_json_keep},
    {"json_drop", CLASS_ERASING, TAKES_JSON, true, false, false, " paths! ",
     "Takes out what stands under the paths. Keys that the application adds later stay: prefer "
     "\"json_keep\". What stands deeper than 100 levels becomes null; a document of type json that "
     "is no jsonb becomes NULL.",
     NULL, check_paths, sql_transform_json_drop},
    {"phone_truncate", CLASS_GENERALISING, TAKES_TEXT, true, false, false, " keep! ",
     "The beginning of a phone number in E.164 form: the country code, for North American numbers "
     "also the area code (\"npa\") or area code and exchange (\"npanxx\").",
     "+14105550123", NULL, sql_transform_phone_truncate},
    {"zip_prefix", CLASS_GENERALISING, TAKES_TEXT, true, false, false, " length small ",
     "The first characters (3) of a postal code; prefixes that are listed as small become zeros.",
     "21201-4422", check_zip, sql_transform_zip_prefix},
    {"ip_truncate", CLASS_GENERALISING, TAKES_TEXT | TAKES_INET, true, false, false, " v4 v6 ",
     "Keeps so many bits of an address: 24 of IPv4, also where it is mapped into IPv6, 48 of IPv6.",
     "203.0.113.77", NULL, sql_transform_ip_truncate},
    {"date_trunc", CLASS_GENERALISING, TAKES_MOMENT, true, false, false, " unit ",
     "The beginning of the month (or another unit) in the category's time zone.", NULL, NULL,
     sql_transform_date_trunc},
    {"bucket", CLASS_GENERALISING, TAKES_NUMBER, true, false, false, " width bounds clamp ",
     "The lower bound of the bucket in which a number lies: multiples of \"width\", or the "
     "\"bounds\" "
     "that are listed. What is below the first bound becomes NULL, or the first bound with "
     "\"clamp\".",
     NULL, check_bucket, sql_transform_bucket},
    {"top_code", CLASS_GENERALISING, TAKES_NUMBER, true, false, false, " min max ",
     "Numbers below \"min\" become \"min\", those above \"max\" become \"max\".", "97",
     check_top_code, sql_transform_top_code},
    {"url_strip", CLASS_GENERALISING, TAKES_TEXT, true, false, false, " keep ",
     "Scheme, host and port of a URL: user, path, query and fragment go. Schemes are http, https, "
     "ws, wss and ftp; of others nothing is left.",
     "https://jane@www.example.com/offers?gclid=Cj0KCQ#form", NULL, sql_transform_url_strip},
    {"email_domain", CLASS_GENERALISING, TAKES_TEXT, true, false, false, " allow! ",
     "The domain of an e-mail address if it is listed, else \"other\".", "jane.roe@example.com",
     NULL, sql_transform_email_domain},
    {"mask", CLASS_GENERALISING, TAKES_TEXT, true, false, false, " first last char length ",
     "So many of the first and last characters (0 and 0), and between them \"char\" (*) up to "
     "\"length\" (8) in all, whatever the length of the value. Values of fewer than twice the "
     "characters shown are masked entirely.",
     NULL, check_mask, sql_transform_mask},
    {"hmac", CLASS_PSEUDONYMOUS, TAKES_TEXT, false, true, true, " domain! ",
     "A keyed digest of 40 hexadecimal digits, made by the worker under the key of the main file "
     "(deidentify.hmac_key). Equal values of a domain have equal digests, so that records of one "
     "person can still be told to be that; whoever has the key can find out whose they are. Needs "
     "\"mark\", since only the key tells a digest from a value.",
     "+14105550123", NULL, sql_transform_hmac},
};
const size_t transformation_count = ARRAY_LENGTH(transformations);

static bool spares_address(const struct transform *t, const struct catalog_column *column)
{
    (void)column;
    return t->v4 >= 32 || t->v6 >= 128;
}

static bool spares_code(const struct transform *t, const struct catalog_column *column)
{
    (void)column;
    return t->length >= 5;
}

long transform_type_limit(const struct catalog_column *column, int which)
{
    const char *p = strchr(column->limited_type, '(');
    for (; p && which > 0; which--)
        p = strchr(p + 1, ',');
    return p ? strtol(p + 1, NULL, 10) : -1;
}

/* The distance of two neighbours among the column's values; 0: it says nothing of that. */
static double step_of(const struct catalog_column *column)
{
    static const char *const whole[] = {"smallint", "integer", "bigint"};
    long decimals = text_equal(column->base_type, "numeric") ? transform_type_limit(column, 1) : -1;
    double step = decimals >= 0 ? 1 : 0;
    for (size_t i = 0; i < ARRAY_LENGTH(whole); i++)
        if (text_equal(column->base_type, whole[i]))
            return 1;
    for (; decimals > 0; decimals--)
        step /= 10;
    return step;
}

/* Buckets of one or less, too, where the type has decimals: what is in the column may be whole. */
static bool spares_number(const struct transform *t, const struct catalog_column *column)
{
    double width = t->width.text ? strtod(t->width.text, NULL) : 0, step = step_of(column) * 1.001;
    if (t->width.text)
        return width <= 1 || width <= step;
    for (size_t i = 0; i + 1 < t->bound_count; i++)
        if (strtod(t->bounds[i + 1].text, NULL) - strtod(t->bounds[i].text, NULL) > step)
            return false;
    return t->bound_count > 2;
}

static bool spares_moment(const struct transform *t, const struct catalog_column *column)
{
    return text_equal(column->base_type, "date") &&
           (text_equal(t->unit, "day") || text_equal(t->unit, "hour"));
}

static bool spares_most(const struct transform *t, const struct catalog_column *column)
{
    (void)t, (void)column;
    return true;
}

bool transform_spares(const struct transform *transform, const struct catalog_column *column)
{
    static const struct {
        const char *name;
        bool (*spares)(const struct transform *transform, const struct catalog_column *column);
    } table[] = {{"ip_truncate", spares_address}, {"zip_prefix", spares_code},
                 {"date_trunc", spares_moment},   {"bucket", spares_number},
                 {"top_code", spares_most},       {"json_drop", spares_most}};
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        if (transform->as && text_equal(transform->as->name, table[i].name))
            return table[i].spares(transform, column);
    return false;
}

static bool is_as(const struct transform *transform, const char *name)
{
    return transform->as && text_equal(transform->as->name, name);
}

/* How a path with dots and one of a reference lie to each other. */
enum kin {
    KIN_NONE,
    KIN_ABOVE,
    KIN_BELOW
}; /* the one with dots is above (or the same), or below */

/* json_keep and json_drop go through arrays; a number in a reference may be an array's or a key:
 * behind it nothing is known. */
static bool may_be_index(const char *part)
{
    part += *part == '-';
    return *part && part[strspn(part, "0123456789")] == '\0';
}

static enum kin kin_of(const char *dotted, const struct string_list *path)
{
    for (size_t i = 0; i < path->count && !may_be_index(path->items[i]); i++) {
        size_t n = strcspn(dotted, ".");
        if (strlen(path->items[i]) != n || strncmp(path->items[i], dotted, n) != 0)
            return KIN_NONE;
        if (!dotted[n])
            return KIN_ABOVE;
        dotted += n + 1;
    }
    return KIN_BELOW;
}

bool transform_spares_path(const struct transform *transform, const struct string_list *path)
{
    bool keeps = is_as(transform, "json_keep"), drops = is_as(transform, "json_drop");
    for (size_t i = 0; (keeps || drops) && i < transform->paths.count; i++) {
        enum kin kin = kin_of(transform->paths.items[i], path);
        if (keeps ? kin != KIN_NONE : kin == KIN_ABOVE)
            return keeps;
    }
    return drops;
}

bool transform_merges(const struct transform *transform, const struct string_list *path)
{
    if (is_as(transform, "json_keep") || is_as(transform, "json_drop"))
        return path->count && !transform_spares_path(transform, path);
    return is_as(transform, "nullify") || is_as(transform, "constant") ||
           (is_as(transform, "mask") && transform->first + transform->last == 0);
}

const struct transformation *transformation_find(const char *name)
{
    for (size_t i = 0; i < transformation_count; i++)
        if (text_equal(transformations[i].name, name))
            return &transformations[i];
    return NULL;
}

static const char *parameter_place(const struct transformation *transformation,
                                   const char *parameter)
{
    size_t n = strlen(parameter);
    for (const char *p = transformation->parameters; (p = strstr(p, parameter)); p += n)
        if (p[-1] == ' ' && (p[n] == ' ' || p[n] == '!'))
            return p + n;
    return NULL;
}

bool transformation_takes(const struct transformation *transformation, const char *parameter)
{
    return parameter_place(transformation, parameter) != NULL;
}

/* ---- classes ---- */

static const char *const class_names[] = {"erasing", "generalising", "pseudonymous"};

const char *transform_class_name(enum transform_class class)
{
    return class_names[class];
}

static void add_transforms(struct arena *arena, struct transform_list *list,
                           const struct transform *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        list->items = arena_push(arena, list->items, &list->count, sizeof(*list->items));
        list->items[list->count - 1] = &columns[i];
    }
}

static void add_dependants(struct arena *arena, struct transform_list *list,
                           const struct category *category, const struct stage *stage,
                           const struct dependant *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (policy_dependant_stage(category, &with[i]) == stage)
            add_transforms(arena, list, with[i].columns, with[i].column_count);
        add_dependants(arena, list, category, stage, with[i].with, with[i].with_count);
    }
}

struct transform_list transform_all(struct arena *arena, const struct category *category,
                                    const struct stage *stage)
{
    struct transform_list list = {0};
    add_transforms(arena, &list, stage->columns, stage->column_count);
    add_dependants(arena, &list, category, stage, category->with, category->with_count);
    return list;
}

const char *transform_classes(struct arena *arena, const struct transform_list *list)
{
    struct text text _cleanup_text_ = {0};
    for (size_t k = 0; k < ARRAY_LENGTH(class_names); k++)
        for (size_t i = 0; i < list->count; i++)
            if (list->items[i]->as && (size_t)list->items[i]->as->class == k) {
                text_printf(&text, "%s%s", text.length ? "," : "", class_names[k]);
                break;
            }
    return arena_strdup(arena, text_string(&text));
}

/* ---- types ---- */

static const struct {
    const char *type;
    unsigned family;
} families[] = {
    {"text", TAKES_TEXT},
    {"character varying", TAKES_TEXT},
    {"character", TAKES_TEXT},
    {"citext", TAKES_TEXT},
    {"smallint", TAKES_NUMBER},
    {"integer", TAKES_NUMBER},
    {"bigint", TAKES_NUMBER},
    {"numeric", TAKES_NUMBER},
    {"real", TAKES_NUMBER},
    {"double precision", TAKES_NUMBER},
    {"date", TAKES_MOMENT},
    {"timestamp without time zone", TAKES_MOMENT},
    {"timestamp with time zone", TAKES_MOMENT},
    {"jsonb", TAKES_JSON},
    {"json", TAKES_JSON},
    {"inet", TAKES_INET},
    {"cidr", TAKES_INET},
    {"uuid", TAKES_UUID},
};

unsigned transform_family(const struct catalog_column *column)
{
    const char *type = column->base_type, *dot = strrchr(type, '.');
    for (size_t i = 0; i < ARRAY_LENGTH(families); i++)
        if (text_equal(families[i].type, type) ||
            (dot && text_equal(families[i].type, "citext") && text_equal(dot + 1, "citext")))
            return families[i].family;
    return TAKES_OTHER;
}

const char *transform_takes_text(struct arena *arena, unsigned takes)
{
    static const char *const words[] = {"text",  "a number",     "a date or time",
                                        "jsonb", "inet or cidr", "uuid"};
    struct text text _cleanup_text_ = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (takes & 1U << i)
            text_printf(&text, "%s%s", text.length ? " or " : "", words[i]);
    return arena_strdup(arena, text_string(&text));
}

const char *transform_example(const struct transform *transform,
                              const struct catalog_column *column)
{
    static const struct {
        unsigned family;
        const char *example;
    } examples[] = {
        {TAKES_TEXT, "Jane Roe"},
        {TAKES_NUMBER, "47"},
        {TAKES_MOMENT, "2026-03-14 15:09:26"},
        {TAKES_JSON, "{\"name\": \"Jane Roe\", \"plan\": \"basic\"}"},
        {TAKES_INET, "203.0.113.77"},
        {TAKES_UUID, "3f2a1c5e-8b7d-4e6f-9a0b-1c2d3e4f5a6b"},
    };
    if (transform->as->example)
        return transform->as->example;
    for (size_t i = 0; i < ARRAY_LENGTH(examples); i++)
        if (examples[i].family == transform_family(column))
            return examples[i].example;
    return NULL;
}

/* ---- the manual ---- */

void transform_print_man(FILE *out)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < transformation_count; i++) {
        const struct transformation *t = &transformations[i];
        fprintf(out, ".It Ic %s\n", t->name);
        mdoc_print_text(out, t->help);
        struct text text _cleanup_text_ = {0};
        text_printf(&text, "Class: %s. ", class_names[t->class]);
        if (t->takes == TAKES_ANY)
            text_add(&text, "For columns of any type.");
        else
            text_printf(&text, "For columns of type %s.", transform_takes_text(arena, t->takes));
        if (t->parameters[1]) {
            text_add(&text, " Parameters:");
            char *copy = arena_strdup(arena, t->parameters), *rest = copy, *word;
            while ((word = strtok_r(rest, " ", &rest)))
                text_printf(&text, " %s%.*s%s",
                            strcmp(text.data + text.length - 1, ":") == 0 ? "" : "",
                            (int)strcspn(word, "!"), word, strchr(word, '!') ? " (required)" : "");
            text_add(&text, ".");
        }
        mdoc_print_text(out, text.data);
    }
    fputs(".El\n", out);
}
