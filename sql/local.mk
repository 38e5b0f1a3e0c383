# Every file of SQL_FILES is embedded into the binaries: sql/embed.sh writes one C table of them.
# One file a line, sorted, names below sql/.
SQL_FILES = \
	catalog/facts.sql \
	catalog/version.sql
# what retentionctl asks
SQL_FILES += \
	cli/adopt.sql \
	cli/log_list.sql \
	cli/log_refs.sql \
	cli/log_show.sql \
	cli/pause.sql \
	cli/policy_retire.sql \
	cli/report_days.sql \
	cli/report_summary.sql \
	cli/resume.sql \
	cli/schema_version.sql \
	cli/session.sql \
	cli/stop_now.sql

SQL_PATHS = $(SQL_FILES:%=sql/%)
EXTRA_DIST += sql/embed.sh $(SQL_PATHS)

nodist_libretention_a_SOURCES += sql_files.c
CLEANFILES += sql_files.c
sql_files.c: $(SQL_PATHS) sql/embed.sh sql/local.mk
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/sql/embed.sh $(top_srcdir)/sql $(SQL_FILES) > $@.tmp && mv $@.tmp $@

# the sample database: not embedded, made by sql/sample/load.sh
EXTRA_DIST += \
	sql/sample/generate-business.sql \
	sql/sample/generate-product.sql \
	sql/sample/generate.sql \
	sql/sample/keys.sql \
	sql/sample/load.sh \
	sql/sample/tables.sql
