/* sql/catalog/facts.sql against a real server, and worker/pg/catalog.c over its document. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "pg/catalog.h"

static char *database;
static PGconn *conn;

static void setup(void)
{
    database = db_new(cluster_shared(), NULL);
    conn = db_connect(cluster_shared(), database, NULL);
}

static void teardown(void)
{
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
}

static struct catalog *read_facts(PGconn *as, const char *role)
{
    const char *values[] = {role, "t"};
    PGresult *result =
        PQexecParams(as, sql_file("catalog/facts.sql"), 2, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(as));
    ck_assert_int_eq(PQntuples(result), 1);
    struct error error _cleanup_error_ = {0};
    struct catalog *catalog = catalog_parse(PQgetvalue(result, 0, 0), &error);
    ck_assert_msg(catalog != NULL, "%s", error.primary);
    PQclear(result);
    return catalog;
}

START_TEST(test_columns_and_types)
{
    db_script(
        conn,
        "create schema a;"
        "create type a.mood as enum ('sad', 'ok', 'very happy');"
        "create domain a.day as date; create domain a.weekday as a.day not null;"
        "create domain a.moody as a.mood;"
        "create collation a.loose (provider = icu, locale = 'und', deterministic = false);"
        "create table a.t (id bigint generated always as identity primary key,"
        "  gone int, m a.mood, n a.moody, w a.weekday, l text collate a.loose,"
        "  s varchar(20) not null default 'x', twice bigint generated always as (5 * 2) stored,"
        "  at timestamptz(3), j jsonb);"
        "alter table a.t drop column gone");
    struct catalog *catalog = read_facts(conn, NULL);
    const struct catalog_table *table = catalog_find(catalog, "a", "t");
    ck_assert_ptr_nonnull(table);
    ck_assert_ptr_eq(catalog_by_oid(catalog, table->oid), table);
    ck_assert_ptr_null(catalog_find(catalog, "a", "tt"));
    ck_assert_ptr_null(catalog_find(catalog, "pg_catalog", "pg_class"));
    ck_assert_int_eq(table->kind, 'r');
    ck_assert_uint_eq(table->column_count, 9);
    const struct catalog_column *id = catalog_column(table, "id");
    ck_assert(id->identity && id->not_null && !id->generated && !id->has_default);
    ck_assert_str_eq(id->type, "bigint");
    const struct catalog_column *m = catalog_column(table, "m");
    ck_assert_int_eq(m->attnum, 3);
    ck_assert_int_eq(m->type_kind, 'e');
    ck_assert_str_eq(m->type, "a.mood");
    ck_assert_uint_eq(m->enum_label_count, 3);
    ck_assert_str_eq(m->enum_labels[2], "very happy");
    const struct catalog_column *n = catalog_column(table, "n");
    ck_assert_int_eq(n->type_kind, 'd');
    ck_assert_str_eq(n->base_type, "a.mood");
    ck_assert_uint_eq(n->enum_label_count, 3);
    const struct catalog_column *w = catalog_column(table, "w");
    ck_assert_str_eq(w->type, "a.weekday");
    ck_assert_str_eq(w->type_schema, "a");
    ck_assert_str_eq(w->base_type, "date");
    ck_assert(!catalog_column(table, "l")->deterministic_collation);
    const struct catalog_column *s = catalog_column(table, "s");
    ck_assert(s->deterministic_collation && s->not_null && s->has_default);
    ck_assert_str_eq(s->type, "character varying");
    ck_assert(catalog_column(table, "twice")->generated);
    ck_assert(!catalog_column(table, "twice")->has_default);
    ck_assert_str_eq(catalog_column(table, "at")->type, "timestamp with time zone");
    ck_assert_ptr_null(catalog_column(table, "gone"));
    ck_assert_int_eq(catalog->server_version / 10000, PQserverVersion(conn) / 10000);
    ck_assert_str_eq(catalog->encoding, "UTF8");
    ck_assert_str_eq(catalog->database, database);
    ck_assert(!catalog->in_recovery);
    ck_assert_int_ge(catalog->timeline, 1);
    ck_assert_uint_ge(strlen(catalog->system_identifier), 15);
    ck_assert(catalog_has_timezone(catalog, "America/New_York"));
    ck_assert(catalog_has_timezone(catalog, "UTC"));
    ck_assert(!catalog_has_timezone(catalog, "America/New_Yorck"));
    ck_assert_int_eq(catalog->schema_version, 0);
    catalog_free(catalog);
}
END_TEST

START_TEST(test_constraints_and_indexes)
{
    db_script(
        conn,
        "create schema a; create schema \"B b\";"
        "create function a.fine(text) returns boolean language sql immutable as 'select true';"
        "create table a.p (x int, y int, name text check (a.fine(name)), z int check (z > 0),"
        "  primary key (y, x));"
        "create table \"B b\".c (id int, px int, py int,"
        "  constraint fk foreign key (py, px) references a.p on delete cascade"
        "  deferrable initially deferred, up text generated always as (upper(id::text)) stored);"
        "create unique index one on a.p (name) include (z);"
        "create unique index part on a.p (z) where x > 3;"
        "create index expr on a.p (z, lower(name));"
        "create index users on a.p (a.fine(name));"
        "alter table a.p add constraint u unique (z) deferrable;");
    struct catalog *catalog = read_facts(conn, NULL);
    const struct catalog_table *p = catalog_find(catalog, "a", "p");
    const struct catalog_table *c = catalog_find(catalog, "B b", "c");
    const struct catalog_index *key = catalog_primary_key(p);
    ck_assert_uint_eq(key->column_count, 2);
    ck_assert_str_eq(key->columns[0], "y");
    ck_assert_str_eq(key->columns[1], "x");
    ck_assert(key->unique && key->valid && key->immediate && !key->partial && !key->expression);
    ck_assert_str_eq(key->method, "btree");
    ck_assert_ptr_null(catalog_primary_key(c));
    size_t seen = 0;
    for (size_t i = 0; i < p->index_count; i++) {
        const struct catalog_index *index = &p->indexes[i];
        if (strcmp(index->name, "one") == 0) {
            ck_assert_uint_eq(index->column_count, 1);
            ck_assert_str_eq(index->columns[0], "name");
            seen++;
        } else if (strcmp(index->name, "part") == 0) {
            ck_assert(index->partial && index->unique);
            seen++;
        } else if (strcmp(index->name, "expr") == 0) {
            ck_assert(index->expression);
            ck_assert_str_eq(index->columns[1], "");
            ck_assert_uint_eq(index->function_count, 0);
            seen++;
        } else if (strcmp(index->name, "users") == 0) {
            ck_assert_uint_eq(index->function_count, 1);
            ck_assert_str_eq(index->functions[0], "a.fine");
            seen++;
        } else if (strcmp(index->name, "u") == 0) {
            ck_assert(index->unique && !index->immediate);
            seen++;
        }
    }
    ck_assert_uint_eq(seen, 5);
    size_t checked = 0;
    for (size_t i = 0; i < p->constraint_count; i++)
        if (p->constraints[i].type == 'c' && p->constraints[i].function_count == 1)
            checked++;
    ck_assert_uint_eq(checked, 1);
    ck_assert_ptr_nonnull(catalog_function(catalog, "a.fine"));
    ck_assert_uint_eq(strlen(catalog_function(catalog, "a.fine")->sha256), 64);
    ck_assert_uint_eq(c->constraint_count, 1);
    const struct catalog_constraint *fk = &c->constraints[0];
    ck_assert_int_eq(fk->type, 'f');
    ck_assert_int_eq(fk->delete_action, 'c');
    ck_assert_int_eq(fk->update_action, 'a');
    ck_assert(fk->deferrable && fk->validated);
    ck_assert_uint_eq(fk->foreign_table, p->oid);
    ck_assert_str_eq(fk->columns[0], "py");
    ck_assert_str_eq(fk->foreign_columns[0], "y");
    ck_assert_str_eq(fk->columns[1], "px");
    ck_assert_str_eq(fk->foreign_columns[1], "x");
    ck_assert_ptr_nonnull(strstr(fk->definition, "ON DELETE CASCADE"));
    catalog_free(catalog);
}
END_TEST

START_TEST(test_triggers_rules_partitions_publications)
{
    db_script(
        conn,
        "create schema a;"
        "create function a.f() returns trigger language plpgsql as 'begin return old; end';"
        "create table a.t (id int primary key, at timestamptz not null) partition by range (id);"
        "create table a.t1 partition of a.t for values from (0) to (10);"
        "create table a.t2 partition of a.t for values from (10) to (20) partition by range (id);"
        "create table a.t2x partition of a.t2 for values from (10) to (15);"
        "insert into a.t select g, now() from generate_series(0, 14) g;"
        "create trigger gone before delete or update on a.t for each row execute function a.f();"
        "create constraint trigger late after insert on a.t1 deferrable initially deferred"
        "  for each row execute function a.f();"
        "create table a.c (id int primary key, t int references a.t);"
        "create table a.old (id int); create table a.older () inherits (a.old);"
        "create rule nothing as on delete to a.old do instead nothing;"
        "alter table a.c enable row level security;"
        "create publication everything for table a.t with (publish = 'delete',"
        "  publish_via_partition_root = true);"
        "analyze a.t1; analyze a.t2x");
    struct catalog *catalog = read_facts(conn, NULL);
    const struct catalog_table *t = catalog_find(catalog, "a", "t");
    const struct catalog_table *t1 = catalog_find(catalog, "a", "t1");
    const struct catalog_table *t2x = catalog_find(catalog, "a", "t2x");
    ck_assert_int_eq(t->kind, 'p');
    ck_assert_uint_eq(t->partition_count, 2);
    ck_assert_uint_eq(t->partitions[0], t1->oid);
    ck_assert_uint_eq(t1->parent, t->oid);
    ck_assert(t1->is_partition && !t1->inherits);
    ck_assert_double_eq_tol(t->rows, 15.0, 0.1);
    ck_assert_int_gt(t->bytes, 0);
    ck_assert(t2x->published_delete && !t2x->published_update);
    ck_assert_uint_eq(t->trigger_count, 1);
    const struct catalog_trigger *gone = &t->triggers[0];
    ck_assert(gone->before && gone->row && gone->on_delete && gone->on_update);
    ck_assert(!gone->on_insert && !gone->inherited && !gone->constraint && !gone->internal);
    ck_assert_int_eq(gone->enabled, 'O');
    ck_assert_str_eq(gone->function, "a.f");
    ck_assert_str_eq(gone->language, "plpgsql");
    char *sha256 =
        db_value(conn, "select encode(sha256(convert_to(pg_get_triggerdef(t.oid) || prosrc,"
                       " 'UTF8')), 'hex') from pg_trigger t join pg_proc p on p.oid = tgfoid"
                       " where tgrelid = 'a.t'::regclass and not tgisinternal");
    ck_assert_str_eq(gone->sha256, sha256);
    free(sha256);
    ck_assert_uint_eq(t1->trigger_count, 2);
    ck_assert(t1->triggers[0].inherited);
    ck_assert(t1->triggers[1].constraint && t1->triggers[1].deferrable);
    /* the foreign key to a partitioned table stands there once */
    const struct catalog_table *c = catalog_find(catalog, "a", "c");
    size_t keys = 0;
    for (size_t i = 0; i < c->constraint_count; i++)
        keys += c->constraints[i].type == 'f';
    ck_assert_uint_eq(keys, 1);
    ck_assert(c->row_security);
    const struct catalog_table *old = catalog_find(catalog, "a", "old");
    ck_assert(old->inherits && catalog_find(catalog, "a", "older")->inherits);
    ck_assert_uint_eq(old->rule_count, 1);
    ck_assert_int_eq(old->rules[0].event, '4');
    catalog_free(catalog);
}
END_TEST

