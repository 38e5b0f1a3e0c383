-- Where what batches read of holds is not what the holds say
SELECT p.category, p.problem FROM retention.hold_scope_problems() p
