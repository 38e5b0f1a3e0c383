libretention_a_SOURCES += \
	worker/pg/catalog.c worker/pg/catalog.h \
	worker/pg/conn.h \
	worker/pg/sqlstate.h
