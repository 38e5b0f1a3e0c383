/* Which changes of a policy wait for approval. Each row edits a base text; the reasons are part of
 * what is promised, since people decide by them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/change.h"
#include "policy/parse.h"

static const char base[] =
    "calls: {\n"
    "  title = \"Calls\"; mode = \"observe\"; timezone = \"UTC\";\n"
    "  data: { table = \"ctm.call\"; key = [ \"id\" ]; start = \"started_at\";\n"
    "    subject = ( { column = \"caller\"; kind = \"phone\"; } ); tenant = \"account_id\";\n"
    "    only = ( { column = \"kind\"; in = [ \"call\", \"text\" ]; }, { column = \"n\"; ge = 10; "
    "} );\n"
    "    with = ( { table = \"ctm.event\"; by = \"call_id\"; } );\n"
    "    wait_for = [ \"invoices\" ]; };\n"
    "  keep_at_least = ( { for = \"90 days\"; because = \"law\"; } );\n"
    "  keep_at_most: { for = \"5 years\"; because = \"law\"; };\n"
    "  keep_while = ( { child = \"ctm.dispute\"; by = \"call_id\";\n"
    "    only = ( { column = \"state\"; in = [ \"open\", \"new\" ]; } ); because = \"dispute\"; } "
    ");\n"
    "  stages = ( { name = \"gone\"; after = \"13 months\"; do = \"delete\"; } );\n"
    "  agreements = ( { tenant = \"1\"; after = \"2 years\"; because = \"msa\"; },\n"
    "    { tenant = \"2\"; after = \"6 months\"; because = \"msa\"; } );\n"
    "  brake: { rows = 1000; fraction = 0.2; tenant_fraction = 0.3; min_rows = 10; };\n"
    "};\n"
    "invoices: { data: { table = \"ctm.invoice\"; start = \"at\"; };\n"
    "  stages = ( { after = \"1 day\"; do = \"delete\"; } ); };\n";

struct edit {
    const char *from, *to; /* replaced in the base text */
    bool needs_approval;
    const char *reasons; /* each with a newline */
};

