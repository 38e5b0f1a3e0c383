libretention_a_SOURCES += \
	worker/cli/command.c worker/cli/command.h \
	worker/cli/commands.c \
	worker/cli/help.c \
	worker/cli/json.c worker/cli/json.h \
	worker/cli/log.c \
	worker/cli/output.c worker/cli/output.h \
	worker/cli/pause.c \
	worker/cli/report.c \
	worker/cli/session.c worker/cli/session.h \
	worker/cli/settings.c worker/cli/settings.h \
	worker/cli/table.c worker/cli/table.h
