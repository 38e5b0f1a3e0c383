/* Makes the cases of tests/test_oracle.c and test_oracle_run.c.
 *
 * A case draws types, values, rules and their combinations, and writes each thing twice: as the
 * policy says it, and as plain SQL says it, by the functions of tests/oracle.sql. What a seed draws
 * depends on the compiler too, as arguments are drawn in its order. */
#include "oracle_case.h"

#include <stdio.h>
#include <string.h>

#include "oracle_draw.h"

static const char *const zones[] = {
    "UTC",          "America/New_York", "Europe/Berlin",     "Australia/Lord_Howe",
    "Asia/Tehran",  "Asia/Kathmandu",   "America/Sao_Paulo", "America/St_Johns",
    "Europe/London"};
static const char *const run_times[] = {
    "2024-02-29 12:00:00+00",   "2024-03-01 00:00:00+00", "2025-02-28 23:59:59.999999+00",
    "2025-03-01 05:00:00+00",   "2026-03-08 07:30:00+00", "2026-03-08 06:59:59+00",
    "2025-11-02 05:30:00+00",   "2025-11-02 06:30:00+00", "2026-03-29 01:00:00+00",
    "2025-10-26 00:30:00+00",   "2025-10-26 01:30:00+00", "2026-01-01 00:00:00+00",
    "2025-12-31 23:00:00+00",   "2026-07-24 12:00:02+00", "2026-04-04 15:30:00+00",
    "2024-12-31 04:59:59.5+00", "2025-04-30 12:00:00+00", "2025-06-30 22:00:00+00",
    "2026-02-28 12:00:00+00",   "2025-11-30 23:30:00+00"};

static void add_rows(struct text *out, int rows)
{
    static const char *const states[] = {"'open'", "'closed'", "'it''s'", "NULL"};
    static const char *const moods[] = {"'sad'", "'ok'", "'very happy'", "NULL"};
    static const char *const flags[] = {"true", "false", "NULL"};
    static const char *const scores[] = {"5", "4.5", "\"7\"", "\"many\"", "null", "100"};
    text_printf(out,
                "INSERT INTO %s (id, part, account_id, \"%s\", b, at, state, mood, flag, n, j)"
                " VALUES\n",
                drawing.c->table, drawing.a);
    for (int i = 0; i < rows; i++) {
        text_printf(out, "%s(%d, %d, %s, %s, %s, %s, %s, %s, %s, %s, ", i ? ",\n" : "", i + 1,
                    draw_below(3), draw_chance(10) ? "NULL" : draw_print("{%d}", 1 + draw_below(6)),
                    draw_value(drawing.kind_a, true), draw_value(drawing.kind_b, true),
                    draw_value(TIMESTAMPTZ, true), ONE_OF(states), ONE_OF(moods), ONE_OF(flags),
                    draw_chance(10) ? "NULL" : draw_print("%d", draw_below(9)));
        text_printf(out,
                    "jsonb_build_object('when', jsonb_build_object('at', %s), 'customer', '{%d}', "
                    "'tag', 'a\"b') || '{\"score\": %s}')",
                    draw_value(drawing.kind_json, true), 1 + draw_below(6), ONE_OF(scores));
    }
    text_add(out, ";\n");
}

/* Keys: how each is made of id and part, and how digests print it. */
static const struct {
    const char *columns; /* DDL */
    const char *printed; /* over r */
} keys[] = {
    {"k bigint GENERATED ALWAYS AS (id * 7 - 20) STORED", "(r.id * 7 - 20)::text"},
    {"k uuid GENERATED ALWAYS AS (md5(id::text)::uuid) STORED", "md5(r.id::text)::uuid::text"},
    {"k text COLLATE \"C\" GENERATED ALWAYS AS ('k \"é,{' || id) STORED", "'k \"é,{' || r.id"},
    {"k numeric GENERATED ALWAYS AS (id::numeric(10,3) / 4) STORED",
     "trim_scale(r.id::numeric / 4)::text"},
    {"k timestamptz GENERATED ALWAYS AS (to_timestamp(1729987200 + id * 1200)) STORED",
     "to_char(timestamp '2024-10-27 00:00' + r.id * interval '20 min', 'YYYY-MM-DD "
     "HH24:MI:SS+00')"},
    {"k date GENERATED ALWAYS AS ('2024-01-01'::date + id) STORED",
     "to_char(date '2024-01-01' + r.id, 'YYYY-MM-DD')"},
    {"k bytea GENERATED ALWAYS AS (decode(md5(id::text), 'hex')) STORED",
     "'\\x' || md5(r.id::text)"},
};