START_TEST(test_as_plain_role)
{
    db_script(conn, "create schema a;"
                    "create table a.read (id int primary key, x int);"
                    "create table a.act (id int primary key, x int);"
                    "create table a.locked (id int primary key, x int);"
                    "drop role if exists facts_reader; drop role if exists facts_worker;"
                    "create role facts_reader login; create role facts_worker login;"
                    "grant usage on schema a to facts_worker;"
                    "grant select on a.read to facts_worker;"
                    "grant select, delete, update (id) on a.act to facts_worker;"
                    "create schema retention;"
                    "create table retention.schema_migration (number int);"
                    "insert into retention.schema_migration values (3), (4)");
    PGconn *reader = db_connect(cluster_shared(), database, "facts_reader");
    struct catalog *catalog = read_facts(reader, "facts_worker");
    ck_assert_int_eq(catalog->schema_version, -1);
    ck_assert_str_eq(catalog->worker_role, "facts_worker");
    ck_assert(catalog->worker_exists && !catalog->worker_is_superuser);
    const struct catalog_table *act = catalog_find(catalog, "a", "act");
    ck_assert(act->may_use_schema && act->may_select && act->may_delete && act->may_lock_rows);
    ck_assert(!act->may_update && !act->may_truncate && !act->owner_is_worker);
    const struct catalog_table *readable = catalog_find(catalog, "a", "read");
    ck_assert(readable->may_select && !readable->may_delete && !readable->may_lock_rows);
    ck_assert(!catalog_find(catalog, "a", "locked")->may_select);
    ck_assert_ptr_null(catalog_find(catalog, "retention", "schema_migration"));
    catalog_free(catalog);
    catalog = read_facts(reader, "nobody_there");
    ck_assert(!catalog->worker_exists);
    ck_assert(!catalog_find(catalog, "a", "act")->may_select);
    catalog_free(catalog);
    PQfinish(reader);
    catalog = read_facts(conn, NULL);
    ck_assert_int_eq(catalog->schema_version, 4);
    ck_assert(catalog->worker_is_superuser && catalog_find(catalog, "a", "act")->owner_is_worker);
    catalog_free(catalog);
    db_script(conn, "drop owned by facts_worker; drop role facts_worker; drop role facts_reader");
}
END_TEST

