-- Is any hold in force, in the snapshot of plan? One row.
SELECT EXISTS (SELECT 1 FROM retention.held_scope h WHERE h.held_until > now())