static void add_tables(struct text *out, int key, bool child_has_key, bool waits)
{
    struct oracle_case *c = drawing.c;
    text_printf(
        out,
        "CREATE SCHEMA {o};\nCREATE TYPE o.mood AS ENUM ('sad', 'ok', 'very happy');\n"
        "CREATE TABLE o.account (account_id int PRIMARY KEY, customer text NOT NULL, plan text, "
        "closed %s);\n"
        "CREATE TABLE o.setting (account_id bigint NOT NULL UNIQUE, customer text NOT NULL "
        "UNIQUE, period interval, days int);\n",
        draw_types[drawing.kind_parent]);
    for (int i = 1; i <= 6; i++)
        text_printf(out, "INSERT INTO o.account VALUES ({%d}, '{%d}', %s, %s);\n", i, 1 + i % 3,
                    draw_chance(50)   ? "'trial'"
                    : draw_chance(50) ? "'full'"
                                      : "NULL",
                    draw_value(drawing.kind_parent, true));
    static const char *const odd[] = {"'-1 day'",  "'500 years'",     "'1000000 years'",
                                      "NULL",      "'1 mon -3 days'", "'1 year'",
                                      "'45 days'", "'3 years'"};
    static const char *const odd_days[] = {"-1", "0", "2000000000", "NULL", "45", "400", "60"};
    for (int i = 1; i <= 5; i++)
        text_printf(out, "INSERT INTO o.setting VALUES ({%d}, '{%d}', %s, %s);\n", i, i,
                    draw_chance(60) ? draw_print("'%s'", draw_period()) : ONE_OF(odd),
                    ONE_OF(odd_days));
    const char *primary = c->key_count == 1 ? "k" : draw_chance(50) ? "part, k" : "k, part";
    text_printf(
        out,
        "CREATE TABLE %s (id int NOT NULL, part int NOT NULL, account_id int REFERENCES "
        "o.account, \"%s\" %s, b %s, at timestamptz, state text, mood o.mood, flag boolean, n "
        "smallint, j jsonb, %s, PRIMARY KEY (%s))%s;\n",
        c->table, drawing.a, draw_types[drawing.kind_a], draw_types[drawing.kind_b],
        keys[key].columns, primary, c->partitioned ? " PARTITION BY LIST (part)" : "");
    bool part_first = primary[0] == 'p';
    for (int i = 0; i < 2 && c->partitioned; i++)
        text_printf(out, "CREATE TABLE o.leaf%d PARTITION OF %s FOR VALUES IN (%d);\n", i, c->table,
                    i);
    if (c->partitioned)
        text_printf(
            out,
            "CREATE TABLE o.rest PARTITION OF %s DEFAULT PARTITION BY RANGE (part);\n"
            "CREATE TABLE o.\"Deep leaf\" PARTITION OF o.rest FOR VALUES FROM (2) TO (9);\n",
            c->table);
    for (int i = 0; i < c->key_count; i++) {
        bool is_part = c->key_count == 2 && (i == 0) == part_first;
        c->key_text[i] = is_part ? "r.part::text" : keys[key].printed;
    }
    add_rows(out, 40 + draw_below(60));
    if (draw_chance(50))
        text_printf(out, "CREATE INDEX ON %s (\"%s\");\n", c->table, drawing.a);

    /* Children hold the key in columns of their own; with a foreign key their order may differ. */
    const char *type = strchr(keys[key].columns, ' ') + 1;
    int length = (int)strcspn(type, " ");
    bool two = c->key_count == 2;
    text_printf(
        out,
        "CREATE TABLE o.child (child_id int PRIMARY KEY, rk %.*s%s, rpart int, seen %s, state "
        "text, account_id int%s);\n",
        length, type, strncmp(type, "text", 4) == 0 ? " COLLATE \"C\"" : "",
        draw_types[drawing.kind_child],
        child_has_key ? draw_print(", FOREIGN KEY (rk%s) REFERENCES %s (k%s)", two ? ", rpart" : "",
                                   c->table, two ? ", part" : "")
                      : "");
    drawing.by = !two ? "[ \"rk\" ]"
                 : child_has_key
                     ? (draw_chance(50) ? "[ \"rk\", \"rpart\" ]" : "[ \"rpart\", \"rk\" ]")
                 : part_first ? "[ \"rpart\", \"rk\" ]"
                              : "[ \"rk\", \"rpart\" ]";
    drawing.join = two ? "c.rk = r.k AND c.rpart = r.part" : "c.rk = r.k";
    text_printf(
        out,
        "INSERT INTO o.child SELECT row_number() OVER (), r.k, r.part, NULL, (ARRAY['open', "
        "'closed', NULL])[1 + (r.id * 7 + g) %% 3], {1} + (r.id + g) %% 6 FROM %s r, "
        "generate_series(1, r.id %% 4) g WHERE r.id %% 5 > 1;\n",
        c->table);
    for (int i = 0; i < 24; i++)
        text_printf(out, "UPDATE o.child SET seen = %s WHERE child_id %% 24 = %d;\n",
                    draw_value(drawing.kind_child, i < 2), i);
    text_add(out,
             "CREATE INDEX ON o.child (rk);\n"
             "CREATE TABLE o.grandchild (child_id int REFERENCES o.child, no int, PRIMARY KEY (no, "
             "child_id));\n");
    if (c->has_dependants)
        text_add(out,
                 "INSERT INTO o.grandchild SELECT child_id, g FROM o.child, generate_series(1, "
                 "child_id % 3) g;\n");
    text_printf(
        out,
        "CREATE TABLE o.waiter (waiter_id int PRIMARY KEY, rk %.*s%s, rpart int, state text, "
        "at timestamptz%s);\n",
        length, type, strncmp(type, "text", 4) == 0 ? " COLLATE \"C\"" : "",
        waits ? draw_print(", FOREIGN KEY (rk%s) REFERENCES %s (k%s)", two ? ", rpart" : "",
                           c->table, two ? ", part" : "")
              : "");
}