static const struct edit changes[] = {
    {"\"Calls\"", "\"All calls\"", false, "title changed\n"},
    {"mode = \"observe\"", "mode = \"enforce\"", true, "mode is enforce instead of observe\n"},
    {"\"UTC\"", "\"Europe/Paris\"", true, "time zone changed\n"},
    {"ctm.call\"", "ctm.call2\"", true, "table changed\n"},
    {"[ \"id\" ]", "[ \"id\", \"day\" ]", true, "key changed\n"},
    {"key = [ \"id\" ];", "", true, "key changed\n"},
    {"started_at", "ended_at", true, "starting point changed\n"},
    {"\"started_at\"", "{ column = \"started_at\"; round_up = \"year\"; }", true,
     "starting point changed\n"},
    {"\"phone\"", "\"email\"", true, "subject changed\n"},
    {"tenant = \"account_id\"", "tenant = \"customer_id\"", true, "tenant changed\n"},
    /* scope */
    {"in = [ \"call\", \"text\" ]", "in = [ \"call\" ]", false, "scope is narrower\n"},
    {"in = [ \"call\", \"text\" ]", "in = [ \"text\", \"call\", \"fax\" ]", true,
     "scope is wider\n"},
    {"in = [ \"call\", \"text\" ]", "in = [ \"call\", \"text\" ]; nulls = \"match\"", true,
     "scope is wider\n"},
    {"in = [ \"call\", \"text\" ]", "not_in = [ \"fax\" ]", true, "scope is wider\n"},
    {"ge = 10;", "ge = 11;", false, "scope is narrower\n"},
    {"ge = 10;", "ge = 9;", true, "scope is wider\n"},
    {"ge = 10;", "gt = 10;", true, "scope may be wider\n"},
    {"ge = 10; } );", "ge = 10; }, { column = \"x\"; is_null = false; } );", false,
     "scope is narrower\n"},
    {", { column = \"n\"; ge = 10; }", "", true, "scope is wider\n"},
    {"ge = 10; } );", "ge = 10; } ); any = ( { column = \"x\"; eq = 1; } );", false,
     "scope is narrower\n"},
    {"only = ( { column = \"kind\"; in = [ \"call\", \"text\" ]; }, { column = \"n\"; ge = 10; } "
     ");",
     "", true, "scope is wider\n"},
    {"only = ( { column = \"kind\"; in = [ \"call\", \"text\" ]; }, { column = \"n\"; ge = 10; } "
     ");",
     "only = \"rest\";", true, "scope may be wider\n"},
    /* dependants and order */
    {"\"call_id\"; } );\n    wait",
     "\"call_id\"; }, { table = \"ctm.x\"; by = \"c\"; } );\n    wait", true,
     "dependant ctm.x is new\n"},
    {"with = ( { table = \"ctm.event\"; by = \"call_id\"; } );", "", false,
     "dependant ctm.event is gone\n"},
    {"by = \"call_id\"; } );\n    wait", "by = \"other_id\"; } );\n    wait", true,
     "columns of dependant ctm.event changed\n"},
    {"wait_for = [ \"invoices\" ];", "", true, "it no longer waits for category \"invoices\"\n"},
    /* floors, cap, keep_while */
    {"for = \"90 days\"", "for = \"91 days\"", false, "the floor of 91 days is new or longer\n"},
    {"for = \"90 days\"", "for = \"3 months\"", true, "the floor of 90 days is gone or shorter\n"},
    {"keep_at_least = ( { for = \"90 days\"; because = \"law\"; } );", "", true,
     "the floor of 90 days is gone or shorter\n"},
    {"for = \"90 days\"", "start = \"billed_at\"; for = \"1 year\"", true,
     "the floor of 90 days is gone or shorter\n"},
    {"for = \"90 days\"; because = \"law\"", "for = \"90 days\"; because = \"tax law\"", false,
     "reasons or the order of entries changed\n"},
    {"for = \"5 years\"", "for = \"4 years\"", true,
     "the cap is shorter: 4 years instead of 5 years\n"},
    {"for = \"5 years\"", "for = \"6 years\"", false,
     "the cap is longer: 6 years instead of 5 years\n"},
    {"keep_at_most: { for = \"5 years\"; because = \"law\"; };", "", false,
     "the cap of 5 years is gone\n"},
    {"[ \"open\", \"new\" ]", "[ \"open\" ]", true,
     "keep_while \"dispute\" is gone, or keeps less\n"},
    {"[ \"open\", \"new\" ]", "[ \"open\", \"new\", \"appeal\" ]", false,
     "keep_while \"dispute\" is new, or keeps more\n"},
    {"child = \"ctm.dispute\"", "child = \"ctm.other\"", true,
     "keep_while \"dispute\" is gone, or keeps less\n"},
    /* stages */
    {"13 months", "15 months", false,
     "period of stage \"gone\" is longer: 1 year 3 mons instead of 1 year 1 mon\n"},
    {"13 months", "1 year", true,
     "period of stage \"gone\" is shorter: 1 year instead of 1 year 1 mon\n"},
    {"13 months", "396 days", true,
     "period of stage \"gone\" may be shorter: 396 days instead of 1 year 1 mon\n"},
    {"13 months", "P1Y1M", false, NULL},
    {"name = \"gone\"; after", "name = \"away\"; after", true, "stage \"away\" is new\n"},
    {"do = \"delete\"; } );\n  agr",
     "do = \"delete\"; only = ( { column = \"x\"; eq = 1; } ); } );\n  agr", false,
     "scope of stage \"gone\" is narrower\n"},
    {"do = \"delete\"; } );\n  agr", "do = \"delete\"; start = \"x\"; } );\n  agr", true,
     "starting point of stage \"gone\" changed\n"},
    /* agreements */
    {"after = \"2 years\"", "after = \"3 years\"", false,
     "period of tenant \"1\" is longer: 3 years instead of 2 years\n"},
    {"after = \"2 years\"", "after = \"18 months\"", true,
     "period of tenant \"1\" is shorter: 1 year 6 mons instead of 2 years\n"},
    {"{ tenant = \"1\"; after = \"2 years\"; because = \"msa\"; },", "", true,
     "period of tenant \"1\" is shorter: 1 year 1 mon instead of 2 years\n"},
    {",\n    { tenant = \"2\"; after = \"6 months\"; because = \"msa\"; }", "", false,
     "period of tenant \"2\" is longer: 1 year 1 mon instead of 6 mons\n"},
    {"agreements = (", "agreements = ( { tenant = \"3\"; after = \"1 day\"; because = \"x\"; },",
     true, "period of tenant \"3\" is shorter: 1 day instead of 1 year 1 mon\n"},
    {"{ tenant = \"1\"; after", "{ tenant = \"1\"; stage = \"gone\"; after", false,
     "reasons or the order of entries changed\n"},
    /* safety */
    {"keep_at_least", "evidence = \"counts\"; keep_at_least", true,
     "evidence is of counts instead of records\n"},
    {"keep_at_least",
     "accept_triggers = [ \"t:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\" ];"
     " keep_at_least",
     true, "trigger \"t\" is newly accepted\n"},
    {"rows = 1000;", "rows = 1001;", true, "the brake is weaker: rows is 1001 instead of 1000\n"},
    {"rows = 1000;", "rows = 999;", false, "the brake is stronger: rows is 999 instead of 1000\n"},
    {"{ rows = 1000; fraction = 0.2;", "{ rows = 1000; fraction = 0.21;", true,
     "the brake is weaker: fraction is 0.21 instead of 0.2\n"},
    {"tenant_fraction = 0.3", "tenant_fraction = 0.4", true,
     "the brake is weaker: tenant_fraction is 0.4 instead of 0.3\n"},
    {"min_rows = 10", "min_rows = 11", true, "the brake is weaker: min_rows is 11 instead of 10\n"},
    {"keep_at_least", "window = \"01:00-02:00\"; keep_at_least", false, "window changed\n"},
    {"keep_at_least", "pace: { rows_per_second = 5; }; keep_at_least", false, "pace changed\n"},
    {"for = \"5 years\"; because", "start = \"x\"; for = \"5 years\"; because", true,
     "starting point of the cap changed\n"},
    {"title = ", "role = \"processor\"; title = ", false, "role changed\n"},
    /* one that needs approval and one that does not */
    {"\"Calls\"; mode = \"observe\"", "\"X\"; mode = \"enforce\"", true,
     "mode is enforce instead of observe\n"},
};

