libretention_a_SOURCES += \
	worker/ledger/digest.c \
	worker/ledger/digest.h \
	worker/ledger/directory.h \
	worker/ledger/entry.c \
	worker/ledger/entry.h \
	worker/ledger/epoch.c \
	worker/ledger/epoch.h \
	worker/ledger/lines.c \
	worker/ledger/lines.h \
	worker/ledger/merkle.c \
	worker/ledger/merkle.h \
	worker/ledger/merkle_proof.c \
	worker/ledger/note.c \
	worker/ledger/note.h \
	worker/ledger/proof.c \
	worker/ledger/proof.h \
	worker/ledger/publish.h \
	worker/ledger/tile.c \
	worker/ledger/tile.h \
	worker/ledger/verify.c \
	worker/ledger/verify.h \
	worker/ledger/verify_files.c \
	worker/ledger/verify_internal.h \
	worker/ledger/verify_rest.c \
	worker/ledger/verify_story.c