static void pick_kinds(void)
{
    static const enum kind columns[] = {TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMP, DATE,     DATE,
                                        INT_S,       BIGINT_S,    BIGINT_MS, NUMERIC_S};
    static const enum kind others[] = {TIMESTAMPTZ, TIMESTAMP, DATE, BIGINT_MS};
    drawing.kind_a = ONE_OF(columns);
    drawing.kind_b = ONE_OF(columns);
    drawing.kind_json = draw_chance(75) ? TEXT : TEXT_MS;
    drawing.kind_parent = ONE_OF(others);
    drawing.kind_child = ONE_OF(others);
}

/* Everything is written for schema o; {o}, {c} and {3} become the schema's, the category's and a
 * tenant's name. */
static void fill(struct text *text, int base)
{
    struct text out = {0};
    char before = ' ';
    for (const char *p = text_string(text); *p; before = *p++) {
        int number, length = 0;
        if (p[0] == 'o' && p[1] == '.' && strchr(" (\"'", before)) {
            text_add(&out, drawing.c->schema);
        } else if (strncmp(p, "{o}", 3) == 0 || strncmp(p, "{c}", 3) == 0) {
            text_add(&out, p[1] == 'o' ? drawing.c->schema : drawing.c->category);
            p += 2;
        } else if (sscanf(p, "{%d}%n", &number, &length) == 1 && length > 0) {
            text_printf(&out, "%d", base + number);
            p += length - 1;
        } else {
            text_add_char(&out, *p);
        }
    }
    text_free(text);
    *text = out;
}

