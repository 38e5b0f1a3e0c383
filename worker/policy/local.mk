libretention_a_SOURCES += \
	worker/policy/model.h \
	worker/policy/parse.h \
	worker/policy/change.h \
	worker/policy/validate.h \
	worker/policy/sql.h
