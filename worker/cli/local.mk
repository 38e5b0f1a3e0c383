libretention_a_SOURCES += \
	worker/cli/cause.c \
	worker/cli/cause.h \
	worker/cli/check.c worker/cli/check.h \
	worker/cli/check_drop.c worker/cli/check_drop.h \
	worker/cli/check_key.c \
	worker/cli/check_trial.c \
	worker/cli/command.c worker/cli/command.h \
	worker/cli/commands.c \
	worker/cli/completion.c \
	worker/cli/confirm.c \
	worker/cli/config.c \
	worker/cli/diff.c worker/cli/diff.h \
	worker/cli/explain.c worker/cli/explain.h \
	worker/cli/explain_hold.c \
	worker/cli/explain_log.c \
	worker/cli/help.c \
	worker/cli/hold.h \
	worker/cli/hold_error.c \
	worker/cli/hold_gaps.c \
	worker/cli/hold_inventory.c \
	worker/cli/hold_list.c \
	worker/cli/hold_place.c \
	worker/cli/hold_mend.c \
	worker/cli/hold_release.c \
	worker/cli/hold_scope.c \
	worker/cli/hold_request.c \
	worker/cli/hold_show.c \
	worker/cli/hold_status.c \
	worker/cli/hold_tell.c \
	worker/cli/json.c worker/cli/json.h \
	worker/cli/log.c \
	worker/cli/log_compare.c worker/cli/log_compare.h \
	worker/cli/log_directory.c worker/cli/log_directory.h \
	worker/cli/log_key.c worker/cli/log_key.h \
	worker/cli/log_keys.c \
	worker/cli/log_prove.c \
	worker/cli/log_recover.c worker/cli/log_recover.h \
	worker/cli/log_recover_holds.c \
	worker/cli/log_prune.c \
	worker/cli/log_verify.c \
	worker/cli/matter.c \
	worker/cli/migrate.c worker/cli/migrate.h \
	worker/cli/notes.c worker/cli/notes.h \
	worker/cli/output.c worker/cli/output.h \
	worker/cli/pause.c \
	worker/cli/plan.c worker/cli/plan.h \
	worker/cli/plan_aggregate.c worker/cli/plan_aggregate.h \
	worker/cli/plan_holds.c worker/cli/plan_holds.h \
	worker/cli/plan_internal.h \
	worker/cli/plan_query.c \
	worker/cli/plan_sql.c \
	worker/cli/plan_strategy.c \
	worker/cli/policies.c worker/cli/policies.h \
	worker/cli/policy.c worker/cli/policy.h \
	worker/cli/policy_change.c \
	worker/cli/policy_load.c \
	worker/cli/progress.c worker/cli/progress.h \
	worker/cli/report.c \
	worker/cli/run.c worker/cli/run.h \
	worker/cli/run_follow.c \
	worker/cli/run_lead.c \
	worker/cli/schema.c \
	worker/cli/session.c worker/cli/session.h \
	worker/cli/settings.c worker/cli/settings.h \
	worker/cli/status.c \
	worker/cli/status_log.c worker/cli/status_log.h \
	worker/cli/table.c worker/cli/table.h

# Manual pages: the parts that are made from tables are printed by a program that is not installed.
noinst_PROGRAMS += worker/manparts
worker_manparts_SOURCES = worker/manparts.c
worker_manparts_LDADD = libretention.a $(COMMON_LIBS)
MAN_PAGES = \
	worker/cli/retention-holds.7 \
	worker/cli/retentionctl.1 \
	worker/config/retentiond.cfg.5 \
	worker/ledger/retention-log.7 \
	worker/policy/retention-policy.5 \
	worker/retentiond.8
MAN_TEMPLATES = $(MAN_PAGES:%=%.in)
man_MANS = $(MAN_PAGES)
CLEANFILES += $(MAN_PAGES)
EXTRA_DIST += worker/man.sh $(MAN_TEMPLATES)
worker/cli/retention-holds.7: worker/cli/retention-holds.7.in
worker/cli/retentionctl.1: worker/cli/retentionctl.1.in
worker/config/retentiond.cfg.5: worker/config/retentiond.cfg.5.in
worker/ledger/retention-log.7: worker/ledger/retention-log.7.in
worker/policy/retention-policy.5: worker/policy/retention-policy.5.in
worker/retentiond.8: worker/retentiond.8.in
$(MAN_PAGES): worker/man.sh worker/manparts$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SHELL) $(top_srcdir)/worker/man.sh ./worker/manparts$(EXEEXT) \
		'$(sysconfdir)' < $(top_srcdir)/$@.in > $@.tmp && mv $@.tmp $@
