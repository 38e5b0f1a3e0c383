-- Calls that are rolled up by month, and the books that say what must come of it. Months are New
-- York's; most calls lie between ten and three months back, some have no account, source or caller.
CREATE TABLE public.call (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    account int,
    source text,
    caller text,
    duration int,
    cost numeric);
CREATE INDEX call_at ON public.call (at);
CREATE TABLE public.call_month (
    account int,
    month date,
    source text,
    calls bigint NOT NULL,
    seconds bigint NOT NULL,
    cost numeric NOT NULL,
    classes bigint[] NOT NULL,
    callers bigint,
    UNIQUE NULLS NOT DISTINCT (account, month, source));

CREATE SCHEMA oracle;
CREATE TABLE oracle.original (LIKE public.call INCLUDING ALL);
CREATE TABLE oracle.seen (LIKE public.call_month);

-- `people`: the more there are, the fewer cells are small.
CREATE FUNCTION oracle.fill(count int, people int, seed float8) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    first bigint;
BEGIN
    PERFORM setseed(seed);
    SELECT coalesce(max(id), 0) INTO first FROM oracle.original;
    WITH made AS (
        INSERT INTO public.call
        SELECT first + i,
               date_trunc('month', now()) - (3 + (random() * 7)::int) * interval '1 month'
                   + random() * interval '27 days' - interval '12 hours',
               nullif((random() ^ 2 * 9)::int, 8),
               (ARRAY['google', 'bing', 'direct', NULL, '(other)', 'a "b", {c}'])
                   [1 + (random() ^ 3 * 5.99)::int % 6],
               CASE WHEN random() < 0.9
                    THEN '+1410' || (2000000 + (random() ^ 2 * people)::int) END,
               CASE WHEN random() < 0.95 THEN (random() ^ 3 * 900)::int END,
               CASE WHEN random() < 0.95 THEN round((random() * 10)::numeric, 4) END
        FROM generate_series(1, count) i
        RETURNING *)
    INSERT INTO oracle.original SELECT * FROM made;
END
$function$;

CREATE VIEW oracle.gone AS
    SELECT o.*, date_trunc('month', o.at AT TIME ZONE 'America/New_York')::date AS month
    FROM oracle.original o WHERE NOT EXISTS (SELECT FROM public.call c WHERE c.id = o.id);

-- What must be the same: sums over the raw rows that are gone, and sums over published rows, over
-- what is not published, and over open cells; by account and month, which no cell folds.
CREATE VIEW oracle.differences AS
    WITH truth AS (
        SELECT coalesce(account, -1) AS account, month, count(*) AS calls,
               coalesce(sum(duration), 0) AS seconds, coalesce(sum(cost), 0) AS cost,
               count(*) FILTER (WHERE duration < 30) AS h1,
               count(*) FILTER (WHERE duration >= 30 AND duration < 60) AS h2,
               count(*) FILTER (WHERE duration >= 60 AND duration < 300) AS h3,
               count(*) FILTER (WHERE duration >= 300) AS h4
        FROM oracle.gone GROUP BY 1, 2
    ), counted AS (
        SELECT account, month, calls, seconds, cost, classes[1] AS h1, classes[2] AS h2,
               classes[3] AS h3, classes[4] AS h4
        FROM public.call_month
        UNION ALL
        SELECT f.name[1]::int, f.name[2]::date, m[1], m[2], m[3], m[4], m[5], m[6], m[7]
        FROM retention.aggregate_family f,
             LATERAL (SELECT f.remainder AS m WHERE f.remainder IS NOT NULL
                      UNION ALL
                      SELECT o.measures FROM retention.aggregate_open o
                      WHERE o.family = f.family) x
    ), sums AS (
        SELECT coalesce(account, -1) AS account, month, sum(calls) AS calls,
               sum(seconds) AS seconds, sum(cost) AS cost, sum(h1) AS h1, sum(h2) AS h2,
               sum(h3) AS h3, sum(h4) AS h4
        FROM counted GROUP BY 1, 2)
    SELECT account, month, t.calls AS gone, s.calls AS counted
    FROM truth t FULL JOIN sums s USING (account, month)
    WHERE (t.calls, t.seconds, t.cost, t.h1, t.h2, t.h3, t.h4)
          IS DISTINCT FROM (s.calls, s.seconds, s.cost, s.h1, s.h2, s.h3, s.h4);

-- The raw cells, and which published row counts each: its own, the coarser one, or none.
CREATE VIEW oracle.cells AS
    SELECT c.*, CASE WHEN p.account IS NOT DISTINCT FROM c.account AND p.found THEN c.source
                     WHEN o.found THEN '(other)' END AS place,
           coalesce(p.found, o.found, false) AS published
    FROM (SELECT account, month, source, count(*) AS calls, count(DISTINCT caller) AS callers
          FROM oracle.gone GROUP BY 1, 2, 3) c
        LEFT JOIN LATERAL (
            SELECT m.account, true AS found FROM public.call_month m
            WHERE m.account IS NOT DISTINCT FROM c.account AND m.month = c.month
              AND m.source IS NOT DISTINCT FROM c.source
              AND c.source IS DISTINCT FROM '(other)') p ON true
        LEFT JOIN LATERAL (
            SELECT true AS found FROM public.call_month m
            WHERE m.account IS NOT DISTINCT FROM c.account AND m.month = c.month
              AND m.source = '(other)') o ON true;

-- Where nothing came late: published rows that do not count exactly the raw cells they stand for,
-- or fewer than k people; and families whose unpublished rest counts some, and fewer than k.
CREATE VIEW oracle.wrong_cells AS
    SELECT m.account, m.month, m.source, 'counts' AS what
    FROM public.call_month m
        LEFT JOIN (SELECT c.account, c.month, c.place, count(*) AS calls,
                          count(DISTINCT g.caller) AS callers
                   FROM oracle.cells c
                       JOIN oracle.gone g ON g.account IS NOT DISTINCT FROM c.account
                           AND g.month = c.month AND g.source IS NOT DISTINCT FROM c.source
                   WHERE c.published GROUP BY 1, 2, 3) r
            ON r.account IS NOT DISTINCT FROM m.account AND r.month = m.month
            AND r.place IS NOT DISTINCT FROM m.source
    WHERE (m.calls, m.callers) IS DISTINCT FROM (r.calls, r.callers) OR r.callers < 11
    UNION ALL
    SELECT c.account, c.month, NULL, 'rest'
    FROM oracle.cells c
        JOIN oracle.gone g ON g.account IS NOT DISTINCT FROM c.account AND g.month = c.month
            AND g.source IS NOT DISTINCT FROM c.source
    WHERE NOT c.published
      AND EXISTS (SELECT FROM public.call_month m
                  WHERE m.account IS NOT DISTINCT FROM c.account AND m.month = c.month)
    GROUP BY 1, 2 HAVING count(DISTINCT g.caller) < 11;

-- Rows that were published before and are not there as they were.
CREATE VIEW oracle.changed AS
    SELECT s.* FROM oracle.seen s
    EXCEPT ALL SELECT m.* FROM public.call_month m;
CREATE FUNCTION oracle.look() RETURNS void LANGUAGE sql AS
    'TRUNCATE oracle.seen; INSERT INTO oracle.seen SELECT * FROM public.call_month';

REVOKE ALL ON SCHEMA oracle FROM PUBLIC;
