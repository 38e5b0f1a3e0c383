-- Rows of schema ctm: accounts and their people, calls, recordings, texts, chats, contacts.

create function sample.generate_accounts(total bigint, seed integer, run_at timestamptz)
    returns void
    language plpgsql
as $$
declare
    z record := sample.sizes(total);
    n bigint;
begin
    insert into ctm.schema_version (version, description, installed_on)
    select v, 'release ' || v, sample.at(run_at, v / 41.0) at time zone 'UTC'
    from generate_series(1, 40) v;

    n := 2 + z.accounts / 20;
    insert into ctm.agency (agency_id, name, contact_email, created_at)
    select i, 'Agency ' || i, sample.email(seed, i + 7000000), sample.at(run_at, (i - 1.0) / n)
    from generate_series(1, n) i;

    insert into ctm.account (account_id, agency_id, name, status, plan, contact_name,
        contact_email, contact_phone, billing_address, time_zone, created_at, closed_at)
    select a, case when a % 4 = 0 then 1 + (a - 1) * n / z.accounts end, 'Customer ' || a,
        case when c < 2 then 'closed' when a % 31 = 30 then 'trial'
            when a % 37 = 36 then 'suspended' else 'active' end,
        ('{performance,growth,connect,enterprise}'::text[])[1 + sample.n(seed, 10, a, 4)],
        sample.name(seed, a + 1000000), sample.email(seed, a + 1000000),
        sample.phone(a + 700000), sample.address(seed, a),
        ('{America/New_York,America/Chicago,America/Los_Angeles,Europe/London,Australia/Sydney}'
            ::text[])[1 + sample.n(seed, 11, a, 5)],
        sample.at(run_at, (a - 1.0) / z.accounts),
        case when c < 2 then sample.at(run_at, c) when a % 101 = 100 then 'infinity' end
    from generate_series(1, z.accounts) a
    cross join lateral (select sample.closed(seed, a, z.accounts) as c offset 0) closed;

    insert into ctm.account_setting (account_id, recording_retention, text_retention_months,
        chat_retention_days, redact_transcripts, settings, updated_at)
    select a,
        (array[null, null, null, null, null, '30 days', '90 days', '6 months', '1 year',
            '2 years', '7 years']::interval[])[1 + sample.n(seed, 12, a, 11)],
        case when a % 6 = 0 then 12 end, case when a % 8 = 0 then 60 end, a % 9 = 0,
        jsonb_build_object('greeting', 'Thanks for calling', 'record', a % 7 <> 0),
        sample.at(run_at, a::float8 / z.accounts * 0.5 + 0.5)
    from generate_series(1, z.accounts) a;

    -- account a has the users a, a + accounts, a + 2 * accounts ...; the first is the owner
    insert into ctm.app_user (user_id, account_id, email, full_name, phone, password_hash,
        two_factor_phone, date_of_birth, ssn, driver_licence, created_at, last_login_at,
        deactivated_at, deleted_at)
    select k, a, sample.email(seed, k + 2000000), sample.name(seed, k + 2000000),
        sample.phone(k + 800000), decode(md5('p' || k), 'hex'),
        case when k % 3 = 0 then sample.phone(k + 800000) end,
        case when k % 4 = 0 then date '1955-01-01' + sample.n(seed, 13, k, 18000)::integer end,
        case when k % 6 = 0 then '9' || lpad(sample.n(seed, 14, k, 100)::text, 2, '0') || '-'
            || lpad(sample.n(seed, 15, k, 100)::text, 2, '0') || '-'
            || lpad(sample.n(seed, 16, k, 10000)::text, 4, '0') end,
        case when k % 8 = 0 then 'D' || lpad(sample.n(seed, 17, k, 100000000)::text, 8, '0') end,
        sample.at(run_at, x), sample.at(run_at, least(gone, x + (1 - x) * 0.95)),
        case when gone < 1 then sample.at(run_at, gone) end,
        case when gone < 1 and k % 3 = 0 then sample.at(run_at, least(1, gone + 0.01)) end
    from generate_series(1, z.users) k
    cross join lateral (select 1 + (k - 1) % z.accounts as a offset 0) account
    cross join lateral (select a::float8 / z.accounts as xa,
        sample.closed(seed, a, z.accounts) as c offset 0) y
    cross join lateral (select case when k <= z.accounts then xa
        else xa + (least(c, 1) - xa) * 0.6 * sample.u(seed, 18, k) end as x offset 0) created
    cross join lateral (select least(c, case when k > z.accounts and sample.n(seed, 19, k, 4) = 0
        then x + (least(c, 1) - x) * sample.u(seed, 20, k) else 2 end) as gone offset 0) gone;

    n := 3 + total * 3 / 10000;
    insert into ctm.voice_print (voice_print_id, user_id, template, enrolled_at, last_used_at)
    select sample.id(seed, 21, v), k, decode(md5('v' || v) || md5('w' || v), 'hex'),
        sample.at(run_at, x + (1 - x) * 0.1), sample.at(run_at, x + (1 - x) * (0.2 + 0.8 * d))
    from generate_series(1, n) v
    cross join lateral (select 1 + sample.n(seed, 22, v, z.users) as k,
        sample.u(seed, 23, v) as d offset 0) who
    cross join lateral (select (1 + (k - 1) % z.accounts)::float8 / z.accounts as x offset 0) y;

    n := 8 + total * 8 / 10000;
    insert into ctm.api_key (key_id, account_id, user_id, secret_hash, scopes, created_at,
        last_used_at, revoked_at)
    select 'ak_' || left(md5(seed || '.24.' || j), 20), a, case when j % 3 = 0 then a end,
        decode(md5('s' || j), 'hex'), '{calls.read,texts.send}', sample.at(run_at, x),
        sample.at(run_at, x + (1 - x) * 0.3),
        case when j % 3 = 1 then sample.at(run_at, x + (1 - x) * sample.u(seed, 26, j)) end
    from sample.stream(seed, 24, n, n, z.accounts);

    n := total * 8 / 1000;
    insert into ctm.verification_code (code_id, user_id, phone, code_hash, sent_at_ms, used_at_ms)
    select sample.id(seed, 30, j), a, sample.phone(a + 800000), decode(md5('c' || j), 'hex'), ms,
        case when j % 10 <> 0 then ms + 20000 end
    from sample.stream(seed, 30, n, n, z.accounts)
    cross join lateral (select (case when j % 2503 = 100 then 0
        else extract(epoch from sample.at(run_at, x)) * 1000 end)::bigint as ms offset 0) m;

    -- account a has the numbers a, a + accounts, a + 2 * accounts; the latter two may be released
    insert into ctm.tracking_number (tracking_number_id, account_id, number, carrier, label,
        assigned_at, released_at)
    select t, a, '+1' || case when t % 5 = 0 then '888' else
            (sample.area_codes())[1 + sample.n(seed, 32, t, 150)]::text end || '555'
            || lpad(sample.n(seed, 33, t, 10000)::text, 4, '0'),
        ('{twilio,plivo,vonage,telnyx}'::text[])[1 + t % 4],
        ('{Website,"Google Ads",Billboard,"Direct mail",Radio}'::text[])[1 + t % 5],
        sample.at(run_at, a::float8 / z.accounts),
        case when r < 1 then sample.at(run_at, r) end
    from generate_series(1, 3 * z.accounts) t
    cross join lateral (select 1 + (t - 1) % z.accounts as a offset 0) y
    cross join lateral (select sample.released(seed, t, a, z.accounts) as r offset 0) w;
