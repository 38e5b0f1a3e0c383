# Every file of SQL_FILES is embedded into the binaries: sql/embed.sh writes one C table of them.
# One file a line, sorted, names below sql/.
SQL_FILES = \
	catalog/facts.sql \
	catalog/version.sql \
	engine/log_check.sql \
	engine/log_entries.sql \
	engine/log_flushed.sql \
	functions/begin_log.sql \
	functions/current_timeline.sql \
	functions/log_anchored.sql \
	functions/log_enqueue.sql \
	functions/log_heartbeat.sql \
	functions/log_last_gone.sql \
	functions/log_report.sql \
	functions/log_signed.sql \
	functions/recover_begin.sql \
	functions/recover_end.sql \
	functions/recover_entry.sql \
	functions/require_control.sql \
	functions/retire_key.sql \
	functions/rotate_key.sql \
	functions/sequence_log.sql \
	functions/shred_epoch.sql \
	migrations/0003_log_tree.sql \
	migrations/0004_category_facts.sql
# what retentionctl asks
SQL_FILES += \
	cli/epoch_keys.sql \
	cli/find_ref.sql \
	cli/fingerprint.sql \
	cli/is_bound.sql \
	cli/key_text.sql \
	cli/leader.sql \
	cli/log_before.sql \
	cli/log_list.sql \
	cli/log_orphans.sql \
	cli/log_place.sql \
	cli/log_prune_state.sql \
	cli/log_refs.sql \
	cli/log_rows.sql \
	cli/log_show.sql \
	cli/log_state.sql \
	cli/logged_values.sql \
	cli/may_lead.sql \
	cli/pause.sql \
	cli/plan_begin.sql \
	cli/plan_settings.sql \
	cli/policy_approve.sql \
	cli/policy_gone.sql \
	cli/policy_list.sql \
	cli/policy_load.sql \
	cli/policy_retire.sql \
	cli/policy_texts.sql \
	cli/release_brake.sql \
	cli/report_days.sql \
	cli/report_summary.sql \
	cli/request.sql \
	cli/request_run.sql \
	cli/request_runs.sql \
	cli/resume.sql \
	cli/schema_version.sql \
	cli/session.sql \
	cli/settle_agreements.sql \
	cli/status.sql \
	cli/stop_now.sql \
	cli/unknown_categories.sql \
	cli/utc.sql \
	cli/who_may.sql \
	cli/worker_role.sql

# what the engine asks
SQL_FILES += \
	engine/append_batch.sql \
	engine/begin_batch.sql \
	engine/block_record.sql \
	engine/categories.sql \
	engine/close_lost_runs.sql \
	engine/daily.sql \
	engine/entry_exists.sql \
	engine/epoch.sql \
	engine/finish_run.sql \
	engine/join.sql \
	engine/leaf.sql \
	engine/leaves.sql \
	engine/next_due.sql \
	engine/pin.sql \
	engine/record_status.sql \
	engine/run_time.sql \
	engine/start_run.sql \
	engine/take_requests.sql \
	engine/unblock_unseen.sql \
	engine/window.sql

# schema retention
SQL_FILES += \
	catalog/drop_stale_functions.sql \
	catalog/mark_functions.sql \
	functions/adopt.sql \
	functions/append_batch.sql \
	functions/approve_policy.sql \
	functions/backend_is_gone.sql \
	functions/batch_exists.sql \
	functions/begin_batch.sql \
	functions/bind_database.sql \
	functions/block_record.sql \
	functions/close_hold_gate.sql \
	functions/coverage.sql \
	functions/daily_compliance.sql \
	functions/engage_brake.sql \
	functions/fingerprint.sql \
	functions/finish_request.sql \
	functions/finish_run.sql \
	functions/is_bound.sql \
	functions/join_session.sql \
	functions/lead.sql \
	functions/load_policy.sql \
	functions/log_refuse_change.sql \
	functions/new_epoch.sql \
	functions/open_runs.sql \
	functions/pause.sql \
	functions/pause_scope.sql \
	functions/pause_scope_logged.sql \
	functions/percent_encode.sql \
	functions/policy_gone.sql \
	functions/progress_run.sql \
	functions/prune_log.sql \
	functions/record_config.sql \
	functions/record_status.sql \
	functions/record_validity.sql \
	functions/relation_oid.sql \
	functions/release_brake.sql \
	functions/renew.sql \
	functions/request_run.sql \
	functions/require_term.sql \
	functions/resign.sql \
	functions/resume.sql \
	functions/retire_policy.sql \
	functions/session_is_gone.sql \
	functions/set_fingerprint.sql \
	functions/settle_agreements.sql \
	functions/start_run.sql \
	functions/stop_now.sql \
	functions/take_requests.sql \
	functions/try_timestamptz.sql \
	functions/unblock.sql \
	functions/write_entry.sql \
	migrations/0001_tables.sql \
	migrations/0002_grants.sql \
	roles.sql \
	views/compliance.sql

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
