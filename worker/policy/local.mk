libretention_a_SOURCES += \
	worker/policy/model.h \
	worker/policy/parse.h \
	worker/policy/change.h \
	worker/policy/quote.c worker/policy/quote.h \
	worker/policy/resolve.c worker/policy/resolve.h \
	worker/policy/validate.h \
	worker/policy/sql.h
