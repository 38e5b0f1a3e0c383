-- Places a hold in a matter and returns its uuid. From the commit on, no transaction of the worker
-- that commits later touches a record that the hold covers.
--
-- The scope is what all of the named things have in common: a category (none: every one, later ones
-- too), a tenant, any of the subjects ("phone:+14105550100"), starting points from starts_from up
-- to and without starts_to, any of the records. `record_key` is one key, a value for each of its
-- columns; an element of `record_keys` is the value itself where the key has one column, else an
-- array literal. A hold that names nothing must say `everything`.
--
-- The first hold of a matter opens it. `hold` is a uuid of the caller's: who does not know whether
-- its COMMIT arrived calls again with the same arguments, and nothing is placed twice (RT023 if
-- they differ, if it was released since, or if its release waits for a second person). All that is
-- wrong is reported at once, and then nothing is placed: RT020 bad values, RT021 categories that the
-- hold cannot reach and accept_gaps does not list, RT022 nothing reached, RT024 time takes records to categories where nothing would keep them (holds_left_behind),
-- RT010 no such category, RT011 closed matters and other refusals.
CREATE OR REPLACE FUNCTION retention.place_hold(matter text, reason text,
    category text DEFAULT NULL, tenant text DEFAULT NULL, subject text DEFAULT NULL,
    subjects text[] DEFAULT NULL, starts_from timestamptz DEFAULT NULL,
    starts_to timestamptz DEFAULT NULL, record_key text[] DEFAULT NULL,
    record_keys text[] DEFAULT NULL, hold uuid DEFAULT NULL, kind text DEFAULT 'litigation',
    everything boolean DEFAULT false, accept_gaps text[] DEFAULT NULL,
    review_by date DEFAULT NULL, expected_end date DEFAULT NULL, matter_name text DEFAULT NULL,
    court_reference text DEFAULT NULL, confidential boolean DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $function$
#variable_conflict use_column
DECLARE
    id constant uuid := coalesce(place_hold.hold, gen_random_uuid());
    arguments constant text := jsonb_build_array(matter, reason, category, tenant, subject,
        subjects, starts_from, starts_to, record_key, record_keys, kind, everything, accept_gaps,
        review_by, expected_end, matter_name, court_reference, confidential)::text;
    accepted constant text[] := coalesce(place_hold.accept_gaps, '{}');
    m retention.matter%ROWTYPE;
    h retention.hold%ROWTYPE;
    errors text[] := '{}';
    waits text;
BEGIN
    PERFORM retention.require_read_committed();
    IF coalesce(btrim(place_hold.matter), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT020',
            MESSAGE = 'nothing is placed: a hold needs a matter';
    END IF;

    INSERT INTO retention.matter (matter, name, court_reference, confidential, digest_key)
        VALUES (place_hold.matter, place_hold.matter_name, place_hold.court_reference,
                coalesce(place_hold.confidential, false),
                sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())))
        ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT m FROM retention.matter o WHERE o.matter = place_hold.matter FOR SHARE;

    SELECT * INTO h FROM retention.hold o WHERE o.hold = id;
    IF NOT FOUND THEN
        -- Waits for a transaction that is placing the same one.
        INSERT INTO retention.hold (hold, category, matter, kind, reason, everything, accept_gaps,
                review_by, expected_end, arguments)
            SELECT id, c.name, m.matter,
                   CASE WHEN place_hold.kind IN ('litigation', 'anticipated', 'regulator',
                                                 'restriction')
                        THEN place_hold.kind ELSE 'litigation' END,
                   coalesce(btrim(place_hold.reason), ''), coalesce(place_hold.everything, false),
                   accepted, place_hold.review_by, place_hold.expected_end,
                   retention.hmac_sha256(m.digest_key, arguments)
            FROM (SELECT) one LEFT JOIN retention.category c ON c.name = place_hold.category
            ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT * INTO STRICT h FROM retention.hold o WHERE o.hold = id;
        END IF;
    END IF;
    IF h.hold IS NOT NULL THEN
        IF h.arguments IS DISTINCT FROM retention.hmac_sha256(m.digest_key, arguments)
                OR h.matter <> m.matter THEN
            RAISE EXCEPTION USING ERRCODE = 'RT023',
                MESSAGE = format('hold %s was placed before, with other arguments', id),
                HINT = 'Use a new uuid for another hold, or add to this one with '
                    '"retentionctl hold extend".';
        END IF;
        IF h.held_until < 'infinity' THEN
            RAISE EXCEPTION USING ERRCODE = 'RT023',
                MESSAGE = format('hold %s was placed before, with the same arguments, and released '
                    'since: %s', id, CASE WHEN h.held_until > clock_timestamp()
                        THEN 'it keeps what it covers only until '
                            || to_char(h.held_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
                        ELSE 'it keeps nothing any more' END),
                HINT = 'Use a new uuid to hold it again.';
        END IF;
        SELECT q.requested_by INTO waits FROM retention.hold_request q
            WHERE q.hold = id AND q.what = 'release' AND q.decided_at IS NULL;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'RT023',
                MESSAGE = format('hold %s was placed before, with the same arguments, and its '
                    'release, asked for by "%s", waits for a second person', id, waits),
                HINT = 'Withdraw the release, or use a new uuid for another hold.';
        END IF;
        PERFORM set_config('synchronous_commit', 'on', true)
            WHERE current_setting('synchronous_commit') IN ('off', 'local');
        RETURN id;
    END IF;

    IF m.closed_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'nothing is placed: the matter is closed',
            HINT = 'Open a new one, under another number.';
    END IF;
    IF place_hold.matter_name IS NOT NULL AND m.name IS DISTINCT FROM place_hold.matter_name
            OR place_hold.court_reference IS NOT NULL
               AND m.court_reference IS DISTINCT FROM place_hold.court_reference
            OR place_hold.confidential <> m.confidential THEN
        errors := errors || ('the matter exists, with another name or court reference or another '
            'confidentiality')::text;
    END IF;
    IF coalesce(btrim(place_hold.reason), '') = '' THEN
        errors := errors || 'a hold needs a reason'::text;
    END IF;
    IF place_hold.kind IS NULL OR place_hold.kind NOT IN ('litigation', 'anticipated', 'regulator',
                                                          'restriction') THEN
        errors := errors
            || 'the kind must be litigation, anticipated, regulator or restriction'::text;
    END IF;
    errors := errors || retention.hold_names_errors(place_hold.everything, place_hold.category,
        place_hold.tenant, place_hold.subject, place_hold.subjects, place_hold.starts_from,
        place_hold.starts_to, place_hold.record_key, place_hold.record_keys);
    IF place_hold.category IS NOT NULL
            AND NOT EXISTS (SELECT FROM retention.category c
                            WHERE c.name = place_hold.category AND c.state <> 'retired') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('nothing is placed: there is no category "%s"', place_hold.category),
            HINT = '"retentionctl policy list" shows them.';
    END IF;
    SELECT errors || coalesce(array_agg(format('accept_gaps: there is no category "%s"', a.name)
                                        ORDER BY a.name), '{}')
        INTO errors
        FROM unnest(accepted) a (name)
        WHERE NOT EXISTS (SELECT FROM retention.category c WHERE c.name = a.name);

    errors := errors || retention.add_hold_part(id, 1, coalesce(place_hold.reason, ''),
        place_hold.category, place_hold.tenant, place_hold.subject, place_hold.subjects,
        place_hold.starts_from, place_hold.starts_to, place_hold.record_key,
        place_hold.record_keys, accepted);
    PERFORM retention.apply_new_part(id, 1, 'placed', errors, accepted);
    PERFORM retention.hold_entry(id, 'placed', retention.hold_scope_text(id, NULL));
    RETURN id;
END
$function$;
REVOKE ALL ON FUNCTION retention.place_hold(text, text, text, text, text, text[], timestamptz,
    timestamptz, text[], text[], uuid, text, boolean, text[], date, date, text, text, boolean)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.place_hold(text, text, text, text, text, text[], timestamptz,
    timestamptz, text[], text[], uuid, text, boolean, text[], date, date, text, text, boolean)
    TO @prefix@legal;
