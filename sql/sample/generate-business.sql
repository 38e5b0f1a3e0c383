-- Rows of the other schemas, and sample.generate itself.

create function sample.generate_web(total bigint, seed integer, run_at timestamptz)
    returns void
    language plpgsql
as $$
declare
    z record := sample.sizes(total);
    n bigint;
begin
    insert into web.visitor_session (session_id, property, account_id, visitor_id, ip, user_agent,
        referrer, started_at)
    select sample.id(seed, 100, i), p, case when p <> 'own_site' then a end,
        'v' || sample.n(seed, 103, i, greatest(1, total * 15 / 1000)), sample.ip(h),
        case when h % 3 = 0 then 'Mozilla/5.0 (iPhone)' else 'Mozilla/5.0 (X11; Linux x86_64)' end,
        case when h % 4 = 0 then 'https://search.example/?q=call+tracking' end,
        sample.at(run_at, x)
    from sample.stream(seed, 100, z.sessions, z.sessions, z.accounts)
    cross join lateral (select sample.h(seed, 102, i) as h, sample.property(seed, i) as p
        offset 0) y;

    -- session 40 is a crawler's, with a thousandth of all rows; one in ten has no event
    insert into web.page_event (session_id, url, kind, seen_at)
    select sample.id(seed, 100, i), 'https://www.example.com/page/' || sample.n(seed, 104, s, 60),
        ('{view,view,click,scroll}'::text[])[1 + s % 4],
        least(run_at, sample.at(run_at, x) + s * interval '9 seconds')
    from sample.stream(seed, 100, z.sessions, z.sessions, z.accounts)
    cross join lateral generate_series(1, case when i = 40 then total / 1000
        when i % 10 = 0 then 0
        else 1 + floor(-2.5 * ln(1 - sample.u(seed, 105, i)))::bigint end) s;

    n := total * 10 / 1000;
    insert into web.session_replay (session_id, chunk, object_key, recorded_s)
    select sample.id(seed, 100, i), 1, 'replay/' || sample.id(seed, 100, i),
        case when j % 907 = 5 then null
            else extract(epoch from sample.at(run_at, x))::bigint end
    from sample.stream(seed, 100, z.sessions, n, z.accounts);

    n := total * 15 / 1000;
    insert into web.tracking_cookie (visitor_id, first_seen_on, last_seen_on, ad_click_id,
        propensity)
    select 'v' || (j - 1), sample.at(run_at, x)::date,
        case when j % 83 <> 0 then
            sample.at(run_at, x + (1 - x) * power(sample.u(seed, 110, j), 4))::date end,
        case when j % 5 = 0 then 'gclid.' || md5('g' || j) end, sample.u(seed, 111, j)
    from sample.stream(seed, 106, n, n, z.accounts);

    n := total * 3 / 1000;
    insert into web.contact_request (form, full_name, email, phone, zip, message, submitted_at,
        handled_at)
    select case when j % 3 = 0 then 'contact_support' else 'contact_sales' end,
        sample.name(seed, j + 4000000), sample.email(seed, j + 4000000),
        case when j % 2 = 0 then sample.phone(j + 900000) end,
        case when j % 3 = 1 then lpad((j * 7919 % 100000)::text, 5, '0') end, sample.sentence(j),
        sample.at(run_at, x), case when j % 6 <> 0 then sample.at(run_at, x + (1 - x) * 0.02) end
    from sample.stream(seed, 112, n, n, z.accounts);

    n := total * 2 / 1000;
    insert into web.newsletter_subscription (email, list, subscribed_at, unsubscribed_at)
    select sample.email(seed, j + 5000000), case when j % 20 = 3 then 'beta'
            else ('{product,partners}'::text[])[1 + j % 2] end,
        sample.at(run_at, x),
        case when j % 3 = 0 then sample.at(run_at, x + (1 - x) * sample.u(seed, 116, j)) end
    from sample.stream(seed, 114, n, n, z.accounts);

    n := 5 + total / 1000;
    insert into web.event_registration (event_code, email, full_name, company, event_on, attended)
    select 'webinar-' || j / 40, sample.email(seed, j + 5100000), sample.name(seed, j + 5100000),
        'Company ' || j % 90, case when j % 211 <> 7 then
            (sample.at(run_at, (j / 40 * 40)::float8 / n) + interval '21 days')::date end,
        case when j % 2 = 0 then true end
    from generate_series(1, n) j;

    n := total * 2 / 1000;
    insert into web.survey_response (response_id, survey, email, answers, submitted_at)
    select sample.id(seed, 117, j), ('{nps,onboarding,churn}'::text[])[1 + j % 3],
        case when j % 2 = 0 then sample.email(seed, j + 5000000) end,
        jsonb_build_object('score', j % 11, 'why', sample.sentence(j)), sample.at(run_at, x)
    from sample.stream(seed, 117, n, n, z.accounts);

    n := total * 6 / 1000;
    insert into web.consent (email, phone, purpose, granted_at, withdrawn_at, evidence)
    select sample.email(seed, j + 5000000), case when j % 3 = 1 then sample.phone(j) end,
        ('{email_marketing,sms_marketing,cookies}'::text[])[1 + j % 3], sample.at(run_at, x),
        case when j % 4 = 0 then sample.at(run_at, x + (1 - x) * sample.u(seed, 121, j)) end,
        jsonb_build_object('ip', host(sample.ip(j)), 'wording', 'v' || j % 7)
    from sample.stream(seed, 119, n, n, z.accounts);

    n := 5 + total * 6 / 10000;
    insert into web.referral (referral_id, referrer_id, friend_name, friend_email, sent_at,
        accepted_at)
    select sample.id(seed, 122, j), a, sample.name(seed, j + 5200000),
        sample.email(seed, j + 5200000), sample.at(run_at, x),
        case when j % 4 = 0 then sample.at(run_at, x + (1 - x) * 0.05) end
    from sample.stream(seed, 122, n, n, z.accounts);

    insert into web.chatbot_usage (day, conversations)
    select (run_at - d * interval '1 day')::date, sample.n(seed, 124, d, 90)
    from generate_series(0, 60) d;
