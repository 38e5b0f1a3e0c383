-- Which shapes of scopes holds have in category $1, as enum sql_shape (worker/policy/sql.h) numbers
-- them. Behind the gate, in a statement of its own: none can be added until the batch ends. A scope
-- of the whole category needs no other statements: they leave everything alone. The last one is
-- about all categories, since their held records keep rows that they read. One shape at a time: of
-- several at once, all values would be read where the planner has no statistics yet.
SELECT (EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'start' AND h.value IS NULL
                   AND h.key IS NULL AND h.held_until > now()))::int * 1
     + (EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'tenant' AND h.value IS NULL
                   AND h.key IS NULL AND h.held_until > now()))::int * 2
     + (EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'tenant_start' AND h.value IS NULL
                   AND h.key IS NULL AND h.held_until > now()))::int * 4
     + (EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'subject' AND h.value IS NOT NULL
                   AND h.held_until > now()))::int * 8
     + (EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'subject_start' AND h.value IS NOT NULL
                   AND h.held_until > now())
        OR EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'tenant_subject' AND h.value IS NOT NULL
                   AND h.held_until > now())
        OR EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'tenant_subject_start'
                   AND h.value IS NOT NULL AND h.held_until > now()))::int * 16
     + (EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'key' AND h.key IS NOT NULL
                   AND h.held_until > now()))::int * 32
     + (EXISTS (SELECT 1 FROM retention.held_scope h
                 WHERE h.category = $1::text AND h.shape = 'key_more' AND h.key IS NOT NULL
                   AND h.held_until > now()))::int * 64
     + (EXISTS (SELECT 1 FROM retention.held_scope h WHERE h.held_until > now()))::int * 128
