-- Keys, indexes and triggers of the sample database: run after generate.sql (or on empty tables).

alter table ctm.schema_version add primary key (version);
alter table ctm.agency add primary key (agency_id);
alter table ctm.account add primary key (account_id);
alter table ctm.account_setting add primary key (account_id);
alter table ctm.app_user add primary key (user_id);
alter table ctm.voice_print add primary key (voice_print_id);
alter table ctm.api_key add primary key (key_id);
alter table ctm.verification_code add primary key (code_id);
alter table ctm.tracking_number add primary key (tracking_number_id);
alter table ctm.call add primary key (call_id, started_at);
alter table ctm."Call Score" add primary key ("Call Id", "Call Started");
alter table ctm.call_event add primary key (event_id);
alter table ctm.routing_record add primary key (carrier, carrier_ref);
alter table ctm.call_recording add primary key (recording_id);
alter table ctm.recording_share add primary key (recording_id, token);
alter table ctm.call_transcript add primary key (transcript_id);
alter table ctm.transcript_segment add primary key (transcript_id, seq);
alter table ctm.text_message add primary key (message_id);
alter table ctm.message_media add primary key (media_id);
alter table ctm.media_scan add primary key (media_id, scanner);
alter table ctm.form_submission add primary key (submission_id);
alter table ctm.chat add primary key (chat_id);
alter table ctm.chat_message add primary key (chat_id, seq);
alter table ctm.contact add primary key (contact_id);
alter table ctm.contact_account add primary key (contact_id, account_id);
alter table ctm.attribute add primary key (entity_type, entity_id, name);
alter table web.visitor_session add primary key (session_id);
alter table web.page_event add primary key (event_id);
alter table web.session_replay add primary key (replay_id);
alter table web.tracking_cookie add primary key (visitor_id);
alter table web.contact_request add primary key (request_id);
alter table web.newsletter_subscription add primary key (email, list);
alter table web.event_registration add primary key (event_code, email);
alter table web.survey_response add primary key (response_id);
alter table web.consent add primary key (consent_id);
alter table web.referral add primary key (referral_id);
alter table web.chatbot_usage add primary key (day);
alter table billing.invoice add primary key (invoice_no);
alter table billing.invoice_line add primary key (invoice_no, line);
alter table billing.payment add primary key (payment_id);
alter table billing.payment_method add primary key (method_id);
alter table billing.dispute add primary key (dispute_id);
alter table support.ticket add primary key (ticket_id);
alter table support.ticket_message add primary key (ticket_id, seq);
alter table support.attachment add primary key (attachment_id);
alter table risk.fraud_signal add primary key (signal_id);
alter table risk.identity_document add primary key (document_id);
alter table privacy.request add primary key (request_id);
alter table privacy.identity_check add primary key (check_id);
alter table privacy.minor_record add primary key (record_id);
alter table hr.job_opening add primary key (opening_id);
alter table hr.job_application add primary key (application_id);
alter table ref.area_code add primary key (npa);
alter table ref.carrier_rate add primary key (carrier, prefix);

-- indexes under foreign keys and other references

create index on ctm.account (agency_id);
create index on ctm.app_user (account_id);
create unique index on ctm.app_user (lower(email), user_id) where deleted_at is null;
create index on ctm.voice_print (user_id);
create index on ctm.api_key (account_id);
create index on ctm.api_key (user_id);
create index on ctm.verification_code (user_id);
create index on ctm.tracking_number (account_id);
create index on ctm.call (account_id, started_at);
create index on ctm.call (tracking_number_id);
create index on ctm.call_event (call_id);
create index on ctm.routing_record (account_id);
create index on ctm.call_recording (account_id, recorded_at);
create index on ctm.call_recording (call_id);
create index on ctm.call_transcript (recording_id);
create index on ctm.text_message (account_id);
create index on ctm.text_message (tracking_number_id);
create index on ctm.message_media (message_id);
create index on ctm.form_submission (account_id);
create index on ctm.chat (account_id);
create index on ctm.contact (phone);
create index on ctm.contact_account (account_id);
create index on web.visitor_session (account_id);
create index on web.page_event (session_id, seen_at);
create index on web.session_replay (session_id);
create index on web.referral (referrer_id);
create index on billing.invoice (account_id, state);
create index on billing.payment (invoice_no);
create index on billing.payment_method (account_id);
create index on billing.payment_method_log (method_id);
create index on billing.dispute (account_id);
create index on billing.dispute (invoice_no);
create index on billing.dispute (recording_id);
create index on support.ticket (account_id);
create index on support.attachment (owner_type, owner_id);
create index on risk.fraud_signal (account_id);
create index on risk.identity_document (user_id);
create index on privacy.identity_check (request_id);
create index on hr.job_application (opening_id);

-- indexes under starting points

