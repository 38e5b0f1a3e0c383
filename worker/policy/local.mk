libretention_a_SOURCES += \
	worker/policy/aggregate.c worker/policy/aggregate.h \
	worker/policy/change.c worker/policy/change.h \
	worker/policy/check.c \
	worker/policy/definition.h \
	worker/policy/drop.c worker/policy/drop.h \
	worker/policy/hold_type.c worker/policy/hold_type.h \
	worker/policy/field.c \
	worker/policy/guard.c worker/policy/guard.h \
	worker/policy/logic.c \
	worker/policy/man.c worker/policy/man.h \
	worker/policy/model.c worker/policy/model.h \
	worker/policy/needs.c worker/policy/needs.h \
	worker/policy/parse.c worker/policy/parse.h \
	worker/policy/parse_aggregate.c \
	worker/policy/parse_category.c \
	worker/policy/parse_ref.c \
	worker/policy/parse_transform.c \
	worker/policy/period.c \
	worker/policy/print.c \
	worker/policy/quote.c worker/policy/quote.h \
	worker/policy/resolve.c worker/policy/resolve.h \
	worker/policy/setup.c worker/policy/setup.h \
	worker/policy/setup_aggregate.c \
	worker/policy/setup_drop.c \
	worker/policy/setup_guard.c \
	worker/policy/setup_internal.h \
	worker/policy/sql.h \
	worker/policy/sql_aggregate.c \
	worker/policy/sql_quasi.c \
	worker/policy/sql_builder.c \
	worker/policy/sql_condition.c \
	worker/policy/sql_due.c \
	worker/policy/sql_explain.c worker/policy/sql_explain.h \
	worker/policy/sql_free.c \
	worker/policy/sql_guard.c \
	worker/policy/sql_guard_condition.c \
	worker/policy/sql_guard_function.c \
	worker/policy/sql_guard_odd.c \
	worker/policy/sql_guard_table.c \
	worker/policy/sql_held.c \
	worker/policy/sql_kept.c \
	worker/policy/sql_basis.c \
	worker/policy/sql_hold_facts.c \
	worker/policy/sql_inventory.c \
	worker/policy/sql_lock.c \
	worker/policy/sql_name.c \
	worker/policy/sql_plan.c \
	worker/policy/sql_guard_internal.h \
	worker/policy/sql_private.h \
	worker/policy/sql_relation.c \
	worker/policy/sql_start.c \
	worker/policy/sql_statement.c \
	worker/policy/sql_transform.c \
	worker/policy/sql_whole.c \
	worker/policy/syntax.c \
	worker/policy/syntax_period.c \
	worker/policy/transform.c worker/policy/transform.h \
	worker/policy/transform_after.c \
	worker/policy/trial.c worker/policy/trial.h \
	worker/policy/validate.c worker/policy/validate.h \
	worker/policy/validate_aggregate.c \
	worker/policy/validate_column.c \
	worker/policy/validate_foreign.c \
	worker/policy/validate_hanging.c \
	worker/policy/validate_internal.h \
	worker/policy/validate_key.c \
	worker/policy/validate_literal.c \
	worker/policy/validate_reach.c \
	worker/policy/validate_set.c \
	worker/policy/validate_table.c \
	worker/policy/validate_transform.c
