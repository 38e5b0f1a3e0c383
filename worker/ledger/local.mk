libretention_a_SOURCES += \
	worker/ledger/entry.h \
	worker/ledger/digest.h \
	worker/ledger/epoch.h
