/* What can be done to a column when a record is de-identified: one table, from which policies are
 * read and checked, SQL is built, classes are logged, and manual and `plan` are made.
 *
 * Every transformation keeps three promises. NULL stays NULL. What it gives is a fixed point: doing
 * it again changes nothing. What it cannot read becomes NULL (or an error, where the column does
 * not take NULL), never the original. */
#ifndef POLICY_TRANSFORM_H
#define POLICY_TRANSFORM_H

#include <stdio.h>

#include "pg/catalog.h"
#include "policy/model.h"

struct diags;
struct sql_builder;

/* What is left of the person, from nothing to something that a key leads back from. */
enum transform_class { CLASS_ERASING, CLASS_GENERALISING, CLASS_PSEUDONYMOUS };

/* Families of types, as bits. */
enum {
    TAKES_TEXT = 1,   /* text, varchar, char, citext */
    TAKES_NUMBER = 2, /* smallint, integer, bigint, numeric, real, double precision */
    TAKES_MOMENT = 4, /* date, timestamp with or without time zone */
    TAKES_JSON = 8,   /* jsonb, json */
    TAKES_INET = 16,  /* inet, cidr */
    TAKES_UUID = 32,
    TAKES_OTHER = 64,
    TAKES_ANY = 127,
};

/* How many characters a keyed digest has. */
enum { TRANSFORM_DIGEST_LENGTH = 40 };

struct transformation {
    const char *name;
    enum transform_class class;
    unsigned takes; /* TAKES_... */
    bool testable;  /* that it was done can be seen in SQL: its value is a fixed point */
    bool unique;    /* gives different values for different records: fit for UNIQUE columns */
    bool keyed;     /* its values are made by the worker, with a key */
    const char *parameters; /* keys, between blanks; those with a ! must be given */
    const char *help;       /* for the manual: sentences */
    const char *example;    /* a made-up value; NULL: the type's */
    /* What is wrong with the parameters, reported; or NULL. */
    void (*check)(const struct transform *transform, struct diags *diags);
    /* The new value of `x`, an expression of the column's type. */
    const char *(*sql)(struct sql_builder *b, const struct transform *transform,
                       const struct catalog_column *column, const char *x);
};

extern const struct transformation transformations[];
extern const size_t transformation_count;

/* NULL where there is none of that name. */
const struct transformation *transformation_find(const char *name);
/* Has it a parameter of that name? */
bool transformation_takes(const struct transformation *transformation, const char *parameter);

/* "erasing", "generalising", "pseudonymous" */
const char *transform_class_name(enum transform_class class);
/* What a stage does to columns: of the record, and of the dependants that it changes. */
struct transform_list {
    const struct transform **items;
    size_t count;
};
struct transform_list transform_all(struct arena *arena, const struct category *category,
                                    const struct stage *stage);
/* Their classes, each once, in this order: "erasing,generalising". */
const char *transform_classes(struct arena *arena, const struct transform_list *list);

/* Do these parameters leave ordinary values of the column as they were? Then it is no change of an
 * identifier: all the bits of an address, the five digits of a postal code, numbers in buckets of
 * one or less, days of a date, numbers between the limits of a top code, all keys of a document
 * but some. */
bool transform_spares(const struct transform *transform, const struct catalog_column *column);
/* May something be left of what stands in a document under the path? */
bool transform_spares_path(const struct transform *transform, const struct string_list *path);
/* Is what it makes of any value, or of what stands in a document under the path (empty: none), NULL
 * or the same for all records? */
bool transform_merges(const struct transform *transform, const struct string_list *path);
/* Does the transformation of an earlier stage leave every value that a later stage gives, so that
 * neither undoes the other? Where that is not simple to tell: no. (transform_after.c) */
bool transform_leaves(const struct transform *earlier, const struct transform *later);
/* The number in the type of a column, also of a domain: 20 of "character varying(20)"; number 1 of
 * numeric(10,2) is 2. -1: none. */
long transform_type_limit(const struct catalog_column *column, int which);

/* The family of a column's type, one bit of TAKES_... */
unsigned transform_family(const struct catalog_column *column);
/* "text", "a number", ...: the types a transformation takes, for messages. */
const char *transform_takes_text(struct arena *arena, unsigned takes);
/* A made-up value of the column's type, as PostgreSQL reads it; NULL: none is known. */
const char *transform_example(const struct transform *transform,
                              const struct catalog_column *column);

void transform_print_man(FILE *out);

/* sql_transform.c */
#define TRANSFORM_SQL(name_)                                                                       \
    const char *sql_transform_##name_(struct sql_builder *b, const struct transform *transform,    \
                                      const struct catalog_column *column, const char *x)
TRANSFORM_SQL(nullify);
TRANSFORM_SQL(constant);
TRANSFORM_SQL(random_token);
TRANSFORM_SQL(json_keep);
TRANSFORM_SQL(json_drop);
TRANSFORM_SQL(phone_truncate);
TRANSFORM_SQL(zip_prefix);
TRANSFORM_SQL(ip_truncate);
TRANSFORM_SQL(date_trunc);
TRANSFORM_SQL(bucket);
TRANSFORM_SQL(top_code);
TRANSFORM_SQL(url_strip);
TRANSFORM_SQL(email_domain);
TRANSFORM_SQL(mask);
TRANSFORM_SQL(hmac);

#endif