end
$$;

create function sample.property(seed integer, i bigint) returns text
    language sql immutable parallel safe
as $$
    select ('{own_site,own_site,portal,customer_site,customer_site,customer_site,customer_site}'
        ::text[])[1 + sample.n(seed, 101, i, 7)]
$$;

create function sample.generate_billing(total bigint, seed integer, run_at timestamptz)
    returns void
    language plpgsql
as $$
declare
    z record := sample.sizes(total);
    n bigint;
begin
    insert into billing.invoice (invoice_no, account_id, state, issued_on, due_on, bill_to, total)
    select 'INV-' || lpad(j::text, 9, '0'), a, sample.invoice_state(seed, j),
        case when sample.invoice_state(seed, j) = 'draft' then null
            when j % 2003 = 11 then date '1900-01-01' else sample.at(run_at, x)::date end,
        (sample.at(run_at, x) + interval '30 days')::date, sample.address(seed, a),
        (100 + sample.n(seed, 132, j, 90000) / 100.0)
    from sample.stream(seed, 130, z.invoices, z.invoices, z.accounts);

    insert into billing.invoice_line (invoice_no, line, description, amount)
    select 'INV-' || lpad(j::text, 9, '0'), l,
        ('{Minutes,Numbers,Transcription}'::text[])[l],
        sample.n(seed, 133, j * 4 + l, 30000) / 100.0
    from generate_series(1, z.invoices) j
    cross join lateral generate_series(1, 1 + sample.n(seed, 134, j, 3)::integer) l;

    n := total * 5 / 1000;
    insert into billing.payment (invoice_no, method, card_last4, amount, paid_at)
    select 'INV-' || lpad(i::text, 9, '0'), case when j % 9 = 0 then 'ach' else 'card' end,
        case when j % 9 <> 0 then lpad(sample.n(seed, 135, j, 10000)::text, 4, '0') end,
        100 + sample.n(seed, 132, i, 90000) / 100.0,
        case when j % 149 <> 0 then least(run_at, sample.at(run_at, x) + interval '5 days') end
    from sample.stream(seed, 130, z.invoices, n, z.accounts)
    where sample.invoice_state(seed, i) = 'paid';

    n := 12 + total / 1000;
    insert into billing.payment_method (method_id, account_id, brand, last4, holder, expires_on,
        removed_at)
    select sample.id(seed, 136, j), a, ('{visa,mastercard,amex}'::text[])[1 + j % 3],
        lpad(sample.n(seed, 138, j, 10000)::text, 4, '0'), sample.name(seed, a + 1000000),
        (sample.at(run_at, x) + interval '4 years')::date,
        case when j % 3 = 0 then sample.at(run_at, x + (1 - x) * sample.u(seed, 139, j)) end
    from sample.stream(seed, 136, n, n, z.accounts);

    -- every other one is about a recording, the others about an invoice; a quarter is open
    n := 8 + total * 5 / 10000;
    insert into billing.dispute (account_id, invoice_no, recording_id, state, reason, opened_at,
        closed_at)
    select a, case when d % 2 = 0 then 'INV-' || lpad(i::text, 9, '0') end,
        case when d % 2 = 1 then sample.id(seed, 50, 1 + sample.n(seed, 140, d, z.recordings))
            end,
        case when d % 4 = 0 or d % 8 = 1 then 'open' when d % 3 = 0 then 'won' else 'lost' end,
        'wrong charge', sample.at(run_at, x),
        case when not (d % 4 = 0 or d % 8 = 1) then sample.at(run_at, x + (1 - x) * 0.05) end
    from (select j as d, i, x, a from sample.stream(seed, 130, z.invoices, n, z.accounts)) s;