/* From the edited text back to the base. */
static const struct edit reversed_changes[] = {
    {"mode = \"observe\"", "mode = \"enforce\"", false, "mode is observe instead of enforce\n"},
    {"wait_for = [ \"invoices\" ];", "", false, "it waits for category \"invoices\"\n"},
    {"keep_at_least", "evidence = \"counts\"; keep_at_least", false,
     "evidence is of records instead of counts\n"},
    {"keep_at_least",
     "accept_triggers = [ \"t:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\" ];"
     " keep_at_least",
     false, "trigger \"t\" is no longer accepted\n"},
    {"only = ( { column = \"kind\"; in = [ \"call\", \"text\" ]; }, { column = \"n\"; ge = 10; } "
     ");",
     "", false, "scope is narrower\n"},
};

static char *edited(const char *from, const char *to)
{
    struct text text = {0};
    const char *place = strstr(base, from);
    ck_assert_msg(place, "\"%s\" is not in the base text", from);
    text_add_n(&text, base, (size_t)(place - base));
    text_add(&text, to);
    text_add(&text, place + strlen(from));
    return text_steal(&text);
}

static struct policy_set *load(const char *text)
{
    struct diags diags = {0};
    struct policy_set *set = policy_load_text("test.cfg", text, &diags);
    ck_assert_msg(diags.errors == 0, "%s", diags.errors ? diags.items[0].message : "");
    diags_free(&diags);
    return set;
}

static void expect_change(const struct category *before, const struct category *after,
                          bool needs_approval, const char *reasons, const char *what)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct policy_change change = policy_compare(arena, before, after);
    struct text text _cleanup_text_ = {0};
    for (size_t i = 0; i < change.reasons.count; i++)
        text_printf(&text, "%s\n", change.reasons.items[i]);
    ck_assert_msg(strcmp(text_string(&text), reasons ? reasons : "") == 0, "%s: %s", what,
                  text_string(&text));
    ck_assert_int_eq(change.changed, reasons != NULL);
    ck_assert_msg(change.needs_approval == needs_approval, "%s", what);
}

static void judge(const struct edit *edits, size_t count, bool reversed)
{
    struct policy_set *original = load(base);
    for (size_t i = 0; i < count; i++) {
        char *text _cleanup_free_ = edited(edits[i].from, edits[i].to);
        struct policy_set *other = load(text);
        const struct category *x = policy_find(original, "calls"), *y = policy_find(other, "calls");
        expect_change(reversed ? y : x, reversed ? x : y, edits[i].needs_approval, edits[i].reasons,
                      edits[i].to);
        policy_set_free(other);
    }
    policy_set_free(original);
}