end
$$;

-- when number t of account a was given back; 2: it was not
create function sample.released(seed integer, t bigint, a bigint, accounts bigint)
    returns float8
    language sql immutable parallel safe
as $$
    select least(sample.closed(seed, a, accounts), case when t > accounts and t % 2 = 0 then
        a::float8 / accounts + (1 - a::float8 / accounts) * sample.u(seed, 31, t) else 2 end)
$$;

create function sample.generate_calls(total bigint, seed integer, run_at timestamptz)
    returns void
    language plpgsql
as $$
declare
    z record := sample.sizes(total);
    n bigint;
begin
    insert into ctm.call (call_id, started_at, account_id, tracking_number_id, direction, status,
        caller, caller_name, caller_city, source, duration_s, cost, tags, deleted_at)
    select i,
        case when i % 4001 = 1300 then timestamptz '1970-01-01 00:00:00+00'
            when i % 7001 = 2500 then run_at + interval '70 years'
            else sample.at(run_at, x) end,
        a, case when x > sample.released(seed, t, a, z.accounts) then a else t end,
        (case h % 20 when 0 then 'internal' when 1 then 'outbound' when 2 then 'outbound'
            when 3 then 'outbound' when 4 then 'outbound' else 'inbound' end)::ctm.direction,
        case when h % 97 = 5 then 'test' when h % 11 = 3 then 'missed' when h % 31 = 7 then 'busy'
            else 'completed' end,
        case h % 29 when 9 then null when 10 then 'anonymous' else sample.phone(k) end,
        case when h % 3 = 0 then sample.name(seed, k) end,
        ('{Baltimore,Austin,Portland,Denver,Tampa,Leeds,Berlin,Sydney}'::text[])[1 + k % 8],
        ('{google_ads,google_organic,bing,direct,facebook,referral,offline}'::text[])[1 + h % 7],
        d, (d + 59) / 60 * 0.0085, case when h % 5 = 0 then '{lead,new}'::text[] end,
        case when h % 61 = 0 then sample.at(run_at, x + (1 - x) * 0.5) end
    from sample.stream(seed, 40, z.calls, z.calls, z.accounts)
    cross join lateral (select sample.h(seed, 43, i) as h,
        sample.person(seed, 42, i, z.contacts, x) as k,
        a + z.accounts * sample.n(seed, 44, i, 3) as t,
        floor(-90 * ln(1 - sample.u(seed, 45, i)))::integer as d offset 0) y;

    n := total * 8 / 1000;
    insert into ctm."Call Score" ("Call Id", "Call Started", "Score %", "scored by")
    select i, sample.at(run_at, x), sample.n(seed, 46, i, 101),
        ('{auto,ann,ben}'::text[])[1 + j % 3]
    from sample.stream(seed, 40, z.calls, n, z.accounts)
    where i % 4001 <> 1300 and i % 7001 <> 2500;

    insert into ctm.call_event (call_id, account_id, payload)
    select i, a, jsonb_build_object('type', ('{ring,answer,hangup}'::text[])[e],
        'meta', case when h % 251 = 3 then jsonb_build_object('caller', sample.phone(k))
            else jsonb_build_object('caller', sample.phone(k), 'at_ms',
                (extract(epoch from sample.at(run_at, x)) * 1000)::bigint + e * 7000) end)
    from sample.stream(seed, 40, z.calls, z.calls, z.accounts)
    cross join lateral (select sample.h(seed, 47, i) as h,
        sample.person(seed, 42, i, z.contacts, x) as k offset 0) y
    cross join lateral generate_series(1, 1 + h % 3) e
    where i % 3 = 0;

    n := total * 60 / 1000;
    insert into ctm.routing_record (carrier, carrier_ref, account_id, from_number, to_number,
        trunk, connected_at_s, seconds, rate)
    select ('{twilio,plivo,vonage,telnyx}'::text[])[1 + j % 4],
        'CA' || md5(seed || '.48.' || j), a,
        sample.phone(sample.person(seed, 42, i, z.contacts, x)),
        sample.phone(a + 700000), 'trunk-' || j % 17,
        case when j % 3001 = 17 then 0 when j % 3001 = 18 then null
            else extract(epoch from sample.at(run_at, x))::bigint end,
        sample.n(seed, 49, i, 600), 0.0042
    from sample.stream(seed, 40, z.calls, n, z.accounts);

    insert into ctm.call_recording (recording_id, account_id, call_id, kind, caller, object_key,
        bytes, duration_s, recorded_at, replaced_at)
    select sample.id(seed, 50, j), a, case when kind <> 'greeting' then i end, kind,
        case when kind <> 'greeting' then sample.phone(k) end,
        'recordings/' || a || '/' || sample.id(seed, 50, j) || '.mp3', d * 8000, d,
        case when j % 1511 = 30 then null when j % 5003 = 31 then '-infinity'
            when j % 4007 = 32 then timestamptz '1970-01-01 00:00:00+00'
            else sample.at(run_at, x) end,
        case when kind = 'greeting' and j % 2 = 0 then sample.at(run_at, x + (1 - x) * 0.5) end
    from sample.stream(seed, 40, z.calls, z.recordings, z.accounts)
    cross join lateral (select sample.person(seed, 42, i, z.contacts, x) as k,
        case sample.n(seed, 51, j, 100) when 0 then 'greeting' when 1 then 'voicemail'
            when 2 then 'voicemail' when 3 then 'voicemail' when 4 then 'voicemail'
            else 'call' end as kind,
        floor(-90 * ln(1 - sample.u(seed, 45, i)))::integer as d offset 0) y;

    n := total * 2 / 1000;
    insert into ctm.recording_share (recording_id, token, shared_with, created_at)
    select sample.id(seed, 50, r), md5('t' || s), sample.email(seed, s + 3000000),
        sample.at(run_at, (r::float8 / z.recordings + 1) / 2)
    from generate_series(1, n) s
    cross join lateral (select 1 + sample.n(seed, 52, s, z.recordings) as r offset 0) y;

    -- transcript t is of recording t * recordings / transcripts
    insert into ctm.call_transcript (transcript_id, recording_id, engine, body, confidence,
        created_at)
    select t, sample.id(seed, 50, r), ('{google,deepgram}'::text[])[1 + t % 2],
        sample.sentence(sample.h(seed, 53, t)) || ' ' || sample.sentence(sample.h(seed, 54, t)),
        0.5 + sample.u(seed, 55, t) / 2, sample.at(run_at, r::float8 / z.recordings)
    from generate_series(1, z.transcripts) t
    cross join lateral (select 1 + (t - 1) * z.recordings / z.transcripts as r offset 0) y;

    insert into ctm.transcript_segment (transcript_id, seq, speaker, said, offset_ms)
    select t, s, s % 2, sample.sentence(sample.h(seed, 56, t * 1000 + s)), s * 3100
    from generate_series(1, z.transcripts) t
    cross join lateral generate_series(1,
        1 + floor(-2.5 * ln(1 - sample.u(seed, 57, t)))::integer) s;
