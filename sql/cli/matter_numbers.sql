-- All matters; for legal alone
SELECT m.matter FROM retention.matter m ORDER BY m.matter
