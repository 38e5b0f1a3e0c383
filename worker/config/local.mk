libretention_a_SOURCES += \
	worker/config/file.c worker/config/file.h \
	worker/config/trap.c worker/config/trap.h
