libretention_a_SOURCES += \
	worker/base/arena.c worker/base/arena.h \
	worker/base/clock.c worker/base/clock.h \
	worker/base/cleanup.h \
	worker/base/diag.c worker/base/diag.h \
	worker/base/encode.c worker/base/encode.h \
	worker/base/error.c worker/base/error.h \
	worker/base/fault.c worker/base/fault.h \
	worker/base/log.c worker/base/log.h \
	worker/base/log_event.c \
	worker/base/mdoc.c worker/base/mdoc.h \
	worker/base/span.c worker/base/span.h \
	worker/base/sql_files.h \
	worker/base/text.c worker/base/text.h \
	worker/base/window.c worker/base/window.h