/* Whoever asks, whatever their settings: the same hash. Otherwise an accepted trigger would be
 * refused, or the fingerprint differ, by who looked. */
START_TEST(test_hashes_do_not_depend_on_settings)
{
    db_script(conn,
              "create schema a;"
              "create function a.f() returns trigger language plpgsql as 'begin return old; end';"
              "create table a.t (id int primary key, d date);"
              "create trigger g before delete on a.t for each row"
              "  when (old.d > date '2020-02-01') execute function a.f()");
    struct catalog *plain = read_facts(conn, NULL);
    db_script(conn,
              "set search_path = a; set datestyle = 'SQL, DMY'; set quote_all_identifiers = on");
    struct catalog *other = read_facts(conn, NULL);
    ck_assert_str_eq(catalog_find(plain, "a", "t")->triggers[0].sha256,
                     catalog_find(other, "a", "t")->triggers[0].sha256);
    char *path = db_value(conn, "show search_path");
    ck_assert_str_eq(path, "a");
    free(path);
    catalog_free(plain);
    catalog_free(other);
}
END_TEST

START_TEST(test_not_a_document)
{
    struct error error _cleanup_error_ = {0};
    ck_assert_ptr_null(catalog_parse("{", &error));
    ck_assert_int_eq(error.code, ERROR_FAILED);
    ck_assert_ptr_null(catalog_parse("[1]", &error));
    ck_assert_ptr_null(catalog_parse("{\"tables\": []}", &error));
    catalog_free(NULL);
}
END_TEST

