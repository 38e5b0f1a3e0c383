-- Does a category keep up? One row a category that is enforced: how many records fall due, how many
-- go while its runs act, what of a day that takes, and what of a day there is. From the runs of the
-- last seven days under the policy's text in effect; what was due before the first of them is its
-- backlog, not its intake.
--
--   arrival_per_day     records that fell due and free, a day; NULL where the runs of no stage span a
--                       day (23 hours: of a changed clock, too)
--   records_per_second  that went, while runs acted (waits for the pace's sake are part of that)
--   backlog             due, free and not blocked, behind the last batch
--   work_seconds        that the intake of a day takes
--   window_seconds      a day in which runs may act
--   shared_seconds      work of all categories that use this time: those of the same window; of one
--                       without a window, all. A worker makes one run after the other
--   catch_up_seconds    until the backlog is gone, in time that the intake leaves; NULL with a backlog:
--                       never, or not known
--   intake              'behind': the time is too short for what falls due. 'tight': three quarters
--                       of it are needed. 'fits'. NULL: not known
--
-- Categories that share time have turns: one that needs no more than its equal share gets it, whatever
-- the others need.
CREATE OR REPLACE VIEW retention.intake AS
WITH recent AS (
    SELECT r.category, r.stage, r.run_time, r.started_at, r.to_act,
           coalesce(r.records, r.rows) AS acted,
           coalesce(r.remaining, r.to_act - coalesce(r.records, r.rows)) AS behind,
           EXTRACT(epoch FROM coalesce(r.finished_at, clock_timestamp()) - r.started_at)::float8
               AS seconds
    FROM retention.category c
        JOIN retention.run r ON r.category = c.name AND r.sha256 = c.approved_sha256
    WHERE c.state = 'active' AND c.mode = 'enforce'
      AND r.started_at > clock_timestamp() - interval '7 days'
      AND (r.records IS NOT NULL OR r.finished_at IS NULL) -- of one under way, rows has no dependants
), stage AS (
    SELECT s.category, s.since, s.left_over, s.acted, s.seconds,
           CASE WHEN s.until - s.since >= interval '23 hours'
                THEN greatest(s.arrived, 0) / (EXTRACT(epoch FROM s.until - s.since)::float8 / 86400)
           END AS arrival
    FROM (SELECT o.category, o.stage, min(o.run_time) AS since, max(o.run_time) AS until,
                 -- each run's plan less what the run before left: the sum telescopes
                 sum(o.to_act - o.behind) + (array_agg(o.behind ORDER BY o.started_at DESC))[1]
                     - (array_agg(o.to_act ORDER BY o.started_at))[1] AS arrived,
                 (array_agg(o.behind ORDER BY o.started_at DESC))[1] AS left_over,
                 sum(o.acted) AS acted, sum(o.seconds) FILTER (WHERE o.acted > 0) AS seconds
          FROM recent o GROUP BY o.category, o.stage) s
), category AS (
    SELECT t.category, min(t.since) AS since, sum(t.arrival) AS arrival,
           sum(t.acted)::float8 / nullif(sum(t.seconds) FILTER (WHERE t.acted > 0), 0) AS rate,
           sum(CASE WHEN t.arrival = 0 THEN 0
                    ELSE t.arrival * t.seconds / nullif(t.acted, 0)::float8 END) AS work,
           greatest(sum(t.left_over) - (SELECT count(*) FROM retention.blocked_record b
                                        WHERE b.category = t.category), 0)::bigint AS backlog
    FROM stage t GROUP BY t.category
), timed AS (
    SELECT k.*, s.window_from, s.window_to, s.window_zone,
           CASE WHEN s.window_from IS NULL THEN 1440
                WHEN s.window_from < s.window_to THEN s.window_to - s.window_from
                ELSE s.window_to + 1440 - s.window_from END * 60.0::float8 AS room
    FROM category k LEFT JOIN retention.category_status s USING (category)
), shared AS (
    SELECT t.*,
           CASE WHEN t.window_from IS NULL THEN sum(t.work) OVER ()
                ELSE sum(t.work) OVER same END AS all_work,
           CASE WHEN t.window_from IS NULL THEN count(*) FILTER (WHERE t.work > 0) OVER ()
                ELSE count(*) FILTER (WHERE t.work > 0) OVER same END AS sharers
    FROM timed t
    WINDOW same AS (PARTITION BY t.window_from, t.window_to, t.window_zone)
)
SELECT s.category,
       s.since,
       ceil(s.arrival)::bigint AS arrival_per_day,
       round(s.rate::numeric, CASE WHEN s.rate < 10 THEN 1 ELSE 0 END) AS records_per_second,
       s.backlog,
       ceil(s.work)::bigint AS work_seconds,
       s.room::bigint AS window_seconds,
       ceil(s.all_work)::bigint AS shared_seconds,
       CASE WHEN s.backlog = 0 THEN 0
            WHEN s.room > coalesce(s.all_work, 0)
                THEN ceil(s.backlog / nullif(s.rate, 0)
                          * 86400 / (s.room - coalesce(s.all_work, 0)))::bigint
       END AS catch_up_seconds,
       CASE WHEN s.work IS NULL THEN NULL
            WHEN s.all_work > s.room AND s.work > s.room / s.sharers THEN 'behind'
            WHEN s.all_work > s.room * 0.75 AND s.work > s.room * 0.75 / s.sharers THEN 'tight'
            ELSE 'fits' END AS intake,
       CASE WHEN s.window_from IS NOT NULL
            THEN format('%s-%s %s', to_char(make_interval(mins => s.window_from), 'HH24:MI'),
                        to_char(make_interval(mins => s.window_to), 'HH24:MI'), s.window_zone)
       END AS "window"
FROM shared s;
GRANT SELECT ON retention.intake TO @prefix@worker, @prefix@legal, @prefix@operator,
    @prefix@approver, @prefix@auditor;