START_TEST(changes_are_judged)
{
    judge(changes, ARRAY_LENGTH(changes), false);
    judge(reversed_changes, ARRAY_LENGTH(reversed_changes), true);
}
END_TEST

/* Dropping is approved, also by a text that was printed; to leave off is not. */
START_TEST(empty_partitions)
{
    static const char text[] = "calls: { strategy = \"partition\"; %s data: { table = "
                               "\"ctm.call\"; start = \"at\"; }; stages "
                               "= ( { after = \"1 month\"; do = \"delete\"; } ); };";
    struct text kept = {0}, dropped = {0};
    text_printf(&kept, text, "");
    text_printf(&dropped, text, "drop_empty = true;");
    struct policy_set *sets[] = {load(text_string(&kept)), load(text_string(&dropped)), NULL};
    sets[2] = load(sets[1]->categories[0].normal_text);
    const struct category *stay = &sets[0]->categories[0], *go = &sets[2]->categories[0];
    expect_change(stay, go, true, "empty partitions are dropped\n", "drop_empty");
    expect_change(go, stay, false, "empty partitions are not dropped any more\n", "none");
    expect_change(&sets[1]->categories[0], go, false, NULL, "the same");
    for (size_t i = 0; i < ARRAY_LENGTH(sets); i++)
        policy_set_free(sets[i]);
    text_free(&kept);
    text_free(&dropped);
}
END_TEST

#define COUNTED(name_, then_)                                                                      \
    "calls: { data: { table = \"ctm.call\"; start = \"at\"; subject = ( { column = \"caller\"; "   \
    "kind = \"phone\"; } ); };\n stages = ( { name = \"" name_                                     \
    "\"; after = \"1 month\"; do = \"aggregate\"; "                                                \
    "into = \"ctm.month\"; by = ( { column = \"at\"; as = \"date_trunc\"; to = \"month\"; } );\n"  \
    "  measures = ( { count = \"calls\"; } ); " then_ " } ); };\n"
#define KEPT(mark_)                                                                                \
    "then = \"deidentify\"; mark = \"" mark_                                                       \
    "\"; columns = ( { name = \"x\"; as = \"nullify\"; } );"
#define AGAIN(stage_)                                                                              \
    "stage \"" stage_                                                                              \
    "\" counts again the records that stage \"month\" has counted and marked in "                  \
    "\"m1\": what both publish, taken from each other, can tell of fewer than k persons\n"

/* What stays when it was counted is known by the mark alone. */
START_TEST(what_is_counted_again_is_told)
{
    static const struct {
        const char *text, *reasons; /* after COUNTED("month", KEPT("m1")) */
    } rows[] = {
        {COUNTED("month", KEPT("m2")),
         AGAIN("month") "what stage \"month\" does to columns changed\n"},
        {COUNTED("other", KEPT("m2")), AGAIN("other") "stage \"other\" is new\n"},
        {COUNTED("month", "then = \"delete\";"),
         AGAIN("month") "what stage \"month\" does to columns changed\n"
                        "what stage \"month\" aggregates changed\n"},
        {COUNTED("other", KEPT("m1")), "stage \"other\" is new\n"},
    };
    struct policy_set *before = load(COUNTED("month", KEPT("m1")));
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct policy_set *after = load(rows[i].text);
        expect_change(policy_find(before, "calls"), policy_find(after, "calls"), true,
                      rows[i].reasons, rows[i].text);
        policy_set_free(after);
    }
    policy_set_free(before);
}
END_TEST

START_TEST(a_new_category_needs_approval)
{
    struct policy_set *set = load(base);
    expect_change(NULL, policy_find(set, "calls"), true, "the category is new\n", "new");
    expect_change(
        policy_find(set, "invoices"), policy_find(set, "calls"), true,
        "name changed\ntable changed\nkey changed\nstarting point changed\n"
        "subject changed\ntenant changed\ndependant ctm.event is new\nthe cap of 5 years is new\n"
        "stage \"gone\" is new\n",
        "name");
    policy_set_free(set);
}
END_TEST

/* a takes only = "rest": whatever the others of its table give up falls to it. Their change is
 * harmless by itself, so it has to be a change of the rest. */
