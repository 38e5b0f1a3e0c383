#include "policy/hold_type.h"

#include "base/cleanup.h"
#include "base/text.h"

static const char *const types[] = {"smallint",
                                    "integer",
                                    "bigint",
                                    "numeric",
                                    "text",
                                    "character varying",
                                    "character",
                                    "uuid",
                                    "inet",
                                    "cidr",
                                    "macaddr",
                                    "date",
                                    "timestamp without time zone",
                                    "timestamp with time zone",
                                    "bytea",
                                    "boolean"};

const char *const hold_types_text =
    "whole numbers, numeric, text, uuid, addresses (inet, cidr, macaddr), date, timestamps, bytea, "
    "boolean and enums";

const char *hold_type(const struct catalog_column *column)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (text_equal(column->base_type, types[i]))
            return column->deterministic_collation ? types[i] : NULL;
    return column->enum_label_count ? "text" : NULL;
}
