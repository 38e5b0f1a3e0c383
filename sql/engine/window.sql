-- Whether it is now between minutes $2 and $3 of the day in time zone $1 (over midnight where $2 is
-- later), and the whole seconds until the window ends, or until it begins. The server's clock and its
-- rules of clock changes decide.
WITH here AS (
    SELECT pg_catalog.clock_timestamp() AS at,
           pg_catalog.clock_timestamp() AT TIME ZONE $1::text AS local
), minute AS (
    SELECT h.at, pg_catalog.date_trunc('day', h.local) AS day,
           (EXTRACT(hour FROM h.local) * 60 + EXTRACT(minute FROM h.local))::int AS now
      FROM here AS h
), inside AS (
    SELECT m.*, CASE WHEN $2::int <= $3::int THEN m.now >= $2::int AND m.now < $3::int
                     ELSE m.now >= $2::int OR m.now < $3::int END AS is
      FROM minute AS m
), boundary AS (
    SELECT i.*, CASE WHEN i.is THEN $3::int ELSE $2::int END AS minute FROM inside AS i
)
SELECT b.is,
       greatest(0, pg_catalog.ceil(EXTRACT(epoch FROM
           (b.day + CASE WHEN b.minute <= b.now THEN interval '1 day' ELSE interval '0' END
                  + pg_catalog.make_interval(mins => b.minute)) AT TIME ZONE $1::text - b.at)))::bigint
  FROM boundary AS b
