libretention_a_SOURCES += \
	worker/engine/worker.h
