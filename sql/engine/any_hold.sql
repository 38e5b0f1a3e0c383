-- Is a hold in force that could cover a record of category $1? Behind the gate, in a statement of its
-- own: none can be added until the batch ends.
SELECT EXISTS (SELECT FROM retention.held_scope h
                WHERE h.category = $1::text AND h.held_until > pg_catalog.now())
