libretention_a_SOURCES += \
	worker/cli/command.c worker/cli/command.h \
	worker/cli/commands.c \
	worker/cli/help.c \
	worker/cli/json.c worker/cli/json.h \
	worker/cli/table.c worker/cli/table.h
