-- Categories that a guard was approved for and whose records a hold in force covers, with the text in
-- effect: what a script of setup must not take away or change.
SELECT c.name, c.approved_sha256
FROM retention.category c
JOIN retention.policy_text p ON p.category = c.name AND p.sha256 = c.approved_sha256
WHERE c.state <> 'retired' AND p.text ~ '\n *guard = "(refuse|observe)"'
  AND EXISTS (SELECT FROM retention.held_scope h
              WHERE h.category = c.name AND h.held_until > pg_catalog.clock_timestamp())
ORDER BY c.name
