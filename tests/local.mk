# tests/run is one program: every suite of tests/suites.h, one file each.
if HAVE_CHECK
check_PROGRAMS += tests/run
endif
# writes logs for the tests of other people's verifiers, and for the benchmark
check_PROGRAMS += tests/makelog
tests_makelog_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_makelog_LDADD = libretention.a $(COMMON_LIBS)
tests_makelog_SOURCES = tests/logmaker.c tests/logmaker.h tests/makelog.c

# for the benchmarks: what a program took; one that takes processor time
check_PROGRAMS += tests/usage tests/burn
tests_usage_SOURCES = tests/bench/usage.c
tests_burn_SOURCES = tests/bench/burn.c
# ./dev fuzz: made by name alone, with clang and its libFuzzer
FUZZERS = tests/fuzz/policy tests/fuzz/entry tests/fuzz/note
EXTRA_PROGRAMS = $(FUZZERS)
CLEANFILES += $(FUZZERS)
fuzz_sources = tests/fuzz/fuzzer.c tests/fuzz/targets.c tests/fuzz/targets.h
fuzz_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_fuzz_policy_SOURCES = $(fuzz_sources)
tests_fuzz_policy_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_TARGET='"policy"'
tests_fuzz_policy_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_policy_LDADD = libretention.a $(COMMON_LIBS)
tests_fuzz_entry_SOURCES = $(fuzz_sources)
tests_fuzz_entry_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_TARGET='"entry"'
tests_fuzz_entry_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_entry_LDADD = libretention.a $(COMMON_LIBS)
tests_fuzz_note_SOURCES = $(fuzz_sources)
tests_fuzz_note_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_TARGET='"note"'
tests_fuzz_note_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_note_LDADD = libretention.a $(COMMON_LIBS)
EXTRA_DIST += tests/fuzz/corpus
if HAVE_CHECK
check_PROGRAMS += tests/soak/soak tests/soak/day
endif
# ./dev soak
tests_soak_soak_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_soak_soak_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -Wno-missing-prototypes
tests_soak_soak_LDADD = libretention.a $(CHECK_LIBS) $(COMMON_LIBS)
soak_support = \
	tests/application.c \
	tests/application.h \
	tests/engine_support.c \
	tests/engine_support.h \
	tests/harness/cluster.c \
	tests/harness/cluster.h \
	tests/harness/db.c \
	tests/harness/db.h \
	tests/harness/number.c \
	tests/harness/number.h \
	tests/harness/program.c \
	tests/harness/proxy.c \
	tests/harness/proxy.h \
	tests/harness/schema.c \
	tests/harness/schema.h \
	tests/harness/sitter.c \
	tests/harness/sitter.h \
	tests/log_audit.c \
	tests/log_audit.h
