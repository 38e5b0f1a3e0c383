-- What the database knows of each category, with the text that is in effect; the last column is the
-- fingerprint it was loaded with, where records were changed under that text.
SELECT c.name, c.state, coalesce(c.approved_sha256, ''), p.text,
       c.brake_engaged_at IS NOT NULL,
       EXISTS (SELECT FROM retention.pause AS p
                WHERE p.resumed_at IS NULL
                  AND (p.until IS NULL OR p.until > pg_catalog.clock_timestamp())
                  AND (p.scope = 'all' OR p.scope = 'category' AND p.name = c.name)),
       CASE WHEN EXISTS (SELECT FROM retention.run AS r
                          WHERE r.category = c.name AND r.sha256 = c.approved_sha256
                            AND r.action <> 'delete' AND r.rows > 0)
            THEN c.fingerprint END
  FROM retention.category AS c
  LEFT JOIN retention.policy_text AS p
         ON p.category = c.name AND p.sha256 = c.approved_sha256
 WHERE c.state <> 'retired'
 ORDER BY c.name
