-- The rules of holds: in effect, and those that wait for approval
SELECT r.dual_control, r.grace, r.proposed_dual_control, r.proposed_grace, r.proposed_by,
       r.approved_by, r.approved_at,
       r.proposed_dual_control IS NOT NULL OR r.proposed_grace IS NOT NULL AS waits
FROM retention.hold_rules r