tests_soak_soak_SOURCES = $(soak_support) tests/soak/people.c tests/soak/people.h tests/soak/soak.c
# ./dev valgrind
tests_soak_day_CPPFLAGS = $(tests_soak_soak_CPPFLAGS)
tests_soak_day_CFLAGS = $(tests_soak_soak_CFLAGS)
tests_soak_day_LDADD = $(tests_soak_soak_LDADD)
tests_soak_day_SOURCES = $(soak_support) tests/log_support.c tests/log_support.h tests/soak/day.c
tests_run_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_run_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -Wno-missing-prototypes
tests_run_LDADD = libretention.a $(CHECK_LIBS) $(COMMON_LIBS)
tests_run_SOURCES = \
	tests/application.c \
	tests/application.h \
	tests/cli_fixture.c \
	tests/cli_fixture.h \
	tests/cli_hold_support.c \
	tests/cli_hold_support.h \
	tests/engine_support.c \
	tests/engine_support.h \
	tests/expect.c \
	tests/expect.h \
	tests/fuzz/targets.c \
	tests/fuzz/targets.h \
	tests/guard_support.c \
	tests/guard_support.h \
	tests/harness/cluster.c \
	tests/harness/cluster.h \
	tests/harness/number.c \
	tests/harness/number.h \
	tests/harness/sitter.c \
	tests/harness/sitter.h \
	tests/harness/db.c \
	tests/harness/db.h \
	tests/harness/machine.c \
	tests/harness/machine.h \
	tests/harness/program.c \
	tests/harness/proxy.c \
	tests/harness/proxy.h \
	tests/harness/schema.c \
	tests/harness/schema.h \
	tests/hold_policy.c \
	tests/hold_policy.h \
	tests/hold_support.c \
	tests/hold_support.h \
	tests/jobs.c \
	tests/jobs.h \
	tests/log_audit.c \
	tests/log_audit.h \
	tests/logmaker.c \
	tests/logmaker.h \
	tests/log_support.c \
	tests/log_support.h \
	tests/oracle_case.c \
	tests/oracle_case.h \
	tests/oracle_draw.c \
	tests/oracle_draw.h \
	tests/oracle_hold.c \
	tests/oracle_rule.c \
	tests/pg_session.c \
	tests/pg_session.h \
	tests/run.c \
	tests/sample.h \
	tests/sql_support.c \
	tests/sql_support.h \
	tests/suites.h \
	tests/test_base_span.c \
	tests/test_base_text.c \
	tests/test_begin_batch.c \
	tests/test_aggregate.c \
	tests/test_aggregate_keep.c \
	tests/test_aggregate_many.c \
	tests/test_brake.c \
	tests/test_catalog.c \
	tests/test_cli_commands.c \
	tests/test_cli_diff.c \
	tests/test_cli_flow.c \
	tests/test_cli_frame.c \
	tests/test_cli_hold_end.c \
	tests/test_cli_hold_place.c \
	tests/test_cli_hold_rules.c \
	tests/test_cli_log.c \
	tests/test_cli_log_db.c \
	tests/test_cli_policies.c \
	tests/test_cli_session.c \
	tests/test_clocks.c \
	tests/test_config_file.c \
	tests/test_config_settings.c \
	tests/test_config_trap.c \
	tests/test_disk_full.c \
	tests/test_engine_agreements.c \
	tests/test_engine_by_time.c \
	tests/test_engine_conditions.c \
	tests/test_engine_kept.c \
	tests/test_engine_daemon.c \
	tests/test_engine_deidentify.c \
	tests/test_engine_deidentify_family.c \
	tests/test_engine_family.c \
	tests/test_engine_faults.c \
	tests/test_engine_parts.c \
	tests/test_engine_races.c \
	tests/test_engine_random.c \
	tests/test_engine_rounds.c \
	tests/test_engine_run.c \
	tests/test_engine_schema.c \
	tests/test_engine_turns.c \
	tests/test_fault_matrix.c \
	tests/test_fingerprint.c \
	tests/test_fuzz_corpus.c \
	tests/test_guard.c \
	tests/test_guard_elsewhere.c \
	tests/test_guard_outdated.c \
	tests/test_guard_races.c \
	tests/test_guard_settings.c \
	tests/test_harness.c \
	tests/test_hold_change.c \
	tests/test_hold_doubt.c \
	tests/test_hold_place.c \
	tests/test_hold_roles.c \
	tests/test_hold_rules.c \
	tests/test_hold_time.c \
	tests/test_hold_sessions.c \
	tests/test_hold_values.c \
	tests/test_hold_races.c \
	tests/test_hostile.c \
	tests/test_intake.c \
	tests/test_kill.c \
	tests/test_leadership.c \
	tests/test_ledger_digest.c \
	tests/test_ledger_entry.c \
	tests/test_ledger_merkle.c \
	tests/test_ledger_note.c \
	tests/test_ledger_proof.c \
	tests/test_ledger_publish.c \
	tests/test_ledger_tile.c \
	tests/test_ledger_verify.c \
	tests/test_ledger_verify_history.c \
	tests/test_ledger_verify_story.c \
	tests/test_log_attacks.c \
	tests/test_log_entries.c \
	tests/test_log_kill.c \
	tests/test_log_holds.c \
	tests/test_log_page.c \
	tests/test_log_recovery.c \
	tests/test_log_sample.c \
	tests/test_log_restore.c \
	tests/test_log_sequencer.c \
	tests/test_managed.c \
	tests/test_manual.c \
	tests/test_oracle.c \
	tests/test_oracle_deidentify.c \
	tests/test_oracle_run.c \
	tests/test_memory.c \
	tests/test_pace.c \
	tests/test_pace_server.c \
	tests/test_pg_conn.c \
	tests/test_pg_conn_loss.c \
	tests/test_plan.c \
	tests/test_quasi.c \
	tests/test_policies_bad.c \
	tests/test_policy_change.c \
	tests/test_policy_parse.c \
	tests/test_reload.c \
	tests/test_sample.c \
	tests/test_sample_policies.c \
	tests/test_schema.c \
	tests/test_schema_flow.c \
	tests/test_schema_roles.c \
	tests/test_service_http.c \
	tests/test_sql_builder.c \
	tests/test_sql_sample.c \
	tests/test_network.c \
	tests/test_next_schema.c \
	tests/test_pooler.c \
	tests/test_staying_up.c \
	tests/test_strategy.c \
	tests/test_strategy_bounds.c \
	tests/test_strategy_drop.c \
	tests/test_strategy_partition.c \
	tests/test_systemd.c \
	tests/test_systemd_readme.c \
	tests/test_policies_bad_db.c \
	tests/test_setup_script.c \
	tests/test_tls.c \
	tests/test_validate.c \
	tests/up_support.c \
	tests/up_support.h \
	tests/validate_support.c \
	tests/validate_support.h \
	tests/test_verifiers.c \
	tests/test_yielding.c \
	tests/verifiers.h \
	tests/vlog.c \
	tests/vlog.h