/* Two thousand tables and five hundred partitions, each with a foreign key, in a few seconds. */
START_TEST(test_many_tables)
{
    db_script(conn,
              "create schema a;"
              "do $$ begin for i in 0 .. 999 loop execute format('create table a.t%s (id bigint"
              " primary key, a int references a.t%s, b text check (length(b) < 9))', i,"
              " greatest(i - 1, 0)); end loop; end $$");
    db_script(conn,
              "do $$ begin for i in 1000 .. 1999 loop execute format('create table a.t%s (id bigint"
              " primary key, a bigint references a.t%s, b text check (length(b) < 9))', i, i - 1);"
              " end loop; end $$");
    db_script(
        conn,
        "create table a.p (id bigint primary key) partition by range (id);"
        "do $$ begin for i in 0 .. 499 loop execute format('create table a.p%s partition of a.p"
        " for values from (%s) to (%s)', i, i, i + 1); end loop; end $$");
    struct catalog *catalog = read_facts(conn, NULL);
    /* compiling a plan that looks dear would take ten times as long as executing it */
    struct text statement _cleanup_text_ = {0};
    text_printf(&statement, "explain %s", sql_file("catalog/facts.sql"));
    memcpy(strstr(statement.data, "$1::pg_catalog.text"), "''", 2);
    memcpy(strstr(statement.data, "$2::pg_catalog.bool"), " 1", 2);
    PGresult *plan = PQexec(conn, statement.data);
    ck_assert_msg(PQresultStatus(plan) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
    for (int i = 0; i < PQntuples(plan); i++)
        ck_assert_ptr_null(strstr(PQgetvalue(plan, i, 0), "JIT:"));
    PQclear(plan);
    ck_assert_uint_eq(catalog->table_count, 2501);
    ck_assert_uint_eq(catalog_find(catalog, "a", "p")->partition_count, 500);
    catalog_free(catalog);
}
END_TEST

Suite *suite_catalog(void)
{
    Suite *suite = suite_create("catalog");
    TCase *tcase = tcase_create("facts");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_columns_and_types);
    tcase_add_test(tcase, test_constraints_and_indexes);
    tcase_add_test(tcase, test_triggers_rules_partitions_publications);
    tcase_add_test(tcase, test_as_plain_role);
    tcase_add_test(tcase, test_hashes_do_not_depend_on_settings);
    tcase_add_test(tcase, test_not_a_document);
    tcase_add_test(tcase, test_many_tables);
    suite_add_tcase(suite, tcase);
    return suite;
}
