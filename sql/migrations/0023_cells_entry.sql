-- The log tells of closed cells by their numbers. Run as @prefix@owner.
INSERT INTO retention.entry_type (type, place, field, format, words, optional) VALUES
    ('cells', 1, 'category', 'name', NULL, false),
    ('cells', 2, 'stage', 'name', NULL, false),
    ('cells', 3, 'relation', 'name', NULL, false),
    ('cells', 4, 'k', 'number', NULL, true),
    ('cells', 5, 'published', 'number', NULL, false),
    ('cells', 6, 'folded', 'number', NULL, false),
    ('cells', 7, 'withheld', 'number', NULL, false);