TESTS += tests/check-layers.sh
if HAVE_CHECK
TESTS += tests/run-all.sh
endif
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; \
	export top_srcdir top_builddir;
EXTRA_DIST += \
	tests/check-layers.sh \
	tests/demo.sh \
	tests/harness/cluster.sh \
	tests/harness/machine.sh \
	tests/machine_setup.sh \
	tests/machine_setup_readme.sh \
	tests/notice-categories.txt \
	tests/policies-bad-db \
	tests/run-all.sh \
	tests/vectors/log-kat \
	tests/vectors/rfc6962
# policy in, SQL out
EXTRA_DIST += \
	tests/golden/agreement_table.cfg tests/golden/agreement_table.sql \
	tests/golden/held.cfg tests/golden/held.sql \
	tests/golden/family.cfg tests/golden/family.sql \
	tests/golden/plain.cfg tests/golden/plain.sql \
	tests/golden/quoting.cfg tests/golden/quoting.sql \
	tests/golden/schema.sql \
	tests/golden/starts.cfg tests/golden/starts.sql
EXTRA_DIST += tests/policies-bad tests/policies-good
EXTRA_DIST += tests/aggregate.sql tests/application.sql tests/random_changes.sql
EXTRA_DIST += \
	tests/bench/actions.sh \
	tests/bench/guard.sh \
	tests/bench/holds.sh \
	tests/bench/idle.sh \
	tests/bench/lag.sh \
	tests/bench/latency.sh \
	tests/bench/log.sh \
	tests/bench/log_server.sh \
	tests/bench/partition.sh \
	tests/bench/placing.sh \
	tests/bench/prelude.sh \
	tests/bench/purge.sh \
	tests/bench/site.sh
EXTRA_DIST += tests/soak/soak.sql
# what is due, said apart from the builder
EXTRA_DIST += tests/oracle.sql tests/hold_races.sql
# logs and proofs, verified by programs that are not ours
EXTRA_DIST += \
	tests/verifiers/package.json \
	tests/verifiers/package-lock.json \
	tests/verifiers/sigstorecheck.js \
	tests/verifiers/tlogcheck.go
