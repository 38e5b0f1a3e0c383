# What the service manager gets. Units are made, for they name the installation's directories.
UNITS = systemd/retentiond.service systemd/retentiond@.service
SYSTEMD_INPUTS = systemd/common.in systemd/substitute.sh
SYSTEMD_MADE = $(UNITS) systemd/retentiond.conf systemd/tmpfiles/retentiond.conf \
	systemd/retentiond.catalog
EXTRA_DIST += $(SYSTEMD_INPUTS) $(UNITS:%=%.in) systemd/retentiond.sysusers \
	systemd/retentiond.tmpfiles.in systemd/retentionctl.bash-completion.in
CLEANFILES += $(SYSTEMD_MADE) systemd/retentionctl
SUBSTITUTE = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SHELL) $(top_srcdir)/systemd/substitute.sh \
	$(top_srcdir)/systemd/common.in

nodist_systemdsystemunit_DATA = $(UNITS)
systemd/retentiond.service: systemd/retentiond.service.in $(SYSTEMD_INPUTS)
	$(SUBSTITUTE) retentiond '$(sbindir)' '$(sysconfdir)' \
		< $(top_srcdir)/$@.in > $@.tmp && mv $@.tmp $@
systemd/retentiond@.service: systemd/retentiond@.service.in $(SYSTEMD_INPUTS)
	$(SUBSTITUTE) retentiond-%i '$(sbindir)' '$(sysconfdir)' \
		< $(top_srcdir)/$@.in > $@.tmp && mv $@.tmp $@

nodist_sysusers_DATA = systemd/retentiond.conf
systemd/retentiond.conf: systemd/retentiond.sysusers
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $(top_srcdir)/systemd/retentiond.sysusers $@

nodist_tmpfiles_DATA = systemd/tmpfiles/retentiond.conf
systemd/tmpfiles/retentiond.conf: systemd/retentiond.tmpfiles.in $(SYSTEMD_INPUTS)
	$(SUBSTITUTE) retentiond '$(sbindir)' '$(sysconfdir)' \
		< $(top_srcdir)/systemd/retentiond.tmpfiles.in > $@.tmp && mv $@.tmp $@

nodist_catalog_DATA = systemd/retentiond.catalog
systemd/retentiond.catalog: worker/manparts$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./worker/manparts$(EXEEXT) catalog > $@.tmp && mv $@.tmp $@

nodist_bashcompletion_DATA = systemd/retentionctl
systemd/retentionctl: systemd/retentionctl.bash-completion.in worker/manparts$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && { cat $(top_srcdir)/systemd/retentionctl.bash-completion.in; \
		./worker/manparts$(EXEEXT) completion; } > $@.tmp && mv $@.tmp $@

monitoringdir = $(docdir)/monitoring
dist_monitoring_DATA = systemd/alerts.yml systemd/dashboard.json
