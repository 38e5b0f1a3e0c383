# Every file of SQL_FILES is embedded into the binaries: sql/embed.sh writes one C table of them.
# One file a line, sorted, names below sql/.
SQL_FILES = \
	catalog/facts.sql \
	catalog/version.sql \
	engine/hold_shapes.sql \
	engine/log_check.sql \
	engine/log_entries.sql \
	engine/log_flushed.sql \
	functions/any_case.sql \
	functions/any_form.sql \
	functions/any_json.sql \
	functions/any_phone.sql \
	functions/as_e164.sql \
	functions/as_lower.sql \
	functions/begin_log.sql \
	functions/current_timeline.sql \
	functions/json_drop.sql \
	functions/json_keep.sql \
	functions/log_anchored.sql \
	functions/log_enqueue.sql \
	functions/log_heartbeat.sql \
	functions/log_last_gone.sql \
	functions/log_report.sql \
	functions/log_signed.sql \
	functions/truncate_any_phone.sql \
	functions/truncate_ip.sql \
	functions/truncate_phone.sql \
	functions/recover_begin.sql \
	functions/recover_end.sql \
	functions/hold_mirrors.sql \
	functions/holds_missing.sql \
	functions/holds_told.sql \
	functions/recover_checkpoint.sql \
	functions/recover_entry.sql \
	functions/recover_hold.sql \
	functions/recover_hold_lost.sql \
	functions/recover_hold_rules.sql \
	functions/recover_pause.sql \
	functions/recover_policy.sql \
	functions/require_control.sql \
	functions/retire_key.sql \
	functions/rotate_key.sql \
	functions/sequence_log.sql \
	functions/shred_epoch.sql \
	migrations/0003_log_tree.sql \
	migrations/0004_category_facts.sql \
	migrations/0005_holds.sql \
	migrations/0006_taken_effect.sql \
	migrations/0013_status_for_all.sql \
	migrations/0009_hold_lost.sql \
	migrations/0014_guard.sql \
	migrations/0024_reload.sql \
	migrations/0029_guard_rows.sql \
	migrations/0032_failure.sql \
	migrations/0030_batch_depth.sql \
	migrations/0031_category_was.sql \
	migrations/0033_run_waits.sql \
	migrations/0018_columns.sql \
	migrations/0017_hold_requests.sql \
	migrations/0015_guard_lookup.sql \
	migrations/0016_hold_rules.sql \
	migrations/0020_deidentify.sql
# aggregates
SQL_FILES += \
	functions/abandon_cells.sql \
	functions/close_cells.sql \
	functions/hmac_pads.sql \
	functions/judge_cells.sql \
	functions/reopen_families.sql \
	functions/require_published.sql \
	functions/roll_up.sql \
	migrations/0021_aggregate.sql \
	migrations/0023_cells_entry.sql
# groups of de-identified records
SQL_FILES += \
	functions/count_groups.sql \
	functions/keep_groups.sql \
	functions/settle_groups.sql \
	migrations/0035_groups.sql \
	migrations/0038_accepted.sql \
	migrations/0040_reader_reads.sql
# what retentionctl asks
SQL_FILES += \
	cli/epoch_keys.sql \
	cli/find_blocked.sql \
	cli/find_ref.sql \
	cli/fingerprint.sql \
	cli/hold_absent.sql \
	cli/hold_check_keys.sql \
	cli/hold_check_subjects.sql \
	cli/hold_confirm.sql \
	cli/hold_coverage.sql \
	cli/hold_declared.sql \
	cli/hold_extend.sql \
	cli/hold_find.sql \
	cli/hold_find_request.sql \
	cli/hold_gaps.sql \
	cli/hold_in_force.sql \
	cli/hold_key.sql \
	cli/hold_last_inventory.sql \
	cli/hold_inventory.sql \
	cli/hold_inventory_epoch.sql \
	cli/hold_list.sql \
	cli/hold_matters.sql \
	cli/hold_may_place.sql \
	cli/hold_may_read.sql \
	cli/hold_may_release.sql \
	cli/hold_mend.sql \
	cli/hold_narrow.sql \
	cli/hold_part_texts.sql \
	cli/hold_parts.sql \
	cli/hold_place.sql \
	cli/hold_preview.sql \
	cli/hold_problems.sql \
	cli/hold_release.sql \
	cli/hold_request.sql \
	cli/hold_rules.sql \
	cli/hold_rules_approve.sql \
	cli/hold_values.sql \
	cli/hold_waiting.sql \
	cli/hold_waiting_details.sql \
	cli/hold_withdraw.sql \
	cli/holds_to_recover.sql \
	cli/is_bound.sql \
	cli/key_text.sql \
	cli/leader.sql \
	cli/log_before.sql \
	cli/log_list.sql \
	cli/log_orphans.sql \
	cli/log_place.sql \
	cli/log_prune_state.sql \
	cli/log_refs.sql \
	cli/log_relations.sql \
	cli/log_rows.sql \
	cli/log_show.sql \
	cli/log_state.sql \
	cli/matter_close.sql \
	cli/matter_holds.sql \
	cli/matter_numbers.sql \
	cli/matter_list.sql \
	cli/may_lead.sql \
	cli/pause.sql \
	cli/plan_begin.sql \
	cli/plan_holds.sql \
	cli/plan_reader.sql \
	cli/plan_settings.sql \
	cli/policy_approve.sql \
	cli/policy_gone.sql \
	cli/policy_keeps_more.sql \
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
	cli/server_powers.sql \
	cli/session.sql \
	cli/setup_guards.sql \
	cli/settle_agreements.sql \
	cli/status.sql \
	cli/stop_now.sql \
	cli/unknown_categories.sql \
	cli/utc.sql \
	cli/who_may.sql \
	cli/withdraw_run.sql \
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
	engine/idle_backends.sql \
	engine/join.sql \
	engine/leaf.sql \
	engine/leaves.sql \
	engine/next_due.sql \
	engine/pin.sql \
	engine/pressure.sql \
	engine/propose_hold_rules.sql \
	engine/record_failure.sql \
	engine/record_status.sql \
	engine/run_time.sql \
	engine/run_time_alone.sql \
	engine/start_run.sql \
	engine/take_requests.sql \
	engine/unblock_unseen.sql \
	engine/window.sql

