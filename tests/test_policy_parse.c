/* The policy parser: what a good file says ends up in the model. */
#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "expect.h"
#include "harness/db.h"
#include "policy/change.h"
#include "policy/parse.h"

static struct diags diags;
static struct policy_set *set;

static void load(const char *text)
{
    set = policy_load_text("test.cfg", text, &diags);
}

static void teardown(void)
{
    policy_set_free(set);
    set = NULL;
    diags_free(&diags);
}

START_TEST(a_normal_file_is_read)
{
    load(
        "calls: {\n"
        "  title = \"Calls\"; role = \"processor\"; mode = \"enforce\"; timezone = "
        "\"Europe/Paris\";\n"
        "  data: {\n"
        "    table = \"ctm.call\"; start = \"started_at\"; tenant = \"account_id\";\n"
        "    only = ( { column = \"kind\"; in = [ \"call\", \"voicemail\" ]; } );\n"
        "    with = ( { table = \"ctm.call_event\"; by = \"call_id\"; } );\n"
        "  };\n"
        "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
        "};\n"
        "ungoverned = ( { table = \"ctm.\\\"Weird \\\"\\\"Table\\\"\"; because = \"none\"; } );\n");
    ck_assert_uint_eq(diags.count, 0);
    ck_assert_uint_eq(set->category_count, 1);
    const struct category *c = policy_find(set, "calls");
    ck_assert_ptr_nonnull(c);
    ck_assert_int_eq(c->at.line, 1);
    ck_assert_int_eq(c->role, ROLE_PROCESSOR);
    ck_assert_int_eq(c->mode, MODE_ENFORCE);
    ck_assert_str_eq(c->timezone, "Europe/Paris");
    ck_assert_str_eq(c->table.schema, "ctm");
    ck_assert_str_eq(c->table.name, "call");
    ck_assert(!c->key_given);
    ck_assert_uint_eq(c->start.ref_count, 1);
    ck_assert_str_eq(c->start.refs[0].column, "started_at");
    ck_assert_str_eq(c->start.not_before, "1970-01-02");
    ck_assert(c->has_tenant);
    ck_assert_uint_eq(c->only.all_count, 1);
    ck_assert_int_eq(c->only.all[0].op, OP_IN);
    ck_assert_uint_eq(c->only.all[0].value_count, 2);
    ck_assert_str_eq(c->only.all[0].values[1].text, "voicemail");
    ck_assert_uint_eq(c->with_count, 1);
    ck_assert_str_eq(c->with[0].by.items[0], "call_id");
    ck_assert_uint_eq(c->stage_count, 1);
    ck_assert_str_eq(c->stages[0].name, "delete");
    ck_assert_str_eq(c->stages[0].after.text, "1 year 1 mon");
    ck_assert_int_eq(c->stages[0].after.months, 13);
    ck_assert_int_eq(c->brake.rows, 1000000);
    ck_assert_uint_eq(strlen(c->sha256), 64);
    ck_assert_str_eq(set->ungoverned[0].table.name, "Weird \"Table");
}
END_TEST

/* The file's normalised text is golden: it must not change, or every approval is void. */
START_TEST(every_feature_is_read_and_printed)
{
    char *text _cleanup_free_ = file_read(source_path("tests/policies-good/every-feature.cfg"));
    char *golden _cleanup_free_ =
        file_read(source_path("tests/policies-good/every-feature.normal"));
    struct text normal _cleanup_text_ = {0};
    load(text);
    ck_assert_uint_eq(diags.errors, 0);
    ck_assert_uint_eq(set->category_count, 5);
    for (size_t i = 0; i < set->category_count; i++)
        text_add(&normal, set->categories[i].normal_text);
    ck_assert_str_eq(normal.data, golden);
}
END_TEST

/* parse(print(x)) == x, and the text alone means what it meant among the others. */
START_TEST(the_normalised_text_reads_back_as_the_same)
{
    char *text _cleanup_free_ = file_read(source_path("tests/policies-good/every-feature.cfg"));
    struct arena *arena _cleanup_arena_ = arena_new();
    load(text);
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *c = &set->categories[i];
        struct diags none = {0};
        struct policy_set *again = policy_load_text("again.cfg", c->normal_text, &none);
        ck_assert_uint_eq(again->category_count, 1);
        ck_assert_str_eq(again->categories[0].normal_text, c->normal_text);
        ck_assert_str_eq(again->categories[0].sha256, c->sha256);
        ck_assert(!policy_compare(arena, c, &again->categories[0]).changed);
        policy_set_free(again);
        diags_free(&none);
    }
}
END_TEST

