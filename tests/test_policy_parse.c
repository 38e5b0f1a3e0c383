/* The policy parser: what a good file says ends up in the model. */
#include <check.h>
#include <string.h>

#include "base/diag.h"
#include "policy/parse.h"

static struct diags diags;
static struct policy_set *set;

static void load(const char *text)
{
    set = policy_load_text("test.cfg", text, &diags);
    diags_print(&diags);
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

Suite *suite_policy_parse(void)
{
    Suite *suite = suite_create("policy_parse");
    TCase *good = tcase_create("good");
    tcase_add_checked_fixture(good, NULL, teardown);
    tcase_add_test(good, a_normal_file_is_read);
    suite_add_tcase(suite, good);
    return suite;
}
