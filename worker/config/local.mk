libretention_a_SOURCES += \
	worker/config/file.c worker/config/file.h \
	worker/config/settings.c worker/config/settings.h \
	worker/config/trap.c worker/config/trap.h \
	worker/config/value.c worker/config/value.h
