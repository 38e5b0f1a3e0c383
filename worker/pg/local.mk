libretention_a_SOURCES += \
	worker/pg/catalog.c worker/pg/catalog.h \
	worker/pg/conn.c \
	worker/pg/conn.h \
	worker/pg/conn_connect.c \
	worker/pg/conn_error.c \
	worker/pg/conn_internal.h \
	worker/pg/conn_pipeline.c \
	worker/pg/function_list.c \
	worker/pg/function_list.h \
	worker/pg/functions.c \
	worker/pg/functions.h \
	worker/pg/role_prefix.c \
	worker/pg/role_prefix.h \
	worker/pg/sqlstate.c \
	worker/pg/sqlstate.h
