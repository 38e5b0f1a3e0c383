/* What a later stage made of a column, must an earlier one leave it? A run takes the last stage
 * first, and a record that comes late passes that before the earlier ones. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/transform.h"

static bool has_all(const struct string_list *list, const struct string_list *of)
{
    for (size_t i = 0; i < of->count; i++)
        if (!string_list_has(list, of->items[i]))
            return false;
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || text_equal(a, b);
}

/* Is the path the same, or below the other? */
static bool is_below(const char *path, const char *other)
{
    size_t n = strlen(other);
    return strncmp(path, other, n) == 0 && (path[n] == '\0' || path[n] == '.');
}

static int place_in(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (text_equal(words[i], word))
            return i;
    return -1;
}

static bool leaves_number(const char *const *from_coarse, const char *earlier, const char *later)
{
    int e = place_in(from_coarse, earlier), l = place_in(from_coarse, later);
    return e >= 0 && l >= 0 && l <= e;
}

static bool phone(const struct transform *e, const struct transform *l)
{
    static const char *const from_coarse[] = {"country", "npa", "npanxx", NULL};
    return leaves_number(from_coarse, e->keep, l->keep);
}

/* A month may begin within a week. */
static bool moment(const struct transform *e, const struct transform *l)
{
    static const char *const from_coarse[] = {"year", "quarter", "month", "day", "hour", NULL};
    if (text_equal(e->unit, "week") || text_equal(l->unit, "week"))
        return text_equal(e->unit, l->unit) || text_equal(e->unit, "day") ||
               text_equal(e->unit, "hour");
    return leaves_number(from_coarse, e->unit, l->unit);
}

/* As a whole number of the last of nine decimals; 0: it has more, or is too large. */
static long long fixed(const char *number)
{
    static const char zeros[] = "000000000";
    const char *point = strchr(number, '.');
    size_t whole = point ? (size_t)(point - number) : strlen(number);
    size_t decimals = point ? strlen(point + 1) : 0;
    char digits[32] = "";
    if (whole > 9 || decimals > 9 || strspn(number, "0123456789.") != strlen(number))
        return 0;
    memcpy(digits, number, whole);
    if (point)
        memcpy(digits + whole, point + 1, decimals);
    memcpy(digits + whole + decimals, zeros, 9 - decimals);
    return strtoll(digits, NULL, 10);
}

static bool has_bound(const struct transform *t, const char *bound)
{
    for (size_t i = 0; i < t->bound_count; i++)
        if (text_equal(t->bounds[i].text, bound))
            return true;
    return false;
}

static bool bucket(const struct transform *e, const struct transform *l)
{
    if (e->width.text && l->width.text) {
        long long small = fixed(e->width.text), large = fixed(l->width.text);
        return text_equal(e->width.text, l->width.text) ||
               (small > 0 && large > 0 && large % small == 0);
    }
    for (size_t i = 0; i < l->bound_count; i++)
        if (!has_bound(e, l->bounds[i].text))
            return false;
    return !e->width.text && !l->width.text;
}

static bool limit(const struct literal *earlier, const struct literal *later, int sign)
{
    return !earlier->text ||
           (later->text && sign * strtod(later->text, NULL) >= sign * strtod(earlier->text, NULL));
}

static bool top_code(const struct transform *e, const struct transform *l)
{
    return limit(&e->min, &l->min, 1) && limit(&e->max, &l->max, -1);
}

static bool zip(const struct transform *e, const struct transform *l)
{
    return l->length < e->length || (l->length == e->length && has_all(&l->small, &e->small));
}

static bool address(const struct transform *e, const struct transform *l)
{
    return l->v4 <= e->v4 && l->v6 <= e->v6;
}

static bool email(const struct transform *e, const struct transform *l)
{
    return has_all(&e->allow, &l->allow);
}

static bool mask(const struct transform *e, const struct transform *l)
{
    return e->first == l->first && e->last == l->last && e->length == l->length &&
           same_text(e->fill, l->fill);
}

static bool constant(const struct transform *e, const struct transform *l)
{
    return same_text(e->value.text, l->value.text);
}

static bool keep(const struct transform *e, const struct transform *l)
{
    for (size_t i = 0; i < l->paths.count; i++) {
        bool kept = false;
        for (size_t k = 0; k < e->paths.count; k++)
            kept |= is_below(l->paths.items[i], e->paths.items[k]);
        if (!kept)
            return false;
    }
    return true;
}

static bool drop(const struct transform *e, const struct transform *l)
{
    return has_all(&l->paths, &e->paths);
}

/* Nothing of what is kept is dropped. */
static bool drop_of_kept(const struct transform *e, const struct transform *l)
{
    for (size_t i = 0; i < l->paths.count; i++)
        for (size_t k = 0; k < e->paths.count; k++)
            if (is_below(l->paths.items[i], e->paths.items[k]) ||
                is_below(e->paths.items[k], l->paths.items[i]))
                return false;
    return true;
}

static bool any(const struct transform *e, const struct transform *l)
{
    (void)e, (void)l;
    return true;
}

bool transform_leaves(const struct transform *earlier, const struct transform *later)
{
    static const struct {
        const char *earlier, *later;
        bool (*leaves)(const struct transform *e, const struct transform *l);
    } rows[] = {
        {"constant", "constant", constant},
        {"json_keep", "json_keep", keep},
        {"json_drop", "json_drop", drop},
        {"json_drop", "json_keep", drop_of_kept},
        {"phone_truncate", "phone_truncate", phone},
        {"zip_prefix", "zip_prefix", zip},
        {"ip_truncate", "ip_truncate", address},
        {"date_trunc", "date_trunc", moment},
        {"bucket", "bucket", bucket},
        {"top_code", "top_code", top_code},
        {"url_strip", "url_strip", any},
        {"email_domain", "email_domain", email},
        {"mask", "mask", mask},
    };
    if (!earlier->as || !later->as || text_equal(later->as->name, "nullify"))
        return true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (text_equal(earlier->as->name, rows[i].earlier) &&
            text_equal(later->as->name, rows[i].later))
            return rows[i].leaves(earlier, later);
    return false;
}
