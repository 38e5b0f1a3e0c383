-- $1 the names that have files: the others turn red
SELECT retention.policy_gone(ARRAY(
    SELECT c.name FROM retention.category c
    WHERE c.state IN ('active', 'suspended') AND c.name <> ALL ($1::text[])))
