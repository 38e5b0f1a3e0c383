-- What an agreements table says now, one period for each tenant; `fallback` is the stage's own.
--
-- A value that changed counts at once where it keeps a record longer, and only after `settle` where
-- it would let one go earlier. Intervals cannot be compared, so nothing is compared here: the
-- condition takes the later of start + value and start + settled for each record, and this function
-- only says when a new value becomes the settled one. A value that changes again waits anew. What
-- the table holds when the policy is loaded is settled, until the category's first approval: it is
-- approved with that, be it nothing (category.agreements_since remembers). A tenant that comes later
-- begins with the fallback; one that disappears returns to it. A period of NULL is no agreement.
-- Of a tenant with several rows the longest counts, a row of NULL as the fallback: as for records.
--
-- What settle and fallback say counts from the text's approval on: while another text than the
-- approved one is loaded, or the approved one is suspended, nothing settles and nothing begins to.
-- Where the approved text has no agreements table, what the table holds then is settled, as before
-- the first approval: it is approved with the text that names the table.
-- term may be NULL: loading outside of a leadership.
CREATE OR REPLACE FUNCTION retention.settle_agreements(term bigint, category text, settle interval,
    fallback interval, tenants text[], periods interval[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    at constant timestamptz := clock_timestamp();
    first_time boolean;
    in_effect boolean;
    c record;
BEGIN
    IF settle_agreements.term IS NOT NULL THEN
        PERFORM retention.require_term(settle_agreements.term);
    ELSE
        LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    END IF;
    IF cardinality(settle_agreements.tenants)
                IS DISTINCT FROM cardinality(settle_agreements.periods)
            OR settle_agreements.fallback IS NULL OR settle_agreements.settle IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'agreements need a tenant and a period each, a fallback and a time to settle';
    END IF;
    SELECT k.state, k.loaded_sha256, k.approved_sha256, k.agreements_since INTO c
        FROM retention.category k WHERE k.name = settle_agreements.category FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', settle_agreements.category);
    END IF;
    in_effect := c.state = 'active' AND c.loaded_sha256 IS NOT DISTINCT FROM c.approved_sha256;
    IF c.approved_sha256 IS NOT NULL AND NOT in_effect
            AND (c.loaded_sha256 IS NOT DISTINCT FROM c.approved_sha256
                 OR (SELECT count(t.text) = 0 OR bool_or(s.name IS NULL OR s.place = 'agreements')
                     FROM retention.policy_text t
                         LEFT JOIN LATERAL retention.policy_settings(t.text) s ON true
                     WHERE t.category = settle_agreements.category
                       AND t.sha256 = c.approved_sha256)) THEN
        RETURN;
    END IF;
    first_time := c.approved_sha256 IS NULL OR c.agreements_since IS NULL OR NOT in_effect;
    IF first_time THEN
        DELETE FROM retention.agreement_state s WHERE s.category = settle_agreements.category;
        UPDATE retention.category c SET agreements_since = at
            WHERE c.name = settle_agreements.category;
    END IF;

    -- Text tells '30 days' from '1 mon', = does not.
    WITH seen AS (
        SELECT a.tenant, max(coalesce(a.period, settle_agreements.fallback)) AS period
        FROM unnest(settle_agreements.tenants, settle_agreements.periods) AS a(tenant, period)
        WHERE a.tenant IS NOT NULL GROUP BY a.tenant HAVING count(a.period) > 0)
    INSERT INTO retention.agreement_state AS s (category, tenant, settled, pending, pending_since)
        SELECT settle_agreements.category, n.tenant,
               CASE WHEN first_time THEN n.period ELSE settle_agreements.fallback END,
               CASE WHEN NOT first_time AND n.period::text <> settle_agreements.fallback::text
                    THEN n.period END,
               CASE WHEN NOT first_time AND n.period::text <> settle_agreements.fallback::text
                    THEN at END
        FROM seen n
        ON CONFLICT DO NOTHING;
    WITH seen AS (
        SELECT a.tenant, max(coalesce(a.period, settle_agreements.fallback)) AS period
        FROM unnest(settle_agreements.tenants, settle_agreements.periods) AS a(tenant, period)
        WHERE a.tenant IS NOT NULL GROUP BY a.tenant HAVING count(a.period) > 0),
    wanted AS (
        SELECT s.tenant, s.settled, s.pending, s.pending_since,
               coalesce(n.period, settle_agreements.fallback) AS period
        FROM retention.agreement_state s LEFT JOIN seen n ON n.tenant = s.tenant
        WHERE s.category = settle_agreements.category)
    UPDATE retention.agreement_state s SET
            settled = CASE WHEN w.pending::text = w.period::text
                                AND w.pending_since + settle_agreements.settle <= at
                           THEN w.period ELSE w.settled END,
            pending = CASE WHEN w.settled::text = w.period::text
                                OR w.pending::text = w.period::text
                                   AND w.pending_since + settle_agreements.settle <= at
                           THEN NULL ELSE w.period END,
            pending_since = CASE WHEN w.settled::text = w.period::text
                                      OR w.pending::text = w.period::text
                                         AND w.pending_since + settle_agreements.settle <= at
                                 THEN NULL
                                 WHEN w.pending::text = w.period::text THEN w.pending_since
                                 ELSE at END
        FROM wanted w
        WHERE s.category = settle_agreements.category AND s.tenant = w.tenant
          AND (w.settled::text <> w.period::text OR w.pending IS NOT NULL);
END
$function$;
REVOKE ALL ON FUNCTION retention.settle_agreements(bigint, text, interval, interval, text[],
    interval[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.settle_agreements(bigint, text, interval, interval, text[],
    interval[]) TO @prefix@worker;