create index on ctm.agency (created_at);
create index on ctm.account (closed_at);
create index on ctm.app_user (deactivated_at);
create index on ctm.voice_print (last_used_at);
create index on ctm.api_key (revoked_at);
create index on ctm.verification_code (sent_at_ms);
create index on ctm.tracking_number (released_at);
create index on ctm.call using brin (started_at);
create index on ctm.call_event (((payload #>> '{meta,at_ms}')::bigint));
create index on ctm.routing_record (connected_at_s);
create index on ctm.call_recording (recorded_at);
create index on ctm.call_recording (replaced_at);
create index on ctm.text_message (sent_at);
create index on ctm.form_submission (received_at);
create index on ctm.chat (opened_at);
create index on ctm.chat_message (chat_id, sent_at);
create index on ctm.contact (first_seen_at);
create index on ctm.contact_account (contact_id, last_activity_at);
create index on ctm.attribute (set_at);
create index on web.visitor_session (started_at);
create index on web.page_event (seen_at);
create index on web.session_replay (recorded_s);
create index on web.tracking_cookie (last_seen_on);
create index on web.contact_request (submitted_at);
create index on web.contact_request (handled_at);
create index on web.newsletter_subscription (unsubscribed_at);
create index on web.event_registration (event_on);
create index on web.survey_response (submitted_at);
create index on web.consent (withdrawn_at);
create index on web.consent (granted_at);
create index on web.referral (sent_at);
create index on web.referral (accepted_at);
create index on billing.invoice (issued_on);
create index on billing.payment (paid_at);
create index on billing.payment_method (removed_at);
create index on billing.dispute (closed_at);
create index on support.ticket (opened_at);
create index on support.ticket (solved_at);
create index on support.attachment (uploaded_at);
create index on risk.fraud_signal (seen_at_s);
create index on risk.login_event (at);
create index on risk.identity_document (verified_at);
create index on privacy.request (closed_on);
create index on privacy.identity_check (checked_at);
create index on privacy.minor_record (found_at);
create index on hr.job_application (received_at);
create index on hr.job_application (decided_on);

-- foreign keys; none that cascades leaves its family

alter table ctm.account add foreign key (agency_id) references ctm.agency;
alter table ctm.account_setting add foreign key (account_id) references ctm.account
    on delete cascade;
alter table ctm.app_user add foreign key (account_id) references ctm.account;
alter table ctm.voice_print add foreign key (user_id) references ctm.app_user;
alter table ctm.api_key add foreign key (account_id) references ctm.account;
alter table ctm.api_key add foreign key (user_id) references ctm.app_user;
alter table ctm.verification_code add foreign key (user_id) references ctm.app_user;
alter table ctm.tracking_number add foreign key (account_id) references ctm.account;
alter table ctm.call add foreign key (account_id) references ctm.account;
alter table ctm.call add foreign key (tracking_number_id) references ctm.tracking_number;
alter table ctm."Call Score" add foreign key ("Call Id", "Call Started")
    references ctm.call (call_id, started_at) on delete cascade;
alter table ctm.call_recording add foreign key (account_id) references ctm.account;
alter table ctm.recording_share add foreign key (recording_id) references ctm.call_recording
    on delete cascade;
alter table ctm.call_transcript add foreign key (recording_id) references ctm.call_recording
    on delete restrict;
alter table ctm.transcript_segment add foreign key (transcript_id) references ctm.call_transcript
    on delete cascade;
alter table ctm.text_message add foreign key (account_id) references ctm.account;
alter table ctm.text_message add foreign key (tracking_number_id)
    references ctm.tracking_number;
alter table ctm.message_media add foreign key (message_id) references ctm.text_message
    on delete cascade;
alter table ctm.media_scan add foreign key (media_id) references ctm.message_media;
alter table ctm.form_submission add foreign key (account_id) references ctm.account;
alter table ctm.chat add foreign key (account_id) references ctm.account;
alter table ctm.chat_message add foreign key (chat_id) references ctm.chat on delete cascade;
alter table ctm.contact_account add foreign key (contact_id) references ctm.contact
    on delete cascade;
alter table ctm.contact_account add foreign key (account_id) references ctm.account;
alter table web.visitor_session add foreign key (account_id) references ctm.account;
alter table web.page_event add foreign key (session_id) references web.visitor_session
    on delete cascade;
alter table web.session_replay add foreign key (session_id) references web.visitor_session;
alter table web.referral add foreign key (referrer_id) references ctm.app_user;
alter table billing.invoice add foreign key (account_id) references ctm.account;
alter table billing.invoice_line add foreign key (invoice_no) references billing.invoice
    on delete cascade;
alter table billing.payment add foreign key (invoice_no) references billing.invoice
    on delete restrict;
alter table billing.payment_method add foreign key (account_id) references ctm.account;
alter table billing.dispute add foreign key (account_id) references ctm.account;
alter table billing.dispute add foreign key (invoice_no) references billing.invoice;
alter table support.ticket add foreign key (account_id) references ctm.account;
alter table support.ticket_message add foreign key (ticket_id) references support.ticket
    on delete cascade;
alter table risk.identity_document add foreign key (user_id) references ctm.app_user;
alter table privacy.identity_check add foreign key (request_id) references privacy.request;
alter table hr.job_application add foreign key (opening_id) references hr.job_opening;

-- The card processor's auditors asked for a trail of payment methods; policies/payment_methods.cfg
-- accepts this trigger by its hash.

create function billing.log_payment_method() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into billing.payment_method_log (method_id, what)
    values (coalesce(new.method_id, old.method_id), lower(tg_op));
    return null;
end
$$;

create trigger audit_row after insert or update or delete on billing.payment_method
    for each row execute function billing.log_payment_method();

-- Identity columns go on after the numbers that generate.sql gave.

do $$
declare
    c record;
begin
    for c in
        select table_schema, table_name, column_name from information_schema.columns
        where is_identity = 'YES'
            and table_schema in ('ctm', 'web', 'billing', 'support', 'risk', 'privacy', 'hr')
    loop
        execute format('select setval(pg_get_serial_sequence(%L, %L),
            coalesce(max(%I), 0) + 1, false) from %I.%I',
            format('%I.%I', c.table_schema, c.table_name), c.column_name, c.column_name,
            c.table_schema, c.table_name);
    end loop;
end
$$;