START_TEST(the_rest_grows_when_others_shrink)
{
    static const char format[] =
        "a: { data: { table = \"x.t\"; start = \"s\"; only = \"rest\"; };\n"
        "  stages = ( { after = \"1 day\"; do = \"delete\"; } ); };\n"
        "b: { data: { table = \"x.t\"; start = \"s\"; only = ( { column = \"k\"; in = [ %s ]; } ); "
        "};\n"
        "  stages = ( { after = \"%s\"; do = \"delete\"; } ); };\n";
    struct arena *arena _cleanup_arena_ = arena_new();
    struct policy_set *before = load(arena_printf(arena, format, "\"p\", \"q\"", "1 year"));
    struct policy_set *longer = load(arena_printf(arena, format, "\"p\", \"q\"", "2 years"));
    struct policy_set *narrower = load(arena_printf(arena, format, "\"p\"", "1 year"));
    expect_change(policy_find(before, "b"), policy_find(narrower, "b"), false,
                  "scope is narrower\n", "b");
    expect_change(policy_find(before, "a"), policy_find(narrower, "a"), true,
                  "it takes the rest of its table, and the scope of another category changed\n",
                  "a");
    expect_change(policy_find(before, "a"), policy_find(longer, "a"), false, NULL, "a");
    /* the approved text alone says it too */
    struct policy_set *alone = load(policy_find(before, "a")->normal_text);
    expect_change(policy_find(alone, "a"), policy_find(before, "a"), false, NULL, "alone");
    expect_change(policy_find(alone, "a"), policy_find(narrower, "a"), true,
                  "it takes the rest of its table, and the scope of another category changed\n",
                  "alone");
    policy_set_free(alone);
    policy_set_free(before);
    policy_set_free(longer);
    policy_set_free(narrower);
}
END_TEST

/* Which rows those are that another category takes depends on its time zone, where it asks for ages
 * or days, and on its key, where it asks its children. Where it does not, neither is looked at:
 * what the rest was approved with stays the same. */
START_TEST(the_rest_knows_how_others_read)
{
    static const char format[] =
        "a: { data: { table = \"x.t\"; start = \"s\"; only = \"rest\"; };\n"
        "  stages = ( { after = \"1 day\"; do = \"delete\"; } ); };\n"
        "b: { timezone = \"%s\"; data: { table = \"x.t\"; start = \"s\"; %s only = ( { %s } ); };\n"
        "  stages = ( { after = \"1 year\"; do = \"delete\"; } ); };\n";
    static const struct {
        const char *zone, *key, *only;
        bool reads_zone, reads_key;
    } cases[] = {
        {"UTC", "", "column = \"k\"; eq = \"p\";", false, false},
        {"UTC", "", "column = \"s\"; older_than = \"1 year\";", true, false},
        {"UTC", "", "column = \"s\"; lt = \"2025-01-01\";", true, false},
        {"Asia/Tokyo", "", "column = \"s\"; younger_than = \"1 year\";", true, false},
        {"UTC", "key = [ \"k\" ];", "child = \"x.c\"; by = \"t\"; latest = \"n\"; eq = 1;", false,
         true},
    };
    struct arena *arena _cleanup_arena_ = arena_new();
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct policy_set *before =
            load(arena_printf(arena, format, cases[i].zone, cases[i].key, cases[i].only));
        struct policy_set *zone =
            load(arena_printf(arena, format, "Europe/Berlin", cases[i].key, cases[i].only));
        struct policy_set *key =
            load(arena_printf(arena, format, cases[i].zone, "key = [ \"o\" ];", cases[i].only));
        static const char told[] =
            "it takes the rest of its table, and the scope of another category changed\n";
        expect_change(policy_find(before, "a"), policy_find(zone, "a"), cases[i].reads_zone,
                      cases[i].reads_zone ? told : NULL, cases[i].only);
        expect_change(policy_find(before, "a"), policy_find(key, "a"), cases[i].reads_key,
                      cases[i].reads_key ? told : NULL, cases[i].only);
        policy_set_free(before);
        policy_set_free(zone);
        policy_set_free(key);
    }
}
END_TEST

