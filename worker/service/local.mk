libretention_a_SOURCES += \
	worker/service/http.c worker/service/http.h \
	worker/service/journal.c worker/service/journal.h \
	worker/service/metrics.c worker/service/metrics.h \
	worker/service/notify.c worker/service/notify.h \
	worker/service/words.c worker/service/words.h