end
$$;

create function sample.generate_messages(total bigint, seed integer, run_at timestamptz)
    returns void
    language plpgsql
as $$
declare
    z record := sample.sizes(total);
    n bigint;
begin
    insert into ctm.text_message (message_id, account_id, tracking_number_id, direction,
        from_number, to_number, body, sent_at, status, deleted_at)
    select i, a, a, (case when h % 3 = 0 then 'outbound' else 'inbound' end)::ctm.direction,
        sample.phone(k), sample.phone(a + 700000), sample.sentence(h),
        case when h % 1201 = 9 then null
            else sample.at(run_at, x) at time zone 'America/Los_Angeles' end,
        case when h % 23 = 0 then 'failed' else 'delivered' end,
        case when h % 67 = 0 then sample.at(run_at, (1 + x) / 2) at time zone
            'America/Los_Angeles' end
    from sample.stream(seed, 60, z.texts, z.texts, z.accounts)
    cross join lateral (select sample.h(seed, 62, i) as h,
        sample.person(seed, 63, i, z.contacts, x) as k offset 0) y;

    n := total * 6 / 1000;
    insert into ctm.message_media (media_id, message_id, content_type, object_key)
    select sample.id(seed, 64, m), 1 + (m - 1) * z.texts / n, 'image/jpeg', 'mms/' || m
    from generate_series(1, n) m;
    insert into ctm.media_scan (media_id, scanner, verdict)
    select sample.id(seed, 64, m), s, case when m % 97 = 0 then 'infected' else 'clean' end
    from generate_series(1, n) m, unnest('{clamav,yara}'::text[]) s
    where s = 'clamav' or m % 2 = 0;

    n := total * 10 / 1000;
    insert into ctm.form_submission (submission_id, account_id, form_name, fields, remote_ip,
        received_at)
    select sample.id(seed, 65, j), a, ('{quote,callback,newsletter}'::text[])[1 + j % 3],
        jsonb_build_object('name', sample.name(seed, k), 'email', sample.email(seed, k),
            'phone', sample.phone(k), 'message', sample.sentence(j)),
        sample.ip(sample.h(seed, 68, j)), sample.at(run_at, x)
    from sample.stream(seed, 65, n, n, z.accounts)
    cross join lateral (select sample.person(seed, 67, i, z.contacts, x) as k offset 0) y;

    n := total * 6 / 1000;
    insert into ctm.chat (chat_id, account_id, visitor_name, visitor_email, channel, opened_at,
        rating)
    select sample.id(seed, 70, j), a, case when j % 3 <> 0 then sample.name(seed, k) end,
        case when j % 3 = 1 then sample.email(seed, k) end,
        ('{widget,widget,facebook,instagram}'::text[])[1 + j % 4], sample.at(run_at, x),
        case when j % 4 = 0 then 1 + sample.n(seed, 73, j, 5) end
    from sample.stream(seed, 70, n, n, z.accounts)
    cross join lateral (select sample.person(seed, 72, i, z.contacts, x) as k offset 0) y;
    insert into ctm.chat_message (chat_id, seq, author, body, sent_at)
    select sample.id(seed, 70, j), s, case when s % 2 = 1 then 'visitor' else 'agent' end,
        sample.sentence(sample.h(seed, 74, j * 1000 + s)),
        least(run_at, sample.at(run_at, x) + s * interval '40 seconds')
    from sample.stream(seed, 70, n, n, z.accounts)
    cross join lateral generate_series(1,
        floor(-5 * ln(1 - sample.u(seed, 75, j)))::integer) s;

    insert into ctm.contact (contact_id, phone, email, full_name, postal_address, first_seen_at,
        deleted_at)
    select k, case when k % 17 <> 3 then sample.phone(k) end,
        case when k % 3 = 0 then sample.email(seed, k) end,
        case when k % 5 <> 0 then sample.name(seed, k) end,
        case when k % 11 = 0 then sample.address(seed, k) end,
        sample.at(run_at, k::float8 / z.contacts),
        case when k % 71 = 0 then sample.at(run_at, (k::float8 / z.contacts + 1) / 2) end
    from generate_series(1, z.contacts) k;
    insert into ctm.contact_account (contact_id, account_id, last_activity_at)
    select k, 1 + (a + s * 3 - 3) % z.accounts,
        sample.at(run_at, x + (1 - x) * power(sample.u(seed, 76, k * 4 + s), 3))
    from generate_series(1, z.contacts) k
    cross join lateral (select k::float8 / z.contacts as x,
        sample.zipf(seed, 77, k, k::float8 * z.accounts / z.contacts) as a offset 0) y
    cross join lateral generate_series(1,
        case sample.n(seed, 78, k, 20) when 0 then 3 when 1 then 2 when 2 then 2 when 3 then 0
            else 1 end) s;

    n := total * 30 / 1000;
    -- four fields of each entity; accounts at the end may not exist (any more): no key says so
    insert into ctm.attribute (entity_type, entity_id, name, value, set_at)
    select ('{contact,contact,contact,user,account}'::text[])[1 + e % 5],
        (1 + case when e % 5 < 3 then e / 5 * 3 + e % 5 else e / 5 end)::text,
        ('{birthday,policy_number,vehicle,notes}'::text[])[1 + j % 4],
        sample.sentence(sample.h(seed, 80, j)), sample.at(run_at, j::float8 / n)
    from generate_series(1, n) j
    cross join lateral (select (j - 1) / 4 as e offset 0) entity;
end
$$;