START_TEST(a_table_of_agreements_is_compared)
{
    static const char format[] = "c: { data: { table = \"x.t\"; start = \"s\"; tenant = \"t\"; };\n"
                                 "  stages = ( { after = \"1 day\"; do = \"delete\"; } );\n"
                                 "  agreements: { table = \"x.a\"; tenant = \"t\"; period = "
                                 "\"%s\"; min = \"%s\"; max = \"%s\";\n"
                                 "    settle = \"%s\"; }; };\n";
    static const struct {
        const char *period, *min, *max, *settle;
        bool needs_approval;
        const char *reasons;
    } rows[] = {
        {"p", "30 days", "1 year", "14 days", false, NULL},
        {"q", "30 days", "1 year", "14 days", true,
         "the table of agreements is another, or read in another way\n"},
        {"p", "29 days", "1 year", "14 days", true,
         "least period of agreements is shorter: 29 days instead of 30 days\n"},
        {"p", "31 days", "1 year", "14 days", false,
         "least period of agreements is longer: 31 days instead of 30 days\n"},
        {"p", "30 days", "11 months", "14 days", true,
         "greatest period of agreements is shorter: 11 mons instead of 1 year\n"},
        {"p", "30 days", "1 year", "13 days", true,
         "time in which a shorter agreement settles is shorter: 13 days instead of 14 days\n"},
    };
    struct arena *arena _cleanup_arena_ = arena_new();
    struct policy_set *before =
        load(arena_printf(arena, format, "p", "30 days", "1 year", "14 days"));
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct policy_set *after = load(
            arena_printf(arena, format, rows[i].period, rows[i].min, rows[i].max, rows[i].settle));
        expect_change(policy_find(before, "c"), policy_find(after, "c"), rows[i].needs_approval,
                      rows[i].reasons, rows[i].settle);
        policy_set_free(after);
    }
    struct policy_set *none =
        load("c: { data: { table = \"x.t\"; start = \"s\"; tenant = \"t\"; };\n"
             "  stages = ( { after = \"1 day\"; do = \"delete\"; } ); };\n");
    expect_change(policy_find(before, "c"), policy_find(none, "c"), true,
                  "the table of agreements is gone\n", "gone");
    expect_change(policy_find(none, "c"), policy_find(before, "c"), true,
                  "the table of agreements is new\n", "new");
    policy_set_free(none);
    policy_set_free(before);
}
END_TEST

static void expect_text_change(const char *before, const struct category *after,
                               bool needs_approval, const char *reason)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct policy_change change = policy_compare_text(arena, before, after);
    ck_assert_int_eq(change.needs_approval, needs_approval);
    ck_assert_int_eq(change.changed, reason != NULL);
    ck_assert_uint_eq(change.reasons.count, reason ? 1 : 0);
    if (reason)
        ck_assert_str_eq(change.reasons.items[0], reason);
}

START_TEST(approved_texts_are_compared)
{
    char *longer _cleanup_free_ = edited("13 months", "15 months");
    struct policy_set *before = load(base), *after = load(longer);
    const struct category *b = policy_find(before, "calls"), *a = policy_find(after, "calls");
    struct arena *arena _cleanup_arena_ = arena_new();
    expect_text_change(NULL, a, true, "the category is new");
    expect_text_change(b->normal_text, b, false, NULL);
    expect_text_change(b->normal_text, a, false,
                       "period of stage \"gone\" is longer: 1 year 3 mons instead of 1 year 1 mon");
    /* half understood: a later version's key, other spelling, broken, two categories, nothing */
    static const char strange[] = "the approved text is not one that this version would write";
    expect_text_change(arena_printf(arena, "%s ", b->normal_text), a, true, strange);
    expect_text_change(base, a, true, strange);
    expect_text_change("calls: { later = 1; };\n", a, true, strange);
    expect_text_change("calls: {", a, true, strange);
    expect_text_change("", a, true, strange);
    policy_set_free(before);
    policy_set_free(after);
}
END_TEST

Suite *suite_policy_change(void)
{
    Suite *suite = suite_create("policy_change");
    TCase *tests = tcase_create("change");
    tcase_add_test(tests, changes_are_judged);
    tcase_add_test(tests, empty_partitions);
    tcase_add_test(tests, what_is_counted_again_is_told);
    tcase_add_test(tests, a_new_category_needs_approval);
    tcase_add_test(tests, the_rest_grows_when_others_shrink);
    tcase_add_test(tests, the_rest_knows_how_others_read);
    tcase_add_test(tests, a_table_of_agreements_is_compared);
    tcase_add_test(tests, approved_texts_are_compared);
    suite_add_tcase(suite, tests);
    return suite;
}
