libretention_a_SOURCES += \
	worker/policy/change.h \
	worker/policy/check.c \
	worker/policy/definition.h \
	worker/policy/field.c \
	worker/policy/model.c \
	worker/policy/model.h \
	worker/policy/parse.c \
	worker/policy/parse.h \
	worker/policy/parse_category.c \
	worker/policy/parse_ref.c \
	worker/policy/period.c \
	worker/policy/print.c \
	worker/policy/quote.c worker/policy/quote.h \
	worker/policy/resolve.c worker/policy/resolve.h \
	worker/policy/sql.h \
	worker/policy/validate.h