end
$$;

create function sample.invoice_state(seed integer, j bigint) returns billing.invoice_state
    language sql immutable parallel safe
as $$
    select (case sample.n(seed, 131, j, 200) when 0 then 'draft' when 1 then 'void'
        when 2 then 'overdue' when 3 then 'overdue' when 4 then 'open' when 5 then 'open'
        else 'paid' end)::billing.invoice_state
$$;

create function sample.generate_office(total bigint, seed integer, run_at timestamptz)
    returns void
    language plpgsql
as $$
declare
    z record := sample.sizes(total);
    n bigint;
begin
    insert into support.ticket (ticket_id, account_id, requester_email, subject, status, opened_at,
        solved_at)
    select j, case when j % 7 <> 0 then a end, sample.email(seed, a + 2000000),
        sample.sentence(sample.h(seed, 152, j)),
        case when o then ('{open,pending}'::text[])[1 + j % 2]
            when j % 19 = 0 then 'spam' else 'solved' end,
        sample.at(run_at, x), case when not o then sample.at(run_at, x + (1 - x) * 0.03) end
    from sample.stream(seed, 150, z.tickets, z.tickets, z.accounts)
    cross join lateral (select sample.n(seed, 153, j, 20) = 0 as o offset 0) y;
    insert into support.ticket_message (ticket_id, seq, author, body, posted_at)
    select j, s, sample.email(seed, a + 2000000), sample.sentence(sample.h(seed, 154, j * 8 + s)),
        least(run_at, sample.at(run_at, x) + s * interval '2 hours')
    from sample.stream(seed, 150, z.tickets, z.tickets, z.accounts)
    cross join lateral generate_series(1, 1 + sample.n(seed, 155, j, 4)::integer) s;

    n := total * 3 / 1000;
    insert into support.attachment (attachment_id, owner_type, owner_id, file_name, object_key,
        uploaded_at)
    select sample.id(seed, 156, j), t,
        case t when 'ticket' then i::text when 'application' then
            sample.id(seed, 170, 1 + sample.n(seed, 158, j, 20))::text else j::text end,
        'file' || j || '.pdf', 'attachments/' || j, sample.at(run_at, x)
    from sample.stream(seed, 150, z.tickets, n, z.accounts)
    cross join lateral (select ('{ticket,ticket,ticket,application,form}'::text[])[1 + j % 5] as t
        offset 0) y;

    n := total * 4 / 1000;
    insert into risk.fraud_signal (account_id, phone, ip, score, features, seen_at_s)
    select case when j % 5 <> 0 then a end, sample.phone(j), sample.ip(sample.h(seed, 162, j)),
        (100 * power(sample.u(seed, 163, j), 4))::numeric(5, 2),
        jsonb_build_object('calls_per_minute', sample.n(seed, 164, j, 90)),
        case when j % 701 = 9 then 0 else extract(epoch from sample.at(run_at, x))::bigint end
    from sample.stream(seed, 160, n, n, z.accounts);

    n := total * 15 / 1000;
    insert into risk.login_event (account_id, user_id, ip, outcome, at)
    select a, a, sample.ip(sample.h(seed, 167, j)),
        case when j % 13 = 0 then 'wrong_password' else 'ok' end, sample.at(run_at, x)
    from sample.stream(seed, 165, n, n, z.accounts);

    n := 6 + total * 6 / 10000;
    insert into risk.identity_document (document_id, user_id, kind, number, object_key, expires_on,
        verified_at)
    select sample.id(seed, 168, j), a, ('{passport,licence,id_card,ssn_card}'::text[])[1 + j % 4],
        'X' || sample.n(seed, 175, j, 100000000), 'kyc/' || j,
        case when j % 4 <> 3 then (sample.at(run_at, x) + interval '6 years')::date end,
        case when j % 17 <> 0 then sample.at(run_at, x) end
    from sample.stream(seed, 168, n, n, z.accounts);

    n := 8 + total * 8 / 10000;
    insert into privacy.request (request_id, kind, email, full_name, received_on, closed_on,
        outcome)
    select j, ('{know,delete,delete,correct,opt_out,limit,appeal}'::privacy.request_kind[])
            [1 + j % 7], sample.email(seed, j + 5300000), sample.name(seed, j + 5300000),
        sample.at(run_at, x)::date,
        case when j % 12 <> 0 then least(run_at, sample.at(run_at, x) + interval '30 days')::date
            end, case when j % 12 <> 0 then ('{done,refused}'::text[])[1 + (j % 9 = 0)::integer]
            end
    from sample.stream(seed, 172, n, n, z.accounts);
    insert into privacy.identity_check (check_id, request_id, provider, evidence_key, checked_at)
    select sample.id(seed, 174, j), j, 'verifier', 'idv/' || j,
        least(run_at, sample.at(run_at, x) + interval '3 days')
    from sample.stream(seed, 172, n, n, z.accounts) where j % 4 <> 0;

    n := 2 + total * 2 / 10000;
    insert into privacy.minor_record (record_id, found_in, content, found_at)
    select sample.id(seed, 176, j), ('{web.contact_request,ctm.chat}'::text[])[1 + j % 2],
        jsonb_build_object('name', sample.name(seed, j + 5400000), 'age', 9 + j % 7),
        sample.at(run_at, x)
    from sample.stream(seed, 176, n, n, z.accounts);

    n := 6 + total / 50000;
    insert into hr.job_opening (opening_id, title, posted_on, filled_on)
    select o, ('{Engineer,"Account manager","Support agent"}'::text[])[1 + o % 3],
        sample.at(run_at, (o - 1.0) / n)::date,
        case when o % 4 <> 0 then sample.at(run_at, (o - 0.5) / n)::date end
    from generate_series(1, n) o;
    insert into hr.job_application (application_id, opening_id, full_name, email, phone,
        resume_key, cover_letter, outcome, received_at, decided_on)
    select sample.id(seed, 170, j), case when j % 10 <> 0 then 1 + floor(x * n)::integer end,
        sample.name(seed, j + 5500000), sample.email(seed, j + 5500000),
        sample.phone(j + 950000), 'resumes/' || j, sample.sentence(j),
        case when d is not null then ('{rejected,rejected,rejected,withdrawn,hired}'::text[])
            [1 + j % 5] end, sample.at(run_at, x), d
    from sample.stream(seed, 170, 20 + total * 2 / 1000, 20 + total * 2 / 1000, z.accounts)
    cross join lateral (select case when j % 9 <> 0 then
        least(run_at, sample.at(run_at, x) + interval '6 weeks')::date end as d offset 0) y;

    insert into ref.area_code (npa, state)
    select npa, 'S' || npa % 50 from unnest(sample.area_codes()) npa;
    insert into ref.carrier_rate (carrier, prefix, rate)
    select c, '+' || p, 0.004 + p / 10000.0
    from unnest('{twilio,plivo,vonage,telnyx}'::text[]) c, generate_series(1, 10) p;
end
$$;

-- keys.sql comes after it: without keys and indexes a row costs the same at any size.
create function sample.generate(total bigint, seed integer default 1,
    run_at timestamptz default date_trunc('hour', now())) returns void
    language plpgsql
    set timezone = 'UTC' set jit = off
as $$
begin
    if total < 2000 then
        raise exception 'the sample needs at least 2000 rows';
    end if;
    perform sample.make_partitions(run_at);
    perform sample.generate_accounts(total, seed, run_at);
    perform sample.generate_calls(total, seed, run_at);
    perform sample.generate_messages(total, seed, run_at);
    perform sample.generate_web(total, seed, run_at);
    perform sample.generate_billing(total, seed, run_at);
    perform sample.generate_office(total, seed, run_at);
end
$$;
