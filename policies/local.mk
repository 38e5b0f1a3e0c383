# Sample policies for the sample database (sql/sample/): documentation, and a test's input.
SAMPLE_POLICIES = \
	policies/account_and_contact.cfg \
	policies/billing.cfg \
	policies/call_logs.cfg \
	policies/children.cfg \
	policies/consents_and_referrals.cfg \
	policies/credentials.cfg \
	policies/customers_end_users.cfg \
	policies/government_identifiers.cfg \
	policies/job_applications.cfg \
	policies/privacy_requests.cfg \
	policies/recordings.cfg \
	policies/security.cfg \
	policies/site.cfg \
	policies/subprocessors.cfg \
	policies/support.cfg \
	policies/text_messages.cfg \
	policies/transcriptions.cfg \
	policies/ungoverned.cfg \
	policies/voice_prints.cfg

samplepoliciesdir = $(docdir)/policies
dist_samplepolicies_DATA = policies/retentiond.cfg.sample $(SAMPLE_POLICIES)