START_TEST(what_is_read_ends_up_in_the_model)
{
    char *text _cleanup_free_ = file_read(source_path("tests/policies-good/every-feature.cfg"));
    load(text);
    const struct category *c = policy_find(set, "recordings");
    ck_assert_str_eq(c->title,
                     "Audio of calls \"and\" voicemails\nsecond line\ttab \\ caf\xc3\xa9");
    ck_assert(c->key_given);
    ck_assert_str_eq(c->key.items[1], "Odd \"column\"");
    ck_assert_int_eq(c->start.form, START_LATEST);
    ck_assert(c->start.ignore_nulls);
    ck_assert_int_eq(c->start.round_up, ROUND_QUARTER);
    ck_assert_str_eq(c->start.not_before, "2010-01-01 12:30:00+02:00");
    ck_assert_uint_eq(c->start.ref_count, 4);
    ck_assert_int_eq(c->start.refs[1].unit, UNIT_EPOCH_MS);
    ck_assert_str_eq(c->start.refs[1].path.items[1], "ended");
    ck_assert_int_eq(c->start.refs[2].kind, REF_PARENT);
    ck_assert_str_eq(c->start.refs[2].table.name, "account");
    ck_assert_int_eq(c->start.refs[3].kind, REF_CHILD);
    ck_assert_int_eq(c->start.refs[3].pick, PICK_EARLIEST);
    ck_assert_str_eq(c->start.refs[3].none->column, "recorded_at");
    ck_assert_uint_eq(c->subject_count, 3);
    ck_assert_str_eq(c->subjects[0].as, "e164");
    ck_assert_int_eq(c->subjects[1].pick, PICK_EACH);
    ck_assert_ptr_null(c->subjects[2].subject_kind);
    ck_assert_uint_eq(c->only.all_count, 11);
    ck_assert_int_eq(c->only.all[1].op, OP_LT); /* by the order of operators */
    ck_assert_str_eq(c->only.all[1].values[0].text, "3000000000");
    ck_assert_int_eq(c->only.all[2].on_null, ON_NULL_MATCH);
    ck_assert_int_eq(c->only.all[3].values[0].type, LITERAL_FLOAT);
    ck_assert_int_eq(c->only.all[6].values[0].type, LITERAL_BOOLEAN);
    ck_assert(c->only.all[7].is_null);
    ck_assert(!c->only.all[8].is_null);
    ck_assert_int_eq(c->only.all[9].period.months, 1);
    ck_assert_uint_eq(c->only.any_count, 2);
    ck_assert_str_eq(c->with[0].with[0].table.name, "Weird \"Table\"");
    ck_assert_uint_eq(c->wait_for.count, 2);
    ck_assert_int_eq(c->floors[1].period.microseconds, 16200500000);
    ck_assert_str_eq(c->floors[1].start.refs[0].column, "billed_at");
    ck_assert_int_eq(c->cap->start.round_up, ROUND_YEAR);
    ck_assert(c->keep_while[0].has_child);
    ck_assert(!c->keep_while[1].has_child);
    ck_assert_str_eq(c->stages[0].start.refs[0].column, "ended_at");
    ck_assert_str_eq(c->agreements[1].tenant, "4712");
    ck_assert_str_eq(c->accept_triggers[0].name, "audit:row");
    ck_assert_int_eq(c->window.from_minute, 22 * 60);
    ck_assert_int_eq(c->window.to_minute, 24 * 60);
    ck_assert_int_eq(c->pace_rows_per_second, 50000);
    ck_assert_int_eq(c->brake.rows, 5000000000);
    ck_assert_double_eq(c->brake.tenant_fraction, 1);
    ck_assert_int_eq(c->brake.min_rows, 0);
    c = policy_find(set, "archive");
    ck_assert(c->key_given);
    ck_assert_uint_eq(c->key.count, 0);
    ck_assert_int_eq(c->evidence, EVIDENCE_COUNTS);
    ck_assert_int_eq(c->agreement_table.unit, UNIT_DAYS);
    ck_assert_int_eq(c->agreement_table.settle.months, 1);
    ck_assert(policy_find(set, "archive_rest")->only.rest);
    ck_assert_int_eq(policy_find(set, "payments")->mode, MODE_DECLARED);
    ck_assert_str_eq(set->ungoverned[1].table.name, "*");
}
END_TEST

START_TEST(conditions_that_skip_nulls_unsaid_are_warned_of)
{
    load("a: { data: { table = \"x.t\"; start = \"s\"; only = ( { column = \"k\"; ne = 1; } ); };\n"
         "  stages = ( { after = \"1 day\"; do = \"delete\"; } ); };\n");
    expect_diags(&diags, "1: warning: \"ne\" skips rows without a value\n"
                         "    hint: Say which is meant: nulls = \"match\" or nulls = \"skip\".\n");
    ck_assert_uint_eq(diags.errors, 0);
}
END_TEST

Suite *suite_policy_parse(void)
{
    Suite *suite = suite_create("policy_parse");
    TCase *good = tcase_create("good");
    tcase_add_checked_fixture(good, NULL, teardown);
    tcase_add_test(good, a_normal_file_is_read);
    tcase_add_test(good, every_feature_is_read_and_printed);
    tcase_add_test(good, the_normalised_text_reads_back_as_the_same);
    tcase_add_test(good, what_is_read_ends_up_in_the_model);
    tcase_add_test(good, conditions_that_skip_nulls_unsaid_are_warned_of);
    suite_add_tcase(suite, good);
    return suite;
}
