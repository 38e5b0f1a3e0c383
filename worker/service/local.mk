libretention_a_SOURCES += \
	worker/service/journal.c worker/service/journal.h \
	worker/service/notify.c worker/service/notify.h \
	worker/service/words.c worker/service/words.h
