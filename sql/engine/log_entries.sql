-- The entries from index $1 up to, not including, $2, in order, with what the directory holds beside
-- them: the refs of a batch, the text of a policy, the checkpoint signed after an entry. Binary.
SELECT l.index, pg_catalog.convert_to(e.entry, 'UTF8'), l.leaf_hash,
       pg_catalog.replace(e.run::text, '-', '') || '.' || e.seq,
       r.refs,
       p.sha256, pg_catalog.convert_to(p.text, 'UTF8'),
       c.note
  FROM retention.log_leaf AS l
  JOIN retention.log_entry AS e ON e.id = l.entry
  LEFT JOIN retention.log_records AS r ON r.run = e.run AND r.seq = e.seq
  LEFT JOIN retention.policy_text AS p ON e.type = 'policy' AND p.category = e.category
        AND p.sha256 = CASE WHEN e.type = 'policy'
                       THEN pg_catalog.substring(e.entry, E'\nsha256 ([0-9a-f]{64})\n') END
  LEFT JOIN retention.log_checkpoint AS c ON c.size = l.index + 1
 WHERE l.index >= $1::bigint AND l.index < $2::bigint
 ORDER BY l.index