void oracle_case_make(struct oracle_case *c, uint64_t seed, int number, const char *run_time)
{
    static const char *const quoted[] = {"o.rec", "o.\"order\"", "o.\"Weird \"\"Rec\"\"\"",
                                         "o.\"größe\""};
    static const char *const written[] = {"o.rec", "o.order", "o.\\\"Weird \\\"\\\"Rec\\\"\\\"\\\"",
                                          "o.größe"};
    static const char *const columns[] = {"a", "select", "Started At"};
    memset(c, 0, sizeof(*c));
    memset(&drawing, 0, sizeof(drawing));
    draw_seed(seed);
    c->seed = seed;
    drawing.c = c;
    snprintf(c->schema, sizeof(c->schema), number < 0 ? "o" : "o%d", number);
    snprintf(c->category, sizeof(c->category), number < 0 ? "c" : "c%d", number);
    int base = number < 0 ? 0 : number * 10; /* of tenants, so that cases do not share them */
    c->timezone = ONE_OF(zones);
    const char *drawn = ONE_OF(run_times);
    snprintf(c->run_time, sizeof(c->run_time), "%s", run_time ? run_time : drawn);
    int name = draw_chance(70) ? 0 : draw_below(4);
    snprintf(c->table, sizeof(c->table), "%s", quoted[name]); /* its schema is filled in below */
    snprintf(drawing.a, sizeof(drawing.a), "%s", draw_chance(60) ? "a" : ONE_OF(columns));
    c->partitioned = draw_chance(40);
    c->key_count = c->partitioned || draw_chance(20) ? 2 : 1;
    c->has_dependants = draw_chance(45);
    drawing.tenant = draw_below(5);
    pick_kinds();

    /* Rules first: their periods are what rows crowd around. */
    const char *after = draw_period();
    struct start main_start = rule_any_start(), cap_start = rule_any_start(), floor_starts[2];
    bool has_cap = draw_chance(25), cap_own = draw_chance(50);
    const char *cap = has_cap ? draw_period() : NULL;
    int floors = draw_chance(40) ? 1 + draw_below(2) : 0;
    const char *floor_periods[2];
    bool floor_own[2];
    for (int i = 0; i < floors; i++) {
        floor_periods[i] = draw_period();
        floor_own[i] = draw_chance(50);
        floor_starts[i] = rule_any_start();
    }
    bool stage_own = draw_chance(15);
    struct start stage_start = rule_any_start();

    bool waits = draw_chance(20);
    add_tables(&c->tables, draw_below((int)ARRAY_LENGTH(keys)), c->has_dependants, waits);

    /* policy */
    struct text only = {0}, claim = {0}, due = {0}, rules = {0}, free_of = {0};
    bool rest = draw_chance(15);
    struct text other_only = {0}, other_claim = {0};
    if (rest) {
        rule_conditions(&other_only, &other_claim, 1 + draw_below(2), draw_below(2) * 2, false);
        text_printf(&claim, "NOT %s", text_string(&other_claim));
        text_add(&only, " only = \"rest\";");
    } else {
        rule_conditions(&only, &claim, draw_below(3), draw_chance(30) ? 2 : 0, false);
    }
    c->whole_table = !rest;
    text_add(&c->claimed, text_string(&claim));

    rule_agreements(&rules, &due, after);
    struct text start_of = {0}, caps = {0};
    rule_start_sql(&start_of, stage_own ? &stage_start : &main_start);
    if (has_cap) {
        text_printf(&rules, "  keep_at_most: { for = \"%s\"; because = \"x\";", cap);
        if (cap_own) {
            text_add(&rules, " start = ");
            rule_start(&rules, &cap_start);
            text_add(&rules, ";");
        }
        text_add(&rules, " };\n");
        rule_start_sql(&caps, cap_own ? &cap_start : &main_start);
    }
    if (floors)
        text_add(&rules, "  keep_at_least = (");
    for (int i = 0; i < floors; i++) {
        text_printf(&rules, "%s { for = \"%s\"; because = \"x\";", i ? "," : "", floor_periods[i]);
        text_add(&free_of, "\n AND coalesce(");
        if (floor_own[i]) {
            text_add(&rules, " start = ");
            rule_start(&rules, &floor_starts[i]);
            text_add(&rules, ";");
        }
        rule_start_sql(&free_of, floor_own[i] ? &floor_starts[i] : &main_start);
        text_printf(&free_of, " + '%s'::interval <= '%s'::timestamptz, false)", floor_periods[i],
                    c->run_time);
        text_add(&rules, " }");
    }
    if (floors)
        text_add(&rules, " );\n");
    int keeps = draw_chance(30) ? 1 + draw_below(2) : 0;
    for (int i = 0; i < keeps; i++) {
        text_add(&rules, i ? ", {" : "  keep_while = ( {");
        if (draw_chance(50)) {
            text_printf(&rules,
                        " child = \"o.child\"; by = %s; only = ( { column = \"state\"; eq = "
                        "\"open\"; } );",
                        drawing.by);
            text_printf(&free_of,
                        "\n AND NOT EXISTS (SELECT FROM o.child c WHERE %s AND c.state = "
                        "'open')",
                        drawing.join);
        } else {
            text_add(&free_of, "\n AND NOT ");
            rule_conditions(&rules, &free_of, 1 + draw_below(2), 0, true);
        }
        text_add(&rules, " because = \"x\"; }");
    }
    if (keeps)
        text_add(&rules, " );\n");
    if (waits) {
        text_printf(&c->tables,
                    "INSERT INTO o.waiter SELECT id, k, part, 'keep' FROM %s WHERE id %% 6 = "
                    "0;\n",
                    c->table);
        text_printf(&free_of,
                    "\n AND NOT EXISTS (SELECT FROM o.waiter c WHERE %s AND c.state = "
                    "'keep')",
                    drawing.join);
    }
    if (drawing.tenant && draw_chance(25)) {
        text_add(
            &c->marks,
            "INSERT INTO retention.pause (scope, name, reason, paused_by, until, resumed_at) VALUES"
            " ('tenant', '{1}', 'x', 'x', NULL, NULL),"
            " ('tenant', '{2}', 'x', 'x', now() - interval '1 day', NULL),"
            " ('tenant', '{3}', 'x', 'x', NULL, now()),"
            " ('tenant', '{4}', 'x', 'x', now() + interval '1 day', NULL),"
            " ('category', '{5}', 'x', 'x', NULL, NULL);\n");
        text_printf(&free_of, "\n AND NOT (%s && ARRAY['{1}', '{4}'])", rule_tenants_sql());
    }
    text_add(&c->marks, "SET session_replication_role = replica;\n"
                        "INSERT INTO retention.category (name, state, mode, loaded_sha256, "
                        "loaded_by, loaded_at, agreements_since) VALUES ('{c}', 'suspended', "
                        "'enforce', '', '', now(), now()) ON CONFLICT (name) DO UPDATE SET "
                        "agreements_since = now();\n");
    for (int i = 1; i <= 4; i++)
        text_printf(
            &c->marks,
            "INSERT INTO retention.agreement_state (category, tenant, settled) VALUES ('%s', "
            "'{%d}', '%s') ON CONFLICT (category, tenant) DO UPDATE SET settled = "
            "EXCLUDED.settled;\n",
            i < 4 ? "{c}" : "{c}d", i, draw_period());
    struct text subjects = {0};
    hold_subjects(&subjects);
    text_add(&c->marks,
             "INSERT INTO retention.held_scope (category, shape, hold, part, held_until) VALUES "
             "('{c}d', 'all', gen_random_uuid(), 1, 'infinity'), "
             "('{c}', 'all', gen_random_uuid(), 1, now());\n");
    oracle_hold_scopes(&c->marks, &free_of, &main_start);
    text_add(&c->marks, "SET session_replication_role = DEFAULT;\n");

    text_printf(&c->policy,
                "{c}: {\n  title = \"x\"; basis = \"x\"; mode = \"enforce\"; timezone = \"%s\";\n  "
                "data: {\n    table = "
                "\"%s\";%s\n    start = ",
                c->timezone, written[name], text_string(&only));
    rule_start(&c->policy, &main_start);
    text_add(&c->policy, ";\n    ");
    rule_tenant(&c->policy);
    text_add(&c->policy, text_string(&subjects));
    text_free(&subjects);
    const char *with =
        c->has_dependants
            ? draw_print(" with = ( { table = \"o.child\"; by = %s; with = ( { table = "
                         "\"o.grandchild\"; by = [ \"child_id\" ]; } ); } );",
                         drawing.by)
            : "";
    if (waits)
        with = draw_print("%s wait_for = [ \"{c}_w\" ];", with);
    text_printf(&c->policy, "   %s\n", with);
    text_printf(&c->policy,
                "  };\n%s  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n  stages = ( { name "
                "= \"gone\"; after = \"%s\"; do = \"delete\";",
                text_string(&rules), after);
    if (stage_own) {
        text_add(&c->policy, " start = ");
        rule_start(&c->policy, &stage_start);
        text_add(&c->policy, ";");
    }
    text_add(&c->policy, " } );\n};\n");
    if (rest)
        text_printf(&c->policy,
                    "{c}_other: {\n  mode = \"observe\"; timezone = \"%s\";\n  data: { table = "
                    "\"%s\"; start = \"at\";%s%s };\n  stages = ( { after = \"90 years\"; do "
                    "= \"delete\"; } );\n};\n",
                    c->timezone, written[name], text_string(&other_only), with);
    if (waits)
        text_add(&c->policy,
                 "{c}_w: {\n  mode = \"observe\";\n  data: { table = \"o.waiter\"; start = "
                 "\"at\"; only = ( { column = \"state\"; eq = \"keep\"; } ); };\n  stages = "
                 "( { after = \"90 years\"; do = \"delete\"; } );\n};\n");

    /* start + period <= run time, or the cap's; NULL compares to nothing */
    text_printf(&c->expected,
                "SELECT r.id FROM %s r CROSS JOIN LATERAL (SELECT %s AS start) s\n WHERE %s",
                c->table, text_string(&start_of), text_string(&claim));
    text_printf(&c->expected, "\n AND s.start IS NOT NULL AND (%s <= '%s'::timestamptz",
                text_string(&due), c->run_time);
    if (has_cap)
        text_printf(&c->expected, " OR coalesce(%s + '%s'::interval <= '%s'::timestamptz, false)",
                    text_string(&caps), cap, c->run_time);
    text_printf(&c->expected, ")%s", text_string(&free_of));

    struct text table = {0};
    text_add(&table, c->table);
    fill(&table, base);
    snprintf(c->table, sizeof(c->table), "%s", text_string(&table));
    text_free(&table);
    fill(&c->tables, base);
    fill(&c->marks, base);
    fill(&c->policy, base);
    fill(&c->expected, base);
    fill(&c->claimed, base);
    text_free(&only);
    text_free(&claim);
    text_free(&due);
    text_free(&rules);
    text_free(&free_of);
    text_free(&other_only);
    text_free(&other_claim);
    text_free(&start_of);
    text_free(&caps);
}

void oracle_case_free(struct oracle_case *c)
{
    text_free(&c->tables);
    text_free(&c->marks);
    text_free(&c->policy);
    text_free(&c->expected);
    text_free(&c->claimed);
}