# schema retention
SQL_FILES += \
	catalog/apply_holds.sql \
	catalog/drop_stale_functions.sql \
	catalog/lock_holds.sql \
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
	functions/column_facts.sql \
	functions/changed_columns.sql \
	functions/finish_request.sql \
	functions/finish_run.sql \
	functions/guard_alter.sql \
	functions/guard_drop.sql \
	functions/guard_observe.sql \
	functions/guard_refuse.sql \
	functions/guard_rows.sql \
	functions/guard_snapshot.sql \
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
	functions/percent_decode.sql \
	functions/percent_encode.sql \
	functions/period_covers.sql \
	functions/policy_entries.sql \
	functions/policy_gone.sql \
	functions/policy_keeps_more.sql \
	functions/policy_settings.sql \
	functions/run_as_reader.sql \
	functions/read_as_reader.sql \
	functions/hold_parts_wanted.sql \
	functions/hold_scope_problems.sql \
	functions/check_holds.sql \
	functions/mend_holds.sql \
	functions/hold_facts_bound.sql \
	functions/hold_facts_text.sql \
	functions/accept_hold_gaps.sql \
	functions/policy_tables.sql \
	functions/policy_takes_more.sql \
	functions/policy_takes_rest.sql \
	functions/policies_apart.sql \
	functions/text_in_effect.sql \
	functions/start_settings.sql \
	functions/holds_named.sql \
	functions/hold_follows.sql \
	functions/holds_not_following.sql \
	functions/require_same_columns.sql \
	functions/require_holds_follow.sql \
	functions/progress_run.sql \
	functions/prune_log.sql \
	functions/record_config.sql \
	functions/record_guard.sql \
	functions/record_failure.sql \
	functions/record_accepted.sql \
	functions/record_reload.sql \
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
	functions/run_waits.sql \
	functions/session_is_gone.sql \
	functions/set_fingerprint.sql \
	functions/settle_agreements.sql \
	functions/start_run.sql \
	functions/stop_now.sql \
	functions/take_requests.sql \
	functions/try_timestamptz.sql \
	functions/unblock.sql \
	functions/withdraw_run.sql \
	functions/write_entry.sql \
	migrations/0001_tables.sql \
	migrations/0002_grants.sql \
	roles.sql \
	views/compliance.sql

# holds
SQL_FILES += \
	functions/add_hold_part.sql \
	functions/apply_hold_parts.sql \
	functions/apply_holds.sql \
	functions/apply_new_part.sql \
	functions/approve_hold_rules.sql \
	functions/canonical_key.sql \
	functions/canonical_text.sql \
	functions/carry_out_request.sql \
	functions/close_matter.sql \
	functions/confirm_request.sql \
	functions/count_held.sql \
	functions/extend_hold.sql \
	functions/hmac_sha256.sql \
	functions/hold_absent.sql \
	functions/hold_coverage.sql \
	functions/hold_entry.sql \
	functions/hold_facts.sql \
	functions/hold_facts_used.sql \
	functions/hold_keeps_something.sql \
	functions/hold_misses.sql \
	functions/hold_names_errors.sql \
	functions/hold_preview.sql \
	functions/hold_reach.sql \
	functions/hold_scope_text.sql \
	functions/key_columns.sql \
	functions/lock_hold.sql \
	functions/lock_holds.sql \
	functions/lock_request.sql \
	functions/lost_columns.sql \
	functions/narrow_hold.sql \
	functions/place_hold.sql \
	functions/propose_hold_rules.sql \
	functions/raise_hold_errors.sql \
	functions/read_key.sql \
	functions/record_inventory.sql \
	functions/release_hold.sql \
	functions/require_read_committed.sql \
	functions/withdraw_request.sql

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
